"""Many change the same records through different nodes of a database, each in a call with several rows that is done
whole or not at all. Whoever comes second is undone, at whatever moment, and does it again: nothing may be left of his
first attempt, and nothing may be missing of what was answered.

Each call changes other fields than the one before, so that the server has to make ready statements that it has not
made before, in the middle of its transaction.
"""
import collections
import random
import threading

from lxml import etree

from svyaz.client import Calls
from svyaz.sender import Lost, Sender, Write
from svyaz.server import ADMIN, PASSWORD

SHARED = 2
SETTINGS = ("http.workers=16", "http.requests_per_user=1000")
FIELDS = ("accountNumber", "taxNumber", "registrationNumber", "subIndustry", "tickerSymbol", "stockExchange", "telephone1",
          "telephone2", "telephone3", "fax", "address1Name", "address1Line1", "address1Line2", "address1City",
          "address2Name", "address2Line1", "address2Line2", "address2City")


def create(name):
    return f"<operation>create</operation><entity>Account</entity><fields>{field('name', name)}</fields>"


def update(record, values):
    fields = "".join(field(name, value) for name, value in values.items())
    return f"<operation>update</operation><entity>Account</entity><id>{record}</id><fields>{fields}</fields>"


def field(name, value):
    return f"<BatchField><name>{name}</name><value>{value}</value></BatchField>"


class Halves:
    """So many clients, each of whom has a record of his own beside those that all change."""

    def __init__(self, seed, engine, servers, clients):
        self.seed, self.engine, self.servers, self.clients = seed, engine, servers, clients
        self.token = Calls(servers[0]).login(ADMIN, PASSWORD)
        self.sender = Sender(servers)
        self.complaints = []
        self.versions = collections.Counter()  # by record: times that a call changed it
        self.lock = threading.Lock()

    def call(self, identifier, *rows):
        """The ids of its rows."""
        rows = "".join(f"<BatchRow>{row}</BatchRow>" for row in rows)
        reply = self.sender.send(Write("Batch", "ExecuteBatch", f"<rows>{rows}</rows><allOrNone>true</allOrNone>",
                                       identifier, self.token))
        if reply.code:
            raise Lost(f"a call was refused: {reply.body!r}")
        return reply.ids

    def change(self, client, own, shared, calls):
        chance = random.Random(f"{self.seed}/{client}")
        for turn in range(calls):
            name = f"{client}/{turn}"
            record = chance.choice(shared)
            values = {word: name for word in chance.sample(FIELDS, chance.randrange(1, len(FIELDS)))}
            self.call(name, create(f"first {name}"), update(record, {"description": name}), update(own, values),
                      create(f"second {name}"))
            with self.lock:
                self.versions.update((own, record))

    def differences(self, calls):
        """What is wrong when each has called so often."""
        shared = self.call("shared", *(create(f"shared {number}") for number in range(SHARED)))
        own = self.call("own", *(create(f"own {number}") for number in range(self.clients)))

        def run(client):
            try:
                self.change(client, own[client], shared, calls)
            except (Lost, etree.XMLSyntaxError) as reason:
                self.complaints.append(f"client {client}: {reason!r}")
        threads = [threading.Thread(target=run, args=(client,)) for client in range(self.clients)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        there = self.engine.cells(self.servers[0], {"account": ["id", "name", "version"]})["account"]
        return self.complaints[:3] + self.wrong_versions(there) + self.wrong_names(there, calls)

    def wrong_versions(self, there):
        return [f"a record has version {row['version']} after {self.versions[row['id']]} changes" for row in there
                if row["version"] != 1 + self.versions[row["id"]]]

    def wrong_names(self, there, calls):
        names = collections.Counter(row["name"] for row in there if row["name"].startswith(("first ", "second ")))
        wanted = collections.Counter(f"{word} {client}/{turn}" for word in ("first", "second")
                                     for client in range(self.clients) for turn in range(calls))
        return [f"too often {sorted(names - wanted)[:3]}, missing {sorted(wanted - names)[:3]}"] if names != wanted else []
