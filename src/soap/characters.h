/*
 * characters.h - which bytes and characters XML allows, and where.
 *
 * Threads: any; nothing here keeps state.
 */
#ifndef SOAP_CHARACTERS_H
#define SOAP_CHARACTERS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The first byte that is not part of an allowed character in well-formed UTF-8; length when
 * all are: no overlong form, no surrogate, no control character but tab, CR and LF, neither
 * U+FFFE nor U+FFFF. */
size_t characters_check(const char *bytes, size_t length);

/* Whether XML allows this character, written as it is or by number. */
bool character_is_allowed(uint32_t character);

/* Writes a character as UTF-8; returns the number of bytes, 1 to 4. */
size_t character_write(uint32_t character, char bytes[4]);

/* The length of the XML name, colons included, that begins at bytes; 0 when none does. The
 * text must have passed characters_check. */
size_t name_measure(const char *bytes, const char *end);

static inline bool is_xml_space(char byte)
{
    return byte == ' ' || byte == '\n' || byte == '\t' || byte == '\r';
}

/* Reads what stands between & and ; in a reference: one of the five names, or a number.
 * False when it is neither, or a character that XML does not allow. */
bool reference_parse(const char *bytes, size_t length, uint32_t *character_out);

#endif
