/*
 * share.c - rights on single records, row by row.
 */
#include "security/share.h"

int64_t share_mask(enum right right)
{
    static const int64_t masks[RIGHT_COUNT] = {
        [RIGHT_READ] = 0x1,       [RIGHT_WRITE] = 0x2,      [RIGHT_APPEND] = 0x4,
        [RIGHT_APPEND_TO] = 0x10, [RIGHT_DELETE] = 0x10000, [RIGHT_SHARE] = 0x40000,
        [RIGHT_ASSIGN] = 0x80000,
    };
    return masks[right];
}
