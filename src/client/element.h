/*
 * element.h - an element to be sent: a name with a text, or with elements inside.
 *
 * Memory: elements live in the arena they were made in; names and texts are borrowed.
 */
#ifndef CLIENT_ELEMENT_H
#define CLIENT_ELEMENT_H

#include <stdbool.h>

struct arena;
struct buffer;

/* By what an element names the file, which is the part of this id. */
#define ELEMENT_FILE_ID "file"

struct element {
    const char *name;
    const char *text; /* NULL: it holds the elements, or nothing */
    bool is_file;     /* its content is the file that goes along */
    struct element *first_child;
    struct element *last_child;
    struct element *next;
};

struct element *element_make(struct arena *arena, const char *name);

/* Adds an element to the end of a parent, and returns it. */
struct element *element_add(struct arena *arena, struct element *parent, const char *name);
struct element *element_add_text(struct arena *arena, struct element *parent, const char *name,
                                 const char *text);

/* Adds one that stands for the file of the request. */
struct element *element_add_file(struct arena *arena, struct element *parent, const char *name);

/* Adds one that was made before. */
void element_append(struct element *parent, struct element *child);

/* Writes it as XML, escaped. Text must be valid UTF-8. */
void element_write(const struct element *element, struct buffer *xml);

/* Writes text with the characters escaped that XML gives a meaning. */
void element_write_text(const char *text, struct buffer *xml);

#endif
