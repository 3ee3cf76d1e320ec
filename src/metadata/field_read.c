/*
 * field_read.c - one <field> with its labels and choices, by a table of types.
 */
#include <string.h>
#include <strings.h>

#include "base/arena.h"
#include "base/error.h"
#include "base/map.h"
#include "metadata/names.h"
#include "metadata/reader.h"
#include "metadata/value.h"
#include "text/zone.h"
#include "xml/document.h"

enum { STRING_LENGTH_LIMIT = 4000, MEMO_LENGTH_LIMIT = 1048576, AUTO_NUMBER_LENGTH = 100 };
enum { MONEY_PRECISION = 18, MONEY_SCALE = 4, LONG_DIGITS = 18 };

/* Attributes that only some types have. */
enum {
    LENGTH = 1 << 0,
    PRECISION = 1 << 1,
    SCALE = 1 << 2,
    SIZE = 1 << 3,
    MINIMUM = 1 << 4,
    MAXIMUM = 1 << 5,
    DEFAULT = 1 << 6,
    TARGET = 1 << 7,
    PARTICIPATION = 1 << 8,
    FORMAT = 1 << 9,
    GAPLESS = 1 << 10,
    SEARCHABLE = 1 << 11,
    SORTABLE = 1 << 12,
    RANGE = MINIMUM | MAXIMUM,
    FINDABLE = SEARCHABLE | SORTABLE,
};

/* Elements within a field that only some types have. */
enum {
    WITHOUT_ELEMENTS = 0,
    WITH_CHOICES = 1 << 0,
    WITH_RELATION = 1 << 1,
    WITH_COMPUTED = 1 << 2
};

static const struct {
    const char *name;
    unsigned bit;
} attribute_rows[] = {
    {"length", LENGTH},
    {"precision", PRECISION},
    {"scale", SCALE},
    {"size", SIZE},
    {"minimum", MINIMUM},
    {"maximum", MAXIMUM},
    {"default", DEFAULT},
    {"target", TARGET},
    {"format", FORMAT},
    {"gapless", GAPLESS},
    {"participation", PARTICIPATION},
    {"searchable", SEARCHABLE},
    {"sortable", SORTABLE},
};

static const struct {
    const char *name;
    unsigned bit;
} element_rows[] = {
    {"choice", WITH_CHOICES},
    {"relation", WITH_RELATION},
    {"computed", WITH_COMPUTED},
};

/* The types of the language: more than there are field types, for several are lookups. */
struct type_row {
    const char *name;
    enum field_type type;
    enum entity_group group;
    bool is_time_zone, is_email;
    unsigned may; /* attributes */
    unsigned must;
    unsigned elements;
};

#define LOOKUP_ROW(type_name, of_group)                                                            \
    {                                                                                              \
        .name = (type_name), .type = FIELD_LOOKUP, .group = (of_group), .elements = WITH_RELATION  \
    }

