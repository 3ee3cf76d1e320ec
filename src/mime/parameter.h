/*
 * parameter.h - the parameters of Content-Type and Content-Disposition, as programs write them.
 *
 * RFC 2045 and 2231 are the rule. What is met besides: semicolons and quotes left out, values of
 * several words without quotes, paths whose backslashes are not doubled, quotes within quotes,
 * pieces out of order or missing, values said to be encoded that are not, and the same name in two
 * forms.
 *
 * Memory: results live in the arena given. Private to this floor.
 */
#ifndef MIME_PARAMETER_H
#define MIME_PARAMETER_H

struct arena;

/* The value of a parameter of a field as it came; of several the one that says most: encoded, in
 * pieces, plain and not empty. What is encoded by RFC 2231 is decoded, the rest is as it was.
 * What goes beyond any name is cut off. NULL: there is none; so of a field that is NULL. */
const char *mime_parameter(struct arena *arena, const char *field, const char *name);

/* A text with what percent signs encode decoded, whatever bytes that makes. */
const char *mime_percent_decode(struct arena *arena, const char *text);

/* What stands before the parameters, in lower case, without comments: "text/plain"; "": nothing. */
const char *mime_before_parameters(struct arena *arena, const char *field);

#endif
