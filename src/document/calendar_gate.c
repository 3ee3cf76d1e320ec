/*
 * calendar_gate.c - what of a calendar may go on.
 */
#include "document/calendar_gate.h"

#include <string.h>
#include <strings.h>

#include "base/arena.h"
#include "base/buffer.h"

static const char byte_order_mark[] = "\xEF\xBB\xBF";

enum { LONGEST = 4096, LINES_MOST = 5000, FIRST_SIZE = 4096, DEPTH_MOST = 3 };

/* Components, and within which of the others each may be. */
static const struct component {
    const char *name;
    const char *within; /* NULL: within none */
} components[] = {
    {"VCALENDAR", NULL},       {"VEVENT", "VCALENDAR"},   {"VTIMEZONE", "VCALENDAR"},
    {"STANDARD", "VTIMEZONE"}, {"DAYLIGHT", "VTIMEZONE"},
};

/* Properties. Those of free text may be long, and lose their parameters. */
static const struct property {
    const char *name;
    bool has_parameters;
    bool is_long;
} properties[] = {
    {"METHOD", false, false},        {"UID", false, false},        {"SEQUENCE", false, false},
    {"STATUS", false, false},        {"DTSTAMP", true, false},     {"DTSTART", true, false},
    {"DTEND", true, false},          {"DURATION", false, false},   {"RECURRENCE-ID", true, false},
    {"RRULE", false, false},         {"RDATE", false, false},      {"ORGANIZER", true, false},
    {"ATTENDEE", true, false},       {"SUMMARY", false, true},     {"LOCATION", false, true},
    {"DESCRIPTION", false, true},    {"COMMENT", false, true},     {"TZID", false, false},
    {"TZOFFSETFROM", false, false},  {"TZOFFSETTO", false, false}, {"X-LIC-LOCATION", false, false},
    {"X-WR-TIMEZONE", false, false},
};

struct gate {
    struct buffer line; /* put together from folded ones */
    struct buffer kept;
    const struct component *open[DEPTH_MOST];
    size_t depth;
    size_t skipped; /* components that do not go on, one within the other */
    size_t left;    /* components that may come yet */
    size_t lines;   /* properties that were met */
    bool has_calendar;
    bool is_cut;
};

/* ---- a line ---- */

/* Where the value begins: after the first colon that stands in no quotes. NULL: there is none. */
static const char *find_value(const char *line)
{
    bool is_quoted = false;

    for (const char *at = line; *at != '\0'; at++) {
        is_quoted ^= *at == '"';
        if (*at == ':' && !is_quoted) {
            return at[1] == '\0' ? NULL : at + 1;
        }
    }
    return NULL;
}

static bool is_named(const char *line, size_t length, const char *name)
{
    return strlen(name) == length && strncasecmp(line, name, length) == 0;
}

static void keep(struct gate *gate, const char *name, const char *value)
{
    buffer_add_format(&gate->kept, "%s:%s\r\n", name, value);
}

static const struct component *find_component(const struct gate *gate, const char *name)
{
    const char *around = gate->depth == 0 ? NULL : gate->open[gate->depth - 1]->name;

    for (size_t i = 0; i < sizeof(components) / sizeof(components[0]); i++) {
        const char *within = components[i].within;
        bool fits =
            within == NULL || around == NULL ? within == around : strcmp(within, around) == 0;
        if (fits && strcasecmp(components[i].name, name) == 0) {
            return &components[i];
        }
    }
    return NULL;
}

static void begin(struct gate *gate, const char *name)
{
    const struct component *component =
        gate->skipped > 0 || (gate->depth == 0 && gate->has_calendar) ? NULL
                                                                      : find_component(gate, name);

    if (component == NULL || gate->left == 0) {
        gate->is_cut |= component != NULL;
        gate->skipped++;
        return;
    }
    gate->left--;
    gate->has_calendar = true;
    gate->open[gate->depth++] = component;
    keep(gate, "BEGIN", component->name);
}

/* Ends what is open, whatever name is said. */
static void end(struct gate *gate)
{
    if (gate->skipped > 0) {
        gate->skipped--;
    } else if (gate->depth > 0) {
        keep(gate, "END", gate->open[--gate->depth]->name);
    }
}

static void keep_property(struct gate *gate, const char *line, size_t name_length,
                          const char *value)
{
    for (size_t i = 0; i < sizeof(properties) / sizeof(properties[0]); i++) {
        const struct property *property = &properties[i];
        if (!is_named(line, name_length, property->name)) {
            continue;
        }
        bool is_too_long = !property->is_long && gate->line.length > LONGEST;
        if (is_too_long || ++gate->lines > LINES_MOST) {
            gate->is_cut = true;
        } else if (property->has_parameters) {
            buffer_add_format(&gate->kept, "%s\r\n", line);
        } else {
            keep(gate, property->name, value);
        }
        return;
    }
}

static void end_line(struct gate *gate)
{
    const char *line = gate->line.bytes;
    const char *value = find_value(line);
    size_t length = strcspn(line, ":;");

    if (value != NULL && is_named(line, length, "BEGIN")) {
        begin(gate, value);
    } else if (value != NULL && is_named(line, length, "END")) {
        end(gate);
    } else if (value != NULL && gate->depth > 0 && gate->skipped == 0) {
        keep_property(gate, line, length, value);
    }
    buffer_clear(&gate->line);
}

/* ---- all of them ---- */

const char *calendar_gate(struct arena *arena, const char *bytes, size_t length, size_t most,
                          bool *is_cut_out)
{
    struct gate gate = {.left = most};
    const char *stop = bytes + length;
    bool has_mark = length >= sizeof(byte_order_mark) - 1 &&
                    memcmp(bytes, byte_order_mark, sizeof(byte_order_mark) - 1) == 0;

    buffer_init(&gate.line, arena, FIRST_SIZE);
    buffer_init(&gate.kept, arena, FIRST_SIZE);
    for (const char *at = bytes + (has_mark ? sizeof(byte_order_mark) - 1 : 0); at < stop;) {
        const char *line = at;
        while (at < stop && *at != '\r' && *at != '\n') {
            at++;
        }
        bool is_folded = line < at && (*line == ' ' || *line == '\t');
        if (!is_folded) {
            end_line(&gate);
        }
        for (line += is_folded; line < at; line++) {
            if (*line != '\0') {
                buffer_add_char(&gate.line, *line);
            }
        }
        at += at + 1 < stop && *at == '\r' && at[1] == '\n' ? 2 : 1;
    }
    end_line(&gate);
    gate.skipped = 0;
    while (gate.depth > 0) {
        end(&gate);
    }
    *is_cut_out = gate.is_cut;
    return gate.kept.bytes;
}
