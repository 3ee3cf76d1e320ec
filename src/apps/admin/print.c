/*
 * print.c - sheets in four formats.
 */
#include "apps/admin/print.h"

#include <string.h>

#include "apps/admin/print_text.h"
#include "apps/admin/report.h"
#include "base/arena.h"
#include "xml/document.h"

enum { GAP = 2, COLUMN_WIDTH_MAX = 60 };

static const char *const format_names[] = {
    [PRINT_TABLE] = "table",
    [PRINT_TAB] = "tab",
    [PRINT_JSON] = "json",
    [PRINT_XML] = "xml",
};

bool print_format_parse(const char *word, enum print_format *format_out)
{
    for (enum print_format format = PRINT_TABLE; format <= PRINT_XML; format++) {
        if (strcmp(word, format_names[format]) == 0) {
            *format_out = format;
            return true;
        }
    }
    report_say("there is no format '%s': it is table, tab, json or xml", word);
    return false;
}

static const char *cell_at(const struct sheet *sheet, size_t row, size_t column)
{
    return ((const char *const *)sheet->rows.items[row])[column];
}

/* The width that a column needs, within reason. */
static size_t width_of(const struct sheet *sheet, size_t column)
{
    size_t width = text_width(sheet->columns[column]);

    for (size_t row = 0; row < sheet->rows.count; row++) {
        const char *cell = cell_at(sheet, row, column);
        size_t cell_width = cell == NULL ? 0 : text_width(cell);
        width = cell_width > width ? cell_width : width;
    }
    return width > COLUMN_WIDTH_MAX ? COLUMN_WIDTH_MAX : width;
}

static void print_cell(FILE *file, const char *text, size_t width, bool is_last)
{
    size_t printed = text_print_plain(file, text == NULL ? "" : text);

    if (!is_last) {
        fprintf(file, "%*s", (int)(GAP + (width > printed ? width - printed : 0)), "");
    }
}

static void print_table(FILE *file, const struct sheet *sheet)
{
    for (size_t column = 0; column < sheet->column_count; column++) {
        print_cell(file, sheet->columns[column], width_of(sheet, column),
                   column + 1 == sheet->column_count);
    }
    fputc('\n', file);
    for (size_t row = 0; row < sheet->rows.count; row++) {
        for (size_t column = 0; column < sheet->column_count; column++) {
            print_cell(file, cell_at(sheet, row, column), width_of(sheet, column),
                       column + 1 == sheet->column_count);
        }
        fputc('\n', file);
    }
}

static void print_tab_line(FILE *file, const char *const *cells, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        text_print_tab(file, cells[i] == NULL ? "" : cells[i]);
        fputc(i + 1 < count ? '\t' : '\n', file);
    }
}

static void print_tab(FILE *file, const struct sheet *sheet)
{
    print_tab_line(file, sheet->columns, sheet->column_count);
    for (size_t row = 0; row < sheet->rows.count; row++) {
        print_tab_line(file, sheet->rows.items[row], sheet->column_count);
    }
}

static void print_json(FILE *file, const struct sheet *sheet)
{
    fputs("[", file);
    for (size_t row = 0; row < sheet->rows.count; row++) {
        bool is_first = true;
        fputs(row == 0 ? "\n  {" : ",\n  {", file);
        for (size_t column = 0; column < sheet->column_count; column++) {
            if (cell_at(sheet, row, column) == NULL) {
                continue;
            }
            fputs(is_first ? "" : ", ", file);
            is_first = false;
            text_print_json(file, sheet->columns[column]);
            fputs(": ", file);
            text_print_json(file, cell_at(sheet, row, column));
        }
        fputs("}", file);
    }
    fputs(sheet->rows.count == 0 ? "]\n" : "\n]\n", file);
}

