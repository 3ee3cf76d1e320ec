/*
 * directory.c - an entry of the directory and a user are brought together in one transaction.
 *
 * Two logins of one person may run at the same time, on two nodes. Both find nobody and make a
 * user; the unique name lets one through, and the other begins anew and finds what was made.
 */
#include "service/directory.h"

#include <string.h>

#include "base/arena.h"
#include "base/error.h"
#include "base/settings.h"
#include "base/time.h"
#include "call/call.h"
#include "call/platform.h"
#include "change/entry.h"
#include "change/event.h"
#include "crypto/digest.h"
#include "database/database.h"
#include "record/forget.h"
#include "record/person.h"
#include "security/administrator.h"
#include "security/credential.h"
#include "security/directory.h"
#include "security/directory_link.h"
#include "security/memory.h"
#include "security/role.h"
#include "security/session.h"
#include "security/user.h"
#include "text/fold.h"

enum { TRIES = 5 };

/* One person on his way in. */
struct entrance {
    struct call *call;
    const struct directory_person *person;
    const struct uuid *role_ids; /* that his groups give */
    size_t role_count;
    struct uuid user_id;
    bool is_found;  /* there is a user */
    bool is_linked; /* and he is known to be this entry */
    bool is_let_in;
};

static const struct settings_directory *settings_of(const struct call *call)
{
    return &call->settings->directory;
}

/* ---- who he is here ---- */

static bool find_by_name(struct entrance *entrance, struct error *error)
{
    struct call *call = entrance->call;
    const char *folded = text_fold(call->arena, call->platform->text_rules, entrance->person->name);

    return user_find(call->arena, call->connection, call->catalog, folded, &entrance->user_id,
                     &entrance->is_found, error);
}

/* A user of this name who has a password here, or is another entry, or a program, is somebody
 * else. */
static bool check_namesake(struct entrance *entrance, struct error *error)
{
    struct call *call = entrance->call;
    struct directory_link other;
    struct user user;
    bool has_password = false;
    bool is_there = false;

    if (!directory_link_read(call->connection, call->arena, &entrance->user_id, &other, error) ||
        !user_read(call->arena, call->connection, call->catalog, &entrance->user_id, &user,
                   &is_there, error) ||
        !credential_exists(call->connection, &entrance->user_id, &has_password, error)) {
        return false;
    }
    if (other.directory_id != NULL || has_password || (is_there && user.is_application)) {
        entrance->is_let_in = false;
        (void)error_add_cause(error, "the user of this name is somebody else, or a program");
    }
    return true;
}

static bool find_user(struct entrance *entrance, struct error *error)
{
    struct call *call = entrance->call;

    entrance->is_let_in = true;
    if (!directory_link_find_user(call->connection, call->arena, entrance->person->id,
                                  &entrance->user_id, &entrance->is_linked, error)) {
        return false;
    }
    if (entrance->is_linked) {
        entrance->is_found = true;
        return true;
    }
    if (!find_by_name(entrance, error)) {
        return false;
    }
    if (entrance->is_found) {
        return check_namesake(entrance, error);
    }
    entrance->is_let_in = settings_of(call)->provision && entrance->role_count > 0;
    if (!entrance->is_let_in) {
        (void)error_add_cause(error, "there is no user of this name, and none is made");
    }
    return true;
}

/* ---- what is written ---- */

/* The name follows the directory always; the rest where users are made from it. */
static struct person person_of(const struct entrance *entrance)
{
    const struct directory_person *person = entrance->person;
    const struct settings_directory *settings = settings_of(entrance->call);

    if (!settings->provision) {
        return (struct person){.user_name = person->name};
    }
    return (struct person){
        .user_name = person->name,
        .first_name = person->first_name,
        .last_name = person->last_name,
        .mail = person->mail,
        .business_unit = settings->business_unit,
    };
}

static bool write_user(struct entrance *entrance, struct error *error)
{
    struct call *call = entrance->call;
    struct person person = person_of(entrance);
    bool is_done = entrance->is_found ? person_update(call, &entrance->user_id, &person, error)
                                      : person_create(call, &person, &entrance->user_id, error);

    const struct directory_link link = {.directory_id = entrance->person->id,
                                        .found_on = call->now};
    if (!is_done) {
        return false;
    }
    return entrance->is_linked ? directory_link_note(call->connection, call->arena,
                                                     &entrance->user_id, call->now, error)
                               : directory_link_add(call->connection, call->arena,
                                                    &entrance->user_id, &link, error);
}

static bool note_roles(struct call *call, const struct uuid *user_id, enum event_kind kind,
                       const struct uuid *role_ids, size_t count, struct error *error)
{
    for (size_t index = 0; index < count; index++) {
        if (!event_note_pair(call, kind, "SystemUser", user_id, "Role", &role_ids[index], error)) {
            return false;
        }
    }
    return true;
}

