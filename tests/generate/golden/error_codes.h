/*
 * error_codes.h - every way a call can fail.
 *
 * Made by build/generate from metadata/errors.xml. Edit that instead.
 */
#ifndef GENERATED_ERROR_CODES_H
#define GENERATED_ERROR_CODES_H

enum error_code {
    ERROR_NONE,
    ERROR_INTERNAL,
    ERROR_SOME_THING,
    ERROR_CODE_COUNT
};

#endif
