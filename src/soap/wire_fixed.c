/*
 * wire_fixed.c - the simple types, and Reference, AlternateKey, Party and File.
 */
#include "soap/wire_fixed.h"

#include <string.h>

#include "base/arena.h"
#include "base/array.h"
#include "base/map.h"
#include "metadata/catalog.h"
#include "soap/wire_types.h"

#define BUILTIN(kind_name, xsd) [kind_name] = {.name = xsd, .kind = kind_name, .is_builtin = true}

static const struct wire_type builtins[WIRE_STRUCT] = {
    BUILTIN(WIRE_TEXT, "string"),
    BUILTIN(WIRE_INTEGER, "int"),
    BUILTIN(WIRE_LONG, "long"),
    BUILTIN(WIRE_BOOLEAN, "boolean"),
    BUILTIN(WIRE_MOMENT, "dateTime"),
    BUILTIN(WIRE_DATE, "date"),
    BUILTIN(WIRE_DECIMAL, "decimal"),
    BUILTIN(WIRE_UUID, "string"),
    BUILTIN(WIRE_CONTENT, "base64Binary"),
    BUILTIN(WIRE_BYTES, "base64Binary"),
};

const struct wire_type *wire_builtin(enum wire_kind kind)
{
    return &builtins[kind];
}

/* A member of one of the fixed types; its type is known by its kind, or filled in. */
struct fixed_member {
    const char *name;
    enum wire_kind kind;
    size_t offset;
    const char *documentation;
};

static const struct fixed_member key_members[] = {
    {"name", WIRE_TEXT, offsetof(struct key_message, name), "Name of the alternate key."},
    {"values", WIRE_LIST, offsetof(struct key_message, values),
     "Values of the key's fields, in their order."},
};

#define REFERENCE_MEMBERS(type, path)                                                              \
    {"entity", WIRE_TEXT, offsetof(type, path entity),                                             \
     "Name of the entity; may be left out where only one is possible."},                           \
        {"id", WIRE_UUID, offsetof(type, path id), "Id of the record."},                           \
        {"name", WIRE_TEXT, offsetof(type, path name), "What people see; in answers only."},       \
        {"alternateKey", WIRE_KEY, offsetof(type, path alternate_key),                             \
         "In requests, in the place of the id."},

static const struct fixed_member reference_members[] = {
    REFERENCE_MEMBERS(struct reference_message, )};

static const struct fixed_member party_members[] = {
    REFERENCE_MEMBERS(struct party_message, reference.){
        "participation", WIRE_STRUCT, offsetof(struct party_message, participation),
        "The part that he has; the field says it too."},
    {"address", WIRE_TEXT, offsetof(struct party_message, address),
     "Address or number used; enough without a record."},
};

static const struct fixed_member file_members[] = {
    {"name", WIRE_TEXT, offsetof(struct file_message, name), "File name."},
    {"mediaType", WIRE_TEXT, offsetof(struct file_message, media_type), "Such as text/plain."},
    {"size", WIRE_LONG, offsetof(struct file_message, size), "Bytes; in answers only."},
    {"content", WIRE_CONTENT, offsetof(struct file_message, content),
     "The bytes, of which there may be limits.attachment: as base64 text, or by MTOM as a part "
     "that "
     "an xop:Include in this place names. In answers only when the field was asked for by name; by "
     "MTOM when the request came so, or its Accept header asks for multipart/related; "
     "type=\"application/xop+xml\"."},
};

static const struct fixed_member session_members[] = {
    {"token", WIRE_TEXT, offsetof(struct session_message, token), "The token that Login answered."},
};

static const struct fixed_member request_members[] = {
    {"id", WIRE_TEXT, offsetof(struct request_message, id), "The caller's own id of this request."},
    {"validateOnly", WIRE_BOOLEAN, offsetof(struct request_message, validate_only),
     "Do everything but keep it."},
    {"expectedVersion", WIRE_LONG, offsetof(struct request_message, expected_version),
     "Change or delete the record only when it still has this version."},
    {"language", WIRE_TEXT, offsetof(struct request_message, language),
     "Of labels and hints: en or ru."},
    {"timeZone", WIRE_TEXT, offsetof(struct request_message, time_zone),
     "Of moments sent without an offset: a time zone such as Europe/Moscow, by the name of IANA or "
     "Windows, UTC, or an offset such as +03:00. Without it, the user's own zone."},
    {"onBehalfOf", WIRE_TEXT, offsetof(struct request_message, on_behalf_of),
     "Id of the user in whose name to act."},
    {"application", WIRE_TEXT, offsetof(struct request_message, application),
     "Name of the calling program."},
};

static const struct fixed_member fault_members[] = {
    {"code", WIRE_TEXT, offsetof(struct fault_message, code), "Never changes its meaning."},
    {"message", WIRE_TEXT, offsetof(struct fault_message, message), "One English sentence."},
    {"field", WIRE_TEXT, offsetof(struct fault_message, field), "Field or parameter at fault."},
    {"entity", WIRE_TEXT, offsetof(struct fault_message, entity), "Entity of the field."},
    {"hint", WIRE_TEXT, offsetof(struct fault_message, hint),
     "What to do, in the caller's language."},
    {"requestId", WIRE_TEXT, offsetof(struct fault_message, request_id),
     "Finds the line in the log."},
    {"retryable", WIRE_BOOLEAN, offsetof(struct fault_message, retryable),
     "Whether the same request may succeed later."},
    {"currentVersion", WIRE_LONG, offsetof(struct fault_message, current_version),
     "Of a VERSION_CONFLICT: the version that the record has."},
    {"current", WIRE_RECORD, offsetof(struct fault_message, current),
     "Of a VERSION_CONFLICT: the fields of the record that have a value, as far as the caller may "
     "see it."},
};

