/* Addresses, networks, and what is not the Internet at large. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/arena.h"
#include "base/error.h"
#include "base/network.h"

static bool has(const struct network_list *list, const char *text)
{
    struct network_address address;

    assert_true(network_address_parse(text, &address));
    return network_list_has(list, &address);
}

void test_network__a_list_has_what_is_in_its_networks(void **state)
{
    struct arena *arena = arena_create();
    struct network_list *list = NULL;
    struct error error = {0};

    (void)state;
    assert_true(network_list_parse(arena, " 10.0.0.0/8 , 2001:db8:1::/48,192.168.1.7,172.16.0.0/12",
                                   "test", &list, &error));
    assert_true(has(list, "10.255.0.1"));
    assert_false(has(list, "11.0.0.0"));
    assert_true(has(list, "172.31.255.255"));
    assert_false(has(list, "172.32.0.0"));
    assert_true(has(list, "192.168.1.7"));
    assert_false(has(list, "192.168.1.6"));
    assert_true(has(list, "2001:db8:1:ffff::1"));
    assert_false(has(list, "2001:db8:2::1"));
    assert_false(has(NULL, "10.0.0.1"));
    arena_destroy(&arena);
}

void test_network__nonsense_is_refused(void **state)
{
    static const char *const lists[] = {"10.0.0.0/33", "10.0.0",    "::1/129",
                                        "host",        "10.0.0.0/", "10.0.0.0/-1"};
    struct arena *arena = arena_create();
    struct network_list *list = NULL;

    (void)state;
    for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]); i++) {
        struct error error = {0};

        assert_false(network_list_parse(arena, lists[i], "test", &list, &error));
        assert_int_equal(error.code, ERROR_SETTING_INVALID);
    }
    arena_destroy(&arena);
}

static const struct {
    const char *text;
    bool is_public;
} addresses[] = {
    {"8.8.8.8", true},
    {"1.1.1.1", true},
    {"172.15.255.255", true},
    {"172.32.0.1", true},
    {"223.255.255.255", true},
    {"100.63.255.255", true},
    {"100.128.0.0", true},
    {"0.0.0.0", false},
    {"0.1.2.3", false},
    {"10.0.0.1", false},
    {"100.64.0.1", false},
    {"100.100.100.200", false},
    {"127.0.0.1", false},
    {"127.255.255.254", false},
    {"169.254.169.254", false},
    {"172.16.0.1", false},
    {"172.31.255.255", false},
    {"192.0.0.192", false},
    {"192.168.0.1", false},
    {"198.19.0.1", false},
    {"203.0.113.1", false},
    {"224.0.0.1", false},
    {"240.0.0.1", false},
    {"255.255.255.255", false},
    {"2a00:1450:4001::1", true},
    {"2606:4700::1111", true},
    {"::", false},
    {"::1", false},
    {"::7f00:1", false},
    {"::ffff:127.0.0.1", false},
    {"::ffff:169.254.169.254", false},
    {"::ffff:8.8.8.8", true},
    {"64:ff9b::7f00:1", false},
    {"64:ff9b::808:808", true},
    {"64:ff9b:1::1", false},
    {"2002:7f00:1::", false},
    {"2002:a9fe:a9fe::1", false},
    {"2002:808:808::1", true},
    {"2001::1", false},
    {"2001:db8::1", false},
    {"fc00::1", false},
    {"fd00:ec2::254", false},
    {"fe80::1", false},
    {"fec0::1", false},
    {"ff02::1", false},
};

void test_network__what_is_public(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(addresses) / sizeof(addresses[0]); i++) {
        struct network_address address;
        char text[NETWORK_TEXT_SIZE];

        assert_true(network_address_parse(addresses[i].text, &address));
        if (network_address_is_public(&address) != addresses[i].is_public) {
            fail_msg("%s", addresses[i].text);
        }
        network_address_format(&address, text);
        assert_true(strchr(addresses[i].text, ':') != NULL || strcmp(text, addresses[i].text) == 0);
    }
}
