/*
 * names.h - how names are made from each other, and which may not be used.
 *
 * Memory: results live in the arena given.
 */
#ifndef METADATA_NAMES_H
#define METADATA_NAMES_H

#include <stdbool.h>

struct arena;
struct array;

/* "SalesOrder" -> "salesOrder", and back. */
char *name_with_small_initial(struct arena *arena, const char *name);
char *name_with_capital_initial(struct arena *arena, const char *name);

/* "salesOrder" -> "salesorder". ASCII only, as names are. */
char *name_in_lower_case(struct arena *arena, const char *name);

/* "SalesOrder" -> "sales_order" with '_', "sales-order" with '-'. */
char *name_with_separator(struct arena *arena, const char *name, char separator);

/* Two or more parts joined by '_', kept within limit bytes: a longer name is cut and ends with
 * a fingerprint of the whole. */
char *name_join(struct arena *arena, const char *first, const char *second, unsigned limit);

/* Whether clients or the contract need the word for something else; ignoring case. */
bool name_is_reserved_type(const char *name);
bool name_is_reserved_field(const char *name);

/* Whether it ends as the messages of an operation do: the answer of CreateOrder is
 * CreateOrderResponse, and so would be what creates an OrderResponse. */
bool name_is_of_message(const char *name);

/* Adds the names of types and operations that the contract makes of that of an entity: OrderPage,
 * CreateOrder ... (char *). */
void name_add_made_of(struct arena *arena, const char *entity, struct array *names);

#endif
