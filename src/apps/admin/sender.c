/*
 * sender.c - one chunk of drafts: ids of references, versions, upserts.
 */
#include "apps/admin/sender.h"

#include <stdio.h>
#include <string.h>

#include "apps/admin/draft.h"
#include "apps/admin/ledger.h"
#include "apps/admin/mapping.h"
#include "apps/admin/queue.h"
#include "apps/admin/request.h"
#include "apps/admin/target.h"
#include "base/arena.h"
#include "base/map.h"
#include "client/client.h"
#include "client/element.h"
#include "xml/document.h"

#define VERSIONS_PAGE "1000"

/* A chunk that is being sent. */
struct sending {
    const struct sender *sender;
    struct arena *arena;
    const struct chunk *chunk;
    struct map *versions; /* by id, as they were before */
};

static const char *operation_name(const struct sending *sending, const char *verb)
{
    return arena_format(sending->arena, "%s%s", verb, sending->sender->pass->entity);
}

/* ---- references ---- */

/* Asks the server for the id of a record; NULL when there is none that we may see. */
static const char *ask_for_id(const struct sending *sending, const struct field_rule *rule,
                              const char *value)
{
    struct client_operation operation = {
        .service = rule->reference_entity,
        .name = arena_format(sending->arena, "Retrieve%s", rule->reference_entity),
        .is_repeatable = true,
    };
    struct element *parameters = element_make(sending->arena, operation.name);
    const struct xml_node *answer = NULL;
    struct client_error error;

    request_add_key(sending->arena, parameters, rule->reference_key, &value, 1);
    request_add_list(sending->arena, parameters, "columns", "id");
    if (!client_call(sending->sender->client, sending->arena, &operation, parameters, &answer,
                     &error) ||
        answer->first_child == NULL) {
        return NULL;
    }
    const struct xml_node *id = xml_child(answer->first_child, "id");
    return id == NULL ? NULL : id->text;
}

/* The id of a referred record, where it is known already. */
static const char *known_id(const struct sending *sending, const struct field_rule *rule,
                            const char *value)
{
    return ledger_recall(sending->sender->ledger, sending->arena, rule->reference_entity,
                         rule->reference_key, value);
}

/* The same, asked for where it is not known: for what the key itself consists of. */
static const char *needed_id(const struct sending *sending, const struct field_rule *rule,
                             const char *value)
{
    const char *id = known_id(sending, rule, value);

    if (id == NULL) {
        id = ask_for_id(sending, rule, value);
        if (id != NULL) {
            ledger_remember(sending->sender->ledger, rule->reference_entity, rule->reference_key,
                            value, id);
        }
    }
    return id;
}

/* ---- versions ---- */

/* What a key field of a draft is compared with in a filter; NULL when that is not possible. */
static const char *filter_value(const struct sending *sending, size_t place,
                                const struct draft *draft)
{
    const struct field_rule *rule = &sending->sender->pass->fields[place];
    const char *text = draft->values[place].text;

    if (text == NULL || rule->reference_entity == NULL) {
        return text;
    }
    return needed_id(sending, rule, text);
}

/* The different values of a key field in the chunk. */
static struct map *values_of(const struct sending *sending, size_t place)
{
    struct map *values = map_create(sending->arena);

    for (size_t i = 0; i < sending->chunk->count; i++) {
        const char *value = filter_value(sending, place, sending->chunk->drafts[i]);
        if (value != NULL) {
            map_set(values, value, sending);
        }
    }
    return values;
}

/* The key field that tells the drafts apart best, and its values. */
static struct map *best_values(const struct sending *sending, size_t *place_out)
{
    const struct target *target = sending->sender->target;
    struct map *best = NULL;

    for (size_t i = 0; i < target->key_field_count; i++) {
        struct map *values = values_of(sending, target->key_fields[i]);
        if (best == NULL || map_count(values) > map_count(best)) {
            best = values;
            *place_out = target->key_fields[i];
        }
    }
    return best;
}

static struct element *version_query(const struct sending *sending, const char *field,
                                     const struct map *values, const char *cookie)
{
    struct arena *arena = sending->arena;
    struct element *parameters = element_make(arena, "RetrieveMultiple");
    struct element *query = element_add(arena, parameters, "query");

    request_add_list(arena, query, "columns", "id,version");
    struct element *filter = element_add(arena, query, "filter");
    struct element *conditions = element_add(arena, filter, "conditions");
    struct element *condition = element_add(arena, conditions, ITEM_CONDITION);
    element_add_text(arena, condition, "field", field);
    element_add_text(arena, condition, "operator", "in");
    struct element *list = element_add(arena, condition, "values");
    for (size_t i = 0; i < map_count(values); i++) {
        element_add_text(arena, list, ITEM_STRING, map_key_at(values, i));
    }
    element_add_text(arena, query, "pageSize", VERSIONS_PAGE);
    if (cookie != NULL) {
        element_add_text(arena, query, "cookie", cookie);
    }
    return parameters;
}

