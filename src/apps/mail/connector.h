/*
 * connector.h - what every connector has: its settings, its log, its way to the platform.
 *
 * Memory: a connector lives in its arena.
 * Threads: settings and log are shared; each thread opens a client of its own.
 */
#ifndef APPS_MAIL_CONNECTOR_H
#define APPS_MAIL_CONNECTOR_H

#include <stdbool.h>
#include <stdio.h>

#include "base/attributes.h"
#include "base/log.h"
#include "generated/connector_settings.h" /* struct connector_settings */

struct arena;
struct client;
struct client_error;
struct error;

struct connector {
    struct arena *arena;
    const char *program; /* "crm-lmtpd"; the platform notes it as application */
    struct connector_settings settings;
    struct log log;
};

/* Reads the settings: the one file, or those of /etc/crmd; then the environment, then overrides
 * ("section.key=value", ends with NULL). Fails with SETTING_INVALID, FILE_UNREADABLE. */
must_check bool connector_open(struct arena *arena, const char *program, const char *file,
                               const char *const *overrides, struct connector **connector_out,
                               struct error *error);

/* Opens a client, which sends a call so often at most, where it may; 1: who calls decides about the
 * next attempt. */
must_check bool connector_open_client(const struct connector *connector, struct arena *arena,
                                      int attempts, struct client **client_out,
                                      struct client_error *error);

/* Asks the platform who the connector is: url, user and secret fit. */
must_check bool connector_check(const struct connector *connector, struct client_error *error);

/* A directory that a setting names, or, when it is empty, that of the program in /var/lib. */
const char *connector_folder(const struct connector *connector, const char *setting);

/* Writes a configuration file with every setting. */
void connector_write_example(FILE *file);

#endif
