/*
 * template.c - slots found in a text, and what stands in their place.
 */
#include "mail/template.h"

#include <ctype.h>
#include <string.h>

#include "base/arena.h"
#include "base/buffer.h"
#include "base/error.h"
#include "base/uuid.h"
#include "call/call.h"
#include "metadata/catalog.h"
#include "metadata/entity.h"
#include "metadata/record.h"
#include "query/query.h"
#include "security/identity.h"
#include "text/format.h"
#include "text/zone.h"

enum { SLOT_LENGTH = 400, STEPS_MOST = 4, SLOTS_MOST = 500 };

/* A slot taken apart. */
struct slot {
    const char *text;              /* as it stands between the braces, for faults */
    const char *source;            /* "Contact" or "User" */
    const char *steps[STEPS_MOST]; /* fields; all but the last are lookups */
    size_t step_count;
    const char *otherwise;
};

static const char *const locales[LANGUAGE_COUNT] = {
    [LANGUAGE_ENGLISH] = "en", [LANGUAGE_RUSSIAN] = "ru"};
static const char *const truths[LANGUAGE_COUNT][2] = {
    [LANGUAGE_ENGLISH] = {"no", "yes"}, [LANGUAGE_RUSSIAN] = {"нет", "да"}};

static bool refuse(const struct slot *slot, enum error_code code, const char *why,
                   struct error *error)
{
    return error_set_about(error, code, "EmailTemplate", "body", "{{%.100s}}: %s", slot->text, why);
}

/* ---- what a slot says ---- */

static char *trim(char *text)
{
    text += strspn(text, " \t\r\n");
    size_t length = strlen(text);

    while (length > 0 && isspace((unsigned char)text[length - 1])) {
        text[--length] = '\0';
    }
    return text;
}

static bool read_slot(struct arena *arena, const char *text, size_t length, struct slot *slot,
                      struct error *error)
{
    char *copy = arena_copy_part(arena, text, length);
    char *bar = strchr(copy, '|');

    *slot = (struct slot){.text = arena_copy_text(arena, copy), .otherwise = ""};
    if (bar != NULL) {
        *bar = '\0';
        slot->otherwise = trim(bar + 1);
    }
    slot->source = trim(copy);
    for (char *dot = strchr(slot->source, '.'); dot != NULL; dot = strchr(dot + 1, '.')) {
        *dot = '\0';
        if (slot->step_count == STEPS_MOST) {
            return refuse(slot, ERROR_VALUE_INVALID, "it goes along too many fields", error);
        }
        slot->steps[slot->step_count++] = dot + 1;
    }
    return slot->step_count > 0 ||
           refuse(slot, ERROR_VALUE_INVALID, "a slot names an entity, or User, and a field", error);
}

/* ---- values ---- */

static const char *label_of(const struct field *field, int64_t number, enum language language)
{
    const struct choice *choice = field_find_choice_value(field, (int32_t)number);
    const char *label = choice == NULL ? NULL : label_text(&choice->label, language);

    return label != NULL ? label : choice == NULL ? "" : choice->token;
}

/* The code of the currency that an amount is in; NULL where the caller may not know it. */
static bool currency_of(struct call *call, const struct record *record, const struct field *field,
                        const char **code_out, struct error *error)
{
    const struct entity *entity = catalog_find_entity(call->catalog, "TransactionCurrency");
    const struct field *code = entity_find_field(entity, "isoCode");
    const struct field *fields[] = {entity->id, code};
    const struct column_set columns = {.fields = fields, .count = 2};
    const struct field *link = record->entity->currency;
    struct uuid id = call->platform->base_currency_id;
    struct record *currency = NULL;

    if (field->base_of == NULL && link != NULL && record_has(record, link)) {
        id = record_value(record, link)->reference.id;
    }
    if (!query_read(call, entity, &id, &columns, &currency, error)) {
        return false;
    }
    *code_out =
        currency != NULL && record_has(currency, code) ? record_value(currency, code)->text : NULL;
    return true;
}

static bool write_amount(const struct template_source *source, const struct record *record,
                         const struct field *field, const char **text_out, struct error *error)
{
    struct arena *arena = source->call->arena;
    const char *currency = NULL;

    if (!currency_of(source->call, record, field, &currency, error)) {
        return false;
    }
    *text_out =
        text_format_amount(arena, locales[source->language],
                           value_format(arena, field, record_value(record, field)), currency);
    return true;
}

static const char *write_value(const struct template_source *source, const struct field *field,
                               const struct value *value)
{
    struct call *call = source->call;
    const char *locale = locales[source->language];

    switch (field->type) {
    case FIELD_INTEGER:
    case FIELD_LONG:
    case FIELD_DECIMAL:
        return text_format_number(call->arena, locale, value_format(call->arena, field, value));
    case FIELD_BOOLEAN:
        return truths[source->language][value->boolean];
    case FIELD_DATE:
        return text_format_day(call->arena, locale, value->date);
    case FIELD_DATE_TIME:
        return text_format_moment(call->arena, locale, value->moment,
                                  call->zone == NULL ? NULL : zone_name(call->zone));
    case FIELD_CHOICE:
    case FIELD_STATE:
    case FIELD_STATUS_REASON:
        return label_of(field, value->integer, source->language);
    case FIELD_LOOKUP:
        return value->reference.name == NULL ? "" : value->reference.name;
    default:
        return value_format(call->arena, field, value);
    }
}

/* ---- the way to a value ---- */

