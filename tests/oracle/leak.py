"""Nothing comes out that Retrieve would refuse: every published operation, with random rights.

Texts of the world carry marks. Whatever comes back, an answer, a fault, a cookie, is searched for
marks and ids: each must be of something that the caller may read, or that he sent himself. And
what is told of a record that he may not read is, byte for byte, what is told of one that is not there.
"""
import base64
import re

from catalog import RIGHTS
from svyaz.client import ABSENT

MARK = re.compile(r"zq\d{5}z")
UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z")
LONG_WORD = re.compile(r"[A-Za-z0-9+/_=-]{24,}")


def texts_of(body):
    """The answer, and what its cookies hold where they can be looked into."""
    text = body.decode("utf-8", "replace")
    yield text
    for word in LONG_WORD.findall(text):
        try:
            yield base64.urlsafe_b64decode(word.replace("+", "-").replace("/", "_") + "==").decode("latin-1")
        except ValueError:
            continue


def normal(body, identifier):
    """An answer without what differs from call to call."""
    text = body.decode("utf-8", "replace").replace(identifier, "THIS")
    text = re.sub(r"(<(?:\w+:)?(?:requestId|nextCookie|token|version)>)[^<]*", r"\1", text)
    return MOMENT.sub("MOMENT", UUID.sub("ID", text))


class Leaks:
    """Asks as one user and judges what came."""

    def __init__(self, client, asker, messages, random):
        self.client, self.asker, self.messages, self.random = client, asker, messages, random
        self.rules, self.world = asker.rules, asker.world
        self.by_id = {record.id: record for record in asker.records}
        self.known = {}
        self.standing = self.all_standing()

    def all_standing(self):
        """Where a mark stands: it was given to one record, and may have been copied to another (a default team
        bears the name of its unit). Who may read any of them may know it."""
        standing = {mark: {place} for mark, place in self.world.marks.items()}
        for record in self.asker.records:
            for field, value in record.values.items():
                for mark in MARK.findall(value) if isinstance(value, str) else ():
                    standing.setdefault(mark, set()).add((record.id, field))
        return standing

    def prepare(self, number):
        """One question, with all that it takes to ask it."""
        service, operation = self.messages.operations[number % len(self.messages.operations)]
        user = self.random.choice([user for user in self.world.users if not self.rules.is_shut_out(user)])
        records = self.asker.by_entity.get(service) or self.asker.records
        hidden = [record for record in records if not self.rules.may(user, "read", record)]
        subject = self.random.choice(hidden if hidden and self.random.random() < 0.7 else records)
        return user, operation, self.messages.make(service, operation, subject), subject

    def put(self, question):
        """Asks; the complaint, or None."""
        user, operation, content, subject = question
        answer = self.client.ask(operation, content, self.world.sessions[user], try_only=True)
        told = f"{self.asker.name(user)} asks {operation} {content}"
        found = self.marks(user, answer, content) or self.ids(user, answer, content)
        if found:
            return f"{told} and is told {found}: {answer.body.decode()[:1500]}"
        identifier = self.hidden_id(user, subject, content)
        if identifier:
            other = self.client.ask(operation, content.replace(identifier, ABSENT), self.world.sessions[user],
                                    try_only=True)
            if normal(answer.body, identifier) != normal(other.body, ABSENT):
                return (f"{told} with {self.asker.describe(self.by_id[identifier])}, which he may not read, and is "
                        f"answered\n{answer.body.decode()}\nbut of none\n{other.body.decode()}")
        return None

    def hidden_id(self, user, subject, content):
        """An id in a message of a record that he has no right to at all; rather that of the subject. Whose a record is
        that the message names, is known to who may read it: it may be assigned to him who has it."""
        named = [self.by_id[found] for found in UUID.findall(content) if found in self.by_id]
        owners = {record.owner for record in (subject, *named) if self.rules.may(user, "read", record)}
        hidden = [found for found in UUID.findall(content) if found in self.by_id
                  and found not in owners and found not in self.rules.principals(user)
                  and found not in self.rules.facts.shares.get(subject.id, ())
                  and not any(self.rules.may(user, right, self.by_id[found]) for right in RIGHTS)]
        return subject.id if subject.id in hidden else hidden[0] if hidden else None

    def may_read(self, user, identifier, field=None):
        record = self.by_id.get(identifier)
        if record is None:
            return True
        return self.rules.may(user, "read", record) and (
            field not in self.rules.catalog[record.entity].fields or
            "read" in self.rules.field_rights(user, record.entity, field))

    def marks(self, user, answer, content):
        for text in texts_of(answer.body):
            for mark in set(MARK.findall(text)) - set(MARK.findall(content)):
                if not any(self.may_read(user, *place) for place in self.standing[mark]):
                    identifier, field = self.world.marks[mark]
                    return f"{field} of {self.asker.describe(self.by_id[identifier])} ({mark})"
        return None

    def ids(self, user, answer, content):
        """An id may come alone where a record that he may read refers to it."""
        strange = {found for found in UUID.findall(answer.body.decode("utf-8", "replace"))
                   if found in self.by_id and found not in content and not self.may_read(user, found)}
        if strange - self.referred(user):
            identifier = (strange - self.referred(user)).pop()
            return f"the id of {self.asker.describe(self.by_id[identifier])}"
        return None

    def referred(self, user):
        """Also what everybody is told of himself: teams, units, roles, the organisation; and currencies."""
        if user not in self.known:
            readable = [record for record in self.asker.records if self.rules.may(user, "read", record)]
            self.known[user] = {link[1] for record in readable for link in record.links.values()} | \
                {record.owner for record in readable} | {record.unit for record in readable} | \
                set(self.rules.facts.records["TransactionCurrency"]) | set(self.world.units[:1]) | \
                {role for roles in self.rules.seats(user).values() for role in roles} | set(self.rules.seats(user)) | \
                self.rules.principals(user) | {self.world.administrator, self.rules.facts.users[user][0]}
        return self.known[user]
