/*
 * value.c - reads, writes and compares the values of fields, by a table of types.
 */
#include "metadata/value.h"

#include <assert.h>
#include <inttypes.h>
#include <string.h>

#include "base/arena.h"
#include "base/error.h"
#include "base/expect.h"
#include "base/time.h"
#include "metadata/entity.h"
#include "text/utf8.h"
#include "text/zone.h"

/* What a parser is given beside the text. */
struct reading {
    struct arena *arena;
    const struct field *field;
    struct zone *zone;
};

struct value_type {
    bool (*parse)(const struct reading *reading, const char *text, struct value *value,
                  struct error *error);
    const char *(*format)(struct arena *arena, const struct field *field,
                          const struct value *value);
    bool (*is_equal)(const struct value *left, const struct value *right);
};

/* ---- refusals ---- */

static const char *label_of(const struct field *field)
{
    const char *label = field->label.text[LANGUAGE_ENGLISH];
    return label != NULL ? label : field->name;
}

/* Says what was expected; the value itself is shown only as far as it is short. */
static bool refuse(const struct field *field, enum error_code code, const char *expected,
                   const char *text, struct error *error)
{
    enum { SHOWN = 60 };
    if (field->is_secret || strlen(text) > SHOWN) {
        return error_set_about(error, code, field->entity->name, field->name, "%s must be %s",
                               label_of(field), expected);
    }
    return error_set_about(error, code, field->entity->name, field->name,
                           "%s must be %s, not \"%s\"", label_of(field), expected, text);
}

static bool refuse_range(const struct field *field, const char *word, struct decimal bound,
                         struct error *error)
{
    char limit[DECIMAL_TEXT_SIZE];
    decimal_format(bound, limit);
    return error_set_about(error, ERROR_VALUE_OUT_OF_RANGE, field->entity->name, field->name,
                           "%s must be %s %s", label_of(field), word, limit);
}

static bool check_range(const struct field *field, struct decimal number, struct error *error)
{
    if (field->has_minimum && decimal_compare(number, field->minimum) < 0) {
        return refuse_range(field, "at least", field->minimum, error);
    }
    if (field->has_maximum && decimal_compare(number, field->maximum) > 0) {
        return refuse_range(field, "at most", field->maximum, error);
    }
    return true;
}

/* ---- text ---- */

/* Whether XML can carry the text: well-formed, no control characters but white space. */
static bool is_presentable(const char *text)
{
    if (!text_is_valid_utf8(text, strlen(text))) {
        return false;
    }
    for (const unsigned char *at = (const unsigned char *)text; *at != '\0'; at++) {
        bool is_control = *at < 0x20 && *at != '\t' && *at != '\n' && *at != '\r';
        bool is_noncharacter = at[0] == 0xEF && at[1] == 0xBF && (at[2] == 0xBE || at[2] == 0xBF);
        if (is_control || is_noncharacter) {
            return false;
        }
    }
    return true;
}

static bool parse_zone(const struct reading *reading, const char *text, struct value *value,
                       struct error *error)
{
    const char *meant = NULL;
    value->text = zone_find_name(reading->arena, text);
    if (value->text != NULL) {
        return true;
    }
    meant = zone_suggest(reading->arena, text);
    return refuse(reading->field, ERROR_VALUE_INVALID,
                  meant == NULL ? "a time zone such as Europe/Moscow"
                                : arena_format(reading->arena, "a time zone such as %s", meant),
                  text, error);
}

static bool parse_text(const struct reading *reading, const char *text, struct value *value,
                       struct error *error)
{
    const struct field *field = reading->field;
    if (!is_presentable(text)) {
        return error_set_about(error, ERROR_VALUE_INVALID, field->entity->name, field->name,
                               "%s must be UTF-8 text without control characters", label_of(field));
    }
    if (field->is_time_zone) {
        return parse_zone(reading, text, value, error);
    }
    size_t count = text_count_characters(text);
    if (field->length > 0 && count > field->length) {
        return error_set_about(error, ERROR_VALUE_TOO_LONG, field->entity->name, field->name,
                               "%s has %zu characters; at most %zu are allowed", label_of(field),
                               count, field->length);
    }
    value->text = arena_copy_text(reading->arena, text);
    return true;
}

static const char *format_text(struct arena *arena, const struct field *field,
                               const struct value *value)
{
    (void)arena;
    (void)field;
    return value->text;
}

static bool texts_are_equal(const struct value *left, const struct value *right)
{
    return strcmp(left->text, right->text) == 0;
}

