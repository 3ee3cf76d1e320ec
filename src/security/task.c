/*
 * task.c - the names of the tasks.
 */
#include "security/task.h"

#include <stddef.h>
#include <string.h>

static const struct task_row {
    const char *name, *meaning;
} rows[] = {
#define TASK_ROW(constant, name, meaning) [TASK_##constant] = {name, meaning},
    TASK_LIST(TASK_ROW)
#undef TASK_ROW
};

const char *task_name(enum task task)
{
    return rows[task].name;
}

const char *task_meaning(enum task task)
{
    return rows[task].meaning;
}

bool task_parse(const char *name, enum task *task_out)
{
    for (int task = 0; task < TASK_COUNT; task++) {
        if (strcmp(rows[task].name, name) == 0) {
            *task_out = (enum task)task;
            return true;
        }
    }
    return false;
}
