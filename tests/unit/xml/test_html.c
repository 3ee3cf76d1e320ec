/*
 * test_html.c - what is shown of HTML runs nothing and fetches nothing.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "base/arena.h"
#include "base/buffer.h"
#include "support/harmless.h"
#include "xml/html.h"

static const struct {
    const char *html, *clean;
} samples[] = {
    {"<p onclick=\"x()\">a<b>c</b></p>", "<p>a<b>c</b></p>"},
    {"<p>a</p><script>alert(1)</script>", "<p>a</p>"},
    {"<style>p{background:url(x)}</style><p>a</p>", "<p>a</p>"},
    {"<p>a<iframe src=x></iframe><object data=x></object><embed src=x></p>", "<p>a</p>"},
    {"<svg onload=alert(1)><p>x</p></svg><p>a</p>", "<p>a</p>"},
    {"<form action=x><p>a<input name=y></p></form>", "<p>a</p>"},
    {"<a href=\"javascript:x\">a</a>", "<a>a</a>"},
    {"<a href=\"java\tscr\nipt:x\">a</a>", "<a>a</a>"},
    {"<a href=\"&#106;avascript&colon;x\">a</a>", "<a>a</a>"},
    {"<a href=\"data:text/html,x\">a</a>", "<a>a</a>"},
    {"<a href=\"https://x.org/?a=1&amp;b=&quot;\">a</a>",
     "<a href=\"https://x.org/?a=1&amp;b=&quot;\" rel=\"noopener noreferrer nofollow\" "
     "target=\"_blank\">a</a>"},
    {"<p><img src=\"cid:a@b\" onerror=x alt=\"p\"></p>", "<p><img src=\"cid:a@b\" alt=\"p\"></p>"},
    {"<p><img src=\"https://x.org/t.gif\"></p>", "<p><img data-src=\"https://x.org/t.gif\"></p>"},
    {"<p><img src=\"data:image/svg+xml,x\"></p>", "<p><img></p>"},
    {"<p style=\"color:red;background:url(x);position:fixed;width:10px\">a</p>",
     "<p style=\"color:red;width:10px;\">a</p>"},
    {"<p style=\"width:expression(x)\">a</p>", "<p>a</p>"},
    {"<p style=\"color:\\75rl(x)\">a</p>", "<p>a</p>"},
    {"<unknown>a</unknown><o:p>b</o:p>", "ab"},
    {"<!--[if mso]><p>x</p><![endif]--><p>a</p>", "<p>a</p>"},
    {"<!-- <a href=\"x> old --><p>Hello <b>Bob</b></p><p class=\"c\">World</p>",
     "<p>Hello <b>Bob</b></p><p>World</p>"},
    {"<!-- <a <b title='--><p title=\"x\">a</p><!-- <a b--><p>c</p><!--><p>d</p><!-- '> -->",
     "<p title=\"x\">a</p><p>c</p>"},
    {"<p title=\"<!-- a\">a<b title='-->'>b</b></p>",
     "<p title=\"&lt;!-- a\">a<b title=\"--&gt;\">b</b></p>"},
    {"<script>a<!--b</script><p>c</p><!-- d -->", "<p>c</p>"},
    {"<noscript><p title=\"</noscript><img src=x onerror=alert(1)>\">x</p></noscript><p>a</p>",
     "<p>a</p>"},
    {"<meta charset=koi8-r><p>Привет</p>", "<p>Привет</p>"},
    {"", ""},
};

void test_html__is_made_harmless(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(samples) / sizeof(samples[0]); i++) {
        struct arena *arena = arena_create();
        const char *clean = NULL;
        html_read(arena, samples[i].html, strlen(samples[i].html), &clean, NULL);
        assert_string_equal(clean, samples[i].clean);
        assert_true(harmless_is_html(clean));
        arena_destroy(&arena);
    }
}

/* What holds clean HTML against what it may not be sees what is not clean. */
void test_html__is_held_against_what_does_harm(void **state)
{
    static const char *const harmful[] = {
        "<p onclick=\"x()\">a</p>",
        "<script>x()</script>",
        "<svg></svg>",
        "<a href=\"javascript:x\">a</a>",
        "<img src=\"https://x.org/t.gif\">",
        "<img src=\"data:image/svg+xml,x\">",
        "<p style=\"position:fixed\">a</p>",
        "<p style=\"color:URL(x)\">a</p>",
        "<p title=\"a\" onclick=x>a</p>",
        "<p>a",
        "</p>",
        "<p><a href=\"https://x.org",
        "<!-- a -->",
        "a < b",
    };

    (void)state;
    for (size_t i = 0; i < sizeof(harmful) / sizeof(harmful[0]); i++) {
        assert_false(harmless_is_html(harmful[i]));
    }
}

/* Cleaning what is clean changes nothing: nothing in it is read in another way the second time. */
void test_html__stays_as_it_was_made(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(samples) / sizeof(samples[0]); i++) {
        struct arena *arena = arena_create();
        const char *again = NULL;
        if (strstr(samples[i].clean, "data-src") == NULL && strchr(samples[i].clean, '<') != NULL) {
            html_read(arena, samples[i].clean, strlen(samples[i].clean), &again, NULL);
            assert_string_equal(again, samples[i].clean);
        }
        arena_destroy(&arena);
    }
}