static const struct type_row type_rows[] = {
    {.name = "string",
     .type = FIELD_STRING,
     .may = LENGTH | DEFAULT | FINDABLE,
     .must = LENGTH,
     .elements = WITH_COMPUTED},
    {.name = "timeZone", .type = FIELD_STRING, .is_time_zone = true, .may = DEFAULT | FINDABLE},
    {.name = "email",
     .type = FIELD_STRING,
     .is_email = true,
     .may = LENGTH | DEFAULT | FINDABLE,
     .must = LENGTH},
    {.name = "memo", .type = FIELD_MEMO, .may = LENGTH | DEFAULT, .must = LENGTH},
    {.name = "integer", .type = FIELD_INTEGER, .may = RANGE | DEFAULT, .elements = WITH_COMPUTED},
    {.name = "long", .type = FIELD_LONG, .may = RANGE | DEFAULT, .elements = WITH_COMPUTED},
    {.name = "decimal",
     .type = FIELD_DECIMAL,
     .may = PRECISION | SCALE | RANGE | DEFAULT,
     .must = PRECISION | SCALE,
     .elements = WITH_COMPUTED},
    {.name = "money", .type = FIELD_MONEY, .may = RANGE | DEFAULT, .elements = WITH_COMPUTED},
    {.name = "boolean", .type = FIELD_BOOLEAN, .may = DEFAULT},
    {.name = "date", .type = FIELD_DATE, .may = DEFAULT},
    {.name = "dateTime", .type = FIELD_DATE_TIME, .may = DEFAULT},
    {.name = "choice", .type = FIELD_CHOICE, .may = DEFAULT, .elements = WITH_CHOICES},
    {.name = "lookup",
     .type = FIELD_LOOKUP,
     .may = TARGET,
     .must = TARGET,
     .elements = WITH_RELATION},
    LOOKUP_ROW("customer", GROUP_CUSTOMER),
    LOOKUP_ROW("owner", GROUP_PRINCIPAL),
    LOOKUP_ROW("regarding", GROUP_WITH_ACTIVITIES),
    LOOKUP_ROW("annotated", GROUP_WITH_NOTES),
    LOOKUP_ROW("queued", GROUP_WITH_QUEUES),
    {.name = "partyList",
     .type = FIELD_PARTY_LIST,
     .group = GROUP_PARTY,
     .may = PARTICIPATION,
     .must = PARTICIPATION},
    {.name = "uuid", .type = FIELD_UUID},
    {.name = "file", .type = FIELD_FILE, .may = SIZE, .must = SIZE},
    {.name = "autoNumber",
     .type = FIELD_AUTO_NUMBER,
     .may = LENGTH | FORMAT | GAPLESS | FINDABLE,
     .must = FORMAT},
};

static const struct type_row *find_type(const char *name)
{
    for (size_t i = 0; i < sizeof(type_rows) / sizeof(type_rows[0]); i++) {
        if (strcmp(type_rows[i].name, name) == 0) {
            return &type_rows[i];
        }
    }
    return NULL;
}

/* ---- labels and choices ---- */

static const char *const language_codes[LANGUAGE_COUNT] = {
    [LANGUAGE_ENGLISH] = "en",
    [LANGUAGE_RUSSIAN] = "ru",
};

static void read_label_text(struct reader *reader, const struct xml_node *node, struct label *label)
{
    const char *code = xml_attribute_or(node, "lang", "");
    for (int language = 0; language < LANGUAGE_COUNT; language++) {
        if (strcmp(code, language_codes[language]) != 0) {
            continue;
        }
        if (label->text[language] != NULL) {
            reader_problem(reader, node, "the %s in \"%s\" is said twice", node->name, code);
        }
        label->text[language] = arena_copy_text(reader->arena, node->text);
    }
}

struct label label_read(struct reader *reader, const struct xml_node *node, const char *child,
                        bool is_needed)
{
    struct label label = {{NULL}};
    bool is_said = false;
    for (const struct xml_node *at = xml_child(node, child); at != NULL; at = xml_next(at)) {
        read_label_text(reader, at, &label);
        is_said = true;
    }
    for (int language = 0; language < LANGUAGE_COUNT; language++) {
        if (label.text[language] == NULL && (is_said || is_needed)) {
            reader_problem(reader, node, "%s \"%s\" has no %s in \"%s\"", node->name,
                           xml_attribute_or(node, "name", ""), child, language_codes[language]);
        }
    }
    return label;
}

static void check_choice(struct reader *reader, const struct xml_node *node,
                         const struct array *choices, const struct choice *choice)
{
    for (size_t i = 0; i < choices->count; i++) {
        const struct choice *other = choices->items[i];
        if (strcasecmp(other->token, choice->token) == 0) {
            reader_problem(reader, node, "the name \"%s\" is already used by another %s",
                           choice->token, node->name);
        }
        if (other->value == choice->value) {
            reader_problem(reader, node, "the value %d is already that of \"%s\"",
                           (int)choice->value, other->token);
        }
    }
}

