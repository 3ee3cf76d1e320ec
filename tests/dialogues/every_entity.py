"""Every operation on every entity, with every field that a client may set.

Values are made from the describe answer; what was written is read back and compared. So an entity
or a field that is added to metadata/ is proven without a line here.
"""
import itertools
import time
from xml.sax.saxutils import escape

from lxml import etree

from svyaz import stage, wire
from svyaz.contract import PREFIX, Contract
from svyaz.server import ADMIN, PASSWORD, Server

PATIENCE = 100  # tenths of a second until a change must be told
NUMBER = itertools.count(1)
NOT_RESTORED = ("BusinessUnit", "FieldSecurityProfile", "Role", "SystemUser", "Team")
ABSENT = "01890000-0000-7000-8000-000000000000"


class Field:
    """One field as describe tells it."""

    def __init__(self, element):
        self.choices = [token.text for token in element.iterfind("{*}choices/*/{*}token")]
        self.targets = [target.text for target in element.iterfind("{*}targets/*")]
        for child in element:
            if not len(child):
                setattr(self, etree.QName(child).localname, child.text or "")

    def __getattr__(self, name):
        return ""

    def is_true(self, name):
        return getattr(self, name) == "true"

    def whole_number(self):
        least = int(float(self.minimum or 1))
        return str(max(least, min(int(float(self.maximum or 7)), 7)))

    def fraction(self):
        whole, scale = self.whole_number(), int(self.scale or 0)
        return whole if scale == 0 else f"{whole}.{'25'.ljust(scale, '0')[:scale]}"

    def line(self):
        return f"Ёж-{next(NUMBER)}"[:int(self.length or 100)]


# What is sent for a field of a type; None: nothing, it is set by other means.
SAMPLES = {
    "string": Field.line,
    "email": lambda field: f"Anna.{next(NUMBER)}@Example.com",
    "timeZone": lambda field: "Asia/Yekaterinburg",
    "memo": lambda field: f"Первая строка {next(NUMBER)}\nи <вторая> & последняя",
    "integer": Field.whole_number,
    "long": Field.whole_number,
    "decimal": Field.fraction,
    "money": Field.fraction,
    "boolean": lambda field: "true",
    "date": lambda field: "2024-02-29",
    "dateTime": lambda field: "2024-02-29T23:59:59.250Z",
    "choice": lambda field: field.choices[-1],
}


class Entity:
    """One entity: how its records are made, and the operations on them."""

    def __init__(self, sweep, name):
        answer = sweep.ask("Metadata", "DescribeEntity", f"<entityName>{name}</entityName>")
        description = answer[0]
        self.name = name
        self.element = name[0].lower() + name[1:]
        self.fields = [Field(element) for element in description.iterfind("{*}fields/*")]
        self.keys = {key.findtext("{*}name"): [field.text for field in key.iterfind("{*}fields/*")]
                     for key in description.iterfind("{*}keys/*")}
        self.in_keys = {name for names in self.keys.values() for name in names}

    def values(self, sweep, is_full):
        """Field name to lexical value or, for a lookup, to the id that it refers to."""
        found = {}
        for field in self.fields:
            if not field.is_true("creatable") or not (is_full or field.is_true("required")):
                continue
            if field.fieldType == "lookup":
                if field.is_true("required") or field.name in self.in_keys:
                    found[field.name] = sweep.reference(field.targets[0])
            elif field.fieldType in SAMPLES:
                found[field.name] = SAMPLES[field.fieldType](field)
        return found

    def xml(self, values):
        """Values as elements, in the order of the schema."""
        return "".join(f"<{field.name}>{write(values[field.name])}</{field.name}>"
                       for field in self.fields if field.name in values)

    def changeable(self, values):
        """A text that may be changed and is in no key, and its field; None where there is none."""
        for field in self.fields:
            if field.name in values and field.is_true("updatable") and field.name not in self.in_keys \
                    and field.fieldType in ("string", "memo"):
                return field.name
        return None


