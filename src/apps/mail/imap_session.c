/*
 * imap_session.c - commands written, and answers read, line by line.
 */
#include "apps/mail/imap_session.h"

#include <inttypes.h>
#include <libetpan/libetpan.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "apps/mail/imap_client.h"
#include "apps/mail/imap_state.h"
#include "base/arena.h"
#include "base/expect.h"

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

/* Sends a command and hears the answer, which is in imap_response_info. False: it is not OK. */
static bool ask(struct mailimap *session, const char *command)
{
    struct mailimap_response *response = NULL;

    if (!send_command(session, command) || mailimap_read_line(session) == NULL ||
        mailimap_parse_response(session, &response) != MAILIMAP_NO_ERROR) {
        return false;
    }
    int answer = response->rsp_resp_done->rsp_data.rsp_tagged->rsp_cond_state->rsp_type;
    mailimap_response_free(response);
    return answer == MAILIMAP_RESP_COND_STATE_OK;
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

/* ---- opening a folder ---- */

static const char *quote(struct arena *arena, const char *name)
{
    char *quoted = arena_allocate(arena, 2 * strlen(name) + 3);
    char *at = quoted;

    *at++ = '"';
    for (; *name != '\0'; name++) {
        if (*name == '"' || *name == '\\') {
            *at++ = '\\';
        }
        *at++ = *name;
    }
    *at++ = '"';
    *at = '\0';
    return quoted;
}

/* What the answer says of UIDs that were not read. Servers tell of them in their order; one that
 * comes out of turn, or again, is not counted, so that it cannot stand for another. */
struct told {
    uint32_t first, end; /* those that are of interest */
    uint64_t modseq;
    uint32_t lowest;  /* of a message; end: there is none */
    uint32_t message; /* the next that a message may have */
    uint32_t gone;    /* the next that may have gone */
    uint32_t count;   /* that are told of, in one way or the other */
};

static void hear_gone(const struct mailimap_set *set, struct told *told)
{
    for (clistiter *at = clist_begin(set->set_list); at != NULL; at = clist_next(at)) {
        const struct mailimap_set_item *item = clist_content(at);
        uint32_t from = item->set_first < told->gone ? told->gone : item->set_first;
        uint32_t end = item->set_last >= told->end ? told->end : item->set_last + 1;
        if (from < end) {
            told->count += end - from;
            told->gone = end;
        }
    }
}

static void hear_message(uint32_t uid, struct told *told)
{
    if (uid < told->message || uid >= told->end) {
        return;
    }
    told->lowest = uid < told->lowest ? uid : told->lowest;
    told->message = uid + 1;
    told->count++;
}

static void hear_extension(const struct mailimap_extension_data *data, struct told *told)
{
    int extension = data->ext_extension->ext_id;

    if (extension == MAILIMAP_EXTENSION_CONDSTORE &&
        data->ext_type == MAILIMAP_CONDSTORE_TYPE_RESP_TEXT_CODE) {
        const struct mailimap_condstore_resptextcode *code = data->ext_data;
        told->modseq = code->cs_type == MAILIMAP_CONDSTORE_RESPTEXTCODE_HIGHESTMODSEQ
                           ? code->cs_data.cs_modseq_value
                           : 0;
    } else if (extension == MAILIMAP_EXTENSION_QRESYNC &&
               data->ext_type == MAILIMAP_QRESYNC_TYPE_VANISHED && data->ext_data != NULL) {
        const struct mailimap_qresync_vanished *vanished = data->ext_data;
        hear_gone(vanished->qr_known_uids, told);
    }
}

static uint32_t uid_of(const struct mailimap_msg_att *message)
{
    for (clistiter *at = clist_begin(message->att_list); at != NULL; at = clist_next(at)) {
        const struct mailimap_msg_att_item *item = clist_content(at);
        if (item->att_type == MAILIMAP_MSG_ATT_ITEM_STATIC &&
            item->att_data.att_static->att_type == MAILIMAP_MSG_ATT_UID) {
            return item->att_data.att_static->att_data.att_uid;
        }
    }
    return 0;
}

static struct told hear(const struct mailimap_response_info *answer, uint32_t first, uint32_t end)
{
    struct told told = {.first = first, .end = end, .lowest = end, .message = first, .gone = first};

    for (clistiter *at = clist_begin(answer->rsp_extension_list); at != NULL; at = clist_next(at)) {
        hear_extension(clist_content(at), &told);
    }
    for (clistiter *at = clist_begin(answer->rsp_fetch_list); at != NULL; at = clist_next(at)) {
        hear_message(uid_of(clist_content(at)), &told);
    }
    return told;
}

/* Sends EXAMINE; what is selected is what the answer to it says. */
static bool examine(struct mailimap *session, const char *command)
{
    if (session->imap_selection_info != NULL) {
        mailimap_selection_info_free(session->imap_selection_info);
    }
    session->imap_selection_info = mailimap_selection_info_new();
    expect(session->imap_selection_info != NULL);
    bool is_done = ask(session, command);
    session->imap_state = is_done ? MAILIMAP_STATE_SELECTED : MAILIMAP_STATE_AUTHENTICATED;
    return is_done;
}

/* Asks for what concerns UIDs that were not read yet, and for nothing else: marks on the others are
 * nobody's business here. */
static const char *resync(struct arena *arena, const struct imap_state *known)
{
    return arena_format(arena, " (QRESYNC (%" PRIu32 " %" PRIu64 " %" PRIu32 ":%" PRIu32 "))",
                        known->validity, known->modseq, known->next, UINT32_MAX);
}

/* Each UID that was given since the folder was read must be that of a message, or have gone: else
 * the server has not told of all, and must be asked. */
static uint32_t first_of(const struct imap_state *known, const struct imap_folder *folder,
                         const struct told *told)
{
    bool is_told = folder->validity == known->validity && told->first <= told->end &&
                   told->count == told->end - told->first;

    return is_told ? told->lowest : 0;
}

bool imap_session_examine(struct mailimap *session, struct arena *arena, const char *name,
                          const struct imap_state *known, struct imap_folder *folder_out)
{
    const char *command = arena_format(arena, "EXAMINE %s", quote(arena, name));
    bool is_enabled = mailimap_has_enable(session) && mailimap_has_qresync(session) &&
                      ask(session, "ENABLE QRESYNC");
    bool is_resynced = is_enabled && known->modseq != 0 &&
                       examine(session, arena_format(arena, "%s%s", command, resync(arena, known)));

    if (!is_resynced && !examine(session, command)) {
        return false;
    }
    const struct mailimap_selection_info *info = session->imap_selection_info;
    struct told told = hear(session->imap_response_info, known->next, info->sel_uidnext);
    *folder_out = (struct imap_folder){
        .validity = info->sel_uidvalidity, .next = info->sel_uidnext, .modseq = told.modseq};
    folder_out->first = is_resynced ? first_of(known, folder_out, &told) : 0;
    imap_session_forget_news(session);
    return info->sel_uidvalidity != 0 && info->sel_uidnext != 0;
}
