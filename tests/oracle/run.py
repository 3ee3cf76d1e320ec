#!/usr/bin/python3
"""Holds the server's decisions against the rules, in random worlds on three databases.

run.py [--seed N] [--decisions N] [--lists N] [--leaks N] [--engine NAME]... [--program FILE] [--stop]

The databases play at the same time, each in a process of its own.
"""
import argparse
import collections
import concurrent.futures
import contextlib
import os
import pathlib
import sys

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "support"))
sys.path.insert(0, str(HERE))
from game import Game, Score  # noqa: E402
from svyaz import engines  # noqa: E402
from svyaz.server import ROOT, hold_folder  # noqa: E402
from svyaz.tally import Tally  # noqa: E402

WORLD = 12000  # decisions before another world begins, with relations and secured fields of its own


def play(name, folder, seed, program, stop, counts):
    """The games of one database, in a process of their own: world after world, the first by the seed itself."""
    kind = next(kind for kind in engines.ENGINES if kind.name == name)
    score = Score(name)
    worlds = max(1, round(counts[0] / WORLD))
    with contextlib.closing(hold_folder(folder / name.lower())):
        engine = kind(folder / name.lower())
        for world in range(worlds):
            engine.start()
            try:
                Game(engine, seed + world, program, stop, score).run(*(count // worlds for count in counts))
            finally:
                engine.stop()
            if worlds > 1:
                print(f"    {name}, seed {seed + world}: {score.passed} agree, {score.failed} differ so far", flush=True)
            if stop and score.failed:
                break
    return score


def report(scores):
    """How often which rule decided."""
    total = sum((score.relations for score in scores), collections.Counter())
    for right in dict.fromkeys(right for right, _ in total):
        rules = collections.Counter()
        for (asked, found), count in total.items():
            if asked == right:
                for rule in found:
                    rules[rule] += count
        print(f"  {right:9}", ", ".join(f"{rule} {count}" for rule, count in sorted(rules.items())))
    others = sum((score.others for score in scores), collections.Counter())
    if others:
        print("  allowed, and refused for other reasons:",
              ", ".join(f"{code} of {operation} {count}" for (code, operation), count in others.most_common(12)))


def read_arguments():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    arguments.add_argument("--seed", type=int, default=int.from_bytes(os.urandom(3), "big"))
    arguments.add_argument("--decisions", type=int, default=20000, help="over all databases")
    arguments.add_argument("--lists", type=int, default=200, help="and aggregates, by turns")
    arguments.add_argument("--leaks", type=int, default=1500)
    arguments.add_argument("--stop", action="store_true", help="at the first failure")
    arguments.add_argument("--engine", action="append", choices=[kind.name for kind in engines.ENGINES])
    arguments.add_argument("--program", default="build/check/crmd")
    arguments.add_argument("--folder", type=pathlib.Path, default=ROOT / "build" / "oracle")
    return arguments.parse_args()


def main():
    chosen = read_arguments()
    names = [kind.name for kind in engines.ENGINES if not chosen.engine or kind.name in chosen.engine]
    counts = [count // len(names) for count in (chosen.decisions, chosen.lists, chosen.leaks)]
    print(f"seed {chosen.seed}: tests/oracle/run.py --seed {chosen.seed} replays it", flush=True)
    with concurrent.futures.ProcessPoolExecutor(len(names)) as pool:
        games = [pool.submit(play, name, chosen.folder.resolve(), chosen.seed, chosen.program, chosen.stop, counts)
                 for name in names]
        scores = [game.result() for game in games]
    tally = Tally()
    for score in scores:
        print(f"  {score.name}: {score.seconds:.0f} s, {score.calls} calls, {score.passed} agree, "
              f"{score.failed} differ; {score.feeds[0]} copies kept, {score.feeds[1]} begun anew; what was taken was gone on the other node after {score.slowest:.1f} s at most")
        tally.passed += score.passed
        tally.failed += score.failed
    report(scores)
    tally.end()


if __name__ == "__main__":
    main()
