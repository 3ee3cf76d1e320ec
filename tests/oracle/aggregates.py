"""Aggregates: groups and measures of what a user may read, formed here from the raw rows as well."""
import collections
import decimal

from facts import measured_columns
from filters import Filter, Scene, inside, value_of
from svyaz.client import element

COUNT = {"count": len, "countDistinct": lambda values: len(set(values))}
MEASURE = {"sum": sum, "min": min, "max": max}


class Measure:
    """What is counted or computed of each group; nulls are left out."""

    def __init__(self, scene, names, function):
        self.function, self.name = function, None
        if names:
            self.name = scene.pick(names, lambda name: [(scene.entity, name)]) or names[0]
            scene.use(scene.entity, self.name)

    def of(self, records):
        values = [record.id if self.name is None else value_of(record, self.name) for record in records]
        values = [value for value in values if value is not None]
        if self.function in COUNT:
            return COUNT[self.function](values)
        return MEASURE[self.function](values) if values else None

    def xml(self):
        return "<Measure>" + element("function", self.function) + (element("field", self.name) if self.name else "") + \
            "</Measure>"


class Aggregate:
    """A random one: one key or two, or none; counts, and measures of numbers."""

    def __init__(self, asker, random):
        scene = self.scene = Scene(asker, random)
        self.asker, self.user, self.entity = asker, scene.user, scene.entity
        self.filter = Filter(scene, self.entity) if random.random() < 0.8 else None
        keys = [field.name for field in self.entity.linking] + \
            [field.name for field in self.entity.fields.values() if field.type in ("choice", "boolean")]
        self.keys = list(dict.fromkeys(filter(None, (self.pick(keys) for _ in range(random.choice((0, 1, 1, 2)))))))
        for name in self.keys:
            scene.use(self.entity, name)
        self.measures = [Measure(scene, [], "count")]
        # Amounts of several currencies are not put together.
        numbers = [name for name, _ in measured_columns(self.entity)
                   if name.endswith("Base") or self.entity.fields[name].type != "money"]
        if keys and random.random() < 0.4:
            self.measures.append(Measure(scene, keys, "countDistinct"))
        if numbers:
            self.measures += [Measure(scene, numbers, function)
                              for function in random.sample(list(MEASURE), random.randint(0, 3))]

    def pick(self, names):
        return self.scene.pick(names, lambda name: [(self.entity, name)])

    def expected(self):
        """{keys: measures}"""
        groups = collections.defaultdict(list)
        for record in self.asker.by_entity[self.entity.name]:
            if record.id in self.scene.readable and (not self.filter or self.filter.holds(record)):
                groups[tuple(value_of(record, name) for name in self.keys)].append(record)
        if not self.keys:
            groups.setdefault((), [])  # there in any case
        return {key: [measure.of(records) for measure in self.measures] for key, records in groups.items()}

    def xml(self):
        keys = "".join(f"<Group>{element('field', name)}</Group>" for name in self.keys)
        return ("<aggregate>" + (f"<filter>{self.filter.xml()}</filter>" if self.filter else "") +
                (f"<groupBy>{keys}</groupBy>" if keys else "") + inside("measures", self.measures) +
                element("limit", 200) + "</aggregate>")

    # ---- the answer ----

    def came(self, answer):
        """As expected() has it, with the texts of numbers; and no group twice."""
        rows = [(tuple(key.findtext("{*}value") for key in row.iterfind("{*}keys/{*}AggregateKey")),
                 [value.findtext("{*}value") for value in row.iterfind("{*}values/{*}AggregateValue")])
                for row in answer.message.iter("{*}AggregateRow")]
        return dict(rows), len(dict(rows)) == len(rows)

    def label_complaint(self, answer):
        """The name of a record is its label, as far as he may read it."""
        for key in answer.message.iter("{*}AggregateKey"):
            target, label = self.asker.by_id.get(key.findtext("{*}value")), key.findtext("{*}label")
            if target is None:
                continue
            name = self.asker.world.texts.get(target.id, {}).get(self.asker.catalog[target.entity].name_field)
            if not self.asker.rules.may(self.user, "read", target):
                name = ""
            if name is not None and (label or "") != name:
                return f"{self.asker.describe(target)} bears the label {label!r}, not {name!r}"
        return None

    def complaint(self, answer, expected):
        wanted = self.scene.fault()
        if answer.code != wanted:
            return (f"the answer is {answer.fault_text() or 'a table'}, the rules say {wanted} "
                    f"(hidden: {self.scene.hidden()})")
        if answer.code:
            return None
        came, is_single = self.came(answer)
        if not is_single or came.keys() != expected.keys() or any(
                not same(texts, expected[key]) for key, texts in came.items()):
            return f"came {came}, the rules say {expected}"
        return self.label_complaint(answer)


def same(texts, numbers):
    return len(texts) == len(numbers) and all(
        (text is None) == (number is None) and (text is None or decimal.Decimal(text) == number)
        for text, number in zip(texts, numbers))


def make(asker, random):
    """One random aggregate: a function of the client that asks and answers the complaint, or None."""
    aggregate = Aggregate(asker, random)
    aggregate.scene.count("field aggregate")
    expected = aggregate.expected()

    def ask(client):
        answer = client.ask(f"Aggregate{aggregate.entity.name}", aggregate.xml(), asker.world.sessions[aggregate.user])
        complaint = aggregate.complaint(answer, expected)
        return complaint and (f"{asker.name(aggregate.user)} sums up {aggregate.entity.name} {aggregate.xml()}: "
                              f"{complaint}")
    return ask
