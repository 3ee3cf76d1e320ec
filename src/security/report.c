/*
 * report.c - walks down from a manager, level by level, one statement each.
 */
#include "security/report.h"

#include "base/arena.h"
#include "base/array.h"
#include "database/row.h"
#include "metadata/catalog.h"
#include "security/identity.h"
#include "security/stored.h"
#include "security/tables.h"
#include "security/unit.h"

/* Somebody on the way down. */
struct person {
    struct uuid id;
    struct uuid unit_id;
};

struct walk {
    struct arena *arena;
    struct connection *connection;
    const struct catalog *catalog;
    const struct unit_tree *tree;
    struct array people; /* struct person *: the manager, then his reports, level by level */
};

static void add_person(struct walk *walk, struct person person)
{
    array_add(&walk->people, arena_copy(walk->arena, &person, sizeof(person)));
}

static const struct person *find_person(const struct walk *walk, const struct uuid *id)
{
    for (size_t index = 0; index < walk->people.count; index++) {
        const struct person *person = walk->people.items[index];
        if (uuid_is_equal(&person->id, id)) {
            return person;
        }
    }
    return NULL;
}

/* Adds those who report to the people from first on, each in his manager's unit or below. */
static bool add_level(struct walk *walk, size_t first, struct error *error)
{
    const struct entity *user = catalog_find_entity(walk->catalog, "SystemUser");
    const char *const columns[] = {user->id->column, stored_column(user, "manager"),
                                   user->owning_business_unit->column};
    size_t count = walk->people.count - first;
    struct uuid *managers = arena_allocate_array(walk->arena, count, sizeof(*managers));
    struct row_set rows;
    for (size_t index = 0; index < count; index++) {
        managers[index] = ((const struct person *)walk->people.items[first + index])->id;
    }
    if (!row_select(walk->connection, walk->arena,
                    &(struct row_query){.table = stored_table(walk->catalog, user),
                                        .columns = columns,
                                        .column_count = 3,
                                        .among = columns[1],
                                        .ids = managers,
                                        .id_count = count},
                    &rows, error)) {
        return false;
    }
    for (size_t row = 0; row < rows.count; row++) {
        const struct person report = {.id = row_cell(&rows, row, 0)->uuid,
                                      .unit_id = row_cell(&rows, row, 2)->uuid};
        const struct person *manager = find_person(walk, &row_cell(&rows, row, 1)->uuid);
        if (unit_tree_is_under(walk->tree, &report.unit_id, &manager->unit_id) &&
            find_person(walk, &report.id) == NULL) {
            add_person(walk, report);
        }
    }
    return true;
}

/* The first people but the manager, and the teams they are members of. */
static bool find_owners(struct walk *walk, size_t people, const struct uuid **owners_out,
                        size_t *count_out, struct error *error)
{
    static const char *const columns[] = {"team_id"};
    struct uuid *users = arena_allocate_array(walk->arena, people, sizeof(*users));
    size_t count = 0;
    struct row_set teams;
    for (size_t index = 1; index < people; index++) {
        users[count++] = ((const struct person *)walk->people.items[index])->id;
    }
    if (!row_select(walk->connection, walk->arena,
                    &(struct row_query){.table = &team_member_table,
                                        .columns = columns,
                                        .column_count = 1,
                                        .among = "user_id",
                                        .ids = users,
                                        .id_count = count},
                    &teams, error)) {
        return false;
    }
    struct uuid *owners = arena_allocate_array(walk->arena, count + teams.count, sizeof(*owners));
    for (size_t index = 0; index < count; index++) {
        owners[index] = users[index];
    }
    for (size_t row = 0; row < teams.count; row++) {
        owners[count++] = row_cell(&teams, row, 0)->uuid;
    }
    *count_out = uuid_sort_unique(owners, count);
    *owners_out = owners;
    return true;
}

bool report_add(struct arena *arena, struct connection *connection, const struct catalog *catalog,
                const struct identity *identity, int levels, const struct identity **identity_out,
                struct error *error)
{
    struct walk walk = {.arena = arena, .connection = connection, .catalog = catalog};
    size_t first = 0;
    size_t direct = 0;

    array_init(&walk.people, arena);
    add_person(&walk, (struct person){identity->user_id, identity->business_unit_id});
    if (levels > 0 && !unit_tree_load(arena, connection, catalog, &walk.tree, error)) {
        return false;
    }
    for (int level = 1; level <= levels && first < walk.people.count; level++) {
        size_t before = walk.people.count;
        if (!add_level(&walk, first, error)) {
            return false;
        }
        first = before;
        direct = level == 1 ? walk.people.count : direct;
    }
    if (walk.people.count == 1) {
        *identity_out = identity;
        return true;
    }
    struct identity *manager = arena_copy(arena, identity, sizeof(*identity));
    if (!find_owners(&walk, direct, &manager->reports, &manager->report_count, error) ||
        !find_owners(&walk, walk.people.count, &manager->readable_reports,
                     &manager->readable_report_count, error)) {
        return false;
    }
    *identity_out = manager;
    return true;
}
