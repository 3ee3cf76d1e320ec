/*
 * messages.c - how each struct of messages.h looks on the wire.
 *
 * Made by build/generate from services/. Edit that instead.
 */
#include "generated/messages.h"

#include <assert.h>
#include <stddef.h>

#include "tree/node.h"

static const struct shape_member entity_page_members[] = {
    {
        .name = "{entities}",
        .type = SHAPE_RECORD,
        .is_list = true,
        .offset = offsetof(struct entity_page, records),
        .meaning = "The records.",
    },
    {
        .name = "total",
        .type = SHAPE_LONG,
        .offset = offsetof(struct entity_page, total),
        .meaning = "",
    },
};

const struct shape entity_page_shape = {
    .name = "{Entity}Page",
    .size = sizeof(struct entity_page),
    .members = entity_page_members,
    .member_count = 2,
    .meaning = "A page.",
};

static const struct shape_member find_entities_request_members[] = {
    {
        .name = "name",
        .type = SHAPE_STRING,
        .is_required = true,
        .is_secret = true,
        .offset = offsetof(struct find_entities_request, name),
        .length = 20,
        .meaning = "",
    },
    {
        .name = "from",
        .type = SHAPE_REFERENCE,
        .offset = offsetof(struct find_entities_request, from),
        .meaning = "",
    },
    {
        .name = "key",
        .type = SHAPE_KEY,
        .offset = offsetof(struct find_entities_request, key),
        .meaning = "",
    },
    {
        .name = "id",
        .type = SHAPE_UUID,
        .offset = offsetof(struct find_entities_request, id),
        .meaning = "",
    },
    {
        .name = "since",
        .type = SHAPE_DATE_TIME,
        .offset = offsetof(struct find_entities_request, since),
        .meaning = "",
    },
    {
        .name = "price",
        .type = SHAPE_DECIMAL,
        .offset = offsetof(struct find_entities_request, price),
        .meaning = "",
    },
    {
        .name = "count",
        .type = SHAPE_INTEGER,
        .offset = offsetof(struct find_entities_request, count),
        .meaning = "",
    },
    {
        .name = "all",
        .type = SHAPE_BOOLEAN,
        .offset = offsetof(struct find_entities_request, all),
        .meaning = "Whether all.",
    },
    {
        .name = "tree",
        .type = SHAPE_STRUCT,
        .offset = offsetof(struct find_entities_request, tree),
        .shape = &node_request_shape,
        .meaning = "",
    },
};

const struct shape find_entities_request_shape = {
    .name = "Find{Entities}",
    .size = sizeof(struct find_entities_request),
    .members = find_entities_request_members,
    .member_count = 9,
    .meaning = "Finds {entities}.",
};

static const struct shape_member find_entities_response_members[] = {
    {
        .name = "page",
        .type = SHAPE_STRUCT,
        .offset = offsetof(struct find_entities_response, page),
        .shape = &entity_page_shape,
        .meaning = "",
    },
};

const struct shape find_entities_response_shape = {
    .name = "Find{Entities}Response",
    .size = sizeof(struct find_entities_response),
    .members = find_entities_response_members,
    .member_count = 1,
    .meaning = "Answer of Find{Entities}.",
};

const struct shape ping_request_shape = {
    .name = "Ping",
    .size = sizeof(struct ping_request),
    .meaning = "Answers.",
};

const struct shape ping_response_shape = {
    .name = "PingResponse",
    .size = sizeof(struct ping_response),
    .meaning = "Answer of Ping.",
};

static_assert(_Generic(((struct node_request *)0)->label, const char *: 1, default: 0), "in/services/b.xml:4: label is declared otherwise");
static_assert(_Generic(((struct node_request *)0)->nodes, struct message_list: 1, default: 0), "in/services/b.xml:5: nodes is declared otherwise");

static const struct shape_member node_request_members[] = {
    {
        .name = "label",
        .type = SHAPE_STRING,
        .offset = offsetof(struct node_request, label),
        .tokens = (const char *const[]){"one", "two", NULL},
        .meaning = "",
    },
    {
        .name = "nodes",
        .type = SHAPE_STRUCT,
        .is_list = true,
        .offset = offsetof(struct node_request, nodes),
        .shape = &node_request_shape,
        .meaning = "",
    },
};

const struct shape node_request_shape = {
    .name = "Node",
    .size = sizeof(struct node_request),
    .members = node_request_members,
    .member_count = 2,
    .meaning = "Written by hand.",
};

