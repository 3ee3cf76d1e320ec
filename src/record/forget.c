/*
 * forget.c - whoever has changed is asked about again: at once on this node, on others within the
 * time that identities are remembered.
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

void forget_everybody(struct call *call)
{
    if (call->platform->sessions != NULL) {
        session_forget_all(call->platform->sessions);
    }
    call->is_security_changed = true;
}
