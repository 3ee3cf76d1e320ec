/*
 * ask.h - what operations ask by themselves, written as a client would write it.
 *
 * Memory: what is made lives in the arena of the array given, or in the one given.
 */
#ifndef QUERY_ASK_H
#define QUERY_ASK_H

#include "query/request.h"

struct arena;
struct array;

/* A condition; the values are const char *, as clients write them. */
struct condition_request *ask_condition(const char *field, const char *comparison,
                                        const struct array *values);

/* Records that meet all of these conditions, or one of them: struct condition_request *. */
struct filter_request *ask_all(const struct array *conditions);
struct filter_request *ask_either(const struct array *conditions);

/* Records of whose field the value is one of these; is this one. */
struct filter_request *ask_any(const char *field, const struct array *values);
struct filter_request *ask_one(struct arena *arena, const char *field, const char *value);

#endif
