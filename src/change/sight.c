/*
 * sight.c - writes what decided who could see a record, and asks it of a reader's rules.
 */
#include "change/sight.h"

#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "base/buffer.h"
#include "base/error.h"
#include "call/call.h"
#include "change/row.h"
#include "metadata/catalog.h"
#include "metadata/record.h"
#include "query/access.h"
#include "security/access.h"
#include "security/share.h"

enum { SHARES_AT_ONCE = 1000, NAME_SIZE = 64 };

/* ---- writing ---- */

static void write_id(struct buffer *text, char mark, const struct uuid *id)
{
    char formatted[UUID_TEXT_SIZE];
    uuid_format(id, formatted);
    buffer_add_format(text, "%s%c=%s", text->length == 0 ? "" : " ", mark, formatted);
}

static void write_own(struct buffer *text, char mark, const struct record *record,
                      const struct field *field)
{
    if (field != NULL && record_has(record, field)) {
        const struct value *value = record_value(record, field);
        write_id(text, mark, field->type == FIELD_LOOKUP ? &value->reference.id : &value->uuid);
    }
}

static void write_parent(struct buffer *text, const struct record *record,
                         const struct field *lookup)
{
    const struct value *value = record_value(record, lookup);
    char formatted[UUID_TEXT_SIZE];
    if (value->state == VALUE_SET) {
        uuid_format(&value->reference.id, formatted);
        buffer_add_format(text, "%sp=%s:%s:%s", text->length == 0 ? "" : " ", lookup->name,
                          value->reference.entity->name, formatted);
    }
}

static void write_state(struct buffer *text, const struct record *record)
{
    const struct field *state = record->entity->state;
    if (state != NULL && record_has(record, state) &&
        record_value(record, state)->integer == state->choices[0].value) {
        buffer_add_text(text, text->length == 0 ? "a" : " a");
    }
}

bool sight_depends_on(const struct field *field)
{
    const struct entity *entity = field->entity;
    return field == entity->owner || field == entity->owning_business_unit ||
           field == entity->state || access_descends(field);
}

static bool is_changed(const struct field *field, const struct record *before,
                       const struct record *after)
{
    const struct value *was = record_value(before, field);
    return was->state != VALUE_ABSENT && !value_is_equal(field, was, record_value(after, field));
}

/* A change of state matters only to what comes down to active records alone. */
static bool is_moved(const struct record *before, const struct record *after)
{
    const struct entity *entity = before->entity;
    for (size_t index = 0; index < entity->field_count; index++) {
        const struct field *field = entity->fields[index];
        if (field != entity->state && sight_depends_on(field) && is_changed(field, before, after)) {
            return true;
        }
    }
    return false;
}

static bool is_state_inherited(const struct entity *entity)
{
    for (size_t index = 0; index < entity->field_count; index++) {
        const struct relation *relation = entity->fields[index]->relation;
        if (relation != NULL &&
            (relation->on_reparent == CASCADE_ACTIVE || relation->on_share == CASCADE_ACTIVE)) {
            return true;
        }
    }
    return false;
}

static void write_record(struct buffer *text, const struct record *record)
{
    const struct entity *entity = record->entity;
    write_own(text, 'o', record, access_owner_field(entity));
    write_own(text, 'u', record, access_unit_field(entity));
    write_state(text, record);
    for (size_t index = 0; index < entity->field_count; index++) {
        if (access_descends(entity->fields[index])) {
            write_parent(text, record, entity->fields[index]);
        }
    }
}

const char *sight_of_update(struct call *call, const struct record *before,
                            const struct record *after)
{
    const struct entity *entity = before->entity;
    bool is_switched = entity->state != NULL && is_changed(entity->state, before, after) &&
                       is_state_inherited(entity);
    struct buffer text;
    if (!is_switched && !is_moved(before, after)) {
        return NULL;
    }
    buffer_init(&text, call->arena, 128);
    write_record(&text, before);
    return text.bytes;
}

static bool write_shares(struct call *call, const struct record *record, struct buffer *text,
                         struct error *error)
{
    const struct entity *entity = record->entity;
    const struct uuid *id = &record_value(record, entity->id)->uuid;
    struct share *shares = NULL;
    size_t count = SHARES_AT_ONCE;
    while (count == SHARES_AT_ONCE) {
        const struct uuid *after = shares == NULL ? NULL : &shares[count - 1].principal_id;
        if (!share_list(call->connection, call->arena, entity, id, after, SHARES_AT_ONCE, &shares,
                        &count, error)) {
            return false;
        }
        for (size_t index = 0; index < count; index++) {
            if ((shares[index].rights & share_mask(RIGHT_READ)) != 0) {
                write_id(text, 'r', &shares[index].principal_id);
            }
        }
    }
    return true;
}

bool sight_of_delete(struct call *call, const struct record *before, const char **sight_out,
                     struct error *error)
{
    struct buffer text;
    buffer_init(&text, call->arena, 256);
    write_record(&text, before);
    if (before->entity->ownership == OWNERSHIP_USER && !write_shares(call, before, &text, error)) {
        return false;
    }
    *sight_out = text.bytes;
    return true;
}

const char *sight_of_share(struct call *call, const struct uuid *principal_id, bool could_read)
{
    struct buffer text;
    buffer_init(&text, call->arena, UUID_TEXT_SIZE + sizeof("r="));
    write_id(&text, could_read ? 'r' : 'g', principal_id);
    return text.bytes;
}

