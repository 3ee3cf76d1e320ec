/*
 * calendar_zone.c - names of zones looked up, definitions of zones read.
 */
#include "document/calendar_zone.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/arena.h"
#include "base/map.h"
#include "base/time.h"
#include "text/zone.h"

enum {
    DAY = 86400000,
    SECOND = 1000,
    FIRST_YEAR = 1753, /* some programs begin with 1601 */
    DAYS_IN_WEEK = 7,
    LONGEST_MONTH = 31,
    WEEKDAY_OF_1970 = 4, /* Thursday, counted from Sunday */
    GUESSES = 8,
    CITIES = 4, /* of a name that are looked up */
};

/* A zone as it was found: one of these. */
struct found {
    struct zone *zone;
    icalcomponent *definition;
};

struct calendar_zones {
    struct arena *arena;
    icalcomponent *calendar;
    struct zone *usual;
    struct map *found; /* struct found by name */
    size_t guesses;    /* at names that are none: each costs a look at all there are */
};

/* ---- days ---- */

bool calendar_local(const struct icaltimetype *time, int64_t *local_out)
{
    int32_t days = 0;

    if (time->hour < 0 || time->hour > 23 || time->minute < 0 || time->minute > 59 ||
        time->second < 0 || time->second > 60 ||
        !date_join(time->year, time->month, time->day, &days)) {
        return false;
    }
    int64_t clock =
        time->is_date ? 0 : ((int64_t)time->hour * 60 + time->minute) * 60 + time->second;
    *local_out = (int64_t)days * DAY + clock * SECOND;
    return true;
}

static int year_of(int64_t local)
{
    int year = 0, month = 0, day = 0;
    int64_t days = local >= 0 ? local / DAY : -((DAY - 1 - local) / DAY);

    date_split((int32_t)days, &year, &month, &day);
    return year;
}

/* 1: Sunday, as libical counts. */
static int weekday_of(int32_t days)
{
    return ((days + WEEKDAY_OF_1970) % DAYS_IN_WEEK + DAYS_IN_WEEK) % DAYS_IN_WEEK + 1;
}

/* ---- definitions ---- */

/* From when on a clock goes by an offset. */
struct onset {
    bool is_known;
    int64_t local; /* by the clock as it went before */
    int32_t before, after;
};

/* One part of a definition, asked for the last onset until some local time. */
struct search {
    int64_t until;
    int32_t before, after;
    struct onset *last;
};

/* An hour that is left out is read by the clock as it went before; so is the first of one that
 * comes twice. */
static void note_onset(struct search *search, int64_t local)
{
    int64_t left_out = search->after > search->before ? search->after - search->before : 0;

    if (local + left_out * SECOND <= search->until &&
        (!search->last->is_known || local > search->last->local)) {
        *search->last = (struct onset){
            .is_known = true, .local = local, .before = search->before, .after = search->after};
    }
}

static bool is_among(const short *days, int day)
{
    if (days[0] == ICAL_RECURRENCE_ARRAY_MAX) {
        return true;
    }
    for (int i = 0; i < LONGEST_MONTH && days[i] != ICAL_RECURRENCE_ARRAY_MAX; i++) {
        if (days[i] == day) {
            return true;
        }
    }
    return false;
}

/* The day of a rule in a month: "the last Sunday", "the first Sunday from the 8th". */
static bool find_day(const struct icalrecurrencetype *rule, int year, int month, int32_t *days_out)
{
    short by_day = rule->by_day[0];
    int weekday = icalrecurrencetype_day_day_of_week(by_day);
    int position = icalrecurrencetype_day_position(by_day);
    int met = 0;

    for (int i = 1; i <= LONGEST_MONTH; i++) {
        int day = position < 0 ? LONGEST_MONTH + 1 - i : i;
        int32_t days = 0;
        if (!date_join(year, month, day, &days) || !is_among(rule->by_month_day, day) ||
            weekday_of(days) != weekday) {
            continue;
        }
        if (++met == (position < 0 ? -position : position == 0 ? 1 : position)) {
            *days_out = days;
            return true;
        }
    }
    return false;
}

