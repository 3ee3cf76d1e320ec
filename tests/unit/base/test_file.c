/*
 * test_file.c - files without a name.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/file.h"

void test_file__a_nameless_one_leaves_nothing_in_its_folder(void **state)
{
    char folder[] = "/tmp/svyaz-test-XXXXXX", read_back[6] = "";
    struct stat status;

    (void)state;
    assert_non_null(mkdtemp(folder));
    int file = file_make_nameless(folder);
    assert_true(file >= 0);
    assert_int_equal(rmdir(folder), 0);
    assert_true(file_write_all(file, "hello", 5));
    assert_int_equal(pread(file, read_back, 5, 0), 5);
    assert_string_equal(read_back, "hello");
    assert_int_equal(fstat(file, &status), 0);
    assert_int_equal(status.st_nlink, 0);
    assert_int_equal(status.st_mode & 0777, 0600);
    assert_int_equal(close(file), 0);
    assert_int_equal(file_make_nameless(folder), -1);
}