static bool begin(const struct template_source *source, const struct slot *slot,
                  struct reference *at, struct error *error)
{
    struct call *call = source->call;

    if (strcmp(slot->source, "User") == 0) {
        *at = (struct reference){.entity = catalog_find_entity(call->catalog, "SystemUser"),
                                 .id = call->identity->user_id};
        return true;
    }
    *at = source->record;
    return strcmp(slot->source, source->record.entity->name) == 0 ||
           refuse(slot, ERROR_VALUE_INVALID,
                  arena_format(call->arena, "the text is filled from a %s and from User",
                               source->record.entity->name),
                  error);
}

/* One field of a record that the caller may read; the record is NULL where he may not. */
static bool read_step(const struct template_source *source, const struct reference *at,
                      const char *name, const struct field **field_out, struct record **record_out,
                      struct error *error)
{
    struct call *call = source->call;
    const struct entity *entity = at->entity;
    const char *names[] = {name, entity->currency == NULL ? NULL : entity->currency->name};
    struct column_set columns;

    if (!query_columns(call, entity, names, names[1] == NULL ? 1 : 2, false, &columns, error) ||
        !query_read(call, entity, &at->id, &columns, record_out, error)) {
        return false;
    }
    *field_out = entity_find_field(entity, name);
    return true;
}

/* A lookup of several targets may lead where there is no such field. */
static bool is_elsewhere(const struct slot *slot, size_t step, const struct reference *at)
{
    return step > 0 && entity_find_field(at->entity, slot->steps[step]) == NULL;
}

/* What stands in the place of a slot; NULL: it has no value for the caller. */
static bool find_value(const struct template_source *source, const struct slot *slot,
                       const char **text_out, struct error *error)
{
    struct reference at;

    *text_out = NULL;
    if (!begin(source, slot, &at, error)) {
        return false;
    }
    for (size_t step = 0; step < slot->step_count; step++) {
        const struct field *field = NULL;
        struct record *record = NULL;
        if (is_elsewhere(slot, step, &at)) {
            return true;
        }
        if (!read_step(source, &at, slot->steps[step], &field, &record, error)) {
            return false;
        }
        bool is_last = step + 1 == slot->step_count;
        if (field->type == FIELD_FILE || field->type == FIELD_PARTY_LIST ||
            (!is_last && field->type != FIELD_LOOKUP)) {
            return refuse(slot, ERROR_FIELD_NOT_USABLE, "the field has no text to be written",
                          error);
        }
        if (record == NULL || !record_has(record, field)) {
            return true;
        }
        if (is_last && field->type == FIELD_MONEY) {
            return write_amount(source, record, field, text_out, error);
        }
        if (is_last) {
            *text_out = write_value(source, field, record_value(record, field));
            return true;
        }
        at = record_value(record, field)->reference;
    }
    return true;
}

/* ---- the text ---- */

static void add_escaped(struct buffer *filled, const char *text)
{
    static const struct {
        char character;
        const char *markup;
    } table[] = {{'&', "&amp;"},  {'<', "&lt;"},   {'>', "&gt;"},
                 {'"', "&quot;"}, {'\'', "&#39;"}, {'\n', "<br>"}};

    for (const char *at = text; *at != '\0'; at++) {
        const char *markup = NULL;
        for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
            markup = *at == table[i].character ? table[i].markup : markup;
        }
        if (markup != NULL) {
            buffer_add_text(filled, markup);
        } else {
            buffer_add_char(filled, *at);
        }
    }
}

static bool fill_slot(const struct template_source *source, const char *text, size_t length,
                      bool is_html, struct buffer *filled, struct error *error)
{
    const char *value = NULL;
    struct slot slot;

    if (!read_slot(source->call->arena, text, length, &slot, error) ||
        !find_value(source, &slot, &value, error)) {
        return false;
    }
    if (value == NULL || *value == '\0') {
        buffer_add_text(filled, slot.otherwise);
    } else if (is_html) {
        add_escaped(filled, value);
    } else {
        buffer_add_text(filled, value);
    }
    return true;
}

static bool check_slot(const char *begin, const char *end, size_t number, struct error *error)
{
    if (end == NULL || end - begin > SLOT_LENGTH) {
        return error_set_about(error, ERROR_VALUE_INVALID, "EmailTemplate", "body",
                               "{{ without its }} at \"%.40s\"", begin);
    }
    return number < SLOTS_MOST ||
           error_set_about(error, ERROR_LIMIT_EXCEEDED, "EmailTemplate", "body",
                           "A text may have at most %d slots", (int)SLOTS_MOST);
}

bool template_fill(const struct template_source *source, const char *text, bool is_html,
                   size_t most, const char **filled_out, struct error *error)
{
    struct buffer filled;
    const char *at = text;

    buffer_init(&filled, source->call->arena, strlen(text) + 256);
    for (size_t number = 0;; number++) {
        const char *begin = strstr(at, "{{");
        if (begin == NULL) {
            break;
        }
        const char *end = strstr(begin, "}}");
        buffer_add(&filled, at, (size_t)(begin - at));
        if (!check_slot(begin, end, number, error) ||
            !fill_slot(source, begin + 2, (size_t)(end - begin - 2), is_html, &filled, error)) {
            return false;
        }
        at = end + 2;
        if (filled.length > most) {
            break;
        }
    }
    buffer_add_text(&filled, at);
    *filled_out = filled.bytes;
    return filled.length <= most ||
           error_set_about(error, ERROR_LIMIT_EXCEEDED, "EmailTemplate", "body",
                           "The text would become longer than %zu bytes", most);
}
