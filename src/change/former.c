/*
 * former.c - values as lines of text, and lines as values.
 */
#include "change/former.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/buffer.h"
#include "base/error.h"
#include "metadata/catalog.h"
#include "metadata/record.h"

enum { PARTY_PARTS = 4, FILE_PARTS = 4 };

static const char between_parties[] = "\x1F";

/* ---- writing ---- */

static void add_escaped(struct buffer *text, const char *value)
{
    for (const char *at = value; *at != '\0'; at++) {
        if (*at == '\\') {
            buffer_add_text(text, "\\\\");
        } else if (*at == '\n') {
            buffer_add_text(text, "\\n");
        } else {
            buffer_add_char(text, *at);
        }
    }
}

static void add_reference(struct buffer *text, const struct reference *reference)
{
    char id[UUID_TEXT_SIZE];
    if (reference->entity == NULL) {
        buffer_add_char(text, '/');
        return;
    }
    uuid_format(&reference->id, id);
    buffer_add_format(text, "%s/%s", reference->entity->name, id);
}

static void add_parties(struct buffer *text, const struct value *value)
{
    for (size_t index = 0; index < value->parties.count; index++) {
        const struct party *party = &value->parties.items[index];
        buffer_add_text(text, index == 0 ? "" : between_parties);
        buffer_add_format(text, "%s/", party->participation == NULL ? "" : party->participation);
        add_reference(text, &party->reference);
        buffer_add_char(text, '/');
        add_escaped(text, party->address == NULL ? "" : party->address);
    }
}

static void add_file(struct buffer *text, const struct file *file)
{
    char id[UUID_TEXT_SIZE];
    uuid_format(&file->id, id);
    buffer_add_format(text, "%s/%lld/", id, (long long)file->size);
    add_escaped(text, file->media_type == NULL ? "" : file->media_type);
    buffer_add_char(text, '/');
    add_escaped(text, file->name == NULL ? "" : file->name);
}

static void add_value(struct buffer *text, const struct field *field, const struct value *value)
{
    switch (field->type) {
    case FIELD_LOOKUP:
        add_reference(text, &value->reference);
        break;
    case FIELD_PARTY_LIST:
        add_parties(text, value);
        break;
    case FIELD_FILE:
        add_file(text, value->file);
        break;
    default:
        add_escaped(text, value_format(text->arena, field, value));
    }
}

/* What every change brings with it, or what nobody may read, is no news. */
static bool is_told(const struct field *field)
{
    const struct entity *entity = field->entity;
    return !field->is_secret && field != entity->version && field != entity->modified_on &&
           field != entity->modified_by;
}

static bool differs(const struct field *field, const struct record *before,
                    const struct record *after)
{
    const struct value *was = record_value(before, field);
    if (was->state == VALUE_ABSENT || !is_told(field)) {
        return false;
    }
    return after == NULL ? was->state == VALUE_SET
                         : !value_is_equal(field, was, record_value(after, field));
}

struct former former_of(struct arena *arena, const struct record *before,
                        const struct record *after)
{
    const struct entity *entity = before->entity;
    struct buffer names, values;
    buffer_init(&names, arena, 64);
    buffer_init(&values, arena, 256);
    for (size_t index = 0; index < entity->field_count; index++) {
        const struct field *field = entity->fields[index];
        const struct value *was = &before->values[index];
        if (!differs(field, before, after)) {
            continue;
        }
        buffer_add_format(&names, "%s%s", names.length == 0 ? "" : " ", field->name);
        buffer_add_format(&values, "%s%s", values.length == 0 ? "" : "\n", field->name);
        if (was->state == VALUE_SET) {
            buffer_add_char(&values, '=');
            add_value(&values, field, was);
        }
    }
    return (struct former){.field_names = names.bytes, .values = values.bytes};
}

/* ---- reading ---- */

/* Takes the escapes out, in place. */
static void unescape(char *text)
{
    char *end = text;
    for (const char *at = text; *at != '\0'; at++) {
        if (*at == '\\' && at[1] != '\0') {
            at++;
            *end++ = *at == 'n' ? '\n' : *at;
        } else {
            *end++ = *at;
        }
    }
    *end = '\0';
}

