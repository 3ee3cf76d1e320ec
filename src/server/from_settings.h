/*
 * from_settings.h - what the settings say, in the words of those who keep to it.
 *
 * Memory: plain values; texts are the settings' own, which must outlive them.
 */
#ifndef SERVER_FROM_SETTINGS_H
#define SERVER_FROM_SETTINGS_H

#include "security/credential.h"
#include "security/session.h"
#include "server/limits.h"

struct platform;
struct settings;
struct soap_door;

/* Threads that run calls: as many as the settings say, else by the processors of the machine. */
int worker_count(const struct settings *settings);

/* Questions to a directory at once: half of the workers may wait for it, the other half serves who
 * needs it not. */
int directory_threads(const struct settings *settings);

/* How long sessions last, and what of them this node remembers. */
struct session_options session_options_of(const struct settings *settings);

/* How passwords are verified; text rules and key are the platform's. */
struct credential_options credential_options_of(const struct settings *settings,
                                                const struct platform *platform);

/* What the clients' server bears. */
struct http_limits http_limits_of(const struct settings *settings, const struct soap_door *door);

#endif
