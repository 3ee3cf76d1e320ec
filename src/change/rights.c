/*
 * rights.c - scopes of a reader, those from above included, and their digest.
 */
#include "change/rights.h"

#include <string.h>

#include "base/arena.h"
#include "base/buffer.h"
#include "call/call.h"
#include "crypto/digest.h"
#include "metadata/catalog.h"
#include "security/access.h"
#include "security/field_access.h"
#include "security/identity.h"

/* ---- digest ---- */

static void add_scope(struct buffer *bytes, const struct access_scope *scope);

static void add_rule(struct buffer *bytes, const struct access_rule *rule)
{
    buffer_add_char(bytes, (char)rule->by);
    buffer_add_char(bytes, (char)rule->cascade);
    buffer_add(bytes, &rule->id_count, sizeof(rule->id_count));
    buffer_add(bytes, rule->ids, rule->id_count * sizeof(*rule->ids));
    if (rule->by == ACCESS_BY_PARENT) {
        buffer_add_text(bytes, rule->lookup->name);
        add_scope(bytes, rule->parent);
    }
}

static void add_scope(struct buffer *bytes, const struct access_scope *scope)
{
    buffer_add(bytes, scope->entity->name, strlen(scope->entity->name) + 1);
    buffer_add_char(bytes, scope->is_everything);
    buffer_add(bytes, &scope->rule_count, sizeof(scope->rule_count));
    for (size_t index = 0; index < scope->rule_count; index++) {
        add_rule(bytes, &scope->rules[index]);
    }
}

/* Who may read a field that he could not lacks its values. */
static void add_fields(struct buffer *bytes, const struct identity *identity,
                       const struct entity *entity)
{
    for (size_t index = 0; index < entity->field_count; index++) {
        const struct field *field = entity->fields[index];
        if (field->is_secured && field_may(identity, field, FIELD_RIGHT_READ)) {
            buffer_add(bytes, field->name, strlen(field->name) + 1);
        }
    }
}

static void digest(struct call *call, struct change_rights *rights)
{
    const struct catalog *catalog = call->catalog;
    uint8_t whole[SHA256_SIZE];
    struct buffer bytes;
    buffer_init(&bytes, call->arena, 1024);
    buffer_add(&bytes, &call->identity->user_id, sizeof(call->identity->user_id));
    buffer_add_text(&bytes, rights->entity == NULL ? "*" : rights->entity->name);
    for (size_t index = 0; index < catalog->entity_count; index++) {
        if (rights->scopes[index] != NULL) {
            add_scope(&bytes, rights->scopes[index]);
            add_fields(&bytes, call->identity, catalog->entities[index]);
        }
    }
    digest_sha256(bytes.bytes, bytes.length, whole);
    memcpy(rights->digest, whole, TOKEN_RIGHTS_SIZE);
}

/* ---- from above ---- */

/* Marks what the rules of a scope look for above its records. A part goes by all that its whole is
 * reached by, others by what comes down to them, which is less: what is above both goes by all. */
static void add_above(struct call *call, struct change_rights *rights,
                      const struct access_scope *scope)
{
    for (size_t index = 0; index < scope->rule_count; index++) {
        const struct access_rule *rule = &scope->rules[index];
        if (rule->by != ACCESS_BY_PARENT) {
            continue;
        }
        const struct entity *entity = rule->parent->entity;
        const struct access_scope **above = &rights->above[entity->index];
        if (scope->entity->ownership == OWNERSHIP_PARENT) {
            *above = rule->parent;
        } else if (*above == NULL) {
            *above = access_scope_of_children(call->arena, call->identity, entity, RIGHT_READ);
        }
        add_above(call, rights, rule->parent);
    }
}

static void name_entities(struct call *call, struct change_rights *rights)
{
    const struct catalog *catalog = call->catalog;
    rights->names = arena_allocate_array(call->arena, catalog->entity_count, sizeof(char *));
    for (size_t index = 0; index < catalog->entity_count; index++) {
        if (rights->scopes[index] != NULL || rights->above[index] != NULL) {
            rights->names[rights->name_count++] = catalog->entities[index]->name;
        }
    }
}

struct change_rights change_rights_of(struct call *call, const struct entity *entity)
{
    const struct catalog *catalog = call->catalog;
    size_t count = catalog->entity_count;
    struct change_rights rights = {
        .entity = entity,
        .scopes = arena_allocate_array(call->arena, count, sizeof(struct access_scope *)),
        .above = arena_allocate_array(call->arena, count, sizeof(struct access_scope *)),
    };
    for (size_t index = 0; index < count; index++) {
        const struct entity *candidate = catalog->entities[index];
        if (entity != NULL && candidate != entity) {
            continue;
        }
        const struct access_scope *scope =
            access_scope_make(call->arena, call->identity, candidate, RIGHT_READ);
        if (!access_is_nothing(scope)) {
            rights.scopes[index] = scope;
            add_above(call, &rights, scope);
        }
    }
    name_entities(call, &rights);
    digest(call, &rights);
    return rights;
}
