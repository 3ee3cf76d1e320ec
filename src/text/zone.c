/*
 * zone.c - time zones by ICU.
 */
#include "text/zone.h"

#include <string.h>
#include <strings.h>
#include <unicode/ucal.h>
#include <unicode/uenum.h>
#include <unicode/ustring.h>

#include "base/arena.h"
#include "base/array.h"
#include "base/expect.h"
#include "base/suggest.h"
#include "base/time.h"

enum {
    OFFSET_LENGTH = 6,
    LARGEST_OFFSET_HOURS = 14,
    MINUTE = 60000,
    SECOND = 1000,
    NAME_UNITS = 128
};

struct zone {
    struct arena *arena;
    const char *name;
    bool is_fixed;
    int32_t offset_minutes; /* of a fixed one */
    UCalendar *calendar;    /* of another; opened when it is first asked */
};

/* ---- names ---- */

static bool is_digit(char character)
{
    return character >= '0' && character <= '9';
}

/* "+03:00" as minutes. */
static bool read_offset(const char *text, int32_t *minutes_out)
{
    if (strlen(text) != OFFSET_LENGTH || (text[0] != '+' && text[0] != '-') || text[3] != ':' ||
        !is_digit(text[1]) || !is_digit(text[2]) || !is_digit(text[4]) || !is_digit(text[5])) {
        return false;
    }
    int32_t hours = (text[1] - '0') * 10 + (text[2] - '0');
    int32_t minutes = (text[4] - '0') * 10 + (text[5] - '0');
    if (minutes > 59 || hours * 60 + minutes > LARGEST_OFFSET_HOURS * 60) {
        return false;
    }
    *minutes_out = (hours * 60 + minutes) * (text[0] == '-' ? -1 : 1);
    return true;
}

static bool is_among(const char *text, const char *const *words, size_t count)
{
    for (size_t index = 0; index < count; index++) {
        if (strcmp(text, words[index]) == 0) {
            return true;
        }
    }
    return false;
}

/* ICU knows names that IANA does not: three letters of old Java, in which BST is Dhaka's, and
 * some of its own. */
static bool is_of_iana(const char *name)
{
    static const char *const three_letters[] = {"CET", "EET", "EST", "GMT", "HST", "MET", "MST",
                                                "PRC", "ROC", "ROK", "UCT", "UTC", "WET"};
    static const char *const of_icu[] = {"Etc/Unknown", "Factory"};

    if (is_among(name, of_icu, sizeof(of_icu) / sizeof(of_icu[0])) ||
        strncmp(name, "SystemV/", strlen("SystemV/")) == 0) {
        return false;
    }
    return strlen(name) != 3 ||
           is_among(name, three_letters, sizeof(three_letters) / sizeof(three_letters[0]));
}

/* Into UTF-16, with a zero at the end. False for what is no ASCII, or too long for a name. */
static bool to_units(const char *text, UChar units[NAME_UNITS])
{
    size_t length = strlen(text);

    if (length == 0 || length > ZONE_NAME_LENGTH) {
        return false;
    }
    for (size_t index = 0; index <= length; index++) {
        if ((unsigned char)text[index] >= 0x80) {
            return false;
        }
        units[index] = (UChar)text[index];
    }
    return true;
}

static bool is_known_to_icu(const UChar *units)
{
    UErrorCode status = U_ZERO_ERROR;
    UBool is_system = 0;
    UChar canonical[NAME_UNITS];

    ucal_getCanonicalTimeZoneID(units, -1, canonical, NAME_UNITS, &is_system, &status);
    return U_SUCCESS(status) && is_system;
}

static const char *find_of_windows(struct arena *arena, const UChar *units)
{
    UErrorCode status = U_ZERO_ERROR;
    UChar found[NAME_UNITS];
    char name[NAME_UNITS];
    int32_t length = ucal_getTimeZoneIDForWindowsID(units, -1, NULL, found, NAME_UNITS, &status);

    if (U_FAILURE(status) || length == 0) {
        return NULL;
    }
    u_UCharsToChars(found, name, length + 1);
    return arena_copy_text(arena, name);
}

const char *zone_find_name(struct arena *arena, const char *text)
{
    UChar units[NAME_UNITS];
    int32_t minutes = 0;

    if (strcmp(text, "Z") == 0) {
        return "UTC";
    }
    if (read_offset(text, &minutes)) {
        return minutes == 0 ? "UTC" : arena_copy_text(arena, text);
    }
    if (!to_units(text, units)) {
        return NULL;
    }
    if (is_known_to_icu(units)) {
        return is_of_iana(text) ? arena_copy_text(arena, text) : NULL;
    }
    return find_of_windows(arena, units);
}

/* ---- what was meant ---- */