/* Keeps id and version of each record of a page; answers the cookie of the next, or NULL. */
static const char *keep_versions(struct sending *sending, const struct xml_node *page)
{
    const char *cookie = NULL;

    for (const struct xml_node *part = page->first_child; part != NULL; part = part->next) {
        if (strcmp(part->name, "nextCookie") == 0) {
            cookie = part->text;
        }
        for (const struct xml_node *record = part->first_child; record != NULL;
             record = record->next) {
            const struct xml_node *id = xml_child(record, "id");
            const struct xml_node *version = xml_child(record, "version");
            if (id != NULL && version != NULL) {
                map_set(sending->versions, id->text, version->text);
            }
        }
    }
    return cookie;
}

/* Reads the versions of the records that the chunk will meet. What cannot be read here is
 * counted as updated later: nothing depends on it but the summary. */
static void read_versions(struct sending *sending)
{
    size_t place = 0;
    struct map *values = best_values(sending, &place);
    struct client_operation operation = {
        .service = sending->sender->pass->entity,
        .name = operation_name(sending, "RetrieveMultiple"),
        .is_repeatable = true,
    };
    const char *cookie = NULL;

    sending->versions = map_create(sending->arena);
    if (values == NULL || map_count(values) == 0) {
        return;
    }
    do {
        const struct xml_node *answer = NULL;
        struct client_error error;
        const struct element *parameters =
            version_query(sending, sending->sender->pass->fields[place].name, values, cookie);
        if (!client_call(sending->sender->client, sending->arena, &operation, parameters, &answer,
                         &error) ||
            answer->first_child == NULL) {
            return;
        }
        cookie = keep_versions(sending, answer->first_child);
    } while (cookie != NULL);
}

/* ---- upserts ---- */

static void add_reference(const struct sending *sending, struct element *record,
                          const struct field_rule *rule, const char *value)
{
    struct element *reference = element_add(sending->arena, record, rule->name);
    const char *id = known_id(sending, rule, value);

    element_add_text(sending->arena, reference, "entity", rule->reference_entity);
    if (id != NULL) {
        element_add_text(sending->arena, reference, "id", id);
    } else {
        request_add_key(sending->arena, reference, rule->reference_key, &value, 1);
    }
}

/* Adds what a draft says to the element of its record. */
static void fill_record(const struct sending *sending, const struct draft *draft,
                        struct element *record)
{
    const struct pass *pass = sending->sender->pass;
    struct element *nulls = element_make(sending->arena, "fieldsToNull");

    for (size_t i = 0; i < pass->field_count; i++) {
        const struct field_rule *rule = &pass->fields[i];
        const struct draft_value *value = &draft->values[i];
        if (!value->is_sent) {
            continue;
        }
        if (value->text == NULL) {
            element_add_text(sending->arena, nulls, ITEM_STRING, rule->name);
        } else if (rule->reference_entity != NULL) {
            add_reference(sending, record, rule, value->text);
        } else {
            element_add_text(sending->arena, record, rule->name, value->text);
        }
    }
    if (nulls->first_child != NULL) {
        element_append(record, nulls);
    }
}

/* What is told of a row, in the answer to one or in that to many. */
static const char *told(const struct xml_node *result, const char *name)
{
    const struct xml_node *child = result == NULL ? NULL : xml_child(result, name);

    return child == NULL ? "" : child->text;
}

static enum row_outcome outcome_of(const struct sending *sending, const struct xml_node *result)
{
    const char *before = map_get(sending->versions, told(result, "id"));

    if (strcmp(told(result, "created"), "true") == 0) {
        return ROW_CREATED;
    }
    return before != NULL && strcmp(before, told(result, "version")) == 0 ? ROW_UNCHANGED
                                                                          : ROW_UPDATED;
}

/* Later passes refer to the record by what it is called here. */
static void remember(struct sending *sending, const struct draft *draft,
                     const struct xml_node *result)
{
    const struct target *target = sending->sender->target;
    const struct pass *pass = sending->sender->pass;

    map_set(sending->versions, told(result, "id"), told(result, "version"));
    if (target->key_field_count == 1) {
        ledger_remember(sending->sender->ledger, pass->entity, pass->key,
                        draft->values[target->key_fields[0]].text, told(result, "id"));
    }
}

/* Faults that are not about a row: the server does not know this client, or is away itself. */
static const char *const hopeless[] = {
    "NOT_AUTHENTICATED",     "CREDENTIALS_INVALID", "SESSION_INVALID",
    "NOT_ALLOWED",           "TOO_MANY_ATTEMPTS",   "BUSY",
    "DATABASE_UNAVAILABLE",  "DATABASE_FULL",       "OUTCOME_UNKNOWN",
    "DIRECTORY_UNAVAILABLE",
};

/* Whether it is not this row that is wrong but everything. */
static bool is_hopeless(const struct client_error *error)
{
    bool is_found = error->failure != CLIENT_FAULT;

    for (size_t i = 0; i < sizeof(hopeless) / sizeof(hopeless[0]) && !is_found; i++) {
        is_found = strcmp(error->code, hopeless[i]) == 0;
    }
    return is_found;
}

