/*
 * field.c - questions about one field that its data answers.
 */
#include "metadata/field.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "base/expect.h"

enum {
    FOLD_GROWTH = 2,         /* "ß" folds to "ss", "½" to "1⁄2" */
    FOLD_LENGTH_LIMIT = 700, /* characters of four bytes that every engine can index */
};

static const struct field_type_row type_rows[] = {
#define FIELD_TYPE(constant, type_name, column_constant, xsd_name, ordered)                        \
    [FIELD_##constant] = {.name = (type_name),                                                     \
                          .column = (column_constant),                                             \
                          .xsd = (xsd_name),                                                       \
                          .is_ordered = (ordered)},
#include "metadata/field_types.def"
#undef FIELD_TYPE
};
static_assert(sizeof(type_rows) / sizeof(type_rows[0]) == FIELD_TYPE_COUNT,
              "every field type needs a row");

const struct field_type_row *field_type_row(enum field_type type)
{
    expect((size_t)type < FIELD_TYPE_COUNT);
    return &type_rows[type];
}

const struct choice *field_find_choice_value(const struct field *field, int32_t value)
{
    for (size_t i = 0; i < field->choice_count; i++) {
        if (field->choices[i].value == value) {
            return &field->choices[i];
        }
    }
    return NULL;
}

const struct choice *field_find_choice(const struct field *field, const char *token)
{
    for (size_t i = 0; i < field->choice_count; i++) {
        const struct choice *choice = &field->choices[i];
        char number[16];
        snprintf(number, sizeof(number), "%d", (int)choice->value);
        if (strcmp(choice->token, token) == 0 || strcmp(number, token) == 0) {
            return choice;
        }
    }
    return NULL;
}

size_t field_fold_length(const struct field *field)
{
    size_t length = field->length * FOLD_GROWTH;
    return length < FOLD_LENGTH_LIMIT ? length : FOLD_LENGTH_LIMIT;
}

bool field_may_refer_to(const struct field *field, const struct entity *entity)
{
    for (size_t i = 0; i < field->target_count; i++) {
        if (field->targets[i] == entity) {
            return true;
        }
    }
    return false;
}

bool choice_may_be_followed_by(const struct choice *state, const struct choice *next)
{
    for (size_t index = 0; index < state->next_count; index++) {
        if (state->next[index]->value == next->value) {
            return true;
        }
    }
    return !state->has_next || state->value == next->value;
}

bool field_is_checked_by_engine(const struct field *field)
{
    return field->type == FIELD_LOOKUP && field->target_count == 1 &&
           field->entity_column == NULL && !field->is_system;
}

bool field_is_filterable(const struct field *field)
{
    return field->column != NULL && !field->is_secret && field->type != FIELD_FILE;
}

static bool is_text(const struct field *field)
{
    return field_type_row(field->type)->column == COLUMN_TEXT;
}

bool field_is_sortable(const struct field *field)
{
    return field_is_filterable(field) && field_type_row(field->type)->is_ordered &&
           (!is_text(field) || field->sort_column != NULL);
}

const char *label_text(const struct label *label, enum language language)
{
    const char *text = label->text[language];
    return text != NULL ? text : label->text[LANGUAGE_ENGLISH];
}
