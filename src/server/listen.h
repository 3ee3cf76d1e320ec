/*
 * listen.h - crmd at work: the clients' server, the operators' server, and the signals.
 */
#ifndef SERVER_LISTEN_H
#define SERVER_LISTEN_H

#include <stdbool.h>

#include "base/attributes.h"

struct error;
struct log;
struct platform;
struct settings_sources;
struct soap_door;

struct listen_options {
    struct platform *platform; /* SIGHUP changes its settings */
    struct soap_door *door;
    struct log *log;                        /* the platform's */
    const struct settings_sources *sources; /* where the settings are read again from */
};

/* Listens as the settings say, tells the supervisor and the log, and serves until SIGTERM or
 * SIGINT; then drains. SIGHUP reads settings and certificate again. Signals must be blocked
 * already. */
must_check bool listen_and_serve(const struct listen_options *options, struct error *error);

#endif
