/*
 * test_mapping.c - mappings, their steps, and what is wrong with those that are refused.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "apps/admin/csv_source.h"
#include "apps/admin/draft.h"
#include "apps/admin/mapping.h"
#include "apps/folder.h"
#include "base/arena.h"
#include "base/error.h"

static struct arena *arena;
static const char *folder;

/* A mapping of one pass over rows.csv, whose fields are these. */
static const char *write_mapping(const char *inside)
{
    return folder_write(
        arena, folder, "import.xml",
        arena_format(arena,
                     "<import xmlns='urn:svyaz:import:1' name='Test'>\n"
                     "<source name='rows' file='rows.csv'/>\n"
                     "<source name='names' file='names.csv'/>\n"
                     "<pass source='rows' entity='Account' key='accountNumber'>\n%s\n</pass>\n"
                     "</import>\n",
                     inside));
}

static void refuse(const char *inside, const char *sentence)
{
    struct mapping mapping;
    struct error error = {0};

    assert_false(mapping_read(arena, write_mapping(inside), NULL, &mapping, &error));
    if (strstr(error.message, sentence) == NULL) {
        fail_msg("'%s' does not say '%s'", error.message, sentence);
    }
}

static void begin(void)
{
    arena = arena_create();
    folder = folder_make(arena);
}

/* What the one field makes of a cell: a text, "(left)", "(null)" or "! problem". */
static const char *value_of(const char *field, const char *cell)
{
    struct mapping mapping;
    struct error error = {0};
    struct csv_source *source = NULL;
    struct draft_maker *maker = NULL;
    struct csv_row row;
    bool has_row = false;

    folder_write(arena, folder, "rows.csv", arena_format(arena, "A,B\n\"%s\",b\n", cell));
    if (!mapping_read(arena, write_mapping(field), NULL, &mapping, &error) ||
        !csv_source_open(arena, mapping_path(arena, &mapping, mapping.passes[0].source), "UTF-8",
                         ',', &source, &error) ||
        !draft_maker_open(arena, &mapping, &mapping.passes[0], source, &maker, &error) ||
        !csv_source_next(source, arena, &row, &has_row, &error)) {
        fail_msg("%s", error.message);
    }
    const struct draft *draft = draft_make(maker, arena, &row);
    if (draft == NULL) {
        return "(left out)";
    }
    if (draft->problem != NULL) {
        return arena_format(arena, "! %s: %s", draft->problem_column, draft->problem);
    }
    if (!draft->values[0].is_sent) {
        return "(left)";
    }
    return draft->values[0].text == NULL ? "(null)" : draft->values[0].text;
}

#define FIELD(steps) "<field name='f' column='A'>" steps "</field>"

void test_step__texts(void **state)
{
    (void)state;
    begin();
    assert_string_equal(value_of("<field name='f' column='A'/>", " x "), " x ");
    assert_string_equal(value_of("<field name='f' value='c'/>", "x"), "c");
    assert_string_equal(value_of(FIELD("<trim/>"), "  x y \t"), "x y");
    assert_string_equal(value_of(FIELD("<lower/>"), "Анна.SMITH"), "анна.smith");
    assert_string_equal(value_of(FIELD("<prefix text='no:'/>"), "7"), "no:7");
    assert_string_equal(value_of(FIELD("<prefix text='no:'/>"), ""), "(left)");
    assert_string_equal(value_of(FIELD("<replace text='aa' with='b'/>"), "aaaxaa"), "baxb");
    assert_string_equal(value_of(FIELD("<cut length='3'/>"), "Ёлка"), "Ёлк");
    assert_string_equal(value_of(FIELD("<cut length='30'/>"), "Ёлка"), "Ёлка");
    assert_string_equal(
        value_of("<field name='f'><join separator='-'><column name='A'/><column name='B'/></join>"
                 "</field>",
                 "x"),
        "x-b");
    assert_string_equal(
        value_of("<field name='f'><join separator='-'><column name='A'/><column name='B'/></join>"
                 "</field>",
                 ""),
        "b");
    arena_destroy(&arena);
}

