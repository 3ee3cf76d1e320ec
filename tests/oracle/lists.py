"""Lists: what a user gets must be what the administrator gets, less what the rules hide from him.

Links are decided here, for him, from the raw rows (filters.py): the administrator is asked without them.
"""
from filters import Scene, inside, make_links
from questions import UNASKED
from svyaz.client import element

CONDITIONS = 3
SORTABLE = ("integer", "long", "decimal", "money", "boolean", "date", "dateTime", "choice", "autoNumber")
# Samples that split the rows of a world: names end in a number.
TEXTS = ("%1%", "%2%", "%er%", "%3", "x%")


class Difference(Exception):
    """A list that is not what the rules say, or a fault where there is none."""


class Query:
    """A random query of a user on one entity, as XML without page and cookie."""

    def __init__(self, asker, random):
        self.asker, self.random, self.scene = asker, random, Scene(asker, random)
        self.user, self.entity = self.scene.user, self.scene.entity
        entity = self.entity
        self.columns = asker.columns(entity)
        self.filter = self.group(0) if random.random() < 0.75 else ""
        self.links = make_links(self.scene, entity, random.choice((0, 0, 1, 1, 2)))
        self.kind = random.choice(("and", "or"))  # of the filter and the links
        records = asker.facts.records[entity.name]
        self.met = [{found for found in self.scene.readable if link.holds(records[found])} for link in self.links]
        self.orders = "".join(self.order(name) for name in self.sorted_by())
        self.size = random.choice((1, 2, 3, 7, 50, 200))
        self.rows = entity.plural[0].lower() + entity.plural[1:]

    def sorted_by(self):
        fields = [field.name for field in self.entity.fields.values()
                  if field.type in SORTABLE or (field.type == "string" and "true" == field.attributes.get(
                      "sortable", field.attributes.get("searchable")))]
        fields += [f"{field.name}Base" for field in self.entity.fields.values() if field.type == "money"]
        return self.random.sample(fields + ["createdOn"], self.random.choice((0, 1, 1, 2))) if fields else []

    def order(self, name):
        self.scene.use(self.entity, name)
        return f"<Order>{element('field', name)}{element('descending', self.random.random() < 0.4)}</Order>"

    def group(self, depth):
        kind = self.random.choice(("and", "or"))
        conditions = "".join(self.condition() for _ in range(self.random.randint(1, CONDITIONS)))
        inner = self.group(depth + 1) if depth < 2 and self.random.random() < 0.3 else ""
        return (f"<type>{kind}</type><conditions>{conditions}</conditions>" +
                (f"<filters><Filter>{inner}</Filter></filters>" if inner else ""))

    def condition(self):
        """A field compared; only with what its type can be compared with."""
        secured = [field for field in self.entity.fields.values() if field.is_secured]
        is_about_secured = secured and self.random.random() < 0.1
        field = self.random.choice(secured if is_about_secured else list(self.entity.fields.values()))
        operator, values = "notNull", []
        if field.is_lookup:
            target = self.random.choice([record for name in field.targets
                                         for record in self.asker.by_entity[name]] or [None])
            if target is not None and len(field.targets) == 1:
                operator, values = self.random.choice((("eq", [target.id]), ("ne", [target.id]), ("null", [])))
        elif field.type == "string" and field.attributes.get("searchable") == "true":
            operator, values = self.random.choice(("like", "notLike")), [self.random.choice(TEXTS)]
        elif field.type in ("integer", "long", "decimal", "money"):
            operator, values = self.random.choice(("ge", "lt", "ne")), ["1"]
        elif field.type in ("partyList", "file", "memo"):
            field, operator, values = None, self.random.choice(("ne", "notNull")), []
            operator = "notNull"
        name = field.name if field else "createdOn"
        if field and field.type == "money" and self.random.random() < 0.3:
            name += "Base"
        self.scene.use(self.entity, name)
        texts = f"{element('values', values)}" if values else ""
        return f"<Condition>{element('field', name)}{element('operator', operator)}{texts}</Condition>"

    def linked(self):
        """The filter with its links."""
        filters = f"<filters><Filter>{self.filter}</Filter></filters>" if self.filter else ""
        return element("type", self.kind) + filters + inside("links", self.links) if self.links else self.filter

    def meeting(self, those, all_of_them):
        """Of all ids those that meet the links and, being among those, the filter."""
        parts = self.met + ([set(those)] if self.filter else [])
        return [found for found in all_of_them if (all if self.kind == "and" else any)(found in part for part in parts)]

    def xml(self, cookie, size, conditions):
        return ("<query>" + (element("columns", self.columns) if self.columns else "") +
                (f"<filter>{conditions}</filter>" if conditions else "") +
                (f"<orders>{self.orders}</orders>" if self.orders else "") +
                element("pageSize", size) + (element("cookie", cookie) if cookie else "") +
                "<count>true</count></query>")


