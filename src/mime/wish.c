/*
 * wish.c - what the writer asks of the reader: haste, and word that the message came, or was read.
 */
#include <string.h>
#include <strings.h>

#include "mime/header.h"

/* How the values of fields begin that tell of haste; of several fields the first here counts. */
static const struct {
    const char *name;
    const char *begin;
    enum mime_importance importance;
} signs[] = {
    {"Importance", "high", MIME_HIGH},
    {"Importance", "normal", MIME_NORMAL},
    {"Importance", "low", MIME_LOW},
    {"X-Priority", "1", MIME_HIGH},
    {"X-Priority", "2", MIME_HIGH},
    {"X-Priority", "3", MIME_NORMAL},
    {"X-Priority", "4", MIME_LOW},
    {"X-Priority", "5", MIME_LOW},
    {"X-Priority", "high", MIME_HIGH},
    {"X-Priority", "normal", MIME_NORMAL},
    {"X-Priority", "low", MIME_LOW},
    {"X-MSMail-Priority", "high", MIME_HIGH},
    {"X-MSMail-Priority", "normal", MIME_NORMAL},
    {"X-MSMail-Priority", "low", MIME_LOW},
    {"Priority", "urgent", MIME_HIGH},
    {"Priority", "non-urgent", MIME_LOW},
};

static const char *value_of(GMimeObject *object, const char *name)
{
    const char *value = mime_header(object, name);
    return value == NULL ? "" : value + strspn(value, " \t\r\n");
}

static enum mime_importance read_importance(GMimeObject *object)
{
    for (size_t i = 0; i < sizeof(signs) / sizeof(signs[0]); i++) {
        const char *begin = signs[i].begin;
        if (strncasecmp(value_of(object, signs[i].name), begin, strlen(begin)) == 0) {
            return signs[i].importance;
        }
    }
    return MIME_NORMAL;
}

void mime_read_wishes(GMimeObject *object, struct mime_message *message)
{
    message->importance = read_importance(object);
    message->wants_read_receipt = *value_of(object, "Disposition-Notification-To") != '\0' ||
                                  *value_of(object, "X-Confirm-Reading-To") != '\0';
    message->wants_delivery_receipt = *value_of(object, "Return-Receipt-To") != '\0';
}
