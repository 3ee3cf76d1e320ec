/*
 * clue.c - what a message may be about, and in which order that is asked.
 *
 * The first clue that is about a record decides. The others are told as candidates, so that a
 * person sees what else it could have been.
 */
#include <assert.h>

#include "base/arena.h"
#include "call/call.h"
#include "mail/incoming.h"
#include "metadata/entity.h"
#include "mime/mime.h"
#include "query/access.h"

/* The ways in the order of the enum, which is that of their weight. */
static bool (*const ways[])(struct call *call, struct incoming_mail *mail, struct error *error) = {
    [MAIL_BY_REFERENCES] = mail_find_thread,
    [MAIL_BY_TOKEN] = mail_find_token,
    [MAIL_BY_PLUS_ADDRESS] = mail_find_plus_address,
    [MAIL_BY_ADDRESSES] = mail_note_parties,
    [MAIL_SMARTLY] = mail_find_similar,
};

static_assert(sizeof(ways) / sizeof(ways[0]) == MAIL_WAYS, "a function for each way");

/* A record that several e-mails are about is one clue. */
static bool is_noted(const struct incoming_mail *mail, const struct reference *record)
{
    for (size_t i = 0; i < mail->clues.count; i++) {
        const struct mail_clue *clue = mail->clues.items[i];
        if (clue->is_about && uuid_is_equal(&clue->record.id, &record->id)) {
            return true;
        }
    }
    return false;
}

void mail_note_clue(struct call *call, struct incoming_mail *mail, const struct mail_clue *clue)
{
    if (!is_noted(mail, &clue->record)) {
        array_add(&mail->clues, arena_copy(call->arena, clue, sizeof(*clue)));
    }
}

/* Leaves those that the caller may read and append to; of the others he is not told. Of those who
 * have an address that was asked when they were found. */
static bool keep_permitted(struct call *call, struct array *clues, struct error *error)
{
    struct may *asked = arena_allocate_array(call->arena, 2 * clues->count, sizeof(*asked));
    size_t count = 0, kept = 0, at = 0;

    for (size_t i = 0; i < clues->count; i++) {
        const struct mail_clue *clue = clues->items[i];
        const struct reference *record = &clue->record;
        if (clue->is_about) {
            asked[count++] =
                (struct may){.entity = record->entity, .id = record->id, .right = RIGHT_READ};
            asked[count++] =
                (struct may){.entity = record->entity, .id = record->id, .right = RIGHT_APPEND_TO};
        }
    }
    if (!query_may_all(call, asked, count, error)) {
        return false;
    }
    for (size_t i = 0; i < clues->count; i++) {
        const struct mail_clue *clue = clues->items[i];
        bool is_kept = !clue->is_about || (asked[at].is_allowed && asked[at + 1].is_allowed);
        at += clue->is_about ? 2 : 0;
        if (is_kept) {
            clues->items[kept++] = clues->items[i];
        }
    }
    clues->count = kept;
    return true;
}

bool mail_find_clues(struct call *call, struct incoming_mail *mail, struct error *error)
{
    array_init(&mail->clues, call->arena);
    mail->regarding = (struct reference){.entity = NULL};
    mail->is_answer = false;
    mail->token = NULL;
    for (int way = 0; way < MAIL_WAYS; way++) {
        if (mail_goes_by(call, mail, way) && !ways[way](call, mail, error)) {
            return false;
        }
    }
    if (!keep_permitted(call, &mail->clues, error)) {
        return false;
    }
    for (size_t i = mail->clues.count; i > 0; i--) {
        const struct mail_clue *clue = mail->clues.items[i - 1];
        mail->regarding = clue->is_about ? clue->record : mail->regarding;
    }
    return true;
}
