"""Filters and links that are decided here, from the raw rows and the rules; and how the server is asked for them."""
import dataclasses
import decimal

from facts import measured_columns
from svyaz.client import element

CONDITIONS = 2
DEPTH = 2  # links within links
ALLOWED = 0.7  # how often only what the caller may read is linked, compared and measured
CANDIDATES = 4  # of which the one that tells most is taken
COMPARE = {"eq": lambda value, wanted: value == wanted, "ne": lambda value, wanted: value != wanted,
           "ge": lambda value, wanted: value is not None and value >= wanted,
           "lt": lambda value, wanted: value is not None and value < wanted,
           "null": lambda value, wanted: value is None, "notNull": lambda value, wanted: value is not None}


def field_of(entity, name):
    """The field whose permission counts; None for the platform's own, which are never secured. An amount in the base
    currency tells what the amount is."""
    return name and (entity.fields.get(name) or entity.fields.get(name.removesuffix("Base")))


def seen_in_part(asker, user, entity):
    """How many of its records he reads, or does not: the fewer of both. The more, the more an answer tells."""
    count = len(asker.rules.readable(user, entity.name))
    return min(count, len(asker.by_entity[entity.name]) - count)


class Scene:
    """Who asks, of which entity, and what he asks for: entities and fields, all of which have to be his to read."""

    def __init__(self, asker, random):
        self.asker, self.random, self.rules = asker, random, asker.rules
        self.uses = set()  # (entity, field by name), or (entity, None)
        self.is_allowed = random.random() < ALLOWED
        filled = [entity for entity in asker.catalog.values() if asker.by_entity[entity.name]]
        pairs = [(random.choice(asker.world.users), random.choice(filled))
                 for _ in range(random.choice((1, CANDIDATES)))]
        self.user, self.entity = max(pairs, key=lambda pair: seen_in_part(asker, *pair))
        self.readable = self.rules.readable(self.user, self.entity.name)
        self.use(self.entity)

    def use(self, entity, name=None):
        field = field_of(entity, name)
        self.uses.add((entity.name, field.name if field else None))

    def may_use(self, entity, name=None):
        if not self.rules.reach(self.user, entity.name, "read"):
            return False
        field = field_of(entity, name)
        return field is None or "read" in self.rules.field_rights(self.user, entity.name, field.name)

    def fault(self):
        """The code with which the server has to answer; None: the answer itself."""
        if self.rules.is_shut_out(self.user):
            return "SESSION_INVALID"
        return "NOT_ALLOWED" if self.hidden() else None

    def count(self, what):
        """For the last lines of a run: how often secured fields were asked for."""
        for entity, name in self.uses:
            if name and self.asker.catalog[entity].fields[name].is_secured:
                self.asker.count(what, "read" in self.rules.field_rights(self.user, entity, name))

    def hidden(self):
        """What was used and is not his to read."""
        return sorted((entity, str(name)) for entity, name in self.uses
                      if not self.may_use(self.asker.catalog[entity], name))

    def pick(self, choices, places):
        """One of some choices whose places (entity, field) are all his to read. Where something is to be refused, once
        one that is not, for a field or for the entity: so that it is this one that is refused."""
        groups = {"his": [], "secured": [], "other": []}
        for choice in choices:
            is_his = all(self.may_use(*place) for place in places(choice))
            is_seen = all(self.may_use(entity) for entity, _ in places(choice))
            groups["his" if is_his else "secured" if is_seen else "other"].append(choice)
        refused = [groups[name] for name in ("secured", "other") if groups[name]]
        if refused and not self.is_allowed and self.random.random() < 0.5:
            self.is_allowed = True
            return self.random.choice(self.random.choice(refused))
        return self.random.choice(groups["his"]) if groups["his"] else None


def value_of(record, name):
    """A number, a token, or the id that a lookup holds."""
    if name == "owner":
        return record.owner
    if name in ("owningBusinessUnit", "businessUnit"):
        return record.unit
    return record.links[name][1] if name in record.links else record.values.get(name)


def link_target(facts, record, lookup):
    """The record that a lookup refers to, of whatever entity."""
    found = [facts.records[target].get(value_of(record, lookup.name)) for target in lookup.targets]
    return next(filter(None, found), None)


