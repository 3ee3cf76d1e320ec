/* URLs that the platform connects to: taken apart, and refused where they are not plain. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/arena.h"
#include "base/url.h"

void test_url__is_taken_apart(void **state)
{
    static const struct {
        const char *text;
        bool is_https;
        const char *host;
        int port;
        const char *target;
        bool is_numeric;
    } samples[] = {
        {"http://erp.example", false, "erp.example", 80, "/", false},
        {"HTTPS://erp.example/", true, "erp.example", 443, "/", false},
        {"https://erp.example:8443/in?x=1&y=%20", true, "erp.example", 8443, "/in?x=1&y=%20",
         false},
        {"http://erp.example?x", false, "erp.example", 80, "/?x", false},
        {"http://erp.example:/a", false, "erp.example", 80, "/a", false},
        {"http://10.0.0.1:80/a", false, "10.0.0.1", 80, "/a", true},
        {"http://[::1]:81/a", false, "::1", 81, "/a", true},
        {"http://[2001:db8::1]", false, "2001:db8::1", 80, "/", true},
    };
    struct arena *arena = arena_create();

    (void)state;
    for (size_t i = 0; i < sizeof(samples) / sizeof(samples[0]); i++) {
        struct url url;
        assert_true(url_parse(arena, samples[i].text, &url));
        assert_int_equal(url.is_https, samples[i].is_https);
        assert_string_equal(url.host, samples[i].host);
        assert_int_equal(url.port, samples[i].port);
        assert_string_equal(url.target, samples[i].target);
        assert_int_equal(url.is_numeric, samples[i].is_numeric);
    }
    arena_destroy(&arena);
}

void test_url__what_is_not_plain_is_refused(void **state)
{
    static const char *const samples[] = {
        "",
        "erp.example",
        "ftp://erp.example/",
        "file:///etc/passwd",
        "http:/erp.example",
        "http://",
        "http:///a",
        "http://:80/",
        "http://user@erp.example/",
        "http://user:word@erp.example/",
        "http://erp.example#part",
        "http://erp.example/#part",
        "http://erp.example/a b",
        "http://erp.example/\r\nHost: other",
        "http://erp.example\\@other/",
        "http://erp.example:0/",
        "http://erp.example:65536/",
        "http://erp.example:80x/",
        "http://erp.example:-1/",
        "http://[::1/",
        "http://::1/",
        "http://[10.0.0.1]/",
        "http://[fe80::1%25eth0]/",
        "http://\xd0\xbf.example/",
    };
    struct arena *arena = arena_create();

    (void)state;
    for (size_t i = 0; i < sizeof(samples) / sizeof(samples[0]); i++) {
        struct url url;
        if (url_parse(arena, samples[i], &url)) {
            fail_msg("%s", samples[i]);
        }
    }
    arena_destroy(&arena);
}

void test_url__knows_the_same_server(void **state)
{
    struct arena *arena = arena_create();
    struct url left, right;

    (void)state;
    assert_true(url_parse(arena, "https://erp.example/a", &left));
    assert_true(url_parse(arena, "https://ERP.example:443/b", &right));
    assert_true(url_is_same_server(&left, &right));
    assert_true(url_parse(arena, "http://erp.example:443/a", &right));
    assert_false(url_is_same_server(&left, &right));
    assert_true(url_parse(arena, "https://erp.example.net/a", &right));
    assert_false(url_is_same_server(&left, &right));
    arena_destroy(&arena);
}
