/*
 * unsubscribe.h - tokens by which readers of mail to many say that they want no more.
 *
 * A token names a record and is sealed with the key file: nobody makes one up, and it is of no use
 * for anything else.
 *
 * Memory: everything lives in the arena of the call.
 */
#ifndef MAIL_UNSUBSCRIBE_H
#define MAIL_UNSUBSCRIBE_H

struct call;
struct reference;

/* The address for one reader, by the setting mail.unsubscribe_address; NULL: there is none, or his
 * kind of record cannot say so. */
const char *unsubscribe_address(struct call *call, const struct reference *record);

#endif
