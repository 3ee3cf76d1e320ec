/*
 * connect.h - a client from the command line; the password from a file, standard input or a
 * terminal, never from an option.
 */
#ifndef APPS_ADMIN_CONNECT_H
#define APPS_ADMIN_CONNECT_H

#include <stdbool.h>

#include "apps/admin/verb.h"
#include "base/attributes.h"

struct client;
struct client_options;

/* Reads the password where the arguments say; says on standard error why it cannot. */
must_check bool read_password(const struct task *task, const char **password_out);

/* Opens a client and logs in. On failure it has been said why, and code_out is the status. */
must_check bool connect_client(const struct task *task, struct client **client_out,
                               enum exit_code *code_out);

/* What the arguments say of the connection, without user and password. */
struct client_options connect_options(const struct arguments *arguments);

#endif
