/*
 * metadata.c - fuzz target: the metadata reader, together with a small sound world.
 *
 * The first byte says what the others are. Even: files as they are, parted by form feeds, which
 * XML cannot hold; one that begins with 'R' is a role, without that letter. Odd: choices, from
 * which an entity is written that the schema accepts, so that the linking is reached as well.
 *
 * Whatever is accepted must stand: every entity has what the platform needs, and its table can
 * be written down and read again.
 */
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/arena.h"
#include "base/buffer.h"
#include "base/error.h"
#include "base/expect.h"
#include "base/file.h"
#include "metadata/reader.h"
#include "metadata/schema_text.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { FILES = 16, FILE_LIMIT = 1 << 16, FIELDS = 24 };

/* ---- an entity written from choices ---- */

struct choices {
    const uint8_t *at;
    const uint8_t *end;
    struct buffer *text;
};

static unsigned choose(struct choices *choices, unsigned count)
{
    return choices->at < choices->end ? *choices->at++ % count : 0;
}

static const char *const names[] = {"name", "a", "b",     "c",         "aBase",
                                    "rent", "d", "owner", "createdOn", "exception"};
static const char *const entities[] = {"Thing", "Shop", "SystemUser", "Nowhere", "Thing Shop"};
static const char *const values[] = {"1", "0", "18", "-5", "0.5", "40", "Red", "S-{number:3}"};
static const char *const cascades[] = {"all", "removeLink", "restrict"};
static const char *const truths[] = {"true", "false"};
static const char *const ownerships[] = {"user", "business", "organization", "parent"};
static const char *const types[] = {
    "string", "memo",      "integer", "long",     "decimal",    "money",     "boolean",
    "date",   "choice",    "lookup",  "customer", "owner",      "regarding", "annotated",
    "queued", "partyList", "uuid",    "file",     "autoNumber", "dateTime",
};

#define ONE_OF(choices, list) (list)[choose((choices), sizeof(list) / sizeof((list)[0]))]

static void write_attribute(struct choices *choices, const char *name, const char *value)
{
    buffer_add_format(choices->text, " %s=\"%s\"", name, value);
}

static void write_labels(struct choices *choices, const char *element)
{
    buffer_add_format(choices->text, "<%s lang=\"en\">A</%s><%s lang=\"ru\">A</%s>", element,
                      element, element, element);
}

static void write_attributes(struct choices *choices)
{
    static const char *const of_values[] = {"length",  "precision", "scale",  "size",
                                            "minimum", "maximum",   "default"};
    static const char *const of_truths[] = {"required", "searchable", "sortable", "secret",
                                            "gapless"};
    unsigned set = choose(choices, 256);
    for (size_t i = 0; i < sizeof(of_values) / sizeof(of_values[0]); i++) {
        if ((set >> i & 1) != 0) {
            write_attribute(choices, of_values[i], ONE_OF(choices, values));
        }
    }
    write_attribute(choices, of_truths[choose(choices, 5)], ONE_OF(choices, truths));
    if (choose(choices, 2) == 1) {
        write_attribute(choices, "target", ONE_OF(choices, entities));
    }
    if (choose(choices, 4) == 1) {
        write_attribute(choices, "format", ONE_OF(choices, values));
    }
    if (choose(choices, 4) == 1) {
        write_attribute(choices, "participation", "To");
    }
}

static void write_relation(struct choices *choices)
{
    buffer_add_text(choices->text, "<relation");
    write_attribute(choices, "name", ONE_OF(choices, names));
    write_attribute(choices, "parental", ONE_OF(choices, truths));
    write_attribute(choices, "delete", ONE_OF(choices, cascades));
    if (choose(choices, 2) == 1) {
        write_attribute(choices, "children", ONE_OF(choices, names));
    }
    buffer_add_text(choices->text, "/>");
}

static void write_choices(struct choices *choices)
{
    static const char *const tokens[] = {"Red", "RED", "Blue"};
    for (unsigned left = choose(choices, 4); left > 0; left--) {
        buffer_add_format(choices->text, "<choice name=\"%s\" value=\"%u\">",
                          ONE_OF(choices, tokens), choose(choices, 4));
        write_labels(choices, "label");
        buffer_add_text(choices->text, "</choice>");
    }
}

static void write_computed(struct choices *choices)
{
    const char *first = ONE_OF(choices, names);
    const char *second = ONE_OF(choices, names);
    const char *third = ONE_OF(choices, names);
    buffer_add_text(choices->text, "<computed>");
    switch (choose(choices, 4)) {
    case 0:
        buffer_add_format(choices->text, "<sum add=\"%s %s\" subtract=\"%s\"/>", first, second,
                          third);
        break;
    case 1:
        buffer_add_format(choices->text, "<product of=\"%s %s %s\" per=\"100\"/>", first, second,
                          third);
        break;
    case 2:
        buffer_add_format(choices->text, "<join separator=\" \" of=\"%s %s %s\"/>", first, second,
                          third);
        break;
    default:
        buffer_add_format(choices->text, "<total entity=\"%s\" link=\"%s\" of=\"%s\"/>",
                          choose(choices, 2) == 0 ? "Thing" : "Shop", first, second);
        break;
    }
    buffer_add_text(choices->text, "</computed>");
}

static void write_field(struct choices *choices)
{
    static void (*const insides[])(struct choices * choices) = {write_relation, write_choices,
                                                                write_computed};
    unsigned inside = choose(choices, 6);
    buffer_add_text(choices->text, "\n<field");
    write_attribute(choices, "name", ONE_OF(choices, names));
    write_attribute(choices, "type", ONE_OF(choices, types));
    write_attributes(choices);
    buffer_add_text(choices->text, ">");
    write_labels(choices, "label");
    if (inside < sizeof(insides) / sizeof(insides[0])) {
        insides[inside](choices);
    }
    buffer_add_text(choices->text, "</field>");
}

