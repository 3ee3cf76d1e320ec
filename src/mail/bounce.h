/*
 * bounce.h - a message of ours that came back.
 */
#ifndef MAIL_BOUNCE_H
#define MAIL_BOUNCE_H

#include <stdbool.h>

#include "base/attributes.h"

struct call;
struct error;
struct mime_message;

/* Marks the e-mail that a report is about (bouncedOn), and counts it on the record that it was for
 * (bouncedEmails), once, where it was for one record alone: which of several did not get it is not
 * told by the id. Nothing happens for other messages, and for reports on what we did not send. */
must_check bool mail_note_bounce(struct call *call, const struct mime_message *message,
                                 struct error *error);

#endif
