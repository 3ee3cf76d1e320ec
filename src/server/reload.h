/*
 * reload.h - SIGHUP: settings and certificate read again while the server runs.
 *
 * Settings are taken all or not at all: a file with a mistake leaves everything as it was and the
 * log says the mistake. Those that a running server cannot take keep their values, and the log
 * names them. A call, a message and an exchange keep what they began with.
 *
 * Memory: settings that were in force once are kept to the end, since calls under way may still
 * read them: some kilobytes for each time that an operator really changed something.
 * Threads: the main thread's.
 */
#ifndef SERVER_RELOAD_H
#define SERVER_RELOAD_H

struct arena;
struct log;
struct platform;
struct server;
struct settings_sources;
struct soap_door;
struct tls_context;

struct reload {
    struct arena *arena; /* no other thread's; the server ends before it */
    struct platform *platform;
    struct log *log;
    const struct settings_sources *sources;
    const struct soap_door *door;
    struct server *server;
    struct tls_context *tls; /* NULL: TLS is off */
};

/* Reads everything again, and says to the log what came of it. */
void reload_all(const struct reload *reload);

#endif
