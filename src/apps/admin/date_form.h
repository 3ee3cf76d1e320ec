/*
 * date_form.h - dates as other programs write them: "31.12.2024", "12/31/24 18:05".
 *
 * A form has yyyy or yy, MM or M, dd or d, and may have HH, mm and ss; every other character
 * stands for itself. M and d take one digit or two. yy below 70 is in this century.
 */
#ifndef APPS_ADMIN_DATE_FORM_H
#define APPS_ADMIN_DATE_FORM_H

#include <stdbool.h>

struct arena;

/* Whether it names year, month and day once each, and hours and minutes at most once. */
bool date_form_is_valid(const char *form);

/* The text as a date, or as a dateTime of the zone when the form has hours; NULL when the text
 * is not of the form, or there is no such day. */
const char *date_form_read(struct arena *arena, const char *form, const char *zone,
                           const char *text);

#endif
