/*
 * verb.h - what crmctl can be told to do, and what every verb has at hand.
 */
#ifndef APPS_ADMIN_VERB_H
#define APPS_ADMIN_VERB_H

#include "apps/admin/arguments.h"

struct arena;

/* Scripts decide by these. */
enum exit_code {
    EXIT_DONE = 0,
    EXIT_FAILED = 1,
    EXIT_USAGE = 2,
    EXIT_NOT_FOUND = 3,
    EXIT_NOT_ALLOWED = 4,
    EXIT_CONFLICT = 5,
    EXIT_UNREACHABLE = 6,
};

/* One run of crmctl. */
struct task {
    struct arena *arena;
    const char *program; /* path of crmctl itself */
    const struct arguments *arguments;
    const char *const *words; /* what follows the name of the verb */
    size_t word_count;
};

struct verb {
    const char *noun; /* "record" */
    const char *name; /* "query"; NULL: the noun is enough */
    const char *arguments;
    unsigned options; /* enum option_group, combined */
    size_t words_min;
    size_t words_max;
    const char *meaning;
    enum exit_code (*run)(const struct task *task);
};

enum exit_code verb_bootstrap(const struct task *task);
enum exit_code verb_import(const struct task *task);
enum exit_code verb_record_query(const struct task *task);
enum exit_code verb_record_get(const struct task *task);
enum exit_code verb_record_create(const struct task *task);
enum exit_code verb_record_update(const struct task *task);
enum exit_code verb_record_delete(const struct task *task);
enum exit_code verb_soap_call(const struct task *task);
enum exit_code verb_wsdl_get(const struct task *task);

#endif
