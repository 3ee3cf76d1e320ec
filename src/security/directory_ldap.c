/*
 * directory_ldap.c - connects, finds the user, binds as him, reads him and his groups.
 *
 * The account that searches and the user have a connection each: what is read of groups does not
 * depend on what the user himself may read, and a wrong password costs as much as a right one.
 * For a name that is not found a bind is made all the same, to an entry that does not exist.
 */
#include "security/directory_ldap.h"

#include <ldap.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <sys/time.h>

#include "base/arena.h"
#include "base/array.h"
#include "base/expect.h"
#include "base/settings.h"
#include "crypto/random.h"
#include "security/directory_text.h"

enum { GROUPS_MOST = 5000, RANDOM_BYTES = 8 };

/* Active Directory's rule for membership through groups of groups. */
#define MEMBER_NESTED "(member:1.2.840.113556.1.4.1941:={dn})"

/* A question on its way: connections end with it. */
struct asking {
    struct directory_question *question;
    const struct settings_directory *settings;
    struct arena *arena;
    LDAP *searching; /* the account's connection; in pattern mode without an account the user's */
    LDAP *user;      /* NULL: nobody binds */
    const char *dn;  /* of the user */
    struct array groups;
};

/* ---- what went wrong ---- */

static bool fail(struct asking *asking, enum directory_outcome outcome, LDAP *connection,
                 const char *what, int code)
{
    struct directory_question *question = asking->question;
    char *words = NULL;

    if (connection != NULL) {
        ldap_get_option(connection, LDAP_OPT_DIAGNOSTIC_MESSAGE, &words);
    }
    question->outcome = outcome;
    snprintf(question->cause, sizeof(question->cause), "%s: %s: %s%s%s", question->url, what,
             ldap_err2string(code), words == NULL ? "" : ", ", words == NULL ? "" : words);
    ldap_memfree(words);
    return false;
}

static bool say(struct asking *asking, enum directory_outcome outcome, const char *sentence)
{
    struct directory_question *question = asking->question;

    question->outcome = outcome;
    snprintf(question->cause, sizeof(question->cause), "%s: %s", question->url, sentence);
    return false;
}

/* ---- connections ---- */

static struct timeval step_time(const struct settings_directory *settings)
{
    return (struct timeval){.tv_sec = (time_t)(settings->timeout / 1000),
                            .tv_usec = (suseconds_t)(settings->timeout % 1000) * 1000};
}

/* Each is set on the connection itself: no file or variable of the user who runs us decides. */
static bool set_options(LDAP *connection, const struct settings_directory *settings)
{
    static const int version = LDAP_VERSION3;
    static const int never = LDAP_DEREF_NEVER;
    static const int demand = LDAP_OPT_X_TLS_DEMAND;
    static const int oldest = LDAP_OPT_X_TLS_PROTOCOL_TLS1_2;
    static const int as_client = 0;
    struct timeval timeout = step_time(settings);
    const struct {
        int option;
        const void *value;
    } options[] = {
        {LDAP_OPT_PROTOCOL_VERSION, &version},
        {LDAP_OPT_REFERRALS, LDAP_OPT_OFF},
        {LDAP_OPT_DEREF, &never},
        {LDAP_OPT_NETWORK_TIMEOUT, &timeout},
        {LDAP_OPT_TIMEOUT, &timeout},
        {LDAP_OPT_X_TLS_REQUIRE_CERT, &demand},
        {LDAP_OPT_X_TLS_PROTOCOL_MIN, &oldest},
        {LDAP_OPT_X_TLS_CACERTFILE, settings->ca_file},
        {LDAP_OPT_X_TLS_NEWCTX, &as_client},
    };
    for (size_t index = 0; index < sizeof(options) / sizeof(options[0]); index++) {
        if (ldap_set_option(connection, options[index].option, options[index].value) !=
            LDAP_OPT_SUCCESS) {
            return false;
        }
    }
    return true;
}

static bool is_plain_url(const char *url)
{
    return strncasecmp(url, "ldap:", 5) == 0;
}

