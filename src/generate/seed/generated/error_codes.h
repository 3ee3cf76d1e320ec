/*
 * error_codes.h - the few codes that the generator itself needs, since it is built before
 * metadata/errors.xml has been read. Everything else includes the generated file of this name.
 */
#ifndef GENERATED_ERROR_CODES_H
#define GENERATED_ERROR_CODES_H

enum error_code {
    ERROR_NONE,
    ERROR_INTERNAL,
    ERROR_FILE_UNREADABLE,
    ERROR_XML_INVALID,
    ERROR_METADATA_INVALID,
    ERROR_SETTING_INVALID,
};

#endif
