/*
 * operations.h - the function behind each operation.
 *
 * Made by build/generate from services/. Edit that instead.
 */
#ifndef GENERATED_OPERATIONS_H
#define GENERATED_OPERATIONS_H

#include <stdbool.h>

struct call;
struct error;
struct operation;

/* Find{Entities} */
bool service_find(struct call *call, const struct operation *operation,
    const void *request, void *response, struct error *error);

/* Ping */
bool service_ping(struct call *call, const struct operation *operation,
    const void *request, void *response, struct error *error);

#endif