const char *sight_of_move(struct call *call, const struct uuid *unit_id)
{
    struct buffer text;
    buffer_init(&text, call->arena, UUID_TEXT_SIZE + sizeof("u="));
    write_id(&text, 'u', unit_id);
    return text.bytes;
}

/* ---- asking ---- */

static bool read_id(const char *text, struct uuid *id_out)
{
    char copy[UUID_TEXT_SIZE];
    snprintf(copy, sizeof(copy), "%.*s", UUID_TEXT_SIZE - 1, text);
    return uuid_parse(copy, id_out);
}

/* Looks for a word by its mark whose id is among those of a rule. */
static bool has_among(const char *sight, char mark, const struct access_rule *rule)
{
    for (const char *word = sight; word != NULL; word = strchr(word, ' ')) {
        struct uuid id;
        word += *word == ' ';
        if (word[0] == mark && word[1] == '=' && read_id(word + 2, &id) &&
            access_is_among(rule, &id)) {
            return true;
        }
    }
    return false;
}

static bool is_active(const char *sight)
{
    for (const char *word = sight; word != NULL; word = strchr(word, ' ')) {
        word += *word == ' ';
        if (word[0] == 'a' && (word[1] == ' ' || word[1] == '\0')) {
            return true;
        }
    }
    return false;
}

/* What the record was under along the rule's lookup, if anything. */
static bool find_parent(const char *sight, const struct access_rule *rule, struct uuid *id_out)
{
    char start[2 * NAME_SIZE + 8];
    int length =
        snprintf(start, sizeof(start), "p=%s:%s:", rule->lookup->name, rule->parent->entity->name);
    for (const char *word = sight; word != NULL; word = strchr(word, ' ')) {
        word += *word == ' ';
        if (strncmp(word, start, (size_t)length) == 0) {
            return read_id(word + length, id_out);
        }
    }
    return false;
}

/* The sight of a record that was deleted; NULL when it was not, or nobody knows any more. */
static bool find_deleted(struct call *call, const struct uuid *id, const char **sight_out,
                         struct error *error)
{
    const struct row_condition conditions[] = {
        {"record_id", ROW_IS, cell_uuid(id)},
        {"kind", ROW_IS, cell_integer(CHANGE_DELETED)},
    };
    struct change_row *row = NULL;
    if (!change_select_last(call, conditions, 2, false, &row, error)) {
        return false;
    }
    *sight_out = row == NULL ? NULL : row->sight;
    return true;
}

/* Where only those come along whom the parent's owner owns: whether that was so. */
static bool is_with_owner(struct call *call, const struct access_rule *rule, const char *sight,
                          const struct uuid *parent_id, bool *is_with_out, struct error *error)
{
    struct uuid owner;
    const char *at = strstr(sight, "o=");
    struct access_rule same = {.by = ACCESS_BY_OWNER, .ids = &owner, .id_count = 1};
    const struct access_scope scope = {
        .entity = rule->parent->entity, .rules = &same, .rule_count = 1};
    *is_with_out = rule->cascade != CASCADE_USER_OWNED;
    return *is_with_out || at == NULL || !read_id(at + 2, &owner) ||
           query_in_scope(call, &scope, parent_id, is_with_out, error);
}

/* What has no state is as good as active. */
static bool came_along(const struct access_rule *rule, const char *sight)
{
    return rule->cascade != CASCADE_ACTIVE || rule->lookup->entity->state == NULL ||
           is_active(sight);
}

static bool had_parent(struct call *call, const struct access_rule *rule, const char *sight,
                       bool *had_out, struct error *error)
{
    const char *former = NULL;
    struct uuid id;
    bool is_with = false;
    if (!came_along(rule, sight) || !find_parent(sight, rule, &id)) {
        return true;
    }
    if (!is_with_owner(call, rule, sight, &id, &is_with, error)) {
        return false;
    }
    if (rule->parent->is_everything || !is_with) {
        *had_out = is_with;
        return true;
    }
    return query_in_scope(call, rule->parent, &id, had_out, error) &&
           (*had_out || (find_deleted(call, &id, &former, error) &&
                         sight_had(call, rule->parent, former, had_out, error)));
}

/* Marks of what a rule goes by; of those that need no database. */
static const char marks[] = {
    [ACCESS_BY_OWNER] = 'o',
    [ACCESS_BY_UNIT] = 'u',
    [ACCESS_BY_REPORT] = 'o',
    [ACCESS_BY_SHARE] = 'r',
};

bool sight_had(struct call *call, const struct access_scope *scope, const char *sight,
               bool *had_out, struct error *error)
{
    *had_out = scope->is_everything;
    for (size_t index = 0; index < scope->rule_count && !*had_out && sight != NULL; index++) {
        const struct access_rule *rule = &scope->rules[index];
        if (rule->by == ACCESS_BY_PARENT) {
            if (!had_parent(call, rule, sight, had_out, error)) {
                return false;
            }
        } else {
            *had_out = has_among(sight, marks[rule->by], rule);
        }
    }
    return true;
}

bool sight_is_own_share(const struct access_scope *scope, const char *sight)
{
    for (size_t index = 0; index < scope->rule_count && sight != NULL; index++) {
        const struct access_rule *rule = &scope->rules[index];
        if (rule->by == ACCESS_BY_SHARE &&
            (has_among(sight, 'r', rule) || has_among(sight, 'g', rule))) {
            return true;
        }
    }
    return false;
}
