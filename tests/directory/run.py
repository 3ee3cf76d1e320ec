#!/usr/bin/python3
"""Logins by real directories and a real KDC, each started on loopback.   run.py [--program FILE] [openldap|kerberos|samba]"""
import argparse
import importlib
import pathlib
import shutil
import sys

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "support"))
sys.path.insert(0, str(HERE))
from office import Office  # noqa: E402
from svyaz.server import ROOT, hold_folder  # noqa: E402
from svyaz.tally import Tally  # noqa: E402

WORK = ROOT / "build" / "directory"
# Each has a module with_<peer>, and a program without which it is skipped.
PEERS = {"openldap": "/usr/sbin/slapd", "kerberos": "/usr/sbin/krb5kdc", "samba": "/usr/sbin/samba"}


def main():
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--program", default="build/check/crmd")
    arguments.add_argument("peers", nargs="*", choices=[*PEERS, []])
    chosen = arguments.parse_args()
    lock, tally = hold_folder(WORK), Tally()
    for name in chosen.peers or PEERS:
        if not pathlib.Path(PEERS[name]).exists():
            tally.skip(name, f"{PEERS[name]} is not installed")
            continue
        work = WORK / name
        shutil.rmtree(work, ignore_errors=True)
        work.mkdir(parents=True)
        importlib.import_module(f"with_{name}").run(tally, work, chosen.program)
        for office in Office.made:
            tally.check(f"sanitizers {office.folder.name}", office.report() or None)
        Office.made.clear()
    lock.close()
    tally.end()


main()
