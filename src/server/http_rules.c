/*
 * http_rules.c - what a request may be.
 */
#include "server/http_rules.h"

#include <string.h>
#include <strings.h>

#include "server/http_head.h"

enum { LENGTH_DIGITS_MOST = 15, BOUNDARY_LENGTH_MOST = 70 };

/* Headers of which a second one would leave open which counts. */
static const char *const single_headers[] = {
    "authorization",   "content-encoding", "content-length",
    "content-type",    "expect",           "host",
    "idempotency-key", "origin",           "transfer-encoding",
    "soapaction",      "x-forwarded-host", "x-forwarded-proto",
};

static const char *const media_types[] = {
    "text/xml",
    "application/soap+xml",
    "multipart/related",
};

static bool is_digit(char character)
{
    return character >= '0' && character <= '9';
}

static bool is_same_word(const char *text, size_t length, const char *word)
{
    return length == strlen(word) && strncasecmp(text, word, length) == 0;
}

/* Walks a comma separated list: returns the next element, trimmed, or NULL at the end. */
static const char *next_element(const char **list, size_t *length_out)
{
    const char *element = *list + strspn(*list, " \t,");
    size_t length = strcspn(element, ",");

    *list = element + length;
    while (length > 0 && (element[length - 1] == ' ' || element[length - 1] == '\t')) {
        length--;
    }
    *length_out = length;
    return length == 0 ? NULL : element;
}

static int count_headers(const struct http_head *head, const char *name)
{
    int count = 0;

    for (int i = 0; i < head->header_count; i++) {
        count += strcmp(head->headers[i].name, name) == 0 ? 1 : 0;
    }
    return count;
}

static enum refusal check_single(struct http_head *head)
{
    for (size_t i = 0; i < sizeof(single_headers) / sizeof(single_headers[0]); i++) {
        if (count_headers(head, single_headers[i]) > 1) {
            return REFUSAL_HEADER_REPEATED;
        }
    }
    return REFUSAL_NONE;
}

static bool is_host_character(char character)
{
    return (character >= 'a' && character <= 'z') || (character >= 'A' && character <= 'Z') ||
           is_digit(character) || strchr("-._:[]", character) != NULL;
}

static enum refusal check_host(struct http_head *head)
{
    const char *host = http_head_find(head, "host");

    head->host = host == NULL ? "" : host;
    if (head->minor_version == 0 && host == NULL) {
        return REFUSAL_NONE;
    }
    if (head->host[0] == '\0') {
        return REFUSAL_HOST;
    }
    for (const char *next = host; *next != '\0'; next++) {
        if (!is_host_character(*next)) {
            return REFUSAL_HOST;
        }
    }
    return REFUSAL_NONE;
}

static enum refusal check_transfer_coding(struct http_head *head)
{
    const char *coding = http_head_find(head, "transfer-encoding");

    if (coding == NULL) {
        return REFUSAL_NONE;
    }
    if (http_head_find(head, "content-length") != NULL) {
        return REFUSAL_LENGTH_AND_CODING;
    }
    if (strcasecmp(coding, "chunked") != 0 || head->minor_version == 0) {
        return REFUSAL_TRANSFER_CODING;
    }
    head->is_chunked = true;
    head->content_length = -1;
    return REFUSAL_NONE;
}

static enum refusal check_length(struct http_head *head)
{
    const char *length = http_head_find(head, "content-length");

    if (length == NULL) {
        bool is_missing = head->method == HTTP_METHOD_POST && !head->is_chunked;

        return is_missing ? REFUSAL_LENGTH_MISSING : REFUSAL_NONE;
    }
    if (length[0] == '\0' || strlen(length) > LENGTH_DIGITS_MOST) {
        return REFUSAL_LENGTH;
    }
    for (; *length != '\0'; length++) {
        if (!is_digit(*length)) {
            return REFUSAL_LENGTH;
        }
        head->content_length = head->content_length * 10 + (*length - '0');
    }
    return REFUSAL_NONE;
}

static enum refusal check_no_body(struct http_head *head)
{
    bool may_have_body = head->method == HTTP_METHOD_POST;

    return may_have_body || head->content_length == 0 ? REFUSAL_NONE : REFUSAL_BODY_NOT_EXPECTED;
}

static enum refusal check_expectation(struct http_head *head)
{
    const char *expectation = http_head_find(head, "expect");

    if (expectation == NULL) {
        return REFUSAL_NONE;
    }
    if (strcasecmp(expectation, "100-continue") != 0) {
        return REFUSAL_EXPECTATION;
    }
    /* A client of HTTP/1.0 would not understand the interim answer. */
    head->expects_continue = head->minor_version == 1 && head->content_length != 0;
    return REFUSAL_NONE;
}

static enum refusal check_content_coding(struct http_head *head)
{
    const char *coding = http_head_find(head, "content-encoding");

    if (coding == NULL || strcasecmp(coding, "identity") == 0) {
        return REFUSAL_NONE;
    }
    head->is_gzip = strcasecmp(coding, "gzip") == 0 || strcasecmp(coding, "x-gzip") == 0;
    return head->is_gzip ? REFUSAL_NONE : REFUSAL_CONTENT_CODING;
}

/* Finds a parameter of a media type ("; charset=utf-8"), without its quotes. False when the
 * parameters cannot be read; *value_out is NULL when it is not among them. */
