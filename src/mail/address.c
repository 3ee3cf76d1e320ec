/*
 * address.c - the records that have an address, over every entity with fields of mail.
 *
 * What is found is what the caller may read, by the same query as any list of his; and of that
 * what he may append to, since a party of an activity is appended to its record. Addresses are
 * asked for together; only where too many records come back they are asked for apart.
 */
#include <string.h>

#include "base/arena.h"
#include "base/map.h"
#include "base/settings.h"
#include "call/call.h"
#include "mail/incoming.h"
#include "metadata/catalog.h"
#include "metadata/entity.h"
#include "metadata/record.h"
#include "mime/mime.h"
#include "query/access.h"
#include "query/ask.h"
#include "query/query.h"
#include "query/request.h"
#include "security/field_access.h"
#include "security/identity.h"
#include "text/fold.h"

enum { AT_ONCE = 16, HITS_MOST = 100, MAIL_FIELDS = 8 };

/* Who counts first as the sender; entities that are not here come after. */
static const char *const ranks[] = {"SystemUser", "Contact", "Account",      "Lead",
                                    "Equipment",  "Team",    "BusinessUnit", "Queue"};

/* One entity asked for some addresses. */
struct search {
    struct call *call;
    struct incoming_mail *mail;
    const struct entity *entity;
    const struct field *fields[MAIL_FIELDS];
    size_t field_count;
    size_t rank;
};

/* ---- addresses ---- */

static const char *fold(struct call *call, const char *compared)
{
    return text_fold(call->arena, call->platform->text_rules, compared);
}

struct mail_address *mail_address_of(struct call *call, const struct incoming_mail *mail,
                                     const char *compared)
{
    return map_get(mail->addresses, fold(call, compared));
}

static struct mail_address *add_address(struct call *call, struct incoming_mail *mail,
                                        const char *written)
{
    const char *compared = mime_compared_address(call->arena, written);
    const char *folded = fold(call, compared);
    struct mail_address *address = map_get(mail->addresses, folded);

    if (strchr(compared, '@') == NULL || address != NULL) {
        return address;
    }
    address = arena_allocate(call->arena, sizeof(*address));
    *address = (struct mail_address){.address = written, .compared = compared};
    array_init(&address->matches, call->arena);
    map_set(mail->addresses, folded, address);
    return address;
}

static void add_with_bare(struct call *call, struct incoming_mail *mail, const char *written)
{
    struct mail_address *address = add_address(call, mail, written);
    const char *bare = address == NULL ? NULL : mime_bare_address(call->arena, address->compared);

    if (address != NULL) {
        address->takes_part = true;
    }
    if (bare != NULL) {
        address->bare = add_address(call, mail, bare);
    }
}

static void gather(struct call *call, struct incoming_mail *mail)
{
    const struct mime_message *message = mail->message;
    const struct mime_addresses *const lists[] = {&message->from, &message->sender, &message->to,
                                                  &message->cc, &message->bcc};

    mail->addresses = map_create(call->arena);
    for (size_t list = 0; list < sizeof(lists) / sizeof(lists[0]); list++) {
        for (size_t i = 0; i < lists[list]->count; i++) {
            add_with_bare(call, mail, lists[list]->items[i].address);
        }
    }
    for (size_t i = 0; i < mail->envelope.count; i++) {
        add_with_bare(call, mail, mail->envelope.items[i]);
    }
}

/* ---- asking ---- */

void mail_add_forms(struct call *call, struct array *values, const char *compared)
{
    const char *wire = mime_wire_address(call->arena, compared);

    array_add(values, compared);
    if (wire != NULL && wire != compared) {
        array_add(values, wire);
    }
}

static struct condition_request *ask_for(struct call *call, const struct field *field,
                                         struct mail_address *const *addresses, size_t count)
{
    struct array values;

    array_init(&values, call->arena);
    for (size_t i = 0; i < count; i++) {
        mail_add_forms(call, &values, addresses[i]->compared);
        if (!field->is_searchable && strcmp(addresses[i]->compared, addresses[i]->address) != 0) {
            array_add(&values, addresses[i]->address);
        }
    }
    return ask_condition(field->name, "in", &values);
}

/* What is read of whoever has an address. */
static void add_columns(const struct entity *entity, struct array *columns)
{
    const struct field *const fields[] = {entity->name_field, entity->owner, entity->is_merged,
                                          entity->master};

    for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++) {
        if (fields[i] != NULL) {
            array_add(columns, fields[i]->name);
        }
    }
}

static struct query_request make_query(const struct search *search,
                                       struct mail_address *const *addresses, size_t count)
{
    struct call *call = search->call;
    struct array conditions, columns;
    int64_t most = (int64_t)count * HITS_MOST + 1;

    array_init(&conditions, call->arena);
    array_init(&columns, call->arena);
    add_columns(search->entity, &columns);
    for (size_t i = 0; i < search->field_count; i++) {
        array_add(&columns, search->fields[i]->name);
        array_add(&conditions, ask_for(call, search->fields[i], addresses, count));
    }
    return (struct query_request){
        .columns = {.is_set = true, .count = columns.count, .items = columns.items},
        .filter = ask_either(&conditions),
        .page_size = {.is_set = true,
                      .value =
                          most < call->settings->limits.page ? most : call->settings->limits.page},
    };
}

