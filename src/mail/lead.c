/*
 * lead.c - ConvertEmailToLead: who wrote a message that matches nothing becomes a lead with a
 * contact, and the e-mail is about the lead.
 */
#include <string.h>

#include "base/arena.h"
#include "base/error.h"
#include "call/call.h"
#include "generated/messages.h"
#include "generated/operations.h"
#include "mail/incoming.h"
#include "metadata/catalog.h"
#include "metadata/entity.h"
#include "metadata/record.h"
#include "mime/mime.h"
#include "query/query.h"
#include "record/engine.h"
#include "record/own.h"

/* What is known of the sender. */
struct stranger {
    const char *address;
    const char *first_name, *last_name; /* first_name NULL: only one name */
    struct reference record;            /* who has the address already; entity NULL: nobody */
};

static const struct value *value_of(const struct record *record, const char *name)
{
    return record_value(record, entity_find_field(record->entity, name));
}

static bool is_entity(const struct reference *record, const char *name)
{
    return record->entity != NULL && strcmp(record->entity->name, name) == 0;
}

/* ---- the e-mail ---- */

static bool refuse(struct error *error, const char *why)
{
    return error_set(error, ERROR_RULE_BROKEN, "id", "%s", why);
}

/* Read as the caller may, and locked: of two who convert it one finds it converted. */
static bool read_email(struct call *call, const struct uuid *id, struct record **email_out,
                       struct error *error)
{
    static const char *const names[] = {"id",       "subject",    "sender",   "from",
                                        "original", "isOutgoing", "regarding"};
    const struct entity *entity = catalog_find_entity(call->catalog, "Email");
    const struct field *fields[sizeof(names) / sizeof(names[0])];
    const struct column_set columns = {.fields = fields, .count = sizeof(names) / sizeof(names[0])};
    struct record *locked = NULL;

    for (size_t i = 0; i < columns.count; i++) {
        fields[i] = entity_find_field(entity, names[i]);
    }
    return query_find(call, entity, id, &columns, ROW_LOCK_CHANGE, &locked, error) &&
           record_retrieve(call, entity, id, &columns, email_out, error);
}

static bool check_email(const struct record *email, struct error *error)
{
    const struct value *outgoing = value_of(email, "isOutgoing");

    if (outgoing->state == VALUE_SET && outgoing->boolean) {
        return refuse(error, "The e-mail was written here: it makes nobody a lead");
    }
    if (value_of(email, "regarding")->state == VALUE_SET) {
        return refuse(error, "The e-mail is about a record already");
    }
    return value_of(email, "sender")->state == VALUE_SET ||
           refuse(error, "The e-mail has no sender");
}

/* ---- the sender ---- */

static bool read_bytes(void *context, void *bytes, size_t capacity, size_t *length_out,
                       struct error *error)
{
    struct file *file = context;
    return file->read(file, bytes, capacity, length_out, error);
}

/* As he wrote it in the message: the e-mail keeps his address alone. */
static bool read_name(struct call *call, const struct record *email, const char **name_out,
                      struct error *error)
{
    const struct value *original = value_of(email, "original");
    struct mime_message *message = NULL;

    *name_out = NULL;
    if (original->state != VALUE_SET || original->file->read == NULL) {
        return true;
    }
    const struct mime_source source = {.read = read_bytes, .context = original->file};
    if (!mail_parse_source(call, &source, &message, error)) {
        return false;
    }
    *name_out = message->from.count > 0 ? message->from.items[0].name : NULL;
    return true;
}

/* "Ann Smith" and "Smith, Ann"; of one word, or an address, all is the last name. */
static void split_name(struct call *call, const char *name, struct stranger *stranger)
{
    const char *comma = strchr(name, ',');
    const char *blank = strrchr(name, ' ');

    stranger->first_name = NULL;
    stranger->last_name = name;
    if (comma != NULL && comma > name) {
        stranger->last_name = arena_copy_part(call->arena, name, (size_t)(comma - name));
        stranger->first_name = comma + 1 + strspn(comma + 1, " ");
    } else if (comma == NULL && blank != NULL && blank > name && blank[1] != '\0') {
        stranger->first_name = arena_copy_part(call->arena, name, (size_t)(blank - name));
        stranger->last_name = blank + 1;
    }
}

static bool find_stranger(struct call *call, const struct record *email, struct stranger *stranger,
                          struct error *error)
{
    const struct value *from = value_of(email, "from");
    const char *name = NULL;

    stranger->address = value_of(email, "sender")->text;
    stranger->record = from->state == VALUE_SET && from->parties.count > 0
                           ? from->parties.items[0].reference
                           : (struct reference){.entity = NULL};
    if (stranger->record.entity != NULL && !is_entity(&stranger->record, "Contact") &&
        !is_entity(&stranger->record, "Account")) {
        return refuse(error, "The sender is known, and is no contact or account");
    }
    if (!read_name(call, email, &name, error)) {
        return false;
    }
    if (name == NULL || *name == '\0') {
        const char *domain = strchr(stranger->address, '@');
        size_t length =
            domain == NULL ? strlen(stranger->address) : (size_t)(domain - stranger->address);
        name = arena_copy_part(call->arena, stranger->address, length);
    }
    split_name(call, name, stranger);
    return true;
}

