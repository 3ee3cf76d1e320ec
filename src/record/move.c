/*
 * move.c - what referred to one record comes to refer to another.
 *
 * The ids are found at once; the records are locked, read, changed and noted page by page, each
 * page with two statements and in memory of its own, so that any number of them takes little more
 * than their ids. Nobody begins to refer meanwhile: the record is locked against it.
 */
#include <string.h>

#include "base/arena.h"
#include "base/error.h"
#include "base/expect.h"
#include "call/call.h"
#include "change/sight.h"
#include "metadata/catalog.h"
#include "query/party.h"
#include "query/query.h"
#include "query/turn.h"
#include "record/merge.h"
#include "record/own.h"
#include "record/write.h"

enum { MOVED_LIMIT = 1000000, SINGLE_LIMIT = 10000 };

/* Those of one entity that refer in one way. */
struct moving {
    const struct move *move;
    const struct entity *entity;
    const struct field *lookup; /* NULL: party lists */
    struct column_set columns;
};

/* Makes of a record what it will be, and notes it; answers whether it refers. */
typedef bool (*record_turner)(const struct moving *moving, const struct record *before,
                              bool *turns_out, struct error *error);

typedef bool (*page_mover)(const struct moving *moving, const struct uuid *ids, size_t count,
                           struct error *error);

static struct call *call_of(const struct moving *moving)
{
    return moving->move->work->call;
}

static bool is_from(const struct moving *moving, const struct reference *reference)
{
    return reference->entity == moving->move->entity &&
           uuid_is_equal(&reference->id, &moving->move->from);
}

/* ---- what is read of them ---- */

/* The next key that the lookup is part of, or NULL. */
static const struct key *find_key(const struct moving *moving, size_t *next)
{
    while (*next < moving->entity->key_count) {
        const struct key *key = moving->entity->keys[(*next)++];
        for (size_t index = 0; index < key->field_count; index++) {
            if (key->fields[index] == moving->lookup) {
                return key;
            }
        }
    }
    return NULL;
}

static bool is_in_key(const struct moving *moving, const struct field *field)
{
    size_t next = 0;
    for (const struct key *key; (key = find_key(moving, &next)) != NULL;) {
        for (size_t index = 0; index < key->field_count; index++) {
            if (key->fields[index] == field) {
                return true;
            }
        }
    }
    return false;
}

static bool is_wanted(const struct moving *moving, const struct field *field)
{
    const struct entity *entity = moving->entity;
    if (field == entity->id || field == entity->version) {
        return true;
    }
    return moving->lookup == NULL
               ? field->type == FIELD_PARTY_LIST
               : field == moving->lookup || sight_depends_on(field) || is_in_key(moving, field);
}

static void choose_columns(struct moving *moving)
{
    const struct entity *entity = moving->entity;
    moving->columns.fields = arena_allocate_array(call_of(moving)->arena, entity->field_count,
                                                  sizeof(*moving->columns.fields));
    for (size_t index = 0; index < entity->field_count; index++) {
        if (is_wanted(moving, entity->fields[index])) {
            moving->columns.fields[moving->columns.count++] = entity->fields[index];
        }
    }
}

/* ---- one page ---- */

static struct record *copy_after(const struct moving *moving, const struct record *before)
{
    struct record *after = record_make(call_of(moving)->arena, moving->entity);
    memcpy(after->values, before->values, moving->entity->field_count * sizeof(*after->values));
    record_value(after, moving->entity->version)->integer++;
    return after;
}

/* Whether it refers still, now that it is locked. */
static bool refers(const struct moving *moving, const struct record *record)
{
    const struct value *value = record_value(record, moving->lookup);
    return value->state == VALUE_SET && is_from(moving, &value->reference);
}

static bool turn_lookup(const struct moving *moving, const struct record *before, bool *turns_out,
                        struct error *error)
{
    (void)error;
    *turns_out = refers(moving, before);
    if (*turns_out) {
        struct record *after = copy_after(moving, before);
        record_value(after, moving->lookup)->reference.id = moving->move->to;
        note_turned(moving->move->work, before, after);
    }
    return true;
}

/* In the same list, and by the same address as far as both have one. */
static bool is_double(const struct party *party, const struct party *other)
{
    return party->reference.entity == other->reference.entity &&
           uuid_is_equal(&party->reference.id, &other->reference.id) &&
           (party->address == NULL || other->address == NULL ||
            strcmp(party->address, other->address) == 0);
}

