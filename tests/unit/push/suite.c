/*
 * suite.c - an organisation, made once for all tests of this floor.
 */
#include "support/office.h"

void suite(enum runner_stage stage)
{
    office_suite(stage);
}
