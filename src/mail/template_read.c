/*
 * template_read.c - a template read for somebody, and filled.
 */
#include <string.h>
#include <strings.h>

#include "base/arena.h"
#include "base/error.h"
#include "call/call.h"
#include "mail/template.h"
#include "metadata/catalog.h"
#include "metadata/entity.h"
#include "metadata/record.h"
#include "query/access.h"
#include "query/query.h"
#include "record/engine.h"
#include "security/identity.h"
#include "text/utf8.h"

static const char *const template_fields[] = {"forEntity", "language", "isPersonal", "subject",
                                              "body",      "mimeType", "owner"};

static const char *text_of(const struct record *record, const char *name)
{
    const struct field *field = entity_find_field(record->entity, name);
    return record_has(record, field) ? record_value(record, field)->text : NULL;
}

/* A personal one is its owner's, whoever may read it. */
static bool check_use(struct call *call, const struct record *template,
                      const struct reference *record, struct error *error)
{
    const struct field *personal = entity_find_field(template->entity, "isPersonal");
    const char *for_entity = text_of(template, "forEntity");
    bool is_personal = record_has(template, personal) && record_value(template, personal)->boolean;

    if (is_personal &&
        !identity_is_principal(call->identity,
                               &record_value(template, template->entity->owner)->reference.id)) {
        return error_set_about(error, ERROR_NOT_ALLOWED, "EmailTemplate", personal->name,
                               "The template is its owner's own");
    }
    return for_entity == NULL || *for_entity == '\0' ||
           strcmp(for_entity, record->entity->name) == 0 ||
           error_set_about(error, ERROR_VALUE_INVALID, "EmailTemplate", "forEntity",
                           "The template is for records of %s, not of %s", for_entity,
                           record->entity->name);
}

static bool check_record(struct call *call, const struct reference *record, struct error *error)
{
    struct column_set columns;
    struct record *read = NULL;

    return query_columns(call, record->entity, NULL, 0, false, &columns, error) &&
           record_retrieve(call, record->entity, &record->id, &columns, &read, error);
}

static enum language language_of(struct call *call, const struct record *template)
{
    const struct field *field = entity_find_field(template->entity, "language");

    if (!record_has(template, field)) {
        return call->language;
    }
    return record_value(template, field)->integer == field_find_choice(field, "Russian")->value
               ? LANGUAGE_RUSSIAN
               : LANGUAGE_ENGLISH;
}

/* The subject is one line, as long as the field holds. */
static const char *cut_subject(struct call *call, const char *subject)
{
    const struct entity *email = catalog_find_entity(call->catalog, "Email");
    size_t most = entity_find_field(email, "subject")->length;
    size_t characters = 0, length = 0;

    for (; subject[length] != '\0'; length++) {
        characters += ((unsigned char)subject[length] & 0xC0) != 0x80;
        if (characters > most) {
            break;
        }
    }
    return arena_copy_part(call->arena, subject, length);
}

bool mail_fill_template(struct call *call, const struct uuid *template_id,
                        const struct reference *record, struct filled_template *filled_out,
                        struct error *error)
{
    const struct entity *entity = catalog_find_entity(call->catalog, "EmailTemplate");
    const struct entity *email = catalog_find_entity(call->catalog, "Email");
    size_t most = entity_find_field(email, "description")->length;
    struct column_set columns;
    struct record *template = NULL;

    if (!query_columns(call, entity, template_fields,
                       sizeof(template_fields) / sizeof(template_fields[0]), false, &columns,
                       error) ||
        !record_retrieve(call, entity, template_id, &columns, &template, error) ||
        !check_record(call, record, error) || !check_use(call, template, record, error)) {
        return false;
    }
    const struct template_source source = {
        .call = call, .record = *record, .language = language_of(call, template)};
    const char *type = text_of(template, "mimeType");
    const char *subject = text_of(template, "subject");
    const char *body = text_of(template, "body");
    bool is_html = type == NULL || strncasecmp(type, "text/plain", 10) != 0;
    if (!template_fill(&source, subject == NULL ? "" : subject, false, most, &subject, error) ||
        !template_fill(&source, body == NULL ? "" : body, is_html, most, &body, error)) {
        return false;
    }
    *filled_out = (struct filled_template){
        .subject = cut_subject(call, subject),
        .description = body,
        .mime_type = is_html ? "text/html" : "text/plain",
    };
    return true;
}
