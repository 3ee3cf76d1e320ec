/*
 * directory.c - which server is asked, for how long, and when it is left alone.
 */
#include "security/directory.h"

#include <stdatomic.h>
#include <stdint.h>
#include <string.h>

#include "base/arena.h"
#include "base/array.h"
#include "base/error.h"
#include "base/settings.h"
#include "base/time.h"
#include "crypto/digest.h"
#include "security/directory_ldap.h"
#include "security/directory_text.h"
#include "security/errand.h"
#include "text/fold.h"
#include "text/utf8.h"

enum {
    PATIENCE = 250,          /* ms that a caller waits for a free thread */
    DIRECTORY_KEY_MAX = 400, /* bytes of a group in a rule */
};

struct directory {
    struct arena *arena;
    const struct settings_directory *settings;
    const struct text_rules *rules;
    struct errands *errands;
    const char *const *urls;
    size_t url_count;
    _Atomic size_t good_url;      /* that answered last */
    _Atomic int64_t closed_until; /* monotonic; 0: it answers */
};

/* One question to the servers in turn, on its way to a thread and back. */
struct errand {
    struct directory *directory;
    struct directory_question question;
};

/* ---- the whole ---- */

static bool refuse_setting(const char *key, const char *sentence, struct error *error)
{
    return error_set(error, ERROR_SETTING_INVALID, "directory", "directory.%s %s", key, sentence);
}

static bool read_urls(struct directory *directory, struct error *error)
{
    char *rest = arena_copy_text(directory->arena, directory->settings->url);
    struct array urls;
    char *url;

    array_init(&urls, directory->arena);
    while ((url = strtok_r(rest, " ,", &rest)) != NULL) {
        if (!directory_is_url(url)) {
            return refuse_setting("url", "must be ldaps://host or ldap://host", error);
        }
        array_add(&urls, url);
    }
    directory->urls = (const char *const *)urls.items;
    directory->url_count = urls.count;
    return true;
}

/* What would otherwise only be noticed by the first who logs in. */
static bool check_settings(struct arena *arena, const struct settings_directory *settings,
                           struct error *error)
{
    bool is_by_pattern = settings->user_dn[0] != '\0';

    if (!is_by_pattern && settings->base[0] == '\0') {
        return refuse_setting("base", "or directory.user_dn must say where users are", error);
    }
    if (is_by_pattern && (directory_normal_dn(arena, settings->user_dn) == NULL ||
                          strstr(settings->user_dn, "{name}") == NULL)) {
        return refuse_setting("user_dn", "must be a DN with {name} in it", error);
    }
    if (strstr(settings->filter, "{name}") == NULL || settings->filter[0] != '(') {
        return refuse_setting("filter", "must be a filter in brackets with {name} in it", error);
    }
    if (settings->id_attribute[0] == '\0' || settings->name_attribute[0] == '\0') {
        return refuse_setting("id_attribute", "and directory.name_attribute may not be empty",
                              error);
    }
    if (settings->nested_groups && settings->base[0] == '\0' && settings->group_base[0] == '\0') {
        return refuse_setting("nested_groups", "needs directory.group_base", error);
    }
    return settings->bind_dn[0] == '\0' || settings->password[0] != '\0' ||
           refuse_setting("bind_dn", "needs directory.password_file", error);
}

bool directory_create(const struct settings_directory *settings, const struct text_rules *rules,
                      int threads, struct directory **directory_out, struct error *error)
{
    if (settings->url[0] == '\0') {
        *directory_out = NULL;
        return true;
    }
    struct arena *arena = arena_create();
    struct directory *directory = arena_allocate(arena, sizeof(*directory));
    directory->arena = arena;
    directory->settings = settings;
    directory->rules = rules;
    if (!read_urls(directory, error) || !check_settings(arena, settings, error) ||
        !errands_create(threads, PATIENCE, &directory->errands, error)) {
        directory_destroy(&directory);
        return false;
    }
    *directory_out = directory;
    return true;
}

