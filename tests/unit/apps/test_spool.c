/*
 * test_spool.c - letters on disk: whole or not there, in order, bounded, one program's.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "apps/folder.h"
#include "apps/mail/domains.h"
#include "apps/mail/letter.h"
#include "apps/mail/spool.h"
#include "base/arena.h"
#include "base/array.h"
#include "base/buffer.h"
#include "base/error.h"

static struct arena *arena;
static const char *folder;
static struct spool *spool;
static struct array names;
static struct error error;

static bool open_again(int64_t bytes, int64_t messages)
{
    const struct spool_options options = {.folder = folder, .bytes = bytes, .messages = messages};

    return spool_open(arena, &options, &spool, &names, &error);
}

static void begin(int64_t bytes, int64_t messages)
{
    arena = arena_create();
    folder = arena_format(arena, "%s/spool", folder_make(arena));
    assert_true(open_again(bytes, messages));
    assert_int_equal(names.count, 0);
}

static void end(void)
{
    spool_close(&spool);
    arena_destroy(&arena);
}

static struct letter_envelope envelope(void)
{
    struct letter_envelope made = {.sender = "ann@example.com"};

    array_init(&made.recipients, arena);
    array_add(&made.recipients, "bob@example.org");
    array_add(&made.recipients, "\"a b\"@example.org");
    return made;
}

/* Begins a letter with a text. */
static bool write_letter(const char *text, struct spool_draft **draft_out)
{
    struct letter_envelope made = envelope();

    if (!spool_begin(arena, spool, &made, draft_out, &error)) {
        return false;
    }
    if (!spool_add(*draft_out, text, strlen(text), &error)) {
        spool_drop(draft_out);
        return false;
    }
    return true;
}

static bool keep_letter(const char *text, char name[UUID_TEXT_SIZE])
{
    struct spool_draft *draft = NULL;

    return write_letter(text, &draft) && spool_commit(&draft, name, &error);
}

static void assert_count(int64_t messages)
{
    int64_t counted = -1;
    int64_t bytes = -1;

    spool_count(spool, &counted, &bytes);
    assert_int_equal(counted, messages);
    assert_true(messages > 0 ? bytes > 0 : bytes == 0);
}

static bool is_there(const char *place, const char *name)
{
    return access(arena_format(arena, "%s/%s/%s", folder, place, name), F_OK) == 0;
}

void test_spool__a_letter_comes_back_as_it_was(void **state)
{
    char name[UUID_TEXT_SIZE];
    struct letter letter;
    char text[64] = "";
    int file = -1;

    (void)state;
    begin(10000, 10);
    assert_true(keep_letter("Subject: x\r\n\r\nfrom here\n\nto there", name));
    assert_count(1);
    assert_true(spool_read(spool, name, &file, &error));
    assert_true(letter_read(arena, file, name, &letter, &error));
    assert_string_equal(letter.id, name);
    assert_string_equal(letter.envelope.sender, "ann@example.com");
    assert_int_equal(letter.envelope.recipients.count, 2);
    assert_string_equal(letter.envelope.recipients.items[0], "bob@example.org");
    assert_string_equal(letter.envelope.recipients.items[1], "\"a b\"@example.org");
    assert_int_equal(letter.message.length, strlen("Subject: x\r\n\r\nfrom here\n\nto there"));
    assert_int_equal(pread(file, text, sizeof(text), letter.message.offset), letter.message.length);
    assert_string_equal(text, "Subject: x\r\n\r\nfrom here\n\nto there");
    close(file);
    spool_remove(spool, name);
    assert_count(0);
    assert_true(spool_read(spool, name, &file, &error));
    assert_int_equal(file, -1);
    end();
}

void test_spool__what_was_committed_is_found_and_what_was_not_is_gone(void **state)
{
    char first[UUID_TEXT_SIZE];
    char second[UUID_TEXT_SIZE];
    struct spool_draft *half = NULL;

    (void)state;
    begin(10000, 10);
    assert_true(keep_letter("one", first));
    assert_true(write_letter("half", &half));
    assert_true(keep_letter("two", second));
    assert_count(3);
    spool_close(&spool); /* as a crash would: the draft stays where it is */
    assert_true(open_again(10000, 10));
    assert_int_equal(names.count, 2);
    assert_string_equal(names.items[strcmp(first, second) < 0 ? 0 : 1], first);
    assert_string_equal(names.items[strcmp(first, second) < 0 ? 1 : 0], second);
    assert_count(2);
    end();
}

