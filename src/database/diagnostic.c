/*
 * diagnostic.c - sorts diagnostics by the dialect's table.
 */
#include <sql.h>
#include <sqlext.h>
#include <stdio.h>
#include <string.h>

#include "database/diagnostic.h"
#include "database/dialect_driver.h"

enum { MESSAGE_SIZE = 400 };

static const struct {
    enum error_code code;
    const char *sentence;
} sentences[] = {
    {.code = ERROR_DATABASE_UNIQUE, .sentence = "Another record has the same key"},
    {.code = ERROR_DATABASE_FOREIGN_KEY,
     .sentence = "A record refers to one that does not exist, or others refer to it"},
    {.code = ERROR_DATABASE_CONFLICT,
     .sentence = "Others changed the same records at the same time"},
    {.code = ERROR_DATABASE_UNAVAILABLE, .sentence = "The database cannot be reached"},
    {.code = ERROR_DATABASE_FULL, .sentence = "The database has no room for what is written"},
    {.code = ERROR_DATABASE_TIMEOUT, .sentence = "The database took too long"},
    {.code = ERROR_OUTCOME_UNKNOWN,
     .sentence = "The connection to the database was lost while the change was committed"},
    {.code = ERROR_DATABASE_FAILED, .sentence = "The database refused a statement"},
};

static const char *sentence_of(enum error_code code)
{
    for (size_t i = 0; i < sizeof(sentences) / sizeof(sentences[0]); i++) {
        if (sentences[i].code == code) {
            return sentences[i].sentence;
        }
    }
    return "The database failed";
}

static enum error_code classify(const struct dialect *dialect, const char *state, int native,
                                const char *message)
{
    for (size_t i = 0; i < dialect->error_count; i++) {
        const struct dialect_error *row = &dialect->errors[i];

        if ((!row->state || strncmp(row->state, state, strlen(row->state)) == 0) &&
            (!row->native || row->native == native) &&
            (!row->fragment || strstr(message, row->fragment))) {
            return row->code;
        }
    }
    return ERROR_DATABASE_FAILED;
}

/* Copies the name of the unique key out of the message, without the schema or table before it. */
static void read_unique_key(const struct dialect *dialect, const char *message, struct error *error)
{
    const char *name = strstr(message, dialect->unique_key_follows);
    const char *end;

    if (!name) {
        return;
    }
    name += strlen(dialect->unique_key_follows);
    end = strchr(name, dialect->unique_key_ends);
    if (!end) {
        end = name + strlen(name);
    }
    snprintf(error->subject, sizeof(error->subject), "%.*s", (int)(end - name), name);
}

/* Where the value that begins at text ends, or NULL when none begins here. Values stand in
 * quotes (identifiers too, in some messages) or after "=(". */
static char *end_of_value(char *text, bool is_data_exception)
{
    if (*text == '\'' || (*text == '"' && is_data_exception)) {
        return strrchr(text + 1, *text);
    }
    return strncmp(text, "=(", 2) == 0 ? strrchr(text + 2, ')') : NULL;
}

/* Takes values out of a message, so that the log holds none. */
static void blank_values(char *message, const char *state)
{
    bool is_data_exception = strncmp(state, "22", 2) == 0;

    for (char *text = message; *text; text++) {
        char *end = end_of_value(text, is_data_exception);

        if (end) {
            memmove(text + 1, "?", 1);
            memmove(text + 2, end, strlen(end) + 1);
            return;
        }
    }
}

bool diagnostic_set(struct error *error, enum error_code code, const char *cause)
{
    error_set(error, code, NULL, "%s", sentence_of(code));
    if (cause) {
        error_add_cause(error, "%s", cause);
    }
    return false;
}

enum error_code diagnostic_read(const struct dialect *dialect, short handle_type, void *handle,
                                const char *sql, struct error *error)
{
    SQLCHAR state[SQL_SQLSTATE_SIZE + 1] = "";
    SQLCHAR message[MESSAGE_SIZE] = "";
    SQLINTEGER native = 0;
    SQLSMALLINT length = 0;
    enum error_code code = ERROR_DATABASE_UNAVAILABLE;

    if (!SQL_SUCCEEDED(SQLGetDiagRec(handle_type, handle, 1, state, &native, message,
                                     sizeof(message), &length))) {
        snprintf((char *)message, sizeof(message), "no diagnostic");
    }
    if (dialect) {
        code = classify(dialect, (char *)state, native, (char *)message);
    }
    diagnostic_set(error, code, NULL);
    if (code == ERROR_DATABASE_UNIQUE) {
        read_unique_key(dialect, (char *)message, error);
    }
    blank_values((char *)message, (char *)state);
    error_add_cause(error, "%s/%d %s%s%s", (char *)state, (int)native, (char *)message,
                    sql ? " in " : "", sql ? sql : "");
    return code;
}
