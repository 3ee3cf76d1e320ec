/*
 * kerberos.c - accepts one token, and asks whom it names.
 */
#include "security/kerberos.h"

#include <gssapi/gssapi.h>
#include <gssapi/gssapi_ext.h>
#include <gssapi/gssapi_krb5.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/error.h"
#include "base/settings.h"
#include "crypto/base64.h"
#include "crypto/digest.h"
#include "security/directory_text.h"
#include "security/errand.h"

enum { THREADS = 2, PATIENCE = 1000, TIMEOUT = 10000 };

/* What was taken is remembered for all nodes, not in a file of this one. */
#define NO_REPLAY_CACHE "none:"

struct kerberos {
    struct arena *arena;
    const struct settings_kerberos *settings;
    struct errands *errands;
};

/* A token on its way to a thread and back. */
struct accepting {
    const struct kerberos *kerberos;
    struct arena *arena;
    gss_buffer_desc token;
    bool has_keys; /* our own could be read */
    bool is_accepted;
    const char *client;  /* name@realm */
    const char *service; /* HTTP/host@realm */
    gss_buffer_desc answer;
    uint8_t mark[SHA256_SIZE]; /* of the use of the ticket */
    char cause[ERROR_CAUSE_SIZE];
};

/* ---- what the library says ---- */

static void add_words(char *text, size_t size, OM_uint32 code, int type)
{
    OM_uint32 minor = 0;
    OM_uint32 more = 0;
    gss_buffer_desc words = GSS_C_EMPTY_BUFFER;
    size_t used = strlen(text);

    if (gss_display_status(&minor, code, type, GSS_C_NO_OID, &more, &words) == GSS_S_COMPLETE) {
        snprintf(text + used, size - used, "%s%.*s", used == 0 ? "" : ", ", (int)words.length,
                 (const char *)words.value);
    }
    gss_release_buffer(&minor, &words);
}

static bool fail(struct accepting *accepting, OM_uint32 major, OM_uint32 minor)
{
    accepting->cause[0] = '\0';
    add_words(accepting->cause, sizeof(accepting->cause), major, GSS_C_GSS_CODE);
    if (minor != 0) {
        add_words(accepting->cause, sizeof(accepting->cause), minor, GSS_C_MECH_CODE);
    }
    return false;
}

static bool say(struct accepting *accepting, const char *sentence)
{
    snprintf(accepting->cause, sizeof(accepting->cause), "%s", sentence);
    return false;
}

/* ---- our own name and keys ---- */

/* HTTP@host is a service on a host, HTTP/host@REALM a principal; nothing: any key will do. */
static bool import_service(struct accepting *accepting, gss_name_t *name_out)
{
    const char *text = accepting->kerberos->settings->service;
    gss_buffer_desc name = {.value = (void *)(uintptr_t)text, .length = strlen(text)};
    bool is_principal = strchr(text, '/') != NULL;
    OM_uint32 minor = 0;

    if (text[0] == '\0') {
        return true;
    }
    OM_uint32 major = gss_import_name(
        &minor, &name, is_principal ? GSS_KRB5_NT_PRINCIPAL_NAME : GSS_C_NT_HOSTBASED_SERVICE,
        name_out);
    return major == GSS_S_COMPLETE || fail(accepting, major, minor);
}

/* The keytab is read anew each time, so that new keys count at once. NTLM is not in the list. */
static bool acquire(struct accepting *accepting, gss_cred_id_t *keys_out)
{
    gss_OID_desc kinds[] = {*gss_mech_krb5, {6, "\x2b\x06\x01\x05\x05\x02"}};
    gss_OID_set_desc mechanisms = {2, kinds};
    gss_OID_set_desc kerberos_alone = {1, kinds};
    gss_key_value_element_desc elements[] = {
        {"keytab", accepting->kerberos->settings->keytab},
        {"rcache", NO_REPLAY_CACHE},
    };
    const gss_key_value_set_desc store = {2, elements};
    gss_name_t name = GSS_C_NO_NAME;
    OM_uint32 minor = 0;
    OM_uint32 ignored = 0;

    if (!import_service(accepting, &name)) {
        return false;
    }
    OM_uint32 major = gss_acquire_cred_from(&minor, name, GSS_C_INDEFINITE, &mechanisms,
                                            GSS_C_ACCEPT, &store, keys_out, NULL, NULL);
    gss_release_name(&ignored, &name);
    if (major == GSS_S_COMPLETE) {
        major = gss_set_neg_mechs(&minor, *keys_out, &kerberos_alone);
    }
    return major == GSS_S_COMPLETE || fail(accepting, major, minor);
}

/* ---- accepting ---- */

static const char *name_text(struct accepting *accepting, gss_name_t name)
{
    gss_buffer_desc text = GSS_C_EMPTY_BUFFER;
    OM_uint32 minor = 0;
    const char *copy = NULL;

    if (gss_display_name(&minor, name, &text, NULL) == GSS_S_COMPLETE &&
        memchr(text.value, '\0', text.length) == NULL) {
        copy = arena_copy_part(accepting->arena, text.value, text.length);
    }
    gss_release_buffer(&minor, &text);
    return copy;
}