static bool is_understood(const struct icalrecurrencetype *rule)
{
    return rule->freq == ICAL_YEARLY_RECURRENCE && rule->interval == 1 &&
           rule->by_day[0] != ICAL_RECURRENCE_ARRAY_MAX &&
           rule->by_day[1] == ICAL_RECURRENCE_ARRAY_MAX &&
           (rule->by_month[0] == ICAL_RECURRENCE_ARRAY_MAX ||
            rule->by_month[1] == ICAL_RECURRENCE_ARRAY_MAX);
}

/* The onsets of the two years that matter: that in which is asked or the rule ends, and the one
 * before. */
static void note_yearly(struct search *search, const struct icalrecurrencetype *rule,
                        const struct icaltimetype *first, int64_t start)
{
    int64_t last = INT64_MAX;
    int month = rule->by_month[0] == ICAL_RECURRENCE_ARRAY_MAX ? first->month : rule->by_month[0];
    int year = year_of(search->until);

    if (!icaltime_is_null_time(rule->until) && calendar_local(&rule->until, &last)) {
        last += rule->until.is_date ? DAY - SECOND : (int64_t)search->before * SECOND;
        year = year_of(last) < year ? year_of(last) : year;
    }
    if (rule->count > 0 && year_of(start) + rule->count - 1 < year) {
        year = year_of(start) + rule->count - 1;
    }
    for (int back = 0; back < 2; back++) {
        int32_t days = 0;
        if (find_day(rule, year - back, month, &days)) {
            int64_t clock = start % DAY;
            int64_t local = (int64_t)days * DAY + (clock < 0 ? clock + DAY : clock);
            if (local >= start && local <= last) {
                note_onset(search, local);
            }
        }
    }
}

static bool read_offset(icalcomponent *part, icalproperty_kind kind, int32_t *seconds_out)
{
    icalproperty *property = icalcomponent_get_first_property(part, kind);

    if (property == NULL) {
        return false;
    }
    *seconds_out = kind == ICAL_TZOFFSETTO_PROPERTY ? icalproperty_get_tzoffsetto(property)
                                                    : icalproperty_get_tzoffsetfrom(property);
    return *seconds_out > -DAY / SECOND && *seconds_out < DAY / SECOND;
}

/* False when the part says nothing. */
static bool search_part(icalcomponent *part, struct search *search)
{
    icalproperty *start = icalcomponent_get_first_property(part, ICAL_DTSTART_PROPERTY);
    icalproperty *rule = icalcomponent_get_first_property(part, ICAL_RRULE_PROPERTY);
    icalproperty *more = icalcomponent_get_first_property(part, ICAL_RDATE_PROPERTY);
    int64_t local = 0, listed = 0;

    if (start == NULL || !read_offset(part, ICAL_TZOFFSETFROM_PROPERTY, &search->before) ||
        !read_offset(part, ICAL_TZOFFSETTO_PROPERTY, &search->after)) {
        return false;
    }
    struct icaltimetype first = icalproperty_get_dtstart(start);
    first.year = first.year < FIRST_YEAR ? FIRST_YEAR : first.year;
    if (!calendar_local(&first, &local)) {
        return false;
    }
    note_onset(search, local);
    if (rule != NULL) {
        const struct icalrecurrencetype read = icalproperty_get_rrule(rule);
        if (is_understood(&read)) {
            note_yearly(search, &read, &first, local);
        }
    }
    for (; more != NULL; more = icalcomponent_get_next_property(part, ICAL_RDATE_PROPERTY)) {
        const struct icaltimetype time = icalproperty_get_rdate(more).time;
        if (calendar_local(&time, &listed)) {
            note_onset(search, listed);
        }
    }
    return true;
}

