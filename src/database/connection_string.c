/*
 * connection_string.c - reads keyword=value; pairs, adds to them, connects.
 */
#include "database/connection_string.h"

#include <sqlext.h>
#include <string.h>
#include <strings.h>

#include "base/arena.h"
#include "base/buffer.h"
#include "database/diagnostic.h"
#include "database/dialect_driver.h"

/* Seconds a connection may take to come about. */
enum { LOGIN_TIMEOUT = 4 };

/* Where the pair ends that begins at text: at a semicolon outside braces, or at the end. */
static const char *end_of_pair(const char *text)
{
    const char *value = strchr(text, '=');

    if (value && value[1] == '{') {
        const char *brace = strchr(value, '}');

        while (brace && brace[1] == '}') { /* }} stands for a brace */
            brace = strchr(brace + 2, '}');
        }
        text = brace ? brace : text + strlen(text);
    }
    return text + strcspn(text, ";");
}

static bool has_name(const char *pair, const char *name)
{
    size_t length = strlen(name);

    return strncasecmp(pair, name, length) == 0 && pair[length + strspn(pair + length, " ")] == '=';
}

static const struct dialect_keyword *find_keyword(const struct dialect *dialect, const char *pair)
{
    for (size_t i = 0; i < dialect->keyword_count; i++) {
        if (has_name(pair, dialect->keywords[i].name)) {
            return &dialect->keywords[i];
        }
    }
    return NULL;
}

const char *connection_string_complete(struct arena *arena, const char *text,
                                       const struct dialect *dialect)
{
    struct buffer result;
    bool *is_given = arena_allocate_array(arena, dialect->keyword_count, sizeof(bool));

    buffer_init(&result, arena, strlen(text) + 256);
    while (*text) {
        const char *end = end_of_pair(text);
        const struct dialect_keyword *keyword = find_keyword(dialect, text);

        if (end > text && (!keyword || !keyword->is_fixed)) {
            buffer_add(&result, text, (size_t)(end - text));
            buffer_add_char(&result, ';');
        }
        if (keyword && !keyword->is_fixed) {
            is_given[keyword - dialect->keywords] = true;
        }
        text = end + (*end == ';');
        text += strspn(text, " ");
    }
    for (size_t i = 0; i < dialect->keyword_count; i++) {
        if (!is_given[i]) {
            buffer_add_format(&result, "%s=%s;", dialect->keywords[i].name,
                              dialect->keywords[i].value);
        }
    }
    return result.bytes;
}

bool connection_string_connect(SQLHENV environment, const char *text, SQLHDBC *connection_out,
                               struct error *error)
{
    SQLHDBC connection;

    if (!SQL_SUCCEEDED(SQLAllocHandle(SQL_HANDLE_DBC, environment, &connection))) {
        diagnostic_read(NULL, SQL_HANDLE_ENV, environment, NULL, error);
        return false;
    }
    SQLSetConnectAttr(connection, SQL_ATTR_LOGIN_TIMEOUT, (SQLPOINTER)(intptr_t)LOGIN_TIMEOUT,
                      SQL_IS_UINTEGER);
    if (!SQL_SUCCEEDED(SQLDriverConnect(connection, NULL, (SQLCHAR *)text, SQL_NTS, NULL, 0, NULL,
                                        SQL_DRIVER_NOPROMPT))) {
        diagnostic_read(NULL, SQL_HANDLE_DBC, connection, NULL, error);
        SQLFreeHandle(SQL_HANDLE_DBC, connection);
        return false;
    }
    *connection_out = connection;
    return true;
}
