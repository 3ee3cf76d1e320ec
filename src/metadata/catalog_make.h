/*
 * catalog_make.h - for those on this floor who make catalogs.
 */
#ifndef METADATA_CATALOG_MAKE_H
#define METADATA_CATALOG_MAKE_H

struct arena;
struct catalog;

/* An empty catalog that owns the arena and has one holder. */
struct catalog *catalog_make(struct arena *arena);

#endif
