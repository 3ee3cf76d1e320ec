/*
 * forget.c - whoever has changed is asked about again: at once on this node, on others within the
 * time that identities are remembered.
 */
#include "record/forget.h"

#include <stddef.h>

#include "base/arena.h"
#include "call/call.h"
#include "metadata/entity.h"
#include "security/credential.h"
#include "security/session.h"

static void forget_sessions(const struct call *call, const struct uuid *user_id)
{
    if (call->platform->sessions != NULL) {
        session_forget(call->platform->sessions, user_id);
    }
}

static void forget_all_sessions(const struct call *call)
{
    if (call->platform->sessions != NULL) {
        session_forget_all(call->platform->sessions);
    }
}

static void forget_credentials(const struct call *call, const struct uuid *user_id)
{
    if (call->platform->credentials != NULL) {
        credential_forget(call->platform->credentials, user_id);
    }
}

static void note_changed_user(struct call *call, const struct uuid *user_id, bool has_new_password)
{
    struct changed_user *changed = arena_allocate(call->arena, sizeof(*changed));
    *changed = (struct changed_user){
        .id = *user_id, .has_new_password = has_new_password, .next = call->changed_users};
    call->changed_users = changed;
}

void forget_user(struct call *call, const struct uuid *user_id)
{
    note_changed_user(call, user_id, false);
    forget_sessions(call, user_id);
}

void forget_password(struct call *call, const struct uuid *user_id)
{
    note_changed_user(call, user_id, true);
    forget_sessions(call, user_id);
    forget_credentials(call, user_id);
}

void forget_principal(struct call *call, const struct entity *entity, const struct uuid *id)
{
    if (!entity->is_principal) {
        return;
    }
    forget_password(call, id);
}

void forget_everybody(struct call *call)
{
    call->is_security_changed = true;
    forget_all_sessions(call);
}

void forget_again(const struct call *call)
{
    for (const struct changed_user *changed = call->changed_users; changed != NULL;
         changed = changed->next) {
        forget_sessions(call, &changed->id);
        if (changed->has_new_password) {
            forget_credentials(call, &changed->id);
        }
    }
    if (call->is_security_changed) {
        forget_all_sessions(call);
    }
}
