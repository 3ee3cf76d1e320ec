/*
 * dead_letter.h - changes that a subscriber refused, and those of the same records that came after.
 *
 * A letter holds the position of a change and nothing of what it says: when it is sent again it is
 * read again, as the subscriber may see it then. While a record has letters, its later changes
 * become letters too, so that its changes are taken in their order or not at all.
 *
 * Memory: what is read lives in the arena given, what is written is borrowed.
 */
#ifndef CHANGE_DEAD_LETTER_H
#define CHANGE_DEAD_LETTER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attributes.h"
#include "base/uuid.h"

struct arena;
struct connection;
struct error;

struct dead_letter {
    int64_t position; /* of the change in the feed */
    const char *entity_name;
    struct uuid record_id;
    int64_t parked_on;
    const char *reason; /* why it was not taken */
    bool is_due;        /* to be sent again */
};

struct dead_letter_list {
    struct dead_letter *letters;
    size_t count;
};

/* Adds a letter, or says of one that is there why it is not taken, and that it is not due. */
must_check bool dead_letter_park(struct connection *connection, struct arena *arena,
                                 const struct uuid *subscription_id,
                                 const struct dead_letter *letter, struct error *error);

/* The letters of a subscription that follow a position, in their order; limit 0: all. */
must_check bool dead_letter_read(struct connection *connection, struct arena *arena,
                                 const struct uuid *subscription_id, int64_t after, int64_t limit,
                                 struct dead_letter_list *list_out, struct error *error);

/* Those that are due, in their order. */
must_check bool dead_letter_read_due(struct connection *connection, struct arena *arena,
                                     const struct uuid *subscription_id, int64_t limit,
                                     struct dead_letter_list *list_out, struct error *error);

/* Which of the records have letters. */
must_check bool dead_letter_find_records(struct connection *connection, struct arena *arena,
                                         const struct uuid *subscription_id,
                                         const struct uuid *records, size_t record_count,
                                         struct uuid **found_out, size_t *found_count_out,
                                         struct error *error);

/* Makes the letters of a record due, up to a position; count_out: how many there are. */
must_check bool dead_letter_make_due(struct connection *connection, struct arena *arena,
                                     const struct uuid *subscription_id,
                                     const struct uuid *record_id, int64_t position,
                                     int64_t *count_out, struct error *error);

/* Makes the letters of a record wait again. */
must_check bool dead_letter_hold(struct connection *connection, struct arena *arena,
                                 const struct uuid *subscription_id, const struct uuid *record_id,
                                 struct error *error);

/* Deletes one. count_out: how many, which is 1 or 0. */
must_check bool dead_letter_drop(struct connection *connection, struct arena *arena,
                                 const struct uuid *subscription_id, int64_t position,
                                 int64_t *count_out, struct error *error);

/* Deletes those that follow a position; 0: all of a subscription. */
must_check bool dead_letter_drop_after(struct connection *connection, struct arena *arena,
                                       const struct uuid *subscription_id, int64_t position,
                                       struct error *error);

/* How many a subscription has. */
must_check bool dead_letter_count(struct connection *connection, struct arena *arena,
                                  const struct uuid *subscription_id, int64_t *count_out,
                                  struct error *error);

#endif
