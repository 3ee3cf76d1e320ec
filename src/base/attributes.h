/*
 * attributes.h - the compiler's extensions, named once.
 */
#ifndef BASE_ATTRIBUTES_H
#define BASE_ATTRIBUTES_H

#define must_check __attribute__((warn_unused_result))
#define printf_like(format_index, first_argument)                                                  \
    __attribute__((format(printf, format_index, first_argument)))
#define never_returns __attribute__((noreturn))

#endif
