/*
 * decode.h - turns elements into the struct of a request, led by wire types.
 *
 * Members may come in any order. What is unknown, repeated, missing, or not of its type is
 * refused with a fault that names it.
 *
 * Memory: what is decoded lives in the arena of the decoder; contents of files stay where they
 * are in the message.
 * Threads: a decoder belongs to one thread.
 */
#ifndef SOAP_DECODE_H
#define SOAP_DECODE_H

#include <stdbool.h>

#include "base/attributes.h"
#include "metadata/value.h"

struct arena;
struct catalog;
struct element;
struct error;
struct file_message;
struct message_limits;
struct multipart;
struct party_message;
struct walk;
struct record;
struct reference_message;
struct wire_member;
struct wire_type;
struct zone;

struct decoder {
    struct arena *arena;
    struct walk *walk;
    const struct catalog *catalog;
    const char *target_namespace;      /* of every element below the operation */
    struct zone *zone;                 /* of moments without offset, or NULL */
    const struct multipart *multipart; /* NULL: the message has no parts */
    const struct message_limits *limits;
};

/* Reads the element just gone to as a struct of the type. Numbers, texts and dates are checked
 * by type; whether they make sense is the business of others. */
must_check bool decode_struct(struct decoder *decoder, const struct wire_type *type, void *place,
                              struct error *error);

/* ---- between the files named decode*.c ---- */

/* Reads the element just gone to into its place in a struct. */
must_check bool decode_value(struct decoder *decoder, const struct wire_member *member,
                             const struct element *element, void *place, struct error *error);

/* Reads a record. */
must_check bool decode_record(struct decoder *decoder, const struct wire_type *type,
                              struct record **record_out, struct error *error);

/* Finds the member that an element is, and refuses one that is unknown or was there before. */
must_check bool decode_find_member(const struct decoder *decoder, const struct wire_type *type,
                                   const struct element *element, bool *seen,
                                   const struct wire_member **member_out, struct error *error);

/* Reads the element just gone to as simple text. What xsi:type claims must be true of it. */
must_check bool decode_text(struct decoder *decoder, const struct wire_type *type,
                            const char **text_out, struct error *error);

/* Goes over an element with xsi:nil, which must be empty. */
must_check bool decode_nil(struct decoder *decoder, const struct element *element,
                           struct error *error);

/* Refuses an element whose xsi:type names another type than its own. */
must_check bool decode_check_type(struct decoder *decoder, const struct wire_type *type,
                                  struct error *error);

/* Puts a simple value into its place in a struct. */
must_check bool decode_simple(const struct decoder *decoder, const struct wire_member *member,
                              const char *text, void *place, struct error *error);

/* Text without the white space around it. */
const char *decode_trim(struct arena *arena, const char *text);

/* From what came in a message to what the floors below use. field may be NULL: any entity. */
must_check bool decode_reference(const struct decoder *decoder, const struct field *field,
                                 const struct reference_message *message,
                                 struct reference *reference_out, struct error *error);
must_check bool decode_party(const struct decoder *decoder, const struct field *field,
                             const struct party_message *message, struct party *party_out,
                             struct error *error);

#endif
