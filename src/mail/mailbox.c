/*
 * mailbox.c - where a message came in, and which addresses are of the house.
 *
 * Mailboxes and queues are read in the name of the platform: what they say holds whoever delivers.
 */
#include <string.h>
#include <strings.h>

#include "base/arena.h"
#include "base/error.h"
#include "base/map.h"
#include "base/settings.h"
#include "call/call.h"
#include "mail/incoming.h"
#include "metadata/catalog.h"
#include "metadata/entity.h"
#include "metadata/record.h"
#include "mime/mime.h"
#include "query/ask.h"
#include "query/query.h"
#include "query/request.h"
#include "security/authorise.h"
#include "security/identity.h"
#include "security/role.h"
#include "security/session.h"
#include "text/domain.h"
#include "text/fold.h"

enum { AT_ONCE = 100, STATE_ACTIVE = 0, DELIVERY_NONE = 0 };

/* What a mailbox says about the ways. */
static const char *const way_fields[] = {
    [MAIL_BY_REFERENCES] = "matchReferences",
    [MAIL_BY_TOKEN] = "matchToken",
    [MAIL_BY_PLUS_ADDRESS] = "matchPlusAddress",
    [MAIL_BY_ADDRESSES] = "matchAddresses",
    [MAIL_SMARTLY] = "matchSmartly",
};

/* ---- values ---- */

static const struct value *value_of(const struct record *record, const char *name)
{
    return record_value(record, entity_find_field(record->entity, name));
}

static int64_t number_of(const struct record *record, const char *name, int64_t otherwise)
{
    const struct value *value = value_of(record, name);

    return value->state == VALUE_SET ? value->integer : otherwise;
}

static bool is_true(const struct record *record, const char *name)
{
    const struct value *value = value_of(record, name);

    return value->state == VALUE_SET && value->boolean;
}

/* Of a record that takes no mail, nothing is filed. */
static bool takes_mail(const struct record *record)
{
    return number_of(record, "state", STATE_ACTIVE) == STATE_ACTIVE &&
           number_of(record, "incomingDelivery", DELIVERY_NONE + 1) != DELIVERY_NONE;
}

/* ---- mailboxes that are set up ---- */

static struct query_request ask_for(struct call *call, const struct incoming_mail *mail,
                                    size_t first, size_t count)
{
    static const char *const names[] = {
        "address",         "holder",     "filingPolicy",     "incomingDelivery", "state",
        "matchReferences", "matchToken", "matchPlusAddress", "matchAddresses",   "matchSmartly"};
    struct array values;

    array_init(&values, call->arena);
    for (size_t i = first; i < first + count; i++) {
        mail_add_forms(call, &values,
                       ((struct mail_address *)map_value_at(mail->addresses, i))->compared);
    }
    return (struct query_request){
        .columns = {.is_set = true,
                    .count = sizeof(names) / sizeof(names[0]),
                    .items = (void **)names},
        .filter = ask_any(names[0], &values),
        .page_size = {.is_set = true, .value = (int64_t)values.count},
    };
}

/* What of it is the queue's to say comes later. */
static struct mail_mailbox *make_mailbox(struct call *call, const struct record *record)
{
    struct mail_mailbox *mailbox = arena_allocate(call->arena, sizeof(*mailbox));

    mailbox->holder = value_of(record, "holder")->reference;
    mailbox->policy = (enum mail_policy)number_of(record, "filingPolicy", MAIL_POLICIES);
    if (!takes_mail(record)) {
        mailbox->policy = MAIL_NOTHING;
    }
    for (size_t way = 0; way < MAIL_WAYS; way++) {
        mailbox->ways[way] = is_true(record, way_fields[way]);
    }
    return mailbox;
}

static bool find_set_up(struct call *call, struct incoming_mail *mail, struct error *error)
{
    const struct entity *entity = catalog_find_entity(call->catalog, "Mailbox");
    size_t total = map_count(mail->addresses);
    struct call own = *call;

    own.identity = identity_of_server(call->arena, call->catalog);
    for (size_t first = 0; first < total; first += AT_ONCE) {
        size_t count = total - first < AT_ONCE ? total - first : AT_ONCE;
        const struct query_request query = ask_for(call, mail, first, count);
        struct page page = {.count = 0};
        if (!query_run(&own, entity, &query, &page, error)) {
            return false;
        }
        for (size_t i = 0; i < page.count; i++) {
            const char *text = value_of(page.records[i], "address")->text;
            struct mail_address *address =
                mail_address_of(call, mail, mime_compared_address(call->arena, text));
            if (address != NULL) {
                address->mailbox = make_mailbox(call, page.records[i]);
            }
        }
    }
    return true;
}

