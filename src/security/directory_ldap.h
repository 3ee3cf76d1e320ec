/*
 * directory_ldap.h - one question to one LDAP server: the only door to libldap.
 *
 * Blocks for as long as the settings allow, and longer where the library knows no bound: call it
 * on a thread of its own (errand.h).
 *
 * Memory: what is answered lives in the arena of the question.
 * Threads: a question belongs to one thread; nothing is shared.
 */
#ifndef SECURITY_DIRECTORY_LDAP_H
#define SECURITY_DIRECTORY_LDAP_H

#include <stdbool.h>
#include <stddef.h>

#include "base/attributes.h"
#include "base/error.h"

struct arena;
struct settings_directory;

/* Texts of an attribute, or of several. */
struct directory_texts {
    const char **items;
    size_t count;
};

struct directory_entry {
    const char *id;               /* as it is written in a filter */
    struct directory_texts names; /* every value of the attribute of user names */
    const char *mail;             /* NULL: none, as the next two */
    const char *first_name;
    const char *last_name;
    struct directory_texts groups; /* DNs in normal form */
};

enum directory_outcome {
    DIRECTORY_AWAY,   /* the server did not answer, or not in time, or not as it should */
    DIRECTORY_NOBODY, /* no such user, or another password */
    DIRECTORY_FOUND,
};

struct directory_question {
    struct arena *arena;
    const struct settings_directory *settings;
    const char *url;
    const char *name;
    const char *password; /* never empty; NULL: the user is only looked up */
    const char *id;       /* of who is looked up; NULL: the name says who */

    /* Filled by asking. */
    enum directory_outcome outcome;
    struct directory_entry entry;
    char cause[ERROR_CAUSE_SIZE]; /* the server's words, for the log */
};

/* Asks, and fills in the outcome. */
void directory_ldap_ask(struct directory_question *question);

/* A DN with one spelling for all ways to write it; NULL when it is none. */
const char *directory_normal_dn(struct arena *arena, const char *text);

/* The value of the first part of a DN in normal form: "sales" of "cn=sales,ou=groups,dc=x". */
const char *directory_first_value(struct arena *arena, const char *dn);

/* Whether a text is the address of a server: ldap://host[:port] or ldaps://host[:port]. */
bool directory_is_url(const char *text);

#endif