/* The offset that the clock goes by; before the first onset, that which it begins with. */
static bool find_offset(icalcomponent *definition, int64_t local, int32_t *seconds_out)
{
    struct onset last = {.is_known = false};
    bool is_known = false;
    icalcomponent *part = icalcomponent_get_first_component(definition, ICAL_ANY_COMPONENT);

    for (; part != NULL; part = icalcomponent_get_next_component(definition, ICAL_ANY_COMPONENT)) {
        struct search search = {.until = local, .last = &last};
        if (search_part(part, &search) && !is_known) {
            *seconds_out = search.before;
            is_known = true;
        }
    }
    if (last.is_known) {
        *seconds_out = last.after;
    }
    return is_known || last.is_known;
}

/* ---- names ---- */

static const char *text_of(icalcomponent *component, icalproperty_kind kind, const char *name)
{
    icalproperty *property = icalcomponent_get_first_property(component, kind);

    for (; property != NULL; property = icalcomponent_get_next_property(component, kind)) {
        const char *called = name == NULL ? NULL : icalproperty_get_x_name(property);
        if (name == NULL || (called != NULL && strcasecmp(called, name) == 0)) {
            return icalvalue_as_ical_string(icalproperty_get_value(property));
        }
    }
    return NULL;
}

/* A zone by a name of IANA's, or the end of one that begins with its maker's. */
static struct zone *find_of_iana(struct arena *arena, const char *name)
{
    struct zone *zone = zone_open(arena, name);

    if (zone != NULL && strcmp(zone_name(zone), name) == 0) {
        return zone;
    }
    for (const char *at = strchr(name, '/'); at != NULL && strchr(at + 1, '/') != NULL;
         at = strchr(at + 1, '/')) {
        zone = zone_open(arena, at + 1);
        if (zone != NULL) {
            return zone;
        }
    }
    return NULL;
}

/* ---- names that are not quite such ---- */

/* A zone whose name, or whose city, it is in other case; NULL: none is. */
static struct zone *find_of_city(struct arena *arena, const char *begin, size_t length)
{
    char *city = arena_copy_part(arena, begin, length);

    for (char *at = city; *at != '\0'; at++) {
        *at = *at == ' ' ? '_' : *at;
    }
    const char *name = zone_suggest(arena, city);
    const char *slash = name == NULL ? NULL : strrchr(name, '/');
    bool is_meant = name != NULL && (strcasecmp(name, city) == 0 ||
                                     (slash != NULL && strcasecmp(slash + 1, city) == 0));
    return is_meant ? zone_open(arena, name) : NULL;
}

/* The cities that Windows shows behind the distance to UTC; "Eastern Time (US & Canada)" is one
 * that it knows by another name. */
static struct zone *find_of_shown(struct arena *arena, const char *shown)
{
    static const char of_america[] = " Time (US & Canada)";
    const char *america = strstr(shown, of_america);
    struct zone *zone = NULL;

    if (america != NULL) {
        return zone_open(arena,
                         arena_format(arena, "%.*s Standard Time", (int)(america - shown), shown));
    }
    for (size_t i = 0; i < CITIES && *shown != '\0' && zone == NULL; i++) {
        size_t length = strcspn(shown, ",");
        zone = find_of_city(arena, shown, length);
        shown += length;
        shown += strspn(shown, ", ");
    }
    return zone;
}

/* "UTC+3", "GMT+0300", "(UTC+03:00) Moscow": by the distance alone. */
static struct zone *find_of_distance(struct arena *arena, const char *sign)
{
    int number = 0, minutes = 0, digits = 0;

    if (sscanf(sign + 1, "%4d%n", &number, &digits) != 1 || !isdigit((unsigned char)sign[1])) {
        return NULL;
    }
    if (sign[1 + digits] != ':' || sscanf(sign + 2 + digits, "%2d", &minutes) != 1) {
        minutes = digits > 2 ? number % 100 : 0;
        number = digits > 2 ? number / 100 : number;
    }
    return zone_open(arena, arena_format(arena, "%c%02d:%02d", *sign, number, minutes));
}

