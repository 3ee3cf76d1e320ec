/*
 * fault.c - struct error becomes a Fault of SOAP 1.1 or 1.2.
 */
#include "soap/fault.h"

#include "base/arena.h"
#include "base/array.h"
#include "base/error.h"
#include "metadata/entity.h"
#include "metadata/record.h"
#include "soap/answer.h"
#include "soap/door.h"
#include "soap/encode.h"
#include "soap/wire.h"
#include "soap/wire_fixed.h"

enum { STATUS_FAULT = 500, STATUS_UNAUTHORIZED = 401 };

#define FAULT_ELEMENT "CrmFault"
#define CHALLENGE_TICKET "Negotiate"
#define CHALLENGE "Basic realm=\"Svyaz\", charset=\"UTF-8\""

/* Fault codes of the envelope, by version: whose doing it is. */
static const char *const client_codes[] = {"soap:Client", "soap:Sender"};
static const char *const server_codes[] = {"soap:Server", "soap:Receiver"};

/* Seconds after which a request may be sent again. */
static const struct {
    enum error_code code;
    int seconds;
} pauses[] = {
    {ERROR_BUSY, 1},           {ERROR_TOO_MANY_ATTEMPTS, 30},     {ERROR_DATABASE_UNAVAILABLE, 2},
    {ERROR_DATABASE_FULL, 30}, {ERROR_DIRECTORY_UNAVAILABLE, 10}, {ERROR_DATABASE_CONFLICT, 1},
};

static const char *code_of(const struct error *error, enum soap_version version)
{
    if (error->code == ERROR_SOAP_VERSION) {
        return "soap:VersionMismatch";
    }
    if (error->code == ERROR_SOAP_MUST_UNDERSTAND) {
        return "soap:MustUnderstand";
    }
    return error_kind(error->code)->is_client_fault ? client_codes[version] : server_codes[version];
}

static const char *or_null(const char *text)
{
    return *text == '\0' ? NULL : text;
}

/* Files and participants have no form in one text. */
static bool is_shown(const struct record *record, const struct field *field)
{
    return field->type != FIELD_FILE && field->type != FIELD_PARTY_LIST &&
           record_has(record, field);
}

/* Fields as texts: the detail of a fault is the same for every entity. */
static struct message_list list_fields(struct arena *arena, const struct record *record)
{
    struct array list;

    if (record == NULL) {
        return (struct message_list){.is_set = false};
    }
    array_init(&list, arena);
    for (size_t i = 0; i < record->entity->field_count; i++) {
        const struct field *field = record->entity->fields[i];
        if (is_shown(record, field)) {
            const struct field_value_message value = {
                .name = field->name,
                .value = value_format(arena, field, record_value(record, field))};
            array_add(&list, arena_copy(arena, &value, sizeof(value)));
        }
    }
    return (struct message_list){.is_set = true, .count = list.count, .items = list.items};
}

static struct message_integer version_of(const struct record *record)
{
    if (record == NULL) {
        return (struct message_integer){.is_set = false};
    }
    return (struct message_integer){
        .is_set = true, .value = record_value(record, record->entity->version)->integer};
}

static void add_detail(struct encoder *encoder, const struct error *error,
                       const struct fault_setting *setting)
{
    const struct error_kind *kind = error_kind(error->code);
    const struct fault_message message = {
        .current_version = version_of(setting->current),
        .current = list_fields(encoder->text.arena, setting->current),
        .code = kind->name,
        .message = error->message,
        .field = or_null(error->subject),
        .entity = or_null(error->entity),
        .hint = setting->language == LANGUAGE_RUSSIAN ? kind->hint_russian : kind->hint,
        .request_id = setting->request_id,
        .retryable = {.is_set = true, .value = kind->is_retryable},
    };

    answer_open_wrapper(&encoder->text, setting->target_namespace, FAULT_ELEMENT);
    encode_members(encoder, setting->wire->fault, &message);
    answer_close_wrapper(&encoder->text, FAULT_ELEMENT);
}

static void add_sentence(struct buffer *text, const struct error *error)
{
    buffer_add_format(text, "%s: ", error_kind(error->code)->name);
    encode_text(text, error->message);
}

static void add_fault_1_1(struct encoder *encoder, const struct error *error,
                          const struct fault_setting *setting)
{
    struct buffer *text = &encoder->text;

    buffer_add_format(text, "<soap:Fault><faultcode>%s</faultcode><faultstring>",
                      code_of(error, setting->version));
    add_sentence(text, error);
    buffer_add_text(text, "</faultstring><detail>");
    add_detail(encoder, error, setting);
    buffer_add_text(text, "</detail></soap:Fault>");
}

static void add_fault_1_2(struct encoder *encoder, const struct error *error,
                          const struct fault_setting *setting)
{
    struct buffer *text = &encoder->text;

    buffer_add_format(text,
                      "<soap:Fault><soap:Code><soap:Value>%s</soap:Value></soap:Code>"
                      "<soap:Reason><soap:Text xml:lang=\"en\">",
                      code_of(error, setting->version));
    add_sentence(text, error);
    buffer_add_text(text, "</soap:Text></soap:Reason><soap:Detail>");
    add_detail(encoder, error, setting);
    buffer_add_text(text, "</soap:Detail></soap:Fault>");
}

static int pause_after(enum error_code code)
{
    for (size_t i = 0; i < sizeof(pauses) / sizeof(pauses[0]); i++) {
        if (pauses[i].code == code) {
            return pauses[i].seconds;
        }
    }
    return 0;
}

void fault_answer(struct arena *arena, const struct error *error,
                  const struct fault_setting *setting, struct soap_answer *answer_out)
{
    struct encoder encoder;
    bool is_unknown_caller = error->code == ERROR_NOT_AUTHENTICATED;

    *answer_out = (struct soap_answer){
        .status = is_unknown_caller ? STATUS_UNAUTHORIZED : STATUS_FAULT,
        .content_type = answer_content_type(setting->version),
        .retry_after = pause_after(error->code),
        .request_id = setting->request_id,
    };
    if (is_unknown_caller) {
        answer_out->authenticate[0] = CHALLENGE;
        answer_out->authenticate[1] = setting->takes_tickets ? CHALLENGE_TICKET : NULL;
    }
    encode_begin(&encoder, arena, false);
    answer_open(&encoder.text, setting->version);
    if (setting->version == SOAP_VERSION_1_1) {
        add_fault_1_1(&encoder, error, setting);
    } else {
        add_fault_1_2(&encoder, error, setting);
    }
    answer_close(&encoder.text);
    answer_out->body = encoder.text;
}
