/*
 * test_merge.c - two records become one: what moves, what is told of it, who may, and its undoing.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/arena.h"
#include "base/error.h"
#include "change/feed.h"
#include "change/history.h"
#include "change/number.h"
#include "database/database.h"
#include "database/row.h"
#include "metadata/catalog.h"
#include "metadata/record.h"
#include "query/query.h"
#include "record/house.h"
#include "record/own.h"
#include "record/undo.h"
#include "security/identity.h"
#include "security/share.h"

enum { PAGE = 1000, MANY = 300 };

static struct test_platform house;

/* ---- short ways ---- */

static struct merge merge_of(struct call *call, const char *entity, const struct uuid *master,
                             const struct uuid *subordinate)
{
    return (struct merge){.entity = catalog_find_entity(call->catalog, entity),
                          .master_id = *master,
                          .subordinate_id = *subordinate};
}

/* Answers the master's version. */
static int64_t merge(struct call *call, const char *entity, const struct uuid *master,
                     const struct uuid *subordinate, const struct record *fields)
{
    struct merge asked = merge_of(call, entity, master, subordinate);
    struct write_outcome outcome = {0};
    struct error error = {0};
    asked.fields = fields;
    house_must(record_merge(call, &asked, &outcome, &error), &error);
    assert_true(uuid_is_equal(&outcome.id, master));
    assert_false(outcome.is_created);
    return outcome.version;
}

/* What was done until then is undone, as the pipeline does it. */
static struct error refusal_of(struct call *call, const struct merge *asked)
{
    struct write_outcome outcome = {0};
    struct error error = {0}, other = {0};
    house_must(connection_savepoint(call->connection, &other), &other);
    assert_false(record_merge(call, asked, &outcome, &error));
    house_must(connection_savepoint_undo(call->connection, &other), &other);
    return error;
}

static enum error_code refused(struct call *call, const char *entity, const struct uuid *master,
                               const struct uuid *subordinate)
{
    const struct merge asked = merge_of(call, entity, master, subordinate);
    return refusal_of(call, &asked).code;
}

static struct uuid make(struct call *call, const char *entity, const char *field, const char *text)
{
    return house_create(call, house_record(call, entity, field, text, NULL));
}

/* A record with one reference. */
static struct uuid make_with(struct call *call, struct record *record, const char *lookup,
                             const char *entity, const struct uuid *id)
{
    house_refer(record, lookup, entity, id);
    return house_create(call, record);
}

static void assert_refers(struct call *call, const char *entity, const struct uuid *id,
                          const char *lookup, const struct uuid *target)
{
    const struct entity *described = catalog_find_entity(call->catalog, entity);
    const struct field *field = entity_find_field(described, lookup);
    const struct column_set columns = {.fields = &field, .count = 1};
    struct record *record = NULL;
    struct error error = {0};
    house_must(query_find(call, described, id, &columns, ROW_LOCK_NONE, &record, &error), &error);
    assert_non_null(record);
    assert_int_equal(record_value(record, field)->state, VALUE_SET);
    assert_true(uuid_is_equal(&record_value(record, field)->reference.id, target));
}

static struct feed_page read_feed(struct call *call, const char *entity, const char *token)
{
    return house_read_feed(&house, call, entity, token, PAGE);
}

static const struct feed_change *find_change(const struct feed_page *page, const struct uuid *id,
                                             const char *kind)
{
    for (size_t index = 0; index < page->count; index++) {
        if (uuid_is_equal(&page->changes[index].id, id) &&
            strcmp(page->changes[index].kind, kind) == 0) {
            return &page->changes[index];
        }
    }
    return NULL;
}

/* ---- what moves ---- */

