/*
 * request.h - elements of a request from words: 'account.name=Acme' becomes <account><name>.
 *
 * A dot goes down; words that share a beginning share its elements. 'name+' begins another
 * element of that name. A value '@FILE' is read from a file, '@-' from standard input, '@@' is
 * an at-sign.
 */
#ifndef APPS_ADMIN_REQUEST_H
#define APPS_ADMIN_REQUEST_H

#include <stdbool.h>
#include <stddef.h>

#include "base/attributes.h"

struct arena;
struct element;

/* The child name of an ArrayOfString, and of the arrays of a query. */
#define ITEM_STRING "string"
#define ITEM_CONDITION "Condition"
#define ITEM_ORDER "Order"

/* Adds what the words say to parent; says on standard error what is wrong with one. */
must_check bool request_add_words(struct arena *arena, struct element *parent,
                                  const char *const *words, size_t count);

/* "SalesOrder" -> "salesOrder": the element of a record. */
const char *request_element_of(struct arena *arena, const char *entity);

/* Adds the values of a condition as a list of strings: one, or those between commas. A value may
 * stand in quotes, single or double, which are not part of it; the quote itself is doubled in them.
 * Says what is wrong. */
must_check bool request_add_values(struct arena *arena, struct element *parent, const char *text,
                                   bool is_list);

/* Adds a list of strings, split at commas; leaves it out when text is NULL. */
void request_add_list(struct arena *arena, struct element *parent, const char *name,
                      const char *text);

/* Adds alternateKey of a name and its values. */
void request_add_key(struct arena *arena, struct element *parent, const char *key,
                     const char *const *values, size_t count);

#endif
