/*
 * false_server.c - one connection after another, one answer each.
 */
#include "apps/false_server.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#define ENVELOPE_BEGIN "<e:Envelope xmlns:e=\"http://schemas.xmlsoap.org/soap/envelope/\"><e:Body>"
#define ENVELOPE_END "</e:Body></e:Envelope>"
#define IN_PARTS "multipart/related; type=\"application/xop+xml\"; boundary=\"edge\""

enum { CUT = 10 }; /* bytes that are missing of an answer that breaks off */

/* Whether the head and as much body as it announces have come. */
static int is_complete(const char *request)
{
    const char *body = strstr(request, "\r\n\r\n");
    const char *length = strstr(request, "Content-Length: ");

    if (body != NULL && strstr(request, "Transfer-Encoding: chunked\r\n") != NULL) {
        return strstr(body, "\r\n0\r\n") != NULL;
    }
    return body != NULL &&
           (length == NULL || length > body || strlen(body + 4) >= strtoul(length + 16, NULL, 10));
}

static void read_request(int connection, char *request)
{
    size_t length = 0;
    ssize_t count = 1;

    while (count > 0 && !is_complete(request) && length < FALSE_REQUEST_SIZE - 1) {
        count = read(connection, request + length, FALSE_REQUEST_SIZE - 1 - length);
        length += count > 0 ? (size_t)count : 0;
        request[length] = '\0';
    }
}

static void answer(int connection, const struct false_answer *with)
{
    char body[4096];
    char text[8192];
    int is_soap = with->body[0] == '<';
    int is_in_parts = strncmp(with->body, "--edge", 6) == 0;

    snprintf(body, sizeof(body), "%s%s%s", is_soap ? ENVELOPE_BEGIN : "", with->body,
             is_soap ? ENVELOPE_END : "");
    int length = snprintf(text, sizeof(text),
                          "HTTP/1.1 %d X\r\nContent-Type: %s\r\n"
                          "Content-Length: %zu\r\nConnection: close\r\n\r\n%s",
                          abs(with->status), is_in_parts ? IN_PARTS : "text/xml; charset=utf-8",
                          strlen(body), body);
    (void)!write(connection, text, (size_t)(with->status < 0 ? length - CUT : length));
}

static void *serve(void *argument)
{
    struct false_server *server = argument;

    while (server->request_count < server->answer_count) {
        int connection = accept(server->listener, NULL, NULL);
        if (connection < 0) {
            break;
        }
        int index = server->request_count++;
        read_request(connection, server->requests[index]);
        if (server->answers[index].status != 0) {
            answer(connection, &server->answers[index]);
        }
        close(connection);
    }
    return NULL;
}

void false_server_begin(struct false_server *server, const struct false_answer *answers,
                        int answer_count)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t length = sizeof(address);

    memset(server, 0, sizeof(*server));
    server->answers = answers;
    server->answer_count = answer_count;
    server->listener = socket(AF_INET, SOCK_STREAM, 0);
    assert_int_equal(bind(server->listener, (struct sockaddr *)&address, length), 0);
    assert_int_equal(listen(server->listener, 8), 0);
    assert_int_equal(getsockname(server->listener, (struct sockaddr *)&address, &length), 0);
    snprintf(server->url, sizeof(server->url), "http://127.0.0.1:%d", ntohs(address.sin_port));
    assert_int_equal(pthread_create(&server->thread, NULL, serve, server), 0);
}

void false_server_end(struct false_server *server)
{
    shutdown(server->listener, SHUT_RDWR);
    pthread_join(server->thread, NULL);
    close(server->listener);
}
