/*
 * reader.h - what the parts of the metadata reader share while a catalog is being made.
 *
 * Files are read one by one into drafts: the entity as it will be, with the XML that said it, so
 * that every later problem can name its line. Then the drafts are linked to each other, and the
 * tables they need are described. A problem is reported and reading goes on, so one run shows
 * all; only unreadable files keep the linking from being tried.
 *
 * Memory: what stays lives in `arena` (the catalog's), drafts and XML in `scratch`.
 * Threads: one.
 */
#ifndef METADATA_READER_H
#define METADATA_READER_H

#include <stdbool.h>
#include <stddef.h>

#include "base/array.h"
#include "base/attributes.h"
#include "metadata/catalog.h"

struct digest;
struct error;
struct map;
struct xml_node;
struct xml_schema;

enum {
    COLUMN_NAME_LIMIT = 63, /* bytes, on PostgreSQL */
    KEY_LENGTH_LIMIT = 255, /* characters of a string in a key */
};

/* Entities by what they are marked as: targets of the polymorphic types. */
enum entity_group {
    GROUP_NONE, /* named one by one */
    GROUP_CUSTOMER,
    GROUP_PRINCIPAL,
    GROUP_PARTY,
    GROUP_WITH_ACTIVITIES,
    GROUP_WITH_NOTES,
    GROUP_WITH_QUEUES,
    GROUP_COUNT
};

struct field_draft {
    struct field *field;
    const struct xml_node *node;     /* of a system field: its entity's */
    enum entity_group group;         /* LOOKUP, PARTY_LIST */
    const char *target_names;        /* GROUP_NONE: separated by spaces */
    struct relation *relation;       /* LOOKUP */
    bool has_delete_rule;            /* the relation says what a deletion does */
    const struct xml_node *computed; /* join, sum, product or total; NULL: not computed */
    bool is_sortable;
    int visit; /* of the search for cycles: 0 not yet, 1 under way, 2 done */
};

struct entity_draft {
    struct entity *entity;
    const struct xml_node *node;
    const char *name_field;
    struct array fields;             /* struct field_draft, in the order of the schema */
    struct map *fields_by_name;      /* lower case name to struct field_draft */
    const struct field *parental_to; /* the lookup that is parental, while linking */
};

/* The grammars of the language; read once, used by any number of readers. */
struct reader_schemas {
    const struct xml_schema *entity;
    const struct xml_schema *role;
};

struct reader {
    struct arena *arena;
    struct arena *scratch;
    const struct reader_schemas *schemas;
    struct digest *digest;   /* of all bytes read */
    struct array entities;   /* struct entity_draft */
    struct array roles;      /* const struct role_template */
    struct array role_nodes; /* const struct xml_node */
    size_t secured_count;
    struct map *entities_by_name; /* exact name to struct entity_draft */
    void (*report)(void *context, const char *line);
    void *report_context;
    struct error *error;
    struct array problems; /* struct problem of catalog_read.c */
    bool has_unread_file;
};

/* ---- a reader's life (catalog_read.c) ---- */

/* Reads entity.xsd and role.xsd of the folder. */
must_check bool reader_schemas_read(struct arena *arena, const char *folder,
                                    struct reader_schemas *schemas_out, struct error *error);

/* Begins without any document. The error is where reader_finish puts the problems; report (may
 * be NULL) is told each of them then. reader_finish ends the reader. */
void reader_begin(struct reader *reader, const struct reader_schemas *schemas,
                  void (*report)(void *context, const char *line), void *context,
                  struct error *error);

/* Adds one document; name stands where problems name the file. Problems are noted. */
void reader_add_entity(struct reader *reader, const char *name, const char *bytes, size_t length);
void reader_add_role(struct reader *reader, const char *name, const char *bytes, size_t length);

/* Links what was added. False when there was any problem; the error has them. */
must_check bool reader_finish(struct reader *reader, struct catalog **catalog_out);

/* Notes `file:line: sentence`. */
printf_like(3, 4) void reader_problem(struct reader *reader, const struct xml_node *node,
                                      const char *format, ...);

/* ---- parts, in the order in which they run ---- */

/* entity_read.c: one entity with its fields, states and keys; NULL after a problem that leaves
 * nothing to go on with. */
struct entity_draft *entity_read(struct reader *reader, const struct xml_node *node);

/* system_fields.c: those that the platform adds before the entity's own fields, and after. */
void system_fields_add_first(struct reader *reader, struct entity_draft *draft);
void system_fields_add_last(struct reader *reader, struct entity_draft *draft);
/* The twin of a money field in the base currency. */
void system_fields_add_twin(struct reader *reader, struct entity_draft *draft,
                            const struct field_draft *money);

/* field_read.c: one field; NULL after a problem that leaves nothing to go on with. */
struct field_draft *field_read(struct reader *reader, struct entity_draft *draft,
                               const struct xml_node *node);
/* The labels in children of this name. When it is needed, both languages must be there. */
struct label label_read(struct reader *reader, const struct xml_node *node, const char *child,
                        bool is_needed);
/* The choices in children of this name (choice, reason); adds struct choice. */
void choices_read(struct reader *reader, const struct xml_node *node, const char *child,
                  struct array *choices);
/* Puts a draft among the fields of an entity; notes a name that is taken. */
void entity_draft_add(struct reader *reader, struct entity_draft *draft, struct field_draft *field);
/* The field of this name (exact), or NULL. */
struct field_draft *entity_draft_find(const struct entity_draft *draft, const char *name);

/* role_read.c: one role, after the entities have been linked. */
void role_read(struct reader *reader, const struct xml_node *node);

/* link.c: sorts the entities and joins them to each other. */
void link_entities(struct reader *reader);
/* relation_link.c: targets, relations, parents. */
void link_relations(struct reader *reader);
/* merge_link.c: what it takes to join two records into one. */
void link_merges(struct reader *reader);
/* computed_link.c: terms, totals and the order to compute. */
void link_computed(struct reader *reader);
/* secured_link.c: numbers the secured fields; what is made of one is one. */
void link_secured(struct reader *reader);

/* tables.c: columns of the fields, and the tables of the catalog. */
void tables_name_columns(struct reader *reader, struct entity_draft *draft);
const struct table *tables_describe(struct reader *reader, const struct entity_draft *draft);

#endif