static bool find_parameter(const char *parameters, const char *name, const char **value_out,
                           size_t *length_out)
{
    const char *next = parameters;

    *value_out = NULL;
    while (*(next += strspn(next, " \t")) != '\0') {
        const char *value;
        size_t name_length;
        size_t length;
        bool is_quoted;

        if (*next++ != ';') {
            return false;
        }
        next += strspn(next, " \t");
        if (*next == '\0' || *next == ';') {
            continue; /* an empty parameter, which clients do send */
        }
        name_length = strcspn(next, "= \t;\"");
        if (name_length == 0 || next[name_length] != '=') {
            return false;
        }
        value = next + name_length + 1;
        is_quoted = *value == '"';
        value += is_quoted ? 1 : 0;
        length = is_quoted ? strcspn(value, "\"\\") : strcspn(value, "; \t\"");
        if (is_quoted && value[length] != '"') {
            return false; /* not closed, or with escapes, which no client needs here */
        }
        if (is_same_word(next, name_length, name)) {
            if (*value_out != NULL) {
                return false;
            }
            *value_out = value;
            *length_out = length;
        }
        next = value + length + (is_quoted ? 1 : 0);
    }
    return true;
}

static bool is_boundary(const char *text, size_t length)
{
    if (length == 0 || length > BOUNDARY_LENGTH_MOST) {
        return false;
    }
    for (size_t i = 0; i < length; i++) {
        if (text[i] <= ' ' || text[i] > '~') {
            return false;
        }
    }
    return true;
}

static enum refusal check_parameters(struct http_head *head, const char *parameters)
{
    const char *value;
    size_t length = 0;

    if (!find_parameter(parameters, "charset", &value, &length)) {
        return REFUSAL_MEDIA_TYPE;
    }
    if (value != NULL && !is_same_word(value, length, "utf-8")) {
        return REFUSAL_MEDIA_TYPE;
    }
    if (!head->is_multipart) {
        return REFUSAL_NONE;
    }
    if (!find_parameter(parameters, "boundary", &value, &length) || value == NULL ||
        !is_boundary(value, length)) {
        return REFUSAL_MULTIPART;
    }
    return REFUSAL_NONE;
}

static enum refusal check_media_type(struct http_head *head)
{
    const char *type = http_head_find(head, "content-type");
    size_t length = type == NULL ? 0 : strcspn(type, "; \t");

    if (head->method != HTTP_METHOD_POST) {
        return REFUSAL_NONE;
    }
    for (size_t i = 0; i < sizeof(media_types) / sizeof(media_types[0]); i++) {
        if (is_same_word(type == NULL ? "" : type, length, media_types[i])) {
            head->is_multipart = strncmp(media_types[i], "multipart/", 10) == 0;
            return check_parameters(head, type + length);
        }
    }
    return REFUSAL_MEDIA_TYPE;
}

/* A browser names the site of the page that sends. Behind a proxy that ends TLS we cannot know
 * the scheme, so only a client that came by TLS itself must say https. */
static enum refusal check_origin(struct http_head *head, bool is_tls)
{
    static const char secure[] = "https://";
    static const char plain[] = "http://";
    const char *origin = http_head_find(head, "origin");

    if (origin == NULL) {
        return REFUSAL_NONE;
    }
    if (strncasecmp(origin, secure, strlen(secure)) == 0) {
        origin += strlen(secure);
    } else if (!is_tls && strncasecmp(origin, plain, strlen(plain)) == 0) {
        origin += strlen(plain);
    } else {
        return REFUSAL_ORIGIN;
    }
    return strcasecmp(origin, head->host) == 0 ? REFUSAL_NONE : REFUSAL_ORIGIN;
}

static bool has_connection_option(const struct http_head *head, const char *option)
{
    for (int i = 0; i < head->header_count; i++) {
        const char *list = head->headers[i].value;
        const char *element;
        size_t length;

        if (strcmp(head->headers[i].name, "connection") != 0) {
            continue;
        }
        while ((element = next_element(&list, &length)) != NULL) {
            if (is_same_word(element, length, option)) {
                return true;
            }
        }
    }
    return false;
}

static enum refusal note_keep_alive(struct http_head *head)
{
    bool is_default = head->minor_version == 1;

    head->is_keep_alive = !has_connection_option(head, "close") &&
                          (is_default || has_connection_option(head, "keep-alive"));
    return REFUSAL_NONE;
}

/* "gzip;q=0" declines what "gzip" accepts. */
static bool is_declined(const char *parameters, size_t length)
{
    const char *quality = memchr(parameters, 'q', length);

    if (quality == NULL) {
        return false;
    }
    for (const char *next = quality + 1; next < parameters + length; next++) {
        if (*next >= '1' && *next <= '9') {
            return false;
        }
    }
    return true;
}

static enum refusal note_accepted_coding(struct http_head *head)
{
    const char *list = http_head_find(head, "accept-encoding");
    const char *element;
    size_t length;

    while (list != NULL && (element = next_element(&list, &length)) != NULL) {
        size_t name_length = strcspn(element, "; \t,");

        name_length = name_length < length ? name_length : length;
        if (is_same_word(element, name_length, "gzip")) {
            head->accepts_gzip = !is_declined(element + name_length, length - name_length);
        }
    }
    return REFUSAL_NONE;
}

/* In this order: framing first, since everything after it relies on knowing where the request
 * ends. */
static enum refusal (*const checks[])(struct http_head *head) = {
    check_single,    check_transfer_coding, check_length,     check_host,
    check_no_body,   check_content_coding,  check_media_type, check_expectation,
    note_keep_alive, note_accepted_coding,
};

enum refusal http_rules_check(struct http_head *head, bool is_tls)
{
    enum refusal refusal = REFUSAL_NONE;

    for (size_t i = 0; refusal == REFUSAL_NONE && i < sizeof(checks) / sizeof(checks[0]); i++) {
        refusal = checks[i](head);
    }
    return refusal == REFUSAL_NONE ? check_origin(head, is_tls) : refusal;
}
