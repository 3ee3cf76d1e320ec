/*
 * forget.h - what the server remembers of users ends with a change of the user.
 *
 * It is forgotten twice: at once, and when the transaction has ended, because in between others
 * may have read what was there before.
 */
#ifndef RECORD_FORGET_H
#define RECORD_FORGET_H

struct call;
struct entity;
struct uuid;

/* Forgets the sessions of a user, and what he may. */
void forget_user(struct call *call, const struct uuid *user_id);

/* The same and the password that he was known by. */
void forget_password(struct call *call, const struct uuid *user_id);

/* The same, when the entity is one of principals. */
void forget_principal(struct call *call, const struct entity *entity, const struct uuid *id);

/* Forgets what is remembered of everybody: who may what has changed for more than one user. */
void forget_everybody(struct call *call);

/* Forgets the same again; called when the transaction has ended, in whatever way. */
void forget_again(const struct call *call);

#endif
