/*
 * deliver.c - crm-deliver: one message from standard input, brought to the platform at once.
 *
 * It has no spool: the mail server has one, and keeps the message until this program says yes.
 * Whatever is not plainly the message's fault is answered "try later", wrong settings included, so
 * that no mistake of an administrator sends mail back to those who wrote it.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sysexits.h>
#include <unistd.h>

#include "apps/mail/connector.h"
#include "apps/mail/delivery.h"
#include "apps/mail/domains.h"
#include "apps/mail/letter.h"
#include "apps/mail/options.h"
#include "base/arena.h"
#include "base/buffer.h"
#include "base/error.h"
#include "base/file.h"
#include "base/time.h"
#include "crypto/digest.h"

enum { PIECE_SIZE = 32 * 1024, HEAD_SIZE = 512 };

static const struct options_program program = {
    .name = "crm-deliver",
    .meaning = "files a message from standard input in Svyaz",
    .usage = "[OPTION]... [-f SENDER] [--] [RECIPIENT]...",
    .takes_envelope = true,
    .more = "Without recipients, or without -f: RECIPIENT and SENDER of the environment.\n"
            "Settings: /etc/crmd/connectors.conf, /etc/crmd/connectors.d/*.conf, "
            "CRM_<SECTION>_<KEY> in\n"
            "the environment, -o; the last wins. While it comes, the message lies in TMPDIR, or "
            "/var/tmp.\n"
            "\n"
            "Exit status, by which mail servers decide: 0 filed, or not wanted by the platform; 75 "
            "try\n"
            "later; 65 the platform will never take this message; 67 no mail for this domain is "
            "taken;\n"
            "64 wrong usage; 78 with --check, the settings are wrong or the platform does not let "
            "it in.\n",
};

/* Says it to whoever reads the mail server's log; the status goes back to the mail server. */
static int fail(int status, const char *message, const char *cause)
{
    fprintf(stderr, "crm-deliver: %s%s%s\n", message, cause[0] == '\0' ? "" : ": ", cause);
    return status;
}

/* ---- the letter ---- */

/* A file without a name. */
static bool open_file(struct arena *arena, int *file_out)
{
    const char *folder = getenv("TMPDIR");
    char *name = arena_format(arena, "%s/crm-deliver-XXXXXX",
                              folder == NULL || folder[0] == '\0' ? "/var/tmp" : folder);
    int file = mkstemp(name);

    if (file < 0) {
        return false;
    }
    unlink(name);
    *file_out = file;
    return true;
}

/* Copies standard input until its end, or until there is more than a message may have. */
static bool copy_input(int file, int64_t most, struct digest *digest, int64_t *length)
{
    char piece[PIECE_SIZE];
    ssize_t count;

    while (*length <= most && (count = read(STDIN_FILENO, piece, sizeof(piece))) != 0) {
        if (count < 0 && errno == EINTR) {
            continue;
        }
        if (count < 0 || !file_write_all(file, piece, (size_t)count)) {
            return false;
        }
        digest_add(digest, piece, (size_t)count);
        *length += count;
    }
    return true;
}

/* The same message for the same people, tried again by the mail server, has the same id. */
static const char *id_of(struct arena *arena, struct digest *digest)
{
    uint8_t bytes[SHA256_SIZE];
    char text[SHA256_TEXT_SIZE];

    digest_end(digest, bytes);
    digest_format(bytes, text);
    return arena_format(arena, "deliver-%s", text);
}

/* Reads standard input into the letter's file; 0, or the status to end with. */
static int read_letter(const struct connector *connector, struct letter *letter)
{
    struct arena *arena = connector->arena;
    struct digest *digest = digest_begin(arena);
    int64_t most = connector->settings.message.size;
    struct buffer head, path;
    int64_t length = 0;

    buffer_init(&head, arena, HEAD_SIZE);
    buffer_init(&path, arena, HEAD_SIZE);
    letter_write_head(&letter->envelope, &head);
    letter_write_return_path(&letter->envelope, "\n", &path);
    digest_add(digest, head.bytes, head.length);
    if (!open_file(arena, &letter->message.descriptor) ||
        !file_write_all(letter->message.descriptor, path.bytes, path.length) ||
        !copy_input(letter->message.descriptor, most, digest, &length)) {
        return fail(EX_TEMPFAIL, "the message cannot be stored", strerror(errno));
    }
    if (length > most) {
        return fail(EX_DATAERR, "the message is larger than message.size", "");
    }
    if (length == 0) {
        return fail(EX_DATAERR, "there is no message on standard input", "");
    }
    letter->id = id_of(arena, digest);
    letter->message.length = (int64_t)path.length + length;
    return EX_OK;
}

/* ---- the envelope ---- */

static const char *without_brackets(struct arena *arena, const char *address)
{
    size_t length = strlen(address);

    return length >= 2 && address[0] == '<' && address[length - 1] == '>'
               ? arena_copy_part(arena, address + 1, length - 2)
               : address;
}

