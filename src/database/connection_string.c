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

/* The driver manager may write every statement and value to a file: not with our data. */
static bool is_traced(SQLHDBC connection)
{
    SQLUINTEGER trace = SQL_OPT_TRACE_OFF;

    SQLGetConnectAttr(connection, SQL_ATTR_TRACE, &trace, sizeof(trace), NULL);
    return trace != SQL_OPT_TRACE_OFF;
}

static bool make_handles(struct connection_link *link)
{
    return SQL_SUCCEEDED(SQLAllocHandle(SQL_HANDLE_ENV, SQL_NULL_HANDLE, &link->environment)) &&
           SQL_SUCCEEDED(SQLSetEnvAttr(link->environment, SQL_ATTR_ODBC_VERSION,
                                       (SQLPOINTER)SQL_OV_ODBC3, 0)) &&
           SQL_SUCCEEDED(SQLAllocHandle(SQL_HANDLE_DBC, link->environment, &link->handle));
}

bool connection_link_open(const char *text, struct connection_link *link_out, struct error *error)
{
    struct connection_link link = {.environment = SQL_NULL_HENV, .handle = SQL_NULL_HDBC};

    if (!make_handles(&link)) {
        diagnostic_set(error, ERROR_DATABASE_UNAVAILABLE, "no ODBC environment");
        goto failed;
    }
    if (is_traced(link.handle)) {
        error_set(error, ERROR_DATABASE_UNAVAILABLE, NULL,
                  "ODBC tracing is on; set Trace = No in odbcinst.ini");
        goto failed;
    }
    SQLSetConnectAttr(link.handle, SQL_ATTR_LOGIN_TIMEOUT, (SQLPOINTER)(intptr_t)LOGIN_TIMEOUT,
                      SQL_IS_UINTEGER);
    if (!SQL_SUCCEEDED(SQLDriverConnect(link.handle, NULL, (SQLCHAR *)text, SQL_NTS, NULL, 0, NULL,
                                        SQL_DRIVER_NOPROMPT))) {
        diagnostic_read(NULL, SQL_HANDLE_DBC, link.handle, NULL, error);
        goto failed;
    }
    *link_out = link;
    return true;

failed:
    connection_link_close(&link);
    return false;
}

void connection_link_close(struct connection_link *link)
{
    if (link->handle) {
        SQLDisconnect(link->handle);
        SQLFreeHandle(SQL_HANDLE_DBC, link->handle);
    }
    if (link->environment) {
        SQLFreeHandle(SQL_HANDLE_ENV, link->environment);
    }
    *link = (struct connection_link){.environment = SQL_NULL_HENV};
}
