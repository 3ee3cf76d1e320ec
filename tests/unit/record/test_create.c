/*
 * test_create.c - new records: what they get, what they refuse.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/error.h"
#include "metadata/record.h"
#include "record/house.h"
#include "security/identity.h"

void test_create__gives_id_version_owner_and_state(void **state)
{
    (void)state;
    struct test_platform house;
    house_open(&house);
    struct call *call = house_begin(&house);

    struct uuid id = house_create(
        call, house_record(call, "Account", "name", "Alfreds", "creditLimit", "1000.50", NULL));
    assert_string_equal(house_text(call, "Account", &id, "name"), "Alfreds");
    assert_string_equal(house_text(call, "Account", &id, "version"), "1");
    assert_string_equal(house_text(call, "Account", &id, "state"), "Active");
    assert_string_equal(house_text(call, "Account", &id, "statusReason"), "Active");
    assert_non_null(house_text(call, "Account", &id, "owner"));
    assert_non_null(house_text(call, "Account", &id, "owningBusinessUnit"));
    assert_non_null(house_text(call, "Account", &id, "createdBy"));
    house_commit(&call);
    test_platform_close(&house);
}