/* ---- numbers ---- */

/* Optional sign and digits, nothing around them. */
static bool read_integer(const char *text, int64_t *number_out)
{
    bool is_negative = *text == '-';
    uint64_t bound = (uint64_t)INT64_MAX + (is_negative ? 1 : 0);
    uint64_t number = 0;
    if (*text == '-' || *text == '+') {
        text++;
    }
    if (*text == '\0') {
        return false;
    }
    for (; *text != '\0'; text++) {
        if (*text < '0' || *text > '9') {
            return false;
        }
        uint64_t digit = (uint64_t)(*text - '0');
        if (number > (bound - digit) / 10) {
            return false;
        }
        number = number * 10 + digit;
    }
    *number_out = is_negative ? (int64_t)(0 - number) : (int64_t)number;
    return true;
}

static bool parse_integer(const struct reading *reading, const char *text, struct value *value,
                          struct error *error)
{
    const struct field *field = reading->field;
    bool is_int = field->type == FIELD_INTEGER;
    int64_t number = 0;
    if (!read_integer(text, &number)) {
        return refuse(field, ERROR_VALUE_INVALID, "a whole number", text, error);
    }
    if (is_int && (number < INT32_MIN || number > INT32_MAX)) {
        return refuse(field, ERROR_VALUE_OUT_OF_RANGE, "a whole number of 32 bits", text, error);
    }
    value->integer = number;
    return check_range(field, (struct decimal){.digits = number}, error);
}

static const char *format_integer(struct arena *arena, const struct field *field,
                                  const struct value *value)
{
    (void)field;
    return arena_format(arena, "%" PRId64, value->integer);
}

static bool integers_are_equal(const struct value *left, const struct value *right)
{
    return left->integer == right->integer;
}

static bool has_digits_within(struct decimal number, uint8_t precision)
{
    int64_t bound = 1;
    for (uint8_t digit = 0; digit < precision && digit < DECIMAL_DIGITS; digit++) {
        bound *= 10;
    }
    return number.digits > -bound && number.digits < bound;
}

static bool parse_decimal(const struct reading *reading, const char *text, struct value *value,
                          struct error *error)
{
    const struct field *field = reading->field;
    struct decimal number;
    if (!decimal_parse(text, &number)) {
        return refuse(field, ERROR_VALUE_INVALID, "a decimal number of up to 18 digits", text,
                      error);
    }
    if (!decimal_fits_scale(number, field->scale)) {
        return error_set_about(error, ERROR_VALUE_OUT_OF_RANGE, field->entity->name, field->name,
                               "%s takes at most %u digits after the point", label_of(field),
                               (unsigned)field->scale);
    }
    if (!decimal_rescale(number, field->scale, &number) ||
        !has_digits_within(number, field->precision)) {
        return error_set_about(error, ERROR_VALUE_OUT_OF_RANGE, field->entity->name, field->name,
                               "%s takes at most %u digits, %u of them after the point",
                               label_of(field), (unsigned)field->precision, (unsigned)field->scale);
    }
    value->decimal = number;
    return check_range(field, number, error);
}

static const char *format_decimal(struct arena *arena, const struct field *field,
                                  const struct value *value)
{
    (void)field;
    char text[DECIMAL_TEXT_SIZE];
    decimal_format(value->decimal, text);
    return arena_copy_text(arena, text);
}

static bool decimals_are_equal(const struct value *left, const struct value *right)
{
    return decimal_compare(left->decimal, right->decimal) == 0;
}

static bool parse_boolean(const struct reading *reading, const char *text, struct value *value,
                          struct error *error)
{
    bool is_true = strcmp(text, "true") == 0 || strcmp(text, "1") == 0;
    if (!is_true && strcmp(text, "false") != 0 && strcmp(text, "0") != 0) {
        return refuse(reading->field, ERROR_VALUE_INVALID, "true or false", text, error);
    }
    value->boolean = is_true;
    return true;
}

static const char *format_boolean(struct arena *arena, const struct field *field,
                                  const struct value *value)
{
    (void)arena;
    (void)field;
    return value->boolean ? "true" : "false";
}

static bool booleans_are_equal(const struct value *left, const struct value *right)
{
    return left->boolean == right->boolean;
}

/* ---- time ---- */

static bool parse_date(const struct reading *reading, const char *text, struct value *value,
                       struct error *error)
{
    if (!date_parse(text, &value->date)) {
        return refuse(reading->field, ERROR_VALUE_INVALID,
                      "an existing day written yyyy-mm-dd, from 1753 to 9999", text, error);
    }
    return true;
}

