/*
 * signature.h - XML signatures, verified; how this floor, and nobody else, meets libxmlsec1.
 *
 * The library canonicalises, digests and verifies. What it may meet is decided here before it
 * sees anything, since most attacks on XML signatures are about what is signed, and by what:
 *
 * - one signature, at the place where it belongs; one of each element that must be unique;
 * - no id twice in the whole document, however the attribute is spelt;
 * - references within the document, each to another element, each with one transform: exclusive
 *   C14N; digests by SHA-256 or better;
 * - the signature by RSA or ECDSA with SHA-256 or better; no HMAC, no parameters;
 * - the key is that of the certificate in the token that KeyInfo names, and no other.
 *
 * What comes back are the canonical bytes that were digested: whoever reads those reads what was
 * signed, whatever else the document holds.
 *
 * libxmlsec1 rather than gSOAP's plug-in: it verifies a tree, which can be looked through first;
 * the plug-in verifies while the message streams into values, and trusts ids as it meets them.
 *
 * Memory: all lives in the arena given.
 * Threads: any.
 */
#ifndef XML_SIGNATURE_H
#define XML_SIGNATURE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/attributes.h"

struct arena;
struct error;

enum { XML_SIGNATURE_PARTS = 16 };

/* Where things are. A path is "{namespace}name" for each element from the root, "/" between. */
struct xml_signature_frame {
    const char *signature_path;
    const char *token_path;    /* of the certificate, DER in base64 */
    const char *reference;     /* "{namespace}name" of what in KeyInfo points to the token */
    const char *id_namespace;  /* of the attribute Id */
    const char *const *unique; /* "{namespace}name" of elements that may be there once; NULL ends */
};

/* An element that was signed. */
struct xml_signature_part {
    const char *path;
    const char *bytes; /* canonical, as they were digested */
    size_t length;
};

struct xml_signature {
    const char *token; /* text of the token */
    struct xml_signature_part parts[XML_SIGNATURE_PARTS];
    size_t part_count;
    const char *statement; /* canonical SignedInfo */
    size_t statement_length;
    void *document; /* between the two functions */
};

/* Finds the signature and checks its form; the token is known then, the rest is not. Fails with
 * CREDENTIALS_INVALID. */
must_check bool xml_signature_find(struct arena *arena, const char *bytes, size_t length,
                                   const struct xml_signature_frame *frame,
                                   struct xml_signature *signature_out, struct error *error);

/* Verifies it with the key of a certificate in DER and tells what was signed. Fails with
 * CREDENTIALS_INVALID. */
must_check bool xml_signature_verify(struct arena *arena, struct xml_signature *signature,
                                     const void *certificate, size_t certificate_length,
                                     struct error *error);

#endif
