/*
 * batch.c - different writes on records of different entities, row after row; ExecuteBatch.
 *
 * A row is a list of named values. It becomes a record of its entity and goes the way of the
 * operation of that entity: by the scope of the session, its privilege, the engine's verb, and into
 * the metrics. A value may be the record that an earlier row has written, by that row's tag.
 */
#include "service/batch.h"

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/arena.h"
#include "base/error.h"
#include "base/map.h"
#include "base/time.h"
#include "call/call.h"
#include "call/platform.h"
#include "generated/messages.h"
#include "generated/operations.h"
#include "mail/bulk.h"
#include "metadata/catalog.h"
#include "metadata/entity.h"
#include "metadata/field.h"
#include "metadata/record.h"
#include "record/engine.h"
#include "service/metrics.h"
#include "service/named_entity.h"
#include "service/operation.h"
#include "service/record.h"
#include "service/request_digest.h"
#include "service/rows.h"

/* What a row has told the metrics, once all are done. */
struct tally {
    const struct operation_pattern *pattern; /* NULL: the row did not get so far */
    enum error_code code;
    int64_t milliseconds;
};

struct batch {
    struct rows rows;
    const struct batch_request *request;
    struct batch_row **asked;
    const struct map *by_tag; /* places in asked */
    struct tally *tallies;    /* one for each row */
};

static struct batch *batch_of(struct rows *rows)
{
    return (struct batch *)rows;
}

/* One row on its way. */
struct row_step {
    struct batch *batch;
    struct call *call;
    size_t row;
    const struct batch_row *asked;
    const struct entity *entity;
    const struct key *key; /* or NULL */
    struct record *record;
};

/* ---- what the rows do ---- */

static bool create_record(struct row_step *step, struct write_outcome *outcome_out,
                          struct error *error)
{
    return record_create(step->call, step->record, outcome_out, error);
}

static bool update_record(struct row_step *step, struct write_outcome *outcome_out,
                          struct error *error)
{
    if (step->key != NULL && record_has(step->record, step->entity->id)) {
        return error_set(error, ERROR_VALUE_INVALID, "keyName",
                         "The record is named by its id or by an alternate key, not by both");
    }
    return record_update(step->call, step->record, step->key, outcome_out, error);
}

static bool upsert_record(struct row_step *step, struct write_outcome *outcome_out,
                          struct error *error)
{
    if (step->key == NULL) {
        return error_set(error, ERROR_PARAMETER_REQUIRED, "keyName",
                         "An upsert needs the name of an alternate key");
    }
    return record_upsert(step->call, step->record, step->key, outcome_out, error);
}

static bool assign_record(struct row_step *step, struct write_outcome *outcome_out,
                          struct error *error)
{
    const struct entity *entity = step->entity;

    for (size_t i = 0; i < entity->field_count; i++) {
        const struct field *field = entity->fields[i];
        bool is_needed = field == entity->owner;
        bool is_given = step->record->values[i].state != VALUE_ABSENT;
        if (field != entity->id && is_given != is_needed) {
            return error_set_about(error, ERROR_VALUE_INVALID, entity->name, field->name,
                                   "An assign changes the owner, and nothing else");
        }
    }
    return update_record(step, outcome_out, error);
}

/* What is gone has no version. */
static bool delete_record(struct row_step *step, struct write_outcome *outcome_out,
                          struct error *error)
{
    const struct value *id = record_value(step->record, step->entity->id);

    if (id->state != VALUE_SET) {
        return error_set(error, ERROR_PARAMETER_REQUIRED, "id",
                         "What is to be deleted is named by id or by resultOf");
    }
    *outcome_out = (struct write_outcome){.id = id->uuid};
    return record_delete(step->call, step->entity, &id->uuid, error);
}

/* An e-mail of a template, to one record; the fields are those of the order, not of the e-mail. */
static bool send_template(struct row_step *step, struct write_outcome *outcome_out,
                          struct error *error)
{
    return mail_send_row(step->call, step->asked, outcome_out, error);
}

