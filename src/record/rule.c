/*
 * rule.c - what may be given, what must be there, what is taken when nothing is given.
 */
#include <string.h>

#include "base/arena.h"
#include "base/error.h"
#include "record/write.h"
#include "security/field_access.h"

static const char *label_of(const struct field *field)
{
    const char *label = label_text(&field->label, LANGUAGE_ENGLISH);
    return label != NULL ? label : field->name;
}

/* ---- what may be given ---- */

/* A client that sends back what it read is not told off for fields that stay as they are. */
static bool is_left_alone(const struct write *write, const struct field *field)
{
    const struct value *given = record_value(write->given, field);
    if (write->before == NULL) {
        return given->state == VALUE_NULL;
    }
    if (write->is_unseen && field != write->entity->id && field != write->entity->version) {
        return false;
    }
    return value_is_equal(field, record_value(write->before, field), given);
}

static bool refuse_version(const struct write *write, int64_t expected, struct error *error)
{
    const struct value *version = record_value(write->before, write->entity->version);
    write->call->conflict = (struct conflict){
        .entity = write->entity, .id = record_value(write->before, write->entity->id)->uuid};
    return error_set_about(error, ERROR_VERSION_CONFLICT, write->entity->name, "version",
                           "The record has version %lld, not %lld", (long long)version->integer,
                           (long long)expected);
}

bool rule_check_version(const struct write *write, struct error *error)
{
    int64_t expected = write->call->expected_version;
    return record_value(write->before, write->entity->version)->integer == expected ||
           refuse_version(write, expected, error);
}

static bool refuse_field(const struct write *write, const struct field *field, struct error *error)
{
    bool is_version = field == write->entity->version;
    if (is_version && write->before != NULL && record_has(write->given, field)) {
        return refuse_version(write, record_value(write->given, field)->integer, error);
    }
    return error_set_about(error, ERROR_FIELD_NOT_WRITABLE, write->entity->name, field->name,
                           "%s cannot be set %s", label_of(field),
                           write->before == NULL ? "in a new record" : "in an existing record");
}

/* What one may not see must not be told by whether it may stay as it is. */
static bool may_be_given(const struct write *write, const struct field *field, struct error *error)
{
    const struct identity *identity = write->call->identity;
    bool is_new = write->before == NULL;
    enum field_right right = is_new ? FIELD_RIGHT_CREATE : FIELD_RIGHT_UPDATE;

    if (!field->is_secured || !write_is_given(write, field) || write->work->is_internal) {
        return true;
    }
    bool is_seen = is_new || field_may(identity, field, FIELD_RIGHT_READ);
    return (is_seen && is_left_alone(write, field)) ||
           field_authorise(identity, field, right, error);
}

bool rule_check_given(const struct write *write, struct error *error)
{
    for (size_t index = 0; index < write->entity->field_count; index++) {
        const struct field *field = write->entity->fields[index];
        if (!may_be_given(write, field, error)) {
            return false;
        }
        bool is_open = write->before == NULL ? field->is_creatable : field->is_updatable;
        if (!write_is_given(write, field) || is_open || is_left_alone(write, field)) {
            continue;
        }
        if (!write->work->is_internal || field == write->entity->version) {
            return refuse_field(write, field, error);
        }
    }
    return true;
}

/* ---- defaults ---- */

static bool has_default(const struct field *field)
{
    return field->default_text != NULL && field->type != FIELD_STATE &&
           field->type != FIELD_STATUS_REASON;
}

bool rule_add_defaults(struct write *write, struct error *error)
{
    for (size_t index = 0; index < write->entity->field_count; index++) {
        const struct field *field = write->entity->fields[index];
        struct value *value = record_value(write->after, field);
        if (value->state == VALUE_ABSENT && has_default(field) &&
            !value_parse(write->call->arena, field, field->default_text, write->call->zone, value,
                         error)) {
            return false;
        }
    }
    return true;
}

/* ---- what must be there ---- */

static bool is_text(const struct field *field)
{
    return field_type_row(field->type)->column == COLUMN_TEXT && field->type != FIELD_PARTY_LIST;
}

static bool is_empty(const struct field *field, const struct value *value)
{
    if (value->state != VALUE_SET) {
        return true;
    }
    return field->type == FIELD_PARTY_LIST ? value->parties.count == 0
                                           : is_text(field) && value->text[0] == '\0';
}

/* In an update only what is given can become empty: older records may lack what was declared
 * required later, and must stay changeable. */
bool rule_check_required(const struct write *write, struct error *error)
{
    for (size_t index = 0; index < write->entity->field_count; index++) {
        const struct field *field = write->entity->fields[index];
        bool is_asked = write->before == NULL || write_is_given(write, field);
        if (field->is_required && is_asked && is_empty(field, record_value(write->after, field))) {
            return error_set_about(error, ERROR_FIELD_REQUIRED, write->entity->name, field->name,
                                   "%s is required", label_of(field));
        }
    }
    return true;
}
