/*
 * folder.c - files of a test.
 */
#include "apps/folder.h"

#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/arena.h"

static void remove_all(const char *path)
{
    char name[1024];
    DIR *folder = opendir(path);

    for (struct dirent *entry = readdir(folder); entry != NULL; entry = readdir(folder)) {
        snprintf(name, sizeof(name), "%s/%s", path, entry->d_name);
        if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0 &&
            unlink(name) != 0) {
            remove_all(name);
        }
    }
    closedir(folder);
    (void)rmdir(path);
}

static void remove_folder(void *path)
{
    remove_all(path);
}

const char *folder_make(struct arena *arena)
{
    char *path = arena_copy_text(arena, "build/apps-test-XXXXXX");

    assert_non_null(mkdtemp(path));
    arena_on_release(arena, remove_folder, path);
    return path;
}

const char *folder_write(struct arena *arena, const char *folder, const char *name,
                         const char *text)
{
    const char *path = arena_format(arena, "%s/%s", folder, name);
    FILE *file = fopen(path, "wb");

    assert_non_null(file);
    assert_int_equal(fwrite(text, 1, strlen(text), file), strlen(text));
    assert_int_equal(fclose(file), 0);
    return path;
}
