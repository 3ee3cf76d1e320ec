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

/* A built program lies in build/ or deeper in it, next to metadata/ some steps up. */
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
        const char *folder = arena_format(arena, "%s/metadata", path);
        const char *entities = arena_format(arena, "%s/entities", folder);
        if (access(entities, R_OK) == 0) {
            return folder;
        }
    }
    return INSTALLED_METADATA;
}
