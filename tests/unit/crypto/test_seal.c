/*
 * test_seal.c - what is sealed opens with its key, for its owner, unchanged; and not otherwise.
 */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/arena.h"
#include "base/error.h"
#include "crypto/seal.h"

static const char *file_name(struct arena *arena, const char *name)
{
    return arena_format(arena, "build/%s-%ld.key", name, (long)getpid());
}

static const struct seal_key *open_key(struct arena *arena, const char *file)
{
    struct seal_key *key = NULL;
    struct error error = {0};

    assert_true(seal_key_open(arena, file, &key, &error));
    return key;
}

void test_seal__opens_with_its_key_for_its_owner(void **state)
{
    struct arena *arena = arena_create();
    const char *file = file_name(arena, "one");
    const char *other_file = file_name(arena, "two");
    const struct seal_key *key = open_key(arena, file);
    const struct seal_key *other = open_key(arena, other_file);
    const struct seal_key *again = open_key(arena, file);
    char *text = NULL;

    (void)state;
    char *sealed = seal_text(arena, key, "ann", "секрет");
    assert_string_not_equal(sealed, seal_text(arena, key, "ann", "секрет"));
    assert_null(strstr(sealed, "секрет"));
    assert_true(seal_open(arena, again, "ann", sealed, &text));
    assert_string_equal(text, "секрет");
    assert_false(seal_open(arena, key, "bob", sealed, &text));
    assert_false(seal_open(arena, other, "ann", sealed, &text));
    assert_false(seal_open(arena, key, "ann", "", &text));
    assert_false(seal_open(arena, key, "ann", "AAAA", &text));
    for (size_t at = 0; at < strlen(sealed); at++) {
        char *changed = arena_copy_text(arena, sealed);
        changed[at] = changed[at] == 'A' ? 'B' : 'A';
        assert_false(seal_open(arena, key, "ann", changed, &text));
    }
    assert_true(seal_open(arena, key, "", seal_text(arena, key, "", ""), &text));
    assert_string_equal(text, "");
    unlink(file);
    unlink(other_file);
    arena_destroy(&arena);
}

static void write_file(const char *file, size_t length, mode_t mode)
{
    int descriptor = open(file, O_WRONLY | O_CREAT | O_TRUNC, 0600);

    assert_true(descriptor >= 0);
    for (size_t i = 0; i < length; i++) {
        assert_int_equal(write(descriptor, "k", 1), 1);
    }
    assert_int_equal(fchmod(descriptor, mode), 0);
    close(descriptor);
}

void test_seal__a_key_is_whole_and_its_owners_alone(void **state)
{
    struct arena *arena = arena_create();
    const char *file = file_name(arena, "bad");
    struct seal_key *key = NULL;
    struct error error = {0};
    struct stat status;

    (void)state;
    write_file(file, 32, 0640);
    assert_false(seal_key_open(arena, file, &key, &error));
    assert_int_equal(error.code, ERROR_SETTING_INVALID);
    write_file(file, 31, 0600);
    assert_false(seal_key_open(arena, file, &key, &error));
    assert_false(seal_key_open(arena, "build/no/such/folder.key", &key, &error));
    unlink(file);
    assert_true(seal_key_open(arena, file, &key, &error));
    assert_int_equal(stat(file, &status), 0);
    assert_int_equal(status.st_mode & 0777, 0600);
    unlink(file);
    arena_destroy(&arena);
}