/* From the command line, or as mail servers have it in the environment. */
static int read_envelope(const struct connector *connector, const struct options *options,
                         struct letter_envelope *envelope)
{
    struct arena *arena = connector->arena;
    const char *sender = options->sender != NULL ? options->sender : getenv("SENDER");
    const char *recipient = getenv("RECIPIENT");

    array_init(&envelope->recipients, arena);
    envelope->sender = sender == NULL ? NULL : without_brackets(arena, sender);
    for (size_t i = 0; i < options->recipients.count; i++) {
        array_add(&envelope->recipients, without_brackets(arena, options->recipients.items[i]));
    }
    if (envelope->recipients.count == 0 && recipient != NULL && recipient[0] != '\0') {
        array_add(&envelope->recipients, without_brackets(arena, recipient));
    }
    if (envelope->recipients.count == 0) {
        return fail(EX_USAGE, "there is no recipient", "");
    }
    if (envelope->sender != NULL && !letter_is_address(envelope->sender)) {
        return fail(EX_DATAERR, "the sender is no address", "");
    }
    for (size_t i = 0; i < envelope->recipients.count; i++) {
        const char *address = envelope->recipients.items[i];

        if (!letter_is_address(address)) {
            return fail(EX_DATAERR, "a recipient is no address", "");
        }
        if (!domains_have(connector->settings.message.domains, address)) {
            return fail(EX_NOUSER, "no mail for this domain is taken", address);
        }
    }
    return EX_OK;
}

/* ---- delivery ---- */

static int tell(const struct connector *connector, const struct letter *letter,
                const struct delivery_result *result, int64_t began)
{
    const struct client_error *error = &result->error;

    if (result->verdict == DELIVERY_DONE) {
        log_event(&connector->log, LOG_LEVEL_INFO, "delivered", LOG_TEXT("letter", letter->id),
                  LOG_TEXT("email", result->email),
                  LOG_TEXT("created", result->is_created ? "yes" : "no"),
                  LOG_TEXT("reason", result->reason), LOG_TEXT("kind", result->kind),
                  LOG_NUMBER("recipients", (int64_t)letter->envelope.recipients.count),
                  LOG_NUMBER("bytes", letter->message.length),
                  LOG_NUMBER("ms", time_monotonic() - began));
        return EX_OK;
    }
    return fail(result->verdict == DELIVERY_REFUSED ? EX_DATAERR : EX_TEMPFAIL, error->code,
                error->message);
}

static int deliver(const struct connector *connector, const struct options *options)
{
    struct letter letter = {.message = {.descriptor = -1}};
    struct delivery_result result;
    struct client *client = NULL;
    int64_t began = time_monotonic();

    int status = read_envelope(connector, options, &letter.envelope);
    if (status == EX_OK) {
        status = read_letter(connector, &letter);
    }
    if (status == EX_OK &&
        !connector_open_client(connector, connector->arena, 1, &client, &result.error)) {
        status = fail(EX_TEMPFAIL, result.error.code, result.error.message);
    }
    if (status == EX_OK) {
        delivery_send(client, &letter, &result);
        status = tell(connector, &letter, &result, began);
    }
    client_close(&client);
    if (letter.message.descriptor >= 0) {
        close(letter.message.descriptor);
    }
    return status;
}

static int check(const struct connector *connector)
{
    struct client_error error;

    if (!connector_check(connector, &error)) {
        return fail(EX_CONFIG, error.code, error.message);
    }
    puts("crm-deliver: the settings are in order, and the platform lets it in");
    return EX_OK;
}

static int run(struct arena *arena, int count, char **words)
{
    struct options options;
    struct connector *connector = NULL;
    struct error error = {0};

    if (!options_read(arena, &program, count, words, &options, &error)) {
        return fail(EX_USAGE, error.message, error.cause);
    }
    if (options_answer(&program, &options)) {
        return EX_OK;
    }
    if (!connector_open(arena, program.name, options.config, options.overrides, &connector,
                        &error)) {
        return fail(options.mode == OPTIONS_CHECK ? EX_CONFIG : EX_TEMPFAIL, error.message,
                    error.cause);
    }
    return options.mode == OPTIONS_CHECK ? check(connector) : deliver(connector, &options);
}

/* No file of ours gets the number of one that the mail server has closed, and nothing can be read
 * where standard input is not there: that is no empty message. */
static void hold_standard_descriptors(void)
{
    for (int number = STDIN_FILENO; number <= STDERR_FILENO; number++) {
        if (fcntl(number, F_GETFD) < 0) {
            (void)!open("/dev/null", O_WRONLY);
        }
    }
}

/* A bound on files, or nobody who reads what is said, is an error of one write: some mail servers
 * send a message back when a signal ends the program. */
static void ignore_signals_of_writing(void)
{
    signal(SIGPIPE, SIG_IGN);
    signal(SIGXFSZ, SIG_IGN);
}

int main(int count, char **words)
{
    hold_standard_descriptors();
    ignore_signals_of_writing();
    umask(S_IRWXG | S_IRWXO); /* mail is nobody else's business */
    struct arena *arena = arena_create();
    int status = run(arena, count, words);

    arena_destroy(&arena);
    return status;
}
