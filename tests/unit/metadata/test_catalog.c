/*
 * test_catalog.c - the metadata that comes with the product is read whole and means what it says.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "base/error.h"
#include "database/table.h"
#include "metadata/catalog.h"
#include "sample.h"

void test_catalog__reads_every_entity(void **state)
{
    (void)state;
    static const char *const names[] = {"Account",
                                        "Appointment",
                                        "AppointmentReply",
                                        "BusinessUnit",
                                        "Case",
                                        "Contact",
                                        "CustomerAddress",
                                        "Email",
                                        "EmailTemplate",
                                        "FieldSecurityProfile",
                                        "Invoice",
                                        "InvoiceDetail",
                                        "Lead",
                                        "Mailbox",
                                        "Note",
                                        "Opportunity",
                                        "OpportunityProduct",
                                        "PhoneCall",
                                        "PriceLevel",
                                        "Product",
                                        "ProductPriceLevel",
                                        "Queue",
                                        "QueueItem",
                                        "Role",
                                        "SalesOrder",
                                        "SalesOrderDetail",
                                        "SystemUser",
                                        "Task",
                                        "Team",
                                        "TransactionCurrency",
                                        "UnitOfMeasure"};
    struct catalog *catalog = read_catalog();
    assert_int_equal(catalog->entity_count, sizeof(names) / sizeof(names[0]));
    for (size_t i = 0; i < catalog->entity_count; i++) {
        assert_string_equal(catalog->entities[i]->name, names[i]);
        assert_int_equal(catalog->entities[i]->index, i);
        assert_ptr_equal(catalog_find_entity(catalog, names[i]), catalog->entities[i]);
    }
    assert_null(catalog_find_entity(catalog, "account"));
    catalog_release(&catalog);
    assert_null(catalog);
}

static void check_label(const struct label *label, const char *entity, const char *of)
{
    for (int language = 0; language < LANGUAGE_COUNT; language++) {
        if (label->text[language] == NULL || *label->text[language] == '\0') {
            fail_msg("%s.%s has no label in language %d", entity, of, language);
        }
    }
}

void test_catalog__has_every_label_in_both_languages(void **state)
{
    (void)state;
    struct catalog *catalog = read_catalog();
    for (size_t i = 0; i < catalog->entity_count; i++) {
        const struct entity *entity = catalog->entities[i];
        check_label(&entity->label, entity->name, "label");
        check_label(&entity->plural_label, entity->name, "plural");
        check_label(&entity->description, entity->name, "description");
        for (size_t j = 0; j < entity->field_count; j++) {
            const struct field *field = entity->fields[j];
            check_label(&field->label, entity->name, field->name);
            for (size_t k = 0; k < field->choice_count; k++) {
                check_label(&field->choices[k].label, entity->name, field->choices[k].token);
            }
            if (field->relation != NULL) {
                check_label(&field->relation->label, entity->name, field->relation->name);
            }
        }
    }
    for (size_t i = 0; i < catalog->role_count; i++) {
        check_label(&catalog->roles[i]->label, "role", catalog->roles[i]->name);
    }
    catalog_release(&catalog);
}

void test_catalog__gives_every_entity_what_the_platform_needs(void **state)
{
    (void)state;
    struct catalog *catalog = read_catalog();
    for (size_t i = 0; i < catalog->entity_count; i++) {
        const struct entity *entity = catalog->entities[i];
        assert_ptr_equal(entity->fields[0], entity->id);
        assert_non_null(entity->version);
        assert_non_null(entity->created_on);
        assert_non_null(entity->created_by);
        assert_non_null(entity->modified_on);
        assert_non_null(entity->modified_by);
        assert_non_null(entity->name_field);
        assert_non_null(entity->name_field->sort_column);
        assert_non_null(entity->name_field->fold_column);
        assert_int_equal(entity->owner != NULL, entity->ownership == OWNERSHIP_USER);
        assert_int_equal(entity->parent != NULL, entity->ownership == OWNERSHIP_PARENT);
        assert_int_equal(entity->currency != NULL, entity->exchange_rate != NULL);
        assert_int_equal(entity->state != NULL, entity->status_reason != NULL);
        for (size_t j = 0; j < entity->field_count; j++) {
            const struct field *field = entity->fields[j];
            assert_int_equal(field->index, j);
            assert_ptr_equal(field->entity, entity);
            assert_ptr_equal(entity_find_field(entity, field->name), field);
            assert_int_equal(field->column == NULL, field->type == FIELD_PARTY_LIST);
            assert_int_equal(field->relation != NULL, field->type == FIELD_LOOKUP);
            assert_true(field->type != FIELD_LOOKUP || field->target_count > 0);
            assert_int_equal(field->entity_column != NULL,
                             field->type == FIELD_LOOKUP && field->target_count > 1);
        }
    }
    catalog_release(&catalog);
}

void test_catalog__says_whose_a_record_is(void **state)
{
    (void)state;
    struct catalog *catalog = read_catalog();
    const struct entity *account = catalog_find_entity(catalog, "Account");
    const struct entity *user = catalog_find_entity(catalog, "SystemUser");
    const struct entity *unit = catalog_find_entity(catalog, "BusinessUnit");
    const struct entity *line = catalog_find_entity(catalog, "SalesOrderDetail");
    assert_ptr_equal(account->owner, find_field(catalog, "Account", "owner"));
    assert_int_equal(account->owner->target_count, 2);
    assert_ptr_equal(account->owning_business_unit,
                     find_field(catalog, "Account", "owningBusinessUnit"));
    assert_ptr_equal(user->owning_business_unit, find_field(catalog, "SystemUser", "businessUnit"));
    assert_null(unit->owning_business_unit);
    assert_ptr_equal(line->parent, find_field(catalog, "SalesOrderDetail", "salesOrder"));
    catalog_release(&catalog);
}

void test_catalog__resolves_polymorphic_lookups(void **state)
{
    (void)state;
    struct catalog *catalog = read_catalog();
    const struct field *customer = find_field(catalog, "SalesOrder", "customer");
    assert_int_equal(customer->target_count, 2);
    assert_string_equal(customer->targets[0]->name, "Account");
    assert_string_equal(customer->targets[1]->name, "Contact");
    assert_string_equal(customer->entity_column, "customer_entity");
    assert_int_equal(customer->relation->on_delete, CASCADE_RESTRICT);
    assert_true(field_may_refer_to(find_field(catalog, "Note", "regarding"),
                                   catalog_find_entity(catalog, "Task")));
    assert_false(field_may_refer_to(find_field(catalog, "Task", "regarding"),
                                    catalog_find_entity(catalog, "Task")));
    assert_true(field_may_refer_to(find_field(catalog, "Task", "regarding"),
                                   catalog_find_entity(catalog, "Case")));
    const struct field *item = find_field(catalog, "QueueItem", "item");
    assert_int_equal(item->target_count, 5);
    assert_true(field_may_refer_to(item, catalog_find_entity(catalog, "Case")));
    assert_true(field_may_refer_to(item, catalog_find_entity(catalog, "Email")));
    assert_false(field_may_refer_to(item, catalog_find_entity(catalog, "Account")));
    assert_string_equal(find_field(catalog, "Email", "to")->participation, "To");
    catalog_release(&catalog);
}

static size_t place_in_order(const struct entity *entity, const char *name)
{
    for (size_t i = 0; i < entity->computed_count; i++) {
        if (strcmp(entity->computed[i]->name, name) == 0) {
            return i;
        }
    }
    fail_msg("%s is not computed", name);
    return 0;
}

void test_catalog__orders_what_is_computed(void **state)
{
    (void)state;
    struct catalog *catalog = read_catalog();
    const struct entity *line = catalog_find_entity(catalog, "SalesOrderDetail");
    const struct entity *order = catalog_find_entity(catalog, "SalesOrder");
    assert_true(place_in_order(line, "baseAmount") <
                place_in_order(line, "percentageDiscountAmount"));
    assert_true(place_in_order(line, "percentageDiscountAmount") <
                place_in_order(line, "discountAmount"));
    assert_true(place_in_order(line, "discountAmount") < place_in_order(line, "extendedAmount"));
    assert_true(place_in_order(order, "totalLineItemNetAmount") <
                place_in_order(order, "percentageDiscountAmount"));
    assert_true(place_in_order(order, "totalAmountLessFreight") <
                place_in_order(order, "totalAmount"));
    assert_int_equal(line->total_count, 3);
    for (size_t i = 0; i < line->total_count; i++) {
        assert_ptr_equal(line->totals[i]->entity, order);
        assert_ptr_equal(line->totals[i]->computed.child, line);
        assert_ptr_equal(line->totals[i]->computed.child_link, line->parent);
    }
    const struct field *total = find_field(catalog, "SalesOrder", "totalAmount");
    assert_false(total->is_creatable);
    assert_false(total->is_updatable);
    assert_int_equal(total->computed.kind, COMPUTED_SUM);
    const struct field *discount =
        find_field(catalog, "SalesOrderDetail", "percentageDiscountAmount");
    assert_int_equal(discount->computed.kind, COMPUTED_PRODUCT);
    assert_int_equal(discount->computed.divisor, 100);
    catalog_release(&catalog);
}

void test_catalog__gives_amounts_a_twin(void **state)
{
    (void)state;
    struct catalog *catalog = read_catalog();
    const struct field *twin = find_field(catalog, "Account", "creditLimitBase");
    assert_ptr_equal(twin->base_of, find_field(catalog, "Account", "creditLimit"));
    assert_string_equal(twin->classic_name, "creditlimit_base");
    assert_string_equal(twin->label.text[LANGUAGE_RUSSIAN], "Кредитный лимит (в базовой валюте)");
    assert_false(twin->is_creatable);
    assert_int_equal(twin->precision, 18);
    assert_int_equal(twin->scale, 4);
    catalog_release(&catalog);
}

void test_catalog__knows_states_and_reasons(void **state)
{
    (void)state;
    struct catalog *catalog = read_catalog();
    const struct entity *order = catalog_find_entity(catalog, "SalesOrder");
    const struct choice *partial = field_find_choice(order->status_reason, "Partial");
    assert_int_equal(partial->value, 100002);
    assert_int_equal(partial->state, 3);
    assert_ptr_equal(field_find_choice(order->status_reason, "100002"), partial);
    assert_ptr_equal(field_find_choice_value(order->status_reason, 100002), partial);
    assert_null(field_find_choice(order->status_reason, "partial"));
    assert_true(field_find_choice(order->state, "Active")->is_default);
    assert_false(field_find_choice(order->state, "Submitted")->is_default);
    assert_true(field_find_choice(order->status_reason, "New")->is_default);
    catalog_release(&catalog);
}

void test_catalog__finds_keys_and_children(void **state)
{
    (void)state;
    struct catalog *catalog = read_catalog();
    const struct entity *line = catalog_find_entity(catalog, "SalesOrderDetail");
    const struct key *key = entity_find_key(line, "line");
    assert_int_equal(key->field_count, 2);
    assert_ptr_equal(key->fields[0], line->parent);
    assert_null(entity_find_key(line, "Line"));
    const struct entity *order = catalog_find_entity(catalog, "SalesOrder");
    assert_ptr_equal(entity_find_children(order, "lines"), line->parent);
    assert_null(entity_find_children(order, "rows"));
    catalog_release(&catalog);
}

void test_catalog__is_the_same_for_the_same_files(void **state)
{
    (void)state;
    struct catalog *first = read_catalog();
    struct catalog *second = read_catalog();
    struct catalog *held = catalog_hold(first);
    assert_true(first->revision > 0);
    assert_int_equal(first->revision, second->revision);
    catalog_release(&first);
    assert_non_null(catalog_find_entity(held, "Account"));
    catalog_release(&held);
    catalog_release(&second);
}

void test_catalog__is_read_quickly(void **state)
{
    (void)state;
    clock_t begin = clock();
    struct catalog *catalog = read_catalog();
    assert_true(clock() - begin < 5 * CLOCKS_PER_SEC); /* of the processor: others may use it too */
    catalog_release(&catalog);
}