void test_merge__everything_that_refers_refers_to_the_master(void **state)
{
    (void)state;
    house_open(&house);
    struct call *call = house_begin(&house);
    struct uuid master = make(call, "Account", "name", "Ромашка");
    struct uuid gone = make(call, "Account", "name", "Ромашка ООО");
    struct uuid branch = make_with(call, house_record(call, "Account", "name", "B", NULL),
                                   "parentAccount", "Account", &gone);
    struct uuid contact = make_with(call, house_record(call, "Contact", "lastName", "C", NULL),
                                    "parentCustomer", "Account", &gone);
    struct uuid task = make_with(call, house_record(call, "Task", "subject", "T", NULL),
                                 "regarding", "Account", &gone);
    struct uuid note = make_with(call, house_record(call, "Note", "subject", "N", NULL),
                                 "regarding", "Account", &gone);
    struct uuid order = make_with(call, house_record(call, "SalesOrder", "name", "O", NULL),
                                  "customer", "Account", &gone);
    struct uuid other = make_with(call, house_record(call, "Contact", "lastName", "D", NULL),
                                  "parentCustomer", "Account", &master);

    assert_int_equal(merge(call, "Account", &master, &gone, NULL), 1); /* nothing of it changed */
    assert_refers(call, "Account", &branch, "parentAccount", &master);
    assert_refers(call, "Contact", &contact, "parentCustomer", &master);
    assert_refers(call, "Task", &task, "regarding", &master);
    assert_refers(call, "Note", &note, "regarding", &master);
    assert_refers(call, "SalesOrder", &order, "customer", &master);
    assert_int_equal(house_version(call, "Contact", &contact), 2);
    assert_int_equal(house_version(call, "Contact", &other), 1);
    assert_string_equal(house_text(call, "Account", &gone, "state"), "Inactive");
    assert_string_equal(house_text(call, "Account", &gone, "isMerged"), "true");
    assert_refers(call, "Account", &gone, "master", &master);
    assert_int_equal(house_version(call, "Account", &gone), 2);
    house_undo(&call);
    test_platform_close(&house);
}

void test_merge__each_entity_has_its_reason_and_its_references(void **state)
{
    (void)state;
    house_open(&house);
    struct call *call = house_begin(&house);
    struct uuid account = make(call, "Account", "name", "A");
    struct uuid one = make(call, "Contact", "lastName", "A");
    struct uuid two = make(call, "Contact", "lastName", "B");
    struct uuid customer = make_with(call, house_record(call, "Account", "name", "B", NULL),
                                     "primaryContact", "Contact", &two);
    struct uuid sale = make_with(call, house_record(call, "Opportunity", "name", "O", NULL),
                                 "customer", "Contact", &two);
    (void)merge(call, "Contact", &one, &two, NULL);
    assert_refers(call, "Account", &customer, "primaryContact", &one);
    assert_refers(call, "Opportunity", &sale, "customer", &one);
    assert_string_equal(house_text(call, "Contact", &two, "statusReason"), "Inactive");

    struct uuid lead = make(call, "Lead", "subject", "A");
    struct uuid double_lead = make(call, "Lead", "subject", "B");
    struct uuid begun = make_with(call, house_record(call, "Contact", "lastName", "L", NULL),
                                  "originatingLead", "Lead", &double_lead);
    (void)merge(call, "Lead", &lead, &double_lead, NULL);
    assert_refers(call, "Contact", &begun, "originatingLead", &lead);
    assert_string_equal(house_text(call, "Lead", &double_lead, "state"), "Disqualified");

    struct uuid kept = make_with(call, house_record(call, "Case", "title", "A", NULL), "customer",
                                 "Account", &account);
    struct uuid same = make_with(call, house_record(call, "Case", "title", "B", NULL), "customer",
                                 "Account", &account);
    (void)merge(call, "Case", &kept, &same, NULL);
    assert_string_equal(house_text(call, "Case", &same, "state"), "Canceled");
    assert_string_equal(house_text(call, "Case", &same, "statusReason"), "Merged");
    house_undo(&call);
    test_platform_close(&house);
}

void test_merge__the_master_gets_what_was_asked_for_and_keys_pass_on(void **state)
{
    (void)state;
    house_open(&house);
    struct call *call = house_begin(&house);
    struct uuid master =
        house_create(call, house_record(call, "Account", "name", "A", "externalId", "X-1", NULL));
    struct uuid gone =
        house_create(call, house_record(call, "Account", "name", "B", "accountNumber", "K-7",
                                        "externalId", "X-2", "telephone1", "5", NULL));
    /* The key is the same in whatever case; the other one stays where it is. */
    assert_int_equal(
        merge(call, "Account", &master, &gone,
              house_record(call, "Account", "accountNumber", "k-7", "telephone1", "5", NULL)),
        2);
    assert_string_equal(house_text(call, "Account", &master, "accountNumber"), "k-7");
    assert_string_equal(house_text(call, "Account", &master, "telephone1"), "5");
    assert_string_equal(house_text(call, "Account", &master, "name"), "A");
    assert_null(house_text(call, "Account", &gone, "accountNumber"));
    assert_string_equal(house_text(call, "Account", &gone, "externalId"), "X-2");
    house_undo(&call);
    test_platform_close(&house);
}