void choices_read(struct reader *reader, const struct xml_node *node, const char *child,
                  struct array *choices)
{
    for (const struct xml_node *at = xml_child(node, child); at != NULL; at = xml_next(at)) {
        struct choice *choice = arena_allocate(reader->arena, sizeof(*choice));
        struct error error = {.code = ERROR_NONE};
        long long value = 0;
        if (!xml_attribute_integer(at, "value", 0, &value, &error)) {
            reader_problem(reader, at, "the value is not a whole number of 32 bits");
        }
        choice->token = arena_copy_text(reader->arena, xml_attribute_or(at, "name", ""));
        choice->value = (int32_t)value;
        choice->label = label_read(reader, at, "label", true);
        choice->is_default = xml_attribute_is_true(at, "default", false);
        check_choice(reader, at, choices, choice);
        array_add(choices, choice);
    }
}

static void take_choices(struct reader *reader, struct field_draft *draft)
{
    struct array choices;
    array_init(&choices, reader->scratch);
    choices_read(reader, draft->node, "choice", &choices);
    if (choices.count == 0) {
        reader_problem(reader, draft->node, "field \"%s\" of type choice has no choice",
                       draft->field->name);
    }
    struct choice *copies =
        arena_allocate_array(reader->arena, choices.count, sizeof(struct choice));
    for (size_t i = 0; i < choices.count; i++) {
        copies[i] = *(const struct choice *)choices.items[i];
    }
    draft->field->choices = copies;
    draft->field->choice_count = choices.count;
}

/* ---- attributes ---- */

static void check_attributes(struct reader *reader, const struct xml_node *node,
                             const struct type_row *row)
{
    for (size_t i = 0; i < sizeof(attribute_rows) / sizeof(attribute_rows[0]); i++) {
        const char *name = attribute_rows[i].name;
        bool is_there = xml_attribute(node, name) != NULL;
        if (is_there && (row->may & attribute_rows[i].bit) == 0) {
            reader_problem(reader, node, "a field of type %s has no %s", row->name, name);
        }
        if (!is_there && (row->must & attribute_rows[i].bit) != 0) {
            reader_problem(reader, node, "a field of type %s needs %s", row->name, name);
        }
    }
    for (size_t i = 0; i < sizeof(element_rows) / sizeof(element_rows[0]); i++) {
        const struct xml_node *element = xml_child(node, element_rows[i].name);
        if (element != NULL && (row->elements & element_rows[i].bit) == 0) {
            reader_problem(reader, element, "a field of type %s has no %s", row->name,
                           element_rows[i].name);
        }
    }
}

/* Reads a whole number between bounds; a problem when it is not, and the lower bound. */
static long long read_number(struct reader *reader, const struct xml_node *node, const char *name,
                             long long otherwise, long long lowest, long long highest)
{
    struct error error = {.code = ERROR_NONE};
    long long number = otherwise;
    if (!xml_attribute_integer(node, name, otherwise, &number, &error) || number < lowest ||
        number > highest) {
        reader_problem(reader, node, "%s must be from %lld to %lld", name, lowest, highest);
        return lowest;
    }
    return number;
}

static void read_length(struct reader *reader, const struct xml_node *node, struct field *field)
{
    if (field->is_time_zone) {
        field->length = ZONE_NAME_LENGTH;
        return;
    }
    switch (field->type) {
    case FIELD_STRING:
        field->length = (size_t)read_number(reader, node, "length", 1, 1, STRING_LENGTH_LIMIT);
        break;
    case FIELD_MEMO:
        field->length = (size_t)read_number(reader, node, "length", 1, 1, MEMO_LENGTH_LIMIT);
        break;
    case FIELD_AUTO_NUMBER:
        field->length =
            (size_t)read_number(reader, node, "length", AUTO_NUMBER_LENGTH, 1, KEY_LENGTH_LIMIT);
        break;
    default:
        break;
    }
}