/* ---- queues and users ---- */

static bool is_queue(const struct reference *holder)
{
    return strcmp(holder->entity->name, "Queue") == 0;
}

/* A queue says what its mailbox leaves open, and who gets what is made of its messages. */
static bool add_queue(struct call *call, struct mail_mailbox *mailbox, struct error *error)
{
    static const char *const names[] = {
        "defaultOwner",           "primaryUser", "incomingFilter", "incomingDelivery",
        "ignoreUnsolicitedEmail", "opensCases",  "state"};
    const struct entity *entity = mailbox->holder.entity;
    const struct field *fields[sizeof(names) / sizeof(names[0])];
    const struct column_set columns = {.fields = fields, .count = sizeof(names) / sizeof(names[0])};
    struct record *queue = NULL;

    for (size_t i = 0; i < columns.count; i++) {
        fields[i] = entity_find_field(entity, names[i]);
    }
    if (!query_find(call, entity, &mailbox->holder.id, &columns, ROW_LOCK_NONE, &queue, error)) {
        return false;
    }
    if (queue == NULL) {
        mailbox->policy = MAIL_NOTHING;
        return true;
    }
    for (size_t i = 0; i < MAIL_OWNERS; i++) {
        const struct value *owner = value_of(queue, names[i]);
        mailbox->owners[i] =
            owner->state == VALUE_SET ? owner->reference : (struct reference){.entity = NULL};
    }
    mailbox->opens_cases = is_true(queue, "opensCases");
    if (mailbox->policy == MAIL_POLICIES) {
        int64_t otherwise =
            is_true(queue, "ignoreUnsolicitedEmail") ? MAIL_REPLIES_ONLY : MAIL_EVERYTHING;
        mailbox->policy = takes_mail(queue)
                              ? (enum mail_policy)number_of(queue, "incomingFilter", otherwise)
                              : MAIL_NOTHING;
    }
    return true;
}

static bool complete(struct call *call, struct mail_mailbox *mailbox, struct error *error)
{
    if (is_queue(&mailbox->holder)) {
        return add_queue(call, mailbox, error);
    }
    mailbox->owners[0] = mailbox->holder;
    mailbox->policy = mailbox->policy == MAIL_POLICIES ? MAIL_REPLIES_ONLY : mailbox->policy;
    return true;
}

/* Of an address that no mailbox has: the queue's own, or a user's, of whom everything is filed.
 * NULL: it is neither's. */
static struct mail_mailbox *make_of_match(struct call *call, const struct mail_address *address)
{
    for (size_t i = 0; i < address->matches.count; i++) {
        const struct mail_match *match = address->matches.items[i];
        bool is_user = strcmp(match->record.entity->name, "SystemUser") == 0;
        if (is_user || is_queue(&match->record)) {
            struct mail_mailbox *mailbox = arena_allocate(call->arena, sizeof(*mailbox));
            mailbox->holder = match->record;
            mailbox->policy = is_user ? MAIL_EVERYTHING : MAIL_POLICIES;
            for (size_t way = 0; way < MAIL_WAYS; way++) {
                mailbox->ways[way] = true;
            }
            return mailbox;
        }
    }
    return NULL;
}

static bool receive(struct call *call, struct incoming_mail *mail, const char *written,
                    struct error *error)
{
    struct mail_address *address =
        mail_address_of(call, mail, mime_compared_address(call->arena, written));

    if (address != NULL && address->mailbox == NULL && address->bare != NULL) {
        address = address->bare;
    }
    if (address == NULL) {
        return true;
    }
    if (address->mailbox == NULL) {
        address->mailbox = make_of_match(call, address);
    }
    for (size_t i = 0; i < mail->mailboxes.count; i++) {
        if (mail->mailboxes.items[i] == address->mailbox) {
            return true;
        }
    }
    if (address->mailbox == NULL) {
        return true;
    }
    array_add(&mail->mailboxes, address->mailbox);
    return complete(call, address->mailbox, error);
}

/* ---- the house ---- */

/* The address is one as it is compared. */
static bool is_in_domains(struct call *call, const char *domains, const char *address)
{
    const char *domain = strrchr(address, '@') + 1;

    while (*domains != '\0') {
        domains += strspn(domains, ", ");
        size_t length = strcspn(domains, ", ");
        const char *one = arena_copy_part(call->arena, domains, length);
        if (strcasecmp(text_domain_to_letters(call->arena, one), domain) == 0) {
            return true;
        }
        domains += length;
    }
    return false;
}

