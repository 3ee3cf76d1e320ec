/*
 * setting.c - one setting: its row in the table, and how its text is understood.
 */
#include "base/setting.h"

#include <stdio.h>
#include <string.h>

#include "base/error.h"

enum { CHOICES_SIZE = 200 };

struct unit {
    const char *name;
    int64_t factor;
};

struct type {
    const char *word;
    const char *example; /* completes "write it like ..." */
    const struct unit *units;
};

/* Without a unit only what needs none is understood: "60" of a duration could be anything. */
static const struct unit integer_units[] = {{"", 1}, {NULL, 0}};
static const struct unit boolean_words[] = {{"true", 1}, {"yes", 1}, {"on", 1}, {"false", 0},
                                            {"no", 0},   {"off", 0}, {NULL, 0}};
static const struct unit byte_units[] = {
    {"", 1}, {"B", 1}, {"KiB", 1024}, {"MiB", 1024 * 1024}, {"GiB", 1024 * 1024 * 1024}, {NULL, 0}};
static const struct unit duration_units[] = {{"ms", 1},      {"s", 1000},     {"min", 60000},
                                             {"h", 3600000}, {"d", 86400000}, {NULL, 0}};

static const struct type types[SETTING_TYPE_COUNT] = {
    [SETTING_TEXT] = {.word = "text", .example = "text", .units = integer_units},
    [SETTING_INTEGER] = {.word = "integer", .example = "8", .units = integer_units},
    [SETTING_BOOLEAN] = {.word = "boolean", .example = "true or false", .units = boolean_words},
    [SETTING_BYTES] = {.word = "bytes", .example = "8 MiB", .units = byte_units},
    [SETTING_DURATION] = {.word = "duration", .example = "60 s", .units = duration_units},
};

static const struct unit *find_unit(const struct unit *units, const char *name)
{
    for (; units->name != NULL; units++) {
        if (strcmp(units->name, name) == 0) {
            return units;
        }
    }
    return NULL;
}

/* Reads digits and moves on; false when there are none or too many. */
static bool read_number(const char **text, int64_t *number_out)
{
    const char *at = *text;
    int64_t number = 0;
    for (; *at >= '0' && *at <= '9'; at++) {
        if (number > (INT64_MAX - 9) / 10) {
            return false;
        }
        number = number * 10 + (*at - '0');
    }
    bool has_digits = at != *text;
    *text = at;
    *number_out = number;
    return has_digits;
}

static bool read_value(const struct type *type, const char *text, int64_t *number_out)
{
    if (type->units == boolean_words) {
        const struct unit *word = find_unit(boolean_words, text);
        *number_out = word == NULL ? 0 : word->factor;
        return word != NULL;
    }
    bool is_negative = *text == '-';
    text += is_negative ? 1 : 0;
    int64_t number;
    if (!read_number(&text, &number)) {
        return false;
    }
    text += strspn(text, " ");
    const struct unit *unit = find_unit(type->units, text);
    bool is_plain_zero = number == 0 && *text == '\0';
    if ((unit == NULL && !is_plain_zero) || (unit != NULL && number > INT64_MAX / unit->factor)) {
        return false;
    }
    number *= unit == NULL ? 1 : unit->factor;
    *number_out = is_negative ? -number : number;
    return true;
}

/* Writes a number in the largest unit that loses nothing. */
static void write_value(const struct type *type, int64_t number, char *text, size_t size)
{
    const struct unit *best = &type->units[0];
    for (const struct unit *unit = type->units; unit->name != NULL; unit++) {
        if (number != 0 && number % unit->factor == 0) {
            best = unit;
        }
    }
    snprintf(text, size, "%lld%s%s", (long long)(number / best->factor),
             best->name[0] == '\0' ? "" : " ", best->name);
}

bool setting_type_parse(const char *word, enum setting_type *type_out)
{
    for (int type = 0; type < SETTING_TYPE_COUNT; type++) {
        if (strcmp(types[type].word, word) == 0) {
            *type_out = (enum setting_type)type;
            return true;
        }
    }
    return false;
}

bool setting_parse(const struct setting *setting, const char *source, const char *text,
                   int64_t *number_out, struct error *error)
{
    const struct type *type = &types[setting->type];
    int64_t number;
    if (!read_value(type, text, &number)) {
        return error_set_about(error, ERROR_SETTING_INVALID, setting->section, setting->key,
                               "%s: %s.%s: \"%s\" is not understood; write it like %s", source,
                               setting->section, setting->key, text, type->example);
    }
    if (setting->type != SETTING_BOOLEAN &&
        (number < setting->minimum || number > setting->maximum)) {
        char minimum[32];
        char maximum[32];
        write_value(type, setting->minimum, minimum, sizeof(minimum));
        write_value(type, setting->maximum, maximum, sizeof(maximum));
        return error_set_about(error, ERROR_SETTING_INVALID, setting->section, setting->key,
                               "%s: %s.%s: %s is out of range, %s to %s", source, setting->section,
                               setting->key, text, minimum, maximum);
    }
    *number_out = number;
    return true;
}

bool setting_check_choice(const struct setting *setting, const char *source, const char *text,
                          struct error *error)
{
    if (setting->choices == NULL) {
        return true;
    }
    char listed[CHOICES_SIZE] = "";
    for (const char *const *choice = setting->choices; *choice != NULL; choice++) {
        if (strcmp(*choice, text) == 0) {
            return true;
        }
        size_t used = strlen(listed);
        snprintf(listed + used, sizeof(listed) - used, "%s%s", used == 0 ? "" : ", ", *choice);
    }
    return error_set_about(error, ERROR_SETTING_INVALID, setting->section, setting->key,
                           "%s: %s.%s: \"%s\" is none of %s", source, setting->section,
                           setting->key, text, listed);
}