static bool open_connection(struct asking *asking, LDAP **connection_out)
{
    const char *url = asking->question->url;
    int code = ldap_initialize(connection_out, url);

    if (code != LDAP_SUCCESS) {
        return fail(asking, DIRECTORY_AWAY, NULL, "address", code);
    }
    if (!set_options(*connection_out, asking->settings)) {
        return say(asking, DIRECTORY_AWAY, "TLS cannot be set up; check directory.ca_file");
    }
    if (!asking->settings->start_tls || !is_plain_url(url)) {
        return true;
    }
    code = ldap_start_tls_s(*connection_out, NULL, NULL);
    return code == LDAP_SUCCESS || fail(asking, DIRECTORY_AWAY, *connection_out, "StartTLS", code);
}

static void close_connection(LDAP **connection)
{
    if (*connection != NULL) {
        ldap_unbind_ext_s(*connection, NULL, NULL);
        *connection = NULL;
    }
}

static int bind_as(LDAP *connection, const char *dn, const char *password)
{
    struct berval secret = {.bv_val = (char *)(uintptr_t)password, .bv_len = strlen(password)};

    return ldap_sasl_bind_s(connection, dn, LDAP_SASL_SIMPLE, &secret, NULL, NULL, NULL);
}

/* Without an account the search is anonymous: nothing has to be said first. */
static bool open_searching(struct asking *asking)
{
    const struct settings_directory *settings = asking->settings;

    if (!open_connection(asking, &asking->searching)) {
        return false;
    }
    if (settings->bind_dn[0] == '\0') {
        return true;
    }
    if (settings->password[0] == '\0') {
        return say(asking, DIRECTORY_AWAY, "directory.bind_dn has no directory.password");
    }
    int code = bind_as(asking->searching, settings->bind_dn, settings->password);
    return code == LDAP_SUCCESS ||
           fail(asking, DIRECTORY_AWAY, asking->searching, "the account that searches", code);
}

/* ---- searching ---- */

static const char *filled(struct asking *asking, const char *pattern, const char *name)
{
    return directory_fill(asking->arena, pattern, "{name}", name);
}

/* By name; by the id that stays, whatever the name, where the whole directory is searched. */
static const char *user_filter(struct asking *asking)
{
    const struct directory_question *question = asking->question;
    const struct settings_directory *settings = asking->settings;

    if (question->id == NULL) {
        return filled(
            asking, settings->filter,
            directory_escape_filter(asking->arena, question->name, strlen(question->name)));
    }
    return arena_format(asking->arena, "(&%s(%s=%s))", filled(asking, settings->filter, "*"),
                        settings->id_attribute, question->id);
}

static int search(struct asking *asking, const char *base, int scope, const char *filter,
                  const char *const *attributes, int limit, LDAPMessage **result_out)
{
    struct timeval timeout = step_time(asking->settings);

    return ldap_search_ext_s(asking->searching, base, scope, filter, (char **)(uintptr_t)attributes,
                             0, NULL, NULL, &timeout, limit, result_out);
}

static const char *text_of(struct arena *arena, const struct berval *value)
{
    return memchr(value->bv_val, '\0', value->bv_len) != NULL
               ? NULL
               : arena_copy_part(arena, value->bv_val, value->bv_len);
}

static void add_values(struct asking *asking, LDAPMessage *entry, const char *attribute,
                       struct array *texts)
{
    struct berval **values =
        attribute[0] == '\0' ? NULL : ldap_get_values_len(asking->searching, entry, attribute);

    for (size_t index = 0; values != NULL && values[index] != NULL; index++) {
        const char *text = text_of(asking->arena, values[index]);
        if (text != NULL) {
            array_add(texts, text);
        }
    }
    ldap_value_free_len(values);
}

static const char *first_value(struct asking *asking, LDAPMessage *entry, const char *attribute)
{
    struct array texts;

    array_init(&texts, asking->arena);
    add_values(asking, entry, attribute, &texts);
    return texts.count == 0 ? NULL : texts.items[0];
}