class Condition:
    """A field compared with a value of its type. A negation finds nulls, an order does not."""

    def __init__(self, scene, entity):
        random = scene.random
        numbers = [name for name, _ in measured_columns(entity)]
        others = [field.name for field in entity.linking if len(field.targets) == 1]
        others += [field.name for field in entity.fields.values() if field.type in ("choice", "boolean")]
        self.name = scene.pick([random.choice(names) for names in (numbers, others) if names],
                               lambda name: [(entity, name)]) or "createdOn"
        self.operator, self.text = random.choice(("null", "notNull")), None
        if self.name in numbers:
            self.operator, self.text = random.choice(("ge", "lt", "ne", "eq")), random.choice("12345")
        elif self.name != "createdOn" and random.random() < 0.8:
            self.operator, self.text = random.choice(("eq", "ne")), random.choice(self.words(scene, entity))
        self.wanted = decimal.Decimal(self.text) if self.name in numbers else self.text
        scene.use(entity, self.name)

    def words(self, scene, entity):
        """Values that it may have, ids rather of what is referred to."""
        field = entity.fields.get(self.name)
        if field and not field.is_lookup:
            return list(field.choices)[:3] or ["true", "false"]
        held = [value_of(record, self.name) for record in scene.asker.by_entity[entity.name]]
        return [value for value in held if value] or [scene.user]

    def holds(self, record):
        if self.name == "createdOn":  # every record has it
            return self.operator == "notNull"
        return COMPARE[self.operator](value_of(record, self.name), self.wanted)

    def xml(self):
        return ("<Condition>" + element("field", self.name) + element("operator", self.operator) +
                (element("values", [self.text]) if self.text is not None else "") + "</Condition>")


@dataclasses.dataclass
class Way:
    """A lookup from here to another entity, or back along it."""
    lookup: object
    near: object
    far: object
    is_back: bool

    def places(self):
        return [(self.far, None), (self.far if self.is_back else self.near, self.lookup.name)]

    def others(self, asker, record):
        """The records on the other side."""
        if self.is_back:
            return [other for other in asker.by_entity[self.far.name]
                    if link_target(asker.facts, other, self.lookup) is record]
        target = link_target(asker.facts, record, self.lookup)
        return [target] if target and target.entity == self.far.name else []


def pick_way(scene, entity):
    """Rather one that records go, to such of which he may read some and not others; None when no lookup leads from
    here or hither."""
    catalog = scene.asker.catalog
    forth = [Way(lookup, entity, catalog[name], False) for lookup in entity.linking for name in lookup.targets]
    back = [Way(lookup, entity, other, True) for other in catalog.values() for lookup in other.linking
            if entity.name in lookup.targets]
    ways = scene.random.choice((forth, back)) or forth + back
    gone = [way for way in ways
            if any(way.others(scene.asker, record) for record in scene.asker.by_entity[entity.name])]
    draws = (CANDIDATES if scene.is_allowed else 1) if ways else 0
    drawn = [scene.pick(gone, Way.places) or scene.random.choice(ways) for _ in range(draws)]
    return max(drawn, key=lambda way: seen_in_part(scene.asker, scene.user, way.far), default=None)


def make_links(scene, entity, count, depth=0):
    """None for an entity that stands alone."""
    ways = filter(None, [pick_way(scene, entity) for _ in range(count)])
    return [Link(scene, way, depth) for way in ways]


class Link:
    """Whether there is a record on the other side that he may read and that meets a filter; or none."""

    def __init__(self, scene, way, depth):
        self.scene, self.way, random = scene, way, scene.random
        self.is_none = random.random() < 0.4
        for place in way.places():
            scene.use(*place)
        self.filter = Filter(scene, way.far, depth + 1) if random.random() < 0.5 else None

    def holds(self, record):
        """And notes how it came: a run tells how often what he may not read was all that there is."""
        meeting = [other for other in self.way.others(self.scene.asker, record)
                   if self.filter is None or self.filter.holds(other)]
        is_met = any(self.scene.rules.may(self.scene.user, "read", other) for other in meeting)
        found = "found" if is_met else "only hidden ones" if meeting else "not there"
        self.scene.asker.seen["link none" if self.is_none else "link any", (found,)] += 1
        return is_met != self.is_none

    def xml(self):
        way = self.way
        return ("<Link>" + (element("relation", way.lookup.relation) if way.is_back
                            else element("field", way.lookup.name)) +
                (element("entity", way.far.name) if not way.is_back and len(way.lookup.targets) > 1 else "") +
                (element("matches", "none") if self.is_none else "") +
                (f"<filter>{self.filter.xml()}</filter>" if self.filter else "") + "</Link>")


class Filter:
    """Conditions and links, all or one of which must hold."""

    def __init__(self, scene, entity, depth=0):
        self.kind = scene.random.choice(("and", "or"))
        self.links = make_links(scene, entity, depth < DEPTH and scene.random.random() < 0.35, depth)
        count = scene.random.randint(0 if self.links else 1, CONDITIONS)
        self.conditions = [Condition(scene, entity) for _ in range(count)]

    def holds(self, record):
        each = [part.holds(record) for part in self.conditions + self.links]
        return (all if self.kind == "and" else any)(each)

    def xml(self):
        return element("type", self.kind) + inside("conditions", self.conditions) + inside("links", self.links)


def inside(name, parts):
    return f"<{name}>" + "".join(part.xml() for part in parts) + f"</{name}>" if parts else ""