enum {
    TAKES_ID = 1,
    TAKES_RESULT = 2, /* of an earlier row, as the record that it is about */
    TAKES_KEY = 4,
    TAKES_VERSION = 8,
    TAKES_FIELDS = 16,
    IS_ORDER = 32, /* the platform's own: of no record, and no client can send it */
};

static const struct kind {
    const char *token;
    const char *pattern; /* of the operation that does the same for one record */
    unsigned takes;
    bool (*run)(struct row_step *step, struct write_outcome *outcome_out, struct error *error);
} kinds[] = {
    {"create", "Create{Entity}", TAKES_ID | TAKES_FIELDS, create_record},
    {"update", "Update{Entity}", TAKES_ID | TAKES_RESULT | TAKES_KEY | TAKES_VERSION | TAKES_FIELDS,
     update_record},
    {"upsert", "Upsert{Entity}", TAKES_ID | TAKES_KEY | TAKES_VERSION | TAKES_FIELDS,
     upsert_record},
    {"assign", "Assign{Entity}", TAKES_ID | TAKES_RESULT | TAKES_VERSION | TAKES_FIELDS,
     assign_record},
    {"delete", "Delete{Entity}", TAKES_ID | TAKES_RESULT | TAKES_VERSION, delete_record},
    {MAIL_ROW, "SendBulkMail", TAKES_FIELDS | IS_ORDER, send_template},
};

static bool find_kind(const struct batch_row *asked, const struct kind **kind_out,
                      struct error *error)
{
    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        if (strcmp(kinds[i].token, asked->operation) == 0) {
            *kind_out = &kinds[i];
            return true;
        }
    }
    return error_set(error, ERROR_CHOICE_UNKNOWN, "operation", "A row cannot do %.100s",
                     asked->operation);
}

/* Nothing that is sent is left out of account in silence. */
static bool check_members(const struct kind *kind, const struct batch_row *asked,
                          struct error *error)
{
    const struct {
        bool is_given;
        unsigned what;
        const char *name;
    } members[] = {
        {asked->id.is_set, TAKES_ID, "id"},
        {asked->result_of != NULL, TAKES_RESULT, "resultOf"},
        {asked->key_name != NULL, TAKES_KEY, "keyName"},
        {asked->version.is_set, TAKES_VERSION, "version"},
        {asked->fields.count > 0, TAKES_FIELDS, "fields"},
        {asked->fields_to_null.count > 0, TAKES_FIELDS, "fieldsToNull"},
    };

    for (size_t i = 0; i < sizeof(members) / sizeof(members[0]); i++) {
        if (members[i].is_given && (kind->takes & members[i].what) == 0) {
            return error_set(error, ERROR_VALUE_INVALID, members[i].name,
                             "A row that does %s takes no %s", kind->token, members[i].name);
        }
    }
    return true;
}

/* ---- whose record ---- */

/* What became of the row with a tag: one of these, or one of those before them. */
static bool find_earlier(const struct row_step *step, const char *tag,
                         struct batch_earlier *earlier_out, bool *is_found_out, struct error *error)
{
    const struct batch *batch = step->batch;
    struct batch_row *const *place = map_get(batch->by_tag, tag);

    if (place == NULL) {
        *is_found_out = false;
        return batch->request->find == NULL ||
               batch->request->find(batch->request->context, tag, earlier_out, is_found_out, error);
    }
    size_t row = (size_t)(place - batch->asked);
    *is_found_out = row < step->row;
    if (*is_found_out) {
        const struct row_result *result = batch->rows.results[row];
        *earlier_out = (struct batch_earlier){
            .is_done = result->ok.value, .entity = (*place)->entity, .id = result->id.value};
    }
    return true;
}

/* The record of an earlier row. */
static bool find_result(const struct row_step *step, const char *tag,
                        struct reference *reference_out, struct error *error)
{
    struct batch_earlier earlier;
    bool is_found = false;

