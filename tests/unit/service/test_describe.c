/*
 * test_describe.c - what exists, as the validator sees it.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "generated/messages.h"
#include "metadata/catalog.h"
#include "support/office.h"

static struct office office;

static const struct field_description *find(const struct entity_description *entity,
                                            const char *name)
{
    for (size_t i = 0; i < entity->fields.count; i++) {
        const struct field_description *field = entity->fields.items[i];
        if (strcmp(field->name, name) == 0) {
            return field;
        }
    }
    fail_msg("%s is not described", name);
    return NULL;
}

static const struct relation_description *find_relation(const struct entity_description *entity,
                                                        const char *name)
{
    for (size_t i = 0; i < entity->relations.count; i++) {
        const struct relation_description *relation = entity->relations.items[i];
        if (strcmp(relation->name, name) == 0) {
            return relation;
        }
    }
    fail_msg("%s is not described", name);
    return NULL;
}

void test_describe__tells_what_the_validator_uses(void **state)
{
    const struct describe_entity_request request = {.entity_name = "Account"};

    (void)state;
    office_open(&office);
    const struct describe_entity_response *response =
        office_run(&office, "Metadata", "DescribeEntity", &request);
    const struct entity_description *account = response->description;
    assert_string_equal(account->plural_name, "Accounts");
    assert_string_equal(account->ownership, "user");
    assert_string_equal(account->name_field, "name");
    const struct field_description *name = find(account, "name");
    assert_true(name->required.value && name->creatable.value && name->filterable.value);
    assert_int_equal(name->length.value, 160);
    assert_false(find(account, "version")->creatable.value);
    assert_true(find(account, "accountNumber")->unique.value);
    assert_false(find(account, "name")->unique.value);
    const struct field_description *reason = find(account, "statusReason");
    const struct choice_description *active = reason->choices.items[0];
    assert_string_equal(active->token, "Active");
    assert_string_equal(active->state_token, "Active");
    assert_string_equal(find(account, "primaryContact")->targets.items[0], "Contact");
    assert_true(account->keys.count >= 2);
    const struct relation_description *contacts = find_relation(account, "customerContacts");
    assert_string_equal(contacts->entity, "Contact");
    assert_string_equal(contacts->field, "parentCustomer");
    assert_string_equal(contacts->label, "Contacts");
    office_close(&office);
}

void test_describe__tells_which_state_may_follow(void **state)
{
    const struct describe_entity_request of_order = {.entity_name = "SalesOrder"};
    const struct describe_entity_request of_account = {.entity_name = "Account"};

    (void)state;
    office_open(&office);
    const struct describe_entity_response *response =
        office_run(&office, "Metadata", "DescribeEntity", &of_order);
    const struct message_list *states = &find(response->description, "state")->choices;
    const struct choice_description *fulfilled = states->items[3];
    const struct choice_description *canceled = states->items[2];
    assert_string_equal(fulfilled->token, "Fulfilled");
    assert_int_equal(fulfilled->next.count, 1);
    assert_string_equal(fulfilled->next.items[0], "Invoiced");
    assert_true(canceled->next.is_set);
    assert_int_equal(canceled->next.count, 0);
    response = office_run(&office, "Metadata", "DescribeEntity", &of_account);
    states = &find(response->description, "state")->choices;
    assert_false(((const struct choice_description *)states->items[0])->next.is_set);
    office_close(&office);
}

void test_describe__names_every_entity(void **state)
{
    const struct describe_entities_request request = {0};

    (void)state;
    office_open(&office);
    const struct describe_entities_response *response =
        office_run(&office, "Metadata", "DescribeEntities", &request);
    assert_int_equal(response->descriptions.count, office.house.platform.catalog->entity_count);
    office_close(&office);
}

void test_describe__an_unknown_entity_is_a_fault(void **state)
{
    const struct describe_entity_request request = {.entity_name = "Acount"};

    (void)state;
    office_open(&office);
    office_expect(&office, office_try(&office, "Metadata", "DescribeEntity", &request),
                  ERROR_ENTITY_UNKNOWN);
    assert_string_equal(office.error.subject, "entityName");
    assert_non_null(strstr(office.error.message, "did you mean Account?"));
    office_close(&office);
}

void test_describe__tells_the_limits_in_force(void **state)
{
    const struct describe_limits_request request = {0};
    bool has_page = false, has_mail = false;

    (void)state;
    office_open(&office);
    const struct describe_limits_response *response =
        office_run(&office, "Metadata", "DescribeLimits", &request);
    for (size_t i = 0; i < response->limits.count; i++) {
        const struct limit_description *limit = response->limits.items[i];
        if (strcmp(limit->name, "limits.page") == 0) {
            has_page = limit->value.value == office.house.settings.limits.page;
        }
        assert_string_not_equal(limit->name, "mail.unsubscribe_address"); /* no number */
        has_mail |= strcmp(limit->name, "mail.recipients") == 0 &&
                    limit->value.value == office.house.settings.mail.recipients;
    }
    assert_true(has_page && has_mail);
    office_close(&office);
}
