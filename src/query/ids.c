/*
 * ids.c - lists of ids, the last of them repeated until the length is one of few.
 */
#include "query/ids.h"

#include "base/expect.h"
#include "database/sql.h"

size_t ids_fill_up(size_t count)
{
    size_t length = 1;
    while (length < count) {
        length *= 2;
    }
    return length;
}

void ids_write(struct sql *sql, const struct uuid *ids, size_t count)
{
    size_t length = ids_fill_up(count);
    expect(count > 0);
    for (size_t index = 0; index < length; index++) {
        sql_add(sql, index == 0 ? " IN (" : ", ");
        sql_add_cell(sql, cell_uuid(&ids[index < count ? index : count - 1]));
    }
    sql_add(sql, ")");
}
