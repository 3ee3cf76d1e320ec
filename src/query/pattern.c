/*
 * pattern.c - turns a client's pattern into ours, whose escape is an exclamation mark.
 */
#include "query/pattern.h"

#include <string.h>

#include "base/arena.h"
#include "call/call.h"
#include "text/fold.h"

static bool is_special(char character)
{
    return character == '%' || character == '_' || character == '!';
}

/* Whether [x] stands here, with one ASCII character between the brackets. */
static bool is_bracketed(const char *at)
{
    return at[0] == '[' && at[1] != '\0' && (unsigned char)at[1] < 0x80 && at[2] == ']';
}

const char *pattern_make(struct call *call, const char *text, bool is_folded)
{
    if (is_folded) {
        text = text_fold(call->arena, call->platform->text_rules, text);
    }
    char *pattern = arena_allocate(call->arena, 2 * strlen(text) + 1);
    char *end = pattern;
    while (*text != '\0') {
        bool is_literal = is_bracketed(text);
        char character = is_literal ? text[1] : *text;
        if (character == '!' || (is_literal && is_special(character))) {
            *end++ = '!';
        }
        *end++ = character;
        text += is_literal ? 3 : 1;
    }
    return pattern;
}