/* The list with the other record in the one's place, once. Answers whether it was in it. */
static bool replace_party(const struct moving *moving, struct value *list, bool *has_doubles_out)
{
    struct party *parties = arena_copy(call_of(moving)->arena, list->parties.items,
                                       list->parties.count * sizeof(*parties));
    size_t kept = 0;
    bool is_in = false;

    for (size_t index = 0; index < list->parties.count; index++) {
        struct party party = parties[index];
        bool is_kept = true;
        if (is_from(moving, &party.reference)) {
            party.reference.id = moving->move->to;
            is_in = true;
            for (size_t other = 0; other < list->parties.count && is_kept; other++) {
                is_kept = other == index || !is_double(&party, &list->parties.items[other]);
            }
        }
        if (is_kept) {
            parties[kept++] = party;
        }
    }
    *has_doubles_out = kept < list->parties.count;
    list->parties.items = parties;
    list->parties.count = kept;
    return is_in;
}

/* Lists that become shorter are written here; in the others the page puts one in the other's place.
 */
static bool turn_lists(const struct moving *moving, const struct record *before, bool *turns_out,
                       struct error *error)
{
    struct record *after = copy_after(moving, before);
    const struct uuid *id = &record_value(before, moving->entity->id)->uuid;

    *turns_out = false;
    for (size_t index = 0; index < moving->columns.count; index++) {
        const struct field *field = moving->columns.fields[index];
        bool has_doubles = false;
        if (field->type != FIELD_PARTY_LIST ||
            !replace_party(moving, record_value(after, field), &has_doubles)) {
            continue;
        }
        *turns_out = true;
        if (has_doubles && !party_write(call_of(moving), field, id, record_value(before, field),
                                        record_value(after, field), error)) {
            return false;
        }
    }
    if (*turns_out) {
        note_turned(moving->move->work, before, after);
    }
    return true;
}

static bool move_page(const struct moving *moving, const struct uuid *ids, size_t count,
                      struct error *error)
{
    const struct move *move = moving->move;
    struct call *call = call_of(moving);
    struct uuid *turning = arena_allocate_array(call->arena, count, sizeof(*turning));
    struct turn turn = {
        .entity = moving->entity, .lookup = moving->lookup, .target_id = &move->to, .ids = turning};
    record_turner turn_one = moving->lookup != NULL ? turn_lookup : turn_lists;
    struct record **records = NULL;

    if (!turn_read(call, moving->entity, ids, count, &moving->columns, &records, &count, error)) {
        return false;
    }
    for (size_t index = 0; index < count; index++) {
        bool turns = false;
        if (!turn_one(moving, records[index], &turns, error)) {
            return false;
        }
        if (turns) {
            turning[turn.count++] = record_value(records[index], moving->entity->id)->uuid;
        }
    }
    if (turn.count == 0) {
        return true;
    }
    const struct reference from = {.entity = move->entity, .id = move->from};
    return (moving->lookup != NULL ||
            turn_parties(call, turning, turn.count, &from, &move->to, error)) &&
           turn_write(call, &turn, error);
}

/* The notes go with the page: they lie in its memory. */
static bool move_with_memory(const struct moving *moving, const struct uuid *ids, size_t count,
                             struct error *error)
{
    struct call *call = call_of(moving);
    struct arena *whole = call->arena;
    struct arena *page = arena_create();

    call->arena = page;
    bool is_done =
        move_page(moving, ids, count, error) && note_write_all(moving->move->work, error);
    call->arena = whole;
    arena_destroy(&page);
    return is_done;
}

/* ---- those that are written singly ---- */

/* Whether the other record has one with the same values of the key already. */
static bool is_taken(const struct moving *moving, const struct record *after, const struct key *key,
                     bool *is_taken_out, struct error *error)
{
    struct value values[KEY_FIELDS];
    struct uuid id;

    *is_taken_out = false;
    for (size_t index = 0; index < key->field_count; index++) {
        values[index] = *record_value(after, key->fields[index]);
        if (values[index].state != VALUE_SET) {
            return true;
        }
    }
    return query_find_by_key(call_of(moving), key, values, &id, is_taken_out, error);
}

/* Empties what may be empty of a key; answers whether there was something. */
static bool empty_key(const struct moving *moving, const struct key *key, struct record *given)
{
    for (size_t index = 0; index < key->field_count; index++) {
        const struct field *field = key->fields[index];
        if (field != moving->lookup && !field->is_required) {
            record_value(given, field)->state = VALUE_NULL;
            return true;
        }
    }
    return false;
}

/* A record whose key the other one's have goes without its key; where it cannot be without, it
 * stays. */
static bool settle_keys(const struct moving *moving, const struct record *before,
                        struct record *given, bool *stays_out, struct error *error)
{
    struct record *after = copy_after(moving, before);
    size_t next = 0;

    *stays_out = false;
    *record_value(after, moving->lookup) = *record_value(given, moving->lookup);
    for (const struct key *key; (key = find_key(moving, &next)) != NULL;) {
        bool is_there = false;
        if (!is_taken(moving, after, key, &is_there, error)) {
            return false;
        }
        *stays_out = *stays_out || (is_there && !empty_key(moving, key, given));
    }
    return true;
}

