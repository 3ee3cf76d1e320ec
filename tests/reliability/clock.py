#!/usr/bin/python3
"""The clock of the machine is set, back and forth, while the server works.   clock.py [--turns N]

libfaketime stands between the server and the clock of the day; the clock that only measures time goes on.
"""
import argparse
import calendar
import glob
import json
import os
import pathlib
import random
import sys
import time

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "support"))
from lxml import etree  # noqa: E402

from follower import Read  # noqa: E402
from proof import PROGRAM, WORK  # noqa: E402
from svyaz import wire  # noqa: E402
from svyaz.client import Calls  # noqa: E402
from svyaz.sender import Sender, Write  # noqa: E402
from svyaz.server import ADMIN, PASSWORD, Server, hold_folder  # noqa: E402
from svyaz.tally import Tally  # noqa: E402

HOUR, DAY = 3600, 86400
JUMPS = (-HOUR, HOUR, -1, 1, -DAY, DAY, -HOUR, -HOUR, 2 * HOUR)  # seconds, one after the other; they come to nothing
SESSIONS = 100
IDLE = HOUR * 48  # seconds after which a session ends that nobody uses
PATIENCE = 60     # seconds until what was set must be seen
LONG = 120000     # ms that no call takes, unless its begin and its end were told by different clocks


def library():
    found = glob.glob("/usr/lib/*/faketime/libfaketimeMT.so.1")
    return found[0] if found else None


class Clock:
    """What the server takes for the time of the day."""

    def __init__(self, folder):
        self.file, self.offset = folder / "clock", 0
        self.set(0)

    def environment(self):
        return {"LD_PRELOAD": library(), "FAKETIME_TIMESTAMP_FILE": str(self.file), "FAKETIME_NO_CACHE": "1",
                "FAKETIME_DONT_FAKE_MONOTONIC": "1", "DONT_FAKE_MONOTONIC": "1"}

    def set(self, offset):
        """Seconds from the true time."""
        self.offset = offset
        new = self.file.with_suffix(".new")
        new.write_text(f"{offset:+d}\n")
        new.rename(self.file)


class Witness:
    """One client who writes through every jump, and knows what must have come of it."""

    def __init__(self, seed, server, clock):
        self.seed, self.server, self.clock = seed, server, clock
        self.calls, self.sender = Calls(server), Sender([server])
        self.tokens = [self.calls.login(ADMIN, PASSWORD) for _ in range(SESSIONS)]
        self.writes, self.done, self.complaints = [], [], []
        self.versions = {}
        self.feed = self.ask_feed(None).findtext(".//{*}nextToken")
        self.told = []

    def write(self, operation, content):
        write = Write("Account", operation, content, f"clock-{len(self.writes)}", self.tokens[0])
        reply = self.sender.send(write)
        if reply.code:
            raise RuntimeError(f"{operation} is answered {reply.body!r}")
        write.take(reply)
        self.writes.append(write)
        self.done.append((reply.id, reply.version))
        return reply

    def work(self, chance):
        """Some records and some changes of old ones."""
        for _ in range(3):
            record = self.write("CreateAccount", f"<account><name>{len(self.writes)}</name></account>").id
            self.versions[record] = 1
        for _ in range(5):
            record = chance.choice(list(self.versions))
            self.versions[record] += 1
            reply = self.write("UpdateAccount", f"<account><id>{record}</id><numberOfEmployees>{len(self.writes)}"
                                                "</numberOfEmployees></account>")
            if int(reply.version) != self.versions[record]:
                self.complaints.append(f"version {reply.version} follows {self.versions[record] - 1}")

    def ask_feed(self, token):
        content = f"<token>{token}</token>" if token else ""
        reply = self.sender.send(Read("Changes", "RetrieveChanges", content, self.tokens[0]))
        if reply.code:
            raise RuntimeError(f"the feed is answered {reply.body!r}")
        return etree.fromstring(reply.body, wire.SAFE)

    def read_feed(self):
        """Until all was told that was written."""
        deadline = time.monotonic() + PATIENCE
        while len(self.told) < len(self.done) and time.monotonic() < deadline:
            answer = self.ask_feed(self.feed)
            self.feed = answer.findtext(".//{*}nextToken")
            self.told += [(change.findtext("{*}id"), change.findtext("{*}version"))
                          for change in answer.iterfind(".//{*}RecordChange")]
            time.sleep(0.02)
        if self.told != self.done:
            self.complaints.append(f"{len(self.done)} changes were made, and {len(self.told)} told, not in that order")

    def repeat(self, chance):
        """What was written by another clock is not done again."""
        for write in chance.sample(self.writes, min(20, len(self.writes))):
            reply = self.sender.send(write)
            complaint = write.take(reply)
            if complaint or not reply.is_repeated:
                self.complaints.append(complaint or f"{write.identifier} was done again")

    def sees(self, offset):
        """Whether the server has noticed: what it makes now bears the time that was set."""
        record = self.write("CreateAccount", f"<account><name>{len(self.writes)}</name></account>").id
        self.versions[record] = 1
        content = f"<id>{record}</id><columns><string>createdOn</string></columns>"
        moment = Read("Account", "RetrieveAccount", content, self.tokens[0])
        text = etree.fromstring(self.sender.send(moment).body, wire.SAFE).findtext(".//{*}createdOn")
        return abs(seconds_of(text) - time.time() - offset) < 30

    def jump(self, offset, chance):
        self.clock.set(offset)
        if not self.sees(offset):
            raise RuntimeError(f"the server does not take the time that was set ({offset} s)")
        self.work(chance)
        self.repeat(chance)
        self.read_feed()

    def open_sessions(self):
        """How many of the sessions are open."""
        return sum(self.calls.ask("WhoAmI", token=token).code is None for token in self.tokens)


