/*
 * imap_account.c - lines of three words.
 */
#include "apps/mail/imap_account.h"

#include <string.h>

#include "base/arena.h"
#include "base/array.h"
#include "base/error.h"
#include "base/file.h"

enum { FILE_MOST = 1024 * 1024, PASSWORD_MOST = 4096 };

static const char blanks[] = " \t\r";

/* The next word of a line, ended with a NUL; the last takes the rest. */
static const char *take_word(char **line, bool is_last)
{
    char *word = *line + strspn(*line, blanks);
    size_t length = is_last ? strlen(word) : strcspn(word, blanks);

    while (is_last && length > 0 && strchr(blanks, word[length - 1]) != NULL) {
        length--;
    }
    *line = word[length] == '\0' ? word + length : word + length + 1;
    word[length] = '\0';
    return word;
}

static bool has_folder(const struct array *accounts, const struct imap_account *account)
{
    for (size_t i = 0; i < accounts->count; i++) {
        const struct imap_account *other = accounts->items[i];
        if (strcmp(other->folder, account->folder) == 0 &&
            strcmp(other->user, account->user) == 0) {
            return true;
        }
    }
    return false;
}

/* What is wrong with a line; NULL: nothing. */
static const char *read_line(struct arena *arena, char *line, struct array *accounts)
{
    struct imap_account *account = arena_allocate(arena, sizeof(*account));

    account->user = take_word(&line, false);
    if (account->user[0] == '\0' || account->user[0] == '#') {
        return NULL;
    }
    account->password_file = take_word(&line, false);
    account->folder = take_word(&line, true);
    if (account->folder[0] == '\0') {
        return "a line is USER PASSWORD_FILE FOLDER";
    }
    if (has_folder(accounts, account)) {
        return "the folder has a line already";
    }
    array_add(accounts, account);
    return NULL;
}

bool imap_accounts_read(struct arena *arena, const char *path, struct array *accounts_out,
                        struct error *error)
{
    char *text = NULL;
    size_t length = 0;
    int number = 0;

    array_init(accounts_out, arena);
    if (!file_read(arena, path, FILE_MOST, &text, &length, error)) {
        return false;
    }
    for (char *line = strsep(&text, "\n"); line != NULL; line = strsep(&text, "\n")) {
        number++;
        const char *complaint = read_line(arena, line, accounts_out);
        if (complaint != NULL) {
            return error_set(error, ERROR_SETTING_INVALID, "imap.accounts", "%s:%d: %s", path,
                             number, complaint);
        }
    }
    return accounts_out->count > 0 || error_set(error, ERROR_SETTING_INVALID, "imap.accounts",
                                                "%s: there is no account in it", path);
}

bool imap_account_password(struct arena *arena, const struct imap_account *account,
                           const char **password_out, struct error *error)
{
    char *text = NULL;
    size_t length = 0;

    if (!file_read(arena, account->password_file, PASSWORD_MOST, &text, &length, error)) {
        return false;
    }
    text[strcspn(text, "\r\n")] = '\0';
    *password_out = text;
    return true;
}