static const char *format_date(struct arena *arena, const struct field *field,
                               const struct value *value)
{
    (void)field;
    char text[DATE_TEXT_SIZE];
    date_format(value->date, text);
    return arena_copy_text(arena, text);
}

static bool dates_are_equal(const struct value *left, const struct value *right)
{
    return left->date == right->date;
}

static bool parse_moment(const struct reading *reading, const char *text, struct value *value,
                         struct error *error)
{
    enum moment_zone zone;
    int64_t moment = 0;
    if (!moment_parse(text, &moment, &zone)) {
        return refuse(reading->field, ERROR_VALUE_INVALID,
                      "an existing moment written yyyy-mm-ddThh:mm:ssZ, from 1753 to 9999", text,
                      error);
    }
    if (zone == MOMENT_WITHOUT_ZONE && reading->zone == NULL) {
        return refuse(reading->field, ERROR_VALUE_INVALID,
                      "a moment with its offset, such as Z, unless Request/timeZone or the user's "
                      "own time zone says where it is meant",
                      text, error);
    }
    if (zone == MOMENT_WITHOUT_ZONE && !zone_to_moment(reading->zone, moment, &moment)) {
        return refuse(reading->field, ERROR_VALUE_OUT_OF_RANGE,
                      "a moment in the years 1753 to 9999 of UTC", text, error);
    }
    value->moment = moment;
    return true;
}

static const char *format_moment(struct arena *arena, const struct field *field,
                                 const struct value *value)
{
    (void)field;
    char text[MOMENT_TEXT_SIZE];
    moment_format(value->moment, text);
    return arena_copy_text(arena, text);
}

static bool moments_are_equal(const struct value *left, const struct value *right)
{
    return left->moment == right->moment;
}

/* ---- choices ---- */

/* A token, or the number of the choice. */
static const struct choice *find_choice(const struct field *field, const char *text)
{
    int64_t number = 0;
    const struct choice *choice = field_find_choice(field, text);
    if (choice == NULL && read_integer(text, &number) && number >= INT32_MIN &&
        number <= INT32_MAX) {
        choice = field_find_choice_value(field, (int32_t)number);
    }
    return choice;
}

static bool parse_choice(const struct reading *reading, const char *text, struct value *value,
                         struct error *error)
{
    const struct choice *choice = find_choice(reading->field, text);
    if (choice == NULL) {
        return refuse(reading->field, ERROR_CHOICE_UNKNOWN, "one of its choices", text, error);
    }
    value->integer = choice->value;
    return true;
}

/* A number that lost its choice is written as the number: the record stays readable. */
static const char *format_choice(struct arena *arena, const struct field *field,
                                 const struct value *value)
{
    const struct choice *choice = field_find_choice_value(field, (int32_t)value->integer);
    return choice != NULL ? choice->token : format_integer(arena, field, value);
}

/* ---- ids and references ---- */

static bool parse_uuid(const struct reading *reading, const char *text, struct value *value,
                       struct error *error)
{
    if (!uuid_parse(text, &value->uuid)) {
        return refuse(reading->field, ERROR_VALUE_INVALID, "a UUID", text, error);
    }
    return true;
}

static const char *format_id(struct arena *arena, const struct uuid *id)
{
    char text[UUID_TEXT_SIZE];
    uuid_format(id, text);
    return arena_copy_text(arena, text);
}

static const char *format_uuid(struct arena *arena, const struct field *field,
                               const struct value *value)
{
    (void)field;
    return format_id(arena, &value->uuid);
}

static bool uuids_are_equal(const struct value *left, const struct value *right)
{
    return uuid_is_equal(&left->uuid, &right->uuid);
}

static bool parse_reference(const struct reading *reading, const char *text, struct value *value,
                            struct error *error)
{
    const struct field *field = reading->field;
    struct uuid id;
    if (field->target_count != 1) {
        return refuse(field, ERROR_VALUE_INVALID, "a reference that names its entity", text, error);
    }
    if (!uuid_parse(text, &id)) {
        return refuse(field, ERROR_VALUE_INVALID, "the id of a record", text, error);
    }
    value->reference = (struct reference){.entity = field->targets[0], .id = id};
    return true;
}

static const char *format_reference(struct arena *arena, const struct field *field,
                                    const struct value *value)
{
    (void)field;
    return format_id(arena, &value->reference.id);
}

