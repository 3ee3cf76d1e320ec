/*
 * test_domain.c - domains in their two forms.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/arena.h"
#include "text/domain.h"

void test_domain__has_two_forms(void **state)
{
    static const char *const forms[][2] = {
        {"почта.рф", "xn--80a1acny.xn--p1ai"},
        {"example.com", "example.com"},
        {"faß.de", "xn--fa-hia.de"},
        {"例え.テスト", "xn--r8jz45g.xn--zckzah"},
        {"مثال.إختبار", "xn--mgbh0fb.xn--kgbechtv"},
        {"bücher.example.com", "xn--bcher-kva.example.com"},
    };
    struct arena *arena = arena_create();

    (void)state;
    for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
        assert_string_equal(text_domain_to_ascii(arena, forms[i][0]), forms[i][1]);
        assert_string_equal(text_domain_to_ascii(arena, forms[i][1]), forms[i][1]);
        assert_string_equal(text_domain_to_letters(arena, forms[i][1]), forms[i][0]);
        assert_string_equal(text_domain_to_letters(arena, forms[i][0]), forms[i][0]);
    }
    arena_destroy(&arena);
}

void test_domain__capitals_and_wide_letters_are_put_away(void **state)
{
    static const char *const same[] = {"ПОЧТА.РФ", "Почта。рф", "XN--80A1ACNY.xn--P1AI",
                                       "почта.xn--p1ai"};
    struct arena *arena = arena_create();

    (void)state;
    for (size_t i = 0; i < sizeof(same) / sizeof(same[0]); i++) {
        assert_string_equal(text_domain_to_letters(arena, same[i]), "почта.рф");
        assert_string_equal(text_domain_to_ascii(arena, same[i]), "xn--80a1acny.xn--p1ai");
    }
    arena_destroy(&arena);
}

void test_domain__what_can_be_none(void **state)
{
    static const char *const wrong[] = {"почта..рф", "поч та.рф",  "xn--zzzzzz.com",
                                        "-почта.рф", "почта\n.рф", "поч<та.рф",
                                        "\xD0.рф",   "xn--",       "поч\xE2\x80\xAEта.рф"};
    struct arena *arena = arena_create();
    char *endless = arena_allocate(arena, 4001);

    (void)state;
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        assert_null(text_domain_to_ascii(arena, wrong[i]));
        assert_ptr_equal(text_domain_to_letters(arena, wrong[i]), wrong[i]);
    }
    for (size_t i = 0; i < 4000; i += 2) {
        memcpy(endless + i, "ж", 2);
    }
    assert_null(text_domain_to_ascii(arena, endless));
    assert_ptr_equal(text_domain_to_letters(arena, endless), endless);
    arena_destroy(&arena);
}

/* Whatever programs call their domains, it is not our business. */
void test_domain__one_form_is_left_alone(void **state)
{
    static const char *const alone[] = {"Example.COM", "[127.0.0.1]", "a_b", "", "..", "xxn-x"};
    struct arena *arena = arena_create();

    (void)state;
    for (size_t i = 0; i < sizeof(alone) / sizeof(alone[0]); i++) {
        assert_ptr_equal(text_domain_to_ascii(arena, alone[i]), alone[i]);
        assert_ptr_equal(text_domain_to_letters(arena, alone[i]), alone[i]);
    }
    arena_destroy(&arena);
}
