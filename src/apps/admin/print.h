/*
 * print.h - data on standard output: as a table for people, as tab, json or xml for programs.
 *
 * No value can break out of its place: control characters are shown as blanks in a table and
 * escaped elsewhere.
 */
#ifndef APPS_ADMIN_PRINT_H
#define APPS_ADMIN_PRINT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "base/array.h"
#include "base/attributes.h"

struct arena;
struct xml_node;

enum print_format { PRINT_TABLE, PRINT_TAB, PRINT_JSON, PRINT_XML };

/* "table", "tab", "json" or "xml"; false, said on standard error, for another word. */
must_check bool print_format_parse(const char *word, enum print_format *format_out);

/* Rows of texts under columns. */
struct sheet {
    const char *row_name; /* of a row in XML */
    const char *const *columns;
    size_t column_count;
    struct array rows; /* const char ** of column_count; NULL: no value */
};

void print_sheet(FILE *file, enum print_format format, const struct sheet *sheet);

/* Prints an element: paths and values as a table, else as it is. */
void print_tree(struct arena *arena, FILE *file, enum print_format format,
                const struct xml_node *node);

#endif
