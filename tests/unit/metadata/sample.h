/*
 * sample.h - the metadata of the product, read for a test.
 */
#ifndef TESTS_METADATA_SAMPLE_H
#define TESTS_METADATA_SAMPLE_H

struct catalog;
struct field;

/* Reads metadata/; the test fails when it has a problem. The caller releases it. */
struct catalog *read_catalog(void);

/* The field of an entity; the test fails when there is none. */
const struct field *find_field(const struct catalog *catalog, const char *entity,
                               const char *field);

#endif