static const char *read_id(struct asking *asking, LDAPMessage *entry)
{
    struct berval **values =
        ldap_get_values_len(asking->searching, entry, asking->settings->id_attribute);
    const char *id =
        values == NULL || values[0] == NULL
            ? NULL
            : directory_escape_filter(asking->arena, values[0]->bv_val, values[0]->bv_len);
    ldap_value_free_len(values);
    return id;
}

static void add_group(struct asking *asking, const char *dn)
{
    const char *normal = directory_normal_dn(asking->arena, dn);

    if (normal != NULL) {
        array_add(&asking->groups, normal);
    }
}

static void read_member_of(struct asking *asking, LDAPMessage *entry)
{
    struct array texts;

    array_init(&texts, asking->arena);
    add_values(asking, entry, asking->settings->group_attribute, &texts);
    for (size_t index = 0; index < texts.count; index++) {
        add_group(asking, texts.items[index]);
    }
}

static struct directory_texts texts_of(const struct array *array)
{
    return (struct directory_texts){.items = (const char **)array->items, .count = array->count};
}

static void read_entry(struct asking *asking, LDAPMessage *entry)
{
    const struct settings_directory *settings = asking->settings;
    struct directory_entry *out = &asking->question->entry;
    struct array names;

    array_init(&names, asking->arena);
    add_values(asking, entry, settings->name_attribute, &names);
    out->names = texts_of(&names);
    out->id = read_id(asking, entry);
    out->mail = first_value(asking, entry, settings->mail_attribute);
    out->first_name = first_value(asking, entry, settings->first_name_attribute);
    out->last_name = first_value(asking, entry, settings->last_name_attribute);
    read_member_of(asking, entry);
}

/* Reads the one entry of a result; none, or several, are nobody. */
static bool read_result(struct asking *asking, LDAPMessage *result)
{
    int count = ldap_count_entries(asking->searching, result);

    if (count != 1) {
        return say(asking, DIRECTORY_NOBODY,
                   count == 0 ? "no such user" : "the filter finds several users");
    }
    LDAPMessage *entry = ldap_first_entry(asking->searching, result);
    char *dn = ldap_get_dn(asking->searching, entry);
    if (dn == NULL) {
        return say(asking, DIRECTORY_AWAY, "an entry without a DN");
    }
    asking->dn = arena_copy_text(asking->arena, dn);
    ldap_memfree(dn);
    read_entry(asking, entry);
    if (asking->question->entry.id == NULL) {
        return say(asking, DIRECTORY_NOBODY, "the user has no directory.id_attribute");
    }
    return true;
}

/* Finds the user under the base, or reads the one entry that the pattern names. */
static bool find_user(struct asking *asking)
{
    const struct settings_directory *settings = asking->settings;
    const char *const attributes[] = {
        settings->id_attribute,
        settings->name_attribute,
        settings->mail_attribute,
        settings->first_name_attribute,
        settings->last_name_attribute,
        settings->group_attribute[0] == '\0' ? settings->name_attribute : settings->group_attribute,
        NULL,
    };
    LDAPMessage *result = NULL;
    bool is_named = settings->user_dn[0] != '\0';
    int code = search(asking, is_named ? asking->dn : settings->base,
                      is_named ? LDAP_SCOPE_BASE : LDAP_SCOPE_SUBTREE, user_filter(asking),
                      attributes, 2, &result);
    bool is_found = false;

    if (code == LDAP_NO_SUCH_OBJECT && is_named) {
        say(asking, DIRECTORY_NOBODY, "no such user");
    } else if (code != LDAP_SUCCESS && code != LDAP_SIZELIMIT_EXCEEDED) {
        fail(asking, DIRECTORY_AWAY, asking->searching, "the search for the user", code);
    } else {
        is_found = read_result(asking, result);
    }
    ldap_msgfree(result);
    return is_found;
}

/* ---- binding ---- */

