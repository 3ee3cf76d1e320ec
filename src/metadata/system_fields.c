/*
 * system_fields.c - the fields that the platform adds to every entity, as a table.
 */
#include <stddef.h>
#include <string.h>

#include "base/arena.h"
#include "metadata/reader.h"

enum { RATE_PRECISION = 18, RATE_SCALE = 10 };

/* To which entities a row is added. */
enum when {
    FIRST,         /* to all, before their own */
    WITH_OWNER,    /* to those of users */
    WITH_BUSINESS, /* to those of business units */
    WITH_MONEY,    /* to those that have amounts */
    LAST,          /* to all, after their own */
};

/* What a client may do with it. */
enum use { READ_ONLY, ON_CREATE, ALWAYS };

struct system_field {
    enum when when;
    const char *name;
    const char *classic; /* NULL: the entity's classic name with "id" */
    enum field_type type;
    enum use use;
    bool is_required;
    enum entity_group group; /* LOOKUP: of a group, or of the target */
    const char *target;
    struct label label;
    size_t place; /* offset in struct entity of the pointer to it */
};

#define PLACE(member) .place = offsetof(struct entity, member)
#define LABEL(english, russian) .label = {{(english), (russian)}}

static const struct system_field rows[] = {
    {.when = FIRST,
     .name = "id",
     .type = FIELD_UUID,
     .use = ON_CREATE,
     .is_required = true,
     LABEL("Id", "Идентификатор"),
     PLACE(id)},
    {.when = FIRST,
     .name = "version",
     .classic = "versionnumber",
     .type = FIELD_LONG,
     .is_required = true,
     LABEL("Version", "Версия"),
     PLACE(version)},
    {.when = WITH_OWNER,
     .name = "owner",
     .classic = "ownerid",
     .type = FIELD_LOOKUP,
     .use = ALWAYS,
     .is_required = true,
     .group = GROUP_PRINCIPAL,
     LABEL("Owner", "Ответственный"),
     PLACE(owner)},
    {.when = WITH_OWNER,
     .name = "owningBusinessUnit",
     .classic = "owningbusinessunit",
     .type = FIELD_LOOKUP,
     .is_required = true,
     .target = "BusinessUnit",
     LABEL("Owning business unit", "Подразделение ответственного"),
     PLACE(owning_business_unit)},
    {.when = WITH_BUSINESS,
     .name = "businessUnit",
     .classic = "businessunitid",
     .type = FIELD_LOOKUP,
     .use = ALWAYS,
     .is_required = true,
     .target = "BusinessUnit",
     LABEL("Business unit", "Подразделение"),
     PLACE(owning_business_unit)},
    {.when = WITH_MONEY,
     .name = "currency",
     .classic = "transactioncurrencyid",
     .type = FIELD_LOOKUP,
     .use = ALWAYS,
     .target = "TransactionCurrency",
     LABEL("Currency", "Валюта"),
     PLACE(currency)},
    {.when = WITH_MONEY,
     .name = "exchangeRate",
     .classic = "exchangerate",
     .type = FIELD_DECIMAL,
     LABEL("Exchange rate", "Курс"),
     PLACE(exchange_rate)},
    {.when = LAST,
     .name = "createdOn",
     .classic = "createdon",
     .type = FIELD_DATE_TIME,
     .is_required = true,
     LABEL("Created on", "Создано"),
     PLACE(created_on)},
    {.when = LAST,
     .name = "createdBy",
     .classic = "createdby",
     .type = FIELD_LOOKUP,
     .is_required = true,
     .target = "SystemUser",
     LABEL("Created by", "Кто создал"),
     PLACE(created_by)},
    {.when = LAST,
     .name = "modifiedOn",
     .classic = "modifiedon",
     .type = FIELD_DATE_TIME,
     .is_required = true,
     LABEL("Modified on", "Изменено"),
     PLACE(modified_on)},
    {.when = LAST,
     .name = "modifiedBy",
     .classic = "modifiedby",
     .type = FIELD_LOOKUP,
     .is_required = true,
     .target = "SystemUser",
     LABEL("Modified by", "Кто изменил"),
     PLACE(modified_by)},
};