/* A new user gets the role that the pass names. */
static bool give_role(const struct sending *sending, const struct xml_node *result,
                      struct client_error *error)
{
    static const struct client_operation operation = {
        .service = "Security", .name = "AddUserRole", .is_repeatable = true};
    const struct sender *sender = sending->sender;
    struct element *parameters = element_make(sending->arena, operation.name);
    const struct xml_node *ignored = NULL;

    if (sender->target->role_id == NULL || outcome_of(sending, result) != ROW_CREATED) {
        return true;
    }
    element_add_text(sending->arena, parameters, "userId", told(result, "id"));
    element_add_text(sending->arena, parameters, "roleId", sender->target->role_id);
    return client_call(sender->client, sending->arena, &operation, parameters, &ignored, error);
}

static void fail(const struct sending *sending, const struct draft *draft,
                 const struct client_error *error)
{
    if (is_hopeless(error)) {
        ledger_give_up(sending->sender->ledger, error);
    } else {
        ledger_fail(sending->sender->ledger, draft, error);
    }
}

static void succeed(struct sending *sending, const struct draft *draft,
                    const struct xml_node *result)
{
    struct client_error error;

    if (!give_role(sending, result, &error)) {
        fail(sending, draft, &error);
        return;
    }
    ledger_count(sending->sender->ledger, outcome_of(sending, result));
    remember(sending, draft, result);
}

static bool call(const struct sending *sending, const char *verb, const struct element *parameters,
                 const struct xml_node **answer_out, struct client_error *error)
{
    const struct client_operation operation = {
        .service = sending->sender->pass->entity,
        .name = operation_name(sending, verb),
        .is_repeatable = true,
    };

    return client_call(sending->sender->client, sending->arena, &operation, parameters, answer_out,
                       error);
}

/* ---- one by one ---- */

static void upsert(struct sending *sending, const struct draft *draft)
{
    const struct sender *sender = sending->sender;
    struct element *parameters = element_make(sending->arena, "Upsert");
    const struct xml_node *answer = NULL;
    struct client_error error;

    element_add_text(sending->arena, parameters, "keyName", sender->pass->key);
    fill_record(sending, draft, element_add(sending->arena, parameters, sender->target->element));
    if (call(sending, "Upsert", parameters, &answer, &error)) {
        succeed(sending, draft, xml_child(answer, "result"));
    } else {
        fail(sending, draft, &error);
    }
}

/* ---- many in one call ---- */

static void take_result(struct sending *sending, const struct draft *draft,
                        const struct xml_node *result)
{
    struct client_error error = {.failure = CLIENT_FAULT};

    if (strcmp(told(result, "ok"), "true") == 0) {
        succeed(sending, draft, result);
        return;
    }
    snprintf(error.code, sizeof(error.code), "%s", told(result, "code"));
    snprintf(error.message, sizeof(error.message), "%s", told(result, "message"));
    snprintf(error.entity, sizeof(error.entity), "%s", told(result, "entity"));
    snprintf(error.field, sizeof(error.field), "%s", told(result, "field"));
    fail(sending, draft, &error);
}

/* False when nothing was kept: the message is too long together, or others were in the way. */
static bool upsert_many(struct sending *sending)
{
    const struct sender *sender = sending->sender;
    const struct chunk *chunk = sending->chunk;
    struct element *parameters = element_make(sending->arena, "UpsertMultiple");
    const struct xml_node *answer = NULL;
    struct client_error error;

    element_add_text(sending->arena, parameters, "keyName", sender->pass->key);
    struct element *records = element_add(sending->arena, parameters, sender->target->list_element);
    for (size_t i = 0; i < chunk->count; i++) {
        fill_record(sending, chunk->drafts[i],
                    element_add(sending->arena, records, sender->pass->entity));
    }
    if (!call(sending, "UpsertMultiple", parameters, &answer, &error)) {
        return false;
    }
    const struct xml_node *result = xml_child(answer, "result");
    const struct xml_node *rows = result == NULL ? NULL : xml_child(result, "rows");
    const struct xml_node *row = rows == NULL ? NULL : rows->first_child;
    for (size_t i = 0; i < chunk->count; i++) {
        take_result(sending, chunk->drafts[i], row);
        row = row == NULL ? NULL : row->next;
    }
    return true;
}

void sender_send(const struct sender *sender, const struct chunk *chunk)
{
    struct sending sending = {.sender = sender, .arena = chunk->arena, .chunk = chunk};

    if (ledger_is_stopped(sender->ledger)) {
        return;
    }
    read_versions(&sending);
    if (chunk->count > 1 && upsert_many(&sending)) {
        return;
    }
    for (size_t i = 0; i < chunk->count && !ledger_is_stopped(sender->ledger); i++) {
        upsert(&sending, chunk->drafts[i]);
    }
}