/* What says nothing of this user: the directory is away, wants something of us, or has failed
 * itself. Whatever else comes says no to him, as to one who is locked, disabled or not here. */
static bool is_away(int code)
{
    static const int codes[] = {
        LDAP_BUSY,
        LDAP_UNAVAILABLE,
        LDAP_OPERATIONS_ERROR,
        LDAP_OTHER,
        LDAP_STRONG_AUTH_REQUIRED,
        LDAP_PROTOCOL_ERROR,
        LDAP_CONFIDENTIALITY_REQUIRED,
        LDAP_TIMELIMIT_EXCEEDED,
        LDAP_ADMINLIMIT_EXCEEDED,
    };

    if (LDAP_API_ERROR(code)) {
        return true;
    }
    for (size_t index = 0; index < sizeof(codes) / sizeof(codes[0]); index++) {
        if (code == codes[index]) {
            return true;
        }
    }
    return false;
}

/* A name that no entry has: the time of a bind passes for it too, and nobody is locked. */
static const char *nobody_dn(struct asking *asking)
{
    uint8_t random[RANDOM_BYTES];

    random_bytes(random, sizeof(random));
    return arena_format(asking->arena, "cn=%s,%s",
                        directory_escape_filter(asking->arena, random, sizeof(random)),
                        asking->settings->base);
}

static bool bind_user(struct asking *asking, const char *dn)
{
    expect(asking->question->password[0] != '\0');
    if (!open_connection(asking, &asking->user)) {
        return false;
    }
    int code = bind_as(asking->user, dn, asking->question->password);
    if (code == LDAP_SUCCESS) {
        return true;
    }
    return fail(asking, is_away(code) ? DIRECTORY_AWAY : DIRECTORY_NOBODY, asking->user,
                "the bind of the user", code);
}

/* ---- groups ---- */

static bool add_found_groups(struct asking *asking, const char *base, const char *pattern)
{
    static const char *const no_attributes[] = {LDAP_NO_ATTRS, NULL};
    const struct directory_entry *entry = &asking->question->entry;
    const char *name = entry->names.count == 0 ? "" : entry->names.items[0];
    const char *filter =
        filled(asking, pattern, directory_escape_filter(asking->arena, name, strlen(name)));
    LDAPMessage *result = NULL;

    filter = directory_fill(asking->arena, filter, "{dn}",
                            directory_escape_filter(asking->arena, asking->dn, strlen(asking->dn)));
    int code =
        search(asking, base, LDAP_SCOPE_SUBTREE, filter, no_attributes, GROUPS_MOST, &result);
    LDAPMessage *group = code == LDAP_SUCCESS ? ldap_first_entry(asking->searching, result) : NULL;
    for (; group != NULL; group = ldap_next_entry(asking->searching, group)) {
        char *dn = ldap_get_dn(asking->searching, group);
        if (dn != NULL) {
            add_group(asking, dn);
        }
        ldap_memfree(dn);
    }
    ldap_msgfree(result);
    return code == LDAP_SUCCESS || code == LDAP_NO_SUCH_OBJECT ||
           fail(asking, DIRECTORY_AWAY, asking->searching, "the search for groups", code);
}

static bool find_groups(struct asking *asking)
{
    const struct settings_directory *settings = asking->settings;
    const char *base = settings->group_base[0] == '\0' ? settings->base : settings->group_base;

    if (settings->nested_groups && !add_found_groups(asking, base, MEMBER_NESTED)) {
        return false;
    }
    return settings->group_filter[0] == '\0' ||
           add_found_groups(asking, base, settings->group_filter);
}

/* Only what lies under group_base counts, wherever it was read. */
static void keep_groups_under_base(struct asking *asking)
{
    const char *base = directory_normal_dn(asking->arena, asking->settings->group_base);
    size_t base_length = base == NULL ? 0 : strlen(base);
    struct array kept;

    array_init(&kept, asking->arena);
    for (size_t index = 0; index < asking->groups.count; index++) {
        const char *dn = asking->groups.items[index];
        size_t length = strlen(dn);
        if (base_length == 0 || (length > base_length && dn[length - base_length - 1] == ',' &&
                                 strcasecmp(dn + length - base_length, base) == 0)) {
            array_add(&kept, dn);
        }
    }
    asking->question->entry.groups = texts_of(&kept);
}

