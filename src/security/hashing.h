/*
 * hashing.h - how many passwords are hashed at once, and who may wait for his turn.
 *
 * One hash takes 64 MiB and a core for a tenth of a second, and a waiting thread is one that
 * serves nobody. So few are hashed at once and few wait; a crowd of guesses is refused at once,
 * and whoever need not be hashed is served meanwhile. Threads that bring the same password wait
 * for one hash, however many they are.
 *
 * Threads: shared.
 */
#ifndef SECURITY_HASHING_H
#define SECURITY_HASHING_H

#include <stdbool.h>
#include <stdint.h>

#include "base/attributes.h"
#include "crypto/digest.h"

struct arena;
struct error;
struct hashing;

/* at_once are hashed at one time, and as many as waiting wait for it; neither is below one. */
struct hashing *hashing_make(struct arena *arena, int at_once, int waiting);

/* Takes a place. key says which password it is; may_wait: whether the caller has a claim to wait
 * when there is none. Fails with BUSY. */
must_check bool hashing_begin(struct hashing *hashing, const uint8_t key[SHA256_SIZE],
                              bool may_wait, struct error *error);
void hashing_end(struct hashing *hashing, const uint8_t key[SHA256_SIZE]);

#endif
