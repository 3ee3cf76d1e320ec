/*
 * limits.h - how much one message may hold; bounds that hold before anybody is known.
 *
 * Memory: plain numbers, copied from the settings of the section "limits" when a message begins: it
 * keeps them though the settings are read again.
 */
#ifndef SOAP_LIMITS_H
#define SOAP_LIMITS_H

#include <stddef.h>

struct arena;
struct settings;

enum {
    LIMIT_NAME_MOST = 1000,      /* gSOAP cuts longer names */
    LIMIT_DEPTH_MOST = 256,      /* the greatest settings.limits.depth */
    LIMIT_ATTRIBUTES_MOST = 1000 /* the greatest settings.limits.attributes and .namespaces */
};

struct message_limits {
    size_t depth;           /* elements within elements */
    size_t elements;        /* of a message */
    size_t attributes;      /* of one element */
    size_t attribute_names; /* different ones of a message */
    size_t namespaces;      /* declarations of a message */
    size_t name_length;     /* bytes of an element's or an attribute's name */
    size_t envelope;        /* bytes of an envelope */
    size_t attachment;      /* bytes of one attached file */
    size_t mime_parts;      /* parts of a multipart message */
};

/* The limits of a message that begins now. */
const struct message_limits *message_limits_of(struct arena *arena,
                                               const struct settings *settings);

#endif
