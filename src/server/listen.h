/*
 * listen.h - crmd at work: the clients' server, the operators' server, and the signals.
 */
#ifndef SERVER_LISTEN_H
#define SERVER_LISTEN_H

#include <stdbool.h>

#include "base/attributes.h"

struct error;
struct platform;
struct soap_door;

/* Listens as the settings say, tells the supervisor and the log, and serves until SIGTERM or
 * SIGINT; then drains. SIGHUP reads certificates again. Signals must be blocked already. */
must_check bool listen_and_serve(struct platform *platform, struct soap_door *door,
                                 int worker_count, struct error *error);

#endif