void test_merge__what_is_given_is_checked_as_in_an_update(void **state)
{
    (void)state;
    house_open(&house);
    struct call *call = house_begin(&house);
    struct uuid master = make(call, "Account", "name", "A");
    struct uuid gone = make(call, "Account", "name", "B");
    (void)house_create(call,
                       house_record(call, "Account", "name", "C", "accountNumber", "K-1", NULL));
    struct merge asked = merge_of(call, "Account", &master, &gone);
    asked.fields = house_record(call, "Account", "accountNumber", "K-1", NULL);
    assert_int_equal(refusal_of(call, &asked).code, ERROR_DUPLICATE_KEY);
    asked.fields = house_record(call, "Account", "name", NULL, NULL);
    assert_int_equal(refusal_of(call, &asked).code, ERROR_FIELD_REQUIRED);
    asked.fields = house_record(call, "Account", "isMerged", "true", NULL);
    assert_int_equal(refusal_of(call, &asked).code, ERROR_FIELD_NOT_WRITABLE);
    asked.fields = house_record(call, "Account", "version", "7", NULL);
    assert_int_equal(refusal_of(call, &asked).code, ERROR_VERSION_CONFLICT);
    asked.fields = NULL;
    asked.has_subordinate_version = true;
    asked.subordinate_version = 7;
    assert_int_equal(refusal_of(call, &asked).code, ERROR_VERSION_CONFLICT);
    asked.subordinate_version = 1;
    call->has_expected_version = true;
    call->expected_version = 2;
    assert_int_equal(refusal_of(call, &asked).code, ERROR_VERSION_CONFLICT);
    struct write_outcome outcome;
    struct error error = {0};
    call->expected_version = 1;
    house_must(record_merge(call, &asked, &outcome, &error), &error);
    house_undo(&call);
    test_platform_close(&house);
}

/* A part whose key the master has already goes without it. */
void test_merge__no_key_is_doubled_by_what_moves(void **state)
{
    (void)state;
    house_open(&house);
    struct call *call = house_begin(&house);
    struct uuid master = make(call, "Account", "name", "A");
    struct uuid gone = make(call, "Account", "name", "B");
    static const char *const numbers[] = {"3", "3", "4"};
    struct uuid ids[3];
    for (size_t index = 0; index < 3; index++) {
        ids[index] = make_with(call,
                               house_record(call, "CustomerAddress", "addressNumber",
                                            numbers[index], "name", "X", NULL),
                               "parent", "Account", index == 0 ? &master : &gone);
    }
    (void)merge(call, "Account", &master, &gone, NULL);
    for (size_t index = 0; index < 3; index++) {
        assert_refers(call, "CustomerAddress", &ids[index], "parent", &master);
    }
    assert_string_equal(house_text(call, "CustomerAddress", &ids[0], "addressNumber"), "3");
    assert_null(house_text(call, "CustomerAddress", &ids[1], "addressNumber"));
    assert_string_equal(house_text(call, "CustomerAddress", &ids[2], "addressNumber"), "4");
    house_undo(&call);
    test_platform_close(&house);
}

/* ---- participants ---- */

static struct party party_of(struct call *call, const struct uuid *contact, const char *address)
{
    return (struct party){
        .reference = {.entity = catalog_find_entity(call->catalog, "Contact"), .id = *contact},
        .address = address};
}

static void set_parties(struct record *record, const char *name, const struct party *parties,
                        size_t count)
{
    struct value *value = record_value(record, entity_find_field(record->entity, name));
    value->state = VALUE_SET;
    value->parties.items = parties;
    value->parties.count = count;
}

static const char *told(struct call *call, const struct uuid *id, const char *address)
{
    char text[UUID_TEXT_SIZE];
    uuid_format(id, text);
    return arena_format(call->arena, "%s %s", text, address);
}

