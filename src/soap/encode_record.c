/*
 * encode_record.c - records: values by the types of their fields, references, children.
 */
#include <assert.h>
#include <string.h>

#include "base/arena.h"
#include "base/decimal.h"
#include "base/time.h"
#include "base/uuid.h"
#include "metadata/entity.h"
#include "metadata/record.h"
#include "soap/encode.h"
#include "soap/names.h"
#include "soap/wire.h"

static void add_element(struct buffer *buffer, const char *name, const char *text)
{
    if (text != NULL) {
        buffer_add_format(buffer, "<%s>", name);
        encode_text(buffer, text);
        buffer_add_format(buffer, "</%s>", name);
    }
}

static void add_literal(struct buffer *buffer, const char *text)
{
    buffer_add(buffer, text, strlen(text));
}

static void add_uuid(struct buffer *buffer, const struct uuid *uuid)
{
    char text[UUID_TEXT_SIZE];

    uuid_format(uuid, text);
    buffer_add(buffer, text, UUID_TEXT_SIZE - 1);
}

/* Called for each reference of each record: no format, no search. */
void encode_reference_members(struct encoder *encoder, const struct reference *reference)
{
    struct buffer *text = &encoder->text;

    if (reference->entity == NULL) {
        return;
    }
    add_literal(text, "<entity>");
    add_literal(text, reference->entity->name);
    add_literal(text, "</entity><id>");
    add_uuid(text, &reference->id);
    add_literal(text, "</id>");
    if (reference->name != NULL) {
        add_literal(text, "<name>");
        encode_text(text, reference->name);
        add_literal(text, "</name>");
    }
}

static void encode_string(struct encoder *encoder, const struct field *field,
                          const struct value *value)
{
    (void)field;
    encode_text(&encoder->text, value->text);
}

static void encode_whole(struct encoder *encoder, const struct field *field,
                         const struct value *value)
{
    (void)field;
    encode_integer(&encoder->text, value->integer);
}

static void encode_decimal(struct encoder *encoder, const struct field *field,
                           const struct value *value)
{
    char text[DECIMAL_TEXT_SIZE];

    (void)field;
    decimal_format(value->decimal, text);
    buffer_add_text(&encoder->text, text);
}

static void encode_boolean(struct encoder *encoder, const struct field *field,
                           const struct value *value)
{
    (void)field;
    buffer_add_text(&encoder->text, value->boolean ? "true" : "false");
}

static void encode_date(struct encoder *encoder, const struct field *field,
                        const struct value *value)
{
    char text[DATE_TEXT_SIZE];

    (void)field;
    date_format(value->date, text);
    buffer_add_text(&encoder->text, text);
}

static void encode_moment(struct encoder *encoder, const struct field *field,
                          const struct value *value)
{
    char text[MOMENT_TEXT_SIZE];

    (void)field;
    moment_format(value->moment, text);
    buffer_add_text(&encoder->text, text);
}

/* A value that the catalog no longer knows is shown as its number. */
static void encode_choice(struct encoder *encoder, const struct field *field,
                          const struct value *value)
{
    const struct choice *choice = field_find_choice_value(field, (int32_t)value->integer);

    if (choice != NULL) {
        buffer_add_text(&encoder->text, choice->token);
    } else {
        encode_integer(&encoder->text, value->integer);
    }
}

static void encode_lookup(struct encoder *encoder, const struct field *field,
                          const struct value *value)
{
    (void)field;
    encode_reference_members(encoder, &value->reference);
}

static void encode_parties(struct encoder *encoder, const struct field *field,
                           const struct value *value)
{
    (void)field;
    for (size_t i = 0; i < value->parties.count; i++) {
        const struct party *party = &value->parties.items[i];
        add_literal(&encoder->text, "<Party>");
        encode_reference_members(encoder, &party->reference);
        add_element(&encoder->text, "name", party->reference.entity == NULL ? party->name : NULL);
        add_element(&encoder->text, "participation", party->participation);
        add_element(&encoder->text, "address", party->address);
        add_literal(&encoder->text, "</Party>");
    }
}

static void encode_uuid(struct encoder *encoder, const struct field *field,
                        const struct value *value)
{
    (void)field;
    add_uuid(&encoder->text, &value->uuid);
}