static bool read_names(struct accepting *accepting, gss_ctx_id_t context)
{
    gss_name_t client = GSS_C_NO_NAME;
    gss_name_t service = GSS_C_NO_NAME;
    gss_OID mechanism = GSS_C_NO_OID;
    OM_uint32 minor = 0;
    OM_uint32 ignored = 0;
    int is_local = 0;
    int is_open = 0;
    OM_uint32 major = gss_inquire_context(&minor, context, &client, &service, NULL, &mechanism,
                                          NULL, &is_local, &is_open);
    bool is_kerberos = major == GSS_S_COMPLETE && is_open != 0 && mechanism != GSS_C_NO_OID &&
                       mechanism->length == gss_mech_krb5->length &&
                       memcmp(mechanism->elements, gss_mech_krb5->elements, mechanism->length) == 0;

    if (is_kerberos) {
        accepting->client = name_text(accepting, client);
        accepting->service = name_text(accepting, service);
    }
    gss_release_name(&ignored, &client);
    gss_release_name(&ignored, &service);
    if (major != GSS_S_COMPLETE) {
        return fail(accepting, major, minor);
    }
    return (accepting->client != NULL && accepting->service != NULL) ||
           say(accepting, "the token is not of Kerberos");
}

static void add_key(struct digest *digest, const gss_krb5_lucid_key_t *key)
{
    digest_add(digest, key->data, key->length);
}

/* By what the client drew for this use of his ticket: a key and the number at which he begins to
 * count (RFC 4121, 2). Not by the bytes of the token, which can be wrapped in other ways. The
 * context is over then. */
static bool read_mark(struct accepting *accepting, gss_ctx_id_t *context)
{
    OM_uint32 minor = 0;
    void *inside = NULL;
    OM_uint32 major = gss_krb5_export_lucid_sec_context(&minor, context, 1, &inside);

    if (major != GSS_S_COMPLETE) {
        return fail(accepting, major, minor);
    }
    const gss_krb5_lucid_context_v1_t *drawn = inside;
    struct digest *digest = digest_begin(accepting->arena);
    digest_add(digest, &drawn->recv_seq, sizeof(drawn->recv_seq));
    add_key(digest, &drawn->rfc1964_kd.ctx_key); /* one of them is empty */
    add_key(digest, &drawn->cfx_kd.ctx_key);
    digest_end(digest, accepting->mark);
    gss_krb5_free_lucid_sec_context(&minor, inside);
    return true;
}

static void take_answer(struct accepting *accepting, gss_buffer_desc *answer)
{
    OM_uint32 minor = 0;

    if (answer->length > 0) {
        accepting->answer.length = answer->length;
        accepting->answer.value = arena_copy(accepting->arena, answer->value, answer->length);
    }
    gss_release_buffer(&minor, answer);
}

static bool accept_with(struct accepting *accepting, gss_cred_id_t keys)
{
    gss_ctx_id_t context = GSS_C_NO_CONTEXT;
    gss_buffer_desc answer = GSS_C_EMPTY_BUFFER;
    OM_uint32 minor = 0;
    OM_uint32 ignored = 0;
    OM_uint32 flags = 0;
    OM_uint32 major =
        gss_accept_sec_context(&minor, &context, keys, &accepting->token, GSS_C_NO_CHANNEL_BINDINGS,
                               NULL, NULL, &answer, &flags, NULL, NULL);
    bool is_done = false;

    if (major == GSS_S_CONTINUE_NEEDED) {
        say(accepting, "the token asks for another round");
    } else if (major != GSS_S_COMPLETE) {
        fail(accepting, major, minor);
    } else if ((flags & GSS_C_ANON_FLAG) != 0) {
        say(accepting, "the ticket is anonymous");
    } else {
        is_done = read_names(accepting, context) && read_mark(accepting, &context);
    }
    take_answer(accepting, &answer);
    gss_delete_sec_context(&ignored, &context, GSS_C_NO_BUFFER);
    return is_done;
}

/* On a thread of its own. */
static void work(void *context)
{
    struct accepting *accepting = context;
    gss_cred_id_t keys = GSS_C_NO_CREDENTIAL;
    OM_uint32 ignored = 0;

    accepting->has_keys = acquire(accepting, &keys);
    accepting->is_accepted = accepting->has_keys && accept_with(accepting, keys);
    gss_release_cred(&ignored, &keys);
}

/* ---- whom a principal is here ---- */

static bool has_word(const char *list, const char *word)
{
    size_t length = strlen(word);

    for (const char *at = list; *at != '\0';) {
        size_t whole = strcspn(at, " ,");
        if (whole == length && memcmp(at, word, length) == 0) {
            return true;
        }
        at += whole + strspn(at + whole, " ,");
    }
    return false;
}

static bool is_realm_taken(const struct settings_kerberos *settings, const char *realm,
                           const char *service)
{
    const char *own = strrchr(service, '@');

    return settings->realms[0] != '\0' ? has_word(settings->realms, realm)
                                       : own != NULL && strcmp(own + 1, realm) == 0;
}

