#!/usr/bin/python3
"""Takes single checks out of the server, one after the other, and asks whether the oracle notices.

run.py [--only WORDS]... [--decisions N]

The worlds are made and the questions prepared once, with the server as it is. Each mutant of
table.toml is built in a copy of the tree, and asked, on copies of the data, until something differs;
one that lives on is a hole in the oracle.
"""
import argparse
import contextlib
import pathlib
import shutil
import subprocess
import sys
import tomllib

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parents[1] / "support"))
sys.path.insert(0, str(HERE.parent))
from game import Game, Score  # noqa: E402
from svyaz import engines  # noqa: E402
from svyaz.client import Refused  # noqa: E402
from svyaz.server import ROOT, Server, hold_folder  # noqa: E402
from svyaz.tally import Tally  # noqa: E402

WORK = ROOT / "build" / "mutants"
TREE = WORK / "tree"
PARTS = ("Makefile", "src", "include", "metadata", "services", "wsdl", "tests")
# Worlds with managers; in the first, lists are looked through, in the others gathered.
SEEDS = range(1, 9)
CHANGES = 60
AT_ONCE = 150  # questions between two looks at what came


class World:
    """A world and the questions about it, to be asked of one server after the other."""

    def __init__(self, seed, decisions):
        folder = WORK / f"world-{seed}"
        self.game = Game(engines.Sqlite(folder), seed, "build/release/crmd", False, Score("SQLite"))
        self.server = self.game.server
        self.server.bootstrap()
        with self.server:
            self.game.begin()
            self.game.world.evolve(CHANGES)
            self.asked = self.game.prepare(decisions, decisions // 15)
            self.game.random.shuffle(self.asked)
        self.copy = folder / "copy"

    def difference(self, program):
        """The first that comes up between this program and the rules, or None."""
        shutil.rmtree(self.copy, ignore_errors=True)
        shutil.copytree(self.server.folder, self.copy)
        with Server(self.copy, program, self.server.settings) as server:
            client = self.game.client.at(server)
            for first in range(0, len(self.asked), AT_ONCE):
                try:
                    complaints = client.each(lambda one: one[1](client), self.asked[first:first + AT_ONCE])
                except (Refused, OSError) as reason:
                    return f"it ended: {reason}"
                for complaint in complaints:
                    if complaint and not isinstance(complaint, tuple):
                        return complaint
        return None


def copy_tree():
    """With the objects that are built already, so that only what differs is built."""
    TREE.mkdir(parents=True, exist_ok=True)
    for part in PARTS:
        if (ROOT / part).is_dir():
            shutil.rmtree(TREE / part, ignore_errors=True)
            shutil.copytree(ROOT / part, TREE / part)
        else:
            shutil.copy2(ROOT / part, TREE / part)
    for built in ("release", "generated"):
        shutil.rmtree(TREE / "build" / built, ignore_errors=True)
        shutil.copytree(ROOT / "build" / built, TREE / "build" / built)


def build():
    """What the compiler says; empty when it is content."""
    made = subprocess.run(["make", "-s", "-C", TREE, "build/release/crmd"], capture_output=True, text=True)
    return "" if made.returncode == 0 else f"it cannot be built: {made.stderr[-2000:]}"


@contextlib.contextmanager
def mutated(mutant):
    """The tree with a mutant in it."""
    path = TREE / mutant["file"]
    text = changed = path.read_text()
    for old, new in [(mutant["text"], mutant["with"])] + ([mutant["again"]] if "again" in mutant else []):
        if changed.count(old) != 1:
            raise LookupError(f"{old!r} stands {changed.count(old)} times in {mutant['file']}")
        changed = changed.replace(old, new)
    path.write_text(changed)
    try:
        yield
    finally:
        path.write_text(text)


def try_one(mutant, worlds):
    """What was noticed, or None; and what is wrong with the mutant itself, or None."""
    try:
        with mutated(mutant):
            complaint = build()
    except LookupError as reason:
        complaint = str(reason)
    if complaint:
        return None, complaint
    noticed = None
    for world in worlds:
        noticed = noticed or world.difference(TREE / "build/release/crmd")
    return noticed, None if noticed else "the oracle does not notice"


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    arguments.add_argument("--decisions", type=int, default=2400, help="in each world")
    arguments.add_argument("--only", action="append", default=[], help="words of what it breaks")
    chosen = arguments.parse_args()
    mutants = tomllib.loads((HERE / "table.toml").read_text())["mutant"]
    wanted = [mutant for mutant in mutants
              if not chosen.only or any(words in mutant["breaks"] for words in chosen.only)]
    tally = Tally()
    lock = hold_folder(WORK)
    copy_tree()
    worlds = [World(seed, chosen.decisions) for seed in SEEDS]
    for seed, world in zip(SEEDS, worlds):
        tally.check(f"world {seed} without a mutant", world.difference(ROOT / "build/release/crmd"))
    for mutant in wanted if not tally.failed else ():
        noticed, complaint = try_one(mutant, worlds)
        tally.check(f"{mutant['file']}: {mutant['breaks']}", complaint)
        if noticed:
            print(f"noticed: {mutant['breaks']}\n    {noticed[:160]}", flush=True)
    lock.close()
    tally.end()


if __name__ == "__main__":
    main()