void directory_destroy(struct directory **directory)
{
    if (*directory == NULL) {
        return;
    }
    struct arena *arena = (*directory)->arena;
    errands_destroy(&(*directory)->errands);
    arena_destroy(&arena);
    *directory = NULL;
}

bool directory_can_find(const struct directory *directory)
{
    return directory->settings->user_dn[0] == '\0' || directory->settings->bind_dn[0] != '\0';
}

/* ---- asking ---- */

/* On a thread of its own: from the server that answered last on, until one answers. */
static void ask_servers(void *context)
{
    struct errand *errand = context;
    struct directory *directory = errand->directory;
    size_t first = atomic_load(&directory->good_url);

    for (size_t tried = 0; tried < directory->url_count; tried++) {
        size_t index = (first + tried) % directory->url_count;
        errand->question.url = directory->urls[index];
        directory_ldap_ask(&errand->question);
        if (errand->question.outcome != DIRECTORY_AWAY) {
            atomic_store(&directory->good_url, index);
            return;
        }
    }
}

static bool refuse(const char *cause, struct error *error)
{
    error_set(error, ERROR_DIRECTORY_UNAVAILABLE, NULL, "The directory of users does not answer");
    return error_add_cause(error, "%s", cause);
}

/* Whether it may be asked: of those who come when the pause is over, one tries. */
static bool is_open(struct directory *directory)
{
    int64_t until = atomic_load(&directory->closed_until);
    int64_t now = time_monotonic();

    return until == 0 ||
           (now >= until && atomic_compare_exchange_strong(&directory->closed_until, &until,
                                                           now + directory->settings->retry));
}

static void close_for_a_while(struct directory *directory)
{
    atomic_store(&directory->closed_until, time_monotonic() + directory->settings->retry);
}

static struct errand *make_errand(struct directory *directory, struct arena *arena,
                                  const char *name, const char *password, const char *id)
{
    struct errand *errand = arena_allocate(arena, sizeof(*errand));

    errand->directory = directory;
    errand->question = (struct directory_question){
        .arena = arena,
        .settings = directory->settings,
        .name = arena_copy_text(arena, name),
        .password = password == NULL ? NULL : arena_copy_text(arena, password),
        .id = id == NULL ? NULL : arena_copy_text(arena, id),
    };
    return errand;
}

/* Runs an errand and notes how the directory did. False: it is away. */
static bool run(struct directory *directory, struct arena **arena, struct errand *errand,
                struct error *error)
{
    int64_t timeout = directory->settings->timeout * (int64_t)(1 + directory->url_count);

    switch (errands_run(directory->errands, arena, ask_servers, errand, timeout)) {
    case ERRAND_BUSY:
        return refuse("all threads that ask it are waiting", error);
    case ERRAND_LATE:
        close_for_a_while(directory);
        return refuse("no answer in time", error);
    case ERRAND_DONE:
        break;
    }
    if (errand->question.outcome == DIRECTORY_AWAY) {
        close_for_a_while(directory);
        return refuse(errand->question.cause, error);
    }
    atomic_store(&directory->closed_until, 0);
    return true;
}

/* ---- what it answered ---- */

/* Texts that people wrote elsewhere: what is not UTF-8 is as if it were not there. */
static const char *take(struct arena *arena, const char *text)
{
    return text == NULL || !text_is_valid_utf8(text, strlen(text)) ? NULL
                                                                   : arena_copy_text(arena, text);
}

/* The name must be the one that was asked for, as names are compared here: what a directory
 * takes for equal besides (accents, blanks, widths) would be another name to try passwords at. */
static const char *choose_name(const struct directory *directory, struct arena *arena,
                               const struct directory_question *question)
{
    const struct directory_texts *names = &question->entry.names;
    const char *wanted = text_fold(arena, directory->rules, question->name);

    for (size_t index = 0; index < names->count; index++) {
        const char *name = take(arena, names->items[index]);
        if (name != NULL && directory_is_name(name) &&
            strcmp(text_fold(arena, directory->rules, name), wanted) == 0) {
            return name;
        }
    }
    return question->id == NULL || names->count == 0 ? NULL : take(arena, names->items[0]);
}

