/*
 * reader_prepare.c - a message of our own, read before readers are made of this process.
 *
 * What libraries load when they are first used (settings, tables of character sets) they have then,
 * and readers, who may open no file, have it too.
 */
#include <string.h>

#include "base/arena.h"
#include "base/error.h"
#include "mime/library.h"
#include "mime/reader_task.h"

/* Something of each: encoded words, a text in another set, HTML, a file, a message within. */
static const char sample[] =
    "From: =?windows-1251?Q?=C0=ED=ED=E0?= <ann@example.com>\n"
    "To: =?koi8-r?B?8dXU?= <bob@xn--e1afmkfd.example>\n"
    "Subject: =?iso-8859-1?Q?=C4?= =?utf-8?Q?=D0=96?=\n"
    "Date: Mon, 1 Jan 2024 12:00:00 +0300\n"
    "Message-ID: <1@example.com>\n"
    "Content-Type: multipart/mixed; boundary=b\n"
    "\n"
    "--b\n"
    "Content-Type: text/plain; charset=windows-1251\n"
    "Content-Transfer-Encoding: 8bit\n"
    "\n"
    "\xCF\xF0\xE8\xE2\xE5\xF2\n"
    "--b\n"
    "Content-Type: text/html; charset=unknown\n"
    "Content-Transfer-Encoding: quoted-printable\n"
    "\n"
    "<p>=CF=F0=E8=E2=E5=F2, =F7=F2=EE =ED=EE=E2=EE=E3=EE =F3 =E2=E0=F1 =F1=E5=E3=EE=E4=ED=FF?</p>\n"
    "--b\n"
    "Content-Type: application/octet-stream; name*=koi8-r''%F1\n"
    "Content-Transfer-Encoding: base64\n"
    "\n"
    "AAEC\n"
    "--b\n"
    "Content-Type: message/rfc822\n"
    "\n"
    "From: ann@example.com\n"
    "Subject: within\n"
    "\n"
    "a text\n"
    "--b--\n";

struct given {
    size_t taken;
};

static bool give(void *context, void *bytes, size_t capacity, size_t *length_out,
                 struct error *error)
{
    struct given *given = context;
    size_t left = sizeof(sample) - 1 - given->taken;

    (void)error;
    *length_out = left < capacity ? left : capacity;
    memcpy(bytes, sample + given->taken, *length_out);
    given->taken += *length_out;
    return true;
}

void mime_reader_prepare(void)
{
    const struct mime_limits limits = {
        .folder = "/",
        .header = sizeof(sample),
        .header_lines = sizeof(sample),
        .depth = 5,
        .parts = 10,
        .recipients = 10,
        .references = 10,
        .text = sizeof(sample),
        .hops = 10,
    };
    struct given given = {.taken = 0};
    const struct mime_source source = {.read = give, .context = &given};
    struct arena *arena = arena_create();
    struct mime_message *message = NULL;
    struct error error;

    mime_library_begin();
    if (!mime_read(arena, &source, &limits, &message, &error)) {
        message = NULL; /* readers may do better, or will say so */
    }
    arena_destroy(&arena);
}
