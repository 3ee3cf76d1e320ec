#!/usr/bin/python3
"""Measures Svyaz against hand-written endpoints and against its own promises.

   run.py [PART...]       parts: start echo contacts-10000 contacts-100000 by-hand bulk mass mail pages access feed push idle growth login
"""
import pathlib
import sys

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "support")]
import access  # noqa: E402
import against_peers  # noqa: E402
import bulk  # noqa: E402
import by_hand  # noqa: E402
import echo_rate  # noqa: E402
import feed  # noqa: E402
import growth  # noqa: E402
import idle  # noqa: E402
import login  # noqa: E402
import mail  # noqa: E402
import mass  # noqa: E402
import pages  # noqa: E402
import push  # noqa: E402
import start_time  # noqa: E402
from figures import Figures  # noqa: E402

PARTS = {
    "start": start_time.measure,
    "echo": echo_rate.measure,
    "contacts-10000": lambda figures: against_peers.measure(figures, 10_000),
    "contacts-100000": lambda figures: against_peers.measure(figures, 100_000),
    "by-hand": by_hand.measure,
    "bulk": bulk.measure,
    "mass": mass.measure,
    "mail": mail.measure,
    "pages": pages.measure,
    "access": access.measure,
    "feed": feed.measure,
    "push": push.measure,
    "idle": idle.measure,
    "growth": growth.measure,
    "login": login.measure,
}


def main():
    chosen = sys.argv[1:] or list(PARTS)
    unknown = [part for part in chosen if part not in PARTS]
    if unknown:
        sys.exit(f"there is no part {unknown[0]}; parts: {' '.join(PARTS)}")
    figures = Figures()
    for part in chosen:
        print(f"== {part}", flush=True)
        try:
            PARTS[part](figures)
        except (OSError, RuntimeError, ValueError) as reason:
            figures.missing(part, reason)
    figures.end()


main()
