/*
 * record.c - crmctl record query, get, create, update, delete.
 */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "apps/admin/connect.h"
#include "apps/admin/entity.h"
#include "apps/admin/print.h"
#include "apps/admin/report.h"
#include "apps/admin/request.h"
#include "base/arena.h"
#include "base/expect.h"
#include "base/uuid.h"
#include "client/client.h"
#include "client/element.h"
#include "xml/document.h"

enum { PAGE_SIZE = 500, COLUMNS_MAX = 200, KEY_VALUES_MAX = 8 };

/* What the server does not know may be a word of the command line. */
static enum exit_code report_failure(const struct task *task, struct client *client,
                                     const struct client_error *error)
{
    bool is_unknown =
        strcmp(error->code, "NOT_FOUND") == 0 || strcmp(error->code, "OPERATION_UNKNOWN") == 0;

    return is_unknown && entity_explain_unknown(task, client) ? EXIT_NOT_FOUND
                                                              : report_client_error(error);
}

/* Connects, calls one operation of an entity and prints what it answers. */
static enum exit_code call_and_print(const struct task *task, const char *verb, bool is_repeatable,
                                     const struct element *parameters)
{
    struct client_operation operation = {
        .service = task->words[0],
        .name = arena_format(task->arena, "%s%s", verb, task->words[0]),
        .is_repeatable = is_repeatable,
    };
    enum print_format format;
    struct client *client = NULL;
    struct client_error error;
    const struct xml_node *answer = NULL;
    enum exit_code code = EXIT_USAGE;

    if (!print_format_parse(task->arguments->format, &format) ||
        !connect_client(task, &client, &code)) {
        return code;
    }
    if (!client_call(client, task->arena, &operation, parameters, &answer, &error)) {
        code = report_failure(task, client, &error);
    } else {
        code = EXIT_DONE;
        if (answer->first_child != NULL) {
            print_tree(task->arena, stdout, format, answer->first_child);
        }
    }
    client_close(&client);
    return code;
}

/* The word that is neither an id nor KEY=VALUE, or NULL. */
static const char *find_wrong_word(const struct task *task)
{
    struct uuid id;

    if (task->word_count == 2 && uuid_parse(task->words[1], &id)) {
        return NULL;
    }
    for (size_t i = 1; i < task->word_count; i++) {
        if (strchr(task->words[i], '=') == NULL) {
            return task->words[i];
        }
    }
    return NULL;
}

/* Whoever mistypes the entity must not be told that the id is wrong. */
static enum exit_code explain_wrong_word(const struct task *task, const char *word)
{
    struct client *client = NULL;
    enum exit_code code = EXIT_USAGE;

    if (!connect_client(task, &client, &code)) {
        return code;
    }
    code = EXIT_NOT_FOUND;
    if (!entity_explain_unknown(task, client)) {
        report_say("'%s' is neither an id nor KEY=VALUE", word);
        code = EXIT_USAGE;
    }
    client_close(&client);
    return code;
}

/* A record named by KEY=VALUE words: the key's name, then one value for each word. */
static void add_key_words(const struct task *task, struct element *parent)
{
    const char *values[KEY_VALUES_MAX];
    const char *key = NULL;
    size_t count = 0;

    for (size_t i = 1; i < task->word_count; i++) {
        const char *equals = strchr(task->words[i], '=');
        if (key == NULL) {
            key = arena_copy_part(task->arena, task->words[i], (size_t)(equals - task->words[i]));
        }
        values[count++] = equals + 1;
    }
    request_add_key(task->arena, parent, key, values, count);
}

enum exit_code verb_record_get(const struct task *task)
{
    struct element *parameters = element_make(task->arena, "Retrieve");
    const char *wrong = find_wrong_word(task);

    if (wrong != NULL) {
        return explain_wrong_word(task, wrong);
    }
    if (strchr(task->words[1], '=') == NULL) {
        element_add_text(task->arena, parameters, "id", task->words[1]);
    } else {
        add_key_words(task, parameters);
    }
    request_add_list(task->arena, parameters, "columns", task->arguments->columns);
    return call_and_print(task, "Retrieve", true, parameters);
}

enum exit_code verb_record_create(const struct task *task)
{
    struct element *parameters = element_make(task->arena, "Create");
    struct element *record =
        element_add(task->arena, parameters, request_element_of(task->arena, task->words[0]));

    if (!request_add_words(task->arena, record, task->words + 1, task->word_count - 1)) {
        return EXIT_USAGE;
    }
    return call_and_print(task, "Create", false, parameters);
}