static const struct directory_person *make_person(const struct directory *directory,
                                                  struct arena *arena,
                                                  const struct directory_question *question)
{
    const struct directory_entry *entry = &question->entry;
    const char *name = choose_name(directory, arena, question);
    struct array groups;

    if (name == NULL || strlen(entry->id) > DIRECTORY_ID_MAX) {
        return NULL;
    }
    array_init(&groups, arena);
    for (size_t index = 0; index < entry->groups.count; index++) {
        const char *group = take(arena, entry->groups.items[index]);
        if (group != NULL) {
            array_add(&groups, text_fold(arena, directory->rules, group));
        }
    }
    struct directory_person *person = arena_allocate(arena, sizeof(*person));
    *person = (struct directory_person){
        .id = arena_copy_text(arena, entry->id),
        .name = name,
        .mail = take(arena, entry->mail),
        .first_name = take(arena, entry->first_name),
        .last_name = take(arena, entry->last_name),
        .groups = (const char *const *)groups.items,
        .group_count = groups.count,
    };
    return person;
}

/* The password is wiped where it is still ours to wipe. */
static void end_errand(struct arena **arena, struct errand *errand)
{
    const char *password = *arena == NULL ? NULL : errand->question.password;

    if (password != NULL) {
        digest_wipe((char *)(uintptr_t)password, strlen(password));
    }
    arena_destroy(arena);
}

static bool ask(struct directory *directory, struct arena *arena, const char *name,
                const char *password, const char *id, const struct directory_person **person_out,
                struct error *error)
{
    if (!is_open(directory)) {
        return refuse("it did not answer a moment ago", error);
    }
    struct arena *errand_arena = arena_create();
    struct errand *errand = make_errand(directory, errand_arena, name, password, id);
    const struct directory_question *question = &errand->question;
    bool is_answered = run(directory, &errand_arena, errand, error);

    if (is_answered) {
        *person_out =
            question->outcome == DIRECTORY_FOUND ? make_person(directory, arena, question) : NULL;
        if (*person_out == NULL) {
            (void)error_add_cause(error, "%s",
                                  question->cause[0] == '\0'
                                      ? "the directory's name of the user is another"
                                      : question->cause);
        }
    }
    end_errand(&errand_arena, errand);
    return is_answered;
}

bool directory_verify(struct directory *directory, struct arena *arena, const char *name,
                      const char *password, const struct directory_person **person_out,
                      struct error *error)
{
    /* An empty password is an anonymous bind, which succeeds for every name: RFC 4513, 5.1.2. */
    if (password[0] == '\0' || !directory_is_name(name)) {
        *person_out = NULL;
        return true;
    }
    return ask(directory, arena, name, password, NULL, person_out, error);
}

bool directory_find(struct directory *directory, struct arena *arena, const char *name,
                    const char *id, const struct directory_person **person_out, struct error *error)
{
    if (!directory_is_name(name)) {
        *person_out = NULL;
        return true;
    }
    return ask(directory, arena, name, NULL, id, person_out, error);
}

/* ---- groups ---- */

const char *directory_group_key(struct arena *arena, const struct text_rules *rules,
                                const char *group)
{
    bool is_dn = strchr(group, '=') != NULL;
    const char *normal = is_dn ? directory_normal_dn(arena, group) : group;

    if (normal == NULL || !directory_is_name(normal)) {
        return NULL;
    }
    const char *key = text_fold(arena, rules, normal);
    return strlen(key) > DIRECTORY_KEY_MAX ? NULL : key;
}

bool directory_is_member(struct arena *arena, const struct directory_person *person,
                         const char *key)
{
    bool is_dn = strchr(key, '=') != NULL;

    for (size_t index = 0; index < person->group_count; index++) {
        const char *group = person->groups[index];
        const char *name = is_dn ? group : directory_first_value(arena, group);
        if (name != NULL && strcmp(name, key) == 0) {
            return true;
        }
    }
    return false;
}