/* "id address, ..." */
static const char *list_parties(struct call *call, const struct uuid *email, const char *name)
{
    const struct entity *entity = catalog_find_entity(call->catalog, "Email");
    const struct field *field = entity_find_field(entity, name);
    const struct field *const fields[] = {entity->id, field};
    const struct column_set columns = {.fields = (const struct field **)fields, .count = 2};
    struct record *record = NULL;
    struct error error = {0};
    house_must(query_find(call, entity, email, &columns, ROW_LOCK_NONE, &record, &error), &error);
    const struct value *value = record_value(record, field);
    const char *list = "";
    for (size_t index = 0; index < value->parties.count; index++) {
        const struct party *party = &value->parties.items[index];
        list = arena_format(
            call->arena, "%s%s%s", list, index == 0 ? "" : ", ",
            told(call, &party->reference.id, party->address == NULL ? "-" : party->address));
    }
    return list;
}

void test_merge__participants_are_replaced_and_not_doubled(void **state)
{
    (void)state;
    house_open(&house);
    struct call *call = house_begin(&house);
    struct uuid master = make(call, "Contact", "lastName", "A");
    struct uuid gone = make(call, "Contact", "lastName", "B");
    struct uuid other = make(call, "Contact", "lastName", "C");
    const struct party to[] = {party_of(call, &gone, NULL), party_of(call, &other, NULL),
                               party_of(call, &master, "a@x.ru")};
    const struct party cc[] = {party_of(call, &gone, "b@x.ru"), party_of(call, &master, "a@x.ru")};
    struct record *email = house_record(call, "Email", "subject", "E", NULL);
    set_parties(email, "to", to, 3);
    set_parties(email, "cc", cc, 2);
    struct uuid both = house_create(call, email);
    email = house_record(call, "Email", "subject", "F", NULL);
    set_parties(email, "to", to, 2);
    struct uuid plain = house_create(call, email);
    email = house_record(call, "Email", "subject", "G", NULL);
    set_parties(email, "to", to + 1, 1);
    struct uuid untouched = house_create(call, email);

    (void)merge(call, "Contact", &master, &gone, NULL);
    assert_string_equal(list_parties(call, &both, "to"),
                        arena_format(call->arena, "%s, %s", told(call, &other, "-"),
                                     told(call, &master, "a@x.ru")));
    /* It went to both addresses, which are one contact's now. */
    assert_string_equal(list_parties(call, &both, "cc"),
                        arena_format(call->arena, "%s, %s", told(call, &master, "b@x.ru"),
                                     told(call, &master, "a@x.ru")));
    assert_string_equal(
        list_parties(call, &plain, "to"),
        arena_format(call->arena, "%s, %s", told(call, &master, "-"), told(call, &other, "-")));
    assert_int_equal(house_version(call, "Email", &both), 2);
    assert_int_equal(house_version(call, "Email", &untouched), 1);
    house_undo(&call);
    test_platform_close(&house);
}

/* Clients give ids: those of two entities may be the same. */
void test_merge__a_participant_of_another_entity_with_the_same_id_stays(void **state)
{
    (void)state;
    house_open(&house);
    struct call *call = house_begin(&house);
    struct uuid master = make(call, "Contact", "lastName", "A");
    struct uuid gone = make(call, "Contact", "lastName", "B");
    struct record *account = house_record(call, "Account", "name", "C", NULL);
    own_set_id(account, &gone);
    (void)house_create(call, account);
    const struct party to[] = {
        {.reference = {.entity = account->entity, .id = gone}, .address = "c@x.ru"},
        party_of(call, &gone, "b@x.ru")};
    struct record *email = house_record(call, "Email", "subject", "E", NULL);
    set_parties(email, "to", to, 2);
    struct uuid both = house_create(call, email);
    email = house_record(call, "Email", "subject", "F", NULL);
    set_parties(email, "to", to, 1);
    struct uuid untouched = house_create(call, email);

    (void)merge(call, "Contact", &master, &gone, NULL);
    assert_string_equal(list_parties(call, &both, "to"),
                        arena_format(call->arena, "%s, %s", told(call, &gone, "c@x.ru"),
                                     told(call, &master, "b@x.ru")));
    assert_string_equal(list_parties(call, &untouched, "to"), told(call, &gone, "c@x.ru"));
    assert_int_equal(house_version(call, "Email", &untouched), 1);
    house_undo(&call);
    test_platform_close(&house);
}

/* ---- what cannot be merged ---- */

