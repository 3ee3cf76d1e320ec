/*
 * computed_link.c - what computed fields are made from, and in which order.
 */
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/map.h"
#include "metadata/reader.h"
#include "xml/document.h"

static bool is_number(const struct field *field)
{
    return field->type == FIELD_INTEGER || field->type == FIELD_LONG ||
           field->type == FIELD_DECIMAL || field->type == FIELD_MONEY;
}

static bool is_line_of_text(const struct field *field)
{
    return field->type == FIELD_STRING || field->type == FIELD_AUTO_NUMBER;
}

/* ---- terms ---- */

struct terms {
    struct computed_term *items;
    size_t count;
    size_t capacity;
};

static void add_terms(struct reader *reader, const struct entity_draft *draft,
                      const struct field_draft *field, const char *attribute, struct terms *terms)
{
    char *names =
        arena_copy_text(reader->scratch, xml_attribute_or(field->computed, attribute, ""));
    bool is_join = field->field->computed.kind == COMPUTED_JOIN;
    char *rest = NULL;
    for (char *name = strtok_r(names, " ", &rest); name != NULL;
         name = strtok_r(NULL, " ", &rest)) {
        const struct field_draft *term = entity_draft_find(draft, name);
        if (term == NULL) {
            reader_problem(reader, field->computed, "entity \"%s\" has no field \"%s\"",
                           draft->entity->name, name);
            continue;
        }
        if (!(is_join ? is_line_of_text : is_number)(term->field)) {
            reader_problem(reader, field->computed, "\"%s\" is no %s", name,
                           is_join ? "string" : "number");
            continue;
        }
        if (terms->count == terms->capacity) {
            size_t grown = terms->capacity * 2 + 4;
            terms->items =
                arena_grow(reader->arena, terms->items, terms->capacity * sizeof(*terms->items),
                           grown * sizeof(*terms->items));
            terms->capacity = grown;
        }
        terms->items[terms->count++] = (struct computed_term){
            .field = term->field,
            .is_subtracted = strcmp(attribute, "subtract") == 0,
        };
    }
}

/* Longer text could be made than the field takes: then a correct record could not be stored. */
static void check_join_length(struct reader *reader, const struct field_draft *field,
                              const struct terms *terms)
{
    size_t length = 0;
    size_t separator = strlen(field->field->computed.separator);
    for (size_t i = 0; i < terms->count; i++) {
        length += terms->items[i].field->length + (i > 0 ? separator : 0);
    }
    if (length > field->field->length) {
        reader_problem(reader, field->node, "\"%s\" may need %zu characters, but its length is %zu",
                       field->field->name, length, field->field->length);
    }
}

/* ---- kinds ---- */

static void link_join(struct reader *reader, const struct entity_draft *draft,
                      struct field_draft *field)
{
    struct computed *computed = &field->field->computed;
    struct terms terms = {0};
    computed->separator =
        arena_copy_text(reader->arena, xml_attribute_or(field->computed, "separator", ""));
    add_terms(reader, draft, field, "of", &terms);
    computed->terms = terms.items;
    computed->term_count = terms.count;
    check_join_length(reader, field, &terms);
}

static void link_sum(struct reader *reader, const struct entity_draft *draft,
                     struct field_draft *field)
{
    struct computed *computed = &field->field->computed;
    struct terms terms = {0};
    add_terms(reader, draft, field, "add", &terms);
    add_terms(reader, draft, field, "subtract", &terms);
    computed->terms = terms.items;
    computed->term_count = terms.count;
}

static void link_product(struct reader *reader, const struct entity_draft *draft,
                         struct field_draft *field)
{
    struct computed *computed = &field->field->computed;
    struct terms terms = {0};
    const char *per = xml_attribute_or(field->computed, "per", "1");
    char *end = NULL;
    long long divisor = strtoll(per, &end, 10);
    if (divisor < 1 || divisor > INT32_MAX || *end != '\0') {
        reader_problem(reader, field->computed, "per must be from 1 to %d", INT32_MAX);
        divisor = 1;
    }
    computed->divisor = (int32_t)divisor;
    add_terms(reader, draft, field, "of", &terms);
    computed->terms = terms.items;
    computed->term_count = terms.count;
}

static void link_total(struct reader *reader, const struct entity_draft *draft,
                       struct field_draft *field)
{
    const char *entity_name = xml_attribute_or(field->computed, "entity", "");
    const char *link_name = xml_attribute_or(field->computed, "link", "");
    const char *of_name = xml_attribute_or(field->computed, "of", "");
    const struct entity_draft *child = map_get(reader->entities_by_name, entity_name);
    if (child == NULL) {
        reader_problem(reader, field->computed, "there is no entity \"%s\"", entity_name);
        return;
    }
    const struct field_draft *link = entity_draft_find(child, link_name);
    const struct field_draft *of = entity_draft_find(child, of_name);
    if (link == NULL || link->field->type != FIELD_LOOKUP ||
        !field_may_refer_to(link->field, draft->entity)) {
        reader_problem(reader, field->computed,
                       "\"%s\" is no lookup of \"%s\" that refers to \"%s\"", link_name,
                       entity_name, draft->entity->name);
        return;
    }
    if (of == NULL || !is_number(of->field)) {
        reader_problem(reader, field->computed, "\"%s\" is no number of \"%s\"", of_name,
                       entity_name);
        return;
    }
    struct computed_term *term = arena_allocate(reader->arena, sizeof(*term));
    struct computed *computed = &field->field->computed;
    term->field = of->field;
    computed->terms = term;
    computed->term_count = 1;
    computed->child = child->entity;
    computed->child_link = link->field;
}

