/*
 * by_hand.c - the inserts of a create, as somebody would write them by hand against ODBC.
 *
 *   by_hand CONNECTION-STRING SECONDS CONNECTIONS FILE
 *
 * FILE holds one INSERT a line, in each of which a question mark stands for a new id (the same in
 * all) wherever one is wanted. Each connection runs BEGIN, all of them, prepared, and COMMIT, again
 * and again. Prints the transactions a second.
 */
#include <pthread.h>
#include <sql.h>
#include <sqlext.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { STATEMENTS = 4, LINE = 32768, ID_SIZE = 37, MARKS = 4 };

struct statement {
    char text[LINE];
    int marks;
};

static struct statement statements[STATEMENTS];
static int statement_count;
static const char *connection_string;
static time_t end;
static atomic_long done;

static void must(SQLRETURN result, SQLSMALLINT type, SQLHANDLE handle)
{
    SQLCHAR state[6], message[512];
    SQLINTEGER code;
    if (SQL_SUCCEEDED(result)) {
        return;
    }
    SQLGetDiagRec(type, handle, 1, state, &code, message, sizeof(message), NULL);
    fprintf(stderr, "%s %s\n", state, message);
    exit(1);
}

static void run_text(SQLHSTMT handle, const char *text)
{
    must(SQLExecDirect(handle, (SQLCHAR *)text, SQL_NTS), SQL_HANDLE_STMT, handle);
}

static void make_id(unsigned *seed, char id[ID_SIZE])
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    unsigned long long moment =
        (unsigned long long)now.tv_sec * 1000 + (unsigned)now.tv_nsec / 1000000;
    snprintf(id, ID_SIZE, "%08llx-%04llx-7%03x-8%03x-%08x%04x", moment >> 16, moment & 0xFFFF,
             rand_r(seed) & 0xFFF, rand_r(seed) & 0xFFF, (unsigned)rand_r(seed),
             rand_r(seed) & 0xFFFF);
}

static void *work(void *context)
{
    SQLHENV environment;
    SQLHDBC connection;
    SQLHSTMT text, prepared[STATEMENTS];
    char id[ID_SIZE];
    unsigned seed = (unsigned)(size_t)context * 7919 + (unsigned)time(NULL);
    SQLAllocHandle(SQL_HANDLE_ENV, SQL_NULL_HANDLE, &environment);
    SQLSetEnvAttr(environment, SQL_ATTR_ODBC_VERSION, (SQLPOINTER)SQL_OV_ODBC3, 0);
    SQLAllocHandle(SQL_HANDLE_DBC, environment, &connection);
    must(SQLDriverConnect(connection, NULL, (SQLCHAR *)connection_string, SQL_NTS, NULL, 0, NULL,
                          SQL_DRIVER_NOPROMPT),
         SQL_HANDLE_DBC, connection);
    SQLAllocHandle(SQL_HANDLE_STMT, connection, &text);
    for (int index = 0; index < statement_count; index++) {
        SQLAllocHandle(SQL_HANDLE_STMT, connection, &prepared[index]);
        must(SQLPrepare(prepared[index], (SQLCHAR *)statements[index].text, SQL_NTS),
             SQL_HANDLE_STMT, prepared[index]);
        for (int mark = 0; mark < statements[index].marks; mark++) {
            must(SQLBindParameter(prepared[index], (SQLUSMALLINT)(mark + 1), SQL_PARAM_INPUT,
                                  SQL_C_CHAR, SQL_VARCHAR, ID_SIZE - 1, 0, id, ID_SIZE, NULL),
                 SQL_HANDLE_STMT, prepared[index]);
        }
    }
    while (time(NULL) < end) {
        make_id(&seed, id);
        run_text(text, "BEGIN");
        for (int index = 0; index < statement_count; index++) {
            must(SQLExecute(prepared[index]), SQL_HANDLE_STMT, prepared[index]);
        }
        run_text(text, "COMMIT");
        atomic_fetch_add(&done, 1);
    }
    return NULL;
}

static void read_statements(const char *name)
{
    FILE *file = fopen(name, "r");
    while (file != NULL && statement_count < STATEMENTS &&
           fgets(statements[statement_count].text, LINE, file) != NULL) {
        struct statement *statement = &statements[statement_count++];
        statement->text[strcspn(statement->text, "\n")] = '\0';
        for (const char *at = statement->text; *at != '\0'; at++) {
            statement->marks += *at == '?';
        }
    }
}

int main(int argc, char **argv)
{
    pthread_t threads[64];
    if (argc != 5) {
        return 2;
    }
    int seconds = atoi(argv[2]), count = atoi(argv[3]);
    connection_string = argv[1];
    read_statements(argv[4]);
    end = time(NULL) + seconds;
    for (int index = 0; index < count; index++) {
        pthread_create(&threads[index], NULL, work, (void *)(size_t)(index + 1));
    }
    for (int index = 0; index < count; index++) {
        pthread_join(threads[index], NULL);
    }
    printf("%.1f\n", (double)done / seconds);
    return 0;
}
