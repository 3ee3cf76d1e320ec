/*
 * client.h - the API as any program meets it: over SOAP, with a session, and typed errors.
 *
 * A client logs in when it first has to, and again when its session has ended. A call that
 * failed in a way that may pass (a conflict, a busy server) is sent again after a growing wait;
 * one whose end is unknown only when repeating it does no harm. A program with a secret needs no
 * session: it proves itself with each call. Files go and come beside the envelope, piece by piece.
 *
 * Memory: a client lives in the arena it was opened in; an answer in the arena of the call.
 * Threads: a client belongs to one thread at a time; open one beside it for another.
 */
#ifndef CLIENT_CLIENT_H
#define CLIENT_CLIENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attributes.h"

struct arena;
struct client;
struct element;
struct xml_node;

struct client_options {
    const char *url;       /* "https://crm.example.com:8443", without a path */
    const char *user_name; /* NULL: calls go out without a session */
    const char *password;
    const char *secret;      /* of a program; NULL: user_name is a person's */
    const char *application; /* what it calls itself to the server */
    const char *ca_file;     /* PEM file of trusted authorities; NULL: those of the system */
    int timeout;             /* seconds for one answer */
    int attempts;            /* times that a call is sent at most */
};

enum client_failure {
    CLIENT_FAULT,       /* the server has refused */
    CLIENT_UNREACHABLE, /* no connection, or it broke */
    CLIENT_NOT_SOAP,    /* something answered that is not this API */
    CLIENT_UNREADABLE,  /* the file that should be sent cannot be read */
    CLIENT_UNWRITABLE,  /* the file that was sent cannot be kept */
};

enum { CLIENT_CODE_SIZE = 64, CLIENT_SUBJECT_SIZE = 128, CLIENT_TEXT_SIZE = 512 };

struct client_error {
    enum client_failure failure;
    bool is_retryable;
    int status;                  /* of HTTP; 0: there was no answer */
    char code[CLIENT_CODE_SIZE]; /* "DUPLICATE_KEY"; UNREACHABLE, NOT_SOAP ... of our own */
    char message[CLIENT_TEXT_SIZE];
    char entity[CLIENT_SUBJECT_SIZE];  /* empty: none */
    char field[CLIENT_SUBJECT_SIZE];   /* empty: none */
    char hint[CLIENT_TEXT_SIZE];       /* what to do; empty: nothing known */
    char request_id[CLIENT_CODE_SIZE]; /* names the line in the server's log */
};

struct client_operation {
    const char *service; /* "Account" */
    const char *name;    /* "UpsertAccount" */
    bool is_repeatable;  /* doing it twice is as good as once */
};

/* A file that goes along, as a part of its own (MTOM): read while it is sent, never held in
 * memory. The element that stands for it is made with element_add_file(). */
struct client_file {
    int descriptor;
    int64_t offset; /* of its first byte */
    int64_t length;
};

/* Where the file of an answer goes, which then comes as a part of its own (MTOM): written while it
 * comes, never held in memory. */
struct client_target {
    int descriptor; /* of a file; what was in it is lost */
    int64_t most;   /* bytes that are taken; more is a failure */
    int64_t length; /* of what has come; 0 where the answer brings no file */
};

struct client_request {
    const struct client_operation *operation;
    const struct element *parameters; /* holds the children of the wrapper; its name is ignored */
    const char *id;                   /* the write under it is done once; NULL: it has none */
    const struct client_file *file;   /* NULL: none */
    struct client_target *target;     /* NULL: a file would come within the answer's text */
};

/* Makes a client; nothing is sent yet. */
must_check bool client_open(struct arena *arena, const struct client_options *options,
                            struct client **client_out, struct client_error *error);

/* Makes another to the same server, in the same session, for another thread. The first stays
 * open as long. */
must_check bool client_open_beside(struct arena *arena, const struct client *client,
                                   struct client **beside_out, struct client_error *error);

/* Logs out where this client has logged in, and closes. Accepts a pointer to NULL. */
void client_close(struct client **client);

/* Logs in now rather than with the first call. Not for programs. */
must_check bool client_login(struct client *client, struct client_error *error);

/* Calls an operation. The answer is the wrapper of the response. */
must_check bool client_send(struct client *client, struct arena *arena,
                            const struct client_request *request,
                            const struct xml_node **answer_out, struct client_error *error);

/* The same for a request of parameters alone. */
must_check bool client_call(struct client *client, struct arena *arena,
                            const struct client_operation *operation,
                            const struct element *parameters, const struct xml_node **answer_out,
                            struct client_error *error);

/* Reads a document by GET: path is "/soap/Account?wsdl". */
must_check bool client_fetch(struct client *client, struct arena *arena, const char *path,
                             const char **bytes_out, size_t *length_out,
                             struct client_error *error);

/* Sets an error that is not the server's; returns false. */
printf_like(4, 5) bool client_fail(struct client_error *error, enum client_failure failure,
                                   const char *code, const char *format, ...);

#endif
