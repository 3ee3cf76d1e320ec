/*
 * stage.h - files of a request, stored piece by piece before the transaction that links them.
 */
#ifndef SERVICE_STAGE_H
#define SERVICE_STAGE_H

#include <stdbool.h>

#include "base/attributes.h"

struct call;
struct error;
struct operation;

/* Stages every file in the request that has bytes and is not staged yet; fails as file_stage. */
must_check bool stage_files(struct call *call, const struct operation *operation,
                            const void *request, struct error *error);

/* Deletes what was staged, call->staged too, unless a record has it: for a run that wrote nothing.
 */
void stage_drop_files(struct call *call, const struct operation *operation, const void *request);

#endif
