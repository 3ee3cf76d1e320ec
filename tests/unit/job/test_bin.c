/*
 * test_bin.c - what becomes of deleted e-mails when the recycle bin is emptied.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/arena.h"
#include "base/time.h"
#include "database/database.h"
#include "database/row.h"
#include "generated/messages.h"
#include "generated/settings.h"
#include "job/chores.h"
#include "mail/tables.h"
#include "metadata/record.h"
#include "support/letters.h"
#include "support/office.h"
#include "support/test_call.h"

static struct office office;

static int64_t now_when_it_is_emptied(void)
{
    return time_now() + office.house.settings.bin.keep + 1000;
}

static void empty_bin(void)
{
    const struct chore *chore = platform_chores;
    struct chore_call call = {.platform = &office.house.platform, .arena = arena_create()};
    struct error error = {0};
    bool has_more = true;

    while (strcmp(chore->name, "empty the recycle bin") != 0) {
        chore++;
    }
    assert_true(database_acquire(office.house.platform.database, &call.connection, &error));
    while (has_more) {
        assert_true(chore->run(&call, &has_more, &error));
    }
    database_release(&call.connection);
    arena_destroy(&call.arena);
}

static int64_t count_ids(const struct uuid *conversation)
{
    const struct row_condition is_its = {"conversation", ROW_IS, cell_uuid(conversation)};
    struct call *call = test_call_begin(&office.house);
    struct error error = {0};
    int64_t count = 0;

    assert_true(row_count(call->connection, call->arena, &conversation_id_table, &is_its, 1, &count,
                          &error));
    test_call_end(&call);
    return count;
}

static struct uuid deliver(const char *id)
{
    const char *text = arena_format(office.arena,
                                    "From: ann@example.com\nTo: sales@svyaz.example\n"
                                    "Subject: Order\nMessage-ID: <%s>\n"
                                    "Date: Mon, 1 Jan 2024 12:00:00 +0300\n\nText of %s.\n",
                                    id, id);

    return letters_deliver(&office, text, NULL)->id.value;
}

static struct uuid conversation_of(const struct uuid *email)
{
    const struct record *record = letters_retrieve(&office, "Email", email, "conversation", NULL);

    return letters_value(record, "conversation")->uuid;
}

void test_bin__ids_of_a_conversation_go_with_its_last_email(void **state)
{
    (void)state;
    office_open(&office);
    (void)office_add_user(&office, "postman", "mail-connector");
    office.credentials.basic_name = "postman";
    const struct uuid gone = deliver("one@example.com"), left = deliver("two@example.com");
    const struct uuid of_gone = conversation_of(&gone), of_left = conversation_of(&left);
    const struct delete_entity_request request = {.id = {.is_set = true, .value = gone}};
    office.credentials.basic_name = ADMINISTRATOR;
    (void)office_run(&office, "Email", "DeleteEmail", &request);
    empty_bin();
    assert_int_equal(count_ids(&of_gone), 1);
    office.house.platform.now = now_when_it_is_emptied;
    empty_bin();
    assert_int_equal(count_ids(&of_gone), 0);
    assert_int_equal(count_ids(&of_left), 1);
    office_close(&office);
}