def write(value):
    if isinstance(value, tuple):
        entity, identifier = value
        return f"<entity>{entity}</entity><id>{identifier}</id>"
    return escape(value)


def write_named(value):
    return f"<reference>{write(value)}</reference>" if isinstance(value, tuple) else f"<value>{write(value)}</value>"


class Complaint(Exception):
    """What went wrong with an entity."""


class Sweep:
    """Asks as the administrator, every answer held against the contract."""

    def __init__(self, server, touched):
        self.url, self.touched = server.url, touched
        self.contract = Contract(server.url)
        self.entities, self.references = {}, {}
        self.token = None
        answer = self.ask("Session", "Login",
                          f"<userName>{ADMIN}</userName><password>{PASSWORD}</password>")
        self.token = answer.findtext("{*}result/{*}token")

    def ask(self, service, operation, content=""):
        """The response element; a fault, or an answer that breaks the contract, is a complaint."""
        header = stage.session_header(PREFIX + service, self.token) if self.token else ""
        reply = wire.call(self.url, service, operation, content, header)
        self.touched.add(operation)
        complaint = self.contract.complaint(service, reply)
        if complaint:
            raise Complaint(f"{operation}: {complaint}")
        if reply.fault() is not None:
            raise Complaint(f"{operation}: {reply.fault()}")
        return reply.message()

    def entity(self, name):
        if name not in self.entities:
            self.entities[name] = Entity(self, name)
        return self.entities[name]

    def reference(self, name):
        """A record of an entity to refer to, made when there is none yet."""
        if name not in self.references:
            entity = self.entity(name)
            answer = self.ask(name, f"RetrieveMultiple{name}", "<query><pageSize>1</pageSize></query>")
            found = answer.findtext(".//{*}id")
            if found is None:
                found = self.create(entity, entity.values(self, is_full=False))
            self.references[name] = (name, found)
        return self.references[name]

    def create(self, entity, values):
        content = f"<{entity.element}>{entity.xml(values)}</{entity.element}>"
        return self.ask(entity.name, f"Create{entity.name}", content).findtext(".//{*}id")

    def read(self, entity, identifier, names):
        columns = "".join(f"<string>{name}</string>" for name in names)
        answer = self.ask(entity.name, f"Retrieve{entity.name}",
                          f"<id>{identifier}</id><columns>{columns}</columns>")
        return values_of(answer[0])

    def prove(self, entity):
        """Create, retrieve, update, upsert, list and delete records of one entity."""
        values = entity.values(self, is_full=True)
        token = self.changes(entity).findtext(".//{*}nextToken")
        identifier = self.create(entity, values)
        expect_same(values, self.read(entity, identifier, values))
        changed = entity.changeable(values)
        if changed:
            values[changed] = values[changed][:-1] + "я"
        sent = {name: values[name] for name in ([changed] if changed else [])}
        self.ask(entity.name, f"Update{entity.name}",
                 f"<{entity.element}><id>{identifier}</id>{entity.xml(sent)}</{entity.element}>")
        expect_same(values, self.read(entity, identifier, values))
        if any(field.name == "owner" for field in entity.fields):
            owner = write(self.reference("SystemUser"))
            self.ask(entity.name, f"Assign{entity.name}", f"<id>{identifier}</id><owner>{owner}</owner>")
        for key, names in entity.keys.items():
            if all(name in values for name in names):
                self.upsert(entity, key, {name: values[name] for name in names}, identifier)
        self.ask(entity.name, f"Aggregate{entity.name}",
                 "<aggregate><measures><Measure><function>count</function></Measure></measures></aggregate>")
        listed = self.ask(entity.name, f"RetrieveMultiple{entity.name}",
                          "<query><count>true</count><pageSize>5000</pageSize></query>")
        if identifier not in [element.text for element in listed.iterfind(".//{*}id")]:
            raise Complaint("the list does not hold the record")
        self.prove_history(entity, values, identifier)
        self.ask(entity.name, f"Delete{entity.name}", f"<id>{identifier}</id>")
        self.prove_changes(entity, token, identifier)
        self.prove_many(entity, etree.QName(listed[0][0]).localname)
        self.prove_batch(entity)

    def changes(self, entity, token=None):
        content = "" if token is None else f"<token>{token}</token>"
        return self.ask(entity.name, f"RetrieveChanges{entity.name}", content)

    def prove_changes(self, entity, token, identifier):
        """The life of a record, from the first change to the last, each version in its turn."""
        told = []
        for _ in range(PATIENCE):
            answer = self.changes(entity, token)
            told += [(change.findtext("{*}kind"), int(change.findtext("{*}version") or 0))
                     for change in answer.iterfind(".//{*}RecordChange")
                     if change.findtext("{*}id") == identifier]
            token = answer.findtext(".//{*}nextToken")
            if told and told[-1][0] == "deleted":
                break
            time.sleep(0.1)
        versions = [version for kind, version in told if kind in ("created", "updated", "assigned")]
        if not told or told[0] != ("created", 1) or told[-1] != ("deleted", len(versions)) or \
                versions != list(range(1, len(versions) + 1)):
            raise Complaint(f"RetrieveChanges told {told}")

    def prove_history(self, entity, values, identifier):
        """As it is now it was at its last change."""
        moment = self.read(entity, identifier, ["modifiedOn"])["modifiedOn"]
        columns = "".join(f"<string>{name}</string>" for name in values)
        answer = self.ask(entity.name, f"RetrieveAsOf{entity.name}",
                          f"<id>{identifier}</id><moment>{moment}</moment><columns>{columns}</columns>")
        expect_same(values, values_of(answer[0]))

    def prove_many(self, entity, plural):
        """The same for many records in one call; two rows, one of which cannot be done."""
        values = entity.values(self, is_full=True)
        row = f"<{entity.name}>{entity.xml(values)}</{entity.name}>"
        wrong = f"<{entity.name}><id>{ABSENT}</id></{entity.name}>"
        identifier = self.many(entity, "CreateMultiple", f"<{plural}>{row}</{plural}>", [True])
        changed = entity.changeable(values)
        sent = entity.xml({changed: values[changed]} if changed else {})
        right = f"<{entity.name}><id>{identifier}</id>{sent}</{entity.name}>"
        self.many(entity, "UpdateMultiple", f"<{plural}>{wrong}{right}</{plural}>", [False, True])
        for key, names in entity.keys.items():
            if all(name in values for name in names):
                row = f"<{entity.name}>{entity.xml({name: values[name] for name in names})}</{entity.name}>"
                if self.many(entity, "UpsertMultiple", f"<keyName>{key}</keyName><{plural}>{row}</{plural}>",
                             [True]) != identifier:
                    raise Complaint(f"UpsertMultiple by {key} made another record")
        ids = f"<ids><string>{ABSENT}</string><string>{identifier.upper()}</string></ids>"
        found = self.ask(entity.name, f"RetrieveByIds{entity.name}", ids)
        if [element.text for element in found.iterfind(f".//{{*}}{plural}/*/{{*}}id")] != [identifier] or \
                found.findtext(".//{*}notFound/*") != ABSENT:
            raise Complaint(f"RetrieveByIds found {etree.tostring(found)}")
        self.many(entity, "DeleteMultiple", ids, [False, True])
        if entity.name not in NOT_RESTORED:
            self.prove_bin(entity, values, identifier)

    def prove_bin(self, entity, values, identifier):
        """What is restored is as it was."""
        deleted = self.ask("RecycleBin", "RetrieveDeleted", f"<entity>{entity.name}</entity><limit>1</limit>")
        if deleted.findtext(".//{*}DeletedRecord/{*}record/{*}id") != identifier:
            raise Complaint(f"RetrieveDeleted answers {etree.tostring(deleted, encoding='unicode')}")
        record = f"<record><entity>{entity.name}</entity><id>{identifier}</id></record>"
        self.ask("RecycleBin", "Undelete", record)
        expect_same(values, self.read(entity, identifier, values))
        self.ask(entity.name, f"Delete{entity.name}", f"<id>{identifier}</id>")
        self.ask("RecycleBin", "PurgeDeleted", record)

    def prove_batch(self, entity):
        """A record made, changed and deleted by a batch, where fields are names and values."""
        values = entity.values(self, is_full=True)
        it = "<resultOf>it</resultOf>"
        made = "<tag>it</tag>" + self.row(entity, "create", fields=values)
        identifier = self.batch(made, [True])
        expect_same(values, self.read(entity, identifier, values))
        changed = entity.changeable(values)
        fields = {changed: values[changed][:-1] + "ю"} if changed else {}
        self.batch(self.row(entity, "update", f"<id>{identifier}</id>", fields), [True])
        expect_same(values | fields, self.read(entity, identifier, values))
        self.batch(self.row(entity, "delete", f"<id>{identifier}</id>"), [True])
        rows = [made, self.row(entity, "delete", it), self.row(entity, "delete", it)]
        self.batch("</BatchRow><BatchRow>".join(rows), [True, True, False])

    def row(self, entity, operation, name="", fields=None):
        """The members of a BatchRow, in the order of the schema."""
        given = "".join(f"<BatchField><name>{field}</name>{write_named(value)}</BatchField>"
                        for field, value in (fields or {}).items())
        return (f"<operation>{operation}</operation><entity>{entity.name}</entity>{name}"
                f"<fields>{given}</fields>")

    def batch(self, rows, done):
        return self.results("Batch", "ExecuteBatch", f"<rows><BatchRow>{rows}</BatchRow></rows>", done)

    def many(self, entity, verb, content, done):
        return self.results(entity.name, f"{verb}{entity.name}", content, done)

    def results(self, service, operation, content, done):
        """The id of the last row; its results must be as told."""
        answer = self.ask(service, operation, content)
        told = [row.findtext("{*}ok") == "true" for row in answer.iterfind(".//{*}RowResult")]
        if told != done or answer.findtext(".//{*}succeeded") != str(sum(done)):
            raise Complaint(f"{operation}: {etree.tostring(answer, encoding='unicode')}")
        return answer.findtext(".//{*}RowResult[last()]/{*}id")

    def upsert(self, entity, key, values, identifier):
        content = (f"<keyName>{key}</keyName>"
                   f"<{entity.element}>{entity.xml(values)}</{entity.element}>")
        answer = self.ask(entity.name, f"Upsert{entity.name}", content)
        if answer.findtext(".//{*}id") != identifier:
            raise Complaint(f"the upsert by {key} made another record")


def values_of(record):
    return {etree.QName(child).localname:
            (child.findtext("{*}entity"), child.findtext("{*}id")) if len(child) else child.text or ""
            for child in record}


def expect_same(sent, came):
    for name, value in sent.items():
        if came.get(name) != value:
            raise Complaint(f"{name} is {came.get(name)!r} instead of {value!r}")


def run(tally, touched, program, template, folder):
    """Proves every entity against one server; a test each."""
    server = Server(folder, program)
    server.bootstrap(template)
    with server:
        sweep = Sweep(server, touched)
        listed = sweep.ask("Metadata", "DescribeEntities")
        for name in [name.text for name in listed.iterfind("*/*/{*}name")]:
            try:
                sweep.prove(sweep.entity(name))
                tally.ok(name)
            except (Complaint, OSError, ValueError) as reason:
                tally.fail(f"every-entity {name}", reason)
    if server.report():
        tally.fail("every-entity", server.report())
