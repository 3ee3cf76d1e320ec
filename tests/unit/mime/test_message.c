/*
 * test_message.c - headers, texts and parts, one matter a test.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "base/arena.h"
#include "mime/describe.h"

static struct arena *arena;

static struct mime_message *read_with(const char *head, const char *body)
{
    return read_text(arena, arena_format(arena, "From: ann@example.com\n%s\n%s", head, body));
}

void test_message__subject_is_decoded_whatever_it_was_written_in(void **state)
{
    static const struct {
        const char *raw, *subject;
    } subjects[] = {
        {"=?koi8-r?B?8NLJ18XU?=", "Привет"},
        {"=?windows-1251?Q?=CF=F0=E8=E2=E5=F2?= =?windows-1251?Q?_=EC=E8=F0?=", "Привет мир"},
        {"=?utf-8?B?0J/RgNC40LLQtdGC?=", "Привет"},
        {"=?utf-8?B?0J/RgNC40LI=?= =?utf-8?B?0LXRgg==?=", "Привет"},
        {"=?utf-8?Q?=D0=9F=D1?= =?utf-8?Q?=80=D0=B8?=", "При"}, /* cut within a character */
        {"=?iso-2022-jp?B?GyRCRnxLXDhsGyhC?=", "日本語"},
        {"=?gb18030?B?1tDOxA==?=", "中文"},
        {"=?gb2312?B?6UY=?=", "镕"}, /* not of gb2312 but of what is meant */
        {"=?utf-7?Q?+BB8EQAQ4BDIENQRC-?=", "Привет"},
        {"=?us-ascii?Q?=D0=9F=D1=80=D0=B8=D0=B2=D0=B5=D1=82?=", "Привет"},
        {"=?iso-8859-1?Q?=D0=9F=D1=80=D0=B8?=", "При"}, /* a wrong label */
        {"=?utf-8?Q?=CF=F0=E8=E2=E5=F2,_=EC=E8=F0?=", "Привет, мир"},
        {"=?nonsense?Q?plain?=", "plain"},
        {"\xF0\xD2\xC9\xD7\xC5\xD4 \xCD\xC9\xD2", "Привет мир"}, /* koi8-r as it is */
        {"\xCF\xF0\xE8\xE2\xE5\xF2 \xEC\xE8\xF0", "Привет мир"}, /* windows-1251 */
        {"\x1B$BF|K\\8l\x1B(B", "日本語"},
        {"plain =?utf-8?Q?=E2=82=AC?= 5", "plain € 5"},
        {"=?utf-8?Q?a=0D=0ABcc:_x@y?=", "a  Bcc: x@y"}, /* no line of its own */
        {"a\n  folded\n\tline", "a  folded line"},
        {"=?utf-8?Q?unfinished", "=?utf-8?Q?unfinished"},
    };

    (void)state;
    arena = arena_create();
    for (size_t i = 0; i < sizeof(subjects) / sizeof(subjects[0]); i++) {
        const char *head = arena_format(arena, "Subject: %s\n", subjects[i].raw);
        assert_string_equal(read_with(head, "")->subject, subjects[i].subject);
    }
    arena_destroy(&arena);
}

void test_message__addresses_are_flattened_and_normalised(void **state)
{
    (void)state;
    arena = arena_create();
    const struct mime_message *message = read_text(
        arena, "From: =?koi8-r?B?4c7OwQ==?= <Ann@Example.COM>, \"'Bob'\" <bob@x.org>\n"
               "To: Friends: \"Doe, John\" <john@x.org>, =?utf-8?Q?=D0=9E?= <o@x.org>;, a@x.org,\n"
               " A@X.org, undisclosed-recipients:;\n"
               "Cc: c1@x.org\nCc: c2@x.org\n"
               "Reply-To: ann@example.com <ann@example.com>\n\n");
    assert_int_equal(message->from.count, 2);
    assert_string_equal(message->from.items[0].name, "Анна");
    assert_string_equal(message->from.items[0].address, "Ann@Example.COM");
    assert_string_equal(message->from.items[0].compared, "ann@example.com");
    assert_string_equal(message->from.items[1].name, "Bob");
    assert_int_equal(message->to.count, 3);
    assert_string_equal(message->to.items[0].name, "Doe, John");
    assert_string_equal(message->to.items[1].name, "О");
    assert_string_equal(message->to.items[2].compared, "a@x.org");
    assert_int_equal(message->cc.count, 2);
    assert_null(message->reply_to.items[0].name);
    arena_destroy(&arena);
}