static const char *classic_name(struct reader *reader, const struct entity_draft *draft,
                                const struct system_field *row)
{
    return row->classic != NULL ? row->classic
                                : arena_format(reader->arena, "%sid", draft->entity->classic_name);
}

static void add_row(struct reader *reader, struct entity_draft *draft,
                    const struct system_field *row)
{
    struct field *field = arena_allocate(reader->arena, sizeof(*field));
    struct field_draft *result = arena_allocate(reader->scratch, sizeof(*result));
    *field = (struct field){
        .entity = draft->entity,
        .name = row->name,
        .classic_name = classic_name(reader, draft, row),
        .type = row->type,
        .label = row->label,
        .is_required = row->is_required,
        .is_creatable = row->use != READ_ONLY,
        .is_updatable = row->use == ALWAYS,
        .is_system = true,
    };
    if (row->type == FIELD_DECIMAL) {
        field->precision = RATE_PRECISION;
        field->scale = RATE_SCALE;
    }
    result->field = field;
    result->node = draft->node;
    result->group = row->group;
    result->target_names = row->target;
    *(const struct field **)((char *)draft->entity + row->place) = field;
    entity_draft_add(reader, draft, result);
}

static void add_rows(struct reader *reader, struct entity_draft *draft, enum when when)
{
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        if (rows[i].when == when) {
            add_row(reader, draft, &rows[i]);
        }
    }
}

static bool has_money(const struct entity_draft *draft)
{
    for (size_t i = 0; i < draft->fields.count; i++) {
        const struct field_draft *field = draft->fields.items[i];
        if (field->field->type == FIELD_MONEY) {
            return true;
        }
    }
    return false;
}

/* A business unit is not part of another: it is its own, so it gets no field that says whose. */
static bool is_business_unit(const struct entity_draft *draft)
{
    return strcmp(draft->entity->name, "BusinessUnit") == 0;
}

void system_fields_add_first(struct reader *reader, struct entity_draft *draft)
{
    add_rows(reader, draft, FIRST);
}

void system_fields_add_last(struct reader *reader, struct entity_draft *draft)
{
    if (draft->entity->ownership == OWNERSHIP_USER) {
        add_rows(reader, draft, WITH_OWNER);
    }
    if (draft->entity->ownership == OWNERSHIP_BUSINESS && !is_business_unit(draft)) {
        add_rows(reader, draft, WITH_BUSINESS);
    }
    if (has_money(draft)) {
        add_rows(reader, draft, WITH_MONEY);
    }
    add_rows(reader, draft, LAST);
}

void system_fields_add_twin(struct reader *reader, struct entity_draft *draft,
                            const struct field_draft *money)
{
    static const char *const additions[LANGUAGE_COUNT] = {
        [LANGUAGE_ENGLISH] = "(base currency)",
        [LANGUAGE_RUSSIAN] = "(в базовой валюте)",
    };
    const struct field *of = money->field;
    struct field *field = arena_allocate(reader->arena, sizeof(*field));
    struct field_draft *result = arena_allocate(reader->scratch, sizeof(*result));
    *field = (struct field){
        .entity = draft->entity,
        .name = arena_format(reader->arena, "%sBase", of->name),
        .classic_name = arena_format(reader->arena, "%s_base", of->classic_name),
        .type = FIELD_MONEY,
        .is_system = true,
        .precision = of->precision,
        .scale = of->scale,
        .base_of = of,
    };
    for (int language = 0; language < LANGUAGE_COUNT; language++) {
        const char *text = label_text(&of->label, (enum language)language);
        field->label.text[language] = arena_format(
            reader->arena, "%s %s", text != NULL ? text : of->name, additions[language]);
    }
    result->field = field;
    result->node = money->node;
    entity_draft_add(reader, draft, result);
}
