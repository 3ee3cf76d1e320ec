/*
 * event_text.c - lines of values written and read.
 */
#include "change/event_text.h"

#include <string.h>

#include "base/arena.h"
#include "base/buffer.h"
#include "base/uuid.h"
#include "change/event.h"
#include "metadata/catalog.h"
#include "metadata/value.h"

enum { LINE_BYTES = 80, NAME = 0, ENTITY, OLD_VALUE, NEW_VALUE, PART_COUNT };

/* ---- writing ---- */

/* What would end a part becomes a blank: names and words of ours hold nothing like it. */
static void add_part(struct buffer *text, const char *part)
{
    for (const char *at = part; at != NULL && *at != '\0'; at++) {
        buffer_add_char(text, (unsigned char)*at < ' ' ? ' ' : *at);
    }
}

static const char *value_of(struct arena *arena, const char *value,
                            const struct reference *reference)
{
    if (reference == NULL) {
        return value;
    }
    char *id = arena_allocate(arena, UUID_TEXT_SIZE);
    uuid_format(&reference->id, id);
    return id;
}

static const char *entity_name_of(const struct event_detail *detail)
{
    const struct reference *reference =
        detail->new_reference != NULL ? detail->new_reference : detail->old_reference;
    return reference == NULL ? NULL : reference->entity->name;
}

const char *event_text_write(struct arena *arena, const struct event_detail *details, size_t count)
{
    struct buffer text;
    buffer_init(&text, arena, count * LINE_BYTES + 1);
    for (size_t index = 0; index < count; index++) {
        const struct event_detail *detail = &details[index];
        add_part(&text, detail->name);
        buffer_add_char(&text, '\t');
        add_part(&text, entity_name_of(detail));
        buffer_add_char(&text, '\t');
        add_part(&text, value_of(arena, detail->old_value, detail->old_reference));
        buffer_add_char(&text, '\t');
        add_part(&text, value_of(arena, detail->new_value, detail->new_reference));
        buffer_add_char(&text, '\n');
    }
    return count == 0 ? NULL : text.bytes;
}

/* ---- reading ---- */

/* Takes the next part off the text; NULL: it is empty. */
static const char *take_part(char **text, char end)
{
    char *part = *text;
    char *border = strchr(part, end);
    *text = border == NULL ? part + strlen(part) : border + 1;
    if (border != NULL) {
        *border = '\0';
    }
    return *part == '\0' ? NULL : part;
}

static struct reference *refer(struct arena *arena, const struct entity *entity, const char *value)
{
    struct uuid id;
    if (entity == NULL || value == NULL || !uuid_parse(value, &id)) {
        return NULL;
    }
    struct reference *reference = arena_allocate(arena, sizeof(*reference));
    *reference = (struct reference){.entity = entity, .id = id};
    return reference;
}

static struct event_detail read_line(struct arena *arena, const struct catalog *catalog,
                                     char **text)
{
    const char *parts[PART_COUNT];
    for (int part = 0; part < PART_COUNT; part++) {
        parts[part] = take_part(text, part == NEW_VALUE ? '\n' : '\t');
    }
    const struct entity *entity =
        parts[ENTITY] == NULL ? NULL : catalog_find_entity(catalog, parts[ENTITY]);
    return (struct event_detail){
        .name = parts[NAME],
        .old_value = parts[OLD_VALUE],
        .new_value = parts[NEW_VALUE],
        .old_reference = refer(arena, entity, parts[OLD_VALUE]),
        .new_reference = refer(arena, entity, parts[NEW_VALUE]),
    };
}

struct event_detail *event_text_read(struct arena *arena, const struct catalog *catalog,
                                     const char *text, size_t *count_out)
{
    char *rest = arena_copy_text(arena, text == NULL ? "" : text);
    size_t lines = 0;
    for (const char *at = rest; *at != '\0'; at++) {
        lines += *at == '\n';
    }
    struct event_detail *details = arena_allocate_array(arena, lines, sizeof(*details));
    for (size_t line = 0; line < lines; line++) {
        details[line] = read_line(arena, catalog, &rest);
    }
    *count_out = lines;
    return details;
}
