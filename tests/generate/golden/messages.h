/*
 * messages.h - requests and answers of all operations, and the types in them.
 *
 * Made by build/generate from services/. Edit that instead.
 */
#ifndef GENERATED_MESSAGES_H
#define GENERATED_MESSAGES_H

#include "metadata/shape.h"

struct alternate_key;
struct record;
struct reference;
struct entity_page;
struct find_entities_request;
struct find_entities_response;
struct ping_request;
struct ping_response;
struct node_request;

/* {Entity}Page: A page. */
struct entity_page {
    struct message_list records; /* struct record *; The records. */
    struct message_integer total;
};
extern const struct shape entity_page_shape;

/* Find{Entities}: Finds {entities}. */
struct find_entities_request {
    const char *name;
    struct reference *from;
    struct alternate_key *key;
    struct message_uuid id;
    struct message_moment since;
    struct message_decimal price;
    struct message_integer count;
    struct message_boolean all; /* Whether all. */
    struct node_request *tree;
};
extern const struct shape find_entities_request_shape;

/* Find{Entities}Response: Answer of Find{Entities}. */
struct find_entities_response {
    struct entity_page *page;
};
extern const struct shape find_entities_response_shape;

/* Ping: Answers. */
struct ping_request {
    char nothing; /* C has no empty struct */
};
extern const struct shape ping_request_shape;

/* PingResponse: Answer of Ping. */
struct ping_response {
    char nothing; /* C has no empty struct */
};
extern const struct shape ping_response_shape;

extern const struct shape node_request_shape;

#endif
