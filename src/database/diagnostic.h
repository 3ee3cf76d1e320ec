/*
 * diagnostic.h - what a driver says went wrong, as one of our errors.
 *
 * The driver's words go to the cause of the error with quoted values taken out; the client
 * gets a sentence of ours. Where a unique key was broken, its name becomes the subject.
 */
#ifndef DATABASE_DIAGNOSTIC_H
#define DATABASE_DIAGNOSTIC_H

#include "base/error.h"

struct dialect;

/* Reads the diagnostics of an ODBC handle. dialect NULL: not known yet, every failure is
 * DATABASE_UNAVAILABLE. sql: what was run, for the cause, or NULL. Returns the code set. */
enum error_code diagnostic_read(const struct dialect *dialect, short handle_type, void *handle,
                                const char *sql, struct error *error);

/* Sets one of the database's errors with its sentence. Returns false. */
bool diagnostic_set(struct error *error, enum error_code code, const char *cause);

#endif