void test_step__parts(void **state)
{
    (void)state;
    begin();
    assert_string_equal(value_of(FIELD("<part separator=' ' take='first'/>"), "a b c"), "a");
    assert_string_equal(value_of(FIELD("<part separator=' ' take='afterFirst'/>"), "a b c"), "b c");
    assert_string_equal(value_of(FIELD("<part separator=' ' take='last'/>"), "a b c"), "c");
    assert_string_equal(value_of(FIELD("<part separator=' ' take='beforeLast'/>"), "a b c"), "a b");
    assert_string_equal(value_of(FIELD("<part separator=' ' take='first'/>"), "abc"), "abc");
    assert_string_equal(value_of(FIELD("<part separator=' ' take='beforeLast'/>"), "abc"),
                        "(left)");
    arena_destroy(&arena);
}

void test_step__numbers_are_exact(void **state)
{
    (void)state;
    begin();
    assert_string_equal(value_of(FIELD("<multiply by='100'/>"), "0.15"), "15");
    assert_string_equal(value_of(FIELD("<multiply by='0.01'/>"), "-12.5"), "-0.125");
    assert_string_equal(value_of(FIELD("<decimal point=',' group=' '/>"), "1 234 567,89"),
                        "1234567.89");
    assert_string_equal(value_of(FIELD("<decimal/>"), "12.50"), "12.50");
    assert_string_equal(value_of(FIELD("<decimal point=','/>"), "12 EUR"),
                        "! A: '12 EUR' is not a number");
    assert_string_equal(value_of(FIELD("<round digits='2'/>"), "2.345"), "2.35");
    assert_string_equal(value_of(FIELD("<multiply by='100'/>"), ""), "(left)");
    assert_string_equal(value_of(FIELD("<multiply by='100'/>"), "x"), "! A: 'x' is not a number");
    arena_destroy(&arena);
}

void test_step__dates(void **state)
{
    (void)state;
    begin();
    assert_string_equal(value_of(FIELD("<date form='dd.MM.yyyy'/>"), "31.12.2024"), "2024-12-31");
    assert_string_equal(value_of(FIELD("<date form='M/d/yy'/>"), "3/7/69"), "2069-03-07");
    assert_string_equal(value_of(FIELD("<date form='M/d/yy'/>"), "12/31/70"), "1970-12-31");
    assert_string_equal(value_of(FIELD("<date form='yyyyMMdd'/>"), "20240229"), "2024-02-29");
    assert_string_equal(
        value_of(FIELD("<date form='dd.MM.yyyy HH:mm' zone='+03:00'/>"), "01.02.2024 18:05"),
        "2024-02-01T18:05:00+03:00");
    assert_string_equal(value_of(FIELD("<date form='yyyyMMdd'/>"), "20230229"),
                        "! A: '20230229' is not a date of the form yyyyMMdd");
    assert_string_equal(value_of(FIELD("<date form='dd.MM.yyyy'/>"), "1.2.2024"),
                        "! A: '1.2.2024' is not a date of the form dd.MM.yyyy");
    assert_string_equal(value_of(FIELD("<date form='dd.MM.yyyy'/>"), "01.02.2024 "),
                        "! A: '01.02.2024 ' is not a date of the form dd.MM.yyyy");
    arena_destroy(&arena);
}

void test_step__map_and_translate(void **state)
{
    static const char map[] = FIELD("<map><entry from='1' to='Yes'/></map>");
    static const char other[] = FIELD("<map otherwise=''><entry from='1' to='Yes'/></map>");
    static const char table[] = FIELD("<translate source='names' from='Id' to='Name'/>");

    (void)state;
    begin();
    folder_write(arena, folder, "names.csv", "Id,Name\n1,One\n");
    assert_string_equal(value_of(map, "1"), "Yes");
    assert_string_equal(value_of(map, "2"), "! A: '2' is not in the map");
    assert_string_equal(value_of(other, "2"), "(left)");
    assert_string_equal(value_of(table, "1"), "One");
    assert_string_equal(value_of(table, "2"), "! A: '2' does not stand in Id of names.csv");
    assert_string_equal(value_of(table, ""), "(left)");
    arena_destroy(&arena);
}

void test_draft__an_empty_text_does_as_the_field_says(void **state)
{
    (void)state;
    begin();
    assert_string_equal(value_of("<field name='f' column='A'/>", ""), "(left)");
    assert_string_equal(value_of("<field name='f' column='A' empty='null'/>", ""), "(null)");
    assert_string_equal(value_of("<field name='f' column='A' empty='refuse'/>", ""),
                        "! A: it must not be empty");
    arena_destroy(&arena);
}