static const struct role_template *find_role(const struct catalog *catalog, const char *name)
{
    for (size_t i = 0; i < catalog->role_count; i++) {
        if (strcmp(catalog->roles[i]->name, name) == 0) {
            return catalog->roles[i];
        }
    }
    fail_msg("there is no role %s", name);
    return NULL;
}

static int depth_of(const struct role_template *role, const struct entity *entity, enum right right)
{
    int depth = 0;
    for (size_t i = 0; i < role->privilege_count; i++) {
        const struct role_privilege *privilege = &role->privileges[i];
        bool is_meant = privilege->entity == NULL || privilege->entity == entity;
        if (is_meant && privilege->right == right && privilege->depth > depth) {
            depth = privilege->depth;
        }
    }
    return depth;
}

void test_catalog__has_roles(void **state)
{
    (void)state;
    struct catalog *catalog = read_catalog();
    const struct entity *order = catalog_find_entity(catalog, "SalesOrder");
    const struct entity *product = catalog_find_entity(catalog, "Product");
    assert_true(find_role(catalog, "system-administrator")->is_administrator);
    assert_int_equal(depth_of(find_role(catalog, "erp-integration"), order, RIGHT_DELETE), 4);
    assert_int_equal(depth_of(find_role(catalog, "salesperson"), order, RIGHT_DELETE), 0);
    assert_int_equal(depth_of(find_role(catalog, "salesperson"), order, RIGHT_WRITE), 1);
    assert_int_equal(depth_of(find_role(catalog, "salesperson"), order, RIGHT_READ), 2);
    assert_int_equal(depth_of(find_role(catalog, "sales-manager"), order, RIGHT_WRITE), 3);
    assert_int_equal(depth_of(find_role(catalog, "salesperson"), product, RIGHT_READ), 4);
    assert_int_equal(depth_of(find_role(catalog, "sales-manager"), product, RIGHT_SHARE), 0);
    assert_int_equal(depth_of(find_role(catalog, "read-only-auditor"), product, RIGHT_READ), 4);
    assert_int_equal(depth_of(find_role(catalog, "read-only-auditor"), product, RIGHT_WRITE), 0);
    const struct role_template *auditor = find_role(catalog, "read-only-auditor");
    assert_int_equal(auditor->task_count, 2);
    assert_string_equal(auditor->tasks[1], "readAudit");
    assert_int_equal(find_role(catalog, "system-administrator")->task_count, 0);
    catalog_release(&catalog);
}