static void print_xml(FILE *file, const struct sheet *sheet)
{
    fputs("<rows>\n", file);
    for (size_t row = 0; row < sheet->rows.count; row++) {
        fprintf(file, "  <%s>", sheet->row_name);
        for (size_t column = 0; column < sheet->column_count; column++) {
            if (cell_at(sheet, row, column) != NULL) {
                fprintf(file, "<%s>", sheet->columns[column]);
                text_print_xml(file, cell_at(sheet, row, column));
                fprintf(file, "</%s>", sheet->columns[column]);
            }
        }
        fprintf(file, "</%s>\n", sheet->row_name);
    }
    fputs("</rows>\n", file);
}

void print_sheet(FILE *file, enum print_format format, const struct sheet *sheet)
{
    static void (*const printers[])(FILE * file, const struct sheet *sheet) = {
        [PRINT_TABLE] = print_table,
        [PRINT_TAB] = print_tab,
        [PRINT_JSON] = print_json,
        [PRINT_XML] = print_xml,
    };

    printers[format](file, sheet);
}

static void print_element(FILE *file, const struct xml_node *node, int depth)
{
    fprintf(file, "%*s<%s>", depth * 2, "", node->name);
    if (node->first_child == NULL) {
        text_print_xml(file, node->text);
    } else {
        fputc('\n', file);
        for (const struct xml_node *child = node->first_child; child != NULL; child = child->next) {
            print_element(file, child, depth + 1);
        }
        fprintf(file, "%*s", depth * 2, "");
    }
    fprintf(file, "</%s>\n", node->name);
}

static bool is_repeated(const struct xml_node *parent, const struct xml_node *node)
{
    size_t count = 0;

    for (const struct xml_node *child = parent->first_child; child != NULL; child = child->next) {
        count += strcmp(child->name, node->name) == 0;
    }
    return count > 1;
}

static void print_json_value(FILE *file, const struct xml_node *node, int depth);

static void print_json_list(FILE *file, const struct xml_node *node, int depth)
{
    const char *before = "[";

    for (const struct xml_node *item = node; item != NULL; item = xml_next(item)) {
        fputs(before, file);
        print_json_value(file, item, depth);
        before = ", ";
    }
    fputs("]", file);
}

/* Children of one name become a list under it. */
static void print_json_value(FILE *file, const struct xml_node *node, int depth)
{
    const char *before = "{";

    if (node->first_child == NULL) {
        text_print_json(file, node->text);
        return;
    }
    for (const struct xml_node *child = node->first_child; child != NULL; child = child->next) {
        if (xml_child(node, child->name) != child) {
            continue;
        }
        fprintf(file, "%s\n%*s", before, (depth + 1) * 2, "");
        before = ",";
        text_print_json(file, child->name);
        fputs(": ", file);
        if (is_repeated(node, child)) {
            print_json_list(file, child, depth + 1);
        } else {
            print_json_value(file, child, depth + 1);
        }
    }
    fprintf(file, "\n%*s}", depth * 2, "");
}

static void add_paths(struct arena *arena, const struct xml_node *node, const char *path,
                      struct array *rows)
{
    if (node->first_child == NULL) {
        const char **row = arena_allocate_array(arena, 2, sizeof(*row));
        row[0] = path;
        row[1] = node->text;
        array_add(rows, row);
        return;
    }
    for (const struct xml_node *child = node->first_child; child != NULL; child = child->next) {
        add_paths(arena, child,
                  path[0] == '\0' ? child->name : arena_format(arena, "%s.%s", path, child->name),
                  rows);
    }
}

void print_tree(struct arena *arena, FILE *file, enum print_format format,
                const struct xml_node *node)
{
    static const char *const columns[] = {"name", "value"};
    struct sheet sheet = {.columns = columns, .column_count = 2};

    if (format == PRINT_XML) {
        print_element(file, node, 0);
    } else if (format == PRINT_JSON) {
        print_json_value(file, node, 0);
        fputc('\n', file);
    } else {
        array_init(&sheet.rows, arena);
        if (node->first_child != NULL) {
            add_paths(arena, node, "", &sheet.rows);
        }
        print_sheet(file, format, &sheet);
    }
}