/* Cuts a text at slashes into so many parts, the last with all that is left. */
static bool cut(char *text, char *parts[], size_t count)
{
    for (size_t part = 0; part < count; part++) {
        parts[part] = text;
        if (part + 1 == count) {
            return true;
        }
        text = strchr(text, '/');
        if (text == NULL) {
            return false;
        }
        *text++ = '\0';
    }
    return true;
}

static bool read_reference(const struct catalog *catalog, const char *entity, const char *id,
                           struct reference *reference_out)
{
    *reference_out = (struct reference){.entity = catalog_find_entity(catalog, entity)};
    return reference_out->entity != NULL && uuid_parse(id, &reference_out->id);
}

static bool read_lookup(const struct catalog *catalog, char *text, struct value *value)
{
    char *parts[2];
    return cut(text, parts, 2) && read_reference(catalog, parts[0], parts[1], &value->reference);
}

static size_t count_parties(const char *text)
{
    size_t count = 1;
    for (const char *at = strstr(text, between_parties); at != NULL;
         at = strstr(at + 1, between_parties)) {
        count++;
    }
    return count;
}

static bool read_party(const struct catalog *catalog, char *text, struct party *party)
{
    char *parts[PARTY_PARTS];
    if (!cut(text, parts, PARTY_PARTS)) {
        return false;
    }
    unescape(parts[3]);
    party->participation = parts[0][0] == '\0' ? NULL : parts[0];
    party->address = parts[3][0] == '\0' ? NULL : parts[3];
    return parts[1][0] == '\0' || read_reference(catalog, parts[1], parts[2], &party->reference);
}

static bool read_parties(struct arena *arena, const struct catalog *catalog, char *text,
                         struct value *value)
{
    size_t count = count_parties(text);
    struct party *parties = arena_allocate_array(arena, count, sizeof(*parties));
    for (size_t index = 0; index < count; index++) {
        char *next = strstr(text, between_parties);
        if (next != NULL) {
            *next = '\0';
        }
        if (!read_party(catalog, text, &parties[index])) {
            return false;
        }
        text = next == NULL ? NULL : next + strlen(between_parties);
    }
    value->parties.items = parties;
    value->parties.count = count;
    return true;
}

static bool read_file(struct arena *arena, char *text, struct value *value)
{
    struct file *file = arena_allocate(arena, sizeof(*file));
    char *parts[FILE_PARTS];
    if (!cut(text, parts, FILE_PARTS) || !uuid_parse(parts[0], &file->id)) {
        return false;
    }
    unescape(parts[2]);
    unescape(parts[3]);
    file->size = strtoll(parts[1], NULL, 10);
    file->media_type = parts[2];
    file->name = parts[3];
    value->file = file;
    return true;
}

static bool read_plain(struct arena *arena, const struct field *field, char *text,
                       struct value *value)
{
    struct error ignored = {0};
    unescape(text);
    return value_parse(arena, field, text, NULL, value, &ignored);
}

static bool read_value(struct arena *arena, const struct catalog *catalog,
                       const struct field *field, char *text, struct value *value)
{
    switch (field->type) {
    case FIELD_LOOKUP:
        return read_lookup(catalog, text, value);
    case FIELD_PARTY_LIST:
        return read_parties(arena, catalog, text, value);
    case FIELD_FILE:
        return read_file(arena, text, value);
    default:
        return read_plain(arena, field, text, value);
    }
}

static void read_line(struct arena *arena, const struct catalog *catalog, struct record *record,
                      char *line)
{
    char *text = strchr(line, '=');
    if (text != NULL) {
        *text++ = '\0';
    }
    const struct field *field = entity_find_field(record->entity, line);
    if (field == NULL) {
        return;
    }
    struct value value = {.state = VALUE_NULL};
    if (text == NULL || read_value(arena, catalog, field, text, &value)) {
        value.state = text == NULL ? VALUE_NULL : VALUE_SET;
        *record_value(record, field) = value;
    }
}

struct record *former_read(struct arena *arena, const struct catalog *catalog,
                           const struct entity *entity, const char *values)
{
    struct record *record = record_make(arena, entity);
    char *line = arena_copy_text(arena, values);
    while (line != NULL && *line != '\0') {
        char *end = strchr(line, '\n');
        if (end != NULL) {
            *end++ = '\0';
        }
        read_line(arena, catalog, record, line);
        line = end;
    }
    return record;
}