static void list_names(struct arena *arena, struct array *names)
{
    UErrorCode status = U_ZERO_ERROR;
    UEnumeration *zones = ucal_openTimeZoneIDEnumeration(UCAL_ZONE_TYPE_ANY, NULL, NULL, &status);
    const char *name = NULL;

    expect(U_SUCCESS(status));
    while ((name = uenum_next(zones, NULL, &status)) != NULL && U_SUCCESS(status)) {
        if (is_of_iana(name)) {
            array_add(names, arena_copy_text(arena, name));
        }
    }
    uenum_close(zones);
}

static bool is_city_of(const char *text, const char *name)
{
    const char *city = strrchr(name, '/');

    return city != NULL && strcasecmp(city + 1, text) == 0;
}

const char *zone_suggest(struct arena *arena, const char *text)
{
    struct array names;

    if (strlen(text) > ZONE_NAME_LENGTH) {
        return NULL;
    }
    array_init(&names, arena);
    list_names(arena, &names);
    for (size_t index = 0; index < names.count; index++) {
        const char *name = names.items[index];
        if (strcasecmp(name, text) == 0 || is_city_of(text, name)) {
            return name;
        }
    }
    return suggest_word(text, (const char *const *)names.items, names.count);
}

/* ---- a zone ---- */

struct zone *zone_open(struct arena *arena, const char *text)
{
    const char *name = zone_find_name(arena, text);
    struct zone *zone = NULL;

    if (name != NULL) {
        zone = arena_allocate(arena, sizeof(*zone));
        *zone = (struct zone){.arena = arena, .name = name};
        zone->is_fixed = strcmp(name, "UTC") == 0 || read_offset(name, &zone->offset_minutes);
    }
    return zone;
}

const char *zone_name(const struct zone *zone)
{
    return zone->name;
}

static void release_calendar(void *calendar)
{
    ucal_close(calendar);
}

static UCalendar *open_calendar(struct zone *zone)
{
    UErrorCode status = U_ZERO_ERROR;
    UChar units[NAME_UNITS];

    if (zone->calendar == NULL) {
        expect(to_units(zone->name, units));
        zone->calendar = ucal_open(units, -1, "", UCAL_GREGORIAN, &status);
        expect(U_SUCCESS(status));
        arena_on_release(zone->arena, release_calendar, zone->calendar);
    }
    return zone->calendar;
}

/* Milliseconds that local time is ahead of UTC. */
static int64_t offset_at(struct zone *zone, int64_t local)
{
    UErrorCode status = U_ZERO_ERROR;
    UCalendar *calendar = NULL;
    int32_t standard = 0;
    int32_t summer = 0;

    if (zone->is_fixed) {
        return (int64_t)zone->offset_minutes * MINUTE;
    }
    calendar = open_calendar(zone);
    ucal_setMillis(calendar, (UDate)local, &status);
    ucal_getTimeZoneOffsetFromLocal(calendar, UCAL_TZ_LOCAL_FORMER, UCAL_TZ_LOCAL_FORMER, &standard,
                                    &summer, &status);
    expect(U_SUCCESS(status));
    return (int64_t)standard + summer;
}

bool zone_to_moment(struct zone *zone, int64_t local, int64_t *moment_out)
{
    int64_t moment = local - offset_at(zone, local);

    if (!moment_is_in_range(moment)) {
        return false;
    }
    *moment_out = moment;
    return true;
}

/* ---- what is in force ---- */

static int32_t seconds_at(struct zone *zone, int64_t moment)
{
    UErrorCode status = U_ZERO_ERROR;
    if (zone->is_fixed) {
        return zone->offset_minutes * (MINUTE / SECOND);
    }
    UCalendar *calendar = open_calendar(zone);
    ucal_setMillis(calendar, (UDate)moment, &status);
    int32_t offset = ucal_get(calendar, UCAL_ZONE_OFFSET, &status) +
                     ucal_get(calendar, UCAL_DST_OFFSET, &status);
    expect(U_SUCCESS(status));
    return offset / SECOND;
}

/* The next change of the clock, or until when there is none before. */
static int64_t next_change(struct zone *zone, int64_t moment, int64_t until)
{
    UErrorCode status = U_ZERO_ERROR;
    UDate change = 0;
    if (zone->is_fixed) {
        return until;
    }
    UCalendar *calendar = open_calendar(zone);
    ucal_setMillis(calendar, (UDate)moment, &status);
    UBool is_found =
        ucal_getTimeZoneTransitionDate(calendar, UCAL_TZ_TRANSITION_NEXT, &change, &status);
    expect(U_SUCCESS(status));
    return is_found && change < (UDate)until ? (int64_t)change : until;
}

void zone_list_offsets(struct zone *zone, int64_t from, int64_t until, struct array *offsets)
{
    while (from < until) {
        int32_t seconds = seconds_at(zone, from);
        const struct zone_offset *last =
            offsets->count == 0 ? NULL : offsets->items[offsets->count - 1];
        if (last == NULL || last->seconds != seconds) {
            struct zone_offset *offset = arena_allocate(zone->arena, sizeof(*offset));
            *offset = (struct zone_offset){.since = from, .seconds = seconds};
            array_add(offsets, offset);
        }
        from = next_change(zone, from, until);
    }
}