/* A domain in letters, in ASCII and in capitals is one; so the address is in the list once. */
void test_message__a_domain_is_one_in_both_of_its_forms(void **state)
{
    (void)state;
    arena = arena_create();
    const struct mime_message *message =
        read_text(arena, "From: Ann <ann@xn--80a1acny.xn--p1ai>\n"
                         "To: ann@почта.рф, Ann@XN--80A1ACNY.XN--P1AI, ann@ПОЧТА.рф\n"
                         "Cc: ann@xn--zzzzzz.com, почта@почта.рф\n\n");
    assert_string_equal(message->from.items[0].compared, "ann@почта.рф");
    assert_int_equal(message->to.count, 1);
    assert_string_equal(message->to.items[0].compared, "ann@почта.рф");
    assert_string_equal(message->cc.items[0].compared, "ann@xn--zzzzzz.com");
    assert_string_equal(message->cc.items[1].compared, "почта@почта.рф");
    assert_string_equal(mime_wire_address(arena, "ann@почта.рф"), "ann@xn--80a1acny.xn--p1ai");
    assert_string_equal(mime_wire_address(arena, "Ann@x.org"), "Ann@x.org");
    assert_null(mime_wire_address(arena, "ann"));
    assert_null(mime_wire_address(arena, "ann@поч та.рф"));
    assert_string_equal(mime_compared_address(arena, "Ann"), "ann");
    assert_string_equal(mime_bare_address(arena, "a+b+c@x+y.org"), "a+b@x+y.org");
    assert_null(mime_bare_address(arena, "a+@x.org"));
    assert_null(mime_bare_address(arena, "+a@x.org"));
    assert_null(mime_bare_address(arena, "a@x+y.org"));
    assert_null(mime_bare_address(arena, "a+b"));
    arena_destroy(&arena);
}

void test_message__an_address_is_as_long_as_it_has_characters(void **state)
{
    char address[1000] = "";

    (void)state;
    arena = arena_create();
    for (int i = 0; i < 314; i++) {
        strcat(address, "Ж");
    }
    strcat(address, "@x.org");
    assert_int_equal(read_with(arena_format(arena, "To: <%s>\n", address), "")->to.count, 1);
    assert_int_equal(read_with(arena_format(arena, "To: <x%s>\n", address), "")->to.count, 0);
    arena_destroy(&arena);
}

void test_message__ids_are_normalised_and_bounded(void **state)
{
    (void)state;
    arena = arena_create();
    const struct mime_message *message =
        read_with("Message-ID: < \"Local.Part\"@Example.COM(comment) >\n"
                  "In-Reply-To: Your message of Monday <One@A.org>\n"
                  "References: <zero@a.org> <one@A.org>\n <zero@a.org><two@b.org>\n",
                  "");
    assert_string_equal(message->message_id, "Local.Part@example.com");
    assert_string_equal(message->in_reply_to, "One@a.org");
    assert_int_equal(message->reference_count, 3);
    assert_string_equal(message->references[0], "zero@a.org");
    assert_string_equal(message->references[2], "two@b.org");
    char *tail = arena_allocate(arena, 401);
    memset(tail, 'x', 400);
    message = read_with(arena_format(arena, "Message-ID: <%s@a.org>\n", tail), "");
    assert_memory_equal(message->message_id, "sha256:", 7);
    assert_int_equal(strlen(message->message_id), 7 + 64);
    assert_null(read_with("Message-ID: <>\n", "")->message_id);
    arena_destroy(&arena);
}

void test_message__what_outlook_calls_a_conversation_is_what_answers_keep(void **state)
{
    static const char *const none[] = {
        "",
        "Thread-Index: \n",
        "Thread-Index: AcT9+CU=\n",
        "Thread-Index: nonsense!\n",
        "Thread-Index: AAAAAAAAAAAAAAAAAAAAAAAAAAAAAA==\n", /* twenty-two bytes of nothing */
    };

    (void)state;
    arena = arena_create();
    const char *begun =
        read_with("Thread-Index: AcT9+CUlRgRKMiKZSj+BjT+PHEf8rQ==\n", "")->thread_index;
    assert_string_equal(begun, "01c4fdf8252546044a3222994a3f818d3f8f1c47fcad");
    /* two answers later, folded */
    assert_string_equal(
        begun, read_with("Thread-Index: AcT9+CUlRgRKMiKZSj+BjT+PHEf8\n\trQAAdMaHAAC3sd0=\n", "")
                   ->thread_index);
    assert_string_not_equal(
        begun, read_with("Thread-Index: AcT9+CUlRgRKMiKZSj+BjT+PHEf8rg==\n", "")->thread_index);
    for (size_t i = 0; i < sizeof(none) / sizeof(none[0]); i++) {
        assert_null(read_with(none[i], "")->thread_index);
    }
    arena_destroy(&arena);
}