/* The content itself is streamed to this place, or into a part, when the answer is sent. */
static void encode_content(struct encoder *encoder, struct file *file)
{
    struct encoded_file *encoded = arena_allocate(encoder->text.arena, sizeof(*encoded));

    encoded->file = file;
    add_literal(&encoder->text, "<content>");
    if (encoder->is_mtom) {
        encoded->id = arena_format(encoder->text.arena, "file%zu@svyaz", encoder->files.count + 1);
        buffer_add_format(&encoder->text,
                          "<xop:Include xmlns:xop=\"" NAMESPACE_XOP "\" href=\"cid:%s\"/>",
                          encoded->id);
    }
    encoded->offset = encoder->text.length;
    add_literal(&encoder->text, "</content>");
    array_add(&encoder->files, encoded);
}

static void encode_file(struct encoder *encoder, const struct field *field,
                        const struct value *value)
{
    struct file *file = value->file;

    (void)field;
    add_element(&encoder->text, "name", file->name);
    add_element(&encoder->text, "mediaType", file->media_type);
    if (file->size >= 0) {
        add_literal(&encoder->text, "<size>");
        encode_integer(&encoder->text, file->size);
        add_literal(&encoder->text, "</size>");
    }
    if (file->read != NULL) {
        encode_content(encoder, file);
    }
}

static void (*const field_encoders[])(struct encoder *encoder, const struct field *field,
                                      const struct value *value) = {
    [FIELD_STRING] = encode_string,      [FIELD_MEMO] = encode_string,
    [FIELD_INTEGER] = encode_whole,      [FIELD_LONG] = encode_whole,
    [FIELD_DECIMAL] = encode_decimal,    [FIELD_MONEY] = encode_decimal,
    [FIELD_BOOLEAN] = encode_boolean,    [FIELD_DATE] = encode_date,
    [FIELD_DATE_TIME] = encode_moment,   [FIELD_CHOICE] = encode_choice,
    [FIELD_STATE] = encode_choice,       [FIELD_STATUS_REASON] = encode_choice,
    [FIELD_LOOKUP] = encode_lookup,      [FIELD_PARTY_LIST] = encode_parties,
    [FIELD_UUID] = encode_uuid,          [FIELD_FILE] = encode_file,
    [FIELD_AUTO_NUMBER] = encode_string,
};
static_assert(sizeof(field_encoders) / sizeof(field_encoders[0]) == FIELD_TYPE_COUNT,
              "each field type has its encoder");

static const struct record_children *find_children(const struct record *record,
                                                   const struct field *link)
{
    const struct record_children *children = record->children;

    while (children != NULL && children->link != link) {
        children = children->next;
    }
    return children;
}

static void encode_children(struct encoder *encoder, const struct wire_member *member,
                            const struct record_children *children)
{
    const struct wire_member *item = &member->type->members[0];

    for (size_t i = 0; i < children->count; i++) {
        buffer_add(&encoder->text, item->open.text, item->open.length);
        encode_record_members(encoder, item->type, children->records[i]);
        buffer_add(&encoder->text, item->close.text, item->close.length);
    }
}

static void encode_member(struct encoder *encoder, const struct wire_member *member,
                          const struct record *record)
{
    const struct record_children *children = NULL;
    const struct value *value = NULL;

    if (member->field != NULL) {
        value = &record->values[member->field->index];
        if (value->state != VALUE_SET) {
            return;
        }
    } else {
        children = member->link == NULL || member->is_to_delete
                       ? NULL
                       : find_children(record, member->link);
        if (children == NULL) {
            return;
        }
    }
    buffer_add(&encoder->text, member->open.text, member->open.length);
    if (value != NULL) {
        field_encoders[member->field->type](encoder, member->field, value);
    } else {
        encode_children(encoder, member, children);
    }
    buffer_add(&encoder->text, member->close.text, member->close.length);
}

void encode_record_members(struct encoder *encoder, const struct wire_type *type,
                           const struct record *record)
{
    for (size_t i = 0; i < type->member_count; i++) {
        encode_member(encoder, &type->members[i], record);
    }
}
