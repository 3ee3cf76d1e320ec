/*
 * test_imap.c - which folders are followed, and how far they are read.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "apps/folder.h"
#include "apps/mail/imap_account.h"
#include "apps/mail/imap_name.h"
#include "apps/mail/imap_state.h"
#include "base/arena.h"
#include "base/array.h"
#include "base/error.h"

static struct arena *arena;
static const char *folder;
static struct error error;

static void begin(void)
{
    arena = arena_create();
    folder = folder_make(arena);
}

static void end(void)
{
    arena_destroy(&arena);
}

void test_imap__accounts(void **state)
{
    struct array accounts;

    (void)state;
    begin();
    const char *path = folder_write(arena, folder, "accounts",
                                    "# user file folder\n\n  bob@example.org\t/b.secret  INBOX \r\n"
                                    "eve /e.secret Shared/Support Desk\n");
    assert_true(imap_accounts_read(arena, path, &accounts, &error));
    assert_int_equal(accounts.count, 2);
    const struct imap_account *bob = accounts.items[0];
    const struct imap_account *eve = accounts.items[1];
    assert_string_equal(bob->user, "bob@example.org");
    assert_string_equal(bob->password_file, "/b.secret");
    assert_string_equal(bob->folder, "INBOX");
    assert_string_equal(eve->folder, "Shared/Support Desk");
    end();
}

void test_imap__wrong_accounts_are_said_with_their_line(void **state)
{
    struct array accounts;

    (void)state;
    begin();
    assert_false(imap_accounts_read(arena, folder_write(arena, folder, "accounts", "a b c\na b\n"),
                                    &accounts, &error));
    assert_non_null(strstr(error.message, "accounts:2: "));
    assert_false(imap_accounts_read(
        arena, folder_write(arena, folder, "accounts", "a b c d\na b c\ne b c\na f c d\n"),
        &accounts, &error));
    assert_non_null(strstr(error.message, "accounts:4: the folder has a line already"));
    assert_false(imap_accounts_read(arena, folder_write(arena, folder, "accounts", "# none\n"),
                                    &accounts, &error));
    assert_int_equal(error.code, ERROR_SETTING_INVALID);
    end();
}

void test_imap__names_of_folders(void **state)
{
    static const struct {
        const char *written;
        const char *called;
    } rows[] = {
        {"INBOX", "INBOX"},
        {"a&-b &BBI-", "a&-b &BBI-"},
        {"a&b", "a&b"},
        {"", ""},
        {"Входящие", "&BBIERQQ+BDQETwRJBDgENQ-"},
        {"Entwürfe & Pläne", "Entw&APw-rfe &- Pl&AOQ-ne"},
        {"~peter/mail/台北/日本語", "~peter/mail/&U,BTFw-/&ZeVnLIqe-"}, /* the example of the RFC */
        {"\xf0\x9f\x98\x80\xc2\xa3", "&2D3eAACj-"},
        {"not \xe9 UTF-8", "not \xe9 UTF-8"},
    };

    (void)state;
    begin();
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        assert_string_equal(imap_name_for_server(arena, rows[i].written), rows[i].called);
    }
    end();
}

void test_imap__a_state_is_kept_and_each_folder_has_its_own(void **state)
{
    const struct imap_account inbox = {.user = "bob", .folder = "INBOX"};
    const struct imap_account sent = {.user = "bob", .folder = "Sent"};
    const struct imap_state written = {.validity = 4294967295,
                                       .next = 4000000000,
                                       .since = 1796039451000,
                                       .anew = 17,
                                       .modseq = 9223372036854775807};
    struct imap_state read = {.validity = 0};

    (void)state;
    begin();
    const char *path = imap_state_path(arena, folder, &inbox);
    assert_string_not_equal(path, imap_state_path(arena, folder, &sent));
    assert_true(imap_state_read(path, &read, &error));
    assert_int_equal(read.validity, 0);
    assert_true(imap_state_write(path, &written, &error));
    assert_true(imap_state_read(path, &read, &error));
    assert_int_equal(read.validity, written.validity);
    assert_int_equal(read.next, written.next);
    assert_int_equal(read.since, written.since);
    assert_int_equal(read.anew, written.anew);
    assert_int_equal(read.modseq, written.modseq);
    end();
}

void test_imap__a_state_of_an_older_program_is_read(void **state)
{
    struct imap_state read = {.modseq = 5};

    (void)state;
    begin();
    const char *path = folder_write(arena, folder, "state", "svyaz-imap 1 7 12 1796039451000 3\n");
    assert_true(imap_state_read(path, &read, &error));
    assert_int_equal(read.next, 12);
    assert_int_equal(read.anew, 3);
    assert_int_equal(read.modseq, 0);
    end();
}

void test_imap__a_spoilt_state_is_no_new_folder(void **state)
{
    struct imap_state read = {.validity = 0};

    (void)state;
    begin();
    const char *path = folder_write(arena, folder, "state", "svyaz-imap 1 7");
    assert_false(imap_state_read(path, &read, &error));
    assert_int_equal(error.code, ERROR_FILE_UNREADABLE);
    assert_false(imap_state_write(arena_format(arena, "%s/none/state", folder), &read, &error));
    assert_int_equal(error.code, ERROR_INTERNAL);
    end();
}
