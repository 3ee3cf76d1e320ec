/*
 * print_text.h - one text, written so that it stays in its place.
 */
#ifndef APPS_ADMIN_PRINT_TEXT_H
#define APPS_ADMIN_PRINT_TEXT_H

#include <stddef.h>
#include <stdio.h>

/* Characters of UTF-8 text. */
size_t text_width(const char *text);

/* Writes it for people, control characters as blanks; returns the characters written. */
size_t text_print_plain(FILE *file, const char *text);

/* Writes it with tab, line breaks and backslash as \t, \n, \r and \\. */
void text_print_tab(FILE *file, const char *text);

/* Writes it as a string of JSON, quotes included. */
void text_print_json(FILE *file, const char *text);

/* Writes it as the text of an element. */
void text_print_xml(FILE *file, const char *text);

#endif
