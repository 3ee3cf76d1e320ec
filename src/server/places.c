/*
 * places.c - a checkout and an installed program find their files without being told.
 */
#include "server/places.h"

#include <string.h>
#include <unistd.h>

#include <stdbool.h>

#include "base/arena.h"

#define INSTALLED_METADATA "/usr/share/svyaz/metadata"

enum { PATH_SIZE = 4096, STEPS_UP = 3 };

/* Cuts the last part off a path; false when there is none. */
static bool cut_last(char *path)
{
    char *slash = strrchr(path, '/');

    if (slash == NULL) {
        return false;
    }
    *slash = '\0';
    return true;
}

/* Where metadata/ lies, seen from a folder above the program: a built program lies in build/ or
 * deeper in it, an installed one in bin/. */
static const char *const places[] = {"metadata", "share/svyaz/metadata"};

enum { PLACE_COUNT = sizeof(places) / sizeof(places[0]) };

static const char *find_in(struct arena *arena, const char *folder)
{
    for (int i = 0; i < PLACE_COUNT; i++) {
        const char *found = arena_format(arena, "%s/%s", folder, places[i]);
        if (access(arena_format(arena, "%s/entities", found), R_OK) == 0) {
            return found;
        }
    }
    return NULL;
}

const char *places_metadata(struct arena *arena, const char *setting)
{
    char path[PATH_SIZE] = "";

    if (setting[0] != '\0') {
        return setting;
    }
    if (readlink("/proc/self/exe", path, sizeof(path) - 1) < 0) {
        return INSTALLED_METADATA;
    }
    for (int step = 0; step < STEPS_UP && cut_last(path); step++) {
        const char *found = find_in(arena, path);
        if (found != NULL) {
            return found;
        }
    }
    return INSTALLED_METADATA;
}
