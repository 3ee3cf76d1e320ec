"""Reads the tables past the server, and makes of them what the rules decide from."""
import re

from rules import DEPTHS, Facts, Record


def table_of(entity):
    return re.sub(r"(?<!^)([A-Z])", r"_\1", entity).lower()


def columns_of(entity):
    """What access depends on, of the columns of an entity."""
    columns = ["id"]
    for lookup in entity.lookups:
        columns.append(lookup.name)
        if len(lookup.targets) > 1:
            columns.append(f"{lookup.name}_entity")
    if entity.ownership == "user":
        columns += ["owner", "owner_entity", "owningBusinessUnit"]
    elif entity.ownership == "business" and entity.name != "BusinessUnit":
        columns.append("businessUnit")
    if entity.first_state is not None:
        columns.append("state")
    return columns + EXTRA.get(entity.name, [])


EXTRA = {"BusinessUnit": ["isDisabled", "name"], "SystemUser": ["isDisabled", "userName"],
         "Team": ["isDefault", "name"], "Role": ["isAdministrator", "name"]}
OTHERS = {
    "svyaz_team_member": ["team_id", "user_id"],
    "svyaz_principal_role": ["principal_id", "role_id"],
    "svyaz_role_privilege": ["role_id", "entity_name", "right_name", "depth"],
    "svyaz_share": ["record_id", "principal_id", "rights"],
    "svyaz_field_permission": ["profile_id", "entity_name", "field_name", "rights"],
    "svyaz_principal_profile": ["principal_id", "profile_id"],
}
# The bits of a share, as the classic model has them.
FIELD_BITS = {"read": 1, "create": 2, "update": 4}
SHARE_BITS = {"read": 1, "write": 2, "append": 4, "appendTo": 16, "delete": 0x10000, "share": 0x40000,
              "assign": 0x80000}


def link_of(row, lookup):
    if row[lookup.name] is None:
        return None
    target = lookup.targets[0] if len(lookup.targets) == 1 else row[f"{lookup.name}_entity"]
    return (target, row[lookup.name])


def read_record(entity, row):
    links = {lookup.name: link_of(row, lookup) for lookup in entity.lookups}
    unit = row["id"] if entity.name == "BusinessUnit" else row.get("owningBusinessUnit") or row.get("businessUnit")
    return Record(entity.name, row["id"], row.get("owner"), unit, row.get("state"),
                  {name: link for name, link in links.items() if link}, row)


def grouped(rows, key, value):
    found = {}
    for row in rows:
        found.setdefault(row[key], {}).update(value(row))
    return found


def read(engine, server, catalog):
    """All facts of an organisation, as they are now."""
    wanted = {table_of(name): columns_of(entity) for name, entity in catalog.items()} | OTHERS
    rows = engine.cells(server, wanted)
    records = {name: {row["id"]: read_record(entity, row) for row in rows[table_of(name)]}
               for name, entity in catalog.items()}
    values = {name: [record.values for record in records[name].values()]
              for name in ("BusinessUnit", "SystemUser", "Team", "Role")}
    privileges = rows["svyaz_role_privilege"]
    grants = grouped([row for row in privileges if row["entity_name"]], "role_id", lambda row: {
        (row["entity_name"], row["right_name"]): DEPTHS[row["depth"]]})
    tasks = {role: set(names) for role, names in grouped(
        [row for row in privileges if not row["entity_name"]], "role_id",
        lambda row: {row["right_name"]: True}).items()}
    return Facts(
        units={row["id"]: (row["parentBusinessUnit"], bool(row["isDisabled"])) for row in values["BusinessUnit"]},
        users={row["id"]: (row["businessUnit"], row["manager"], bool(row["isDisabled"]))
               for row in values["SystemUser"]},
        teams={row["id"]: (row["businessUnit"], bool(row["isDefault"])) for row in values["Team"]},
        members={(row["team_id"], row["user_id"]) for row in rows["svyaz_team_member"]},
        holders={(row["principal_id"], row["role_id"]) for row in rows["svyaz_principal_role"]},
        grants=grants, tasks=tasks,
        shares=grouped(rows["svyaz_share"], "record_id", lambda row: {
            row["principal_id"]: {right for right, bit in SHARE_BITS.items() if row["rights"] & bit}}),
        permissions=grouped(rows["svyaz_field_permission"], "profile_id", lambda row: {
            (row["entity_name"], row["field_name"]):
                {right for right, bit in FIELD_BITS.items() if row["rights"] & bit}}),
        profiles={(row["principal_id"], row["profile_id"]) for row in rows["svyaz_principal_profile"]},
        records=records)