/* The last administrator keeps his roles, whatever his groups say, until there is another. */
static bool follow_groups(struct entrance *entrance, struct error *error)
{
    struct call *call = entrance->call;
    struct role_differences roles;

    if (!connection_savepoint(call->connection, error) ||
        !role_follow(call->connection, call->arena, &entrance->user_id, entrance->role_ids,
                     entrance->role_count, &roles, error) ||
        !note_roles(call, &entrance->user_id, EVENT_ROLE_TAKEN, roles.taken, roles.taken_count,
                    error) ||
        !note_roles(call, &entrance->user_id, EVENT_ROLE_GIVEN, roles.given, roles.given_count,
                    error)) {
        return false;
    }
    bool is_changed = roles.given_count + roles.taken_count > 0;
    if (is_changed) {
        forget_user(call, &entrance->user_id);
    }
    if (!is_changed || administrator_check(call->arena, call->connection, call->catalog, error)) {
        return connection_savepoint_keep(call->connection, error);
    }
    if (error->code != ERROR_LAST_ADMINISTRATOR) {
        return false;
    }
    error_clear(error);
    return connection_savepoint_undo(call->connection, error);
}

static bool write_all(struct entrance *entrance, struct error *error)
{
    const struct call *call = entrance->call;

    if (!administrator_lock(call->arena, call->connection, call->catalog,
                            &call->platform->organization_id, error) ||
        !find_user(entrance, error)) {
        return false;
    }
    return !entrance->is_let_in || (write_user(entrance, error) && follow_groups(entrance, error));
}

static bool write_once(struct entrance *entrance, struct error *error)
{
    struct connection *connection = entrance->call->connection;

    if (!connection_begin(connection, TRANSACTION_WRITE, error)) {
        return false;
    }
    if (!write_all(entrance, error)) {
        connection_rollback(connection);
        return false;
    }
    return connection_commit(connection, error);
}

/* Somebody else did the same at the same time: what he wrote is there to be found. */
static bool may_try_again(enum error_code code)
{
    return code == ERROR_DUPLICATE_KEY || code == ERROR_DATABASE_UNIQUE ||
           code == ERROR_DATABASE_CONFLICT;
}

/* A person whom the directory has; false in is_let_in_out when he is no user of ours. */
static bool enter(struct call *call, const struct directory_person *person,
                  struct uuid *user_id_out, bool *is_let_in_out, struct error *error)
{
    struct entrance entrance = {.call = call, .person = person};
    bool is_done = false;

    if (!directory_rule_roles(call->connection, call->arena, person, &entrance.role_ids,
                              &entrance.role_count, error)) {
        return false;
    }
    for (int tries = 0; !is_done && tries < TRIES; tries++) {
        error_clear(error);
        entrance.is_found = entrance.is_linked = false;
        is_done = write_once(&entrance, error);
        if (!is_done && !may_try_again(error->code)) {
            return false;
        }
    }
    if (!is_done && error->code != ERROR_DUPLICATE_KEY) {
        return false;
    }
    if (!is_done) {
        error_clear(error);
        (void)error_add_cause(error, "the directory gave the user the name of another user");
    }
    *user_id_out = entrance.user_id;
    *is_let_in_out = is_done && entrance.is_let_in;
    return true;
}

/* ---- when he was last looked up ---- */

static void note_lookup(struct call *call, const struct uuid *user_id, int64_t at)
{
    uint8_t key[SHA256_SIZE];

    digest_sha256(user_id->bytes, sizeof(user_id->bytes), key);
    memory_set(call->platform->lookups, key, &at);
}

static bool is_recent(struct call *call, const struct uuid *user_id)
{
    uint8_t key[SHA256_SIZE];
    int64_t at;

    digest_sha256(user_id->bytes, sizeof(user_id->bytes), key);
    return memory_recall(call->platform->lookups, key, &at) &&
           time_monotonic() - at < settings_of(call)->recheck;
}

/* What another node found out, or this one before it forgot. */
static bool is_recent_link(struct call *call, const struct directory_link *link)
{
    int64_t age = call->now - link->found_on;

    return age >= 0 && age < settings_of(call)->recheck;
}

/* ---- passwords ---- */

static bool verify(void *context, const struct password_claim *claim, struct uuid *user_id_out,
                   bool *is_right_out, struct error *error)
{
    struct call *call = context;
    const struct directory_person *person = NULL;
    int64_t at = time_monotonic();

    if (!directory_verify(call->platform->directory, call->arena, claim->user_name, claim->password,
                          &person, error)) {
        return false;
    }
    if (person == NULL) {
        *is_right_out = false;
        return true;
    }
    if (!enter(call, person, user_id_out, is_right_out, error)) {
        return false;
    }
    if (*is_right_out) {
        note_lookup(call, user_id_out, at);
    }
    return true;
}

const struct credential_elsewhere *directory_elsewhere(struct call *call)
{
    if (call->platform->directory == NULL) {
        return NULL;
    }
    struct credential_elsewhere *elsewhere = arena_allocate(call->arena, sizeof(*elsewhere));
    *elsewhere = (struct credential_elsewhere){.verify = verify, .context = call};
    return elsewhere;
}

bool directory_check_may_set_password(struct call *call, const struct uuid *user_id,
                                      struct error *error)
{
    struct directory_link link;

