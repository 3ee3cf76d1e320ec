/*
 * refusal.c - the table of refusals.
 */
#include "server/refusal.h"

#include "base/expect.h"

#define REFUSAL(name, status_code, log_word, client_sentence)                                      \
    [REFUSAL_##name] = {.status = (status_code), .word = (log_word), .sentence = (client_sentence)},
static const struct refusal_kind kinds[REFUSAL_COUNT] = {
#include "server/refusal.def"
};
#undef REFUSAL

const struct refusal_kind *refusal_kind(enum refusal refusal)
{
    expect(refusal > REFUSAL_NONE && refusal < REFUSAL_COUNT);
    return &kinds[refusal];
}