void test_html__reads_as_text(void **state)
{
    static const char html[] = "<head><title>x</title></head><p>One &amp;\n  two&nbsp;three</p>"
                               "<p>a<br>b</p><ul><li>c<li>d</ul><pre>  e\n f</pre>"
                               "<table><tr><td>g<td>h</table><script>x</script>";
    struct arena *arena = arena_create();
    const char *text = NULL;

    (void)state;
    html_read(arena, html, strlen(html), NULL, &text);
    assert_string_equal(text, "One & two three\n\na\nb\n\n- c\n- d\n  e\n f\ng h\n");
    arena_destroy(&arena);
}

/* Deeper than libxml2 follows: the text is there all the same. */
void test_html__loses_no_text_in_the_depth(void **state)
{
    struct arena *arena = arena_create();
    struct buffer html;
    const char *clean = NULL, *text = NULL;

    (void)state;
    buffer_init(&html, arena, 64);
    for (int i = 0; i < 5000; i++) {
        buffer_add_text(&html, "<div>");
    }
    buffer_add_text(&html, "deep &amp; <b>down</b>");
    html_read(arena, html.bytes, html.length, &clean, &text);
    assert_non_null(strstr(text, "deep"));
    assert_non_null(strstr(clean, "down"));
    assert_null(strchr(clean, '<'));
    arena_destroy(&arena);
}

/* Before a tag, a reference or a character that does not fit; with the ends of what is open. */
void test_html__is_cut_between_pieces(void **state)
{
    static const char clean[] = "<p title=\"x\">a<b>\xD0\x96&amp;</b>c</p><br>end";
    static const struct {
        size_t most;
        const char *cut;
    } cuts[] = {
        {sizeof(clean), clean},
        {sizeof(clean) - 1, clean},
        {39, "<p title=\"x\">a<b>\xD0\x96&amp;</b>c</p><br>en"},
        {36, "<p title=\"x\">a<b>\xD0\x96&amp;</b>c</p>"},
        {32, "<p title=\"x\">a<b>\xD0\x96&amp;</b></p>"},
        {31, "<p title=\"x\">a<b>\xD0\x96</b></p>"},
        {26, "<p title=\"x\">a<b></b></p>"},
        {24, "<p title=\"x\">a</p>"},
        {17, "<p title=\"x\"></p>"},
        {16, ""},
        {0, ""},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cuts) / sizeof(cuts[0]); i++) {
        struct arena *arena = arena_create();
        assert_string_equal(html_cut(arena, clean, cuts[i].most), cuts[i].cut);
        arena_destroy(&arena);
    }
}

/* ---- tags of more attributes than anybody needs ---- */

enum { MEBIBYTE = 1024 * 1024 };

/* The parser would take minutes for each. */
void test_html__a_megabyte_of_attributes_is_no_trouble(void **state)
{
    static const struct {
        const char *begin, *format, *end;
    } tricks[] = {
        {"<p", " a%d", ">b"},
        {"<p", " a%d=c", ">b"},
        {"<p", " a%d=\">\"", ">b"},
        {"<p", " a%d='<p'", ">b"},
        {"<p", " a%d=<p", ">b"},
        {"<p", " <p a%d", ">b"},
        {"<p", " x=\"<p\"a%d", ">b"},
        {"<p", "\n\"a%d=\" a%d", ">b"},
        {"<!-- <p a=\" --><p", " a%d", ">b"},
        {"<script>if(a<b)c='</script><p", " a%d", ">b"},
        {"<script><!--</script><p a=\"-->\"", " a%d", ">b"},
        {"<!--><p a='-->'", " a%d", ">b"},
        {"<p>", "<!-- %d", "b"},
        {"<p title='", " a%d", "'>b"},
        {"<_", " a%d", ">b"},
        {"</p", " a%d", ">b"},
        {"<!p", " a%d", ">b"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(tricks) / sizeof(tricks[0]); i++) {
        struct arena *arena = arena_create();
        struct buffer html;
        const char *clean = NULL;
        buffer_init(&html, arena, 64);
        buffer_add_text(&html, tricks[i].begin);
        for (int number = 0; html.length < MEBIBYTE; number++) {
            buffer_add_format(&html, tricks[i].format, number, number);
        }
        buffer_add_text(&html, tricks[i].end);
        html_read(arena, html.bytes, html.length, &clean, NULL);
        assert_true(harmless_is_html(clean));
        arena_destroy(&arena);
    }
}

/* The first hundred count, and what follows the tag is there. */
void test_html__a_tag_has_a_hundred_attributes(void **state)
{
    struct arena *arena = arena_create();
    struct buffer html;
    const char *clean = NULL;

    (void)state;
    buffer_init(&html, arena, 64);
    buffer_add_text(&html, "<p");
    for (int i = 1; i < 100; i++) {
        buffer_add_format(&html, " a%d = 'b'", i);
    }
    buffer_add_text(&html,
                    " lang=\"en\" title=\"left out\" a b><i dir=ltr title='a<b>\"c'>d</i></p>");
    html_read(arena, html.bytes, html.length, &clean, NULL);
    assert_string_equal(clean, "<p lang=\"en\"><i dir=\"ltr\" "
                               "title=\"a&lt;b&gt;&quot;c\">d</i></p>");
    arena_destroy(&arena);
}
