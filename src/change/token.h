/*
 * token.h - how far a reader of changes has come, for him to bring back.
 *
 * A token holds a position and a digest of what the reader may read; it is signed, needs no place
 * on a server and is valid on any node. It is url-safe base64 of
 *
 *   version (1 byte), position (8), digest of the reader's rights (16), signature (16)
 *
 * Who reads events of security beside the changes has come so far in two tables: his token has a
 * version of its own, and the number of the last event (8) before the signature.
 */
#ifndef CHANGE_TOKEN_H
#define CHANGE_TOKEN_H

#include <stdbool.h>
#include <stdint.h>

#include "base/attributes.h"

struct call;
struct error;

enum { TOKEN_RIGHTS_SIZE = 16 };

struct change_token {
    int64_t position;
    uint8_t rights[TOKEN_RIGHTS_SIZE];
    bool has_event;
    int64_t event;
};

/* Writes a token, in the call's arena. */
const char *change_token_write(struct call *call, const struct change_token *token);

/* Reads one; CHANGE_TOKEN_INVALID for anything that is not ours. */
must_check bool change_token_read(struct call *call, const char *text,
                                  struct change_token *token_out, struct error *error);

#endif
