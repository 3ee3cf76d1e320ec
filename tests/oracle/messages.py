"""Makes random messages for any published operation, from its schema and the records that there are."""
from xml.sax.saxutils import escape

from catalog import RIGHTS
from svyaz.client import reference
from svyaz.contract import SCHEMA

# Parameters that name a record by its id alone.
ENTITY_OF = {"userId": "SystemUser", "managerId": "SystemUser", "teamId": "Team", "roleId": "Role",
             "businessUnitId": "BusinessUnit", "unitId": "BusinessUnit", "parentId": "BusinessUnit",
             "profileId": "FieldSecurityProfile"}
SIMPLE = {"boolean": "true", "integer": "1", "int": "1", "long": "1", "decimal": "1", "dateTime": "2024-02-29T12:00:00Z",
          "date": "2024-02-29", "base64Binary": "eA=="}
# These change who is asking, or count against him.
NOT_ASKED = ("Login", "Logout", "ChangePassword")
DEPTH = 4
# Most messages with these would end before access is asked about.
SELDOM = ("alternateKey", "cookie", "fieldsToNull")


class Messages:
    def __init__(self, contract, asker, random):
        self.asker, self.random, self.catalog = asker, random, asker.catalog
        document = contract.document("All")
        self.schemas = {schema.get("targetNamespace").rpartition(":")[2]: schema
                        for schema in document.iter(f"{SCHEMA}schema")}
        self.types = {(service, found.get("name")): found for service, schema in self.schemas.items()
                      for found in schema if found.get("name") and found.tag != f"{SCHEMA}element"}
        self.roots = {(service, found.get("name")): found for service, schema in self.schemas.items()
                      for found in schema.iterfind(f"{SCHEMA}element")}
        self.operations = [(service, name) for name, service in contract.services.items() if name not in NOT_ASKED]

    def make(self, service, operation, subject):
        """The content of a message about one record."""
        self.service, self.subject, self.operation = service, subject, operation
        self.entity = service if service in self.catalog else subject.entity
        return self.sequence(self.roots[service, operation].find(f"{SCHEMA}complexType"), 0)

    def sequence(self, holder, depth):
        fields = self.catalog[holder.get("name")].fields if holder.get("name") in self.catalog else None
        parts = []
        for member in holder.iterfind(f"{SCHEMA}sequence/{SCHEMA}element"):
            if self.is_wanted(member, depth, fields):
                parts.append(self.member(member.get("name"), member.get("type"), depth))
        return "".join(parts)

    def is_wanted(self, member, depth, fields):
        name = member.get("name")
        if name in SELDOM and self.random.random() < 0.95:
            return False
        if name == "version":
            return self.random.random() < 0.1  # a conflict shows the record
        if name == "id" and self.operation.startswith(("Create", "Upsert")):
            return False  # an id that is taken is told as taken
        if fields is not None and name not in ("id", "owner"):
            field = fields.get(name)
            if field is None or not field.is_creatable or not field.is_updatable or field.is_computed:
                return field is not None and field.is_required or self.random.random() < 0.01
            if field.is_required:
                return True
        likely = 0.8 if depth == 0 or name == "id" else 0.2
        return member.get("minOccurs") != "0" or (depth < DEPTH and self.random.random() < likely)

    def member(self, name, kind, depth):
        if name == "version":
            return "<version>7</version>"
        inner = self.inner(name, kind.partition(":")[2], depth)
        return "" if inner is None else f"<{name}>{inner}</{name}>"

    def inner(self, name, kind, depth):
        if kind == "Reference":
            return reference(self.link(name))
        if kind in ("ArrayOfString", "ArrayOfUuid"):
            return self.words(name)
        found = self.types.get((self.service, kind))
        if found is None:
            return SIMPLE.get(kind) or escape(self.text(name))
        enumerated = [choice.get("value") for choice in found.iter(f"{SCHEMA}enumeration")]
        if enumerated:
            return self.random.choice(enumerated)
        return "1" if found.tag == f"{SCHEMA}simpleType" else self.sequence(found, depth + 1)

    def link(self, name):
        field = self.catalog[self.entity].fields.get(name)
        if name in ("principal", "owner"):
            return self.asker.owner()
        if field is None or not field.is_lookup:
            return (self.subject.entity, self.subject.id)
        records = [record for target in field.targets for record in self.asker.by_entity[target]]
        record = self.random.choice(records or [self.subject])
        return (record.entity, record.id)

    def words(self, name):
        if name == "rights":
            return f"<string>{self.random.choice(RIGHTS)}</string>"
        if name == "columns":
            fields = self.random.choices(list(self.catalog[self.entity].fields), k=3)
            return "".join(f"<string>{field}</string>" for field in fields)
        return f"<string>{self.text(name)}</string>"

    def text(self, name):
        if name == "subordinateId":
            return self.random.choice(self.asker.by_entity[self.entity] or [self.subject]).id
        if name == "id" or name.endswith("Id") and name not in self.catalog[self.entity].fields:
            wanted = ENTITY_OF.get(name, self.subject.entity)
            if wanted == self.subject.entity:
                return self.subject.id
            records = self.asker.by_entity[wanted] or [self.subject]
            return self.random.choice(records).id
        field = self.catalog[self.entity].fields.get(name)
        if field is not None and field.choices:
            return self.random.choice(list(field.choices))
        known = {"entity": self.entity, "entityName": self.entity, "right": self.random.choice(RIGHTS),
                 "field": self.random.choice(list(self.catalog[self.entity].fields)), "operator": "notNull",
                 "password": "Another-password-1", "alternateKey": "x", "keyName": next(iter(self.catalog[self.entity].keys), "none"), "depth": "user",
                 "values": self.subject.id, "userName": "nobody", "cookie": "x"}
        return known.get(name, "x")