static struct uuid owner_of(const struct record *record)
{
    const struct field *owner = record->entity->owner;
    return owner != NULL && record_has(record, owner) ? record_value(record, owner)->reference.id
                                                      : (struct uuid){{0}};
}

/* Whom a record was merged into; NULL: nobody that the caller may read. */
static bool read_master(struct call *call, const struct record *record, struct record **master_out,
                        struct error *error)
{
    const struct entity *entity = record->entity;
    struct column_set columns;
    struct array names;

    *master_out = NULL;
    if (!record_is_merged(record) || !record_has(record, entity->master)) {
        return true;
    }
    array_init(&names, call->arena);
    add_columns(entity, &names);
    return query_columns(call, entity, (const char *const *)names.items, names.count, false,
                         &columns, error) &&
           query_read(call, entity, &record_value(record, entity->master)->reference.id, &columns,
                      master_out, error);
}

/* What was merged into another stands for that one, and so on: for the last that the caller may
 * read. */
static bool follow_merges(struct call *call, const struct record **record, struct error *error)
{
    struct record *master = NULL;

    for (int i = 0; i < MAIL_MERGES; i++) {
        if (!read_master(call, *record, &master, error)) {
            return false;
        }
        if (master == NULL) {
            break;
        }
        *record = master;
    }
    return true;
}

static struct mail_match *match_of(const struct search *search, const struct record *record)
{
    const struct entity *entity = search->entity;
    struct mail_match *match = arena_allocate(search->call->arena, sizeof(*match));

    *match = (struct mail_match){
        .record = {.entity = entity,
                   .id = record_value(record, entity->id)->uuid,
                   .name = record_has(record, entity->name_field)
                               ? record_value(record, entity->name_field)->text
                               : NULL},
        .owner = owner_of(record),
        .rank = search->rank,
    };
    return match;
}

/* A record that has an address twice has it once. */
static void add_match(struct mail_address *address, struct mail_match *match)
{
    struct array *matches = &address->matches;

    for (size_t i = 0; i < matches->count; i++) {
        const struct mail_match *other = matches->items[i];
        if (uuid_is_equal(&other->record.id, &match->record.id)) {
            return;
        }
    }
    array_add(matches, match);
}

static bool take_record(const struct search *search, const struct record *record,
                        struct error *error)
{
    struct call *call = search->call;
    const struct record *standing = record;

    if (!follow_merges(call, &standing, error)) {
        return false;
    }
    struct mail_match *match = match_of(search, standing);
    for (size_t i = 0; i < search->field_count; i++) {
        if (!record_has(record, search->fields[i])) {
            continue;
        }
        const char *text = record_value(record, search->fields[i])->text;
        struct mail_address *address =
            map_get(search->mail->addresses, fold(call, mime_compared_address(call->arena, text)));
        if (address != NULL) {
            add_match(address, match);
        }
    }
    return true;
}

/* Halves what was too much, down to single addresses. */
static bool ask(const struct search *search, struct mail_address *const *addresses, size_t count,
                struct error *error)
{
    const struct query_request query = make_query(search, addresses, count);
    struct page page = {.count = 0};

    if (!query_run(search->call, search->entity, &query, &page, error)) {
        return false;
    }
    if (page.has_more && count > 1) {
        return ask(search, addresses, count / 2, error) &&
               ask(search, addresses + count / 2, count - count / 2, error);
    }
    if (page.has_more) {
        addresses[0]->is_crowded = true;
        return true;
    }
    for (size_t i = 0; i < page.count; i++) {
        if (!take_record(search, page.records[i], error)) {
            return false;
        }
    }
    return true;
}

static bool ask_entity(const struct search *search, struct error *error)
{
    struct mail_address *some[AT_ONCE];
    size_t total = map_count(search->mail->addresses);

    for (size_t first = 0; first < total; first += AT_ONCE) {
        size_t count = total - first < AT_ONCE ? total - first : AT_ONCE;
        for (size_t i = 0; i < count; i++) {
            some[i] = map_value_at(search->mail->addresses, first + i);
        }
        if (!ask(search, some, count, error)) {
            return false;
        }
    }
    return true;
}

/* ---- entities ---- */

static size_t rank_of(const struct entity *entity)
{
    size_t rank = 0;

    while (rank < sizeof(ranks) / sizeof(ranks[0]) && strcmp(ranks[rank], entity->name) != 0) {
        rank++;
    }
    return rank;
}

/* Whether the entity takes part in mail, and the caller may read such records. */
static bool begin_search(struct search *search)
{
    const struct entity *entity = search->entity;

    search->field_count = 0;
    search->rank = rank_of(entity);
    for (size_t i = 0; i < entity->field_count && search->field_count < MAIL_FIELDS; i++) {
        if (entity->fields[i]->is_email &&
            field_may(search->call->identity, entity->fields[i], FIELD_RIGHT_READ)) {
            search->fields[search->field_count++] = entity->fields[i];
        }
    }
    return entity->is_party && search->field_count > 0 &&
           identity_depth(search->call->identity, entity, RIGHT_READ) > DEPTH_NONE;
}

