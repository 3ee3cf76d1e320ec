/*
 * authorization.c - reads "Basic bmFtZTpwYXNzd29yZA==" and "Negotiate YII...".
 */
#include "soap/authorization.h"

#include <string.h>
#include <strings.h>

#include "base/arena.h"
#include "base/error.h"
#include "crypto/base64.h"
#include "service/pipeline.h"
#include "text/utf8.h"

enum { BASIC_MOST = 4096 };

static bool refuse(struct error *error)
{
    return error_set(error, ERROR_CREDENTIALS_INVALID, "Authorization",
                     "The Authorization line is malformed");
}

static bool read_basic(struct arena *arena, const char *text, struct credentials *credentials,
                       struct error *error)
{
    const char *colon = NULL;
    void *bytes = NULL;
    size_t length = 0;

    if (strlen(text) > BASIC_MOST || !base64_decode(arena, text, strlen(text), &bytes, &length) ||
        !text_is_valid_utf8(bytes, length) || (colon = memchr(bytes, ':', length)) == NULL) {
        return refuse(error);
    }
    credentials->basic_name = arena_copy_part(arena, bytes, (size_t)(colon - (const char *)bytes));
    credentials->basic_password = colon + 1;
    return true;
}

/* The length of a line is the limit of a ticket. */
static bool read_negotiate(struct arena *arena, const char *text, struct credentials *credentials,
                           struct error *error)
{
    void *bytes = NULL;
    size_t length = 0;

    if (!base64_decode(arena, text, strlen(text), &bytes, &length) || length == 0) {
        return refuse(error);
    }
    credentials->ticket = (struct credential_bytes){.bytes = bytes, .length = length};
    return true;
}

static const struct {
    const char *name; /* with the blank that follows */
    bool (*read)(struct arena *arena, const char *text, struct credentials *credentials,
                 struct error *error);
} schemes[] = {
    {"Basic ", read_basic},
    {"Negotiate ", read_negotiate},
};

bool authorization_parse(struct arena *arena, const char *line, struct credentials *credentials,
                         struct error *error)
{
    if (line == NULL) {
        return true;
    }
    for (size_t i = 0; i < sizeof(schemes) / sizeof(schemes[0]); i++) {
        size_t length = strlen(schemes[i].name);
        if (strncasecmp(line, schemes[i].name, length) == 0) {
            return schemes[i].read(arena, line + length + strspn(line + length, " "), credentials,
                                   error);
        }
    }
    return error_set(error, ERROR_CREDENTIALS_INVALID, "Authorization",
                     "Of the HTTP schemes only Basic and Negotiate are understood");
}
