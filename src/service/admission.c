/*
 * admission.c - a row for each user who has a request running: never more than there are workers.
 */
#include "service/admission.h"

#include <pthread.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/error.h"
#include "base/expect.h"
#include "base/uuid.h"

enum { FIRST_CAPACITY = 64 };

struct guest {
    struct uuid user_id;
    int64_t requests;
};

struct admission {
    pthread_mutex_t mutex;
    struct arena *arena;
    struct guest *guests;
    size_t count;
    size_t capacity;
};

static void destroy_mutex(void *object)
{
    pthread_mutex_destroy(object);
}

struct admission *admission_make(struct arena *arena)
{
    struct admission *admission = arena_allocate(arena, sizeof(*admission));

    expect(pthread_mutex_init(&admission->mutex, NULL) == 0);
    arena_on_release(arena, destroy_mutex, &admission->mutex);
    admission->arena = arena;
    admission->capacity = FIRST_CAPACITY;
    admission->guests = arena_allocate_array(arena, FIRST_CAPACITY, sizeof(struct guest));
    return admission;
}

static struct guest *find_guest(struct admission *admission, const struct uuid *user_id)
{
    for (size_t i = 0; i < admission->count; i++) {
        if (uuid_is_equal(&admission->guests[i].user_id, user_id)) {
            return &admission->guests[i];
        }
    }
    return NULL;
}

static struct guest *add_guest(struct admission *admission, const struct uuid *user_id)
{
    size_t size = admission->capacity * sizeof(struct guest);

    if (admission->count == admission->capacity) {
        admission->guests = arena_grow(admission->arena, admission->guests, size, size * 2);
        admission->capacity *= 2;
    }
    struct guest *guest = &admission->guests[admission->count++];
    *guest = (struct guest){.user_id = *user_id};
    return guest;
}

bool admission_enter(struct admission *admission, const struct uuid *user_id, int64_t limit,
                     struct error *error)
{
    if (admission == NULL) {
        return true;
    }
    pthread_mutex_lock(&admission->mutex);
    struct guest *guest = find_guest(admission, user_id);
    bool is_let_in = guest == NULL || guest->requests < limit;
    if (is_let_in) {
        guest = guest == NULL ? add_guest(admission, user_id) : guest;
        guest->requests++;
    }
    pthread_mutex_unlock(&admission->mutex);
    return is_let_in || error_set(error, ERROR_BUSY, NULL,
                                  "You have %lld requests running already, as many as you may",
                                  (long long)limit);
}

void admission_leave(struct admission *admission, const struct uuid *user_id)
{
    if (admission == NULL) {
        return;
    }
    pthread_mutex_lock(&admission->mutex);
    struct guest *guest = find_guest(admission, user_id);
    expect(guest != NULL);
    guest->requests--;
    if (guest->requests == 0) {
        *guest = admission->guests[--admission->count];
    }
    pthread_mutex_unlock(&admission->mutex);
}
