"""Reads the tables past the server, and makes of them what the rules decide from."""
import decimal
import re

from rules import DEPTHS, Facts, Record


def table_of(entity):
    return re.sub(r"(?<!^)([A-Z])", r"_\1", entity).lower()


def columns_of(entity):
    """Of the columns of an entity those on which access depends, and those by which the oracle filters and groups."""
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
    columns += [field.name for field in entity.fields.values() if field.type in ("choice", "boolean")]
    columns += [name for name, _ in measured_columns(entity)]
    return columns + NAMES.get(entity.name, [])


def measured_columns(entity):
    """Numbers by name, with their scale; an amount in the base currency too."""
    for field in entity.fields.values():
        if field.type in ("integer", "long"):
            yield field.name, 0
        elif field.type == "decimal":
            yield field.name, int(field.attributes["scale"])
        elif field.type == "money":
            yield field.name, MONEY_SCALE
            yield f"{field.name}Base", MONEY_SCALE


# By which all_records of questions.py puts them in order.
NAMES = {"BusinessUnit": ["name"], "SystemUser": ["userName"], "Team": ["name"], "Role": ["name"]}
TASK = "task"  # stands in place of an entity where a role allows a task
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


MONEY_SCALE = 4


def link_of(row, lookup):
    if row[lookup.name] is None:
        return None
    target = lookup.targets[0] if len(lookup.targets) == 1 else row[f"{lookup.name}_entity"]
    return (target, row[lookup.name])


def read_record(engine, entity, row):
    """Numbers become decimals, choices their tokens, whatever the engine keeps in their place."""
    for name, scale in measured_columns(entity):
        if row[name] is not None:
            row[name] = decimal.Decimal(str(row[name])).scaleb(-scale if engine.is_scaling else 0)
    for field in entity.fields.values():
        if field.type == "choice":
            row[field.name] = {number: token for token, number in field.choices.items()}.get(row[field.name])
        elif field.type == "boolean" and row[field.name] is not None:
            row[field.name] = "true" if row[field.name] else "false"
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
    records = {name: {row["id"]: read_record(engine, entity, row) for row in rows[table_of(name)]}
               for name, entity in catalog.items()}
    values = {name: [record.values for record in records[name].values()]
              for name in ("BusinessUnit", "SystemUser", "Team", "Role")}
    privileges = rows["svyaz_role_privilege"]
    grants = grouped([row for row in privileges if row["entity_name"] != TASK], "role_id", lambda row: {
        (row["entity_name"], row["right_name"]): DEPTHS[row["depth"]]})
    tasks = {role: set(names) for role, names in grouped(
        [row for row in privileges if row["entity_name"] == TASK], "role_id",
        lambda row: {row["right_name"]: True}).items()}
    return Facts(
        units={row["id"]: (row["parentBusinessUnit"], row["isDisabled"] == "true") for row in values["BusinessUnit"]},
        users={row["id"]: (row["businessUnit"], row["manager"], row["isDisabled"] == "true")
               for row in values["SystemUser"]},
        teams={row["id"]: (row["businessUnit"], row["isDefault"] == "true") for row in values["Team"]},
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
