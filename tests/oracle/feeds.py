"""Feeds: who keeps a copy by the changes he is told has, in the end, what the rules let him read.

He begins with a token and with all that he may read, as the rules say. Then records change hands, are
shared, moved below others. What he is told must make his copy what the rules let him read now; and
whoever asks for everything from the very beginning must be told of just that.
"""
import base64
import hashlib
import hmac

from svyaz.client import element

COPIES = 32          # kept through a change of the world
VERSION, POSITION, SIGNATURE, LEVELS = 1, 8, 16, 4
PURPOSE = b"svyaz changes\0"
THERE = ("created", "updated", "assigned", "shared", "merged")


def from_the_start(token, key):
    """The same token, at the position before the first change."""
    held = base64.urlsafe_b64decode(token + "=" * (-len(token) % 4))[:-SIGNATURE]
    held = held[:VERSION] + bytes(POSITION) + held[VERSION + POSITION:]
    signature = hmac.new(key, PURPOSE + held, hashlib.sha256).digest()[:SIGNATURE]
    return base64.urlsafe_b64encode(held + signature).decode().rstrip("=")


def read_key(engine, server):
    rows = engine.cells(server, {"svyaz_setting": ["name", "text"]})["svyaz_setting"]
    text = next(row["text"] for row in rows if row["name"] == "cookie key")
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


class Copy:
    """One user's copy of the records of one entity: their ids."""

    def __init__(self, world, asker, user, entity):
        self.world, self.user, self.entity = world, user, entity
        self.operation = f"RetrieveChanges{entity}"
        self.before = asker
        self.name = f"{asker.name(user)}, who keeps a copy of {entity}"
        answer = self.ask(world.client)
        self.token = answer.text("nextToken")
        self.ids = readable(asker, user, entity)

    def ask(self, client, token=None):
        content = "" if token is None else element("token", token) + "<columns><string>id</string></columns>"
        return client.ask(self.operation, content, self.world.sessions[self.user])

    def follow(self, client, token, ids, truth, is_below):
        """The copy after all changes that follow the token; None when he has to begin anew."""
        ids, is_over = set(ids), False
        while not is_over:
            answer = self.ask(client, token)
            if answer.code == "RESYNC_REQUIRED":
                return None
            if answer.code:
                raise ValueError(answer.fault_text())
            for change in answer.message.iterfind(".//{*}RecordChange"):
                kind, entity, identifier = (change.findtext(f"{{*}}{name}") for name in ("kind", "entity", "id"))
                if kind == "childrenMoved":
                    below = {other for other in ids | truth if is_below(other, (entity, identifier))}
                    ids = ids - below | truth & below
                elif kind in THERE:
                    ids.add(identifier)
                else:
                    ids.discard(identifier)
            token = answer.text("nextToken")
            is_over = answer.text("more") == "false"
        return ids

    def check(self, client, asker, key):
        """The complaint, or None; "anew" when his rights have changed."""
        if asker.rules.is_shut_out(self.user):
            return "anew"
        truth = readable(asker, self.user, self.entity)
        lay = [self.before.facts, asker.facts]
        copy = self.follow(client, self.token, self.ids, truth, lambda record, above: any(
            is_below(facts, (self.entity, record), above) for facts in lay))
        if copy is None:
            return "anew"
        if copy != truth:
            return f"{self.name}, has {sorted(copy - truth)} too much and lacks {sorted(truth - copy)}"
        whole = self.follow(client, from_the_start(self.token, key), (), truth, lambda *_: False)
        if whole != truth:
            return (f"{self.name}, and begins at the start, has {sorted(whole - truth)} too much and lacks "
                    f"{sorted(truth - whole)}")
        return None


def readable(asker, user, entity):
    return {record.id for record in asker.facts.records[entity].values() if asker.rules.may(user, "read", record)}


def is_below(facts, link, above, levels=LEVELS):
    """Whether a record refers to another, or to one that does."""
    record = facts.record(link)
    return record is not None and levels > 0 and any(
        other is not None and (other == above or is_below(facts, other, above, levels - 1))
        for other in record.links.values())


def make(asker, world, random):
    """Copies of some users who may read an entity at all."""
    copies = []
    for _ in range(4 * COPIES):
        user = random.choice(world.users)
        entity = random.choice([name for name in asker.facts.records if name in asker.by_entity])
        if len(copies) < COPIES and not asker.rules.is_shut_out(user) and asker.rules.reach(user, entity, "read"):
            copies.append((user, entity))
    return [Copy(world, asker, user, entity) for user, entity in copies]
