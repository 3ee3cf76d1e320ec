/*
 * daemon.h - a connector that runs until it is told to end: a spool, the carrier that empties it,
 * and a door by which letters come in.
 *
 * SIGTERM closes the door, then the rest; SIGHUP is handed to the door. systemd is told.
 */
#ifndef APPS_MAIL_DAEMON_H
#define APPS_MAIL_DAEMON_H

#include <stdbool.h>

struct carrier;
struct connector;
struct error;
struct options_program;
struct spool;

struct daemon_door {
    /* Whether the settings of the door are in order, while another program may have it open. */
    bool (*check)(const struct connector *connector, struct error *error);

    /* Opens it; where_out gets what the log and systemd are told: "listening on ...". */
    bool (*open)(const struct connector *connector, struct spool *spool, struct carrier *carrier,
                 void **door_out, const char **where_out, struct error *error);
    bool (*reload)(void *door, struct error *error);

    /* Takes no more letters; false when some were cut off. */
    bool (*close)(void *door);
};

/* Runs the program; what main() returns. */
int daemon_main(const struct options_program *program, const struct daemon_door *door, int count,
                char **words);

#endif