void test_draft__rows_are_left_out_by_conditions(void **state)
{
    (void)state;
    begin();
    assert_string_equal(value_of("<skip column='A' equals='x'/><field name='f' column='A'/>", "x"),
                        "(left out)");
    assert_string_equal(value_of("<skip column='A' equals='x'/><field name='f' column='A'/>", "y"),
                        "y");
    assert_string_equal(value_of("<keep column='A' equals='x'/><field name='f' column='A'/>", "y"),
                        "(left out)");
    arena_destroy(&arena);
}

void test_draft__groups_give_one_row_or_are_numbered(void **state)
{
    static const char rows[] = "A,B\n1,x\n1,y\n2,z\n1,w\n";
    static const char *const numbers[] = {"1", "2", "1", "3"};
    struct mapping mapping;
    struct error error = {0};
    struct csv_source *source = NULL;
    struct draft_maker *maker = NULL;
    struct csv_row row;
    bool has_row = false;

    (void)state;
    begin();
    folder_write(arena, folder, "rows.csv", rows);
    for (int pass = 0; pass < 2; pass++) {
        const char *first = pass == 0 ? "" : "<first><column name='A'/></first>";
        size_t made = 0;
        assert_true(mapping_read(
            arena,
            write_mapping(arena_format(
                arena, "%s<field name='n'><number><column name='A'/></number></field>", first)),
            NULL, &mapping, &error));
        assert_true(csv_source_open(arena, arena_format(arena, "%s/rows.csv", folder), "UTF-8", ',',
                                    &source, &error));
        assert_true(draft_maker_open(arena, &mapping, &mapping.passes[0], source, &maker, &error));
        while (csv_source_next(source, arena, &row, &has_row, &error) && has_row) {
            const struct draft *draft = draft_make(maker, arena, &row);
            if (draft != NULL) {
                assert_string_equal(draft->values[0].text, pass == 0 ? numbers[made] : "1");
                made++;
            }
        }
        assert_int_equal(made, pass == 0 ? 4 : 2);
    }
    arena_destroy(&arena);
}

void test_mapping__what_is_wrong_is_said_with_its_line(void **state)
{
    (void)state;
    begin();
    refuse("<field name='f' colum='A'/>", "import.xml:5: ");
    refuse("<field name='f'/>", "import.xml:5: Nothing says where the field f comes from");
    refuse("<field name='f' column='A' value='x'/>", "import.xml:5: A field begins with");
    refuse("<field name='f' value='x'/>\n<field name='f' value='y'/>",
           "import.xml:6: The field f is mapped twice");
    refuse(FIELD("<reference entity='Contact' key='externalId'/>\n<trim/>"),
           "import.xml:6: Nothing can follow the reference");
    refuse(FIELD("<translate source='nobody' from='a' to='b'/>"),
           "import.xml:5: There is no source nobody");
    refuse(FIELD("<date form='dd.MM'/>"), "import.xml:5: form=\"dd.MM\"");
    refuse(FIELD("<map><entry from='1' to='a'/>\n<entry from='1' to='b'/></map>"),
           "import.xml:6: from=\"1\" is there twice");
    refuse(FIELD("<multiply by='1e5'/>"), "import.xml:5: ");
    arena_destroy(&arena);
}

void test_mapping__a_missing_column_is_said_with_its_line(void **state)
{
    struct mapping mapping;
    struct error error = {0};
    struct csv_source *source = NULL;
    struct draft_maker *maker = NULL;

    (void)state;
    begin();
    folder_write(arena, folder, "rows.csv", "A,B\n");
    assert_true(
        mapping_read(arena, write_mapping("<field name='f' column='C'/>"), NULL, &mapping, &error));
    assert_true(csv_source_open(arena, arena_format(arena, "%s/rows.csv", folder), "UTF-8", ',',
                                &source, &error));
    assert_false(draft_maker_open(arena, &mapping, &mapping.passes[0], source, &maker, &error));
    assert_non_null(strstr(error.message, "import.xml:5: The source has no column 'C'"));
    arena_destroy(&arena);
}

void test_mapping__those_of_the_sample_data_are_read(void **state)
{
    static const char *const paths[] = {"tests/data/northwind/import.xml",
                                        "tests/data/companies/import.xml"};
    struct mapping mapping;
    struct error error = {0};

    (void)state;
    arena = arena_create();
    for (size_t i = 0; i < 2; i++) {
        if (!mapping_read(arena, paths[i], NULL, &mapping, &error)) {
            fail_msg("%s", error.message);
        }
        assert_true(mapping.pass_count > 0);
    }
    arena_destroy(&arena);
}
