/*
 * envelope_request.c - our own headers: Session says who asks, Request how it is to be done.
 */
#include <string.h>

#include "base/error.h"
#include "soap/decode.h"
#include "soap/envelope.h"
#include "soap/wire.h"
#include "soap/wire_fixed.h"
#include "text/zone.h"

enum { APPLICATION_MOST = 100 };

bool envelope_read_session(struct envelope_reading *reading, struct error *error)
{
    struct session_message message = {0};

    if (!decode_struct(reading->decoder, reading->wire->session_header, &message, error)) {
        return false;
    }
    if (message.token == NULL || *message.token == '\0') {
        return error_set(error, ERROR_SESSION_INVALID, "token", "The Session header has no token");
    }
    reading->envelope->session_token = decode_trim(reading->decoder->arena, message.token);
    return true;
}

static bool read_language(const char *text, struct request_header *header, struct error *error)
{
    if (text == NULL) {
        return true;
    }
    header->has_language = true;
    header->language = strncmp(text, "ru", 2) == 0 ? LANGUAGE_RUSSIAN : LANGUAGE_ENGLISH;
    if (header->language == LANGUAGE_ENGLISH && strncmp(text, "en", 2) != 0) {
        return error_set(error, ERROR_CHOICE_UNKNOWN, "language", "language is en or ru");
    }
    return true;
}

static bool read_zone(struct arena *arena, const char *text, struct request_header *header,
                      struct error *error)
{
    enum { SHOWN = 60 };
    const char *meant = NULL;

    if (text == NULL) {
        return true;
    }
    header->zone = zone_open(arena, decode_trim(arena, text));
    if (header->zone != NULL) {
        return true;
    }
    meant = zone_suggest(arena, text);
    return error_set(error, ERROR_VALUE_INVALID, "timeZone",
                     "timeZone must be a time zone such as %s, UTC, or an offset such as +03:00, "
                     "not \"%.*s\"",
                     meant == NULL ? "Europe/Moscow" : meant, SHOWN, text);
}

static bool check_texts(const struct request_message *message, struct error *error)
{
    if (message->application != NULL && strlen(message->application) > APPLICATION_MOST) {
        return error_set(error, ERROR_VALUE_TOO_LONG, "application",
                         "application may have %d bytes at most", APPLICATION_MOST);
    }
    if (message->on_behalf_of != NULL) {
        return error_set(error, ERROR_NOT_ALLOWED, "onBehalfOf",
                         "Nobody may act on behalf of another user");
    }
    return true;
}

bool envelope_read_request(struct envelope_reading *reading, struct error *error)
{
    struct request_header *header = &reading->envelope->request;
    struct request_message message = {0};

    reading->envelope->has_request = true;
    if (!decode_struct(reading->decoder, reading->wire->request_header, &message, error) ||
        !check_texts(&message, error) || !read_language(message.language, header, error) ||
        !read_zone(reading->decoder->arena, message.time_zone, header, error)) {
        return false;
    }
    header->id = message.id;
    header->application = message.application;
    header->is_validate_only = message.validate_only.value;
    header->has_expected_version = message.expected_version.is_set;
    header->expected_version = message.expected_version.value;
    return true;
}
