/*
 * forget.h - what the server remembers of users ends with a change of the user.
 */
#ifndef RECORD_FORGET_H
#define RECORD_FORGET_H

struct call;
struct entity;
struct uuid;

/* Forgets sessions, identity and credentials remembered of a user or of a unit's users, when
 * the entity is one of theirs. */
void forget_principal(struct call *call, const struct entity *entity, const struct uuid *id);

/* Forgets what is remembered of everybody, now and when the transaction has ended: who may what
 * has changed for more than the user himself. */
void forget_everybody(struct call *call);

#endif
