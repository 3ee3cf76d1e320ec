"""Questions of access: each is put to the server, and answered by the rules.

A question is prepared with the answer that the rules expect, then asked; so many may be asked at
the same time. What would change something is only tried (validateOnly).
"""
import collections
import dataclasses

from catalog import RIGHTS
from svyaz.client import ABSENT, element

YES = None  # no fault
REFUSALS = ("NOT_ALLOWED", "RECORD_NOT_FOUND", "REFERENCE_NOT_FOUND", "OWNER_CANNOT_READ", "SESSION_INVALID")
CANDIDATES = 6


@dataclasses.dataclass
class Question:
    """What is asked as whom, and the codes with which the rules agree; None: no fault."""
    what: str
    operation: str
    content: str
    token: str
    expected: tuple
    check: object = None       # complaint about an answer without fault, or None
    decisions: int = 1


class Asker:
    """Prepares questions about one state of the world."""

    def __init__(self, world, facts, rules, random):
        self.world, self.facts, self.rules, self.random = world, facts, rules, random
        self.catalog = rules.catalog
        self.records = self.all_records()
        self.by_entity = collections.defaultdict(list)
        for record in self.records:
            self.by_entity[record.entity].append(record)
        self.referring = collections.defaultdict(list)  # id -> (lookup, record that refers)
        for record in self.records:
            for name, link in record.links.items():
                self.referring[link[1]].append((self.catalog[record.entity].fields[name], record))
        self.ways = {way: weight for way, weight in WAYS.items()
                     if NEEDED.get(way, "Login") in world.client.services}
        self.seen = collections.Counter()  # how often each relation was asked about
        self.rights_left = []

    def all_records(self):
        """In an order that does not depend on ids: as made, then what the platform made, by name."""
        found = []
        for entity in self.catalog:
            made = [identifier for identifier in self.world.records.get(entity, [])
                    if identifier in self.facts.records[entity]]
            others = sorted((record for record in self.facts.records[entity].values() if record.id not in set(made)),
                            key=lambda record: str(sorted((k, str(v)) for k, v in record.values.items()
                                                          if k in ("name", "userName"))))
            found += [self.facts.records[entity][identifier] for identifier in made] + others
        return found

    # ---- what to ask about ----

    def pick(self, right=None):
        """User, right and record: of a few pairs the one whose relation was asked about least."""
        if not self.rights_left:
            self.rights_left = [(entity, right) for entity in self.by_entity for right in RIGHTS]
            self.random.shuffle(self.rights_left)
        entity, drawn = self.rights_left.pop()
        right = right or drawn
        best, relation = None, None
        for _ in range(CANDIDATES):
            user, record = self.random.choice(self.world.users), self.random.choice(self.by_entity[entity])
            found = (right, self.relation(user, right, record))
            if best is None or self.seen[found] < self.seen[relation]:
                best, relation = (user, right, record), found
        self.seen[relation] += 1
        return best

    def relation(self, user, right, record):
        """All rules that allow it, or why none does."""
        if self.rules.is_shut_out(user):
            return ("shut out",)
        if not self.rules.reach(user, record.entity, right):
            return ("no privilege",)
        return tuple(sorted(self.rules.allowing(user, right, record))) or ("not reached",)

    def make(self):
        """One question, of a random way to ask."""
        while True:
            right = None
            way = self.random.choices(list(self.ways), list(self.ways.values()))[0]
            if way in RIGHT_OF:
                right = RIGHT_OF[way]
            question = way(self, *self.pick(right))
            if question is not None:
                return question

    def question(self, what, operation, content, user, allowed, entity, right, record=None, **more):
        if self.rules.is_shut_out(user):
            expected = ("SESSION_INVALID",)
        elif allowed:
            expected = (YES,)
        elif not self.rules.reach(user, entity, right) or record is None or self.rules.may(user, "read", record):
            expected = ("NOT_ALLOWED",)
        else:
            expected = ("RECORD_NOT_FOUND",)
        return Question(f"{self.name(user)}: {what}", operation, content, self.world.sessions[user], expected, **more)

    def name(self, user):
        return f"user {self.world.users.index(user)} ({user})"

    def describe(self, record):
        return (f"{record.entity} {record.id} (owner {record.owner}, unit {record.unit}, state {record.state}, "
                f"{record.links})")

    # ---- ways to ask ----

    def explain(self, user, right, record):
        """The server's own explanation, for the administrator; the rule that it names must be one that holds."""
        allowing = self.rules.allowing(user, right, record)

        def check(answer):
            said = answer.text("allowed") == "true"
            if said != bool(allowing):
                return f"explained as {answer.text('sentence')!r}, the rules say {sorted(allowing) or 'no'}"
            rule = answer.text("rule")
            if said and not allowing & set(RULE_NAMES.get(rule, (rule,))):
                return f"explained by {rule}, the rules say {sorted(allowing)}"
            return None

        content = (self.reference(record) + element("right", right) +
                   element("principal", ("SystemUser", user)))
        return Question(f"may {self.name(user)} {right} {self.describe(record)}? {sorted(allowing) or 'no'}",
                        "ExplainAccess", content, self.world.token, (YES,), check)

    def principal_access(self, user, _, record):
        """All rights at once."""
        rights = {right for right in RIGHTS if self.rules.may(user, right, record)}

        def check(answer):
            said = {found.text for found in answer.message.iter("{*}string")}
            return None if said - {"create"} == rights - {"create"} else \
                f"the server says {sorted(said)}, the rules {sorted(rights)}"

        content = self.reference(record) + element("principal", ("SystemUser", user))
        return Question(f"what may {self.name(user)} do with {self.describe(record)}?", "RetrievePrincipalAccess",
                        content, self.world.token, (YES,), check, len(RIGHTS) - 1)

    def reference(self, record):
        return element("record", (record.entity, record.id))

    def retrieve(self, user, _, record):
        allowed = self.rules.may(user, "read", record)
        entity = self.catalog[record.entity]
        hidden = [field.name for field in entity.fields.values()
                  if "read" not in self.rules.field_rights(user, record.entity, field.name)]

        def check(answer):
            leaked = [name for name in hidden if answer.message.find(f"{{*}}{entity.element}/{{*}}{name}") is not None]
            return f"secured fields came: {leaked}" if leaked else None

        return self.question(f"read {self.describe(record)}", f"Retrieve{record.entity}", element("id", record.id),
                             user, allowed, record.entity, "read", record, check=check)

    def text_field(self, entity, secured=False):
        in_keys = {name for names in entity.keys.values() for name in names}
        fields = [field for field in entity.fields.values() if field.type in ("string", "memo") and field.is_updatable
                  and not field.is_computed and field.is_secured == secured and field.name not in in_keys]
        return self.random.choice(fields) if fields else None

    def update(self, user, _, record):
        field = self.text_field(self.catalog[record.entity])
        if field is None:
            return None
        content = self.world.as_element(record.entity, {"id": record.id, field.name: "x"})
        return self.question(f"write {field.name} of {self.describe(record)}", f"Update{record.entity}", content, user,
                             self.rules.may(user, "write", record), record.entity, "write", record)

    def update_secured(self, user, _, record):
        field = self.text_field(self.catalog[record.entity], secured=True)
        if field is None:
            return None
        may_field = "update" in self.rules.field_rights(user, record.entity, field.name)
        content = self.world.as_element(record.entity, {"id": record.id, field.name: "x"})
        question = self.question(f"write secured {field.name} of {self.describe(record)}", f"Update{record.entity}",
                                 content, user, self.rules.may(user, "write", record) and may_field,
                                 record.entity, "write", record)
        if not may_field and question.expected == ("RECORD_NOT_FOUND",):
            question.expected += ("NOT_ALLOWED",)  # of the field, whatever the record
        return question

    def cascade(self, record, attribute, found):
        """Fills in all records that an action takes along; False when one of them forbids it."""
        if record.id in found:
            return True
        found[record.id] = record
        for lookup, child in self.referring[record.id]:
            kind = getattr(lookup, attribute)
            if kind == "restrict":
                return False
            if self.rules.goes_down(kind, child, record) and not self.cascade(child, attribute, found):
                return False
        return True

    def delete(self, user, _, record):
        if self.catalog[record.entity].ownership in ("business", "organization"):
            return None
        taken = {}
        is_free = self.cascade(record, "delete", taken)
        is_mine = self.rules.may(user, "delete", record)
        if is_mine and not is_free:
            return None
        allowed = is_mine and all(self.rules.may(user, "delete", each) for each in taken.values())
        question = self.question(f"delete {self.describe(record)}", f"Delete{record.entity}",
                                 element("id", record.id), user, allowed, record.entity, "delete", record)
        if is_mine and not allowed:
            question.expected = ("NOT_ALLOWED",)  # a record that goes with it is not told by its id
        return question

    def with_owner(self, question, user, owner):
        """An owner whom one may not read is told as not existing; oneself and one's teams are known."""
        if self.rules.may(user, "read", self.facts.record(owner)) or question.expected == ("SESSION_INVALID",):
            return question
        is_mine = owner[1] in self.rules.principals(user)
        question.expected = ("REFERENCE_NOT_FOUND", *[code for code in question.expected if code or is_mine])
        return question

    def owner(self):
        owner = self.random.choice(self.world.principals())
        return (self.world.kind(owner), owner)

    def assign(self, user, _, record):
        if self.catalog[record.entity].ownership != "user":
            return None
        owner = self.owner()
        taken = {}
        self.cascade(record, "assign", taken)
        if record.owner == owner[1] or (self.rules.may(user, "assign", record) and len(taken) > 1):
            return None
        allowed = self.rules.may_assign(user, record, owner[1])
        question = self.question(f"assign {self.describe(record)} to {owner}", f"Assign{record.entity}",
                                 element("id", record.id) + element("owner", owner), user, allowed, record.entity,
                                 "assign", record)
        if not allowed and self.rules.may(user, "assign", record):
            question.expected = ("OWNER_CANNOT_READ",)
        return self.with_owner(question, user, owner)

    def grant(self, user, _, record):
        if self.catalog[record.entity].ownership != "user":
            return None
        right = self.random.choice([right for right in RIGHTS if right != "create"])
        allowed = self.rules.may(user, "share", record) and self.rules.may(user, right, record)
        content = (self.reference(record) + element("principal", self.owner()) + element("rights", [right]))
        return self.question(f"share {right} of {self.describe(record)}", "GrantAccess", content, user, allowed,
                             record.entity, "share", record)

    def link(self, user, _, record):
        """Setting a lookup: write and append here, append to and read there."""
        lookups = [lookup for lookup in self.catalog[record.entity].lookups
                   if lookup.is_updatable and not lookup.is_secured and lookup.name not in ("currency",)]
        if not lookups:
            return None
        lookup = self.random.choice(lookups)
        candidates = [target for name in lookup.targets for target in self.by_entity[name]]
        if not candidates:
            return None
        target = self.random.choice(candidates)
        if target.id == record.id or record.links.get(lookup.name) == (target.entity, target.id) or \
                self.would_turn(lookup, record, target):
            return None
        allowed = all(self.rules.may(user, right, which) for right, which in (
            ("write", record), ("append", record), ("appendTo", target), ("read", target)))
        content = self.world.as_element(record.entity, {"id": record.id, lookup.name: (target.entity, target.id)})
        question = self.question(f"let {lookup.name} of {self.describe(record)} be {self.describe(target)}",
                                 f"Update{record.entity}", content, user, allowed, record.entity, "write", record)
        if not allowed and question.expected != ("SESSION_INVALID",) and self.rules.may(user, "write", record):
            question.expected = ("NOT_ALLOWED",
                                 *(() if self.rules.may(user, "read", target) else ("REFERENCE_NOT_FOUND",)),
                                 *(() if self.rules.may(user, "read", record) else ("RECORD_NOT_FOUND",)))
        return question

    def would_turn(self, lookup, record, target):
        """Whether the link would make a circle, which is refused for other reasons."""
        return bool({target.entity, record.entity} & {"BusinessUnit", "SystemUser", "Team", "Role"}) or \
            target.entity == record.entity

    def create(self, user, _, record):
        entity = self.catalog[record.entity]
        required = [field for field in entity.fields.values() if field.is_required]
        if entity.ownership != "user" or any(field.is_lookup for field in required):
            return None
        owner = self.owner()
        values = {field.name: self.world.required(field, "x") for field in required} | {"owner": owner}
        allowed = self.rules.may_create(user, entity.name, owner[1])
        question = self.question(f"create {entity.name} for {owner}", f"Create{entity.name}",
                                 self.world.as_element(entity.name, values), user, allowed, entity.name, "create")
        if not allowed and question.expected != ("SESSION_INVALID",):
            question.expected = ("NOT_ALLOWED", "OWNER_CANNOT_READ")
        return self.with_owner(question, user, owner)

    def absent(self, user, right, record):
        """A record that is not there, in place of one that is."""
        operation = {"read": "Retrieve", "delete": "Delete"}.get(right)
        if operation is None:
            return None
        question = self.question(f"{right} a {record.entity} that is not there", f"{operation}{record.entity}",
                                 element("id", ABSENT), user, False, record.entity, right)
        if self.rules.reach(user, record.entity, right) and question.expected != ("SESSION_INVALID",):
            question.expected = ("RECORD_NOT_FOUND",)
        return question