static void read_digits(struct reader *reader, const struct xml_node *node, struct field *field)
{
    if (field->type == FIELD_MONEY) {
        field->precision = MONEY_PRECISION;
        field->scale = MONEY_SCALE;
    }
    if (field->type == FIELD_DECIMAL) {
        field->precision = (uint8_t)read_number(reader, node, "precision", 1, 1, DECIMAL_DIGITS);
        field->scale = (uint8_t)read_number(reader, node, "scale", 0, 0, field->precision);
    }
}

static bool read_bound(struct reader *reader, const struct xml_node *node, const char *name,
                       const struct field *field, struct decimal *bound)
{
    const char *text = xml_attribute(node, name);
    struct decimal value;
    if (text == NULL) {
        return false;
    }
    if (!decimal_parse(text, &value) || !decimal_fits_scale(value, field->scale)) {
        reader_problem(reader, node, "the %s \"%s\" is not a value of the field", name, text);
        return false;
    }
    *bound = value;
    return true;
}

/* An integer or long is bounded by what its column and the contract can hold. */
static void read_range(struct reader *reader, const struct xml_node *node, struct field *field)
{
    int64_t widest = 0;
    if (field->type == FIELD_INTEGER) {
        widest = INT32_MAX;
    } else if (field->type == FIELD_LONG) {
        widest = 1;
        for (int digit = 0; digit < LONG_DIGITS; digit++) {
            widest *= 10;
        }
        widest--;
    }
    if (widest > 0) {
        field->has_minimum = field->has_maximum = true;
        field->minimum.digits = field->type == FIELD_INTEGER ? INT32_MIN : -widest;
        field->maximum.digits = widest;
    }
    field->has_minimum |= read_bound(reader, node, "minimum", field, &field->minimum);
    field->has_maximum |= read_bound(reader, node, "maximum", field, &field->maximum);
    if (field->has_minimum && field->has_maximum &&
        decimal_compare(field->minimum, field->maximum) > 0) {
        reader_problem(reader, node, "the minimum is greater than the maximum");
    }
}

static void read_default(struct reader *reader, const struct xml_node *node, struct field *field)
{
    const char *text = xml_attribute(node, "default");
    struct value value;
    struct error error = {.code = ERROR_NONE};
    if (text == NULL) {
        return;
    }
    if (!value_parse(reader->scratch, field, text, NULL, &value, &error)) {
        reader_problem(reader, node, "the default does not fit: %s", error.message);
        return;
    }
    field->default_text = arena_copy_text(reader->arena, text);
}

/* Whether the text between braces is a part that auto-numbers know. */
static bool is_number_part(const char *part, size_t length, bool *is_number)
{
    static const char *const parts[] = {"year", "month", "day"};
    for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
        if (strlen(parts[i]) == length && strncmp(parts[i], part, length) == 0) {
            return true;
        }
    }
    *is_number =
        strncmp(part, "number", 6) == 0 &&
        (length == 6 || (length == 8 && part[6] == ':' && part[7] >= '1' && part[7] <= '9'));
    return *is_number;
}

static void read_format(struct reader *reader, const struct xml_node *node, struct field *field)
{
    const char *format = xml_attribute(node, "format");
    int numbers = 0;
    if (format == NULL) {
        return;
    }
    field->number_format = arena_copy_text(reader->arena, format);
    for (const char *at = strpbrk(format, "{}"); at != NULL; at = strpbrk(at, "{}")) {
        size_t length = strcspn(at + 1, "{}");
        bool is_number = false;
        if (*at != '{' || at[1 + length] != '}' || !is_number_part(at + 1, length, &is_number)) {
            reader_problem(reader, node,
                           "the format knows {number}, {number:6}, {year}, {month} "
                           "and {day}");
            return;
        }
        numbers += is_number ? 1 : 0;
        at += length + 2;
    }
    if (numbers != 1) {
        reader_problem(reader, node, "the format needs {number} once");
    }
}

