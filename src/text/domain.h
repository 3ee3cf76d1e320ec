/*
 * domain.h - names of domains with letters beyond ASCII, in both of their forms.
 *
 * People read and write "почта.рф", machines "xn--80a1acny.xn--p1ai": each has the other's. Names
 * without such letters have one form and are left alone, whatever they are.
 *
 * Memory: results live in the arena given.
 * Threads: any thread.
 * Specifications: IDNA 2008 (RFC 5890 to 5893) by UTS #46, without its transitional mappings.
 */
#ifndef TEXT_DOMAIN_H
#define TEXT_DOMAIN_H

struct arena;

/* The form that goes over wires. NULL: no domain can be called so. */
const char *text_domain_to_ascii(struct arena *arena, const char *name);

/* The form that people read, with capitals and other forms of its letters put away; a name that
 * can be none stays as it is. */
const char *text_domain_to_letters(struct arena *arena, const char *name);

#endif
