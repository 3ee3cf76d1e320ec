/*
 * folder.h - a folder for the files of one test, taken away at its end.
 */
#ifndef UNIT_APPS_FOLDER_H
#define UNIT_APPS_FOLDER_H

#include <stddef.h>

struct arena;

/* Makes a folder under build/ that goes with the arena, with all that is in it. */
const char *folder_make(struct arena *arena);

/* Writes a file into it; its path. */
const char *folder_write(struct arena *arena, const char *folder, const char *name,
                         const char *text);

#endif