static const struct fixed_member field_value_members[] = {
    {"name", WIRE_TEXT, offsetof(struct field_value_message, name), "Name of the field."},
    {"value", WIRE_TEXT, offsetof(struct field_value_message, value),
     "Its value as it is written in a record; of a reference, its id."},
};

static const struct fixed_type {
    const char *name;
    enum wire_kind kind;
    size_t size;
    const struct fixed_member *members;
    size_t member_count;
    const char *documentation;
} fixed_types[] = {
    {"AlternateKey", WIRE_KEY, sizeof(struct key_message), key_members,
     sizeof(key_members) / sizeof(key_members[0]), "Names one record by values of its own."},
    {"Reference", WIRE_REFERENCE, sizeof(struct reference_message), reference_members,
     sizeof(reference_members) / sizeof(reference_members[0]),
     "Names one record, by its id or by an alternate key."},
    {"Party", WIRE_PARTY, sizeof(struct party_message), party_members,
     sizeof(party_members) / sizeof(party_members[0]), "Who takes part in an activity."},
    {"File", WIRE_FILE, sizeof(struct file_message), file_members,
     sizeof(file_members) / sizeof(file_members[0]), "A file and its content."},
    {"SessionHeader", WIRE_STRUCT, sizeof(struct session_message), session_members,
     sizeof(session_members) / sizeof(session_members[0]), "Says who is asking."},
    {"RequestHeader", WIRE_STRUCT, sizeof(struct request_message), request_members,
     sizeof(request_members) / sizeof(request_members[0]), "Says how to do what is asked."},
    {"FieldValue", WIRE_STRUCT, sizeof(struct field_value_message), field_value_members,
     sizeof(field_value_members) / sizeof(field_value_members[0]), "A field and its value."},
    {"CrmFaultDetail", WIRE_STRUCT, sizeof(struct fault_message), fault_members,
     sizeof(fault_members) / sizeof(fault_members[0]), "What went wrong."},
};

static bool is_among(const struct array *tokens, const char *token)
{
    for (size_t i = 0; i < tokens->count; i++) {
        if (strcmp(tokens->items[i], token) == 0) {
            return true;
        }
    }
    return false;
}

/* A closed set: every kind of participation that some entity has. */
static const struct wire_type *participation_type(struct wire_types *types)
{
    bool is_new = false;
    struct wire_type *type = wire_types_add(types, "Participation", WIRE_TEXT, &is_new);
    struct array tokens;

    array_init(&tokens, types->arena);
    for (size_t i = 0; i < types->catalog->entity_count; i++) {
        const struct entity *entity = types->catalog->entities[i];
        for (size_t j = 0; j < entity->field_count; j++) {
            const char *token = entity->fields[j]->participation;
            if (token != NULL && !is_among(&tokens, token)) {
                array_add(&tokens, token);
            }
        }
    }
    array_add(&tokens, NULL);
    type->tokens = (const char *const *)tokens.items;
    return type->tokens[0] == NULL ? wire_builtin(WIRE_TEXT) : type;
}

static const struct wire_type *make_fixed(struct wire_types *types, const char *name);

static const struct wire_type *member_type(struct wire_types *types, enum wire_kind kind)
{
    if (kind == WIRE_LIST) {
        return types->strings;
    }
    /* Of any entity: its fields as texts. */
    if (kind == WIRE_RECORD) {
        return wire_list_of(types, make_fixed(types, "FieldValue"));
    }
    if (kind == WIRE_KEY) {
        return types->key;
    }
    /* Stands for the one enumeration among them. */
    return kind == WIRE_STRUCT ? participation_type(types) : wire_builtin(kind);
}

static const struct wire_type *make_fixed(struct wire_types *types, const char *name)
{
    const struct fixed_type *fixed = fixed_types;
    struct wire_member *members = NULL;
    struct wire_type *type = NULL;
    bool is_new = false;

    while (strcmp(fixed->name, name) != 0) {
        fixed++;
    }
    type = wire_types_add(types, fixed->name, fixed->kind, &is_new);
    type->size = fixed->size;
    type->documentation = fixed->documentation;
    members = arena_allocate_array(types->arena, fixed->member_count, sizeof(*members));
    for (size_t i = 0; i < fixed->member_count; i++) {
        members[i] = (struct wire_member){.name = fixed->members[i].name,
                                          .type = member_type(types, fixed->members[i].kind),
                                          .offset = fixed->members[i].offset,
                                          .documentation = fixed->members[i].documentation};
    }
    wire_type_set_members(types, type, members, fixed->member_count);
    return type;
}

void wire_types_begin(struct wire_types *types, struct arena *arena, const struct catalog *catalog,
                      struct error *error)
{
    *types = (struct wire_types){
        .arena = arena, .catalog = catalog, .by_name = map_create(arena), .error = error};
    types->strings = wire_list_of(types, wire_builtin(WIRE_TEXT));
    types->key = make_fixed(types, "AlternateKey");
    types->reference = make_fixed(types, "Reference");
    types->party = make_fixed(types, "Party");
    types->parties = wire_list_of(types, types->party);
    types->file = make_fixed(types, "File");
    types->session_header = make_fixed(types, "SessionHeader");
    types->request_header = make_fixed(types, "RequestHeader");
    types->fault = make_fixed(types, "CrmFaultDetail");
}
