/*
 * imap_session.c - commands written, and answers read, line by line.
 */
#include "apps/mail/imap_session.h"

#include <libetpan/libetpan.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* ---- what is told ---- */

bool imap_session_has_news(const struct mailimap *session)
{
    return session->imap_selection_info->sel_has_exists;
}

void imap_session_forget_news(struct mailimap *session)
{
    session->imap_selection_info->sel_has_exists = 0;
}

/* "* 17 EXISTS" */
static bool is_news(const char *line)
{
    char *rest = NULL;

    if (strncmp(line, "* ", 2) != 0) {
        return false;
    }
    strtoul(line + 2, &rest, 10);
    return strncasecmp(rest, " EXISTS", 7) == 0;
}

/* ---- commands ---- */

static bool send_command(struct mailimap *session, const char *command)
{
    return mailimap_send_current_tag(session) == MAILIMAP_NO_ERROR &&
           mailstream_write(session->imap_stream, command, strlen(command)) >= 0 &&
           mailstream_write(session->imap_stream, "\r\n", 2) >= 0 &&
           mailstream_flush(session->imap_stream) >= 0;
}

bool imap_session_idle(struct mailimap *session)
{
    const char *line = NULL;

    if (!send_command(session, "IDLE")) {
        return false;
    }
    do {
        line = mailimap_read_line(session);
        if (line != NULL && is_news(line)) {
            session->imap_selection_info->sel_has_exists = 1;
        }
    } while (line != NULL && *line == '*');
    return line != NULL && *line == '+';
}