# How a rule is called in an explanation, where not as here.
RULE_NAMES = {"inherited": ("inherited owner", "inherited share")}
# How often each way is asked; a way whose operation is not published is left out.
WAYS = {Asker.explain: 50, Asker.principal_access: 4, Asker.retrieve: 10, Asker.update: 6, Asker.update_secured: 3,
        Asker.delete: 6, Asker.assign: 6, Asker.grant: 6, Asker.link: 6, Asker.create: 6, Asker.absent: 2}
NEEDED = {Asker.explain: "ExplainAccess", Asker.principal_access: "RetrievePrincipalAccess", Asker.grant: "GrantAccess"}
RIGHT_OF = {Asker.retrieve: "read", Asker.update: "write", Asker.update_secured: "write", Asker.delete: "delete",
            Asker.assign: "assign", Asker.grant: "share", Asker.link: "append", Asker.create: "create"}


def put(client, question):
    """Asks; a complaint, or None when the server and the rules agree."""
    answer = client.ask(question.operation, question.content, question.token, try_only=True)
    if answer.code in question.expected:
        return question.check(answer) if answer.code is None and question.check else None
    if YES in question.expected and answer.code not in REFUSALS:
        return ("other", answer.code)
    return f"the server says {answer.fault_text() or 'yes'}, the rules {question.expected}"
