/*
 * generate.h - the build-time program: what C must name, made from XML.
 *
 * Each part reads its XML, checks it against the schema beside it and then beyond it, and writes
 * a header and a table. The files hold tables and types, never a decision.
 */
#ifndef GENERATE_GENERATE_H
#define GENERATE_GENERATE_H

#include <stdbool.h>

#include "base/attributes.h"

struct arena;
struct error;

struct generation {
    struct arena *arena;
    const char *metadata; /* directories */
    const char *services;
    const char *output;
};

/* errors.xml into error_codes.h and errors.c */
must_check bool generate_errors(const struct generation *generation, struct error *error);

/* settings.xml into settings.h and settings.c */
must_check bool generate_settings(const struct generation *generation, struct error *error);

/* services/ into messages.h, messages.c, operations.h, operations.c and contract_names.def */
must_check bool generate_services(const struct generation *generation, struct error *error);

#endif
