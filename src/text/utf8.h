/*
 * utf8.h - checking and counting UTF-8 text.
 *
 * Threads: any thread.
 */
#ifndef TEXT_UTF8_H
#define TEXT_UTF8_H

#include <stdbool.h>
#include <stddef.h>

/* True for well-formed UTF-8: no overlong form, no surrogate, nothing above U+10FFFF, no NUL. */
bool text_is_valid_utf8(const char *text, size_t length);

/* True for well-formed text whose every character is seen: no blank, no control or format
 * character, none that Unicode does not know. */
bool text_is_visible(const char *text, size_t length);

/* Characters (code points) of well-formed text: what a field's greatest length counts. */
size_t text_count_characters(const char *text);

/* Bytes of the first so many characters of well-formed text, or of all of it. */
size_t text_length_of(const char *text, size_t characters);

/* The greatest length, at most max_bytes, at which well-formed text may be cut between two
 * characters. */
size_t text_cut_length(const char *text, size_t length, size_t max_bytes);

#endif