/* What people see of a zone in the place of its name. */
static struct zone *find_of_people(struct arena *arena, const char *name)
{
    const char *at = name + (*name == '(');
    bool has_distance = (strncasecmp(at, "UTC", 3) == 0 || strncasecmp(at, "GMT", 3) == 0) &&
                        (at[3] == '+' || at[3] == '-');
    const char *shown = has_distance ? strchr(at, ')') : NULL;
    struct zone *zone = NULL;

    if (shown != NULL) {
        zone = find_of_shown(arena, shown + 1 + strspn(shown + 1, " "));
    }
    if (zone == NULL) {
        zone = has_distance ? find_of_distance(arena, at + 3)
                            : find_of_city(arena, name, strlen(name));
    }
    return zone;
}

static icalcomponent *find_definition(icalcomponent *calendar, const char *name)
{
    icalcomponent *found = icalcomponent_get_first_component(calendar, ICAL_VTIMEZONE_COMPONENT);

    for (; found != NULL;
         found = icalcomponent_get_next_component(calendar, ICAL_VTIMEZONE_COMPONENT)) {
        icalproperty *property = icalcomponent_get_first_property(found, ICAL_TZID_PROPERTY);
        const char *called = property == NULL ? NULL : icalproperty_get_tzid(property);
        if (called != NULL && strcmp(called, name) == 0) {
            return found;
        }
    }
    return NULL;
}

static struct found *find_zone(struct calendar_zones *zones, const char *name)
{
    struct found *found = map_get(zones->found, name);
    int32_t seconds = 0;

    if (found != NULL) {
        return found;
    }
    found = arena_allocate(zones->arena, sizeof(*found));
    found->zone = find_of_iana(zones->arena, name);
    icalcomponent *definition = find_definition(zones->calendar, name);
    if (found->zone == NULL && definition != NULL) {
        const char *place = text_of(definition, ICAL_X_PROPERTY, "X-LIC-LOCATION");
        found->zone = place == NULL ? NULL : find_of_iana(zones->arena, place);
    }
    if (found->zone == NULL && definition != NULL && find_offset(definition, 0, &seconds)) {
        found->definition = definition;
    }
    if (found->zone == NULL && found->definition == NULL) {
        found->zone = zone_open(zones->arena, name);
    }
    if (found->zone == NULL && found->definition == NULL && zones->guesses < GUESSES) {
        zones->guesses++;
        found->zone = find_of_people(zones->arena, name);
    }
    map_set(zones->found, arena_copy_text(zones->arena, name), found);
    return found;
}

struct calendar_zones *calendar_zones_of(struct arena *arena, icalcomponent *calendar,
                                         struct zone *usual)
{
    struct calendar_zones *zones = arena_allocate(arena, sizeof(*zones));
    const char *name = text_of(calendar, ICAL_X_PROPERTY, "X-WR-TIMEZONE");

    *zones = (struct calendar_zones){
        .arena = arena, .calendar = calendar, .usual = usual, .found = map_create(arena)};
    struct zone *own = name == NULL ? NULL : zone_open(arena, name);
    zones->usual = own != NULL ? own : usual != NULL ? usual : zone_open(arena, "UTC");
    return zones;
}

bool calendar_moment(struct calendar_zones *zones, const char *name, int64_t local,
                     int64_t *moment_out)
{
    int32_t seconds = 0;

    if (name == NULL) {
        return zone_to_moment(zones->usual, local, moment_out);
    }
    const struct found *found = find_zone(zones, name);
    if (found->zone != NULL) {
        return zone_to_moment(found->zone, local, moment_out);
    }
    if (found->definition == NULL || !find_offset(found->definition, local, &seconds) ||
        !moment_is_in_range(local - (int64_t)seconds * SECOND)) {
        return false;
    }
    *moment_out = local - (int64_t)seconds * SECOND;
    return true;
}