/* The ids that a message with others in it forwards, NULL: none. */
static const char *forwarded_by(const char *head, const char *first, const char *second)
{
    const char *const ids[] = {first, second};
    const char *body = "--b\n\nSee below.\n";

    for (size_t i = 0; i < 2; i++) {
        if (ids[i] != NULL) {
            body =
                arena_format(arena, "%s--b\nContent-Type: message/rfc822\n\n%sFrom: c@x.org\n\nx\n",
                             body, ids[i]);
        }
    }
    const struct mime_message *message = read_with(
        arena_format(arena, "%sMIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=b\n",
                     head),
        arena_format(arena, "%s--b--\n", body));
    const char *text = NULL;
    for (size_t i = 0; i < message->forwarded_count; i++) {
        text = arena_format(arena, "%s%s%s", text == NULL ? "" : text, text == NULL ? "" : " ",
                            message->forwarded_ids[i]);
    }
    return text;
}

void test_message__a_forward_says_what_it_forwards(void **state)
{
    (void)state;
    arena = arena_create();
    const char *told = "X-Forwarded-Message-Id: <told@x.org>\n";
    assert_string_equal(forwarded_by("", "Message-ID: <One@X.org>\n", NULL), "One@x.org");
    assert_string_equal(forwarded_by(told, NULL, NULL), "told@x.org");
    assert_string_equal(forwarded_by(told, "", NULL), "told@x.org"); /* the other bears no id */
    assert_string_equal(forwarded_by("",
                                     "References: <1@x>\n <2@x>\nMessage-ID: <3@x>\n"
                                     "In-Reply-To: <2@x>\n",
                                     NULL),
                        "1@x 2@x 3@x");
    assert_null(forwarded_by("", NULL, NULL));
    assert_null(forwarded_by("", "", NULL));
    /* of several none */
    assert_null(forwarded_by("", "Message-ID: <1@x>\n", "Message-ID: <2@x>\n"));
    assert_null(forwarded_by("X-Forwarded-Message-Id: <1@x> <2@x>\n", NULL, NULL));
    arena_destroy(&arena);
}

void test_message__date_keeps_its_offset_or_is_put_right(void **state)
{
    static const char received[] = "Received: by b; Mon, 1 Jan 2024 10:00:09 +0100\n"
                                   "Received: by a; Mon, 1 Jan 2024 12:00:00 +0300 (MSK)\n";
    static const int64_t moment = 1704099600000; /* 2024-01-01T09:00:00Z */
    static const char *const impossible[] = {"", "Date: never\n",
                                             "Date: Mon, 1 Jan 3024 12:00:00 +0300\n",
                                             "Date: Thu, 1 Jan 1970 00:00:00 +0000\n"};

    (void)state;
    arena = arena_create();
    struct mime_date date = read_with("Date: Mon, 1 Jan 2024 12:00:00 +0300\n", "")->date;
    assert_true(date.is_known && !date.is_repaired);
    assert_int_equal(date.moment, moment);
    assert_int_equal(date.offset_minutes, 180);
    for (size_t i = 0; i < sizeof(impossible) / sizeof(impossible[0]); i++) {
        const char *head = arena_format(arena, "%s%s", received, impossible[i]);
        date = read_with(head, "")->date;
        assert_true(date.is_known && date.is_repaired);
        assert_int_equal(date.moment, moment);
        assert_false(read_with(impossible[i], "")->date.is_known);
    }
    arena_destroy(&arena);
}

void test_message__text_is_chosen_and_html_is_kept_and_cleaned(void **state)
{
    static const char body[] =
        "--m\nContent-Type: multipart/related; boundary=r\n\n"
        "--r\nContent-Type: multipart/alternative; boundary=a\n\n"
        "--a\nContent-Type: text/plain; charset=koi8-r\n\n\xF0\xD2\xC9\xD7\xC5\xD4\n"
        "--a\nContent-Type: text/html; charset=utf-8\n\n"
        "<p onclick=x()>Привет<img src=\"cid:logo@X\"><script>alert(1)</script></p>\n"
        "--a--\n"
        "--r\nContent-Type: image/png\nContent-ID: <logo@X>\n\npng\n--r--\n"
        "--m\nContent-Type: text/plain\n\nof the list\n"
        "--m\nContent-Type: text/plain; name=log.txt\n\nlog\n--m--\n";

    (void)state;
    arena = arena_create();
    const struct mime_message *message =
        read_with("MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=m\n", body);
    assert_string_equal(message->text, "Привет\nof the list");
    assert_non_null(strstr(message->html, "<script>alert(1)</script>"));
    assert_string_equal(message->clean_html,
                        "<p>Привет<img src=\"cid:logo@X\"></p><pre>of the list</pre>");
    assert_int_equal(message->part_count, 2);
    assert_int_equal(message->parts[0].kind, MIME_INLINE);
    assert_string_equal(message->parts[0].content_id, "logo@X");
    assert_string_equal(message->parts[1].name, "log.txt");
    assert_string_equal(content_of(arena, &message->parts[1]), "log");
    arena_destroy(&arena);
}