void test_merge__refuses_what_makes_no_sense(void **state)
{
    (void)state;
    house_open(&house);
    struct call *call = house_begin(&house);
    struct uuid master = make(call, "Account", "name", "A");
    struct uuid gone = make(call, "Account", "name", "B");
    struct uuid third = make(call, "Account", "name", "C");
    struct uuid absent = {{9}};
    assert_int_equal(refused(call, "Account", &master, &master), ERROR_VALUE_INVALID);
    assert_int_equal(refused(call, "Account", &master, &absent), ERROR_RECORD_NOT_FOUND);
    assert_int_equal(refused(call, "Account", &absent, &master), ERROR_RECORD_NOT_FOUND);
    (void)merge(call, "Account", &master, &gone, NULL);
    assert_int_equal(refused(call, "Account", &third, &gone), ERROR_STATE_INVALID); /* merged */
    assert_int_equal(refused(call, "Account", &gone, &third), ERROR_STATE_INVALID); /* inactive */
    house_undo(&call);
    test_platform_close(&house);
}

/* Whatever its state: the platform's own writes may change that. */
void test_merge__what_was_merged_stays_so_until_it_is_undone(void **state)
{
    (void)state;
    house_open(&house);
    struct call *call = house_begin(&house);
    struct uuid master = make(call, "Account", "name", "A");
    struct uuid gone = make(call, "Account", "name", "B");
    struct uuid third = make(call, "Account", "name", "C");
    struct write_outcome outcome;
    struct error error = {0};
    (void)merge(call, "Account", &master, &gone, NULL);
    struct record *record = house_record(call, "Account", "state", "Active", NULL);
    own_set_id(record, &gone);
    assert_false(record_update(call, record, NULL, &outcome, &error));
    assert_int_equal(error.code, ERROR_STATE_INVALID);
    assert_string_equal(error.subject, "state");
    record = house_record(call, "Account", "telephone1", "5", "state", "Inactive", NULL);
    (void)house_update(call, record, &gone);

    error_clear(&error);
    record = house_record(call, "Account", "state", "Active", NULL);
    house_must(own_change(call, record, &gone, &outcome, &error), &error);
    const struct merge asked = merge_of(call, "Account", &gone, &third);
    error = refusal_of(call, &asked);
    assert_int_equal(error.code, ERROR_STATE_INVALID);
    assert_string_equal(error.subject, "id");
    house_undo(&call);
    test_platform_close(&house);
}

void test_merge__nothing_comes_to_be_below_itself(void **state)
{
    (void)state;
    house_open(&house);
    struct call *call = house_begin(&house);
    struct uuid gone = make(call, "Account", "name", "Top");
    struct uuid middle = make_with(call, house_record(call, "Account", "name", "Middle", NULL),
                                   "parentAccount", "Account", &gone);
    struct uuid master = make_with(call, house_record(call, "Account", "name", "Low", NULL),
                                   "parentAccount", "Account", &middle);
    assert_int_equal(refused(call, "Account", &master, &gone), ERROR_HIERARCHY_CYCLE);
    assert_int_equal(refused(call, "Account", &middle, &gone), ERROR_HIERARCHY_CYCLE);
    house_commit(&call);
    /* The other way round, and once it is taken out of there, it can be. */
    call = house_begin(&house);
    (void)merge(call, "Account", &gone, &master, NULL);
    house_undo(&call);
    call = house_begin(&house);
    (void)merge(call, "Account", &master, &gone,
                house_record(call, "Account", "parentAccount", NULL, NULL));
    assert_refers(call, "Account", &middle, "parentAccount", &master);
    house_undo(&call);
    test_platform_close(&house);
}

void test_merge__parents_are_compared_when_asked(void **state)
{
    (void)state;
    house_open(&house);
    struct call *call = house_begin(&house);
    struct uuid account = make(call, "Account", "name", "A");
    struct uuid master = make(call, "Contact", "lastName", "A");
    struct uuid gone = make_with(call, house_record(call, "Contact", "lastName", "B", NULL),
                                 "parentCustomer", "Account", &account);
    struct merge asked = merge_of(call, "Contact", &master, &gone);
    asked.checks_parents = true;
    assert_int_equal(refusal_of(call, &asked).code, ERROR_RULE_BROKEN);
    struct record *below = house_record(call, "Contact", NULL, NULL);
    house_refer(below, "parentCustomer", "Account", &account);
    (void)house_update(call, below, &master);
    struct write_outcome outcome;
    struct error error = {0};
    house_must(record_merge(call, &asked, &outcome, &error), &error);
    house_undo(&call);
    test_platform_close(&house);
}

/* ---- who may ---- */

