/*
 * compile_link.c - checks links: the lookup or the relation, what the caller may read of the other
 * entity, and the filter on it.
 */
#include "query/compile.h"

#include <string.h>

#include "base/arena.h"
#include "base/error.h"
#include "base/settings.h"
#include "base/suggest.h"
#include "call/call.h"
#include "metadata/entity.h"
#include "query/request.h"
#include "query/tree.h"
#include "security/access.h"
#include "security/authorise.h"
#include "security/field_access.h"

/* ---- limits and words ---- */

static bool count_link(struct compiling *compiling)
{
    if (++compiling->links > compiling->limits->links) {
        return error_set(compiling->error, ERROR_LIMIT_EXCEEDED, "links",
                         "A query may have at most %lld links (limits.links)",
                         (long long)compiling->limits->links);
    }
    if (compiling->link_depth == compiling->limits->link_depth) {
        return error_set(compiling->error, ERROR_LIMIT_EXCEEDED, "links",
                         "Links may lie at most %lld deep (limits.link_depth)",
                         (long long)compiling->limits->link_depth);
    }
    return true;
}

static bool read_matches(const struct compiling *compiling, const char *matches, bool *is_none)
{
    *is_none = matches != NULL && strcmp(matches, "none") == 0;
    if (matches == NULL || *is_none || strcmp(matches, "any") == 0) {
        return true;
    }
    return error_set_about(compiling->error, ERROR_QUERY_INVALID, compiling->entity->name, "links",
                           "A link matches any or none, not %s", matches);
}

/* ---- by a lookup ---- */

static const struct entity *find_target(const struct field *lookup, const char *name)
{
    for (size_t index = 0; index < lookup->target_count; index++) {
        if (strcmp(lookup->targets[index]->name, name) == 0) {
            return lookup->targets[index];
        }
    }
    return NULL;
}

static bool refuse_target(const struct compiling *compiling, const struct field *lookup,
                          const char *name)
{
    const char **names =
        arena_allocate_array(compiling->call->arena, lookup->target_count, sizeof(*names));
    for (size_t index = 0; index < lookup->target_count; index++) {
        names[index] = lookup->targets[index]->name;
    }
    const char *nearest = suggest_word(name, names, lookup->target_count);
    return error_set_about(compiling->error, ERROR_QUERY_INVALID, compiling->entity->name,
                           lookup->name, "%s refers to no %s%s%s%s", lookup->name, name,
                           nearest == NULL ? "" : "; did you mean ", nearest == NULL ? "" : nearest,
                           nearest == NULL ? "" : "?");
}

static bool find_by_lookup(const struct compiling *compiling, const struct link_request *request,
                           struct query_link *link)
{
    if (!compile_field(compiling, request->field, &link->lookup)) {
        return false;
    }
    const struct field *lookup = link->lookup;
    if (lookup->type != FIELD_LOOKUP) {
        return error_set_about(compiling->error, ERROR_FIELD_NOT_USABLE, compiling->entity->name,
                               lookup->name, "%s refers to no record, so no link goes by it",
                               lookup->name);
    }
    if (request->entity == NULL && lookup->target_count > 1) {
        return error_set_about(
            compiling->error, ERROR_QUERY_INVALID, compiling->entity->name, lookup->name,
            "%s may refer to several entities; the link must name one", lookup->name);
    }
    link->entity =
        request->entity == NULL ? lookup->targets[0] : find_target(lookup, request->entity);
    link->target = link->entity;
    return link->entity != NULL || refuse_target(compiling, lookup, request->entity);
}

/* ---- by a relation ---- */

/* A secret field is as good as none. */
static bool is_relation(const struct field *referrer, const char *name)
{
    return !referrer->is_secret && strcmp(referrer->relation->name, name) == 0;
}

static bool refuse_relation(const struct compiling *compiling, const char *name)
{
    const struct entity *entity = compiling->entity;
    const char **names =
        arena_allocate_array(compiling->call->arena, entity->referrer_count + 1, sizeof(*names));
    for (size_t index = 0; index < entity->referrer_count; index++) {
        const struct field *referrer = entity->referrers[index];
        names[index] = referrer->is_secret ? NULL : referrer->relation->name;
    }
    const char *nearest = suggest_word(name, names, entity->referrer_count);
    return error_set_about(compiling->error, ERROR_RELATION_UNKNOWN, entity->name, "relation",
                           "No relation %s leads from %s to others%s%s%s", name, entity->name,
                           nearest == NULL ? "" : "; did you mean ", nearest == NULL ? "" : nearest,
                           nearest == NULL ? "" : "?");
}

static bool find_by_relation(const struct compiling *compiling, const struct link_request *request,
                             struct query_link *link)
{
    const struct entity *entity = compiling->entity;
    for (size_t index = 0; index < entity->referrer_count && link->lookup == NULL; index++) {
        if (is_relation(entity->referrers[index], request->relation)) {
            link->lookup = entity->referrers[index];
        }
    }
    if (link->lookup == NULL) {
        return refuse_relation(compiling, request->relation);
    }
    link->is_back = true;
    link->target = entity;
    link->entity = link->lookup->entity;
    return request->entity == NULL || strcmp(request->entity, link->entity->name) == 0 ||
           error_set_about(compiling->error, ERROR_QUERY_INVALID, entity->name, "relation",
                           "The relation %s leads to %s, not to %s", request->relation,
                           link->entity->name, request->entity);
}

/* ---- the whole ---- */

/* Whoever may not list the records of the other entity may not ask for them by a link either. */
static bool authorise(const struct compiling *compiling, struct query_link *link)
{
    struct call *call = compiling->call;
    if (!authorise_privilege(call->identity, link->entity, RIGHT_READ, compiling->error) ||
        !field_authorise(call->identity, link->lookup, FIELD_RIGHT_READ, compiling->error)) {
        return false;
    }
    link->scope = access_scope_make(call->arena, call->identity, link->entity, RIGHT_READ);
    return true;
}

static bool read_inner_filter(struct compiling *compiling, const struct link_request *request,
                              struct query_link *link)
{
    const struct entity *outer = compiling->entity;
    if (request->filter == NULL) {
        return true;
    }
    compiling->entity = link->entity;
    compiling->link_depth++;
    if (!compile_filter(compiling, request->filter, &link->filter)) {
        return false;
    }
    compiling->link_depth--;
    compiling->entity = outer;
    return true;
}

bool compile_link(struct compiling *compiling, const struct link_request *request,
                  struct query_link *link_out)
{
    struct query_link link = {.lookup = NULL};
    if (!count_link(compiling) || !read_matches(compiling, request->matches, &link.is_none)) {
        return false;
    }
    link.number = (unsigned)compiling->links;
    if ((request->field == NULL) == (request->relation == NULL)) {
        return error_set_about(compiling->error, ERROR_QUERY_INVALID, compiling->entity->name,
                               "links", "A link needs either a field or a relation");
    }
    bool is_found = request->field != NULL ? find_by_lookup(compiling, request, &link)
                                           : find_by_relation(compiling, request, &link);
    if (!is_found || !authorise(compiling, &link) ||
        !read_inner_filter(compiling, request, &link)) {
        return false;
    }
    *link_out = link;
    return true;
}
