/*
 * generate.c - build/generate METADATA SERVICES OUTPUT: reads two directories, writes one.
 */
#include "generate/generate.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/arena.h"
#include "base/error.h"

typedef bool generate_part(const struct generation *generation, struct error *error);

static generate_part *const parts[] = {generate_errors, generate_settings, generate_services};

int main(int argument_count, char **arguments)
{
    if (argument_count != 4) {
        fputs("usage: generate METADATA SERVICES OUTPUT\n", stderr);
        return 2;
    }
    struct generation generation = {
        .arena = arena_create(),
        .metadata = arguments[1],
        .services = arguments[2],
        .output = arguments[3],
    };
    int status = EXIT_SUCCESS;
    for (size_t index = 0; index < sizeof(parts) / sizeof(*parts); index++) {
        struct error error = {0};
        if (!parts[index](&generation, &error)) {
            fprintf(stderr, "%s\n", error.message);
            if (error.cause[0] != '\0') {
                fprintf(stderr, "%s\n", error.cause);
            }
            status = EXIT_FAILURE;
        }
    }
    arena_destroy(&generation.arena);
    return status;
}
