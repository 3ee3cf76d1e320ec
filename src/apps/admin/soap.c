/*
 * soap.c - crmctl soap call and wsdl get.
 */
#include <stdio.h>

#include "apps/admin/connect.h"
#include "apps/admin/print.h"
#include "apps/admin/report.h"
#include "apps/admin/request.h"
#include "base/arena.h"
#include "client/client.h"
#include "client/element.h"
#include "xml/document.h"

enum exit_code verb_soap_call(const struct task *task)
{
    struct client_operation operation = {.service = task->words[0], .name = task->words[1]};
    struct element *parameters = element_make(task->arena, operation.name);
    const struct xml_node *answer = NULL;
    enum print_format format;
    enum exit_code code = EXIT_USAGE;
    struct client *client = NULL;
    struct client_error error;

    if (!print_format_parse(task->arguments->format, &format) ||
        !request_add_words(task->arena, parameters, task->words + 2, task->word_count - 2) ||
        !connect_client(task, &client, &code)) {
        return code;
    }
    if (client_call(client, task->arena, &operation, parameters, &answer, &error)) {
        print_tree(task->arena, stdout, format, answer);
        code = EXIT_DONE;
    } else {
        code = report_client_error(&error);
    }
    client_close(&client);
    return code;
}

enum exit_code verb_wsdl_get(const struct task *task)
{
    struct client_options options = connect_options(task->arguments);
    struct client *client = NULL;
    struct client_error error;
    const char *bytes = NULL;
    size_t length = 0;

    if (!client_open(task->arena, &options, &client, &error) ||
        !client_fetch(client, task->arena,
                      arena_format(task->arena, "/soap/%s?wsdl", task->words[0]), &bytes, &length,
                      &error)) {
        return report_client_error(&error);
    }
    fwrite(bytes, 1, length, stdout);
    return EXIT_DONE;
}