void test_spool__a_dropped_draft_leaves_nothing(void **state)
{
    struct spool_draft *draft = NULL;

    (void)state;
    begin(10000, 10);
    assert_true(write_letter("text", &draft));
    spool_drop(&draft);
    assert_null(draft);
    spool_drop(&draft);
    assert_count(0);
    end();
}

void test_spool__messages_are_bounded(void **state)
{
    char name[UUID_TEXT_SIZE];
    struct spool_draft *draft = NULL;

    (void)state;
    begin(10000, 2);
    assert_true(keep_letter("one", name));
    assert_true(write_letter("two", &draft));
    assert_false(keep_letter("three", name));
    assert_int_equal(error.code, ERROR_BUSY);
    spool_drop(&draft);
    assert_true(keep_letter("three", name));
    spool_remove(spool, name);
    assert_true(keep_letter("four", name));
    end();
}

void test_spool__bytes_are_bounded(void **state)
{
    char name[UUID_TEXT_SIZE];
    char text[600];

    (void)state;
    memset(text, 'x', sizeof(text) - 1);
    text[sizeof(text) - 1] = '\0';
    begin(1000, 10);
    assert_true(keep_letter(text, name));
    assert_false(keep_letter(text, name));
    assert_int_equal(error.code, ERROR_BUSY);
    assert_count(1);
    spool_remove(spool, name);
    assert_true(keep_letter(text, name));
    spool_close(&spool);
    assert_true(open_again(1000, 10)); /* what waits is counted when it is opened again */
    assert_int_equal(names.count, 1);
    assert_false(keep_letter(text, name));
    end();
}

void test_spool__belongs_to_one_program(void **state)
{
    struct spool *first;

    (void)state;
    begin(10000, 10);
    first = spool;
    assert_false(open_again(10000, 10));
    assert_int_equal(error.code, ERROR_SETTING_INVALID);
    spool = first;
    spool_close(&spool);
    assert_true(open_again(10000, 10));
    end();
}

void test_spool__a_refused_letter_is_put_aside_with_the_reason(void **state)
{
    char name[UUID_TEXT_SIZE];
    char why[64] = "";

    (void)state;
    begin(10000, 10);
    assert_true(keep_letter("text", name));
    assert_true(spool_refuse(spool, name, "LIMIT_EXCEEDED: too much\n", &error));
    assert_count(0);
    assert_false(is_there("new", name));
    assert_true(is_there("refused", name));
    FILE *file = fopen(arena_format(arena, "%s/refused/%s.why", folder, name), "r");
    assert_non_null(file);
    assert_non_null(fgets(why, sizeof(why), file));
    fclose(file);
    assert_string_equal(why, "LIMIT_EXCEEDED: too much\n");
    assert_false(spool_refuse(spool, name, "again", &error));
    end();
}

void test_spool__only_letters_are_read(void **state)
{
    static const char *const texts[] = {
        "",
        "svyaz-letter 1\nto bob@example.org\n",
        "svyaz-letter 2\nto bob@example.org\n\ntext",
        "svyaz-letter 1\nfor bob@example.org\n\ntext",
        "Subject: x\n\ntext",
    };
    struct letter letter;

    (void)state;
    arena = arena_create();
    folder = folder_make(arena);
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        FILE *file = fopen(folder_write(arena, folder, "letter", texts[i]), "r");
        assert_false(letter_read(arena, fileno(file), "letter", &letter, &error));
        assert_int_equal(error.code, ERROR_FILE_UNREADABLE);
        fclose(file);
    }
    arena_destroy(&arena);
}

void test_spool__domains(void **state)
{
    (void)state;
    assert_true(domains_have("", "bob@example.org"));
    assert_true(domains_have("a.example, example.org", "bob@EXAMPLE.org"));
    assert_true(domains_have("example.org", "bob@crm.example.org"));
    assert_true(domains_have("example.org", "postmaster"));
    assert_false(domains_have("example.org", "bob@badexample.org"));
    assert_false(domains_have("example.org", "bob@example.org.evil"));
    assert_false(domains_have("example.org,", "bob@example.com"));
    assert_true(domains_have("x.org, почта.рф", "bob@crm.XN--80A1ACNY.xn--p1ai"));
    assert_true(domains_have("xn--80a1acny.xn--p1ai", "bob@Почта.рф"));
    assert_false(domains_have("очта.рф", "bob@xn--80a1acny.xn--p1ai"));
}
