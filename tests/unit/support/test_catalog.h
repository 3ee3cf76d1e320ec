/*
 * test_catalog.h - the catalog of metadata/, read once for all tests of a run.
 */
#ifndef SUPPORT_TEST_CATALOG_H
#define SUPPORT_TEST_CATALOG_H

struct catalog;

/* Reads it for all processes that are forked from here. */
void test_catalog_prepare(void);

/* The catalog prepared, or else one read now. The caller releases it. */
struct catalog *test_catalog(void);

#endif
