/*
 * test_client.c - sessions, faults, and what is sent again.
 */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "apps/false_server.h"
#include "apps/folder.h"
#include "base/arena.h"
#include "base/file.h"
#include "client/client.h"
#include "client/element.h"
#include "xml/document.h"

#define LOGGED_IN "<LoginResponse><result><token>TOKEN</token></result></LoginResponse>"
#define LOGGED_IN_AGAIN "<LoginResponse><result><token>SECOND</token></result></LoginResponse>"
#define DONE "<R><result><id>7</id></result></R>"
#define FAULT(code, retryable)                                                                     \
    "<e:Fault><faultcode>e:Server</faultcode><faultstring>" code ": A sentence.</faultstring>"     \
    "<detail><CrmFault><code>" code "</code><message>A sentence.</message><field>name</field>"     \
    "<entity>Account</entity><hint>Do it.</hint><requestId>r-1</requestId><retryable>" retryable   \
    "</retryable></CrmFault></detail></e:Fault>"

static const struct client_operation upsert = {
    .service = "Account", .name = "UpsertAccount", .is_repeatable = true};
static const struct client_operation create = {.service = "Account", .name = "CreateAccount"};

static struct false_server server;
static struct client_error error;
static struct arena *arena;
static struct client *client;

static void begin(const struct false_answer *answers, int count)
{
    arena = arena_create();
    false_server_begin(&server, answers, count);
    const struct client_options options = {
        .url = server.url,
        .user_name = "olga",
        .password = "p&w",
        .application = "test",
        .timeout = 5,
        .attempts = 3,
    };
    assert_true(client_open(arena, &options, &client, &error));
}

/* Without the farewell: false servers do not wait for it. */
static void end(void)
{
    false_server_end(&server);
    arena_destroy(&arena);
}

static const struct xml_node *call(const struct client_operation *operation)
{
    struct element *parameters = element_make(arena, "x");
    const struct xml_node *answer = NULL;

    element_add_text(arena, parameters, "name", "A<B");
    return client_call(client, arena, operation, parameters, &answer, &error) ? answer : NULL;
}

void test_client__logs_in_and_calls(void **state)
{
    static const struct false_answer answers[] = {{200, LOGGED_IN}, {200, DONE}};

    (void)state;
    begin(answers, 2);
    const struct xml_node *answer = call(&create);
    assert_non_null(answer);
    assert_string_equal(xml_child(answer->first_child, "id")->text, "7");
    assert_non_null(strstr(server.requests[0], "POST /soap/Session HTTP/1.1\r\n"));
    assert_non_null(strstr(server.requests[0], "<password>p&amp;w</password>"));
    assert_non_null(strstr(server.requests[1], "POST /soap/Account HTTP/1.1\r\n"));
    assert_non_null(
        strstr(server.requests[1], "SOAPAction: \"urn:svyaz:crm:1:Account/CreateAccount\"\r\n"));
    assert_non_null(strstr(server.requests[1], "<s:token>TOKEN</s:token>"));
    assert_non_null(strstr(server.requests[1],
                           "<CreateAccount xmlns=\"urn:svyaz:crm:1:Account\"><name>A&lt;B</name>"));
    end();
}

void test_client__a_fault_is_typed(void **state)
{
    static const struct false_answer answers[] = {{200, LOGGED_IN},
                                                  {500, FAULT("FIELD_REQUIRED", "false")}};

    (void)state;
    begin(answers, 2);
    assert_null(call(&create));
    assert_int_equal(error.failure, CLIENT_FAULT);
    assert_string_equal(error.code, "FIELD_REQUIRED");
    assert_string_equal(error.message, "A sentence.");
    assert_string_equal(error.entity, "Account");
    assert_string_equal(error.field, "name");
    assert_string_equal(error.hint, "Do it.");
    assert_string_equal(error.request_id, "r-1");
    assert_false(error.is_retryable);
    end();
}

void test_client__a_conflict_is_sent_again(void **state)
{
    static const struct false_answer answers[] = {
        {200, LOGGED_IN}, {500, FAULT("DATABASE_CONFLICT", "true")}, {503, ""}, {200, DONE}};

    (void)state;
    begin(answers, 4);
    assert_non_null(call(&create));
    assert_int_equal(server.request_count, 4);
    end();
}

