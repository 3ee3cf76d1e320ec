/*
 * tables.h - tables beside those of the entities that queries read: parties and files.
 */
#ifndef QUERY_TABLES_H
#define QUERY_TABLES_H

#include "database/table.h"

enum { FILE_NAME_LENGTH = 255, PARTY_ADDRESS_LENGTH = 320, PARTY_NAME_LENGTH = 255 };

extern const struct table party_table; /* one row a participant: record, field, position */
extern const struct table file_table;  /* one row a file: name, media type, size */

#endif
