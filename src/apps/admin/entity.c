/*
 * entity.c - asks the server for its entities.
 */
#include "apps/admin/entity.h"

#include <string.h>

#include "apps/admin/connect.h"
#include "apps/admin/report.h"
#include "base/arena.h"
#include "base/array.h"
#include "base/suggest.h"
#include "client/client.h"
#include "client/element.h"
#include "xml/document.h"

static bool read_names(const struct task *task, struct client *client, struct array *names)
{
    static const struct client_operation operation = {
        .service = "Metadata", .name = "DescribeEntities", .is_repeatable = true};
    struct client_error error;
    const struct xml_node *answer = NULL;

    if (!client_call(client, task->arena, &operation, element_make(task->arena, operation.name),
                     &answer, &error) ||
        answer->first_child == NULL) {
        return false;
    }
    for (const struct xml_node *entity = answer->first_child->first_child; entity != NULL;
         entity = entity->next) {
        const struct xml_node *name = xml_child(entity, "name");
        if (name != NULL) {
            array_add(names, (void *)(uintptr_t)name->text);
        }
    }
    return names->count > 0;
}

bool entity_explain_unknown(const struct task *task, struct client *client)
{
    const char *word = task->words[0];
    const char *nearest = NULL;
    struct array names;

    array_init(&names, task->arena);
    if (!read_names(task, client, &names)) {
        return false;
    }
    for (size_t i = 0; i < names.count; i++) {
        if (strcmp(names.items[i], word) == 0) {
            return false;
        }
    }
    nearest = suggest_word(word, (const char *const *)names.items, names.count);
    if (nearest == NULL) {
        report_say("there is no entity %s", word);
    } else {
        report_say("there is no entity %s; did you mean %s?", word, nearest);
    }
    return true;
}
