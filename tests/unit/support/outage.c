/*
 * outage.c - one run for each statement, until there are no more.
 */
#include "support/outage.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/arena.h"
#include "base/interrupt.h"
#include "security/session.h"

static bool is_told(enum error_code code)
{
    return code == ERROR_DATABASE_TIMEOUT || code == ERROR_DATABASE_UNAVAILABLE ||
           code == ERROR_DATABASE_CONFLICT || code == ERROR_OUTCOME_UNKNOWN;
}

int outage_run(struct office *office, const char *way, const char *service, const char *name,
               const void *request)
{
    const struct operation *operation = office_operation(office, service, name);
    bool was_validate_only = office->is_validate_only;
    int unnoticed = 0;

    office->is_validate_only = operation->pattern->transaction == OPERATION_WRITES;
    for (int number = 1;; number++) {
        /* What failed before has left nothing behind. */
        (void)office_run(office, service, name, request);
        session_forget_all(office->house.platform.sessions);
        setenv("CRM_INTERRUPT", arena_format(office->arena, "statement:%s:%d", way, number), 1);
        const void *response = office_try(office, service, name, request);
        int count = interrupt_count();
        unsetenv("CRM_INTERRUPT");
        if (count < number) {
            break;
        }
        if (response == NULL && !is_told(office->error.code)) {
            fail_msg("statement %d of %s: %s %s", number, name,
                     error_kind(office->error.code)->name, office->error.message);
        }
        unnoticed += response != NULL;
    }
    office->is_validate_only = was_validate_only;
    return unnoticed;
}