def seconds_of(text):
    """A moment of an answer as time.time() counts."""
    return calendar.timegm(time.strptime(text.rstrip("Z").partition(".")[0], "%Y-%m-%dT%H:%M:%S"))


def complaint_about_sessions(witness):
    """Whoever was told that his session is over is not let in again by it, whatever the clock says later."""
    witness.clock.set(2 * IDLE)
    was_open = witness.open_sessions()
    if was_open:
        return f"{was_open} sessions are open that nobody used for twice as long as allowed"
    witness.clock.set(0)
    again = witness.open_sessions()
    return f"{again} of {SESSIONS} sessions that were over are open again" if again else None


def complaint_about_log(server):
    """No call took less than nothing, or as long as a clock was set."""
    for line in server.log().splitlines():
        try:
            took = json.loads(line).get("ms", 0)
        except ValueError:
            continue
        if not 0 <= took < LONG:
            return f"a call took {took} ms: {line[:300]}"
    return None


def prove(tally, seed, turns):
    server = Server(WORK / "clock", PROGRAM, [f"session.idle={IDLE // HOUR} h", f"session.absolute={20 * IDLE // HOUR} h",
                                              "http.requests_per_connection=1000000"])
    server.bootstrap()
    clock = Clock(server.folder)
    server.environment = clock.environment()
    with server:
        witness = Witness(seed, server, clock)
        offset = 0
        for turn in range(turns):
            chance = random.Random(f"{seed}/{turn}")
            for jump in JUMPS:
                offset += jump
                witness.jump(offset, chance)
        tally.check("clock/versions-feed-ids", "; ".join(witness.complaints[:3]))
        still = witness.open_sessions()
        tally.check("clock/sessions-stay", None if still == SESSIONS else f"{SESSIONS - still} sessions were lost")
        tally.check("clock/sessions-end", complaint_about_sessions(witness))
        tally.check("clock/ready", None if wire.send(f"{server.admin_url}/readyz").status == 200 else "not ready")
    tally.check("clock/durations", complaint_about_log(server))
    print(f"    the clock was set {turns * len(JUMPS) + 2} times; {len(witness.writes)} writes, {len(witness.told)} "
          "changes read", flush=True)


def main():
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--seed", type=int, default=int.from_bytes(os.urandom(3), "big"))
    arguments.add_argument("--turns", type=int, default=1)
    chosen = arguments.parse_args()
    lock = hold_folder(WORK / "clock-lock")
    tally = Tally()
    print(f"seed {chosen.seed}", flush=True)
    if library():
        prove(tally, chosen.seed, chosen.turns)
    else:
        tally.skip("clock", "the package faketime is not installed")
    lock.close()
    tally.end()


main()