static void allow_merge(struct call *call)
{
    struct identity *identity = arena_copy(call->arena, call->identity, sizeof(*identity));
    identity->tasks |= 1U << TASK_MERGE;
    call->identity = identity;
}

void test_merge__needs_the_task_and_rights_on_both(void **state)
{
    (void)state;
    static const char *const words[] = {"Account read user", "Account write user",
                                        "Account append user", "Account appendTo user", NULL};
    static const char *const more[] = {"Account read user",   "Account write user",
                                       "Account append user", "Account appendTo user",
                                       "Account share user",  NULL};
    house_open(&house);
    struct call *call = house_begin(&house);
    struct uuid weak = house_make_user(call, "weak", NULL, words);
    struct uuid strong = house_make_user(call, "strong", NULL, more);
    struct record *record = house_record(call, "Account", "name", "A", NULL);
    struct uuid hidden = make(call, "Account", "name", "H");
    struct uuid ids[4];
    for (size_t index = 0; index < 4; index++) {
        ids[index] = make_with(call, record, "owner", "SystemUser", index < 2 ? &weak : &strong);
        record = house_record(call, "Account", "name", "A", NULL);
    }
    struct uuid child = make_with(call, house_record(call, "Contact", "lastName", "C", NULL),
                                  "parentCustomer", "Account", &ids[3]);

    house_become(call, &weak);
    assert_int_equal(refused(call, "Account", &ids[0], &ids[1]), ERROR_NOT_ALLOWED); /* task */
    allow_merge(call);
    assert_int_equal(refused(call, "Account", &ids[0], &ids[1]), ERROR_NOT_ALLOWED); /* share */

    /* What is out of sight is answered as what is not there. */
    house_become(call, &strong);
    assert_int_equal(refused(call, "Account", &ids[2], &ids[3]), ERROR_NOT_ALLOWED);
    allow_merge(call);
    struct merge asked = merge_of(call, "Account", &ids[2], &hidden);
    struct error error = refusal_of(call, &asked);
    assert_int_equal(error.code, ERROR_RECORD_NOT_FOUND);
    asked.subordinate_id.bytes[15] ^= 1;
    struct error absent = refusal_of(call, &asked);
    char text[UUID_TEXT_SIZE], changed[UUID_TEXT_SIZE];
    uuid_format(&hidden, text);
    uuid_format(&asked.subordinate_id, changed);
    memcpy(strstr(absent.message, changed), text, strlen(text));
    assert_string_equal(error.message, absent.message);
    assert_int_equal(refused(call, "Account", &hidden, &ids[3]), ERROR_RECORD_NOT_FOUND);
    /* Also beside another that is not there. */
    asked.master_id = hidden;
    error = refusal_of(call, &asked);
    assert_int_equal(error.code, ERROR_RECORD_NOT_FOUND);
    assert_non_null(strstr(error.message, text));
    asked.master_id = ids[2];
    error = refusal_of(call, &asked);
    assert_int_equal(error.code, ERROR_RECORD_NOT_FOUND);
    assert_non_null(strstr(error.message, changed));

    /* What refers moves by the rights on the two, though he may not read it. */
    (void)merge(call, "Account", &ids[2], &ids[3], NULL);
    assert_refers(call, "Contact", &child, "parentCustomer", &ids[2]);
    house_undo(&call);
    test_platform_close(&house);
}

/* ---- shares ---- */

static void share(struct call *call, const struct uuid *account, const struct uuid *user,
                  int64_t rights)
{
    const struct reference record = {.entity = catalog_find_entity(call->catalog, "Account"),
                                     .id = *account};
    const struct reference principal = {.entity = catalog_find_entity(call->catalog, "SystemUser"),
                                        .id = *user};
    struct error error = {0};
    house_must(record_share(call, &record, &principal, rights, SHARE_GRANT, &error), &error);
}

static int64_t shared_with(struct call *call, const struct uuid *account, const struct uuid *user)
{
    int64_t rights = 0;
    struct error error = {0};
    house_must(share_find(call->connection, call->arena,
                          catalog_find_entity(call->catalog, "Account"), account, user, &rights,
                          &error),
               &error);
    return rights;
}

