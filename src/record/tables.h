/*
 * tables.h - the tables of this floor, for its own files.
 */
#ifndef RECORD_TABLES_H
#define RECORD_TABLES_H

#include "database/table.h"

enum { FILE_PIECE_SIZE = 256 * 1024, REQUEST_ID_LENGTH = 200 };

extern const struct table file_piece_table; /* file, number -> bytes */
extern const struct table counter_table;    /* name -> last number given */
extern const struct table request_table;    /* user, request id -> what was answered */
extern const struct table setting_table;    /* name -> text: what the organisation is */

#endif
