/*
 * secured_link.c - secured fields: numbered, and kept from leaking through others.
 */
#include "metadata/reader.h"

/* What names a record, joins it to its parent or must be there is seen by everybody. */
static void check_secured(struct reader *reader, const struct field_draft *draft)
{
    const struct field *field = draft->field;
    const struct entity *entity = field->entity;
    bool is_parental = field->relation != NULL && field->relation->is_parental;

    if (field->is_required || is_parental || field == entity->name_field ||
        entity_has_in_key(entity, field)) {
        reader_problem(reader, draft->node,
                       "\"%s\" cannot be secured: what is required, in a key, the name of a record "
                       "or a parental relation is open to all who may read the record",
                       field->name);
    }
}

static void check_computed(struct reader *reader, const struct field_draft *draft)
{
    const struct field *field = draft->field;
    for (size_t index = 0; index < field->computed.term_count && !field->is_secured; index++) {
        const struct field *term = field->computed.terms[index].field;
        if (term->is_secured) {
            reader_problem(reader, draft->node,
                           "\"%s\" is made from \"%s\", which is secured, so it must be too",
                           field->name, term->name);
        }
    }
}

static void link_field(struct reader *reader, const struct field_draft *draft)
{
    if (draft->field->is_secured) {
        draft->field->secured_place = reader->secured_count++;
        check_secured(reader, draft);
    }
}

/* Who may read an amount may read it in the base currency: both have one place. */
static void link_twin(struct reader *reader, const struct field_draft *draft)
{
    struct field *field = draft->field;
    if (field->base_of != NULL) {
        field->is_secured = field->base_of->is_secured;
        field->secured_place = field->base_of->secured_place;
    }
    check_computed(reader, draft);
}

static void link_each(struct reader *reader,
                      void (*link)(struct reader *reader, const struct field_draft *draft))
{
    for (size_t place = 0; place < reader->entities.count; place++) {
        const struct entity_draft *draft = reader->entities.items[place];
        for (size_t index = 0; index < draft->fields.count; index++) {
            link(reader, draft->fields.items[index]);
        }
    }
}

void link_secured(struct reader *reader)
{
    link_each(reader, link_field);
    link_each(reader, link_twin);
}