void test_message__parts_are_told_apart(void **state)
{
    static const struct {
        const char *head, *name;
        enum mime_part_kind kind;
    } parts[] = {
        {"Content-Type: text/calendar; method=REQUEST", "attachment-1.ics", MIME_CALENDAR},
        {"Content-Type: application/ms-tnef; name=winmail.dat", "winmail.dat", MIME_TNEF},
        {"Content-Type: application/octet-stream; name=WINMAIL.DAT", "WINMAIL.DAT", MIME_TNEF},
        {"Content-Type: application/pkcs7-mime; smime-type=enveloped-data; name=smime.p7m",
         "smime.p7m", MIME_ENCRYPTED},
        {"Content-Type: application/pgp-signature", "attachment-5.asc", MIME_SIGNATURE},
        {"Content-Type: message/rfc822\n\nFrom: x@y", "attachment-6.eml", MIME_MESSAGE},
        {"Content-Type: application/pdf; name*=koi8-r'ru'%F0%D2%C9.pdf", "При.pdf",
         MIME_ATTACHMENT},
        {"Content-Type: application/pdf; name*0=\"long \"; name*1=\"name.pdf\"", "long name.pdf",
         MIME_ATTACHMENT},
    };
    enum { PARTS = sizeof(parts) / sizeof(parts[0]) };
    const char *body = "";

    (void)state;
    arena = arena_create();
    for (size_t i = 0; i < PARTS; i++) {
        body = arena_format(arena, "%s--b\n%s\n\nx\n", body, parts[i].head);
    }
    const struct mime_message *message =
        read_with("MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=b\n",
                  arena_format(arena, "%s--b--\n", body));
    assert_int_equal(message->part_count, PARTS);
    for (size_t i = 0; i < PARTS; i++) {
        assert_string_equal(message->parts[i].name, parts[i].name);
        assert_int_equal(message->parts[i].kind, parts[i].kind);
    }
    assert_string_equal(content_of(arena, &message->parts[5]), "From: x@y\n\nx");
    assert_true(message->is_signed && message->is_encrypted);
    arena_destroy(&arena);
}

void test_message__bytes_of_a_part_are_decoded_and_can_be_read_again(void **state)
{
    (void)state;
    arena = arena_create();
    const struct mime_message *message =
        read_with("MIME-Version: 1.0\nContent-Type: application/x-test\n"
                  "Content-Transfer-Encoding: base64\n",
                  "SGVs\nbG8s\n IHdvcmxk\n");
    assert_int_equal(message->part_count, 1);
    assert_int_equal(message->parts[0].size, 12);
    assert_string_equal(content_of(arena, &message->parts[0]), "Hello, world");
    assert_string_equal(content_of(arena, &message->parts[0]), "Hello, world");
    arena_destroy(&arena);
}

