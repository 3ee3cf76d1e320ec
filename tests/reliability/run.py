#!/usr/bin/python3
"""What integrators rely on: a write that is sent again is done once, whatever is killed.   run.py

    run.py                          a few hundred writes on each database
    run.py --writes 10000 --kills 300 --database-kills 50
    run.py --engine SQLite --seed 7
"""
import argparse
import os
import pathlib
import sys

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "support"))
import cuts  # noqa: E402
import jobs  # noqa: E402
import rivals  # noqa: E402
import steps  # noqa: E402
from balancer import Balancer, fixed_ports  # noqa: E402
from proof import PROGRAM, WORK, nodes, play  # noqa: E402
from storm import Storm  # noqa: E402
from svyaz import engines  # noqa: E402
from svyaz.server import Server, hold_folder  # noqa: E402
from svyaz.tally import Tally  # noqa: E402


def kill_node(servers):
    def kill(chance):
        victim = chance.choice(servers)
        victim.kill()
        victim.start()
    return kill


def kill_database(engine):
    def kill(_):
        engine.kill()
        engine.start_again()
    return kill


def end_node(servers):
    """As a crash would, or as an administrator does; by turns."""
    def end(chance):
        victim = chance.choice(servers)
        if chance.random() < 0.5:
            victim.kill()
        elif victim.stop() != 0:
            raise RuntimeError("a node that was asked to end did not end well")
        victim.start()
    return end


def prove_engine(tally, kind, chosen):
    engine = kind(WORK / kind.name.lower())
    engine.start()
    try:
        with nodes(engine.folder, [engine.settings()] * (1 if kind is engines.Sqlite else 2)) as servers:
            storm = Storm(chosen.seed, engine, servers, chosen.writes)
            play(tally, f"{kind.name}/server-killed", storm, chosen.kills, kill_node(servers))
        engine.make_empty()
        rivals.prove(tally, engine, chosen.seed, chosen.rivals, chosen.changes)
        engine.make_empty()
        cuts.prove(tally, engine, chosen.seed, chosen.cuts)
    finally:
        engine.stop()


def prove_jobs(tally, kind, chosen):
    engine = kind(WORK / f"{kind.name.lower()}-jobs")
    engine.start()
    try:
        with nodes(engine.folder, [engine.settings()] * (1 if kind is engines.Sqlite else 2)) as servers:
            jobs.prove_storm(tally, f"{kind.name}/jobs", engine, servers, kill_node(servers), chosen)
    finally:
        engine.stop()


def prove_database(tally, kind, chosen):
    """With a database that waits for the disk, as in production."""
    engine = kind(WORK / f"{kind.name.lower()}-safe", "safe")
    engine.start()
    try:
        with nodes(engine.folder, [engine.settings()]) as servers:
            storm = Storm(chosen.seed, engine, servers, chosen.database_writes)
            play(tally, f"{kind.name}/database-killed", storm, chosen.database_kills, kill_database(engine))
    finally:
        engine.stop()


def prove_balanced(tally, chosen):
    """Clients that know one address: sessions, request ids, tokens and cookies hold on whichever node they come to."""
    engine = engines.Postgresql(WORK / "balanced")
    engine.start()
    try:
        with nodes(engine.folder, [engine.settings() + fixed_ports() for _ in range(2)]) as servers, \
                Balancer(engine.folder / "balancer", servers) as balancer:
            storm = Storm(chosen.seed, engine, [balancer], chosen.writes)
            play(tally, "PostgreSQL/behind-a-balancer", storm, chosen.kills, end_node(servers))
    finally:
        engine.stop()


def prove_steps(tally):
    engine = engines.Sqlite(WORK / "steps")
    template = Server(WORK / "template")
    template.bootstrap()
    steps.prove(tally, engine, WORK / "steps", template.folder)
    jobs.prove_places(tally, engine, WORK / "steps", template.folder)


def main():
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--seed", type=int, default=int.from_bytes(os.urandom(3), "big"))
    arguments.add_argument("--writes", type=int, default=400)
    arguments.add_argument("--kills", type=int, default=10)
    arguments.add_argument("--database-writes", type=int, default=200)
    arguments.add_argument("--database-kills", type=int, default=2)
    arguments.add_argument("--job-rows", type=int, default=1500)
    arguments.add_argument("--job-kills", type=int, default=5)
    arguments.add_argument("--rivals", type=int, default=50, help="clients that change the same records")
    arguments.add_argument("--changes", type=int, default=4, help="of each of them")
    arguments.add_argument("--cuts", type=int, default=100, help="connections, on each database")
    arguments.add_argument("--no-steps", action="store_true", help="no write is interrupted step by step")
    arguments.add_argument("--engine", action="append", choices=[kind.name for kind in engines.ENGINES])
    chosen = arguments.parse_args()
    kinds = [kind for kind in engines.ENGINES if not chosen.engine or kind.name in chosen.engine]
    lock = hold_folder(WORK)
    tally = Tally()
    print(f"seed {chosen.seed}: tests/reliability/run.py --seed {chosen.seed} asks the same again", flush=True)
    if not chosen.no_steps:
        prove_steps(tally)
    for kind in kinds:
        prove_engine(tally, kind, chosen)
        prove_jobs(tally, kind, chosen)
        if kind is not engines.Sqlite:
            prove_database(tally, kind, chosen)
    if engines.Postgresql in kinds:
        prove_balanced(tally, chosen)
    lock.close()
    tally.end()


main()
