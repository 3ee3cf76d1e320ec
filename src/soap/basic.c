/*
 * basic.c - reads "Basic bmFtZTpwYXNzd29yZA==".
 */
#include "soap/basic.h"

#include <string.h>
#include <strings.h>

#include "base/arena.h"
#include "base/error.h"
#include "crypto/base64.h"
#include "text/utf8.h"

enum { AUTHORIZATION_MOST = 4096 };

bool basic_parse(struct arena *arena, const char *authorization, const char **name_out,
                 const char **password_out, struct error *error)
{
    static const char scheme[] = "Basic ";
    const char *text = NULL;
    const char *colon = NULL;
    void *bytes = NULL;
    size_t length = 0;

    if (authorization == NULL) {
        return true;
    }
    if (strncasecmp(authorization, scheme, sizeof(scheme) - 1) != 0) {
        return error_set(error, ERROR_CREDENTIALS_INVALID, "Authorization",
                         "Of the HTTP schemes only Basic is understood");
    }
    text = authorization + sizeof(scheme) - 1;
    text += strspn(text, " ");
    if (strlen(text) > AUTHORIZATION_MOST ||
        !base64_decode(arena, text, strlen(text), &bytes, &length) ||
        !text_is_valid_utf8(bytes, length) || (colon = memchr(bytes, ':', length)) == NULL) {
        return error_set(error, ERROR_CREDENTIALS_INVALID, "Authorization",
                         "The Authorization line is malformed");
    }
    *name_out = arena_copy_part(arena, bytes, (size_t)(colon - (const char *)bytes));
    *password_out = colon + 1;
    return true;
}
