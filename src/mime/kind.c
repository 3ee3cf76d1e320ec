/*
 * kind.c - who wrote it: a person, a program that answers, a server that could not deliver; and
 * whether it has been here before.
 */
#include <ctype.h>
#include <string.h>
#include <strings.h>

#include "base/arena.h"
#include "base/array.h"
#include "base/map.h"
#include "mime/header.h"
#include "mime/part.h"

/* Fields by which programs own up. NULL: any value; a word: the value begins with it. */
static const struct {
    const char *name;
    const char *value;
    enum mime_kind kind;
} signs[] = {
    {"X-Failed-Recipients", NULL, MIME_BOUNCE},
    {"Auto-Submitted", "auto-replied", MIME_AUTOMATIC},
    {"Auto-Submitted", "auto-generated", MIME_AUTOMATIC},
    {"Auto-Submitted", "auto-notified", MIME_AUTOMATIC},
    {"X-Auto-Submitted", "auto-", MIME_AUTOMATIC},
    {"X-Autoreply", NULL, MIME_AUTOMATIC},
    {"X-Autorespond", NULL, MIME_AUTOMATIC},
    {"X-AutoReply-From", NULL, MIME_AUTOMATIC},
    {"X-Mail-Autoreply", NULL, MIME_AUTOMATIC},
    {"X-Facebook-Notify", NULL, MIME_AUTOMATIC},
    {"X-Auto-Response-Suppress", NULL, MIME_AUTOMATIC},
    {"Precedence", "auto_reply", MIME_AUTOMATIC},
    {"Precedence", "auto-reply", MIME_AUTOMATIC},
};

static bool has_sign(GMimeObject *object, enum mime_kind kind)
{
    for (size_t i = 0; i < sizeof(signs) / sizeof(signs[0]); i++) {
        const char *value = signs[i].kind == kind ? mime_header(object, signs[i].name) : NULL;
        if (value == NULL) {
            continue;
        }
        value += strspn(value, " \t\r\n");
        if (signs[i].value == NULL ||
            strncasecmp(value, signs[i].value, strlen(signs[i].value)) == 0) {
            return true;
        }
    }
    return false;
}

/* No person sends what nobody may answer: receipts and programs that answer do so. */
static bool has_no_return_path(GMimeObject *object)
{
    const char *path = mime_header(object, "Return-Path");
    return path != NULL && strstr(path, "<>") != NULL;
}

/* A server that says so of itself has a bounce. */
static bool is_from_server(const struct mime_message *message)
{
    const char *from = message->from.count == 0 ? "" : message->from.items[0].compared;

    return strncmp(from, "mailer-daemon@", sizeof("mailer-daemon@") - 1) == 0 ||
           strncmp(from, "postmaster@", sizeof("postmaster@") - 1) == 0 ||
           strcmp(from, "mailer-daemon") == 0;
}

/* Delivered twice to one address, or on its way through more machines than there can be. */
static bool is_loop(struct mime_reading *reading, GMimeObject *object)
{
    struct map *seen = map_create(reading->arena);
    struct array hops, deliveries;

    array_init(&hops, reading->arena);
    array_init(&deliveries, reading->arena);
    mime_header_all(object, "Received", &hops);
    mime_header_all(object, "Delivered-To", &deliveries);
    for (size_t i = 0; i < deliveries.count; i++) {
        const char *address = mime_compared_address(reading->arena, deliveries.items[i]);
        if (map_get(seen, address) != NULL) {
            return true;
        }
        map_set(seen, address, address);
    }
    return hops.count > reading->limits->hops;
}

void mime_tell_kind(struct mime_reading *reading, GMimeObject *object)
{
    struct mime_message *message = reading->message;
    bool has_no_path = has_no_return_path(object);

    if (is_loop(reading, object)) {
        message->kind = MIME_LOOP;
    } else if (reading->has_report || has_sign(object, MIME_BOUNCE) ||
               (has_no_path && is_from_server(message))) {
        message->kind = MIME_BOUNCE;
    } else if (has_no_path || reading->has_notice || has_sign(object, MIME_AUTOMATIC)) {
        message->kind = MIME_AUTOMATIC;
    }
}