def walk(client, query, token, size, conditions, complain=lambda row: None):
    """All ids of a list under some conditions, page by page, and the total that every page names."""
    operation = f"RetrieveMultiple{query.entity.name}"
    found, cookie, total = [], None, None
    while True:
        answer = client.ask(operation, query.xml(cookie, size, conditions), token)
        if answer.code:
            return answer.code, answer.fault_text()
        rows = answer.message.findall(f"{{*}}page/{{*}}{query.rows}/{{*}}{query.entity.name}")
        page = [row.findtext("{*}id") for row in rows]
        found += page
        for complaint in filter(None, map(complain, rows)):
            raise Difference(complaint)
        count = int(answer.text("total"))
        if total not in (None, count):
            raise Difference(f"the total was {total} and is {count}")
        total, cookie = count, answer.text("nextCookie")
        if len(page) > size or (cookie and not page):
            raise Difference(f"a page of {size} holds {len(page)}")
        if not cookie:
            break
    if total != len(found):
        raise Difference(f"the total is {total} for {len(found)} rows")
    return None, found


def complaint_about(asker, user, query, readable):
    """What is wrong with a row: fields that he may not read, or that he may and that are missing."""
    asked = set(query.columns or [field.name for field in query.entity.fields.values() if field.type not in UNASKED])
    may_come = readable & asked | (set() if query.columns else {f"{name}Base" for name in readable})

    def complain(row):
        texts = asker.world.texts.get(row.findtext("{*}id"), {})
        return asker.record_complaint(user, row, may_come, {name: text for name, text in texts.items() if name in may_come})
    return complain


def compare(client, asker, query):
    """Raises Difference."""
    rules, world, user = asker.rules, asker.world, query.user
    code, expected = walk(client, query, world.token, 200, query.filter)
    if not code and query.links:
        code, everything = walk(client, query, world.token, 200, "")
    if code:
        raise Difference(f"the administrator is answered {expected}")
    name = query.entity.name
    readable = {field for field in query.entity.fields if "read" in rules.field_rights(user, name, field)}
    code, came = walk(client, query, world.sessions[user], query.size, query.linked(),
                      complaint_about(asker, user, query, readable))
    wanted = query.scene.fault()
    if code != wanted:
        raise Difference(f"the answer is {came if code else 'a list'}, the rules say {wanted} "
                         f"(hidden: {query.scene.hidden()})")
    if code:
        return
    if query.links:
        expected = query.meeting(expected, everything)
    readable = query.scene.readable
    wanted = [identifier for identifier in expected if identifier in readable]
    if sorted(came) == sorted(wanted) and came != wanted:
        raise Difference(f"another order: {came} instead of {wanted}")
    if came != wanted:
        raise Difference(f"too much: {[i for i in came if i not in readable]}, "
                         f"missing: {[i for i in wanted if i not in came]}, "
                         f"twice: {[i for i in set(came) if came.count(i) > 1]}")


def make(asker, random):
    """One random list: a function of the client that asks and answers the complaint, or None."""
    query = Query(asker, random)
    query.scene.count("field list")

    def ask(client):
        try:
            compare(client, asker, query)
        except Difference as reason:
            return f"{asker.name(query.user)} lists {query.entity.name} {query.xml(None, query.size, query.linked())}: {reason}"
        return None
    return ask
