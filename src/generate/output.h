/*
 * output.h - a generated C file: composed in memory, written only when it has changed.
 */
#ifndef GENERATE_OUTPUT_H
#define GENERATE_OUTPUT_H

#include <stdbool.h>

#include "base/attributes.h"
#include "base/buffer.h"

struct arena;
struct error;

struct output {
    const char *path;
    struct buffer text;
};

/* Begins a file with the sentence that says what made it, from what, and what it is. */
void output_begin(struct output *output, struct arena *arena, const char *directory,
                  const char *name, const char *source, const char *purpose);

printf_like(2, 3) void output_add(struct output *output, const char *format, ...);

/* Adds a C string literal, or NULL for NULL. */
void output_add_literal(struct output *output, const char *text);

/* Writes the file unless it has this content already. */
must_check bool output_finish(struct output *output, struct error *error);

#endif
