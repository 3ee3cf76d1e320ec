/*
 * test_decode.c - elements become values: every type, every way to be wrong.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "fixture.h"

void test_decode__reads_an_account(void **state)
{
    struct fixture fixture;
    struct record *record = NULL;

    (void)state;
    fixture_open(&fixture);
    record = fixture_read_account(
        &fixture, "<name>ООО &lt;Ромашка&gt; &amp; Ко</name><creditLimit>1234567.89</creditLimit>"
                  "<numberOfEmployees> 42 </numberOfEmployees>");
    if (record == NULL) {
        fail_msg("%s", fixture.error.message);
    }
    assert_string_equal(fixture_value(record, "name")->text, "ООО <Ромашка> & Ко");
    assert_int_equal(fixture_value(record, "numberOfEmployees")->integer, 42);
    assert_int_equal(fixture_value(record, "telephone1")->state, VALUE_ABSENT);
    fixture_close(&fixture);
}
