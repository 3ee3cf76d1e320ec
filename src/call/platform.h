/*
 * platform.h - what all calls of one process share.
 *
 * Made at start by the program, handed down to every call. Nothing here is state that matters:
 * sessions, ids and revisions live in the database.
 *
 * Threads: shared; what changes guards itself.
 */
#ifndef CALL_PLATFORM_H
#define CALL_PLATFORM_H

#include <stdatomic.h>
#include <stdint.h>

#include "base/uuid.h"

struct admission;
struct catalog;
struct credential_cache;
struct database;
struct directory;
struct entry_memory;
struct kerberos;
struct log;
struct memory;
struct mime_readers;
struct number_blocks;
struct seal_key;
struct service_metrics;
struct session_cache;
struct settings;
struct text_rules;

enum { PLATFORM_KEY_SIZE = 32 };

struct platform {
    const struct settings *_Atomic settings; /* those read last; a call keeps what it began with */
    const struct log *log;
    struct database *database;
    struct catalog *catalog;
    struct text_rules *text_rules;
    struct session_cache *sessions;
    struct credential_cache *credentials;
    struct number_blocks *numbers;   /* NULL: no series of numbers has gaps */
    struct memory *reaches;          /* of query/reach.h; NULL: nothing is remembered */
    struct kerberos *kerberos;       /* NULL: tickets are not taken */
    struct directory *directory;     /* NULL: no directory of users */
    struct memory *lookups;          /* when users of the directory were last found in it */
    struct entry_memory *entries;    /* of change/entry.h; NULL: nothing is remembered */
    struct service_metrics *metrics; /* NULL: nobody counts */
    struct admission *admission;     /* NULL: any number of requests of one user */
    struct mime_readers *readers;    /* of mail; NULL: messages are read in this process */
    const struct seal_key *seal_key; /* seals the secrets of programs */
    struct uuid organization_id;
    struct uuid base_currency_id;          /* that amounts are in when nobody says otherwise */
    uint8_t cookie_key[PLATFORM_KEY_SIZE]; /* signs paging cookies; kept in the database */
    int64_t (*now)(void);                  /* wall clock, milliseconds; tests hold it */
};

#endif