enum exit_code verb_record_update(const struct task *task)
{
    struct element *parameters = element_make(task->arena, "Update");
    struct element *record =
        element_add(task->arena, parameters, request_element_of(task->arena, task->words[0]));

    element_add_text(task->arena, record, "id", task->words[1]);
    if (!request_add_words(task->arena, record, task->words + 2, task->word_count - 2)) {
        return EXIT_USAGE;
    }
    return call_and_print(task, "Update", true, parameters);
}

static bool is_confirmed(const struct task *task)
{
    char answer[8] = "";

    if (task->arguments->is_confirmed) {
        return true;
    }
    if (isatty(STDIN_FILENO) != 1) {
        report_say("deleting wants --yes");
        return false;
    }
    fprintf(stderr, "Delete %s %s? [y/N] ", task->words[0], task->words[1]);
    return fgets(answer, sizeof(answer), stdin) != NULL && (answer[0] == 'y' || answer[0] == 'Y');
}

enum exit_code verb_record_delete(const struct task *task)
{
    struct element *parameters = element_make(task->arena, "Delete");

    if (!is_confirmed(task)) {
        return EXIT_USAGE;
    }
    element_add_text(task->arena, parameters, "id", task->words[1]);
    return call_and_print(task, "Delete", false, parameters);
}

static bool takes_list(const char *operator_name)
{
    static const char *const names[] = {"in", "notIn", "between", "notBetween"};

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        if (strcmp(operator_name, names[i]) == 0) {
            return true;
        }
    }
    return false;
}

/* "creditLimit ge 1000" as a condition; the rest after the operator is the value, for in,
 * notIn, between and notBetween split at commas. */
static bool add_condition(struct arena *arena, struct element *conditions, const char *text)
{
    size_t field_length = strcspn(text, " ");
    const char *operator= text + field_length + strspn(text + field_length, " ");
    size_t operator_length = strcspn(operator, " ");
    const char *value = operator+ operator_length + strspn(operator+ operator_length, " ");
    struct element *condition = element_add(arena, conditions, ITEM_CONDITION);
    const char *operator_name = arena_copy_part(arena, operator, operator_length);

    if (field_length == 0 || operator_length == 0) {
        report_say("'%s' is not 'FIELD OPERATOR VALUE'", text);
        return false;
    }
    element_add_text(arena, condition, "field", arena_copy_part(arena, text, field_length));
    element_add_text(arena, condition, "operator", operator_name);
    return *value == '\0' || request_add_values(arena, condition, value, takes_list(operator_name));
}

static bool add_filter(const struct task *task, struct element *query)
{
    const struct array *conditions = &task->arguments->conditions;

    if (conditions->count == 0) {
        return true;
    }
    struct element *filter = element_add(task->arena, query, "filter");
    element_add_text(task->arena, filter, "type", "and");
    struct element *list = element_add(task->arena, filter, "conditions");
    for (size_t i = 0; i < conditions->count; i++) {
        if (!add_condition(task->arena, list, conditions->items[i])) {
            return false;
        }
    }
    return true;
}

static void add_orders(const struct task *task, struct element *query)
{
    const struct array *orders = &task->arguments->orders;

    if (orders->count == 0) {
        return;
    }
    struct element *list = element_add(task->arena, query, "orders");
    for (size_t i = 0; i < orders->count; i++) {
        const char *field = orders->items[i];
        struct element *order = element_add(task->arena, list, ITEM_ORDER);
        element_add_text(task->arena, order, "field", field[0] == '-' ? field + 1 : field);
        element_add_text(task->arena, order, "descending", field[0] == '-' ? "true" : "false");
    }
}

/* A listing that grows page by page. */
struct listing {
    const struct task *task;
    struct client *client;
    struct client_operation operation;
    struct array records; /* const struct xml_node * */
};

static bool is_full(const struct listing *listing)
{
    int64_t limit = listing->task->arguments->limit;

    return limit > 0 && (int64_t)listing->records.count >= limit;
}

static int64_t page_size(const struct listing *listing)
{
    int64_t limit = listing->task->arguments->limit;
    int64_t left = limit - (int64_t)listing->records.count;

    return limit > 0 && left < PAGE_SIZE ? left : PAGE_SIZE;
}