static bool refuse(const char *cause, struct error *error)
{
    error_set(error, ERROR_CREDENTIALS_INVALID, "Authorization",
              "The ticket is not valid for this server");
    return error_add_cause(error, "%s", cause);
}

/* A principal with an instance is a service or a second account of somebody, and a backslash
 * hides an @ or a slash: neither is a user. */
static bool name_user(const struct kerberos *kerberos, struct arena *arena,
                      const struct accepting *accepting, struct kerberos_ticket *ticket,
                      struct error *error)
{
    const char *client = accepting->client;
    const char *at = strrchr(client, '@');

    ticket->principal = arena_copy_text(arena, client);
    if (at == NULL || at == client || strpbrk(client, "/\\") != NULL) {
        refuse("the principal is no user's", error);
        return error_add_cause(error, "%.200s", client);
    }
    const char *name = arena_copy_part(arena, client, (size_t)(at - client));
    const char *realm = arena_copy_text(arena, at + 1);
    if (!is_realm_taken(kerberos->settings, realm, accepting->service)) {
        refuse("the realm is not taken", error);
        return error_add_cause(error, "%.200s", client);
    }
    const char *pattern = directory_fill(arena, kerberos->settings->user_name, "{realm}", realm);
    ticket->user_name = directory_fill(arena, pattern, "{name}", name);
    ticket->mark = arena_copy(arena, accepting->mark, sizeof(accepting->mark));
    ticket->mark_length = sizeof(accepting->mark);
    ticket->answer = accepting->answer.length == 0
                         ? NULL
                         : base64_encode(arena, accepting->answer.value, accepting->answer.length);
    return true;
}

bool kerberos_accept(struct kerberos *kerberos, struct arena *arena, const void *token,
                     size_t length, struct kerberos_ticket *ticket_out, struct error *error)
{
    struct arena *own = arena_create();
    struct accepting *accepting = arena_allocate(own, sizeof(*accepting));
    struct kerberos_ticket ticket = {.user_name = NULL};
    bool is_done = false;

    accepting->kerberos = kerberos;
    accepting->arena = own;
    accepting->token.length = length;
    accepting->token.value = arena_copy(own, token, length);
    if (errands_run(kerberos->errands, &own, work, accepting, TIMEOUT) != ERRAND_DONE) {
        error_set(error, ERROR_BUSY, NULL, "Too many tickets are being checked");
    } else if (!accepting->has_keys) {
        error_set(error, ERROR_BUSY, NULL, "The server cannot read its own keys for tickets now");
        error_add_cause(error, "%s", accepting->cause);
    } else if (!accepting->is_accepted) {
        refuse(accepting->cause, error);
    } else {
        is_done = name_user(kerberos, arena, accepting, &ticket, error);
    }
    arena_destroy(&own);
    if (is_done) {
        *ticket_out = ticket;
    }
    return is_done;
}

/* ---- the whole ---- */

/* A keytab that cannot be used is told at the start, with the library's words. */
static bool check_keys(struct kerberos *kerberos, struct error *error)
{
    struct accepting accepting = {.kerberos = kerberos, .arena = kerberos->arena};
    gss_cred_id_t keys = GSS_C_NO_CREDENTIAL;
    OM_uint32 ignored = 0;
    bool is_there = access(kerberos->settings->keytab, R_OK) == 0;
    bool is_usable = is_there && acquire(&accepting, &keys);

    gss_release_cred(&ignored, &keys);
    if (is_usable) {
        return true;
    }
    error_set(error, ERROR_SETTING_INVALID, "kerberos",
              "kerberos.keytab cannot be read, or has no key for kerberos.service");
    return is_there ? error_add_cause(error, "%s", accepting.cause) : false;
}

bool kerberos_create(const struct settings_kerberos *settings, struct kerberos **kerberos_out,
                     struct error *error)
{
    if (settings->keytab[0] == '\0') {
        *kerberos_out = NULL;
        return true;
    }
    struct arena *arena = arena_create();
    struct kerberos *kerberos = arena_allocate(arena, sizeof(*kerberos));
    kerberos->arena = arena;
    kerberos->settings = settings;
    if (strstr(settings->user_name, "{name}") == NULL) {
        error_set(error, ERROR_SETTING_INVALID, "kerberos",
                  "kerberos.user_name must have {name} in it");
        kerberos_destroy(&kerberos);
        return false;
    }
    if (!check_keys(kerberos, error) ||
        !errands_create(THREADS, PATIENCE, &kerberos->errands, error)) {
        kerberos_destroy(&kerberos);
        return false;
    }
    *kerberos_out = kerberos;
    return true;
}

void kerberos_destroy(struct kerberos **kerberos)
{
    if (*kerberos == NULL) {
        return;
    }
    struct arena *arena = (*kerberos)->arena;
    errands_destroy(&(*kerberos)->errands);
    arena_destroy(&arena);
    *kerberos = NULL;
}