static bool references_are_equal(const struct reference *left, const struct reference *right)
{
    return left->entity == right->entity && uuid_is_equal(&left->id, &right->id);
}

static bool lookups_are_equal(const struct value *left, const struct value *right)
{
    return references_are_equal(&left->reference, &right->reference);
}

/* ---- parties and files, which have no lexical form ---- */

static bool parse_nothing(const struct reading *reading, const char *text, struct value *value,
                          struct error *error)
{
    (void)value;
    return refuse(reading->field, ERROR_VALUE_INVALID, "given by its parts", text, error);
}

static const char *format_nothing(struct arena *arena, const struct field *field,
                                  const struct value *value)
{
    (void)arena;
    (void)field;
    (void)value;
    return "";
}

static bool texts_are_same(const char *left, const char *right)
{
    return left == right || (left != NULL && right != NULL && strcmp(left, right) == 0);
}

static bool parties_are_equal(const struct value *left, const struct value *right)
{
    if (left->parties.count != right->parties.count) {
        return false;
    }
    for (size_t index = 0; index < left->parties.count; index++) {
        const struct party *one = &left->parties.items[index];
        const struct party *other = &right->parties.items[index];
        if (!references_are_equal(&one->reference, &other->reference) ||
            !texts_are_same(one->participation, other->participation) ||
            !texts_are_same(one->address, other->address)) {
            return false;
        }
    }
    return true;
}

static bool files_are_equal(const struct value *left, const struct value *right)
{
    return uuid_is_equal(&left->file->id, &right->file->id);
}

/* ---- the table ---- */

#define TEXT_TYPE                                                                                  \
    {                                                                                              \
        parse_text, format_text, texts_are_equal                                                   \
    }
#define INTEGER_TYPE                                                                               \
    {                                                                                              \
        parse_integer, format_integer, integers_are_equal                                          \
    }
#define DECIMAL_TYPE                                                                               \
    {                                                                                              \
        parse_decimal, format_decimal, decimals_are_equal                                          \
    }
#define CHOICE_TYPE                                                                                \
    {                                                                                              \
        parse_choice, format_choice, integers_are_equal                                            \
    }

static const struct value_type value_types[] = {
    [FIELD_STRING] = TEXT_TYPE,
    [FIELD_MEMO] = TEXT_TYPE,
    [FIELD_AUTO_NUMBER] = TEXT_TYPE,
    [FIELD_INTEGER] = INTEGER_TYPE,
    [FIELD_LONG] = INTEGER_TYPE,
    [FIELD_DECIMAL] = DECIMAL_TYPE,
    [FIELD_MONEY] = DECIMAL_TYPE,
    [FIELD_BOOLEAN] = {parse_boolean, format_boolean, booleans_are_equal},
    [FIELD_DATE] = {parse_date, format_date, dates_are_equal},
    [FIELD_DATE_TIME] = {parse_moment, format_moment, moments_are_equal},
    [FIELD_CHOICE] = CHOICE_TYPE,
    [FIELD_STATE] = CHOICE_TYPE,
    [FIELD_STATUS_REASON] = CHOICE_TYPE,
    [FIELD_LOOKUP] = {parse_reference, format_reference, lookups_are_equal},
    [FIELD_UUID] = {parse_uuid, format_uuid, uuids_are_equal},
    [FIELD_PARTY_LIST] = {parse_nothing, format_nothing, parties_are_equal},
    [FIELD_FILE] = {parse_nothing, format_nothing, files_are_equal},
};
static_assert(sizeof(value_types) / sizeof(value_types[0]) == FIELD_TYPE_COUNT,
              "each field type has its row");

bool value_parse(struct arena *arena, const struct field *field, const char *text,
                 struct zone *zone, struct value *value_out, struct error *error)
{
    struct reading reading = {.arena = arena, .field = field, .zone = zone};
    struct value value = {.state = VALUE_SET};
    if (!value_types[field->type].parse(&reading, text, &value, error)) {
        return false;
    }
    *value_out = value;
    return true;
}

const char *value_format(struct arena *arena, const struct field *field, const struct value *value)
{
    expect(value->state == VALUE_SET);
    return value_types[field->type].format(arena, field, value);
}

bool value_is_equal(const struct field *field, const struct value *left, const struct value *right)
{
    if (left->state != right->state) {
        return false;
    }
    return left->state != VALUE_SET || value_types[field->type].is_equal(left, right);
}
