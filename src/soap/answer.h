/*
 * answer.h - puts an encoded answer into its envelope, and streams the files that belong in it.
 *
 * Without files an answer is one piece of memory. With files it is a row of pieces: text, a
 * file as base64, text ... or, as MTOM, an envelope and a part for each file.
 *
 * Memory: lives in the arena given.
 */
#ifndef SOAP_ANSWER_H
#define SOAP_ANSWER_H

#include <stdbool.h>

#include "soap/encode.h"
#include "soap/envelope.h"

struct arena;
struct soap_answer;

/* Writes what stands before and after the content of the body. */
void answer_open(struct buffer *text, enum soap_version version);
void answer_close(struct buffer *text);

/* Writes the tags of an element that sets the default namespace for all in it. */
void answer_open_wrapper(struct buffer *text, const char *target_namespace, const char *name);
void answer_close_wrapper(struct buffer *text, const char *name);

/* The Content-Type of an envelope. */
const char *answer_content_type(enum soap_version version);

/* Makes the answer of what was encoded, with status 200. */
void answer_finish(struct arena *arena, struct encoder *encoder, enum soap_version version,
                   struct soap_answer *answer_out);

#endif
