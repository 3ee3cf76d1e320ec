"""One organisation on one engine: its world, and what is asked about it."""
import collections
import contextlib
import dataclasses
import random
import time

import aggregates
import facts as raw
import feeds
import leak
import lists
import messages
import questions
import revoke
import variant
from rules import Rules
from svyaz.client import Calls, Refused
from svyaz.contract import Contract
from svyaz.server import ADMIN, PASSWORD, ROOT, Server
from world import World

EPOCH = 600    # decisions before the world changes
CHANGES = 25   # what changes then
MOVES = 60     # of records, while copies are kept
TRIES = 20     # of a question that a busy machine did not answer
SHOWN = 20     # failures told in full
SETTINGS = ("http.requests_per_connection=1000000000", "http.connections_per_source=100000",
            "http.requests_per_user=1000", "session.idle=1 d")


class Patient(Calls):
    """Asks again where a busy machine could not answer at once."""

    def ask(self, *question, **more):
        for _ in range(TRIES):
            answer = super().ask(*question, **more)
            if answer.code not in ("BUSY", "DATABASE_UNAVAILABLE"):
                break
            time.sleep(0.5)
        return answer


class Enough(Exception):
    """The first failure is all that was wanted."""


@dataclasses.dataclass
class Score:
    """What came of one game."""
    name: str
    passed: int = 0
    failed: int = 0
    seconds: float = 0
    calls: int = 0
    slowest: float = 0  # seconds until what was taken away was gone on another node
    relations: collections.Counter = dataclasses.field(default_factory=collections.Counter)
    feeds: list = dataclasses.field(default_factory=lambda: [0, 0])  # copies kept, and begun anew
    others: collections.Counter = dataclasses.field(default_factory=collections.Counter)


class Game:
    """One organisation on one engine: its world, and what is asked about it."""

    def __init__(self, engine, seed, program, stop, score):
        self.engine, self.seed, self.stop, self.score = engine, seed, stop, score
        self.random = random.Random(f"{seed} {engine.name}")
        self.folder = engine.folder
        self.hierarchy = self.random.choice(("off", "manager"))
        self.depth = self.random.randint(1, 3)
        gathered = self.random.choice((0, 10000))  # lists are looked through, or gathered
        self.catalog = variant.make(ROOT / "metadata", self.folder / "metadata", self.random)
        settings = [*engine.settings(), *SETTINGS, f"metadata.dir={self.folder / 'metadata'}",
                    f"limits.gathered={gathered}", f"security.hierarchy={self.hierarchy}",
                    f"security.hierarchy_depth={self.depth}"]
        self.server = Server(self.folder / "data", program, settings)

    def begin(self):
        client = self.client = Patient(self.server)
        self.world = World(self.random, client, client.login(ADMIN, PASSWORD), self.catalog)
        self.world.make()

    def look(self):
        """The facts as they are now, and those who ask."""
        facts = raw.read(self.engine, self.server, self.catalog)
        rules = Rules(self.catalog, facts, self.hierarchy, self.depth)
        self.world.renew_sessions(rules)
        asker = questions.Asker(self.world, facts, rules, self.random)
        asker.seen = self.score.relations
        return asker

    def prepare(self, decisions, list_queries):
        """What is asked next: how many decisions each is, and a function of the client that asks and answers the
        complaint, None when both agree."""
        asker = self.look()
        asked = []
        while decisions > 0:
            question = asker.make()
            asked.append((question.decisions, question.ask))
            decisions -= question.decisions
        makers = (lists.make, aggregates.make)  # by turns
        return asked + [(1, makers[number % 2](asker, self.random)) for number in range(list_queries)]

    def epoch(self, decisions, list_queries):
        asked = self.prepare(decisions, list_queries)
        for (count, _), complaint in zip(asked, self.client.each(lambda one: one[1](self.client), asked)):
            if isinstance(complaint, tuple):
                self.score.others[complaint] += 1
                complaint = None
            self.note(count, complaint)
        return sum(count for count, _ in asked[:len(asked) - list_queries])

    def note(self, count, complaint):
        if not complaint:
            self.score.passed += count
            return
        self.score.failed += 1
        if self.score.failed <= SHOWN:
            print(f"not ok seed {self.seed} on {self.engine.name}: {complaint}", flush=True)
        if self.stop:
            raise Enough

    def leaks(self, count):
        """Every published operation in turn, so often that all have been asked."""
        asker = self.look()
        made = messages.Messages(Contract(self.server.url), asker, self.random)
        leaks = leak.Leaks(self.client, asker, made, self.random)
        asked = [leaks.prepare(number) for number in range(max(count, len(made.operations)) if count else 0)]
        for complaint in self.client.each(leaks.put, asked):
            self.note(1, complaint)

    def wait_for_feed(self):
        """Until all that was committed is in it."""
        while any(row["position"] is None
                  for row in self.engine.cells(self.server, {"svyaz_change": ["position"]})["svyaz_change"]):
            time.sleep(0.05)

    def feeds(self):
        """Copies that are kept while records move."""
        copies = feeds.make(self.look(), self.world, self.random)
        self.world.move(MOVES)
        after, key = self.look(), feeds.read_key(self.engine, self.server)
        self.wait_for_feed()
        for complaint in self.client.each(lambda copy: copy.check(self.client, after, key), copies):
            self.score.feeds[complaint == "anew"] += 1
            self.note(1, None if complaint == "anew" else complaint)

    def revocations(self):
        """On this node, and on a second one where the database lets several in."""
        with contextlib.ExitStack() as stack:
            elsewhere = None
            if self.engine.settings():
                elsewhere = Calls(stack.enter_context(
                    Server(self.folder / "elsewhere", self.server.program, self.server.settings)))
            for number, way in enumerate(revoke.ways(self.hierarchy, self.catalog)):
                complaint, seconds = revoke.check(self.world, way, number, elsewhere)
                self.score.slowest = max(self.score.slowest, seconds)
                self.note(1, complaint and f"{way.__name__}: {complaint}")

    def play(self, decisions, list_queries, leaks):
        self.begin()
        self.leaks(leaks)
        asked = listed = 0
        while asked < decisions or listed < list_queries:
            part = min(list_queries - listed, max(1, list_queries * EPOCH // max(1, decisions)))
            asked += self.epoch(min(EPOCH, max(0, decisions - asked)), part)
            listed += part
            self.feeds()
            self.world.evolve(CHANGES)
        self.revocations()

    def run(self, *counts):
        begin = time.monotonic()
        self.server.bootstrap()
        try:
            with contextlib.suppress(Enough), self.server:
                self.play(*counts)
        except Refused as reason:
            self.note(1, reason)
        if self.server.report():
            self.note(1, self.server.report())
        if self.score.failed:
            (self.folder / "world.log").write_text("\n".join(self.world.log))
            print(f"    what the world was made of: {self.folder / 'world.log'}")
        self.score.seconds += time.monotonic() - begin
        self.score.calls += self.client.calls
