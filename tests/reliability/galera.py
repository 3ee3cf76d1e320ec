#!/usr/bin/python3
"""Three MariaDB servers that keep one database (Galera), cut off and killed by turns while all write.   galera.py

    galera.py                            one is cut off, one is killed
    galera.py --failures 10
"""
import argparse
import itertools
import os
import pathlib
import sys
import time

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "support"))
import halves  # noqa: E402
from balancer import DatabaseBalancer  # noqa: E402
from proof import WORK, nodes, play  # noqa: E402
from storm import Storm  # noqa: E402
from svyaz import engines, wire  # noqa: E402
from svyaz.client import Calls  # noqa: E402
from svyaz.sender import Sender, Write  # noqa: E402
from svyaz.server import ADMIN, PASSWORD, hold_folder  # noqa: E402
from svyaz.tally import Tally  # noqa: E402

SILENCE = 8    # seconds; after five the others go on without a node that says nothing
PATIENCE = 120  # seconds until it is one of them again
LOOKS = 10  # at tables that change by themselves


def cut_off(engine, node):
    """The node stops in the middle of everything. When it goes on it is alone: it must refuse what it was about to
    commit, although the others may have it, and take what they did meanwhile."""
    engine.freeze_node(node)
    time.sleep(SILENCE)
    engine.thaw_node(node)
    deadline = time.monotonic() + PATIENCE
    while not engine.is_whole():
        if time.monotonic() > deadline:
            raise RuntimeError(f"node {node} does not join the others again")
        time.sleep(0.2)


def kill(engine, node):
    engine.kill_node(node)
    engine.start_node_again(node)


def failures(engine, victims, ways):
    """One of the victims each time, in these ways by turns."""
    ways = itertools.cycle(ways)

    def fail(chance):
        next(ways)(engine, chance.choice(victims))
    return fail


def differing_tables(engine, tables):
    """Those of which a node does not hold what the others hold, with the sums of each."""
    question = f"CHECKSUM TABLE {', '.join(f'`{table}`' for table in sorted(tables))}"
    answers = []
    for node in engine.NODES:
        engine.look_at(node)
        answers.append(engine.sql(question, "svyaz"))
    return {rows[0].split("\t")[0].removeprefix("svyaz."): rows for rows in zip(*answers) if len(set(rows)) > 1}


def complaint_about_copies(engine):
    """Each node must hold the same. The servers' beats go on meanwhile: what differs is looked at again."""
    differing = engine.sql("SELECT table_name FROM information_schema.tables WHERE table_schema = 'svyaz'")
    for _ in range(LOOKS):
        differing = differing_tables(engine, differing)
        if not differing:
            return None
        time.sleep(1)
    return f"the nodes hold different rows: {differing}"


def prove(tally, name, chosen, engine, servers, fail):
    storm = Storm(chosen.seed, engine, servers, chosen.writes)
    play(tally, f"Galera/{name}", storm, chosen.failures, fail)
    tally.check(f"Galera/{name}/copies", complaint_about_copies(engine))
    engine.look_at(1)


def waits_for(status, server):
    """Whether the server says so of itself before long."""
    deadline = time.monotonic() + PATIENCE
    while wire.send(f"{server.admin_url}/readyz").status != status:
        if time.monotonic() > deadline:
            return False
        time.sleep(0.2)
    return True


def complaint_about_alone(engine, server, token):
    """The others die, so the node must not take anything; then somebody decides that it is the cluster."""
    write = Write("Account", "CreateAccount", "<account><name>Alone</name></account>", "alone", token)
    sender = Sender([server])
    for node in engine.NODES[1:]:
        engine.kill_node(node)
    if not waits_for(503, server):
        return "a server whose database is cut off from the others calls itself ready"
    reply = sender.send_once(write, server)
    if reply.code not in ("DATABASE_UNAVAILABLE", "OUTCOME_UNKNOWN"):
        return f"a write to a node that is cut off is answered {reply.body!r}"
    engine.sql("SET GLOBAL wsrep_provider_options = 'pc.bootstrap=1'")
    if not waits_for(200, server):
        return "the server is not ready again"
    reply = sender.send(write)
    return f"then the write is answered {reply.body!r}" if reply.code else None


def prove_one_at_a_time(tally, chosen, engine):
    """As one should run it: all go to one node while it lives, and to the next one else."""
    places = [f"127.0.0.1:{engine.port_of(node)}" for node in engine.NODES]
    with DatabaseBalancer(engine.folder / "balancer", places) as balancer:
        with nodes(engine.folder / "one-at-a-time", [engine.settings_at(balancer.port)] * 2) as servers:
            prove(tally, "one-at-a-time", chosen, engine, servers, failures(engine, (1, 1, 2, 3), (kill, cut_off)))


def prove_apart(tally, chosen, engine):
    """Two servers that write through a node each."""
    with nodes(engine.folder / "apart", [engine.settings_at(engine.port_of(node)) for node in (1, 2)]) as servers:
        prove(tally, "apart", chosen, engine, servers, failures(engine, (1, 2), (cut_off, kill)))
        token = Calls(servers[0]).login(ADMIN, PASSWORD)
        tally.check("Galera/alone", complaint_about_alone(engine, servers[0], token))


def prove_halves(tally, chosen, engine):
    """Calls that meet in the middle are done whole or not at all."""
    places = [[*engine.settings_at(engine.port_of(node)), *halves.SETTINGS] for node in (1, 2)]
    with nodes(engine.folder / "halves", places) as servers:
        contest = halves.Halves(chosen.seed, engine, servers, 8)
        tally.check("Galera/halves", "; ".join(contest.differences(chosen.calls)[:4]))
        print(f"    {sum(contest.versions.values()) // 2} calls; faults {dict(contest.sender.codes)}", flush=True)


def main():
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--seed", type=int, default=int.from_bytes(os.urandom(3), "big"))
    arguments.add_argument("--writes", type=int, default=200, help="at least; all write until the last node is back")
    arguments.add_argument("--failures", type=int, default=1, help="of nodes, in each of two ways to run it")
    arguments.add_argument("--calls", type=int, default=150, help="of each of eight clients who change the same records")
    chosen = arguments.parse_args()
    folder = WORK / "galera"
    lock = hold_folder(folder)
    tally = Tally()
    print(f"seed {chosen.seed}", flush=True)
    engine = engines.Galera(folder)
    if not engine.is_installed():
        tally.skip("Galera", "the package galera-4 is not installed")
        tally.end()
    try:
        engine.start()
        prove_halves(tally, chosen, engine)
        engine.make_empty()
        prove_one_at_a_time(tally, chosen, engine)
        engine.make_empty()
        prove_apart(tally, chosen, engine)
    finally:
        engine.stop()
    lock.close()
    tally.end()


main()