/* ---- the whole ---- */

/* The DN follows from the name: bind as it, and read it as the account, or as the user himself. */
static bool ask_by_pattern(struct asking *asking)
{
    const struct directory_question *question = asking->question;

    asking->dn = filled(asking, asking->settings->user_dn,
                        directory_escape_dn(asking->arena, question->name));
    if (question->password != NULL && !bind_user(asking, asking->dn)) {
        return false;
    }
    if (asking->settings->bind_dn[0] != '\0' || question->password == NULL) {
        return open_searching(asking) && find_user(asking) && find_groups(asking);
    }
    asking->searching = asking->user;
    asking->user = NULL;
    return find_user(asking) && find_groups(asking);
}

/* Nobody was found: what follows is for the time that it takes. */
static void bind_nobody(struct asking *asking)
{
    struct directory_question *question = asking->question;
    char cause[ERROR_CAUSE_SIZE];

    memcpy(cause, question->cause, sizeof(cause));
    (void)bind_user(asking, nobody_dn(asking));
    if (question->outcome == DIRECTORY_NOBODY) {
        memcpy(question->cause, cause, sizeof(cause));
    }
}

static bool ask_by_search(struct asking *asking)
{
    const struct directory_question *question = asking->question;

    if (!open_searching(asking)) {
        return false;
    }
    if (!find_user(asking)) {
        if (question->outcome == DIRECTORY_NOBODY && question->password != NULL) {
            bind_nobody(asking);
        }
        return false;
    }
    return (question->password == NULL || bind_user(asking, asking->dn)) && find_groups(asking);
}

void directory_ldap_ask(struct directory_question *question)
{
    struct asking asking = {
        .question = question, .settings = question->settings, .arena = question->arena};
    bool is_by_pattern = question->settings->user_dn[0] != '\0';

    question->outcome = DIRECTORY_AWAY;
    array_init(&asking.groups, question->arena);
    if (is_by_pattern ? ask_by_pattern(&asking) : ask_by_search(&asking)) {
        keep_groups_under_base(&asking);
        question->outcome = DIRECTORY_FOUND;
    }
    close_connection(&asking.searching);
    close_connection(&asking.user);
}

/* ---- names ---- */

const char *directory_normal_dn(struct arena *arena, const char *text)
{
    LDAPDN parts = NULL;
    char *normal = NULL;
    const char *copy = NULL;

    if (text[0] == '\0' || ldap_str2dn(text, &parts, LDAP_DN_FORMAT_LDAPV3) != LDAP_SUCCESS) {
        return NULL;
    }
    if (parts != NULL && ldap_dn2str(parts, &normal, LDAP_DN_FORMAT_LDAPV3) == LDAP_SUCCESS) {
        copy = arena_copy_text(arena, normal);
    }
    ldap_memfree(normal);
    ldap_dnfree(parts);
    return copy;
}

const char *directory_first_value(struct arena *arena, const char *dn)
{
    LDAPDN parts = NULL;
    const char *value = NULL;

    if (ldap_str2dn(dn, &parts, LDAP_DN_FORMAT_LDAPV3) != LDAP_SUCCESS) {
        return NULL;
    }
    if (parts != NULL && parts[0] != NULL && parts[0][0] != NULL) {
        value = text_of(arena, &parts[0][0]->la_value);
    }
    ldap_dnfree(parts);
    return value;
}

bool directory_is_url(const char *text)
{
    LDAPURLDesc *url = NULL;
    bool is_server = ldap_url_parse(text, &url) == LDAP_URL_SUCCESS && url->lud_host != NULL &&
                     url->lud_host[0] != '\0' && strcmp(url->lud_scheme, "ldapi") != 0;

    ldap_free_urldesc(url);
    return is_server;
}
