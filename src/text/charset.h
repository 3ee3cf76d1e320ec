/*
 * charset.h - bytes of any character set as well-formed UTF-8.
 *
 * Mail calls its character sets by wrong names as often as not: windows-1252 is sent as iso-8859-1,
 * windows-949 as ks_c_5601-1987, koi8-r as us-ascii or as nothing at all. So a label is a hint. It
 * is read as the set that programs mean by it; where the bytes are none of that set, or there is
 * no label, the set is guessed from the bytes.
 *
 * Memory: results live in the arena given.
 * Threads: any thread.
 */
#ifndef TEXT_CHARSET_H
#define TEXT_CHARSET_H

#include <stddef.h>

struct arena;

/* Decodes bytes whose label may be wrong, or NULL. Never fails: what cannot be read becomes
 * U+FFFD. Zeros and control characters that XML cannot hold are left out. */
const char *text_decode(struct arena *arena, const char *label, const char *bytes, size_t length);

/* The label, or the name of the set that was meant by it: programs take one set with Cyrillic for
 * another. */
const char *text_charset_meant(const char *label, const char *bytes, size_t length);

/* The name of the set that bytes without a label are most likely in; never NULL. */
const char *text_guess_charset(const char *bytes, size_t length);

#endif
