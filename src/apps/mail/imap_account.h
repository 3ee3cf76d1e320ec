/*
 * imap_account.h - the folders that are followed: whose, where, and the way in.
 *
 * A file with a line for each folder: the user's name, the file that holds his password, and the
 * folder, which may have blanks; in UTF-8, or as the server calls it, in modified UTF-7. A folder
 * stands there once.
 *
 *   # user               password file          folder
 *   bob@example.org      /etc/crmd/bob.secret   INBOX
 *   bob@example.org      /etc/crmd/bob.secret   Sent
 *   support@example.org  /etc/crmd/sup.secret   Shared/Support Desk
 *
 * Memory: texts live in the arena given.
 */
#ifndef APPS_MAIL_IMAP_ACCOUNT_H
#define APPS_MAIL_IMAP_ACCOUNT_H

#include <stdbool.h>

#include "base/attributes.h"

struct arena;
struct array;
struct error;

struct imap_account {
    const char *user; /* to log in; when it is an address, that of the mailbox */
    const char *password_file;
    const char *folder;
};

/* Reads the file; accounts_out gets struct imap_account *. Fails with SETTING_INVALID, saying the
 * line, or FILE_UNREADABLE. */
must_check bool imap_accounts_read(struct arena *arena, const char *path,
                                   struct array *accounts_out, struct error *error);

/* Reads the password: the first line of its file. FILE_UNREADABLE. */
must_check bool imap_account_password(struct arena *arena, const struct imap_account *account,
                                      const char **password_out, struct error *error);

#endif