/* Leaves those that are of the house. */
static void keep_colleagues(struct array *matches)
{
    size_t kept = 0;

    for (size_t i = 0; i < matches->count; i++) {
        if (mail_is_of_the_house(&((const struct mail_match *)matches->items[i])->record)) {
            matches->items[kept++] = matches->items[i];
        }
    }
    matches->count = kept;
}

static bool has_colleague(const struct mail_address *address)
{
    for (size_t i = 0; i < address->matches.count; i++) {
        if (mail_is_of_the_house(&((const struct mail_match *)address->matches.items[i])->record)) {
            return true;
        }
    }
    return false;
}

static void mark_own(struct call *call, struct incoming_mail *mail)
{
    size_t count = map_count(mail->addresses);

    for (size_t i = 0; i < count; i++) {
        struct mail_address *address = map_value_at(mail->addresses, i);
        address->is_own = address->mailbox != NULL || has_colleague(address) ||
                          is_in_domains(call, call->settings->filing.domains, address->compared);
    }
    for (size_t i = 0; i < count; i++) {
        struct mail_address *address = map_value_at(mail->addresses, i);
        if (address->bare != NULL && address->bare->is_own) {
            address->is_own = true;
            address->matches =
                address->matches.count == 0 ? address->bare->matches : address->matches;
        }
        if (address->is_own || !mail_goes_by(call, mail, MAIL_BY_ADDRESSES)) {
            keep_colleagues(&address->matches);
        }
    }
}

bool mail_goes_by(const struct call *call, const struct incoming_mail *mail, enum mail_way way)
{
    const struct settings *settings = call->settings;
    const bool is_allowed[] = {
        [MAIL_BY_REFERENCES] = settings->filing.match_references,
        [MAIL_BY_TOKEN] = settings->filing.match_token,
        [MAIL_BY_PLUS_ADDRESS] = settings->filing.match_plus_address,
        [MAIL_BY_ADDRESSES] = settings->filing.match_addresses,
        [MAIL_SMARTLY] = settings->filing.match_smartly,
    };
    bool is_wanted = mail->mailboxes.count == 0;

    for (size_t i = 0; i < mail->mailboxes.count; i++) {
        is_wanted |= ((const struct mail_mailbox *)mail->mailboxes.items[i])->ways[way];
    }
    return is_allowed[way] && is_wanted;
}

bool mail_find_mailboxes(struct call *call, struct incoming_mail *mail, struct error *error)
{
    size_t count = mail->mailbox == NULL ? mail->envelope.count : 1;

    array_init(&mail->mailboxes, call->arena);
    if (!find_set_up(call, mail, error)) {
        return false;
    }
    for (size_t i = 0; i < count; i++) {
        const char *written = mail->mailbox == NULL ? mail->envelope.items[i] : mail->mailbox;
        if (!receive(call, mail, written, error)) {
            return false;
        }
    }
    mark_own(call, mail);
    return true;
}

/* ---- the owner ---- */

static bool may_own(struct call *call, const struct reference *principal,
                    const struct entity *entity, bool *may_out, struct error *error)
{
    const struct identity *identity = NULL;

    if (strcmp(principal->entity->name, "SystemUser") != 0) {
        return role_allows(call->connection, call->arena, &principal->id, entity, RIGHT_READ,
                           may_out, error);
    }
    if (!session_identity(call->platform->sessions, call->arena, call->connection, call->catalog,
                          &principal->id, &identity, error)) {
        if (error->code != ERROR_CREDENTIALS_INVALID) {
            return false;
        }
        error_clear(error); /* he is shut out */
        *may_out = false;
        return true;
    }
    *may_out = identity_depth(identity, entity, RIGHT_READ) > DEPTH_NONE;
    return true;
}

static const struct mail_mailbox *first_admitting(const struct incoming_mail *mail)
{
    for (size_t i = 0; i < mail->mailboxes.count; i++) {
        const struct mail_mailbox *mailbox = mail->mailboxes.items[i];
        if (mailbox->is_admitting) {
            return mailbox;
        }
    }
    return NULL;
}

bool mail_owner_of(struct call *call, const struct incoming_mail *mail, const struct entity *entity,
                   struct reference *owner_out, struct error *error)
{
    const struct mail_mailbox *mailbox = first_admitting(mail);
    bool may = false;

    *owner_out = (struct reference){.entity = NULL};
    if (mailbox == NULL || !authorise_all(call->identity, entity, RIGHT_ASSIGN)) {
        return true;
    }
    for (size_t i = 0; i < MAIL_OWNERS && !may; i++) {
        const struct reference *owner = &mailbox->owners[i];
        if (owner->entity == NULL) {
            continue;
        }
        if (!may_own(call, owner, entity, &may, error)) {
            return false;
        }
        if (may) {
            *owner_out = *owner;
        }
    }
    return true;
}
