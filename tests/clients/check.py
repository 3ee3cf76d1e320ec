#!/usr/bin/python3
"""Tells the clients' story to a server of its own: all of them on SQLite, some on the others.

   check.py [--program FILE]
"""
import argparse
import pathlib
import re
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "support"))
from svyaz.engines import ENGINES, Sqlite  # noqa: E402
from svyaz.server import ADMIN, PASSWORD, ROOT, Server, hold_folder  # noqa: E402
from svyaz.tally import Tally  # noqa: E402

WORK = ROOT / "build" / "clients"
# On the other databases one that is made when it starts, and one that is compiled.
FEW = ("zeep", "gsoap")
COUNTS = re.compile(r"(\d+) passed, (\d+) failed, (\d+) skipped")


def tell(tally, server, clients):
    """Runs run.sh against the server and adds its counts."""
    run = subprocess.run([HERE / "run.sh", server.url, ADMIN, PASSWORD, *clients], cwd=ROOT,
                         capture_output=True, text=True)
    lines = run.stdout.splitlines()
    print("\n".join(lines[:-1]), flush=True)
    passed, failed, skipped = map(int, COUNTS.fullmatch(lines[-1]).groups())
    tally.passed += passed
    tally.failed += failed
    tally.skipped += skipped


def main():
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("--program", default="build/check/crmd")
    program = arguments.parse_args().program
    tally, lock = Tally(), hold_folder(WORK)
    for kind in ENGINES:
        print(f"-- {kind.name}", flush=True)
        engine = kind(WORK / "servers")
        try:
            engine.start()
            server = Server(WORK / f"organisation-{kind.name.lower()}", program, engine.settings())
            server.bootstrap()
            with server:
                tell(tally, server, () if kind is Sqlite else FEW)
            tally.check(f"no-report-on-{kind.name}", server.report())
        except (OSError, RuntimeError, subprocess.SubprocessError) as reason:
            tally.fail(kind.name, reason)
        finally:
            engine.stop()
    lock.close()
    tally.end()


main()
