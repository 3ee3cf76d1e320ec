/*
 * tables.c - the tables of this floor as data.
 */
#include "security/tables.h"

#include "security/credential.h"
#include "security/directory.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

enum {
    SUBJECT_LENGTH = 500,
    GROUP_LENGTH = 400,
    HASH_LENGTH = 255,
    NAME_LENGTH = 100,
    DIGEST_LENGTH = 64,
    RIGHT_LENGTH = 20,
    SOURCE_LENGTH = 20,
};

static const struct table_column credential_columns[] = {
    {.name = "user_id", .type = COLUMN_UUID, .is_required = true},
    {.name = "password_hash", .type = COLUMN_TEXT, .length = HASH_LENGTH, .is_required = true},
    {.name = "changes", .type = COLUMN_INTEGER, .is_required = true},
    {.name = "changed_on", .type = COLUMN_MOMENT, .is_required = true},
};

const struct table credential_table = {
    .name = "svyaz_credential",
    .columns = credential_columns,
    .column_count = COUNT(credential_columns),
    .primary_key = {"user_id"},
};

static const struct table_column attempt_columns[] = {
    {.name = "name_digest", .type = COLUMN_TEXT, .length = DIGEST_LENGTH, .is_required = true},
    {.name = "failures", .type = COLUMN_INTEGER, .is_required = true},
    {.name = "failed_on", .type = COLUMN_MOMENT, .is_required = true},
    {.name = "wait_until", .type = COLUMN_MOMENT, .is_required = true},
};

static const struct table_index attempt_indexes[] = {
    {.name = "svyaz_attempt_failed_on", .columns = {"failed_on"}},
};

const struct table attempt_table = {
    .name = "svyaz_attempt",
    .columns = attempt_columns,
    .column_count = COUNT(attempt_columns),
    .primary_key = {"name_digest"},
    .indexes = attempt_indexes,
    .index_count = COUNT(attempt_indexes),
};

static const struct table_column session_columns[] = {
    {.name = "id", .type = COLUMN_UUID, .is_required = true},
    {.name = "token_digest", .type = COLUMN_TEXT, .length = DIGEST_LENGTH, .is_required = true},
    {.name = "user_id", .type = COLUMN_UUID, .is_required = true},
    {.name = "application", .type = COLUMN_TEXT, .length = NAME_LENGTH},
    {.name = "created_on", .type = COLUMN_MOMENT, .is_required = true},
    {.name = "used_on", .type = COLUMN_MOMENT, .is_required = true},
    {.name = "expires_on", .type = COLUMN_MOMENT, .is_required = true},
    {.name = "scope_operations", .type = COLUMN_TEXT},
    {.name = "scope_entities", .type = COLUMN_TEXT},
    {.name = "is_read_only", .type = COLUMN_BOOLEAN},
};

static const struct table_index session_indexes[] = {
    {.name = "svyaz_session_token", .columns = {"token_digest"}, .is_unique = true},
    {.name = "svyaz_session_user", .columns = {"user_id"}},
};

const struct table session_table = {
    .name = "svyaz_session",
    .columns = session_columns,
    .column_count = COUNT(session_columns),
    .primary_key = {"id"},
    .indexes = session_indexes,
    .index_count = COUNT(session_indexes),
};

static const struct table_column role_privilege_columns[] = {
    {.name = "role_id", .type = COLUMN_UUID, .is_required = true},
    {.name = "entity_name", .type = COLUMN_TEXT, .length = NAME_LENGTH, .is_required = true},
    {.name = "right_name", .type = COLUMN_TEXT, .length = RIGHT_LENGTH, .is_required = true},
    {.name = "depth", .type = COLUMN_INTEGER, .is_required = true},
};

const struct table role_privilege_table = {
    .name = "svyaz_role_privilege",
    .columns = role_privilege_columns,
    .column_count = COUNT(role_privilege_columns),
    .primary_key = {"role_id", "entity_name", "right_name"},
};

static const struct table_column principal_role_columns[] = {
    {.name = "principal_id", .type = COLUMN_UUID, .is_required = true},
    {.name = "role_id", .type = COLUMN_UUID, .is_required = true},
    {.name = "source", .type = COLUMN_TEXT, .length = SOURCE_LENGTH}, /* null: given by hand */
};

static const struct table_index principal_role_indexes[] = {
    {.name = "svyaz_principal_role_role", .columns = {"role_id"}},
};

