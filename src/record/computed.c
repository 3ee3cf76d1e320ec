/*
 * computed.c - fields made of other fields of the same record, in the order of the catalog.
 */
#include <string.h>

#include "base/arena.h"
#include "base/buffer.h"
#include "base/error.h"
#include "record/write.h"

/* ---- texts ---- */

/* The length in bytes of the first count characters. */
static size_t length_of_characters(const char *text, size_t count)
{
    size_t length = 0;
    while (text[length] != '\0') {
        if (((unsigned char)text[length] & 0xC0) != 0x80 && count-- == 0) {
            break;
        }
        length++;
    }
    return length;
}

static void join(struct write *write, const struct field *field, struct value *value)
{
    const struct computed *computed = &field->computed;
    struct buffer text;
    buffer_init(&text, write->call->arena, 64);
    for (size_t index = 0; index < computed->term_count; index++) {
        const struct value *term = record_value(write->after, computed->terms[index].field);
        if (term->state == VALUE_SET && term->text[0] != '\0') {
            buffer_add_text(&text, text.length > 0 ? computed->separator : "");
            buffer_add_text(&text, term->text);
        }
    }
    value->state = text.length > 0 ? VALUE_SET : VALUE_NULL;
    if (text.length > 0) {
        text.bytes[length_of_characters(text.bytes, field->length)] = '\0';
        value->text = text.bytes;
    }
}

/* ---- numbers ---- */

static bool is_integer(const struct field *field)
{
    return field->type == FIELD_INTEGER || field->type == FIELD_LONG;
}

static struct decimal number_of(const struct field *field, const struct value *value)
{
    return is_integer(field) ? (struct decimal){.digits = value->integer} : value->decimal;
}

/* Fewer digits leave more room for exact products. */
static struct decimal without_zeros(struct decimal number)
{
    while (number.scale > 0 && number.digits % 10 == 0) {
        number.digits /= 10;
        number.scale--;
    }
    return number;
}

static bool refuse_size(const struct field *field, struct error *error)
{
    return error_set_about(error, ERROR_VALUE_OUT_OF_RANGE, field->entity->name, field->name,
                           "%s would become too large", field->name);
}

static bool set_number(const struct field *field, struct decimal number, struct value *value,
                       struct error *error)
{
    uint8_t scale = is_integer(field) ? 0 : field->scale;
    struct decimal bound = {.digits = 1};
    if (!decimal_rescale(number, scale, &number)) {
        return refuse_size(field, error);
    }
    for (int digit = 0; digit < field->precision - scale; digit++) {
        bound.digits *= 10;
    }
    struct decimal size = {.digits = number.digits < 0 ? -number.digits : number.digits,
                           .scale = number.scale};
    if (!is_integer(field) && decimal_compare(size, bound) >= 0) {
        return refuse_size(field, error);
    }
    value->state = VALUE_SET;
    if (is_integer(field)) {
        value->integer = number.digits;
    } else {
        value->decimal = number;
    }
    return true;
}

static bool sum(const struct write *write, const struct field *field, struct value *value,
                struct error *error)
{
    const struct computed *computed = &field->computed;
    struct decimal total = {.digits = 0};
    for (size_t index = 0; index < computed->term_count; index++) {
        const struct computed_term *term = &computed->terms[index];
        const struct value *part = record_value(write->after, term->field);
        if (part->state != VALUE_SET) {
            continue;
        }
        struct decimal number = number_of(term->field, part);
        uint8_t scale = number.scale > total.scale ? number.scale : total.scale;
        bool is_added = term->is_subtracted ? decimal_subtract(total, number, scale, &total)
                                            : decimal_add(total, number, scale, &total);
        if (!is_added) {
            return refuse_size(field, error);
        }
    }
    return set_number(field, total, value, error);
}

/* Exact as long as it has 18 digits; then rounded once. */
static bool multiply(struct decimal left, struct decimal right, struct decimal *product_out)
{
    left = without_zeros(left);
    right = without_zeros(right);
    int scale = left.scale + right.scale;
    for (scale = scale > DECIMAL_DIGITS ? DECIMAL_DIGITS : scale; scale >= 0; scale--) {
        if (decimal_multiply(left, right, (uint8_t)scale, product_out)) {
            return true;
        }
    }
    return false;
}

static bool product(const struct write *write, const struct field *field, struct value *value,
                    struct error *error)
{
    const struct computed *computed = &field->computed;
    struct decimal result = {.digits = 1};
    for (size_t index = 0; index < computed->term_count; index++) {
        const struct field *term = computed->terms[index].field;
        const struct value *factor = record_value(write->after, term);
        if (factor->state != VALUE_SET) {
            value->state = VALUE_NULL;
            return true;
        }
        if (!multiply(result, number_of(term, factor), &result)) {
            return refuse_size(field, error);
        }
    }
    uint8_t scale = is_integer(field) ? 0 : field->scale;
    struct decimal divisor = {.digits = computed->divisor};
    if (computed->divisor != 1 && !decimal_divide(result, divisor, scale, &result)) {
        return refuse_size(field, error);
    }
    return set_number(field, result, value, error);
}

/* ---- all of them ---- */

static bool compute(struct write *write, const struct field *field, struct error *error)
{
    struct value *value = record_value(write->after, field);
    switch (field->computed.kind) {
    case COMPUTED_JOIN:
        join(write, field, value);
        return true;
    case COMPUTED_SUM:
        return sum(write, field, value, error);
    case COMPUTED_PRODUCT:
        return product(write, field, value, error);
    case COMPUTED_NOT:
    case COMPUTED_TOTAL:
        break;
    }
    return true;
}

/* A new record has nothing that refers to it. */
static bool begin_totals(struct write *write, struct error *error)
{
    for (size_t index = 0; index < write->entity->field_count; index++) {
        const struct field *field = write->entity->fields[index];
        if (field->computed.kind == COMPUTED_TOTAL &&
            !set_number(field, (struct decimal){.digits = 0}, record_value(write->after, field),
                        error)) {
            return false;
        }
    }
    return true;
}

bool computed_settle(struct write *write, struct error *error)
{
    if (write->before == NULL && !begin_totals(write, error)) {
        return false;
    }
    for (size_t index = 0; index < write->entity->computed_count; index++) {
        if (!compute(write, write->entity->computed[index], error)) {
            return false;
        }
    }
    return true;
}
