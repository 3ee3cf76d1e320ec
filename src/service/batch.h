/*
 * batch.h - rows that do different things to records of any entities, run one after the other.
 *
 * Memory: everything lives in the arena of the call.
 */
#ifndef SERVICE_BATCH_H
#define SERVICE_BATCH_H

#include <stdbool.h>
#include <stdint.h>

#include "base/attributes.h"
#include "base/uuid.h"

struct bulk_result;
struct call;
struct error;
struct message_list;

/* What became of a row that was run before these, in another transaction. */
struct batch_earlier {
    bool is_done;
    const char *entity;
    struct uuid id;
};

/* Finds the earlier row with a tag. */
typedef bool (*batch_find)(void *context, const char *tag, struct batch_earlier *earlier_out,
                           bool *is_found_out, struct error *error);

struct batch_request {
    const struct message_list *rows; /* struct batch_row * */
    bool is_all_or_none;
    bool ends_with_failure; /* no row is begun after one that failed */
    int64_t until;          /* of time_monotonic(): none but the first is begun later; 0: any */
    batch_find find;        /* NULL: there were no rows before these */
    void *context;
};

/* Refuses rows of which two have one tag, or one has a request id that is none. */
must_check bool batch_check(struct call *call, const struct message_list *rows,
                            struct error *error);

/* Runs rows that were checked, in the caller's transaction. The result is of those that were
 * begun. */
must_check bool batch_run(struct call *call, const struct batch_request *request,
                          struct bulk_result **result_out, struct error *error);

#endif
