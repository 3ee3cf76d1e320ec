/*
 * bulk_mail.c - SendBulkMail: whom a mail goes to becomes rows of a job.
 */
#include "base/arena.h"
#include "base/array.h"
#include "base/error.h"
#include "base/map.h"
#include "base/uuid.h"
#include "call/call.h"
#include "generated/messages.h"
#include "generated/operations.h"
#include "mail/bulk.h"
#include "metadata/catalog.h"
#include "metadata/entity.h"
#include "metadata/record.h"
#include "query/query.h"
#include "query/request.h"
#include "record/engine.h"
#include "service/job.h"
#include "service/job_row.h"
#include "service/named_entity.h"

/* Whom the mail goes to, as far as they were gathered. */
struct gathering {
    struct call *call;
    struct kept_job *job;
    struct mail_to_many mail;
    struct map *seen;  /* by tag */
    struct array rows; /* struct batch_row *: not stored yet */
};

static bool add_recipient(struct gathering *gathering, const struct reference *recipient,
                          struct error *error)
{
    struct arena *arena = gathering->call->arena;
    const char *tag = NULL;
    char id[UUID_TEXT_SIZE];

    if (!recipient->entity->is_party) {
        return error_set(error, ERROR_VALUE_INVALID, "recipients", "No mail is sent to a %s",
                         recipient->entity->name);
    }
    uuid_format(&recipient->id, id);
    tag = arena_format(arena, "%s %s", recipient->entity->name, id);
    if (map_get(gathering->seen, tag) != NULL) {
        return true;
    }
    struct batch_row *row = mail_make_row(arena, &gathering->mail, recipient);
    row->tag = tag;
    map_set(gathering->seen, tag, row);
    array_add(&gathering->rows, row);
    return true;
}

static bool store_rows(struct gathering *gathering, struct error *error)
{
    const struct message_list rows = {
        .is_set = true, .count = gathering->rows.count, .items = gathering->rows.items};

    array_init(&gathering->rows, gathering->call->arena);
    return rows.count == 0 || job_row_add(gathering->call, gathering->job, &rows, error);
}

/* Rows name records by their ids. */
static bool resolve(struct call *call, const struct reference *given, struct reference *out,
                    struct error *error)
{
    if (given == NULL) {
        return true;
    }
    *out = *given;
    out->alternate_key = NULL;
    return given->alternate_key == NULL || record_resolve(call, given, &out->id, error);
}

static bool add_named(struct gathering *gathering, const struct message_list *recipients,
                      struct error *error)
{
    for (size_t i = 0; i < recipients->count; i++) {
        struct reference *recipient = arena_allocate(gathering->call->arena, sizeof(*recipient));
        if (!resolve(gathering->call, recipients->items[i], recipient, error) ||
            !add_recipient(gathering, recipient, error)) {
            return false;
        }
    }
    return store_rows(gathering, error);
}

static bool add_page(struct gathering *gathering, const struct page *page, struct error *error)
{
    for (size_t i = 0; i < page->count; i++) {
        const struct record *record = page->records[i];
        const struct reference recipient = {.entity = record->entity,
                                            .id = record_value(record, record->entity->id)->uuid};
        if (!add_recipient(gathering,
                           arena_copy(gathering->call->arena, &recipient, sizeof(recipient)),
                           error)) {
            return false;
        }
    }
    return store_rows(gathering, error);
}

/* All pages; limits.job_rows ends it. */
static bool add_matching(struct gathering *gathering, const char *name,
                         const struct query_request *asked, struct error *error)
{
    static const char *const columns[] = {"id"};
    struct query_request query = *asked;
    const struct entity *entity = NULL;
    struct page page = {.has_more = true};

    if (name == NULL) {
        return error_set(error, ERROR_PARAMETER_REQUIRED, "entity",
                         "A query is of the records of an entity");
    }
    if (!named_entity(gathering->call, "entity", name, &entity, error)) {
        return false;
    }
    query.columns = (struct message_list){.is_set = true, .count = 1, .items = (void **)columns};
    query.count = (struct message_boolean){.is_set = false};
    while (page.has_more) {
        if (!query_run(gathering->call, entity, &query, &page, error) ||
            !add_page(gathering, &page, error)) {
            return false;
        }
        query.cookie = page.next_cookie;
    }
    return true;
}

static bool check(struct call *call, const struct send_bulk_mail_request *asked,
                  struct error *error)
{
    const struct entity *entity = catalog_find_entity(call->catalog, "EmailTemplate");
    struct column_set columns;
    struct record *template = NULL;

    if (asked->recipients.count == 0 && asked->query == NULL) {
        return error_set(error, ERROR_PARAMETER_REQUIRED, "recipients",
                         "Mail to many needs recipients, or a query that finds them");
    }
    return query_columns(call, entity, NULL, 0, false, &columns, error) &&
           record_retrieve(call, entity, &asked->template_id.value, &columns, &template, error);
}

bool service_send_bulk_mail(struct call *call, const struct operation *operation,
                            const void *request, void *response, struct error *error)
{
    const struct send_bulk_mail_request *asked = request;
    struct send_bulk_mail_response *answer = response;
    const struct reference template = {
        .entity = catalog_find_entity(call->catalog, "EmailTemplate"),
        .id = asked->template_id.value,
    };
    struct reference sender = {.entity = NULL};
    struct kept_job job;
    struct gathering gathering = {
        .call = call,
        .job = &job,
        .mail = {.template = &template, .sender = asked->sender == NULL ? NULL : &sender},
        .seen = map_create(call->arena)};

    (void)operation;
    array_init(&gathering.rows, call->arena);
    return check(call, asked, error) && resolve(call, asked->sender, &sender, error) &&
           job_begin(call, asked->name, &job, error) &&
           add_named(&gathering, &asked->recipients, error) &&
           (asked->query == NULL || add_matching(&gathering, asked->entity, asked->query, error)) &&
           job_submit(call, &job, &answer->job, error);
}
