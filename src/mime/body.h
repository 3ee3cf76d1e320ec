/*
 * body.h - the body of a message of ours, as a tree of parts. Private to this floor.
 *
 * Memory: the tree lives in the arena given.
 */
#ifndef MIME_BODY_H
#define MIME_BODY_H

#include <stdbool.h>

#include <gmime/gmime.h>

#include "base/attributes.h"

struct arena;
struct error;
struct mime_draft;

/* mixed (related (alternative (text, html), pictures), files), of which only that is there which
 * the draft asks for. Fails as the attachments do, or with INTERNAL where there is no room. */
must_check bool mime_body_make(struct arena *arena, const struct mime_draft *draft,
                               const char *folder, GMimeObject **body_out, struct error *error);

#endif
