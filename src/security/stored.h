/*
 * stored.h - where the catalog keeps the entities that this floor reads for itself.
 */
#ifndef SECURITY_STORED_H
#define SECURITY_STORED_H

struct catalog;
struct entity;
struct table;

/* The table of an entity. */
const struct table *stored_table(const struct catalog *catalog, const struct entity *entity);

/* The column of a field that the standard metadata gives. */
const char *stored_column(const struct entity *entity, const char *field);

#endif