void test_client__attempts_end(void **state)
{
    static const struct false_answer answers[] = {{200, LOGGED_IN},
                                                  {500, FAULT("BUSY", "true")},
                                                  {500, FAULT("BUSY", "true")},
                                                  {500, FAULT("BUSY", "true")},
                                                  {200, DONE}};

    (void)state;
    begin(answers, 5);
    assert_null(call(&upsert));
    assert_string_equal(error.code, "BUSY");
    assert_int_equal(server.request_count, 4);
    end();
}

void test_client__an_unknown_end_is_repeated_only_where_that_does_no_harm(void **state)
{
    static const struct false_answer answers[] = {{200, LOGGED_IN},
                                                  {500, FAULT("OUTCOME_UNKNOWN", "true")},
                                                  {0, ""},
                                                  {500, FAULT("OUTCOME_UNKNOWN", "true")},
                                                  {200, DONE}};

    (void)state;
    begin(answers, 5);
    assert_null(call(&create));
    assert_string_equal(error.code, "OUTCOME_UNKNOWN");
    assert_null(call(&create));
    assert_int_equal(error.failure, CLIENT_UNREACHABLE);
    assert_non_null(call(&upsert));
    assert_int_equal(server.request_count, 5);
    end();
}

void test_client__a_session_that_ended_is_opened_anew(void **state)
{
    static const struct false_answer answers[] = {{200, LOGGED_IN},
                                                  {500, FAULT("SESSION_INVALID", "false")},
                                                  {200, LOGGED_IN_AGAIN},
                                                  {200, DONE}};

    (void)state;
    begin(answers, 4);
    assert_non_null(call(&create));
    assert_non_null(strstr(server.requests[3], "<s:token>SECOND</s:token>"));
    end();
}

void test_client__what_is_no_soap_is_said(void **state)
{
    static const struct false_answer answers[] = {
        {200, LOGGED_IN}, {404, "nothing here"}, {403, "go away"}};

    (void)state;
    begin(answers, 3);
    assert_null(call(&create));
    assert_string_equal(error.code, "NOT_FOUND");
    assert_null(call(&create));
    assert_int_equal(error.failure, CLIENT_NOT_SOAP);
    assert_non_null(strstr(error.message, "403"));
    end();
}

/* Whoever has sent it has ended meanwhile: what it was is not known. */
void test_client__an_answer_that_breaks_off_is_none(void **state)
{
    static const struct false_answer answers[] = {
        {200, LOGGED_IN}, {-200, DONE}, {-500, FAULT("BUSY", "true")}, {-200, DONE}, {200, DONE}};

    (void)state;
    begin(answers, 5);
    assert_null(call(&create));
    assert_int_equal(error.failure, CLIENT_UNREACHABLE);
    assert_non_null(call(&upsert));
    assert_int_equal(server.request_count, 5);
    end();
}

void test_client__a_proxy_without_a_server_is_asked_again(void **state)
{
    static const struct false_answer answers[] = {
        {200, LOGGED_IN},    {502, "bad gateway"},        {504, " <html>late</html>"},
        {200, DONE},         {503, " <html>away</html>"}, {200, DONE},
        {502, "bad gateway"}};

    (void)state;
    begin(answers, 7);
    assert_non_null(call(&upsert));
    assert_non_null(call(&create));
    assert_null(call(&create));
    assert_int_equal(error.failure, CLIENT_UNREACHABLE);
    assert_int_equal(server.request_count, 7);
    end();
}

void test_client__nobody_there_is_unreachable(void **state)
{
    const struct client_options options = {
        .url = "http://127.0.0.1:1", .timeout = 5, .attempts = 1};

    (void)state;
    arena = arena_create();
    assert_true(client_open(arena, &options, &client, &error));
    assert_null(call(&upsert));
    assert_int_equal(error.failure, CLIENT_UNREACHABLE);
    assert_string_equal(error.message, "http://127.0.0.1:1 cannot be reached: Connection refused");
    client_close(&client);
    arena_destroy(&arena);
}

