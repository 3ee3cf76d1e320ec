/*
 * chores.h - the chores of the platform.
 */
#ifndef JOB_CHORES_H
#define JOB_CHORES_H

#include "job/scheduler.h"

extern const struct chore platform_chores[];
extern const int platform_chore_count;

#endif
