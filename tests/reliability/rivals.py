"""Many who change the same records at once: nobody's change is lost, and no key is given twice.

Each reads a record, adds one to what it holds, and writes it if its version is still the one that was read. A record
begins with nothing at version 1, so whatever anybody reads must be one less than its version: else he saw what was not
committed, or half of it.
"""
import random
import threading

from lxml import etree

from follower import Read
from proof import nodes
from svyaz import engines, wire
from svyaz.client import Calls
from svyaz.sender import Lost, Sender, Write
from svyaz.server import ADMIN, PASSWORD

RECORDS = 3
SETTINGS = ("http.workers=16", "http.requests_per_user=1000")


class Rivals:
    """So many clients on some servers; each writes as often as told."""

    def __init__(self, seed, engine, servers, clients):
        self.seed, self.engine, self.servers, self.clients = seed, engine, servers, clients
        self.token = Calls(servers[0]).login(ADMIN, PASSWORD)
        self.sender = Sender(servers)
        self.lock = threading.Lock()
        self.complaints, self.refused = [], 0

    def create(self, name, identifier):
        return self.send(Write("Account", "CreateAccount", f"<account><name>{name}</name></account>", identifier,
                               self.token)).id

    def send(self, write):
        return self.sender.send(write)

    def all_at_once(self, work):
        """Calls work(number) in each client."""
        def run(number):
            try:
                work(number)
            except (Lost, ValueError, AttributeError, etree.XMLSyntaxError) as reason:
                self.complaints.append(f"client {number}: {reason!r}")
        threads = [threading.Thread(target=run, args=(number,)) for number in range(self.clients)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    # ---- read, change, write ----

    def read(self, record):
        """The version and the number that a record holds."""
        content = f"<id>{record}</id><columns><string>numberOfEmployees</string></columns>"
        reply = self.send(Read("Account", "RetrieveAccount", content, self.token))
        account = etree.fromstring(reply.body, wire.SAFE).find(".//{*}account")
        version, number = int(account.findtext("{*}version")), int(account.findtext("{*}numberOfEmployees") or 0)
        if number != version - 1:
            self.complaints.append(f"version {version} was read with {number}")
        return version, number

    def add_one(self, record, identifier):
        """Until nobody came between."""
        tries = 0
        while True:
            version, number = self.read(record)
            tries += 1
            reply = self.send(Write(
                "Account", "UpdateAccount",
                f"<account><id>{record}</id><numberOfEmployees>{number + 1}</numberOfEmployees></account>",
                f"{identifier}-{tries}", self.token, f"<expectedVersion>{version}</expectedVersion>"))
            if reply.code is None:
                return
            if reply.code != "VERSION_CONFLICT":
                raise Lost(f"an update was refused: {reply.body!r}")
            with self.lock:
                self.refused += 1

    def change_the_same(self, changes):
        """What is wrong when each has added so often."""
        records = [self.create(f"Shared {number}", f"shared-{number}") for number in range(RECORDS)]
        added = {record: 0 for record in records}

        def work(number):
            chance = random.Random(f"{self.seed}/{number}")
            for change in range(changes):
                record = chance.choice(records)
                self.add_one(record, f"{number}-{change}")
                with self.lock:
                    added[record] += 1
        self.all_at_once(work)
        there = {row["id"]: (row["version"], row["numberOfEmployees"] or 0) for row in self.engine.cells(
            self.servers[0], {"account": ["id", "version", "numberOfEmployees"]})["account"]}
        wrong = [f"a record holds {there[record]} after {count} were added" for record, count in added.items()
                 if there[record] != (count + 1, count)]
        return self.complaints[:3] + wrong

    # ---- the same key ----

    def take_the_same_key(self, rounds):
        """All create a record with the same key, or upsert one, in the same moment."""
        barrier = threading.Barrier(self.clients)
        replies = [[] for _ in range(2 * rounds)]

        def work(number):
            for turn in range(2 * rounds):
                key = f"<name>{number}</name><externalId>key {turn}</externalId>"
                operation, before = ("CreateAccount", "") if turn % 2 == 0 else (
                    "UpsertAccount", "<keyName>externalId</keyName>")
                write = Write("Account", operation, f"{before}<account>{key}</account>", f"key-{number}-{turn}",
                              self.token)
                barrier.wait()
                replies[turn].append(self.send(write))
        self.all_at_once(work)
        keys = [row["externalId"] for row in self.engine.cells(
            self.servers[0], {"account": ["externalId"]})["account"] if row["externalId"]]
        found = [] if sorted(keys) == sorted({f"key {turn}" for turn in range(2 * rounds)}) else [f"the keys are {keys}"]
        for turn, answers in enumerate(replies):
            found += complaints_about_key(turn, answers)
        return self.complaints[:3] + found


def complaints_about_key(turn, answers):
    made = [answer for answer in answers if answer.is_created]
    others = {answer.code for answer in answers if not answer.is_created}
    found = [] if len(made) == 1 else [f"{len(made)} made the record with key {turn}"]
    if others != {"DUPLICATE_KEY" if turn % 2 == 0 else None}:
        found.append(f"those who came second were answered {others}")
    if turn % 2 and len({answer.id for answer in answers}) != 1:
        found.append(f"upserts with key {turn} came to different records")
    return found


def prove_on(tally, engine, servers, seed, clients, changes):
    rivals = Rivals(seed, engine, servers, clients)
    for name, found in ((f"{engine.name}/lost-updates", rivals.change_the_same(changes)),
                        (f"{engine.name}/the-same-key", rivals.take_the_same_key(max(1, changes // 10)))):
        tally.check(name, "; ".join(found[:4]))
    print(f"    {engine.name}: {clients} clients changed {RECORDS} records {clients * changes} times; "
          f"{rivals.refused} times another came first", flush=True)


def prove(tally, engine, seed, clients, changes):
    """On a running engine; where it can be, each request goes to one of two servers."""
    settings = [*engine.settings(), *SETTINGS]
    with nodes(engine.folder, [settings] * (1 if isinstance(engine, engines.Sqlite) else 2)) as servers:
        prove_on(tally, engine, servers, seed, clients, changes)