const struct table principal_role_table = {
    .name = "svyaz_principal_role",
    .columns = principal_role_columns,
    .column_count = COUNT(principal_role_columns),
    .primary_key = {"principal_id", "role_id"},
    .indexes = principal_role_indexes,
    .index_count = COUNT(principal_role_indexes),
};

static const struct table_column former_role_columns[] = {
    {.name = "user_id", .type = COLUMN_UUID, .is_required = true},
    {.name = "role_id", .type = COLUMN_UUID, .is_required = true},
};

const struct table former_role_table = {
    .name = "svyaz_user_role",
    .columns = former_role_columns,
    .column_count = COUNT(former_role_columns),
    .primary_key = {"user_id", "role_id"},
};

static const struct table_column team_member_columns[] = {
    {.name = "team_id", .type = COLUMN_UUID, .is_required = true},
    {.name = "user_id", .type = COLUMN_UUID, .is_required = true},
};

static const struct table_index team_member_indexes[] = {
    {.name = "svyaz_team_member_user", .columns = {"user_id"}},
};

const struct table team_member_table = {
    .name = "svyaz_team_member",
    .columns = team_member_columns,
    .column_count = COUNT(team_member_columns),
    .primary_key = {"team_id", "user_id"},
    .indexes = team_member_indexes,
    .index_count = COUNT(team_member_indexes),
};

static const struct table_column share_columns[] = {
    {.name = "entity_name", .type = COLUMN_TEXT, .length = NAME_LENGTH, .is_required = true},
    {.name = "record_id", .type = COLUMN_UUID, .is_required = true},
    {.name = "principal_id", .type = COLUMN_UUID, .is_required = true},
    {.name = "rights", .type = COLUMN_INTEGER, .is_required = true},
    {.name = "granted_by", .type = COLUMN_UUID, .is_required = true},
    {.name = "granted_on", .type = COLUMN_MOMENT, .is_required = true},
};

static const struct table_index share_indexes[] = {
    {.name = "svyaz_share_principal", .columns = {"principal_id", "entity_name"}},
};

const struct table share_table = {
    .name = "svyaz_share",
    .columns = share_columns,
    .column_count = COUNT(share_columns),
    .primary_key = {"record_id", "principal_id", "entity_name"},
    .indexes = share_indexes,
    .index_count = COUNT(share_indexes),
};

static const struct table_column known_source_columns[] = {
    {.name = "source_digest", .type = COLUMN_TEXT, .length = DIGEST_LENGTH, .is_required = true},
    {.name = "seen_on", .type = COLUMN_MOMENT, .is_required = true},
};

static const struct table_index known_source_indexes[] = {
    {.name = "svyaz_known_source_seen_on", .columns = {"seen_on"}},
};

const struct table known_source_table = {
    .name = "svyaz_known_source",
    .columns = known_source_columns,
    .column_count = COUNT(known_source_columns),
    .primary_key = {"source_digest"},
    .indexes = known_source_indexes,
    .index_count = COUNT(known_source_indexes),
};

static const struct table_column application_secret_columns[] = {
    {.name = "user_id", .type = COLUMN_UUID, .is_required = true},
    {.name = "sealed", .type = COLUMN_TEXT, .length = HASH_LENGTH, .is_required = true},
    {.name = "set_on", .type = COLUMN_MOMENT, .is_required = true},
};

const struct table application_secret_table = {
    .name = "svyaz_application_secret",
    .columns = application_secret_columns,
    .column_count = COUNT(application_secret_columns),
    .primary_key = {"user_id"},
};

static const struct table_column application_certificate_columns[] = {
    {.name = "fingerprint", .type = COLUMN_TEXT, .length = DIGEST_LENGTH, .is_required = true},
    {.name = "user_id", .type = COLUMN_UUID, .is_required = true},
    {.name = "subject", .type = COLUMN_TEXT, .length = SUBJECT_LENGTH, .is_required = true},
    {.name = "valid_from", .type = COLUMN_MOMENT, .is_required = true},
    {.name = "valid_until", .type = COLUMN_MOMENT, .is_required = true},
    {.name = "registered_on", .type = COLUMN_MOMENT, .is_required = true},
};

static const struct table_index application_certificate_indexes[] = {
    {.name = "svyaz_application_certificate_user", .columns = {"user_id"}},
};

