/*
 * merge_link.c - what it takes to join two records into one: a reason that the one given up gets,
 * and the fields that say it was, and into which.
 */
#include <string.h>

#include "metadata/reader.h"
#include "xml/document.h"

static const struct choice *find_reason(const struct entity *entity, const char *name)
{
    const struct field *reasons = entity->status_reason;
    for (size_t index = 0; reasons != NULL && index < reasons->choice_count; index++) {
        if (strcmp(reasons->choices[index].token, name) == 0) {
            return &reasons->choices[index];
        }
    }
    return NULL;
}

/* Only the platform sets it, when it merges. */
static const struct field *find_closed(const struct entity_draft *draft, const char *name,
                                       enum field_type type)
{
    const struct field_draft *found = entity_draft_find(draft, name);
    bool fits = found != NULL && found->field->type == type && !found->field->is_creatable &&
                !found->field->is_updatable;
    return fits ? found->field : NULL;
}

/* A reference to a record of the entity itself, which stays as it is when that one is merged. */
static bool refers_to_own(const struct field *master)
{
    return master->target_count == 1 && master->targets[0] == master->entity &&
           master->relation->on_merge == CASCADE_NONE;
}

static void link_entity(struct reader *reader, const struct entity_draft *draft)
{
    const char *reason = xml_attribute(draft->node, "mergedAs");
    struct entity *entity = draft->entity;

    if (reason == NULL) {
        return;
    }
    entity->merged_reason = find_reason(entity, reason);
    entity->is_merged = find_closed(draft, "isMerged", FIELD_BOOLEAN);
    entity->master = find_closed(draft, "master", FIELD_LOOKUP);
    if (entity->ownership != OWNERSHIP_USER) {
        reader_problem(reader, draft->node,
                       "only records that users own can be merged, which a \"%s\" is not",
                       entity->name);
    }
    if (entity->merged_reason == NULL) {
        reader_problem(reader, draft->node,
                       "there is no status reason \"%s\" that a merged record could get", reason);
    }
    if (entity->is_merged == NULL || entity->master == NULL || !refers_to_own(entity->master)) {
        reader_problem(reader, draft->node,
                       "what can be merged needs a truth \"isMerged\" and a lookup \"master\" to "
                       "its own kind, neither creatable nor updatable, and the lookup not merged");
    }
}

void link_merges(struct reader *reader)
{
    for (size_t index = 0; index < reader->entities.count; index++) {
        link_entity(reader, reader->entities.items[index]);
    }
}