static bool move_one(const struct moving *moving, const struct record *before, struct error *error)
{
    const struct move *move = moving->move;
    struct record *given = record_make(call_of(moving)->arena, moving->entity);
    bool stays = !refers(moving, before);

    *record_value(given, moving->lookup) =
        (struct value){.state = VALUE_SET, .reference = {.entity = move->entity, .id = move->to}};
    if (!stays && !settle_keys(moving, before, given, &stays, error)) {
        return false;
    }
    const struct uuid *id = &record_value(before, moving->entity->id)->uuid;
    return stays || own_update(move->work, given, id, error);
}

static bool move_singly(const struct moving *moving, const struct uuid *ids, size_t count,
                        struct error *error)
{
    struct record **records = NULL;
    if (!turn_read(call_of(moving), moving->entity, ids, count, &moving->columns, &records, &count,
                   error)) {
        return false;
    }
    for (size_t index = 0; index < count; index++) {
        if (!move_one(moving, records[index], error)) {
            return false;
        }
    }
    return true;
}

/* Those whose keys may be taken, and parts whose amounts are in the currency of the whole. */
static bool is_single(const struct moving *moving)
{
    const struct entity *entity = moving->entity;
    bool is_part = moving->lookup == entity->parent && entity->currency != NULL;
    return moving->lookup != NULL && (is_part || is_in_key(moving, moving->lookup));
}

/* ---- all pages ---- */

static bool move_pages(const struct moving *moving, const struct uuid *ids, size_t count,
                       struct error *error)
{
    page_mover move_some = is_single(moving) ? move_singly : move_with_memory;
    size_t limit = is_single(moving) ? SINGLE_LIMIT : MOVED_LIMIT;

    if (count > limit) {
        return error_set(error, ERROR_LIMIT_EXCEEDED, NULL,
                         "More than %zu records refer to it in one way", limit);
    }
    for (size_t index = 0; index < count; index += TURN_AT_ONCE) {
        size_t some = count - index < TURN_AT_ONCE ? count - index : TURN_AT_ONCE;
        if (!move_some(moving, ids + index, some, error)) {
            return false;
        }
    }
    return true;
}

/* Totals over the lookup are of the one no more, but of the other. */
static void note_totals(const struct moving *moving)
{
    const struct move *move = moving->move;
    struct record *before = record_make(call_of(moving)->arena, moving->entity);
    struct record *after = record_make(call_of(moving)->arena, moving->entity);
    *record_value(before, moving->lookup) =
        (struct value){.state = VALUE_SET, .reference = {.entity = move->entity, .id = move->from}};
    *record_value(after, moving->lookup) =
        (struct value){.state = VALUE_SET, .reference = {.entity = move->entity, .id = move->to}};
    total_note(move->work, before, after);
}

static bool move_by_lookup(const struct move *move, const struct field *lookup, struct error *error)
{
    struct moving moving = {.move = move, .entity = lookup->entity, .lookup = lookup};
    struct uuid *ids = NULL;
    size_t count = 0;

    if (!query_referrers(call_of(&moving), lookup, &move->from, MOVED_LIMIT + 1, &ids, &count,
                         error)) {
        return false;
    }
    if (count == 0) {
        return true;
    }
    choose_columns(&moving);
    note_totals(&moving);
    return move_pages(&moving, ids, count, error);
}

static bool has_parties(const struct entity *entity)
{
    for (size_t index = 0; index < entity->field_count; index++) {
        if (entity->fields[index]->type == FIELD_PARTY_LIST) {
            return true;
        }
    }
    return false;
}

static bool move_by_party(const struct move *move, const struct entity *entity, struct error *error)
{
    struct moving moving = {.move = move, .entity = entity};
    const struct reference from = {.entity = move->entity, .id = move->from};
    struct uuid *ids = NULL;
    size_t count = 0;

    choose_columns(&moving);
    return turn_find_by_party(call_of(&moving), entity, &from, MOVED_LIMIT + 1, &ids, &count,
                              error) &&
           move_pages(&moving, ids, count, error);
}

bool move_all(const struct move *move, struct error *error)
{
    const struct catalog *catalog = move->work->call->catalog;

    expect(move->work->call->gathered_notes == NULL); /* they would outlive their page */
    for (size_t index = 0; index < move->entity->referrer_count; index++) {
        const struct field *lookup = move->entity->referrers[index];
        if (lookup->type == FIELD_LOOKUP && lookup->relation->on_merge == CASCADE_ALL &&
            !move_by_lookup(move, lookup, error)) {
            return false;
        }
    }
    for (size_t index = 0; index < catalog->entity_count && move->entity->is_party; index++) {
        const struct entity *entity = catalog->entities[index];
        if (has_parties(entity) && !move_by_party(move, entity, error)) {
            return false;
        }
    }
    return true;
}