const struct table application_certificate_table = {
    .name = "svyaz_application_certificate",
    .columns = application_certificate_columns,
    .column_count = COUNT(application_certificate_columns),
    .primary_key = {"fingerprint"},
    .indexes = application_certificate_indexes,
    .index_count = COUNT(application_certificate_indexes),
};

static const struct table_column replay_columns[] = {
    {.name = "mark_digest", .type = COLUMN_TEXT, .length = DIGEST_LENGTH, .is_required = true},
    {.name = "expires_on", .type = COLUMN_MOMENT, .is_required = true},
};

static const struct table_index replay_indexes[] = {
    {.name = "svyaz_replay_expires_on", .columns = {"expires_on"}},
};

const struct table replay_table = {
    .name = "svyaz_replay",
    .columns = replay_columns,
    .column_count = COUNT(replay_columns),
    .primary_key = {"mark_digest"},
    .indexes = replay_indexes,
    .index_count = COUNT(replay_indexes),
};

static const struct table_column field_permission_columns[] = {
    {.name = "profile_id", .type = COLUMN_UUID, .is_required = true},
    {.name = "entity_name", .type = COLUMN_TEXT, .length = NAME_LENGTH, .is_required = true},
    {.name = "field_name", .type = COLUMN_TEXT, .length = NAME_LENGTH, .is_required = true},
    {.name = "rights", .type = COLUMN_INTEGER, .is_required = true},
};

const struct table field_permission_table = {
    .name = "svyaz_field_permission",
    .columns = field_permission_columns,
    .column_count = COUNT(field_permission_columns),
    .primary_key = {"profile_id", "entity_name", "field_name"},
};

static const struct table_column principal_profile_columns[] = {
    {.name = "principal_id", .type = COLUMN_UUID, .is_required = true},
    {.name = "profile_id", .type = COLUMN_UUID, .is_required = true},
};

static const struct table_index principal_profile_indexes[] = {
    {.name = "svyaz_principal_profile_profile", .columns = {"profile_id"}},
};

const struct table principal_profile_table = {
    .name = "svyaz_principal_profile",
    .columns = principal_profile_columns,
    .column_count = COUNT(principal_profile_columns),
    .primary_key = {"principal_id", "profile_id"},
    .indexes = principal_profile_indexes,
    .index_count = COUNT(principal_profile_indexes),
};

static const struct table_column directory_user_columns[] = {
    {.name = "user_id", .type = COLUMN_UUID, .is_required = true},
    {.name = "directory_id", .type = COLUMN_TEXT, .length = DIRECTORY_ID_MAX, .is_required = true},
    {.name = "found_on", .type = COLUMN_MOMENT, .is_required = true},
};

static const struct table_index directory_user_indexes[] = {
    {.name = "svyaz_directory_user_id", .columns = {"directory_id"}, .is_unique = true},
};

const struct table directory_user_table = {
    .name = "svyaz_directory_user",
    .columns = directory_user_columns,
    .column_count = COUNT(directory_user_columns),
    .primary_key = {"user_id"},
    .indexes = directory_user_indexes,
    .index_count = COUNT(directory_user_indexes),
};

static const struct table_column directory_group_columns[] = {
    {.name = "rule_digest", .type = COLUMN_TEXT, .length = DIGEST_LENGTH, .is_required = true},
    {.name = "group_key", .type = COLUMN_TEXT, .length = GROUP_LENGTH, .is_required = true},
    {.name = "group_name", .type = COLUMN_TEXT, .length = GROUP_LENGTH, .is_required = true},
    {.name = "role_id", .type = COLUMN_UUID, .is_required = true},
};

const struct table directory_group_table = {
    .name = "svyaz_directory_group",
    .columns = directory_group_columns,
    .column_count = COUNT(directory_group_columns),
    .primary_key = {"rule_digest"},
};

const struct table *const *security_tables(int *count_out)
{
    static const struct table *const tables[] = {
        &known_source_table,
        &application_secret_table,
        &application_certificate_table,
        &replay_table,
        &credential_table,
        &attempt_table,
        &session_table,
        &role_privilege_table,
        &principal_role_table,
        &team_member_table,
        &share_table,
        &field_permission_table,
        &principal_profile_table,
        &directory_user_table,
        &directory_group_table,
    };
    *count_out = (int)COUNT(tables);
    return tables;
}
