"""Somebody to whom the changes of accounts are brought while all is written and killed, and who is no easy customer.

He takes a change when he notes it, and knows what comes again by its sequence. He may note it and not
say so, refuse it, be slow, or be away. Of each record he must be brought every version, each in its
turn; at the end his copy must be what the tables hold.
"""
import random
import threading
import time

from svyaz.endpoint import Endpoint, ack, fault
from svyaz.sender import Lost, Write

PATIENCE = 120  # seconds in which something must be brought, while something is missing
SETTINGS = ["push.allow=127.0.0.0/8", "push.retry=50 ms", "push.retry_most=1 s", "push.timeout=5 s"]
CHANGED = ("created", "updated", "assigned", "merged")
MOODS = {  # out of a hundred messages: what is noted of it, and what is answered
    "well": (80, True, lambda: (200, ack())),
    "not now": (5, False, lambda: (200, ack("false"))),
    "broken": (4, False, lambda: (500, fault())),
    "busy": (4, False, lambda: (503, b"")),
    "dies before": (3, False, lambda: None),
    "dies after": (4, True, lambda: None),
}


class Subscriber:
    """An endpoint with a subscription. is_picky: a part of the records it refuses until the end, so that their
    changes become dead letters, which it has replayed."""

    def __init__(self, storm, is_picky):
        self.storm, self.is_picky = storm, is_picky
        self.random = random.Random(f"{storm.seed}/subscriber {is_picky}")
        self.lock = threading.Lock()
        self.seen, self.versions, self.copy, self.complaints = {}, {}, {}, []
        self.last, self.asked, self.repeated, self.replayed = 0, 0, 0, 0
        self.is_ending = False
        self.endpoint = Endpoint(self.answer).open()
        self.id = self.ask("Subscribe", f"<subscription><url>{self.endpoint.url}</url><interests><ChangeInterest>"
                           "<entity>Account</entity><columns><string>name</string><string>numberOfEmployees</string>"
                           "</columns></ChangeInterest></interests>"
                           f"<changesPerMessage>{self.random.choice((1, 7, 50))}</changesPerMessage>"
                           f"<parkAfter>{1 if is_picky else 0}</parkAfter></subscription>").id

    def ask(self, operation, content):
        self.asked += 1
        write = Write("Subscriptions", operation, content, f"subscriber-{self.is_picky}-{self.asked}", self.storm.token)
        reply = self.storm.sender.send(write)
        if reply.code:
            raise Lost(f"{operation} answers {reply.code}")
        return reply

    # ---- the endpoint ----

    def answer(self, message):
        with self.lock:
            mood = "well" if self.is_ending else self.random.choices(list(MOODS), [row[0] for row in MOODS.values()])[0]
            if self.is_picky and not self.is_ending and any(change.id[-1] in "05a" for change in message.changes):
                mood = "broken"
            _, is_noted, say = MOODS[mood]
            if is_noted:
                for change in message.changes:
                    self.take(change)
            if mood == "dies after" and self.random.random() < 0.2:
                threading.Thread(target=self.go_away, daemon=True).start()
        if self.random.random() < 0.02 and not self.is_ending:
            time.sleep(0.3)
        return say()

    def go_away(self):
        self.endpoint.close()
        time.sleep(0.3)
        self.endpoint.open()

    def take(self, change):
        known = self.seen.get(change.sequence)
        what = change.kind, change.id, change.version
        if known:
            self.repeated += 1
            if known != what:
                self.complaints.append(f"sequence {change.sequence} was {known}, and comes again as {what}")
            return
        self.seen[change.sequence] = what
        if change.sequence < self.last and not self.is_picky:
            self.complaints.append(f"sequence {change.sequence} comes after {self.last}")
        self.last = max(self.last, change.sequence)
        self.note(change)

    def note(self, change):
        before = self.versions.get(change.id, 0)
        if (change.kind == "merged") != (change.master is not None):
            self.complaints.append(f"{change.id} is {change.kind}, into {change.master}")
        if change.kind in CHANGED:
            if change.version != before + 1 or (change.kind == "created") != (before == 0):
                self.complaints.append(f"{change.id} is {change.kind} to version {change.version} after {before}")
            self.versions[change.id] = change.version
            if change.values:
                self.copy[change.id] = change.values["name"], change.values["numberOfEmployees"]
        elif change.kind == "deleted":
            if change.version != before:
                self.complaints.append(f"{change.id} is deleted at version {change.version} after {before}")
            self.versions[change.id] = None
            self.copy.pop(change.id, None)
        else:
            self.complaints.append(f"{change.id} is {change.kind}")

    # ---- the end ----

    def wanted(self):
        """The last version of each record, by what was answered to those who wrote."""
        found = {account.id: None if account.is_deleted else account.version
                 for writer in self.storm.writers for account in writer.accounts}
        return found | {self.storm.customer: 1}

    def has_all(self):
        with self.lock:
            return self.versions == self.wanted()

    def end(self):
        """Takes everything from now on, dead letters too, until nothing is missing."""
        with self.lock:
            self.is_ending = True
        brought, last = 0, time.monotonic()
        try:
            while not self.has_all() and not self.complaints and time.monotonic() - last < PATIENCE:
                if len(self.seen) > brought:
                    brought, last = len(self.seen), time.monotonic()
                if self.is_picky:
                    self.ask("ReplayDeadLetters", f"<subscriptionId>{self.id}</subscriptionId>")
                    self.replayed += 1
                time.sleep(0.2)
        except Lost as reason:
            self.complaints.append(f"the subscriber: {reason!r}")
        self.endpoint.close()

    def differences(self, accounts):
        """What is wrong with what was brought."""
        found = self.complaints[:3]
        wanted, versions = self.wanted(), self.versions
        if versions != wanted:
            found.append(f"brought and wanted differ in {sorted(set(versions.items()) ^ set(wanted.items()), key=str)[:4]}")
        there = {row["id"]: (row["name"], row["numberOfEmployees"]) for row in accounts}
        copy = {record: (name, None if employees is None else int(employees))
                for record, (name, employees) in self.copy.items()}
        if there != copy:
            found.append(f"the subscriber's copy differs in {sorted(set(there.items()) ^ set(copy.items()), key=str)[:4]}")
        return found
