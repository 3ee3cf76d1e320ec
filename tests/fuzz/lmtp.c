/*
 * lmtp.c - fuzz target: any bytes as the words of a mail server.
 *
 * The first byte says in what pieces the rest arrives. However it is cut, the same replies and the
 * same letters must come out: what depends on packets could be smuggled through. Of each letter
 * that is begun there is one end.
 */
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "apps/mail/letter.h"
#include "apps/mail/lmtp_session.h"
#include "base/arena.h"
#include "base/buffer.h"
#include "base/expect.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { SIZE_MOST = 300, RECIPIENTS_MOST = 5 };

/* A house that writes down what it is given. */
struct kept {
    struct buffer letters;
    struct buffer draft;
    int open; /* letters that were begun and have no end yet */
};

static bool takes(void *context, const char *recipient)
{
    (void)context;
    expect(letter_is_address(recipient));
    return recipient[0] != 'x';
}

static bool begin_letter(void *context, struct arena *arena, const struct letter_envelope *envelope,
                         void **letter_out, struct error *error)
{
    struct kept *kept = context;

    (void)arena;
    (void)error;
    expect(kept->open++ == 0);
    expect(letter_is_address(envelope->sender));
    expect(envelope->recipients.count > 0 && envelope->recipients.count <= RECIPIENTS_MOST);
    buffer_clear(&kept->draft);
    letter_write_head(envelope, &kept->draft);
    *letter_out = kept;
    return true;
}

static bool add_to_letter(void *letter, const void *bytes, size_t length, struct error *error)
{
    struct kept *kept = letter;

    (void)error;
    expect(kept->open == 1);
    buffer_add(&kept->draft, bytes, length);
    return true;
}

static bool commit_letter(void *context, void *letter, char name_out[UUID_TEXT_SIZE],
                          struct error *error)
{
    struct kept *kept = letter;

    (void)error;
    expect(letter == context && kept->open-- == 1);
    buffer_add(&kept->letters, kept->draft.bytes, kept->draft.length);
    strcpy(name_out, "name");
    return true;
}

static void drop_letter(void *letter)
{
    struct kept *kept = letter;

    expect(kept->open-- == 1);
}

static void note(void *context, const struct lmtp_report *report)
{
    (void)context;
    expect(report->recipients <= RECIPIENTS_MOST);
}

/* All that came out of a talk: replies, then letters. */
static struct buffer listen(struct arena *arena, const char *bytes, size_t length, size_t step)
{
    struct kept kept = {.open = 0};
    const struct lmtp_house house = {
        .context = &kept,
        .name = "fuzz",
        .size = SIZE_MOST,
        .recipients = RECIPIENTS_MOST,
        .has_tls = true,
        .takes = takes,
        .begin = begin_letter,
        .add = add_to_letter,
        .commit = commit_letter,
        .drop = drop_letter,
        .note = note,
    };
    struct lmtp_session *session = lmtp_session_create(arena, &house);
    enum lmtp_wish wish = LMTP_GO_ON;
    struct buffer heard;

    buffer_init(&kept.letters, arena, 64);
    buffer_init(&kept.draft, arena, 64);
    for (size_t at = 0; at < length && wish != LMTP_END;) {
        size_t given = length - at < step ? length - at : step;
        size_t used = 0;

        wish = lmtp_session_take(session, bytes + at, given, &used);
        expect(used <= given && (used == given || wish != LMTP_GO_ON));
        at += used;
        if (wish == LMTP_TLS) {
            lmtp_session_secure(session);
        }
    }
    heard = *lmtp_session_replies(session);
    buffer_add(&heard, kept.letters.bytes, kept.letters.length);
    lmtp_session_destroy(&session);
    expect(kept.open == 0);
    return heard;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 2) {
        return 0;
    }
    struct arena *arena = arena_create();
    const char *bytes = (const char *)data + 1;
    struct buffer whole = listen(arena, bytes, size - 1, size);
    struct buffer pieces = listen(arena, bytes, size - 1, (size_t)data[0] % 16 + 1);

    expect(whole.length == pieces.length);
    expect(memcmp(whole.bytes, pieces.bytes, whole.length) == 0);
    arena_destroy(&arena);
    return 0;
}