    if (!find_earlier(step, tag, &earlier, &is_found, error)) {
        return false;
    }
    if (!is_found) {
        return error_set(error, ERROR_VALUE_INVALID, "resultOf",
                         "No earlier row has the tag \"%.100s\"", tag);
    }
    if (!earlier.is_done) {
        return error_set(error, ERROR_EARLIER_ROW_FAILED, "resultOf",
                         "The row with the tag \"%.100s\", which this one refers to, failed", tag);
    }
    *reference_out = (struct reference){
        .entity = catalog_find_entity(step->call->catalog, earlier.entity),
        .id = earlier.id,
    };
    return reference_out->entity != NULL ||
           error_set(error, ERROR_ENTITY_UNKNOWN, "resultOf", "There is no entity %.100s any more",
                     earlier.entity);
}

static bool name_record(const struct row_step *step, struct error *error)
{
    const struct batch_row *asked = step->asked;
    struct value *id = record_value(step->record, step->entity->id);
    struct reference earlier = {.entity = NULL};

    if (asked->id.is_set && asked->result_of != NULL) {
        return error_set(error, ERROR_VALUE_INVALID, "resultOf",
                         "The record is named by id or by resultOf, not by both");
    }
    if (asked->id.is_set) {
        *id = (struct value){.state = VALUE_SET, .uuid = asked->id.value};
    }
    if (asked->result_of == NULL) {
        return true;
    }
    if (!find_result(step, asked->result_of, &earlier, error)) {
        return false;
    }
    if (earlier.entity != step->entity) {
        return error_set(error, ERROR_VALUE_INVALID, "resultOf",
                         "The row with the tag \"%.100s\" is about a record of %s, not of %s",
                         asked->result_of, earlier.entity->name, step->entity->name);
    }
    *id = (struct value){.state = VALUE_SET, .uuid = earlier.id};
    return true;
}

/* ---- its fields ---- */

static bool refuse(const struct field *field, const char *sentence, struct error *error)
{
    return error_set_about(error, ERROR_VALUE_INVALID, field->entity->name, field->name, "%s: %s",
                           field->name, sentence);
}

static bool read_text(const struct row_step *step, const struct field *field,
                      const struct batch_field *given, struct value *value, struct error *error)
{
    if (field->type == FIELD_PARTY_LIST) {
        return refuse(field, "the field takes parties", error);
    }
    if (field->type == FIELD_FILE) {
        return refuse(field, "a file is sent by the operations of its entity", error);
    }
    return value_parse(step->call->arena, field, given->value, step->call->zone, value, error);
}

static bool read_lookup(const struct row_step *step, const struct field *field,
                        const struct batch_field *given, struct value *value, struct error *error)
{
    if (field->type != FIELD_LOOKUP) {
        return refuse(field, "the field does not refer to one record", error);
    }
    if (given->reference != NULL) {
        value->reference = *given->reference;
    } else if (!find_result(step, given->result_of, &value->reference, error)) {
        return false;
    }
    value->state = VALUE_SET;
    return true;
}

static bool read_party(const struct row_step *step, const struct field *field,
                       const struct batch_party *given, struct party *party, struct error *error)
{
    *party = (struct party){.participation = field->participation, .address = given->address};
    if (given->reference != NULL && given->result_of != NULL) {
        return refuse(field, "a party is a reference or the result of a row, not both", error);
    }
    if (given->reference != NULL) {
        party->reference = *given->reference;
    }
    return given->result_of == NULL ||
           find_result(step, given->result_of, &party->reference, error);
}

