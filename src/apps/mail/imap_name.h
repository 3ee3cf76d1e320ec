/*
 * imap_name.h - names of folders as servers have them: modified UTF-7 (RFC 3501, 5.1.3).
 *
 * Memory: names live in the arena given.
 */
#ifndef APPS_MAIL_IMAP_NAME_H
#define APPS_MAIL_IMAP_NAME_H

struct arena;

/* What the server calls a folder whose name is written in UTF-8. A name in ASCII alone stands as it
 * is: it may be what the server calls it already. */
const char *imap_name_for_server(struct arena *arena, const char *name);

#endif
