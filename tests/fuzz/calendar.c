/*
 * calendar.c - fuzz target: any bytes as a calendar.
 *
 * The limits are small, so that they are met. What was read must keep its promises: texts are such
 * as XML can hold, lines are lines, addresses are addresses, moments are in the years that are
 * kept.
 */
#include "document/calendar.h"

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/arena.h"
#include "base/expect.h"
#include "base/time.h"
#include "text/utf8.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { COMPONENTS = 12, PEOPLE = 4, ADDRESS_LENGTH = 320 };

static void check_text(const char *text)
{
    if (text == NULL) {
        return;
    }
    expect(text_is_valid_utf8(text, strlen(text)));
    for (const char *at = text; *at != '\0'; at++) {
        expect((unsigned char)*at >= ' ' || strchr("\t\r\n", *at) != NULL);
    }
}

static void check_line(const char *text)
{
    check_text(text);
    expect(text == NULL || (*text != '\0' && strpbrk(text, "\r\n\t") == NULL));
}

static void check_time(const struct calendar_time *time)
{
    expect(!time->is_known || moment_is_in_range(time->moment));
}

static void check_person(const struct calendar_person *person)
{
    check_line(person->name);
    check_line(person->address);
    check_line(person->sent_by);
    expect(strchr(person->address, '@') != NULL && strchr(person->address, ' ') == NULL &&
           strlen(person->address) <= ADDRESS_LENGTH);
}

static void check_event(const struct calendar_event *event)
{
    const char *const lines[] = {event->uid, event->subject, event->location};
    const struct calendar_time *const times[] = {&event->occurrence, &event->stamp, &event->start,
                                                 &event->end};

    expect(event->uid != NULL && event->sequence >= 0 && event->people_count <= PEOPLE);
    for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
        check_line(lines[i]);
    }
    for (size_t i = 0; i < sizeof(times) / sizeof(times[0]); i++) {
        check_time(times[i]);
    }
    check_text(event->description);
    check_text(event->comment);
    check_text(event->rule);
    expect(!event->start.is_known || event->end.moment >= event->start.moment);
    for (size_t i = 0; i < event->people_count; i++) {
        check_person(&event->people[i]);
    }
    if (event->organizer != NULL) {
        check_person(event->organizer);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const struct calendar_limits limits = {.components = COMPONENTS, .people = PEOPLE};
    struct arena *arena = arena_create();
    const struct calendar *calendar = calendar_read(arena, (const char *)data, size, &limits);

    if (calendar != NULL) {
        expect(calendar->event_count < COMPONENTS);
        for (size_t i = 0; i < calendar->event_count; i++) {
            check_event(&calendar->events[i]);
        }
    }
    arena_destroy(&arena);
    return 0;
}