static bool read_parties(const struct row_step *step, const struct field *field,
                         const struct batch_field *given, struct value *value, struct error *error)
{
    size_t count = given->parties.count;
    struct party *parties = arena_allocate_array(step->call->arena, count, sizeof(*parties));

    if (field->type != FIELD_PARTY_LIST) {
        return refuse(field, "the field takes no parties", error);
    }
    for (size_t i = 0; i < count; i++) {
        if (!read_party(step, field, given->parties.items[i], &parties[i], error)) {
            return false;
        }
    }
    value->state = VALUE_SET;
    value->parties.items = parties;
    value->parties.count = count;
    return true;
}

static bool read_field(const struct row_step *step, const struct batch_field *given,
                       struct error *error)
{
    const struct field *field = record_find_field(step->record, given->name);
    int ways = (given->value != NULL) + (given->reference != NULL) + (given->result_of != NULL) +
               given->parties.is_set;

    if (field == NULL) {
        return error_set_about(error, ERROR_FIELD_UNKNOWN, step->entity->name, given->name,
                               "%s has no field %.100s", step->entity->name, given->name);
    }
    struct value *value = record_value(step->record, field);
    if (value->state != VALUE_ABSENT) {
        return refuse(field, "the field is given twice", error);
    }
    if (ways != 1) {
        return refuse(field, "the field needs one of value, reference, resultOf and parties",
                      error);
    }
    if (given->value != NULL) {
        return read_text(step, field, given, value, error);
    }
    return given->parties.is_set ? read_parties(step, field, given, value, error)
                                 : read_lookup(step, field, given, value, error);
}

static bool read_fields(const struct row_step *step, struct error *error)
{
    const struct batch_row *asked = step->asked;

    for (size_t i = 0; i < asked->fields.count; i++) {
        if (!read_field(step, asked->fields.items[i], error)) {
            return false;
        }
    }
    for (size_t i = 0; i < asked->fields_to_null.count; i++) {
        if (!record_make_null(step->record, asked->fields_to_null.items[i], error)) {
            return false;
        }
    }
    return true;
}

static bool read_record(struct row_step *step, struct error *error)
{
    const char *key = step->asked->key_name;

    step->record = record_make(step->call->arena, step->entity);
    return name_record(step, error) && read_fields(step, error) &&
           (key == NULL || service_find_key(step->call, step->entity, key, &step->key, error));
}

/* ---- one row ---- */

/* What does the same for one record, and whether the caller may do it. */
static bool authorise(const struct row_step *step, const struct kind *kind,
                      const struct operation_pattern **pattern_out, struct error *error)
{
    const struct operation_pattern *pattern = operation_find_pattern(kind->pattern);
    const char *name = operation_fill_in(step->call->arena, pattern->name, step->entity);

    if ((kind->takes & IS_ORDER) == 0 && !operation_is_for(pattern, step->entity)) {
        return error_set(error, ERROR_OPERATION_UNKNOWN, "operation", "There is no operation %s",
                         name);
    }
    *pattern_out = pattern;
    return operation_authorise(pattern, name, step->entity, step->call->identity, error);
}

static bool run_row(struct row_step *step, const struct operation_pattern **pattern_out,
                    struct write_outcome *outcome_out, struct error *error)
{
    struct call *call = step->call;
    const struct batch_row *asked = step->asked;
    const struct kind *kind = NULL;

    if (!named_entity(call, "entity", asked->entity, &step->entity, error) ||
        !find_kind(asked, &kind, error) || !authorise(step, kind, pattern_out, error) ||
        !check_members(kind, asked, error) ||
        ((kind->takes & IS_ORDER) == 0 && !read_record(step, error))) {
        return false;
    }
    call->has_expected_version = asked->version.is_set;
    call->expected_version = asked->version.value;
    bool is_done = kind->run(step, outcome_out, error);
    call->has_expected_version = false;
    return is_done;
}

static bool write_row(struct rows *rows, size_t row, struct write_outcome *outcome_out,
                      struct error *error)
{
    struct batch *batch = batch_of(rows);
    struct tally *tally = &batch->tallies[row];
    struct row_step step = {
        .batch = batch, .call = rows->call, .row = row, .asked = batch->asked[row]};
    int64_t started = time_monotonic();