static const struct {
    const char *element;
    enum computed_kind kind;
    void (*link)(struct reader *reader, const struct entity_draft *draft,
                 struct field_draft *field);
} kinds[] = {
    {"join", COMPUTED_JOIN, link_join},
    {"sum", COMPUTED_SUM, link_sum},
    {"product", COMPUTED_PRODUCT, link_product},
    {"total", COMPUTED_TOTAL, link_total},
};

static void link_field(struct reader *reader, const struct entity_draft *draft,
                       struct field_draft *field)
{
    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        if (strcmp(kinds[i].element, field->computed->name) != 0) {
            continue;
        }
        bool makes_text = kinds[i].kind == COMPUTED_JOIN;
        if (makes_text != (field->field->type == FIELD_STRING)) {
            reader_problem(reader, field->computed, "a %s makes a %s", kinds[i].element,
                           makes_text ? "string" : "number");
            return;
        }
        if (field->field->is_required || field->field->default_text != NULL) {
            reader_problem(reader, field->node,
                           "\"%s\" is computed: it is neither required nor has a default",
                           field->field->name);
        }
        field->field->computed.kind = kinds[i].kind;
        kinds[i].link(reader, draft, field);
        return;
    }
}

/* ---- order and cycles ---- */

static struct field_draft *draft_of(const struct reader *reader, const struct field *field)
{
    const struct entity_draft *entity = map_get(reader->entities_by_name, field->entity->name);
    return entity == NULL ? NULL : entity_draft_find(entity, field->name);
}

enum { NOT_VISITED, UNDER_WAY, DONE };

/* A field of the path under search: recursion as a list, so that depth costs no stack. */
struct step {
    struct field_draft *field;
    size_t next_term;
};

/* Visits what a field is computed from before the field itself; the order of leaving is an order
 * to compute. A term that is still under way closes a circle. */
static void visit(struct reader *reader, struct field_draft *start, struct array *order)
{
    struct array path;
    array_init(&path, reader->scratch);
    struct step *first = arena_allocate(reader->scratch, sizeof(*first));
    first->field = start;
    start->visit = UNDER_WAY;
    array_add(&path, first);
    while (path.count > 0) {
        struct step *step = path.items[path.count - 1];
        const struct computed *computed = &step->field->field->computed;
        if (step->next_term == computed->term_count) {
            step->field->visit = DONE;
            array_add(order, step->field->field);
            path.count--;
            continue;
        }
        struct field_draft *term = draft_of(reader, computed->terms[step->next_term++].field);
        if (term == NULL || term->visit == DONE || term->field->computed.kind == COMPUTED_NOT) {
            continue;
        }
        if (term->visit == UNDER_WAY) {
            reader_problem(reader, step->field->node, "\"%s\" is computed from itself, by \"%s\"",
                           term->field->name, step->field->field->name);
            continue;
        }
        struct step *deeper = arena_allocate(reader->scratch, sizeof(*deeper));
        deeper->field = term;
        term->visit = UNDER_WAY;
        array_add(&path, deeper);
    }
}

/* Shares the order out: to each entity its own fields, and the totals that sum over it. */
static void take_from_order(struct reader *reader, struct entity *entity, const struct array *order)
{
    struct array computed;
    struct array totals;
    array_init(&computed, reader->arena);
    array_init(&totals, reader->arena);
    for (size_t i = 0; i < order->count; i++) {
        const struct field *field = order->items[i];
        bool is_total = field->computed.kind == COMPUTED_TOTAL;
        if (field->entity == entity && !is_total) {
            array_add(&computed, field);
        }
        if (is_total && field->computed.child == entity) {
            array_add(&totals, field);
        }
    }
    entity->computed = (const struct field **)computed.items;
    entity->computed_count = computed.count;
    entity->totals = (const struct field **)totals.items;
    entity->total_count = totals.count;
}

static void order_computed(struct reader *reader)
{
    struct array order;
    array_init(&order, reader->scratch);
    for (size_t i = 0; i < reader->entities.count; i++) {
        const struct entity_draft *draft = reader->entities.items[i];
        for (size_t j = 0; j < draft->fields.count; j++) {
            struct field_draft *field = draft->fields.items[j];
            if (field->field->computed.kind != COMPUTED_NOT && field->visit == NOT_VISITED) {
                visit(reader, field, &order);
            }
        }
    }
    for (size_t i = 0; i < reader->entities.count; i++) {
        take_from_order(reader, ((struct entity_draft *)reader->entities.items[i])->entity, &order);
    }
}

void link_computed(struct reader *reader)
{
    for (size_t i = 0; i < reader->entities.count; i++) {
        const struct entity_draft *draft = reader->entities.items[i];
        for (size_t j = 0; j < draft->fields.count; j++) {
            struct field_draft *field = draft->fields.items[j];
            if (field->computed != NULL) {
                link_field(reader, draft, field);
            }
        }
    }
    order_computed(reader);
}
