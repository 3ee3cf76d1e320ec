"""What exists, as metadata/entities says it; read from the XML, without the server."""
import dataclasses
import pathlib

from lxml import etree

NAMESPACE = "{urn:svyaz:metadata:1}"
# Types of fields that refer to every entity which has an attribute of its own.
GROUPS = {"customer": "customer", "owner": "principal", "regarding": "activities", "annotated": "notes",
          "queued": "queues"}
RIGHTS = ("create", "read", "write", "delete", "append", "appendTo", "assign", "share")


@dataclasses.dataclass(eq=False)
class Field:
    name: str
    type: str
    is_required: bool
    is_secured: bool
    is_creatable: bool
    is_updatable: bool
    is_computed: bool
    choices: dict = dataclasses.field(default_factory=dict)  # token -> number
    targets: tuple = ()
    is_parental: bool = False
    reparent: str = "none"
    share: str = "none"
    assign: str = "none"
    delete: str = "removeLink"
    relation: str = ""  # how links call it from the other side
    attributes: dict = dataclasses.field(default_factory=dict)

    @property
    def is_lookup(self):
        return bool(self.targets)


@dataclasses.dataclass
class Entity:
    name: str
    plural: str
    ownership: str
    name_field: str
    fields: dict
    first_state: int | None
    keys: dict
    is_merged: bool = False  # two records may become one
    keepers: list = dataclasses.field(default_factory=list)  # the platform's lookups of owner and unit

    @property
    def element(self):
        return self.name[0].lower() + self.name[1:]

    @property
    def lookups(self):
        return [field for field in self.fields.values() if field.is_lookup]

    @property
    def linking(self):
        """All lookups by which links go."""
        return self.lookups + self.keepers

    @property
    def part_of(self):
        """The lookup that names the record which a part belongs to; None for what is no part."""
        if self.ownership != "parent":
            return None
        return next(field for field in self.lookups if field.is_parental)


def truth(element, name, default="false"):
    return element.get(name, default) == "true"


def read_field(element, groups):
    field = Field(element.get("name"), element.get("type"), truth(element, "required"),
                  truth(element, "secured"), truth(element, "creatable", "true"),
                  truth(element, "updatable", "true"), element.find(f"{NAMESPACE}computed") is not None,
                  {choice.get("name"): int(choice.get("value")) for choice in element.iterfind(f"{NAMESPACE}choice")},
                  attributes=dict(element.attrib))
    if field.type == "lookup":
        field.targets = tuple(element.get("target").split())
    elif field.type in GROUPS:
        field.targets = tuple(groups[GROUPS[field.type]])
    relation = element.find(f"{NAMESPACE}relation")
    if relation is not None:
        field.relation = relation.get("name")
        field.is_parental = truth(relation, "parental")
        usual = "all" if field.is_parental else "none"
        field.reparent = relation.get("reparent", usual)
        field.share = relation.get("share", usual)
        field.assign = relation.get("assign", usual)
        field.delete = relation.get("delete", "all" if field.is_parental else "removeLink")
    return field


def system_lookup(name, *targets):
    return Field(name, "lookup", True, False, True, False, False, targets=targets)


# What the platform refers to from each record, beside its authors, by ownership.
KEEPERS = {
    "user": {"owner": ("SystemUser", "Team"), "owningBusinessUnit": ("BusinessUnit",)},
    "business": {"businessUnit": ("BusinessUnit",)},
}


def read_entity(root, groups):
    fields = [read_field(element, groups) for element in root.iterfind(f"{NAMESPACE}field")]
    state = root.find(f"{NAMESPACE}states/{NAMESPACE}state")
    keepers = {} if root.get("name") == "BusinessUnit" else KEEPERS.get(root.get("ownership"), {})
    entity = Entity(root.get("name"), root.get("plural"), root.get("ownership"), root.get("nameField", "name"),
                    {field.name: field for field in fields},
                    None if state is None else int(state.get("value")),
                    {key.get("name"): key.get("fields").split() for key in root.iterfind(f"{NAMESPACE}key")},
                    "mergedAs" in root.attrib,
                    [system_lookup(name, *targets) for name, targets in keepers.items()])
    for lookup in entity.linking:
        lookup.relation = lookup.relation or entity.element + lookup.name[0].upper() + lookup.name[1:]
    return entity


def read(folder):
    """All entities by name."""
    roots = [etree.parse(path).getroot() for path in sorted(pathlib.Path(folder).glob("entities/*.xml"))]
    groups = {attribute: [root.get("name") for root in roots if truth(root, attribute)]
              for attribute in GROUPS.values()}
    return {root.get("name"): read_entity(root, groups) for root in roots}
