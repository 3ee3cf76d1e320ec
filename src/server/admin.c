/*
 * admin.c - the operators' pages.
 */
#include "server/admin.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/buffer.h"
#include "server/counters.h"

enum { PAGE_ROOM = 16 * 1024 };

static const char plain_text[] = "text/plain; charset=utf-8";

/* Runs all checks; adds a line for each that fails, and with is_detailed for each that does
 * not. */
static bool run_checks(const struct admin *admin, bool is_detailed, struct buffer *page)
{
    bool is_ready = true;

    for (int i = 0; i < admin->check_count; i++) {
        const struct admin_check *check = &admin->checks[i];
        size_t before = page->length;
        bool is_fine;

        buffer_add_format(page, "%s: ", check->name);
        is_fine = check->is_fine(check->context, page);
        if (is_fine && !is_detailed) {
            page->length = before;
            page->bytes[before] = '\0';
            continue;
        }
        buffer_add_text(page, is_fine ? "ok\n" : "\n");
        is_ready = is_ready && is_fine;
    }
    return is_ready;
}

static int show_live(const struct admin *admin, struct buffer *page)
{
    (void)admin;
    buffer_add_text(page, "live\n");
    return 200;
}

static int show_ready(const struct admin *admin, struct buffer *page)
{
    if (!run_checks(admin, false, page)) {
        return 503;
    }
    buffer_add_text(page, "ready\n");
    return 200;
}

static int show_health(const struct admin *admin, struct buffer *page)
{
    return run_checks(admin, true, page) ? 200 : 503;
}

static void write_resident_memory(struct buffer *page)
{
    FILE *file = fopen("/proc/self/statm", "re");
    long long pages = 0;

    if (file == NULL) {
        return;
    }
    if (fscanf(file, "%*s %lld", &pages) == 1) {
        buffer_add_format(page,
                          "# HELP process_resident_memory_bytes Memory in use.\n"
                          "# TYPE process_resident_memory_bytes gauge\n"
                          "process_resident_memory_bytes %lld\n",
                          pages * sysconf(_SC_PAGESIZE));
    }
    fclose(file);
}

static int show_metrics(const struct admin *admin, struct buffer *page)
{
    counters_write(admin->counters, page);
    write_resident_memory(page);
    if (admin->write_metrics != NULL) {
        admin->write_metrics(admin->context, page);
    }
    return 200;
}

static const struct {
    const char *path;
    const char *content_type;
    int (*show)(const struct admin *admin, struct buffer *page);
} pages[] = {
    {"/livez", plain_text, show_live},
    {"/readyz", plain_text, show_ready},
    {"/healthz", plain_text, show_health},
    {"/metrics", "text/plain; version=0.0.4; charset=utf-8", show_metrics},
};

static void handle(void *context, void *worker, struct exchange *exchange)
{
    const struct admin *admin = context;
    const struct exchange_request *request = exchange_request(exchange);

    (void)worker;
    if (request->method == HTTP_METHOD_POST) {
        exchange_add_header(exchange, "Allow", "GET, HEAD");
        exchange_answer_text(exchange, 405, "These pages are only read.");
        return;
    }
    for (size_t i = 0; i < sizeof(pages) / sizeof(pages[0]); i++) {
        if (strcmp(request->path, pages[i].path) == 0) {
            struct buffer page;
            int status;

            buffer_init(&page, exchange_arena(exchange), PAGE_ROOM);
            status = pages[i].show(admin, &page);
            exchange_answer(exchange, status, pages[i].content_type, page.bytes, page.length);
            return;
        }
    }
    exchange_answer_text(exchange, 404, "There are /livez, /readyz, /healthz and /metrics.");
}

struct exchange_door admin_door(const struct admin *admin)
{
    /* The context is only handed back to the functions above, which do not change it. */
    return (struct exchange_door){
        .context = (void *)(uintptr_t)admin,
        .handle = handle,
    };
}
