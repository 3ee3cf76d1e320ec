"""Questions of access: each is put to the server, and answered by the rules.

A question is prepared with the answer that the rules expect, then asked; so many may be asked at
the same time. What would change something is only tried (validateOnly).
"""
import collections
import dataclasses

from catalog import RIGHTS
from lxml import etree
from world import LEFT_ALONE
from svyaz.client import ABSENT, element

YES = None  # no fault
REFUSALS = ("NOT_ALLOWED", "RECORD_NOT_FOUND", "REFERENCE_NOT_FOUND", "OWNER_CANNOT_READ", "SESSION_INVALID")
CANDIDATES = 16


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

    def ask(self, client):
        """A complaint; None when the server and the rules agree. What was allowed and went wrong for other reasons
        is a pair: the code and the operation."""
        answer = client.ask(self.operation, self.content, self.token, try_only=True)
        if answer.code in self.expected:
            complaint = self.check(answer) if answer.code is None and self.check else None
        elif YES in self.expected and answer.code not in REFUSALS:
            return (answer.code, self.operation)
        else:
            complaint = f"the server says {answer.fault_text() or 'yes'}, the rules {self.expected}"
        return complaint and f"{self.what}: {complaint}"


class Asker:
    """Prepares questions about one state of the world."""

    def __init__(self, world, facts, rules, random):
        self.world, self.facts, self.rules, self.random = world, facts, rules, random
        self.catalog = rules.catalog
        self.records = self.all_records()
        self.by_id = {record.id: record for record in self.records}
        self.by_entity = collections.defaultdict(list)
        for record in self.records:
            self.by_entity[record.entity].append(record)
        self.referring = collections.defaultdict(list)  # id -> (lookup, record that refers)
        for record in self.records:
            for name, link in record.links.items():
                self.referring[link[1]].append((self.catalog[record.entity].fields[name], record))
        self.owned = [record for record in self.records if self.catalog[record.entity].ownership == "user"]
        self.seen = collections.Counter()  # how often each relation was asked about
        self.rights_left = []
        self.lacking = None  # who lacks append alone for whom, when it was looked for

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
        """All rules that allow it, or why none does; and by which rules he came near: they allow another right."""
        if self.rules.is_shut_out(user):
            return ("shut out",)
        if not self.rules.reach(user, record.entity, right):
            return ("no privilege",)
        allowing = self.rules.allowing(user, right, record)
        if allowing:
            return tuple(sorted(allowing))
        near = {rule for other in RIGHTS for rule in self.rules.allowing(user, other, record)}
        return ("not reached", *(f"near {rule}" for rule in sorted(near)))

    def make(self):
        """One question, of a random way to ask."""
        while True:
            right = None
            way = self.random.choices(list(WAYS), list(WAYS.values()))[0]
            if way in RIGHT_OF:
                right = RIGHT_OF[way]
            question = way(self, *self.pick(right))
            if question is not None:
                return question

    def question(self, what, operation, content, user, entity, right, *steps, **more):
        """What the rules answer: who asks, the privilege of the operation (if it needs one in every case), then of
        some steps, each whether it holds and the code when not, the first that does not."""
        if self.rules.is_shut_out(user):
            expected = ("SESSION_INVALID",)
        elif right is not None and not self.rules.reach(user, entity, right):
            expected = ("NOT_ALLOWED",)
        else:
            failing = next((codes for holds, codes in steps if not holds), YES)
            expected = failing if isinstance(failing, tuple) else (failing,)
        return Question(f"{self.name(user)}: {what}", operation, content, self.world.sessions[user], expected, **more)

    # ---- steps ----

    def right_on(self, user, right, record):
        """A right on a record. Who may not read it is told that there is none."""
        return (self.rules.may(user, right, record),
                "NOT_ALLOWED" if self.rules.may(user, "read", record) else "RECORD_NOT_FOUND")

    def fields_set(self, user, entity, right, names):
        """Secured fields that are given."""
        return (all(right in self.rules.field_rights(user, entity.name, name) for name in names), "NOT_ALLOWED")

    def known(self, user, targets):
        """What a record refers to can be read. Oneself and one's teams are known as owners in any case."""
        return (all(self.rules.may(user, "read", target) for target in targets), "REFERENCE_NOT_FOUND")

    def known_owner(self, user, owner):
        return (owner[1] in self.rules.principals(user) or self.rules.may(user, "read", self.by_id[owner[1]]),
                "REFERENCE_NOT_FOUND")

    def appendable(self, user, targets):
        return (all(self.rules.may(user, "appendTo", target) for target in targets), "NOT_ALLOWED")

    def may_own(self, owner, entity):
        return (self.rules.may_be_owner(owner[1], entity.name), "OWNER_CANNOT_READ")

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
        """All fields, or some that are named: those that he may not read are left out without a word."""
        entity = self.catalog[record.entity]
        readable = {field.name for field in entity.fields.values()
                    if "read" in self.rules.field_rights(user, record.entity, field.name)}
        columns = self.columns(entity)
        asked = set(columns or [field.name for field in entity.fields.values() if field.type not in UNASKED])
        may_come = readable & asked | (set() if columns else {f"{name}Base" for name in readable})
        texts = {name: text for name, text in self.world.texts.get(record.id, {}).items() if name in may_come}
        for name in [field.name for field in entity.fields.values() if field.is_secured and field.name in asked]:
            self.count("field read", name in readable)

        def check(answer):
            return self.record_complaint(user, answer.message.find(f"{{*}}{entity.element}"), may_come, texts)

        return self.question(f"read {self.describe(record)}", f"Retrieve{record.entity}",
                             element("id", record.id) + (element("columns", columns) if columns else ""), user,
                             record.entity, "read", (self.rules.may(user, "read", record), "RECORD_NOT_FOUND"),
                             check=check)

    def columns(self, entity):
        """Some fields, those that are secured rather than others; or none, which asks for all that is not long."""
        if self.random.random() < 0.5:
            return []
        secured = [field.name for field in entity.fields.values() if field.is_secured]
        others = [field.name for field in entity.fields.values() if not field.is_secured]
        return sorted(self.random.sample(secured, len(secured) // 2) + self.random.sample(others, min(3, len(others))))

    def record_complaint(self, user, came, may_come, texts):
        """About a record that was answered: what came was asked for and may be read, the texts are there, and no
        reference bears the name of a record out of his sight."""
        if came is None:
            return "no record came"
        for child in came:
            name, target = etree.QName(child).localname, self.by_id.get(child.findtext("{*}id"))
            if name not in may_come and name not in ALWAYS:
                return f"{name} came, which he may not read or did not ask for"
            if target and child.findtext("{*}name") and not self.rules.may(user, "read", target):
                return f"{name} tells the name of {self.describe(target)}"
        for name, text in texts.items():
            if came.findtext(f"{{*}}{name}") != text:
                return f"{name} is {came.findtext(f'{{*}}{name}')!r} and not {text!r}"
        return None

    def count(self, what, is_allowed):
        """For the last lines of a run: how often secured fields were asked about."""
        self.seen[what, ("allowed" if is_allowed else "refused",)] += 1

    def text_fields(self, entity, secured=False):
        in_keys = {name for names in entity.keys.values() for name in names}
        return [field for field in entity.fields.values() if field.type in ("string", "memo") and field.is_updatable
                and not field.is_computed and field.is_secured == secured and field.name not in in_keys]

    def text_field(self, entity, secured=False):
        fields = self.text_fields(entity, secured)
        return self.random.choice(fields) if fields else None

    def update(self, user, _, record):
        field = self.text_field(self.catalog[record.entity])
        if field is None:
            return None
        content = self.world.as_element(record.entity, {"id": record.id, field.name: "x"})
        return self.question(f"write {field.name} of {self.describe(record)}", f"Update{record.entity}", content, user,
                             record.entity, "write", self.right_on(user, "write", record))

    def update_secured(self, user, _, record):
        """First the record, then its fields: of a record that is not his he is told nothing about fields."""
        entity = self.catalog[record.entity]
        field = self.text_field(entity, secured=True)
        if field is None:
            return None
        fields = self.fields_set(user, entity, "update", [field.name])
        self.count("field update", fields[0])
        content = self.world.as_element(record.entity, {"id": record.id, field.name: "x"})
        return self.question(f"write secured {field.name} of {self.describe(record)}", f"Update{record.entity}",
                             content, user, record.entity, "write", self.right_on(user, "write", record), fields)

    def update_owner(self, user, _, record):
        """Owner and another field in one call. To send the owner that it has is no change of owner for who sees it."""
        entity = self.catalog[record.entity]
        field = self.text_field(entity)
        if field is None or entity.ownership != "user":
            return None
        is_kept = self.random.random() < 0.3
        owner = (self.world.kind(record.owner), record.owner) if is_kept else self.owner()
        if record.owner not in self.world.principals() and is_kept:
            return None
        content = self.world.as_element(record.entity, {"id": record.id, field.name: "x", "owner": owner})
        return self.question(f"write {field.name} of {self.describe(record)} and let {owner} own it",
                             f"Update{record.entity}", content, user, record.entity, "write",
                             self.right_on(user, "write", record),
                             *([] if self.keeps_owner(user, record, owner) else self.changing_owner(user, record, owner)))

    def cascade(self, record, attribute, found, goes=lambda child: True):
        """Fills in all records that an action takes along; False when one of them forbids it."""
        if record.id in found:
            return True
        found[record.id] = record
        for lookup, child in self.referring[record.id]:
            kind = getattr(lookup, attribute)
            if kind == "restrict":
                return False
            if goes(child) and self.rules.goes_down(kind, child, record) and \
                    not self.cascade(child, attribute, found, goes):
                return False
        return True

    def with_children(self, user, right, record):
        """Often another record in its place: one on which he has the right, with children of its own."""
        if self.random.random() < 0.4:
            return record
        for other in self.random.sample(self.owned, min(len(self.owned), 2 * CANDIDATES)):
            if self.rules.may(user, right, other) and \
                    any(child.owner not in (None, user) for _, child in self.referring[other.id]):
                return other
        return record

    def delete(self, user, _, record):
        """A record that goes with it is not told by its id."""
        record = self.with_children(user, "delete", record)
        if self.catalog[record.entity].ownership in ("business", "organization"):
            return None
        taken = {}
        is_free = self.cascade(record, "delete", taken)
        if self.rules.may(user, "delete", record) and not is_free:
            return None
        return self.question(f"delete {self.describe(record)}", f"Delete{record.entity}", element("id", record.id),
                             user, record.entity, "delete", self.right_on(user, "delete", record),
                             (all(self.rules.may(user, "delete", each) for each in taken.values()), "NOT_ALLOWED"))

    def owner(self):
        owner = self.random.choice(self.world.principals())
        return (self.world.kind(owner), owner)

    def keeps_owner(self, user, record, owner):
        """Who may not read the record is asked as if it had another: else he could find out by trying."""
        return owner[1] == record.owner and self.rules.may(user, "read", record)

    def changing_owner(self, user, record, owner):
        """The right on the record, the owner known and able to read; then what goes along, in any order."""
        taken = {}
        if owner[1] != record.owner:
            self.cascade(record, "assign", taken, lambda child: child.owner not in (None, owner[1]))
            del taken[record.id]
        along = tuple(code for is_missing, code in (
            (not all(self.rules.may(user, "assign", each) for each in taken.values()), "NOT_ALLOWED"),
            (not all(self.may_own(owner, self.catalog[each.entity])[0] for each in taken.values()),
             "OWNER_CANNOT_READ")) if is_missing)
        return [self.right_on(user, "assign", record), self.known_owner(user, owner),
                self.may_own(owner, self.catalog[record.entity]), (not along, along)]

    def assign(self, user, _, record):
        """To whom it belongs already: asks for the right, and changes nothing."""
        record = self.with_children(user, "assign", record)
        if self.catalog[record.entity].ownership != "user":
            return None
        owner = self.owner()
        steps = self.changing_owner(user, record, owner)
        return self.question(f"assign {self.describe(record)} to {owner}", f"Assign{record.entity}",
                             element("id", record.id) + element("owner", owner), user, record.entity, "assign",
                             *(steps[:1] if self.keeps_owner(user, record, owner) else steps))

    def merge(self, user, _, record):
        """Who may not merge at all is told so; then both must be seen, and then each right is asked for on both. Often
        one of two on which he has some right, so that both come near."""
        if not self.catalog[record.entity].is_merged:
            record = self.random.choice([other for other in self.records if self.catalog[other.entity].is_merged])
        others = [other for other in self.by_entity[record.entity] if other is not record]
        near = [other for other in others if self.rules.may(user, self.random.choice(("write", "share")), other)]
        other = self.random.choice(near or others)
        pair = (record, other)
        self.seen["merge of two", ("allowed" if all(self.rules.may(user, right, each) for each in pair
                                                    for right in MERGING) else "refused",)] += 1
        return self.question(f"merge {self.describe(other)} into {self.describe(record)}", f"Merge{record.entity}",
                             element("id", record.id) + element("subordinateId", other.id), user, record.entity,
                             "write", (self.rules.has_task(user, "merge"), "NOT_ALLOWED"),
                             *[self.right_on(user, "read", each) for each in pair],
                             *[self.right_on(user, right, each) for right in MERGING for each in pair])

    def grant(self, user, _, record):
        """The record first: the right to share it, then the right that is granted; then with whom."""
        if self.catalog[record.entity].ownership != "user":
            return None
        right = self.random.choice([right for right in RIGHTS if right != "create"])
        principal = self.owner()
        content = self.reference(record) + element("principal", principal) + element("rights", [right])
        return self.question(f"share {right} of {self.describe(record)} with {principal}",
                             self.random.choice(("GrantAccess", "ModifyAccess")), content, user, record.entity, "share",
                             self.right_on(user, "share", record), self.right_on(user, right, record),
                             self.known_owner(user, principal))

    def revoke(self, user, _, record):
        """Taking a share needs the right to share, but not from oneself and one's teams; so no privilege is asked
        before the record is."""
        if self.catalog[record.entity].ownership != "user":
            return None
        shared = [principal for principal in self.facts.shares.get(record.id, ()) if principal in self.facts.users
                  or principal in self.facts.teams]
        principal = self.random.choice(sorted(shared, key=self.world.principals().index)) if shared else self.owner()[1]
        is_own = principal in self.rules.principals(user)
        content = self.reference(record) + element("principal", (self.world.kind(principal), principal))
        return self.question(f"take from {principal} the share of {self.describe(record)}", "RevokeAccess", content,
                             user, record.entity, None, *([] if is_own else [self.right_on(user, "share", record)]),
                             *([] if is_own or shared else [self.known_owner(user, (None, principal))]))

    # ---- lookups ----

    def pick_lookups(self, entity, usable):
        """One or two lookups, each with a record to refer to."""
        lookups = [lookup for lookup in entity.lookups if usable(lookup) and not lookup.is_secured
                   and lookup.name not in LEFT_ALONE]
        picked = {}
        for lookup in self.random.sample(lookups, min(len(lookups), self.random.choice((1, 1, 2)))):
            candidates = [target for name in lookup.targets for target in self.by_entity[name]]
            if candidates:
                picked[lookup] = self.random.choice(candidates)
        return picked

    def link(self, user, _, record):
        """Setting lookups: write here, read and append to there, append here."""
        entity = self.catalog[record.entity]
        picked = self.pick_lookups(entity, lambda lookup: lookup.is_updatable and lookup is not entity.part_of)
        picked = {lookup: target for lookup, target in picked.items() if not (
            target.id == record.id or record.links.get(lookup.name) == (target.entity, target.id) or
            self.would_turn(lookup, record, target))}
        if not picked:
            return None
        targets = list(picked.values())
        content = self.world.as_element(record.entity, {"id": record.id} | {
            lookup.name: (target.entity, target.id) for lookup, target in picked.items()})
        told = ", ".join(f"{lookup.name} be {self.describe(target)}" for lookup, target in picked.items())
        return self.question(f"let of {self.describe(record)} {told}", f"Update{record.entity}", content, user,
                             record.entity, "write", self.right_on(user, "write", record), self.known(user, targets),
                             self.appendable(user, targets), self.right_on(user, "append", record))

    def would_turn(self, lookup, record, target):
        """Whether the link would make a circle, which is refused for other reasons."""
        return bool({target.entity, record.entity} & {"BusinessUnit", "SystemUser", "Team", "Role"}) or \
            target.entity == record.entity

    def required_lookups(self, entity):
        """Each with a record to refer to; None when there is none for one of them."""
        given = {}
        for lookup in [lookup for lookup in entity.lookups if lookup.is_required]:
            candidates = [target for name in lookup.targets for target in self.by_entity[name]]
            if not candidates:
                return None
            given[lookup] = self.random.choice(candidates)
        return given

    def create(self, user, _, record):
        """Secured fields; what it refers to, the owner too; then cover of create, assign and append; then the owner."""
        entity = self.catalog[record.entity]
        if entity.ownership not in ("user", "parent"):
            return None
        given = self.required_lookups(entity)
        if given is None:
            return None
        if self.random.random() < 0.4:
            given |= self.pick_lookups(entity, lambda lookup: lookup.is_creatable and lookup not in given)
        secured = [field for field in self.text_fields(entity, secured=True) if field.is_creatable]
        secured = [self.random.choice(secured).name] if secured and self.random.random() < 0.4 else []
        for name in secured:
            self.count("field create", "create" in self.rules.field_rights(user, entity.name, name))
        return self.create_part(user, entity, given, secured) if entity.part_of else \
            self.create_owned(user, entity, given, secured)

    def new_content(self, entity, given, secured, **more):
        values = {field.name: self.world.required(field, "x") for field in entity.fields.values()
                  if field.is_required and not field.is_lookup and not field.is_computed and field.is_creatable}
        values |= {lookup.name: (target.entity, target.id) for lookup, target in given.items()}
        return self.world.as_element(entity.name, values | dict.fromkeys(secured, "x") | more)

    def lacking_append_alone(self):
        """Users, entities and who reports to them, for whom they may create and assign and not append."""
        def lacks(user, entity, owner):
            return self.rules.reach(user, entity, "append") and [
                self.rules.covers_new(user, right, entity, owner)
                for right in ("create", "assign", "append")] == [True, True, False]

        return [(user, entity, report) for user in self.world.users
                for report in sorted(self.rules.reports(user, 1) - {user}, key=self.world.users.index)
                for entity in self.catalog.values()
                if entity.ownership == "user" and lacks(user, entity.name, report)]

    def create_for_report(self, *_):
        """That its owner reports to who creates it is no cover of append."""
        if self.lacking is None:
            self.lacking = self.lacking_append_alone()
        if not self.lacking:
            return None
        user, entity, report = self.random.choice(self.lacking)
        given = self.required_lookups(entity)
        if given is None:
            return None
        given |= self.pick_lookups(entity, lambda lookup: lookup.is_creatable and lookup not in given)
        return self.create_owned(user, entity, given, [], ("SystemUser", report)) if given else None

    def create_owned(self, user, entity, given, secured, owner=None):
        owner = owner or self.owner()
        is_foreign = owner[1] not in self.rules.principals(user)
        targets = list(given.values())

        def covers(right):
            return (self.rules.covers_new(user, right, entity.name, owner[1]), "NOT_ALLOWED")

        told = {lookup.name: self.describe(target) for lookup, target in given.items()}
        return self.question(f"create {entity.name} for {owner} with {told} {secured}", f"Create{entity.name}",
                             self.new_content(entity, given, secured, owner=owner), user, entity.name, "create",
                             self.fields_set(user, entity, "create", secured),
                             self.known(user, targets), self.known_owner(user, owner), covers("create"),
                             covers("assign") if is_foreign else (True, None), self.appendable(user, targets),
                             covers("append") if targets else (True, None), self.may_own(owner, entity))

    def create_part(self, user, entity, given, secured):
        """A part is written where its whole may be written; it is appended where the whole may be appended."""
        whole = given[entity.part_of]
        others = [target for lookup, target in given.items() if lookup is not entity.part_of]
        told = {lookup.name: self.describe(target) for lookup, target in given.items()}
        return self.question(f"create {entity.name} with {told} {secured}", f"Create{entity.name}",
                             self.new_content(entity, given, secured), user, entity.name, "create",
                             self.fields_set(user, entity, "create", secured),
                             self.known(user, list(given.values())),
                             (self.rules.may(user, "write", whole), "NOT_ALLOWED"), self.appendable(user, others),
                             (not others or (self.rules.reach(user, entity.name, "append") and
                                             self.rules.may(user, "append", whole)), "NOT_ALLOWED"))

    def absent(self, user, right, record):
        """A record that is not there, in place of one that is."""
        operation = {"read": "Retrieve", "delete": "Delete"}.get(right)
        if operation is None:
            return None
        return self.question(f"{right} a {record.entity} that is not there", f"{operation}{record.entity}",
                             element("id", ABSENT), user, record.entity, right, (False, "RECORD_NOT_FOUND"))


# How a rule is called in an explanation, where not as here.
RULE_NAMES = {"inherited": ("inherited owner", "inherited share")}
# Types that do not come unless they are named.
UNASKED = ("memo", "file", "partyList")
# What every record has beside its own fields.
ALWAYS = ("id", "version", "owner", "owningBusinessUnit", "createdOn", "createdBy", "modifiedOn", "modifiedBy",
          "state", "statusReason", "currency", "exchangeRate", "businessUnit")
# What both records of a merge must allow, beside being read.
MERGING = ("write", "append", "appendTo", "share")
# How often each way is asked.
WAYS = {Asker.explain: 40, Asker.principal_access: 4, Asker.retrieve: 14, Asker.update: 6, Asker.update_secured: 5,
        Asker.update_owner: 3, Asker.delete: 6, Asker.assign: 6, Asker.grant: 6, Asker.revoke: 2, Asker.link: 6,
        Asker.create: 8, Asker.create_for_report: 1, Asker.merge: 4, Asker.absent: 1}
RIGHT_OF = {Asker.retrieve: "read", Asker.update: "write", Asker.update_secured: "write", Asker.update_owner: "write",
            Asker.delete: "delete", Asker.assign: "assign", Asker.grant: "share", Asker.revoke: "share",
            Asker.link: "append", Asker.create: "create", Asker.merge: "write"}
