"""A reader of the feed of changes, who keeps a copy of the accounts while all is written and killed.

He knows only what the feed tells him. Of each record he must be told every version, each once and
in its turn; at the end his copy must be what the tables hold.
"""
import random
import threading
import time

from lxml import etree

from svyaz import stage, wire
from svyaz.contract import PREFIX
from svyaz.sender import Lost

PATIENCE = 120  # seconds until what was committed must be told
QUIET = 2       # seconds in which nothing more must come
CHANGED = ("created", "updated", "assigned", "merged")


class Read:
    """A request that asks and changes nothing."""

    def __init__(self, service, operation, content, token):
        namespace = f"{PREFIX}{service}"
        self.path, self.operation, self.identifier = f"/soap/{service}", operation, content
        self.message = wire.envelope(f'<{operation} xmlns="{namespace}">{content}</{operation}>',
                                     stage.session_header(namespace, token))
        self.lines = wire.content_type("1.1", f"{namespace}/{operation}")


class Follower(threading.Thread):
    """Asks again and again for what came after his token, on any node."""

    def __init__(self, storm, entity=None):
        super().__init__()
        self.storm, self.entity = storm, entity
        self.service = entity or "Changes"
        self.random = random.Random(f"{storm.seed}/follower {entity}")
        self.versions, self.copy, self.complaints = {}, {}, []
        self.changes = 0
        self.there = self.end_by = None  # what the tables hold, once nobody writes any more
        self.token = self.ask().findtext(".//{*}nextToken")

    def ask(self, token=None):
        content = ""
        if token is not None:
            columns = "<columns><string>name</string><string>numberOfEmployees</string></columns>" if self.entity else ""
            content = f"<token>{token}</token>{columns}<limit>{self.random.choice((1, 7, 50, 400))}</limit>"
        read = Read(self.service, f"RetrieveChanges{self.entity or ''}", content, self.storm.token)
        reply = self.storm.sender.send(read)
        if reply.code:
            raise Lost(f"the feed answers {reply.code}")
        return etree.fromstring(reply.body, wire.SAFE)

    def note(self, change):
        kind, version = change.findtext("{*}kind"), int(change.findtext("{*}version") or 0)
        record = change.findtext("{*}entity"), change.findtext("{*}id")
        last = self.versions.get(record, 0)
        if kind == "merged" and change.find("{*}mergedInto/{*}id") is None:
            self.complaints.append(f"{record} is merged into nobody knows which")
        if kind in CHANGED:
            if version != last + 1 or (kind == "created") != (last == 0):
                self.complaints.append(f"{record} is {kind} to version {version} after {last}")
            self.versions[record] = version
        elif kind == "deleted":
            if version != last:
                self.complaints.append(f"{record} is deleted at version {version} after {last}")
            self.versions[record] = None
            self.copy.pop(record[1], None)
        else:
            self.complaints.append(f"{record} is {kind}")

    def take(self, answer):
        changes = list(answer.iterfind(".//{*}RecordChange"))
        for change in changes:
            self.note(change)
        for record in answer.iterfind(".//{*}accounts/*"):
            self.copy[record.findtext("{*}id")] = (record.findtext("{*}name"), int(record.findtext("{*}version")),
                                                   record.findtext("{*}numberOfEmployees"))
        self.changes += len(changes)
        self.token = answer.findtext(".//{*}nextToken")
        return len(changes)

    def run(self):
        """Until the writers are done, all was told, and nothing more has come for a while."""
        quiet = None
        try:
            while quiet is None or time.monotonic() - quiet < QUIET:
                came = self.take(self.ask(self.token))
                quiet = (quiet or time.monotonic()) if not came and self.may_end() else None
                if not came:
                    time.sleep(0.02)
        except (Lost, ValueError, TypeError, etree.XMLSyntaxError) as reason:
            self.complaints.append(f"the reader of {self.service}: {reason!r}")

    def may_end(self):
        return self.there is not None and (not self.lacks(self.there) or time.monotonic() > self.end_by)

    def end(self, accounts):
        """accounts: what the tables hold, and nobody writes any more. Ends the reader when he knows it too, or has
        waited for long."""
        self.end_by = time.monotonic() + PATIENCE
        self.there = accounts
        self.join(2 * PATIENCE)
        if self.is_alive():
            self.complaints.append(f"the reader of {self.service} does not come to an end")

    def differences(self, accounts):
        """What is wrong with the copy, and with what he was told."""
        return self.complaints[:3] + self.lacks(accounts)

    def lacks(self, accounts):
        """How the copy, and what he was told, differ from the accounts that are there."""
        found = []
        if self.entity:
            there = {row["id"]: (row["name"], row["version"], row["numberOfEmployees"]) for row in accounts}
            copy = {record: (name, version, None if employees is None else int(employees))
                    for record, (name, version, employees) in self.copy.items()}
            if there != copy:
                found.append(f"the copy differs in {sorted(set(there.items()) ^ set(copy.items()), key=str)[:4]}")
        told = {record for (entity, record), version in self.versions.items()
                if entity == "Account" and version is not None}
        if told != {row["id"] for row in accounts}:
            found.append(f"{len(told)} accounts were told of, {len(accounts)} are there")
        return found