/* ---- what is made ---- */

static bool name_person(struct call *call, struct record *record,
                        const struct convert_email_to_lead_request *asked,
                        const struct stranger *stranger, struct error *error)
{
    bool is_given = asked->first_name != NULL || asked->last_name != NULL;
    const struct field *mail = entity_find_field(record->entity, "emailAddress1");
    bool fits = strlen(stranger->address) <= mail->length;

    return mail_set_text(call, record, "firstName",
                         is_given ? asked->first_name : stranger->first_name, error) &&
           mail_set_text(call, record, "lastName",
                         is_given && asked->last_name != NULL ? asked->last_name
                                                              : stranger->last_name,
                         error) &&
           (!fits || mail_set_text(call, record, mail->name, stranger->address, error));
}

static bool create(struct call *call, struct record *record, struct reference *reference_out,
                   struct error *error)
{
    struct write_outcome outcome;

    if (!record_create(call, record, &outcome, error)) {
        return false;
    }
    *reference_out = (struct reference){.entity = record->entity, .id = outcome.id};
    return true;
}

static bool create_contact(struct call *call, const struct convert_email_to_lead_request *asked,
                           const struct stranger *stranger, struct reference *contact_out,
                           struct error *error)
{
    struct record *contact = own_record(call, "Contact");

    return name_person(call, contact, asked, stranger, error) &&
           create(call, contact, contact_out, error);
}

static bool create_lead(struct call *call, const struct convert_email_to_lead_request *asked,
                        const struct record *email, const struct stranger *stranger,
                        const struct reference *person, struct reference *lead_out,
                        struct error *error)
{
    struct record *lead = own_record(call, "Lead");
    const struct value *subject = value_of(email, "subject");
    const char *topic = asked->topic != NULL ? asked->topic : subject->text;

    if (!mail_set_text(call, lead, "subject", topic, error) ||
        !mail_set_text(call, lead, "companyName", asked->company_name, error) ||
        !name_person(call, lead, asked, stranger, error)) {
        return false;
    }
    if (person->entity != NULL) {
        mail_set_reference(lead, is_entity(person, "Account") ? "account" : "contact", person);
    }
    return create(call, lead, lead_out, error);
}

/* The e-mail is about the lead; its sender is the contact, or else the lead. */
static bool file_under(struct call *call, const struct record *email, const struct uuid *id,
                       const struct reference *lead, const struct reference *person,
                       struct write_outcome *outcome_out, struct error *error)
{
    const struct value *from = value_of(email, "from");
    struct record *change = record_make(call->arena, email->entity);
    struct value *senders = record_value(change, entity_find_field(email->entity, "from"));

    own_set_id(change, id);
    mail_set_reference(change, "regarding", lead);
    if (from->state == VALUE_SET && from->parties.count > 0 &&
        from->parties.items[0].reference.entity == NULL) {
        struct party *parties =
            arena_copy(call->arena, from->parties.items, from->parties.count * sizeof(*parties));
        parties[0].reference = person->entity != NULL ? *person : *lead;
        *senders = (struct value){.state = VALUE_SET};
        senders->parties.items = parties;
        senders->parties.count = from->parties.count;
    }
    return record_update(call, change, NULL, outcome_out, error) &&
           mail_leave_unsorted(call, id, error);
}

bool mail_convert_email_to_lead(struct call *call, const struct operation *operation,
                                const void *request, void *response, struct error *error)
{
    const struct convert_email_to_lead_request *asked = request;
    struct convert_email_to_lead_response *answer = response;
    struct converted_email *result = arena_allocate(call->arena, sizeof(*result));
    bool wants_contact = !asked->with_contact.is_set || asked->with_contact.value;
    struct record *email = NULL;
    struct reference lead, person;
    struct stranger stranger;
    struct write_outcome outcome;

    (void)operation;
    if (!read_email(call, &asked->id.value, &email, error) || !check_email(email, error) ||
        !find_stranger(call, email, &stranger, error)) {
        return false;
    }
    person = stranger.record;
    if ((person.entity == NULL && wants_contact &&
         !create_contact(call, asked, &stranger, &person, error)) ||
        !create_lead(call, asked, email, &stranger, &person, &lead, error) ||
        !file_under(call, email, &asked->id.value, &lead, &person, &outcome, error)) {
        return false;
    }
    result->lead = mail_tell_reference(call, &lead);
    result->contact = is_entity(&person, "Contact") ? mail_tell_reference(call, &person) : NULL;
    result->version = (struct message_integer){.is_set = true, .value = outcome.version};
    answer->result = result;
    return true;
}
