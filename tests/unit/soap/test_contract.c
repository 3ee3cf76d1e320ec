/*
 * test_contract.c - the contract as files: complete, the same each time, checked for staleness.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/arena.h"
#include "base/file.h"
#include "call/platform.h"
#include "fixture.h"
#include "soap/door.h"

#define FOLDER "build/contract"

void test_contract__is_written_and_checked(void **state)
{
    struct fixture fixture;
    struct platform platform = {0};
    struct error error = {0};
    FILE *file = NULL;

    (void)state;
    fixture_open(&fixture);
    platform.catalog = fixture.catalog;
    if (!soap_write_contract(&platform, FOLDER, false, &error) ||
        !soap_write_contract(&platform, FOLDER, true, &error)) {
        fail_msg("%s", error.message);
    }
    file = fopen(FOLDER "/Account.wsdl", "ab");
    assert_non_null(file);
    fputs("<!-- stale -->", file);
    fclose(file);
    assert_false(soap_write_contract(&platform, FOLDER, true, &error));
    assert_non_null(strstr(error.message, "Account.wsdl"));
    assert_true(soap_write_contract(&platform, FOLDER, false, &error));
    file = fopen(FOLDER "/Dragon.wsdl", "wb");
    assert_non_null(file);
    fclose(file);
    assert_false(soap_write_contract(&platform, FOLDER, true, &error));
    assert_non_null(strstr(error.message, "Dragon.wsdl belongs to no service"));
    assert_int_equal(remove(FOLDER "/Dragon.wsdl"), 0);
    assert_true(soap_write_contract(&platform, FOLDER, true, &error));
    fixture_close(&fixture);
}
