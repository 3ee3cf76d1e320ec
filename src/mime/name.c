/*
 * name.c - names of files that strangers chose.
 */
#include <ctype.h>
#include <string.h>
#include <strings.h>

#include "base/arena.h"
#include "mime/header.h"
#include "mime/parameter.h"
#include "mime/part.h"
#include "mime/word.h"
#include "text/charset.h"
#include "text/utf8.h"

enum { NAME_BYTES = 180, EXTENSION_BYTES = 16 };

static const struct {
    const char *media_type;
    const char *extension;
} extensions[] = {
    {"application/pdf", "pdf"},
    {"text/plain", "txt"},
    {"text/html", "html"},
    {"text/csv", "csv"},
    {"text/calendar", "ics"},
    {"text/vcard", "vcf"},
    {"image/jpeg", "jpg"},
    {"image/jpg", "jpg"},
    {"image/png", "png"},
    {"image/gif", "gif"},
    {"image/webp", "webp"},
    {"message/rfc822", "eml"},
    {"message/delivery-status", "txt"},
    {"text/rfc822-headers", "txt"},
    {"application/zip", "zip"},
    {"application/ms-tnef", "dat"},
    {"application/pgp-signature", "asc"},
    {"application/pgp-encrypted", "asc"},
    {"application/pkcs7-signature", "p7s"},
    {"application/pkcs7-mime", "p7m"},
};

/* Names that Windows takes for devices. */
static const char *const devices[] = {
    "con",  "prn",  "aux",  "nul",  "com1", "com2", "com3", "com4", "com5", "com6", "com7",
    "com8", "com9", "lpt1", "lpt2", "lpt3", "lpt4", "lpt5", "lpt6", "lpt7", "lpt8", "lpt9"};

/* Characters of more than one byte that nobody sees and that turn a name around, so that
 * "exe.pdf" is read where "fdp.exe" is written: U+200B to U+200F, U+202A to U+202E, U+2060 to
 * U+2069, U+FEFF. */
static size_t skip_unseen(const char *at)
{
    const unsigned char *bytes = (const unsigned char *)at;
    bool is_unseen =
        (bytes[0] == 0xE2 && bytes[1] == 0x80 &&
         ((bytes[2] >= 0x8B && bytes[2] <= 0x8F) || (bytes[2] >= 0xAA && bytes[2] <= 0xAE))) ||
        (bytes[0] == 0xE2 && bytes[1] == 0x81 && bytes[2] >= 0xA0 && bytes[2] <= 0xA9) ||
        (bytes[0] == 0xEF && bytes[1] == 0xBB && bytes[2] == 0xBF);
    return is_unseen ? 3 : 0;
}

/* What stands after the last slash of either kind. */
static const char *last_of_path(const char *name)
{
    for (const char *at = name; *at != '\0'; at++) {
        if ((*at == '/' || *at == '\\') && at[1] != '\0') {
            name = at + 1;
        }
    }
    return name;
}

/* Some programs encode names as addresses of the web: letters beyond ASCII alone prove it. */
static const char *without_percents(struct arena *arena, const char *name)
{
    const char *plain = strchr(name, '%') == NULL ? name : mime_percent_decode(arena, name);
    size_t length = strlen(plain);
    bool has_letters = false;

    for (size_t i = 0; i < length; i++) {
        has_letters |= (unsigned char)plain[i] >= 0x80;
    }
    return has_letters && text_is_valid_utf8(plain, length)
               ? text_decode(arena, "utf-8", plain, length)
               : name;
}

static char *replace_odd(struct arena *arena, const char *name)
{
    char *safe = arena_copy_text(arena, name);
    char *to = safe;

    for (const char *at = name; *at != '\0';) {
        size_t unseen = skip_unseen(at);
        if (unseen > 0) {
            at += unseen;
            continue;
        }
        bool is_odd = iscntrl((unsigned char)*at) || strchr("<>:\"/\\|?*", *at) != NULL;
        *to++ = is_odd ? '_' : *at;
        at++;
    }
    *to = '\0';
    return safe;
}

