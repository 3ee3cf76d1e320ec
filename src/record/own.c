/*
 * own.c - the record engine, called by the platform: with every right and every field open.
 */
#include "record/own.h"

#include "base/expect.h"
#include "call/call.h"
#include "metadata/catalog.h"
#include "record/write.h"
#include "security/identity.h"

struct record *own_record(struct call *call, const char *entity)
{
    const struct entity *description = catalog_find_entity(call->catalog, entity);
    expect(description != NULL);
    return record_make(call->arena, description);
}

bool own_set(struct call *call, struct record *record, const char *name, const char *text,
             struct error *error)
{
    const struct field *field = entity_find_field(record->entity, name);
    return field == NULL || text == NULL ||
           value_parse(call->arena, field, text, call->zone, record_value(record, field), error);
}

void own_refer(struct record *record, const struct field *field, const struct uuid *id)
{
    if (field == NULL) {
        return;
    }
    struct value *value = record_value(record, field);
    value->state = VALUE_SET;
    value->reference = (struct reference){.entity = field->targets[0], .id = *id};
}

void own_set_id(struct record *record, const struct uuid *id)
{
    struct value *value = record_value(record, record->entity->id);
    value->state = VALUE_SET;
    value->uuid = *id;
}

/* What the caller's identity and the work were before. */
struct elevation {
    const struct identity *identity;
    bool is_internal;
};

/* The caller stays who he is, so that the record says who changed it. */
static struct elevation begin(struct work *work, struct identity *raised)
{
    struct call *call = work->call;
    struct elevation before = {.identity = call->identity, .is_internal = work->is_internal};
    *raised = *call->identity;
    raised->is_administrator = true;
    call->identity = raised;
    work->is_internal = true;
    return before;
}

static void end(struct work *work, struct elevation before)
{
    work->call->identity = before.identity;
    work->is_internal = before.is_internal;
}

static void stamp(struct call *call, struct record *record, const struct uuid *author)
{
    const struct entity *entity = record->entity;
    const struct field *moments[] = {entity->created_on, entity->modified_on};
    const struct field *authors[] = {entity->created_by, entity->modified_by};
    for (size_t index = 0; index < 2; index++) {
        struct value *moment = record_value(record, moments[index]);
        moment->state = VALUE_SET;
        moment->moment = call->now;
        own_refer(record, authors[index], author);
    }
}

bool own_create(struct call *call, struct work *work, struct record *record,
                const struct uuid *author, struct uuid *id_out, struct error *error)
{
    struct write_outcome outcome;
    struct identity raised;
    struct work alone;
    bool is_alone = work == NULL;
    if (is_alone) {
        work_begin(&alone, call);
        work = &alone;
    }
    stamp(call, record, author);
    struct elevation before = begin(work, &raised);
    bool done = create_in(work, record, &outcome, error) && (!is_alone || work_end(work, error));
    end(work, before);
    if (done) {
        *id_out = outcome.id;
    }
    return done;
}

bool own_change(struct call *call, struct record *record, const struct uuid *id,
                struct write_outcome *outcome_out, struct error *error)
{
    struct identity raised;
    struct work work;

    work_begin(&work, call);
    struct elevation before = begin(&work, &raised);
    bool done = update_in(&work, record, id, false, outcome_out, error) && work_end(&work, error);
    end(&work, before);
    return done;
}

bool own_update(struct work *work, struct record *record, const struct uuid *id,
                struct error *error)
{
    struct write_outcome outcome;
    struct identity raised;
    struct elevation before = begin(work, &raised);
    bool done = update_in(work, record, id, false, &outcome, error);
    end(work, before);
    return done;
}

bool own_delete(struct work *work, const char *entity, const struct uuid *id, struct error *error)
{
    struct identity raised;
    struct elevation before = begin(work, &raised);
    bool done = delete_in(work, catalog_find_entity(work->call->catalog, entity), id, false, error);
    end(work, before);
    return done;
}