/* By rank; of one rank in the order in which they were found, which is that of their ids. */
static void sort_matches(struct array *matches)
{
    for (size_t i = 1; i < matches->count; i++) {
        struct mail_match *match = matches->items[i];
        size_t at = i;
        for (; at > 0 && ((struct mail_match *)matches->items[at - 1])->rank > match->rank; at--) {
            matches->items[at] = matches->items[at - 1];
        }
        matches->items[at] = match;
    }
}

/* Leaves those that the caller may append to. */
static bool keep_permitted(struct call *call, struct mail_address *address, struct error *error)
{
    struct array *matches = &address->matches;
    struct may *asked = arena_allocate_array(call->arena, matches->count, sizeof(*asked));
    size_t kept = 0;

    if (address->is_crowded || matches->count > HITS_MOST) {
        address->is_crowded = true;
        matches->count = 0;
    }
    for (size_t i = 0; i < matches->count; i++) {
        const struct mail_match *match = matches->items[i];
        asked[i] = (struct may){
            .entity = match->record.entity, .id = match->record.id, .right = RIGHT_APPEND_TO};
    }
    if (!query_may_all(call, asked, matches->count, error)) {
        return false;
    }
    for (size_t i = 0; i < matches->count; i++) {
        if (asked[i].is_allowed) {
            matches->items[kept++] = matches->items[i];
        }
    }
    matches->count = kept;
    sort_matches(matches);
    return true;
}

bool mail_find_parties(struct call *call, struct incoming_mail *mail, struct error *error)
{
    struct search search = {.call = call, .mail = mail};

    gather(call, mail);
    for (size_t i = 0; i < call->catalog->entity_count; i++) {
        search.entity = call->catalog->entities[i];
        if (begin_search(&search) && !ask_entity(&search, error)) {
            return false;
        }
    }
    for (size_t i = 0; i < map_count(mail->addresses); i++) {
        if (!keep_permitted(call, map_value_at(mail->addresses, i), error)) {
            return false;
        }
    }
    return true;
}

/* ---- who it is from ---- */

/* The user of the first mailbox that has one; NULL: none. */
static const struct reference *mailbox_user(const struct incoming_mail *mail)
{
    for (size_t i = 0; i < mail->mailboxes.count; i++) {
        const struct mail_mailbox *mailbox = mail->mailboxes.items[i];
        if (strcmp(mailbox->holder.entity->name, "SystemUser") == 0) {
            return &mailbox->holder;
        }
    }
    return NULL;
}

const struct mail_match *mail_sender_of(const struct incoming_mail *mail,
                                        const struct mail_address *address)
{
    const struct reference *user = mailbox_user(mail);
    const struct mail_match *found = NULL;

    for (size_t i = 0; address != NULL && i < address->matches.count; i++) {
        const struct mail_match *match = address->matches.items[i];
        bool is_own = user != NULL && uuid_is_equal(&match->owner, &user->id);
        if (found == NULL ||
            (match->rank == found->rank && is_own && !uuid_is_equal(&found->owner, &user->id))) {
            found = match;
        }
    }
    return found;
}

bool mail_is_of_the_house(const struct reference *record)
{
    static const char *const names[] = {"SystemUser", "Team", "Queue"};

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        if (strcmp(record->entity->name, names[i]) == 0) {
            return true;
        }
    }
    return false;
}

/* ---- clues ---- */

static void note(struct call *call, struct incoming_mail *mail, const char *reason,
                 const struct mail_match *match, const struct mime_address *address)
{
    struct mail_clue *clue = arena_allocate(call->arena, sizeof(*clue));
    *clue =
        (struct mail_clue){.record = match->record, .reason = reason, .address = address->address};
    array_add(&mail->clues, clue);
}

static void note_recipients(struct call *call, struct incoming_mail *mail,
                            const struct mime_addresses *list)
{
    for (size_t i = 0; i < list->count; i++) {
        const struct mail_address *address = mail_address_of(call, mail, list->items[i].compared);
        for (size_t j = 0; address != NULL && j < address->matches.count; j++) {
            note(call, mail, "Recipient", address->matches.items[j], &list->items[i]);
        }
    }
}

bool mail_note_parties(struct call *call, struct incoming_mail *mail, struct error *error)
{
    const struct mime_message *message = mail->message;

    (void)error;
    for (size_t i = 0; i < message->from.count; i++) {
        const struct mail_match *sender =
            mail_sender_of(mail, mail_address_of(call, mail, message->from.items[i].compared));
        if (sender != NULL) {
            note(call, mail, "Sender", sender, &message->from.items[i]);
        }
    }
    note_recipients(call, mail, &message->to);
    note_recipients(call, mail, &message->cc);
    return true;
}
