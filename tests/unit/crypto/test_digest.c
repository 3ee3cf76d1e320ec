/*
 * test_digest.c - digests agree with the published examples.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "base/arena.h"
#include "crypto/digest.h"

static const char abc_digest[] = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";

void test_digest__sha256_of_abc(void **state)
{
    uint8_t digest[SHA256_SIZE];
    char text[SHA256_TEXT_SIZE];

    (void)state;
    digest_sha256("abc", 3, digest);
    digest_format(digest, text);
    assert_string_equal(text, abc_digest);
}

void test_digest__pieces_give_the_same(void **state)
{
    struct arena *arena = arena_create();
    struct digest *digest = digest_begin(arena);
    uint8_t bytes[SHA256_SIZE];
    char text[SHA256_TEXT_SIZE];

    (void)state;
    digest_add(digest, "a", 1);
    digest_add(digest, "", 0);
    digest_add(digest, "bc", 2);
    digest_end(digest, bytes);
    digest_format(bytes, text);
    assert_string_equal(text, abc_digest);
    arena_destroy(&arena);
}

void test_digest__sha1_of_abc(void **state)
{
    static const uint8_t expected[] = {0xa9, 0x99, 0x3e, 0x36, 0x47, 0x06, 0x81, 0x6a, 0xba, 0x3e,
                                       0x25, 0x71, 0x78, 0x50, 0xc2, 0x6c, 0x9c, 0xd0, 0xd8, 0x9d};
    uint8_t digest[SHA1_SIZE];

    (void)state;
    digest_sha1("abc", 3, digest);
    assert_memory_equal(digest, expected, sizeof(expected));
}

/* RFC 4231, test case 2. */
void test_digest__hmac_of_rfc_4231(void **state)
{
    static const char data[] = "what do ya want for nothing?";
    uint8_t digest[SHA256_SIZE];
    char text[SHA256_TEXT_SIZE];

    (void)state;
    digest_hmac_sha256("Jefe", 4, data, strlen(data), digest);
    digest_format(digest, text);
    assert_string_equal(text, "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
}

void test_digest__compares(void **state)
{
    (void)state;
    assert_true(digest_is_equal("abcd", "abcd", 4));
    assert_false(digest_is_equal("abcd", "abce", 4));
    assert_false(digest_is_equal("abcd", "Abcd", 4));
    assert_true(digest_is_equal("a", "b", 0));
}
