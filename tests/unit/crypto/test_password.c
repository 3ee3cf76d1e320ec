/*
 * test_password.c - passwords and tokens.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "base/arena.h"
#include "base/error.h"
#include "crypto/password.h"
#include "crypto/random.h"
#include "crypto/token.h"

static char *repeat(struct arena *arena, char character, size_t count)
{
    char *text = arena_allocate(arena, count + 1);

    memset(text, character, count);
    return text;
}

void test_password__verifies_only_what_was_hashed(void **state)
{
    struct arena *arena = arena_create();
    struct error error = {0};
    const char *hash = NULL;

    (void)state;
    assert_true(password_hash(arena, "correct horse", &hash, &error));
    assert_int_equal(strncmp(hash, "$argon2id$", 10), 0);
    assert_true(password_verify(hash, "correct horse"));
    assert_false(password_verify(hash, "correct horsf"));
    assert_false(password_verify(hash, ""));
    assert_false(password_needs_rehash(hash));
    arena_destroy(&arena);
}

void test_password__same_password_never_the_same_hash(void **state)
{
    struct arena *arena = arena_create();
    struct error error = {0};
    const char *first = NULL;
    const char *second = NULL;

    (void)state;
    assert_true(password_hash(arena, "пароль", &first, &error));
    assert_true(password_hash(arena, "пароль", &second, &error));
    assert_string_not_equal(first, second);
    arena_destroy(&arena);
}

void test_password__length_at_the_limit_and_above(void **state)
{
    struct arena *arena = arena_create();
    struct error error = {0};
    const char *hash = NULL;

    (void)state;
    assert_true(password_hash(arena, repeat(arena, 'x', PASSWORD_BYTES_MAX), &hash, &error));
    assert_true(password_verify(hash, repeat(arena, 'x', PASSWORD_BYTES_MAX)));
    assert_false(password_verify(hash, repeat(arena, 'x', PASSWORD_BYTES_MAX + 1)));
    assert_false(password_hash(arena, repeat(arena, 'x', PASSWORD_BYTES_MAX + 1), &hash, &error));
    assert_int_equal(error.code, ERROR_LIMIT_EXCEEDED);
    arena_destroy(&arena);
}

void test_password__malformed_hash_verifies_nothing(void **state)
{
    struct arena *arena = arena_create();

    (void)state;
    assert_false(password_verify("", ""));
    assert_false(password_verify("$argon2id$", "x"));
    assert_false(password_verify(repeat(arena, '$', 300), "x"));
    assert_true(password_needs_rehash("$argon2id$v=19$m=8,t=1,p=1$c2FsdHNhbHQ$aGFzaA"));
    password_verify_nobody("x");
    arena_destroy(&arena);
}

void test_token__is_never_the_same_and_stored_as_digest(void **state)
{
    char first[TOKEN_TEXT_SIZE];
    char second[TOKEN_TEXT_SIZE];
    char digest[TOKEN_DIGEST_SIZE];
    char again[TOKEN_DIGEST_SIZE];

    (void)state;
    token_make(first);
    token_make(second);
    assert_int_equal(strlen(first), TOKEN_TEXT_SIZE - 1);
    assert_string_not_equal(first, second);
    assert_true(token_digest(first, digest));
    assert_true(token_digest(first, again));
    assert_string_equal(digest, again);
    assert_null(strstr(digest, first));
}

void test_token__refuses_other_text(void **state)
{
    char token[TOKEN_TEXT_SIZE + 1] = "";
    char digest[TOKEN_DIGEST_SIZE];

    (void)state;
    assert_false(token_digest("", digest));
    assert_false(token_digest("short", digest));
    token_make(token);
    token[5] = '+';
    assert_false(token_digest(token, digest));
    token[5] = 'A';
    token[TOKEN_TEXT_SIZE - 1] = 'A';
    assert_false(token_digest(token, digest));
}

void test_random__fills_every_byte(void **state)
{
    uint8_t bytes[64] = {0};
    uint8_t seen[64] = {0};

    (void)state;
    for (int round = 0; round < 16; round++) {
        random_bytes(bytes, sizeof(bytes));
        for (size_t i = 0; i < sizeof(bytes); i++) {
            seen[i] |= bytes[i];
        }
    }
    for (size_t i = 0; i < sizeof(seen); i++) {
        assert_int_not_equal(seen[i], 0);
    }
}
