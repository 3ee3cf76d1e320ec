#!/usr/bin/python3
"""Holds the server's decisions against the rules, in random worlds on three databases.

run.py [--seed N] [--decisions N] [--lists N] [--leaks N] [--engine NAME]... [--program FILE] [--stop]
"""
import argparse
import collections
import os
import pathlib
import random
import sys
import time

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "support"))
sys.path.insert(0, str(HERE))
import facts as raw  # noqa: E402
import leak  # noqa: E402
import lists  # noqa: E402
import messages  # noqa: E402
import questions  # noqa: E402
import revoke  # noqa: E402
import variant  # noqa: E402
from rules import Rules  # noqa: E402
from svyaz import engines  # noqa: E402
from svyaz.client import Calls  # noqa: E402
from svyaz.contract import Contract  # noqa: E402
from svyaz.server import ADMIN, PASSWORD, ROOT, Server, hold_folder  # noqa: E402
from svyaz.tally import Tally  # noqa: E402
from world import World  # noqa: E402

WORK = ROOT / "build" / "oracle"
EPOCH = 600    # decisions before the world changes
CHANGES = 25   # what changes then
SHOWN = 5      # failures told in full
SETTINGS = ("http.requests_per_connection=1000000000", "http.connections_per_source=100000",
            "http.requests_per_user=1000", "session.idle=1 d")


class Enough(Exception):
    """The first failure is all that was wanted."""


class Game:
    """One organisation on one engine: its world, and what is asked about it."""

    def __init__(self, engine, seed, program, tally, stop):
        self.engine, self.seed, self.tally, self.stop = engine, seed, tally, stop
        self.random = random.Random(f"{seed} {engine.name}")
        self.folder = WORK / engine.name.lower()
        self.catalog = variant.make(ROOT / "metadata", self.folder / "metadata", self.random)
        self.hierarchy = self.random.choice(("off", "manager"))
        self.depth = self.random.randint(1, 3)
        settings = [*engine.settings(), *SETTINGS, f"metadata.dir={self.folder / 'metadata'}",
                    f"security.hierarchy={self.hierarchy}", f"security.hierarchy_depth={self.depth}"]
        self.server = Server(self.folder / "data", program, settings)
        self.relations, self.others = collections.Counter(), collections.Counter()
        self.failures = 0

    def begin(self):
        client = self.client = Calls(self.server)
        self.world = World(self.random, client, client.login(ADMIN, PASSWORD), self.catalog)
        self.world.make()

    def look(self):
        """The facts as they are now, and those who ask."""
        facts = raw.read(self.engine, self.server, self.catalog)
        rules = Rules(self.catalog, facts, self.hierarchy, self.depth)
        self.world.renew_sessions(rules)
        asker = questions.Asker(self.world, facts, rules, self.random)
        asker.seen = self.relations
        return asker

    def epoch(self, decisions, list_queries):
        asker = self.look()
        asked = []
        while sum(question.decisions for question in asked) < decisions:
            asked.append(asker.make())
        for question, complaint in zip(asked, self.client.each(
                lambda question: questions.put(self.client, question), asked)):
            if isinstance(complaint, tuple):
                self.others[complaint[1], question.operation] += 1
                complaint = None
            self.note(question.decisions, complaint and f"{question.what}: {complaint}")
        queries = [lists.ask(self.client, asker, self.random) for _ in range(list_queries)]
        for complaint in self.client.each(lambda run: run(), queries):
            self.note(1, complaint)
        return sum(question.decisions for question in asked)

    def note(self, count, complaint):
        if not complaint:
            self.tally.passed += count
            return
        self.failures += 1
        if self.failures <= SHOWN:
            self.tally.fail(f"seed {self.seed} on {self.engine.name}", complaint)
        else:
            self.tally.failed += 1
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

    def revocations(self):
        """With a second server on the same database."""
        settings = self.server.settings
        if not self.engine.settings():
            return
        with Server(self.folder / "elsewhere", self.server.program, settings) as second:
            elsewhere = Calls(second)
            for number, way in enumerate(revoke.published(self.client.services)):
                complaint = revoke.check(self.world, way, number, elsewhere)
                self.note(1, complaint and f"{way.__name__}: {complaint}")

    def play(self, decisions, list_queries, leaks):
        self.begin()
        self.leaks(leaks)
        asked = listed = 0
        while asked < decisions or listed < list_queries:
            part = min(list_queries - listed, max(1, list_queries * EPOCH // max(1, decisions)))
            asked += self.epoch(min(EPOCH, max(0, decisions - asked)), part)
            listed += part
            self.world.evolve(CHANGES)
        self.revocations()

    def run(self, *counts):
        self.server.bootstrap()
        with self.server:
            self.play(*counts)
        if self.server.report():
            self.tally.fail(f"the server on {self.engine.name}", self.server.report())
        if self.failures:
            (self.folder / "world.log").write_text("\n".join(self.world.log))
            print(f"    what the world was made of: {self.folder / 'world.log'}")


def report(games):
    """How often which rule decided."""
    total = sum((game.relations for game in games), collections.Counter())
    for right in dict.fromkeys(right for right, _ in total):
        rules = collections.Counter()
        for (asked, found), count in total.items():
            if asked == right:
                for rule in found:
                    rules[rule] += count
        print(f"  {right:9}", ", ".join(f"{rule} {count}" for rule, count in sorted(rules.items())))
    others = sum((game.others for game in games), collections.Counter())
    if others:
        print("  allowed, and refused for other reasons:",
              ", ".join(f"{code} of {operation} {count}" for (code, operation), count in others.most_common(12)))


def main():
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--seed", type=int, default=int.from_bytes(os.urandom(3), "big"))
    arguments.add_argument("--decisions", type=int, default=20000)
    arguments.add_argument("--lists", type=int, default=200)
    arguments.add_argument("--leaks", type=int, default=1500)
    arguments.add_argument("--stop", action="store_true", help="at the first failure")
    arguments.add_argument("--engine", action="append", choices=[kind.name for kind in engines.ENGINES])
    arguments.add_argument("--program", default="build/check/crmd")
    chosen = arguments.parse_args()
    kinds = [kind for kind in engines.ENGINES if not chosen.engine or kind.name in chosen.engine]
    lock = hold_folder(WORK)
    tally, games = Tally(), []
    print(f"seed {chosen.seed}: tests/oracle/run.py --seed {chosen.seed} replays it", flush=True)
    for kind in kinds:
        begin = time.monotonic()
        engine = kind(WORK / kind.name.lower())
        engine.start()
        try:
            games.append(Game(engine, chosen.seed, chosen.program, tally, chosen.stop))
            games[-1].run(*(count // len(kinds) for count in (chosen.decisions, chosen.lists, chosen.leaks)))
        except Enough:
            break
        finally:
            engine.stop()
        print(f"  {kind.name}: {time.monotonic() - begin:.0f} s, {games[-1].client.calls} calls", flush=True)
    report(games)
    lock.close()
    tally.end()


main()
