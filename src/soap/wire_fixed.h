/*
 * wire_fixed.h - how the types that every service has lie in memory while a message is read or
 * written; the decoder and the encoder turn them into struct reference, party and file.
 */
#ifndef SOAP_WIRE_FIXED_H
#define SOAP_WIRE_FIXED_H

#include "metadata/shape.h"

struct alternate_key;
struct content;

struct key_message {
    const char *name;
    struct message_list values; /* const char * */
};

struct reference_message {
    const char *entity;
    struct message_uuid id;
    const char *name;
    const struct alternate_key *alternate_key;
};

struct party_message {
    struct reference_message reference;
    const char *participation;
    const char *address;
};

struct file_message {
    const char *name;
    const char *media_type;
    struct message_integer size;
    struct content *content;
};

/* The headers of ours. */
struct session_message {
    const char *token;
};

struct request_message {
    const char *id;
    struct message_boolean validate_only;
    struct message_integer expected_version;
    const char *language;
    const char *time_zone;
    const char *on_behalf_of;
    const char *application;
};

struct field_value_message {
    const char *name;
    const char *value;
};

/* The detail of a fault. */
struct fault_message {
    const char *code;
    const char *message;
    const char *field;
    const char *entity;
    const char *hint;
    const char *request_id;
    struct message_boolean retryable;
    struct message_integer current_version;
    struct message_list current; /* struct field_value_message * */
};

#endif
