/*
 * places.h - where the files that come with the program lie.
 */
#ifndef SERVER_PLACES_H
#define SERVER_PLACES_H

struct arena;

/* The metadata folder: the one of the setting, else `../metadata` seen from the program's own
 * file when it is there (a checkout), else the installed one. */
const char *places_metadata(struct arena *arena, const char *setting);

#endif