static void read_flags(const struct xml_node *node, struct field_draft *draft)
{
    struct field *field = draft->field;
    bool is_computed = draft->computed != NULL;
    field->is_required = xml_attribute_is_true(node, "required", false);
    field->is_creatable = xml_attribute_is_true(node, "creatable", true) && !is_computed;
    field->is_updatable = xml_attribute_is_true(node, "updatable", true) && !is_computed;
    field->is_searchable = xml_attribute_is_true(node, "searchable", false);
    field->is_secret = xml_attribute_is_true(node, "secret", false);
    field->is_secured = xml_attribute_is_true(node, "secured", false);
    field->is_gapless = xml_attribute_is_true(node, "gapless", false);
    draft->is_sortable = xml_attribute_is_true(node, "sortable", field->is_searchable);
}

static void read_texts(struct reader *reader, const struct xml_node *node, struct field *field)
{
    const char *classic = xml_attribute(node, "classic");
    const char *participation = xml_attribute(node, "participation");
    if (classic == NULL) {
        classic =
            arena_format(reader->scratch, "%s%s", name_in_lower_case(reader->scratch, field->name),
                         field->type == FIELD_LOOKUP ? "id" : "");
    }
    field->classic_name = arena_copy_text(reader->arena, classic);
    field->participation = arena_copy_text(reader->arena, participation);
    field->label = label_read(reader, node, "label", true);
    field->description = label_read(reader, node, "description", false);
}

/* ---- the field ---- */

static void check_name(struct reader *reader, const struct xml_node *node, const char *name)
{
    if (name_is_reserved_field(name)) {
        reader_problem(reader, node,
                       "\"%s\" may not be the name of a field: clients or the "
                       "contract need the word",
                       name);
    }
}

void entity_draft_add(struct reader *reader, struct entity_draft *draft, struct field_draft *field)
{
    char *key = name_in_lower_case(reader->scratch, field->field->name);
    const struct field_draft *other = map_get(draft->fields_by_name, key);
    if (other != NULL) {
        const char *whose = other->field->is_system || field->field->is_system
                                ? "is added by the platform to this entity"
                                : "is already the name of a field";
        const struct xml_node *node = field->field->is_system ? other->node : field->node;
        reader_problem(reader, node, "\"%s\" %s (case is ignored)", field->field->name, whose);
        return;
    }
    map_set(draft->fields_by_name, key, field);
    array_add(&draft->fields, field);
}

struct field_draft *entity_draft_find(const struct entity_draft *draft, const char *name)
{
    for (size_t i = 0; i < draft->fields.count; i++) {
        struct field_draft *field = draft->fields.items[i];
        if (strcmp(field->field->name, name) == 0) {
            return field;
        }
    }
    return NULL;
}

struct field_draft *field_read(struct reader *reader, struct entity_draft *draft,
                               const struct xml_node *node)
{
    const struct type_row *row = find_type(xml_attribute_or(node, "type", ""));
    const struct xml_node *computed = xml_child(node, "computed");
    if (row == NULL) {
        reader_problem(reader, node, "there is no such type of field");
        return NULL;
    }
    struct field *field = arena_allocate(reader->arena, sizeof(*field));
    struct field_draft *result = arena_allocate(reader->scratch, sizeof(*result));
    result->field = field;
    result->node = node;
    result->group = row->group;
    result->target_names = xml_attribute_or(node, "target", "");
    result->computed = computed == NULL ? NULL : computed->first_child;
    field->entity = draft->entity;
    field->name = arena_copy_text(reader->arena, xml_attribute_or(node, "name", ""));
    field->type = row->type;
    field->is_time_zone = row->is_time_zone;
    field->is_email = row->is_email;
    field->file_size =
        row->type == FIELD_FILE ? read_number(reader, node, "size", 1, 1, INT64_C(1) << 40) : 0;
    check_name(reader, node, field->name);
    check_attributes(reader, node, row);
    read_flags(node, result);
    read_texts(reader, node, field);
    read_length(reader, node, field);
    read_digits(reader, node, field);
    read_range(reader, node, field);
    read_format(reader, node, field);
    if (field->type == FIELD_CHOICE) {
        take_choices(reader, result);
    }
    read_default(reader, node, field);
    return result;
}