void test_merge__shares_are_carried_as_far_as_the_caller_reaches(void **state)
{
    (void)state;
    static const char *const words[] = {"Account read user",   "Account write user",
                                        "Account append user", "Account appendTo user",
                                        "Account share user",  NULL};
    static const char *const none[] = {NULL};
    const int64_t reads = share_mask(RIGHT_READ), writes = share_mask(RIGHT_WRITE);
    house_open(&house);
    struct call *call = house_begin(&house);
    struct uuid user = house_make_user(call, "user", NULL, words);
    struct uuid anna = house_make_user(call, "anna", NULL, none);
    struct uuid boris = house_make_user(call, "boris", NULL, none);
    struct uuid master = make_with(call, house_record(call, "Account", "name", "A", NULL), "owner",
                                   "SystemUser", &user);
    struct uuid gone = make_with(call, house_record(call, "Account", "name", "B", NULL), "owner",
                                 "SystemUser", &user);
    share(call, &gone, &anna, reads | writes | share_mask(RIGHT_DELETE));
    share(call, &gone, &boris, reads);
    share(call, &master, &boris, reads | writes);
    house_become(call, &user);
    allow_merge(call);
    (void)merge(call, "Account", &master, &gone, NULL);
    assert_int_equal(shared_with(call, &master, &anna), reads | writes); /* he may not delete */
    assert_int_equal(shared_with(call, &master, &boris), reads | writes);
    assert_int_equal(shared_with(call, &gone, &boris), reads);
    house_undo(&call);
    test_platform_close(&house);
}

/* ---- what is told ---- */

static const char *fields_of(struct call *call, const struct feed_change *change)
{
    const char *names = "";
    for (size_t index = 0; index < change->field_count; index++) {
        names = arena_format(call->arena, "%s%s%s", names, index == 0 ? "" : " ",
                             change->field_names[index]);
    }
    return names;
}

void test_merge__is_told_in_order_and_the_master_to_who_may_read_it(void **state)
{
    (void)state;
    static const char *const words[] = {"Account read user", "Contact read user", NULL};
    house_open(&house);
    struct call *call = house_begin(&house);
    struct uuid anna = house_make_user(call, "anna", NULL, words);
    struct uuid master = make(call, "Account", "name", "A");
    struct uuid gone = make_with(call, house_record(call, "Account", "name", "B", NULL), "owner",
                                 "SystemUser", &anna);
    struct uuid contact = make_with(call, house_record(call, "Contact", "lastName", "C", NULL),
                                    "parentCustomer", "Account", &gone);
    house_commit(&call);
    house_number_all(&house);
    call = house_begin(&house);
    const char *start = read_feed(call, NULL, NULL).next_token;
    house_become(call, &anna);
    const char *her_start = read_feed(call, NULL, NULL).next_token;
    house_undo(&call);
    call = house_begin(&house);
    (void)merge(call, "Account", &master, &gone,
                house_record(call, "Account", "telephone1", "5", NULL));
    house_commit(&call);
    house_number_all(&house);

    call = house_begin(&house);
    struct feed_page page = read_feed(call, NULL, start);
    const struct feed_change *merged = find_change(&page, &gone, "merged");
    const struct feed_change *updated = find_change(&page, &master, "updated");
    const struct feed_change *moved = find_change(&page, &contact, "updated");
    assert_true(merged != NULL && updated != NULL && moved != NULL);
    assert_true(merged < updated && updated < moved);
    assert_non_null(merged->merged_into);
    assert_string_equal(merged->merged_into->entity->name, "Account");
    assert_true(uuid_is_equal(&merged->merged_into->id, &master));
    assert_string_equal(fields_of(call, moved), "parentCustomer");
    assert_string_equal(fields_of(call, updated), "telephone1");
    assert_int_equal(merged->version, 2);
    assert_null(updated->merged_into);

    /* She sees the one and not the other, and is not told which it is; the contact leaves her. */
    house_become(call, &anna);
    page = read_feed(call, NULL, her_start);
    merged = find_change(&page, &gone, "merged");
    assert_non_null(merged);
    assert_null(merged->merged_into);
    assert_null(find_change(&page, &master, "updated"));
    assert_non_null(find_change(&page, &contact, "left"));
    house_undo(&call);
    test_platform_close(&house);
}