/* Dots and blanks at the ends are hidden by one system and left out by another. */
static char *trim(char *name)
{
    name += strspn(name, ". ");
    size_t length = strlen(name);

    while (length > 0 && (name[length - 1] == '.' || name[length - 1] == ' ')) {
        name[--length] = '\0';
    }
    return name;
}

/* Too long a name keeps its extension. */
static char *shorten(struct arena *arena, char *name)
{
    size_t length = strlen(name);
    const char *dot = strrchr(name, '.');
    const char *extension = dot != NULL && strlen(dot) <= EXTENSION_BYTES ? dot : "";

    if (length <= NAME_BYTES) {
        return name;
    }
    size_t cut = text_cut_length(name, length, NAME_BYTES - strlen(extension));
    return arena_format(arena, "%.*s%s", (int)cut, name, extension);
}

static bool is_device(const char *name)
{
    size_t length = strcspn(name, ".");

    for (size_t i = 0; i < sizeof(devices) / sizeof(devices[0]); i++) {
        if (strlen(devices[i]) == length && strncasecmp(devices[i], name, length) == 0) {
            return true;
        }
    }
    return false;
}

static const char *extension_of(const char *media_type)
{
    for (size_t i = 0; i < sizeof(extensions) / sizeof(extensions[0]); i++) {
        if (strcmp(extensions[i].media_type, media_type) == 0) {
            return extensions[i].extension;
        }
    }
    return "bin";
}

const char *mime_type_of_name(const char *name)
{
    const char *dot = strrchr(name, '.');

    for (size_t i = 0; dot != NULL && i < sizeof(extensions) / sizeof(extensions[0]); i++) {
        if (strcasecmp(extensions[i].extension, dot + 1) == 0) {
            return extensions[i].media_type;
        }
    }
    return "application/octet-stream";
}

const char *mime_file_name(struct arena *arena, const char *given, const char *charset,
                           size_t number, const char *media_type)
{
    const char *decoded = given == NULL ? "" : mime_words_decode(arena, given, charset);
    decoded = without_percents(arena, decoded);
    const char *name = trim(shorten(arena, trim(replace_odd(arena, last_of_path(decoded)))));

    if (*name == '\0') {
        return arena_format(arena, "attachment-%zu.%s", number, extension_of(media_type));
    }
    return is_device(name) ? arena_format(arena, "_%s", name) : name;
}

/* ---- names told elsewhere ---- */

/* The last of an address, without its query; NULL: it names no file. */
static const char *name_of_location(struct arena *arena, const char *location)
{
    const char *path = arena_copy_part(arena, location, strcspn(location, "?#"));
    const char *name = mime_percent_decode(arena, last_of_path(path));
    bool is_id = strncasecmp(location + strspn(location, " \t"), "cid:", 4) == 0;

    name = text_decode(arena, NULL, name, strlen(name));
    return is_id || strchr(name, '.') == NULL ? NULL : name;
}

/* A message is what it is about. NULL: that is not told. */
static const char *name_of_message(struct arena *arena, GMimeMessage *message, const char *charset)
{
    const char *told = mime_header(GMIME_OBJECT(message), "Subject");
    char *subject =
        arena_copy_text(arena, told == NULL ? "" : mime_words_decode(arena, told, charset));

    for (char *at = subject; *at != '\0'; at++) {
        *at = *at == '/' || *at == '\\' ? '_' : *at;
    }
    return subject[strspn(subject, "._ ")] == '\0' ? NULL : arena_format(arena, "%s.eml", subject);
}

const char *mime_other_name(struct arena *arena, GMimeObject *object, const char *charset)
{
    const char *location = mime_header(object, "Content-Location");
    GMimeMessage *message = GMIME_IS_MESSAGE_PART(object)
                                ? g_mime_message_part_get_message(GMIME_MESSAGE_PART(object))
                                : NULL;

    if (message != NULL) {
        return name_of_message(arena, message, charset);
    }
    return location == NULL ? NULL : name_of_location(arena, location);
}