    bool is_done = run_row(&step, &tally->pattern, outcome_out, error);
    tally->code = is_done ? ERROR_NONE : error->code;
    tally->milliseconds = time_monotonic() - started;
    return is_done;
}

static bool digest_row(struct rows *rows, size_t row, uint8_t digest_out[SHA256_SIZE],
                       struct error *error)
{
    const struct batch *batch = batch_of(rows);

    return request_digest_item(rows->call, "Batch", "ExecuteBatch", &batch_row_shape,
                               batch->asked[row], digest_out, error);
}

/* ---- all rows ---- */

/* Refuses two rows of one tag. */
static bool read_rows(struct batch *batch, struct error *error)
{
    struct arena *arena = batch->rows.call->arena;
    size_t count = batch->rows.count;
    const char **tags = arena_allocate_array(arena, count, sizeof(*tags));
    const char **request_ids = arena_allocate_array(arena, count, sizeof(*request_ids));
    struct map *by_tag = map_create(arena);

    for (size_t row = 0; row < count; row++) {
        tags[row] = batch->asked[row]->tag;
        request_ids[row] = batch->asked[row]->request_id;
        if (tags[row] == NULL) {
            continue;
        }
        if (map_get(by_tag, tags[row]) != NULL) {
            return error_set(error, ERROR_VALUE_INVALID, "tag", "Two rows have the tag \"%.100s\"",
                             tags[row]);
        }
        map_set(by_tag, tags[row], &batch->asked[row]);
    }
    batch->rows.tags = tags;
    batch->rows.request_ids = request_ids;
    batch->by_tag = by_tag;
    batch->tallies = arena_allocate_array(arena, count, sizeof(*batch->tallies));
    return true;
}

static struct batch batch_make(struct call *call, const struct batch_request *request)
{
    return (struct batch){
        .rows = {.call = call,
                 .count = request->rows->count,
                 .parameter = "rows",
                 .ids_parameter = "requestId",
                 .is_all_or_none = request->is_all_or_none,
                 .ends_with_failure = request->ends_with_failure,
                 .until = request->until,
                 .write = write_row,
                 .digest = digest_row},
        .request = request,
        .asked = (struct batch_row **)request->rows->items,
    };
}

/* A row that had been done before is as good as done, whatever it met this time. */
static void count_rows(const struct batch *batch, size_t run)
{
    for (size_t row = 0; row < run; row++) {
        const struct tally *tally = &batch->tallies[row];
        if (tally->pattern != NULL) {
            service_metrics_count(batch->rows.call->platform->metrics, tally->pattern,
                                  batch->rows.results[row]->ok.value ? ERROR_NONE : tally->code,
                                  tally->milliseconds);
        }
    }
}

bool batch_check(struct call *call, const struct message_list *rows, struct error *error)
{
    const struct batch_request request = {.rows = rows};
    struct batch batch = batch_make(call, &request);

    return read_rows(&batch, error) && rows_check(&batch.rows, error);
}

bool batch_run(struct call *call, const struct batch_request *request,
               struct bulk_result **result_out, struct error *error)
{
    struct batch batch = batch_make(call, request);

    if (!read_rows(&batch, error) || !rows_run(&batch.rows, result_out, error)) {
        return false;
    }
    count_rows(&batch, (*result_out)->rows.count);
    return true;
}

bool service_execute_batch(struct call *call, const struct operation *operation,
                           const void *request, void *response, struct error *error)
{
    const struct execute_batch_request *asked = request;
    struct execute_batch_response *answer = response;
    const struct batch_request batch = {.rows = &asked->rows,
                                        .is_all_or_none = asked->all_or_none.value};

    (void)operation;
    return rows_check_count(call, asked->rows.count, "rows", error) &&
           batch_check(call, &asked->rows, error) &&
           batch_run(call, &batch, &answer->result, error);
}
