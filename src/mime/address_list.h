/*
 * address_list.h - a list of addresses cut into its entries, as people and programs write them.
 *
 * The grammar of RFC 5322 is the rule and seldom the practice: names have commas and no quotes,
 * brackets and quotes have one half, semicolons stand between, the address is in the comment, in
 * square brackets, behind "mailto:" or encoded with its name. So an entry ends at a comma or a
 * semicolon, its address is in brackets or else is what has an "@", and all other words are its
 * name. A name without an address belongs to the entry behind the comma.
 *
 * Memory: what is told is there until the one who is told returns. Private to this floor.
 */
#ifndef MIME_ADDRESS_LIST_H
#define MIME_ADDRESS_LIST_H

/* Takes one entry; the name is as it came, without quotes; NULL: none. */
typedef void mime_list_found(void *context, const char *name, const char *address);

/* Tells the entries of a list that is on one line, its encoded words in UTF-8 (word.h). */
void mime_list_read(const char *list, mime_list_found *found, void *context);

#endif
