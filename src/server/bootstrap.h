/*
 * bootstrap.h - makes an organisation: its root unit, roles, currency and first administrator.
 */
#ifndef SERVER_BOOTSTRAP_H
#define SERVER_BOOTSTRAP_H

#include <stdbool.h>
#include <stdio.h>

#include "base/attributes.h"

struct error;
struct platform;

/* Reads the administrator's password from the first line of password_file. Fails when the
 * database holds an organisation already, or the password is weak. */
must_check bool bootstrap_organization(struct platform *platform, const char *administrator,
                                       FILE *password_file, struct error *error);

#endif
