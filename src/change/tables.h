/*
 * tables.h - the tables of this floor.
 */
#ifndef CHANGE_TABLES_H
#define CHANGE_TABLES_H

struct table;

/* One row for each change of each record; see change/README.md. */
extern const struct table change_table;

/* How far changes were numbered, and how far they were swept. */
extern const struct table change_mark_table;

/* One row for each event of security, or for several that are counted together. */
extern const struct table event_table;

/* Who has changes brought to him; see change/subscription.h. */
extern const struct table subscription_table;

/* Changes that a subscriber refused; see change/dead_letter.h. */
extern const struct table dead_letter_table;

/* Nodes that bring changes to subscribers; see change/node.h. */
extern const struct table node_table;

#endif
