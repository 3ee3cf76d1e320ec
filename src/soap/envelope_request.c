/*
 * envelope_request.c - our own headers: Session says who asks, Request how it is to be done.
 */
#include <string.h>

#include "base/error.h"
#include "soap/decode.h"
#include "soap/envelope.h"
#include "soap/wire.h"
#include "soap/wire_fixed.h"

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

static bool is_digit(char character)
{
    return character >= '0' && character <= '9';
}

/* "+03:00" as minutes. */
static bool read_offset(const char *text, int32_t *minutes_out)
{
    int32_t hours = 0;
    int32_t minutes = 0;

    if (strlen(text) != 6 || (text[0] != '+' && text[0] != '-') || !is_digit(text[1]) ||
        !is_digit(text[2]) || text[3] != ':' || !is_digit(text[4]) || !is_digit(text[5])) {
        return false;
    }
    hours = (text[1] - '0') * 10 + (text[2] - '0');
    minutes = (text[4] - '0') * 10 + (text[5] - '0');
    *minutes_out = (hours * 60 + minutes) * (text[0] == '-' ? -1 : 1);
    return hours <= 14 && minutes < 60;
}

static bool read_zone(const char *text, struct value_zone *zone, struct error *error)
{
    if (text == NULL) {
        return true;
    }
    zone->is_known = true;
    if (strcmp(text, "Z") == 0 || strcmp(text, "UTC") == 0 ||
        read_offset(text, &zone->offset_minutes)) {
        return true;
    }
    return error_set(error, ERROR_VALUE_INVALID, "timeZone",
                     "timeZone is UTC, or an offset such as +03:00");
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
        !read_zone(message.time_zone, &header->zone, error)) {
        return false;
    }
    header->id = message.id;
    header->application = message.application;
    header->is_validate_only = message.validate_only.value;
    header->has_expected_version = message.expected_version.is_set;
    header->expected_version = message.expected_version.value;
    return true;
}