void test_merge__is_in_the_history_of_the_subordinate(void **state)
{
    (void)state;
    house_open(&house);
    struct call *call = house_begin(&house);
    struct uuid master = make(call, "Account", "name", "A");
    struct uuid gone = make(call, "Account", "name", "B");
    (void)merge(call, "Account", &master, &gone, NULL);
    const struct history_request request = {
        .entity = catalog_find_entity(call->catalog, "Account"), .id = gone, .limit = 10};
    struct history_page page;
    struct error error = {0};
    house_must(history_read(call, &request, &page, &error), &error);
    assert_int_equal(page.count, 2);
    assert_string_equal(page.changes[0].kind, "merged");
    bool is_named = false;
    for (size_t index = 0; index < page.changes[0].field_count; index++) {
        const struct history_field *field = &page.changes[0].fields[index];
        is_named |= strcmp(field->field->name, "master") == 0 &&
                    uuid_is_equal(&field->new_value.reference.id, &master);
    }
    assert_true(is_named);
    house_undo(&call);
    test_platform_close(&house);
}

/* ---- undoing ---- */

static struct undone undo(struct call *call, const char *request, const struct uuid *user)
{
    struct undone undone;
    struct error error = {0};
    house_must(request_undo(call, request, user, &undone, &error), &error);
    return undone;
}

void test_merge__can_be_undone(void **state)
{
    (void)state;
    static const char *const words[] = {"Account read user",   "Account write user",
                                        "Account append user", "Account appendTo user",
                                        "Account share user",  NULL};
    house_open(&house);
    struct call *call = house_begin(&house);
    struct uuid user = house_make_user(call, "user", NULL, words);
    struct uuid master = make_with(call, house_record(call, "Account", "name", "A", NULL), "owner",
                                   "SystemUser", &user);
    struct uuid gone =
        make_with(call, house_record(call, "Account", "name", "B", "accountNumber", "K-7", NULL),
                  "owner", "SystemUser", &user);
    struct uuid lead = make_with(call, house_record(call, "Lead", "subject", "L", NULL), "account",
                                 "Account", &gone);
    house_commit(&call);
    call = house_begin(&house);
    call->request_id = "M-1";
    house_become(call, &user);
    allow_merge(call);
    (void)merge(call, "Account", &master, &gone,
                house_record(call, "Account", "accountNumber", "K-7", NULL));
    house_commit(&call);

    /* The lead is out of his sight, and its account no client may change: it goes back with the
     * merge, and is not named. */
    call = house_begin(&house);
    house_become(call, &user);
    struct undone undone;
    struct error error = {0};
    assert_false(request_undo(call, "M-1", &user, &undone, &error));
    assert_int_equal(error.code, ERROR_NOT_ALLOWED);
    house_undo(&call);
    call = house_begin(&house);
    call->request_id = "U-1";
    house_become(call, &user);
    allow_merge(call);
    undone = undo(call, "M-1", &user);
    assert_int_equal(undone.updated.count, 2);
    house_commit(&call);
    call = house_begin(&house);
    assert_refers(call, "Lead", &lead, "account", &gone);
    assert_string_equal(house_text(call, "Account", &gone, "state"), "Active");
    assert_string_equal(house_text(call, "Account", &gone, "accountNumber"), "K-7");
    assert_string_equal(house_text(call, "Account", &gone, "isMerged"), "false");
    assert_null(house_text(call, "Account", &gone, "master"));
    assert_null(house_text(call, "Account", &master, "accountNumber"));
    (void)merge(call, "Account", &master, &gone, NULL); /* and again */
    house_undo(&call);
    test_platform_close(&house);
}

/* ---- many ---- */

void test_merge__moves_many_page_by_page(void **state)
{
    (void)state;
    house_open(&house);
    struct call *call = house_begin(&house);
    struct uuid master = make(call, "Account", "name", "A");
    struct uuid gone = make(call, "Account", "name", "B");
    struct uuid ids[MANY];
    for (size_t index = 0; index < MANY; index++) {
        ids[index] = make_with(call, house_record(call, "Contact", "lastName", "C", NULL),
                               "parentCustomer", "Account", &gone);
    }
    house_commit(&call);
    house_number_all(&house);
    call = house_begin(&house);
    const char *start = read_feed(call, "Contact", NULL).next_token;
    (void)merge(call, "Account", &master, &gone, NULL);
    house_commit(&call);
    house_number_all(&house);
    call = house_begin(&house);
    struct feed_page page = read_feed(call, "Contact", start);
    assert_int_equal(page.count, MANY);
    for (size_t index = 0; index < MANY; index++) {
        assert_int_equal(page.changes[index].version, 2);
        assert_refers(call, "Contact", &ids[index], "parentCustomer", &master);
    }
    house_undo(&call);
    test_platform_close(&house);
}