void test_message__programs_and_loops_are_recognised(void **state)
{
    static const struct {
        const char *head;
        enum mime_kind kind;
    } heads[] = {
        {"Auto-Submitted: auto-replied (vacation)\n", MIME_AUTOMATIC},
        {"Auto-Submitted: no\n", MIME_ORDINARY},
        {"X-Autoreply: yes\n", MIME_AUTOMATIC},
        {"Precedence: bulk\n", MIME_ORDINARY},
        {"Precedence: auto_reply\n", MIME_AUTOMATIC},
        {"X-Failed-Recipients: x@y.org\n", MIME_BOUNCE},
        {"Content-Type: multipart/report; report-type=delivery-status; boundary=b\n", MIME_BOUNCE},
        {"Content-Type: multipart/report; report-type=disposition-notification; boundary=b\n",
         MIME_AUTOMATIC},
        {"Content-Type: multipart/report; report-type=feedback-report; boundary=b\n",
         MIME_AUTOMATIC},
        {"Content-Type: multipart/mixed; report-type=feedback-report; boundary=b\n", MIME_ORDINARY},
        {"Return-Path: <>\n", MIME_AUTOMATIC},
        {"Return-Path: <>\nAuto-Submitted: no\n", MIME_AUTOMATIC},
        {"Return-Path: <>\nX-Failed-Recipients: x@y.org\n", MIME_BOUNCE},
        {"Return-Path: <ann@example.com>\n", MIME_ORDINARY},
        {"X-Auto-Response-Suppress: OOF, AutoReply\n", MIME_AUTOMATIC},
        {"Delivered-To: a@x.org\nDelivered-To: A@x.org\n", MIME_LOOP},
        {"Delivered-To: a@x.org\nDelivered-To: b@x.org\n", MIME_ORDINARY},
    };
    const char *hops = "";

    (void)state;
    arena = arena_create();
    for (size_t i = 0; i < sizeof(heads) / sizeof(heads[0]); i++) {
        const char *head = arena_format(arena, "MIME-Version: 1.0\n%s", heads[i].head);
        assert_int_equal(read_with(head, "--b\n\nx\n--b--\n")->kind, heads[i].kind);
    }
    for (int i = 0; i < 51; i++) {
        hops = arena_format(arena, "%sReceived: by x; Mon, 1 Jan 2024 12:00:00 +0300\n", hops);
    }
    assert_int_equal(read_with(hops, "")->kind, MIME_LOOP);
    arena_destroy(&arena);
}

static const char *digest_of(const char *head, const char *body)
{
    return read_with(arena_format(arena, "To: b@x.org\nMIME-Version: 1.0\n%s", head), body)->digest;
}

void test_message__digest_is_of_what_relays_leave(void **state)
{
    static const char plain[] = "Message-ID: <1@a>\nDate: Mon, 1 Jan 2024 12:00:00 +0300\n"
                                "Subject: =?utf-8?Q?=D0=9F=D1=80=D0=B8?=\n"
                                "Content-Type: text/plain; charset=utf-8\n";
    static const char relayed[] = "Received: by relay; Mon, 1 Jan 2024 12:01:00 +0300\n"
                                  "Message-ID: <2@relay>\nDate: Mon, 01 Jan 2024 09:00:00 GMT\n"
                                  "Subject: =?koi8-r?B?8NLJ?=\n"
                                  "Content-Type: text/plain; charset=koi8-r\n"
                                  "Content-Transfer-Encoding: base64\n";

    (void)state;
    arena = arena_create();
    const char *digest = digest_of(plain, "Привет\n");
    assert_string_equal(digest, digest_of(relayed, "8NLJ18XUCg==\n"));
    assert_string_not_equal(digest, digest_of(plain, "Пока\n"));
    assert_string_not_equal(
        digest, digest_of("Date: Mon, 1 Jan 2024 12:00:01 +0300\nSubject: =?koi8-r?B?8NLJ?=\n"
                          "Content-Type: text/plain; charset=utf-8\n",
                          "Привет\n"));
    /* A relay that gives ids gives them to messages within it too; nothing else of them is free. */
    static const char forward[] = "Content-Type: multipart/mixed; boundary=b\n";
    static const char *const inner[] = {
        "Subject: a\nMessage-ID: <1@a>\n\nx",
        "X-Relay: 1\nSubject: a\nMessage-ID:\n <2@b>\n\nx",
        "Subject: a\nContent-Transfer-Encoding: base64\n\neA==",
        "Subject: b\nMessage-ID: <1@a>\n\nx",
        "Subject: a\nMessage-ID: <1@a>\n\ny",
        "Subject: a\nFrom: c@x.org\nMessage-ID: <1@a>\n\nx",
        "Subject: a\nContent-Type: message/rfc822\n\nSubject: b\n\nx",
    };
    for (size_t i = 0; i < sizeof(inner) / sizeof(inner[0]); i++) {
        const char *form = "--b\nContent-Type: message/rfc822\n\n%s\n--b--\n";
        const char *one = digest_of(forward, arena_format(arena, form, inner[0]));
        const char *other = digest_of(forward, arena_format(arena, form, inner[i]));
        assert_int_equal(strcmp(one, other) == 0, i < 3);
    }
    /* Without a date, two that were received apart are two. */
    assert_string_not_equal(digest_of("Received: by a; Mon, 1 Jan 2024 12:00:00 +0300\n", "x"),
                            digest_of("Received: by a; Mon, 1 Jan 2024 13:00:00 +0300\n", "x"));
    arena_destroy(&arena);
}