    if (settings_of(call)->local_passwords) {
        return true;
    }
    return directory_link_read(call->connection, call->arena, user_id, &link, error) &&
           (link.directory_id == NULL ||
            error_set(error, ERROR_RULE_BROKEN, "userId",
                      "The password of this user is kept in the directory"));
}

/* ---- without a password ---- */

static bool refuse(struct error *error)
{
    return error_set(error, ERROR_CREDENTIALS_INVALID, NULL,
                     "User name or password is wrong, or the user is disabled");
}

static bool end_sessions(struct call *call, const struct uuid *user_id, struct error *error)
{
    if (!connection_begin(call->connection, TRANSACTION_WRITE, error)) {
        return false;
    }
    const struct entry entry = {.sort = ENTRY_ENDED, .user_id = *user_id};
    int64_t count = 0;
    if (!session_close_all(call->platform->sessions, call->connection, user_id, &count, error) ||
        (count > 0 && !entry_note(call, &entry, error))) {
        connection_rollback(call->connection);
        return false;
    }
    return connection_commit(call->connection, error);
}

/* Ends what a user still has open who is no longer found. */
static bool shut_out(struct call *call, const struct uuid *user_id, struct error *error)
{
    struct error ending = {0};

    forget_password(call, user_id);
    if (!end_sessions(call, user_id, &ending)) {
        *error = ending;
        return false;
    }
    refuse(error);
    return error_add_cause(error, "the directory no longer lets this user in");
}

/* Asks for an entry without a password, and lets the person in as a login does. */
static bool look_up(struct call *call, const char *name, const char *directory_id,
                    struct uuid *user_id_out, bool *is_let_in_out, struct error *error)
{
    const struct directory_person *person = NULL;
    int64_t at = time_monotonic();

    *is_let_in_out = false;
    if (!directory_find(call->platform->directory, call->arena, name, directory_id, &person,
                        error)) {
        return false;
    }
    if (person == NULL) {
        return true;
    }
    if (!enter(call, person, user_id_out, is_let_in_out, error)) {
        return false;
    }
    if (*is_let_in_out) {
        note_lookup(call, user_id_out, at);
    }
    return true;
}

static bool can_look_up(const struct call *call)
{
    return call->platform->directory != NULL && directory_can_find(call->platform->directory);
}

/* Looks a user up whose time has come. */
static bool look_up_again(struct call *call, const struct user *user,
                          const struct directory_link *link, struct error *error)
{
    const struct settings_directory *settings = settings_of(call);
    struct error away = {0};
    struct uuid found_id;
    bool is_let_in = false;

    if (look_up(call, user->name, link->directory_id, &found_id, &is_let_in, &away)) {
        return is_let_in || shut_out(call, &user->id, error);
    }
    if (away.code != ERROR_DIRECTORY_UNAVAILABLE) {
        *error = away;
        return false;
    }
    note_lookup(call, &user->id, time_monotonic() - settings->recheck + settings->retry);
    return true;
}

bool directory_recheck(struct call *call, const struct uuid *user_id, struct error *error)
{
    int64_t at = time_monotonic();
    struct directory_link link;
    struct user user;
    bool is_found = false;

    if (!can_look_up(call) || is_recent(call, user_id)) {
        return true;
    }
    if (!directory_link_read(call->connection, call->arena, user_id, &link, error) ||
        !user_read(call->arena, call->connection, call->catalog, user_id, &user, &is_found,
                   error)) {
        return false;
    }
    if (link.directory_id == NULL || !is_found) {
        note_lookup(call, user_id, at);
        return true;
    }
    if (is_recent_link(call, &link)) {
        note_lookup(call, user_id, at - (call->now - link.found_on));
        return true;
    }
    return look_up_again(call, &user, &link, error);
}

/* A user of ours who is none of the directory's is asked about nowhere. */
static bool is_to_be_asked(struct call *call, const struct uuid *user_id, bool is_found,
                           bool *is_asked_out, struct error *error)
{
    struct directory_link link;

    if (!is_found || !can_look_up(call)) {
        *is_asked_out = can_look_up(call);
        return true;
    }
    if (!directory_link_read(call->connection, call->arena, user_id, &link, error)) {
        return false;
    }
    *is_asked_out = link.directory_id != NULL && !is_recent(call, user_id);
    return true;
}

bool directory_user_of_name(struct call *call, const char *name, struct uuid *user_id_out,
                            struct error *error)
{
    const char *folded = text_fold(call->arena, call->platform->text_rules, name);
    bool is_found = false;
    bool is_asked = false;
    bool is_let_in = false;

    if (!user_find(call->arena, call->connection, call->catalog, folded, user_id_out, &is_found,
                   error) ||
        !is_to_be_asked(call, user_id_out, is_found, &is_asked, error)) {
        return false;
    }
    if (!is_asked) {
        return is_found || refuse(error);
    }
    if (!look_up(call, name, NULL, user_id_out, &is_let_in, error)) {
        return false;
    }
    return is_let_in || (is_found ? shut_out(call, user_id_out, error) : refuse(error));
}
