/*
 * operations.c - every operation, before it is crossed with the catalog.
 *
 * Made by build/generate from services/. Edit that instead.
 */
#include "generated/operations.h"

#include "generated/messages.h"
#include "service/operation.h"

const struct operation_pattern operation_patterns[] = {
    {
        .name = "Find{Entities}",
        .family = "{Entity}",
        .meaning = "Finds {entities}.",
        .scope = OPERATION_PER_ENTITY,
        .transaction = OPERATION_READS,
        .has_right = true,
        .right = RIGHT_APPEND_TO,
        .request = &find_entities_request_shape,
        .response = &find_entities_response_shape,
        .handler = service_find,
        .handler_name = "service_find",
    },
    {
        .name = "Ping",
        .family = "Session",
        .meaning = "Answers.",
        .scope = OPERATION_ONCE,
        .transaction = OPERATION_WITHOUT_TRANSACTION,
        .is_anonymous = true,
        .request = &ping_request_shape,
        .response = &ping_response_shape,
        .handler = service_ping,
        .handler_name = "service_ping",
    },
};

const size_t operation_pattern_count =
    sizeof(operation_patterns) / sizeof(*operation_patterns);
