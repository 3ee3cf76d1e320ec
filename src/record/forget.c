/*
 * forget.c - a changed user is asked about again at once on this node; on others, and for the
 * users of a changed unit, within the time that identities are remembered.
 */
#include "record/forget.h"

#include <stddef.h>

#include "call/call.h"
#include "metadata/entity.h"
#include "security/credential.h"
#include "security/session.h"

void forget_principal(struct call *call, const struct entity *entity, const struct uuid *id)
{
    const struct platform *platform = call->platform;
    if (!entity->is_principal) {
        return;
    }
    if (platform->sessions != NULL) {
        session_forget(platform->sessions, id);
    }
    if (platform->credentials != NULL) {
        credential_forget(platform->credentials, id);
    }
}
