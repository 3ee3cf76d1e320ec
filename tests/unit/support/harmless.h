/*
 * harmless.h - whether what is shown, or stored under a name, of a stranger's message can do
 * anything. Written apart from what makes it so: by what may not be there.
 *
 * Memory: none.
 * Threads: any thread.
 */
#ifndef SUPPORT_HARMLESS_H
#define SUPPORT_HARMLESS_H

#include <stdbool.h>

/* Whether HTML runs nothing, fetches nothing, reaches beyond no frame and is whole: each tag is
 * written in full, none is active, and what is opened is closed. */
bool harmless_is_html(const char *html);

/* Whether a file of this name lands in the folder where it is put, under no other name, on any
 * system. */
bool harmless_is_name(const char *name);

#endif