/* A program: no session, its secret with each call, and a file as a part. */
void test_client__a_program_sends_a_file(void **state)
{
    static const struct false_answer answers[] = {
        {500, FAULT("DATABASE_CONFLICT", "true")}, {0, ""}, {200, DONE}};
    struct client_file file = {.offset = 4, .length = 9};
    struct client_request request = {.operation = &create, .id = "r-7", .file = &file};
    const struct xml_node *answer = NULL;

    (void)state;
    arena = arena_create();
    false_server_begin(&server, answers, 3);
    const struct client_options options = {.url = server.url,
                                           .user_name = "postman",
                                           .secret = "s3cret",
                                           .application = "test",
                                           .timeout = 5,
                                           .attempts = 3};
    struct element *parameters = element_make(arena, "x");
    element_add_file(arena, parameters, "message");
    request.parameters = parameters;
    const char *path = folder_write(arena, folder_make(arena), "f", "headFROM HERE.tail");
    file.descriptor = open(path, O_RDONLY);
    assert_true(client_open(arena, &options, &client, &error));
    assert_true(client_send(client, arena, &request, &answer, &error));
    assert_int_equal(server.request_count, 3); /* an id makes any write repeatable */
    for (int i = 0; i < 3; i++) {
        const char *sent = server.requests[i];
        assert_non_null(strstr(sent, "Authorization: Basic cG9zdG1hbjpzM2NyZXQ=\r\n"));
        assert_non_null(strstr(sent, "Content-Type: multipart/related; "));
        assert_non_null(strstr(sent, "<s:Request><s:id>r-7</s:id>"
                                     "<s:application>test</s:application></s:Request>"));
        assert_non_null(strstr(sent, "href=\"cid:file\"/></message>"));
        assert_non_null(strstr(sent, "Content-ID: <file>\r\n\r\nFROM HERE\r\n--"));
    }
    file.length = 99;
    assert_false(client_send(client, arena, &request, &answer, &error));
    assert_int_equal(error.failure, CLIENT_UNREADABLE);
    close(file.descriptor);
    end();
}

/* The server answers and hangs up while the file is still being sent. */
void test_client__a_refusal_is_heard_before_the_file_has_ended(void **state)
{
    enum { LENGTH = 4 * 1024 * 1024 };
    static const struct false_answer answers[] = {{500, FAULT("LIMIT_EXCEEDED", "false")}};
    struct client_file file = {.length = LENGTH};
    const struct client_request request = {.operation = &create, .file = &file};
    const struct xml_node *answer = NULL;

    (void)state;
    begin(answers, 1);
    char *text = arena_allocate(arena, LENGTH + 1);
    memset(text, 'x', LENGTH);
    file.descriptor = open(folder_write(arena, folder_make(arena), "f", text), O_RDONLY);
    const struct client_options options = {
        .url = server.url, .user_name = "p", .secret = "s", .timeout = 5, .attempts = 1};
    assert_true(client_open(arena, &options, &client, &error));
    assert_false(client_send(client, arena, &request, &answer, &error));
    assert_string_equal(error.code, "LIMIT_EXCEEDED");
    assert_int_equal(error.status, 500);
    close(file.descriptor);
    end();
}

#define PARTS(file)                                                                                \
    "--edge\r\n\r\n<e:Envelope "                                                                   \
    "xmlns:e=\"http://schemas.xmlsoap.org/soap/envelope/\"><e:Body>" DONE                          \
    "</e:Body></e:Envelope>\r\n--edge\r\n\r\n" file "\r\n--edge--\r\n"

/* An attempt that brought half of the file leaves nothing of it. */
void test_client__a_file_comes_beside_the_answer(void **state)
{
    static const struct false_answer answers[] = {
        {200, LOGGED_IN},
        {200, "--edge\r\n\r\n<e/>\r\n--edge\r\n\r\nthe former, which is longer"},
        {200, PARTS("the file")},
        {500, FAULT("BUSY", "false")}};
    const struct client_operation read = {
        .service = "Email", .name = "RetrieveEmail", .is_repeatable = true};
    struct client_target target = {.descriptor = file_make_nameless("/tmp"), .most = 100};
    const struct client_request request = {.operation = &read, .target = &target};
    const struct xml_node *answer = NULL;
    char file[100] = "";

    (void)state;
    begin(answers, 4);
    assert_true(client_send(client, arena, &request, &answer, &error));
    assert_string_equal(xml_child(answer->first_child, "id")->text, "7");
    assert_int_equal(target.length, 8);
    assert_int_equal(pread(target.descriptor, file, sizeof(file), 0), 8);
    assert_string_equal(file, "the file");
    assert_null(strstr(server.requests[0], "application/xop+xml"));
    assert_non_null(
        strstr(server.requests[2], "\r\nAccept: multipart/related; type=\"application/xop+xml\""));
    assert_false(client_send(client, arena, &request, &answer, &error));
    assert_string_equal(error.code, "BUSY");
    assert_int_equal(target.length, 0);
    close(target.descriptor);
    end();
}
