/*
 * page_limit.c - the parameter limit, checked.
 */
#include "service/page_limit.h"

#include "base/error.h"
#include "call/call.h"
#include "generated/settings.h"
#include "metadata/shape.h"

bool page_limit(struct call *call, const struct message_integer *limit, int64_t usual,
                int64_t *limit_out, struct error *error)
{
    int64_t most = call->settings->limits.page;

    if (limit->is_set && (limit->value < 1 || limit->value > most)) {
        return error_set(error, ERROR_VALUE_OUT_OF_RANGE, "limit",
                         "limit must be from 1 to limits.page, which is %lld", (long long)most);
    }
    *limit_out = limit->is_set ? limit->value : usual;
    return true;
}