static void write_keys(struct choices *choices)
{
    for (unsigned left = choose(choices, 4); left > 0; left--) {
        buffer_add_format(choices->text, "\n<key name=\"%s\" fields=\"%s %s\"/>",
                          ONE_OF(choices, names), ONE_OF(choices, names), ONE_OF(choices, names));
    }
    for (unsigned left = choose(choices, 4); left > 0; left--) {
        buffer_add_format(choices->text, "\n<index fields=\"%s %s\"/>", ONE_OF(choices, names),
                          ONE_OF(choices, names));
    }
}

static void write_entity(struct choices *choices)
{
    buffer_add_text(choices->text, "<entity xmlns=\"urn:svyaz:metadata:1\" name=\"Thing\" "
                                   "plural=\"Things\" classic=\"thing\"");
    write_attribute(choices, "ownership", ONE_OF(choices, ownerships));
    write_attribute(choices, "nameField", choose(choices, 8) == 1 ? "b" : "name");
    write_attribute(choices, "notes", ONE_OF(choices, truths));
    write_attribute(choices, "customer", ONE_OF(choices, truths));
    buffer_add_text(choices->text, ">");
    write_labels(choices, "label");
    write_labels(choices, "plural");
    if (choose(choices, 8) != 1) {
        buffer_add_text(choices->text, "<field name=\"name\" type=\"string\" length=\"40\">");
        write_labels(choices, "label");
        buffer_add_text(choices->text, "</field>");
    }
    for (int field = 0; field < FIELDS && choices->at < choices->end; field++) {
        write_field(choices);
    }
    write_keys(choices);
    buffer_add_text(choices->text, "</entity>");
}

/* ---- reading ---- */

static void add_world(struct arena *arena, struct reader *reader)
{
    static const char *const files[] = {"business-unit.xml", "shop.xml", "system-user.xml",
                                        "transaction-currency.xml"};
    for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
        struct error error = {.code = ERROR_NONE};
        char *bytes = NULL;
        size_t length = 0;
        const char *path = arena_format(arena, "tests/unit/metadata/good/%s", files[i]);
        expect(file_read(arena, path, FILE_LIMIT, &bytes, &length, &error));
        reader_add_entity(reader, files[i], bytes, length);
    }
}

static void add_files(struct reader *reader, const char *bytes, size_t size)
{
    const char *end = bytes + size;
    for (int file = 0; file < FILES && bytes <= end; file++) {
        const char *feed = memchr(bytes, '\f', (size_t)(end - bytes));
        size_t length = (size_t)((feed == NULL ? end : feed) - bytes);
        if (length > 0 && bytes[0] == 'R') {
            reader_add_role(reader, "role.xml", bytes + 1, length - 1);
        } else {
            reader_add_entity(reader, "thing.xml", bytes, length);
        }
        bytes += length + 1;
    }
}

static void add_choices(struct arena *arena, struct reader *reader, const uint8_t *data,
                        size_t size)
{
    struct buffer text;
    struct choices choices = {.at = data, .end = data + size, .text = &text};
    buffer_init(&text, arena, 4096);
    write_entity(&choices);
    reader_add_entity(reader, "thing.xml", text.bytes, text.length);
}

static void check_entity(struct arena *arena, const struct entity *entity,
                         const struct table *table)
{
    struct error error = {.code = ERROR_NONE};
    const struct table *read = NULL;
    const char *text = schema_text_write(arena, table);

    expect(entity->id != NULL && entity->version != NULL && entity->name_field != NULL);
    expect(entity->ownership != OWNERSHIP_PARENT || entity->parent != NULL);
    for (size_t i = 0; i < entity->field_count; i++) {
        const struct field *field = entity->fields[i];
        expect(field->index == i && entity_find_field(entity, field->name) == field);
        expect(field->type != FIELD_LOOKUP || (field->relation != NULL && field->target_count > 0));
    }
    expect(schema_text_read(arena, entity->table, text, &read, &error));
    expect(strcmp(schema_text_write(arena, read), text) == 0);
}

/* Schemas are costly to read and never change: once a process. */
static const struct reader_schemas *find_schemas(void)
{
    static struct reader_schemas schemas;
    struct error error = {.code = ERROR_NONE};
    if (schemas.entity == NULL) {
        static struct arena *arena;
        arena = arena_create();
        expect(reader_schemas_read(arena, "metadata", &schemas, &error));
    }
    return &schemas;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct error error = {.code = ERROR_NONE};
    struct catalog *catalog = NULL;
    struct reader reader;
    if (size == 0) {
        return 0;
    }
    struct arena *arena = arena_create();
    reader_begin(&reader, find_schemas(), NULL, NULL, &error);
    add_world(arena, &reader);
    if (data[0] % 2 == 0) {
        add_files(&reader, (const char *)data + 1, size - 1);
    } else {
        add_choices(arena, &reader, data + 1, size - 1);
    }
    if (reader_finish(&reader, &catalog)) {
        for (size_t i = 0; i < catalog->entity_count; i++) {
            check_entity(arena, catalog->entities[i], catalog->tables[i]);
        }
        catalog_release(&catalog);
    } else {
        expect(error.code == ERROR_METADATA_INVALID && error.message[0] != '\0');
    }
    arena_destroy(&arena);
    return 0;
}
