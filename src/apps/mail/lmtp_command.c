/*
 * lmtp_command.c - paths and parameters, read strictly.
 */
#include "apps/mail/lmtp_command.h"

#include <stddef.h>
#include <string.h>
#include <strings.h>

#include "apps/mail/letter.h"
#include "base/arena.h"

enum { SIZE_DIGITS = 18 };

const char *lmtp_match_verb(const char *line, const char *verb)
{
    size_t length = strlen(verb);

    if (strncasecmp(line, verb, length) != 0 || (line[length] != '\0' && line[length] != ' ')) {
        return NULL;
    }
    return line + length + (line[length] == ' ');
}

/* ---- paths ---- */

static bool is_ascii(const char *text)
{
    for (; *text != '\0'; text++) {
        if ((unsigned char)*text >= 0x80) {
            return false;
        }
    }
    return true;
}

/* Moves over "user" or "\"a user\""; false when it is neither. */
static bool pass_local_part(const char **at)
{
    const char *begin = *at;

    if (**at != '"') {
        *at += strcspn(*at, " <>@\"(),:;[\\]");
        return *at > begin;
    }
    for (++*at; **at != '"'; ++*at) {
        if (**at == '\\') {
            ++*at;
        }
        if (**at == '\0') {
            return false;
        }
    }
    ++*at;
    return true;
}

/* Moves over "example.com" or "[192.0.2.1]". */
static bool pass_domain(const char **at)
{
    const char *begin = *at;

    if (**at == '[') {
        *at += strcspn(*at, " <>@]");
        return *(*at)++ == ']';
    }
    *at += strcspn(*at, " <>@\"(),:;[\\]");
    return *at > begin && *begin != '.' && (*at)[-1] != '.';
}

/* Moves over a route, "@a,@b:", which nobody takes any more (RFC 5321, appendix C). */
static bool pass_route(const char **at)
{
    while (**at == '@') {
        ++*at;
        if (!pass_domain(at)) {
            return false;
        }
        if (**at == ':') {
            ++*at;
            return true;
        }
        if (*(*at)++ != ',') {
            return false;
        }
    }
    return true;
}

/* Reads "<user@example.com>" and moves behind it; with may_be_empty "<>" too. A user without a
 * domain is postmaster, or known to the mail server. */
static enum lmtp_fault read_path(struct arena *arena, const char **at, bool may_be_empty,
                                 const char **address_out)
{
    if (*(*at)++ != '<') {
        return LMTP_BAD_SYNTAX;
    }
    if (may_be_empty && **at == '>') {
        ++*at;
        *address_out = "";
        return LMTP_FINE;
    }
    if (!pass_route(at)) {
        return LMTP_BAD_ADDRESS;
    }
    const char *begin = *at;
    if (!pass_local_part(at)) {
        return LMTP_BAD_ADDRESS;
    }
    if (**at == '@') {
        ++*at;
        if (!pass_domain(at)) {
            return LMTP_BAD_ADDRESS;
        }
    }
    if (**at != '>') {
        return LMTP_BAD_ADDRESS;
    }
    *address_out = arena_copy_part(arena, begin, (size_t)(*at - begin));
    ++*at;
    return letter_is_address(*address_out) ? LMTP_FINE : LMTP_BAD_ADDRESS;
}

/* ---- parameters ---- */

static bool read_size(const char *text, int64_t *size_out)
{
    size_t digits = strspn(text, "0123456789");

    if (digits == 0 || digits > SIZE_DIGITS || text[digits] != '\0') {
        return false;
    }
    *size_out = 0;
    for (; *text != '\0'; text++) {
        *size_out = *size_out * 10 + (*text - '0');
    }
    return true;
}

static enum lmtp_fault read_parameter(const char *word, struct lmtp_mail *mail)
{
    if (strncasecmp(word, "SIZE=", 5) == 0) {
        return read_size(word + 5, &mail->size) ? LMTP_FINE : LMTP_BAD_SYNTAX;
    }
    if (strcasecmp(word, "BODY=8BITMIME") == 0 || strcasecmp(word, "BODY=7BIT") == 0) {
        return LMTP_FINE;
    }
    if (strcasecmp(word, "SMTPUTF8") == 0) {
        mail->is_utf8 = true;
        return LMTP_FINE;
    }
    return LMTP_BAD_PARAMETER;
}

enum lmtp_fault lmtp_read_mail(struct arena *arena, const char *argument,
                               struct lmtp_mail *mail_out)
{
    struct lmtp_mail mail = {.sender = ""};

    if (strncasecmp(argument, "FROM:", 5) != 0) {
        return LMTP_BAD_SYNTAX;
    }
    argument += 5;
    enum lmtp_fault fault = read_path(arena, &argument, true, &mail.sender);
    if (fault != LMTP_FINE || (*argument != '\0' && *argument != ' ')) {
        return fault != LMTP_FINE ? fault : LMTP_BAD_SYNTAX;
    }
    char *rest = arena_copy_text(arena, argument);
    for (char *word = strtok_r(rest, " ", &rest); word != NULL && fault == LMTP_FINE;
         word = strtok_r(NULL, " ", &rest)) {
        fault = read_parameter(word, &mail);
    }
    if (fault == LMTP_FINE && !mail.is_utf8 && !is_ascii(mail.sender)) {
        return LMTP_NEEDS_SMTPUTF8;
    }
    *mail_out = mail;
    return fault;
}

enum lmtp_fault lmtp_read_recipient(struct arena *arena, const char *argument, bool is_utf8,
                                    const char **recipient_out)
{
    const char *recipient = NULL;

    if (strncasecmp(argument, "TO:", 3) != 0) {
        return LMTP_BAD_SYNTAX;
    }
    argument += 3;
    enum lmtp_fault fault = read_path(arena, &argument, false, &recipient);
    if (fault != LMTP_FINE) {
        return fault;
    }
    if (*argument != '\0') {
        return LMTP_BAD_PARAMETER;
    }
    if (!is_utf8 && !is_ascii(recipient)) {
        return LMTP_NEEDS_SMTPUTF8;
    }
    *recipient_out = recipient;
    return LMTP_FINE;
}