/* Reads one page; cookie is NULL for the first, and afterwards where there is no other. */
static bool read_page(struct listing *listing, const char **cookie, struct client_error *error)
{
    struct arena *arena = listing->task->arena;
    struct element *parameters = element_make(arena, "RetrieveMultiple");
    struct element *query = element_add(arena, parameters, "query");
    const struct xml_node *answer = NULL;

    request_add_list(arena, query, "columns", listing->task->arguments->columns);
    expect(add_filter(listing->task, query)); /* what is wrong was said before the first page */
    add_orders(listing->task, query);
    element_add_text(arena, query, "pageSize", arena_format(arena, "%d", (int)page_size(listing)));
    if (*cookie != NULL) {
        element_add_text(arena, query, "cookie", *cookie);
    }
    if (!client_call(listing->client, arena, &listing->operation, parameters, &answer, error)) {
        return false;
    }
    *cookie = NULL;
    const struct xml_node *page = answer->first_child;
    for (const struct xml_node *part = page == NULL ? NULL : page->first_child; part != NULL;
         part = part->next) {
        if (strcmp(part->name, "nextCookie") == 0) {
            *cookie = part->text;
        }
        for (const struct xml_node *record = part->first_child; record != NULL;
             record = record->next) {
            array_add(&listing->records, record);
        }
    }
    return true;
}

static bool has_column(const char *const *columns, size_t count, const char *name)
{
    for (size_t i = 0; i < count; i++) {
        if (strcmp(columns[i], name) == 0) {
            return true;
        }
    }
    return false;
}

/* The columns asked for, or every field that some record has. */
static void find_columns(const struct listing *listing, struct sheet *sheet)
{
    const char **columns =
        arena_allocate_array(listing->task->arena, COLUMNS_MAX, sizeof(*columns));

    for (const char *text = listing->task->arguments->columns;
         text != NULL && *text != '\0' && sheet->column_count < COLUMNS_MAX;) {
        size_t length = strcspn(text, ",");
        columns[sheet->column_count++] = arena_copy_part(listing->task->arena, text, length);
        text += text[length] == ',' ? length + 1 : length;
    }
    for (size_t i = 0; sheet->column_count == 0 || listing->task->arguments->columns == NULL; i++) {
        if (i >= listing->records.count) {
            break;
        }
        const struct xml_node *record = listing->records.items[i];
        for (const struct xml_node *field = record->first_child; field != NULL;
             field = field->next) {
            if (sheet->column_count < COLUMNS_MAX &&
                !has_column(columns, sheet->column_count, field->name)) {
                columns[sheet->column_count++] = field->name;
            }
        }
    }
    sheet->columns = columns;
}

/* A reference is shown by its name, or by its id. */
static const char *text_of_field(const struct xml_node *field)
{
    const struct xml_node *name = xml_child(field, "name");
    const struct xml_node *id = xml_child(field, "id");

    if (field->first_child == NULL) {
        return field->text;
    }
    return name != NULL ? name->text : id != NULL ? id->text : "";
}

static void print_listing(const struct listing *listing, enum print_format format)
{
    struct sheet sheet = {.row_name = listing->task->words[0]};

    find_columns(listing, &sheet);
    array_init(&sheet.rows, listing->task->arena);
    for (size_t i = 0; i < listing->records.count; i++) {
        const char **row =
            arena_allocate_array(listing->task->arena, sheet.column_count, sizeof(*row));
        for (size_t column = 0; column < sheet.column_count; column++) {
            const struct xml_node *field =
                xml_child(listing->records.items[i], sheet.columns[column]);
            row[column] = field == NULL ? NULL : text_of_field(field);
        }
        array_add(&sheet.rows, row);
    }
    print_sheet(stdout, format, &sheet);
}

enum exit_code verb_record_query(const struct task *task)
{
    struct listing listing = {
        .task = task,
        .operation = {.service = task->words[0],
                      .name = arena_format(task->arena, "RetrieveMultiple%s", task->words[0]),
                      .is_repeatable = true},
    };
    enum print_format format;
    enum exit_code code = EXIT_USAGE;
    struct client_error error;
    const char *cookie = NULL;
    bool is_read = false;

    if (!add_filter(task, element_make(task->arena, "query")) ||
        !print_format_parse(task->arguments->format, &format) ||
        !connect_client(task, &listing.client, &code)) {
        return code;
    }
    array_init(&listing.records, task->arena);
    do {
        is_read = read_page(&listing, &cookie, &error);
    } while (is_read && cookie != NULL && !is_full(&listing));
    code = is_read ? EXIT_DONE : report_failure(task, listing.client, &error);
    client_close(&listing.client);
    if (is_read) {
        print_listing(&listing, format);
    }
    return code;
}
