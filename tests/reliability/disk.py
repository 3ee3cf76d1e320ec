#!/usr/bin/python3
"""The disk fills up while all write and read, and has room again.   disk.py [--fills N]

The data of the server lie on a small file system of their own, in memory, that only this process and its children see.
Where the system lets nobody mount one, there is no proof of this.
"""
import argparse
import base64
import contextlib
import itertools
import os
import pathlib
import sqlite3
import subprocess
import sys
import time

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "support"))
from lxml import etree  # noqa: E402

from follower import Read  # noqa: E402
from proof import PROGRAM, WORK, play  # noqa: E402
from storm import Storm  # noqa: E402
from subscriber import SETTINGS  # noqa: E402
from svyaz import engines, wire  # noqa: E402
from svyaz.contract import PREFIX  # noqa: E402
from svyaz.sender import Lost, Sender, Write  # noqa: E402
from svyaz.server import ADMIN, PASSWORD, Server, hold_folder  # noqa: E402
from svyaz.tally import Tally  # noqa: E402

SIZE = 96 << 20       # of the file system at first, in bytes
CLEAR = 48 << 20      # bytes that are free after a fill, at least: what is written stays, so the disk grows
ROOM = 128 << 10      # bytes at most that a fill leaves
IDLE = 120            # seconds after which an unused session ends; its use is noted four times as often
LONG = IDLE / 4 + 2   # seconds that one fill lasts at least, so that a use must be noted in it
PATIENCE = 120        # seconds until a write must have met the end of the disk
FILE = 600 << 10      # bytes of an attachment: more than is kept in memory on its way in


class Disk:
    """The small file system, and what fills it."""

    def __init__(self, folder):
        self.folder, self.filler, self.size = folder, folder / "filler", SIZE
        folder.mkdir(parents=True, exist_ok=True)
        self.mount("")

    def mount(self, how):
        subprocess.run(["mount", "-t", "tmpfs", "-o", f"{how}size={self.size}", "svyaz-disk", self.folder], check=True)

    def fill(self, left):
        """Takes all room but so many bytes; others write meanwhile, so the last of it may be gone before."""
        with open(self.filler, "wb") as file:
            while (room := self.room() - left) > 0:
                with contextlib.suppress(OSError):
                    os.posix_fallocate(file.fileno(), os.fstat(file.fileno()).st_size, room)

    def room(self):
        system = os.statvfs(self.folder)
        return system.f_bavail * system.f_frsize

    def clear(self):
        self.filler.unlink()
        lacking = CLEAR - self.room()
        if lacking > 0:
            self.size += lacking
            self.mount("remount,")


class Visit(Read):
    """A program that was never seen before reads something, and brings its password with it."""

    def __init__(self, record, program):
        super().__init__("Account", "RetrieveAccount", f"<id>{record}</id>", "")
        namespace = f"{PREFIX}Account"
        self.message = wire.envelope(f'<RetrieveAccount xmlns="{namespace}"><id>{record}</id></RetrieveAccount>',
                                     f'<Request xmlns="{namespace}"><application>{program}</application></Request>')
        self.lines |= wire.basic(ADMIN, PASSWORD)


class Filler:
    """What the storm does instead of killing: it fills the disk until somebody met its end, and clears it again."""

    def __init__(self, disk, server):
        self.disk, self.server = disk, server
        self.storm, self.fills, self.complaints = None, 0, []
        self.notes = []  # the attachments, as they were sent

    def note(self):
        content = os.urandom(FILE // 2) + bytes(FILE - FILE // 2)
        text = base64.b64encode(content).decode()
        write = Write("Note", "CreateNote", f"<note><subject>{len(self.notes)}</subject><document><name>x</name>"
                                            f"<content>{text}</content></document></note>", f"note-{len(self.notes)}",
                      self.storm.token)
        self.notes.append((write, text))
        return write

    def fill(self, chance):
        storm, before = self.storm, sum(self.storm.sender.codes.values())
        sender, write = Sender([self.server]), self.note()
        read = Read("Account", "RetrieveAccount", f"<id>{storm.customer}</id>", storm.token)
        began = time.monotonic()
        self.disk.fill(chance.randrange(ROOM))
        with contextlib.suppress(Lost):
            self.note_answer(sender.send_once(write, self.server))
        for visit in itertools.count():
            reads = (read, Visit(storm.customer, f"program {self.fills}/{visit}"))
            refused = [reply.body for one in reads if (reply := sender.send_once(one, self.server)).code]
            if refused:
                self.complaints.append(f"a read is answered {refused[0]!r}")
                break
            if time.monotonic() - began > PATIENCE:
                self.complaints.append("nobody came to the end of the disk")
                break
            has_met = sum(storm.sender.codes.values()) > before
            if has_met and (self.fills > 0 or time.monotonic() - began > LONG):
                break
            time.sleep(0.05)
        self.fills += 1
        self.disk.clear()
        self.note_answer(storm.sender.send(write))

    def note_answer(self, reply):
        if reply.code not in (None, "DATABASE_FULL"):
            self.complaints.append(f"an attachment is answered {reply.body!r}")

    def complaint_about_notes(self):
        """Each attachment is there once, whole."""
        for write, text in self.notes:
            record = self.storm.sender.send(write).id
            read = Read("Note", "RetrieveNote", f"<id>{record}</id><columns><string>document</string></columns>",
                        self.storm.token)
            message = etree.fromstring(self.storm.sender.send(read).body, wire.SAFE)
            if message.findtext(".//{*}content") != text:
                return f"the attachment of {record} is not what was sent"
        return None


def complaint_about_file(server):
    with contextlib.closing(sqlite3.connect(f"file:{server.folder}/svyaz.db?mode=ro", uri=True)) as database:
        found = [row[0] for row in database.execute("PRAGMA integrity_check")]
        broken = database.execute("PRAGMA foreign_key_check").fetchall()
    return None if found == ["ok"] and not broken else f"{found[:3]} {broken[:3]}"


def prove(tally, chosen):
    disk = Disk(WORK / "disk" / "small")
    engine = engines.Sqlite(disk.folder)
    server = Server(disk.folder / "node", PROGRAM, [*SETTINGS, f"session.idle={IDLE} s"])
    server.bootstrap()
    with server:
        filler = Filler(disk, server)
        storm = filler.storm = Storm(chosen.seed, engine, [server], chosen.writes)
        pid = server.process.pid
        play(tally, "disk/full", storm, chosen.fills, filler.fill)
        tally.check("disk/reads-and-faults", "; ".join(filler.complaints[:3]))
        tally.check("disk/attachments", filler.complaint_about_notes())
        tally.check("disk/same-process", None if server.is_alive() and server.process.pid == pid else server.log()[-2000:])
        tally.check("disk/integrity", complaint_about_file(server))
    (WORK / "disk" / "server.log").write_text(server.log())  # the file system goes with this process


def may_mount():
    """The words that give a command a view of file systems of its own, or None."""
    for words in (["unshare", "--mount"], ["unshare", "--mount", "--map-root-user"]):
        trial = subprocess.run([*words, "mount", "-t", "tmpfs", "none", "/mnt"], capture_output=True, check=False)
        if trial.returncode == 0:
            return words
    return None


def main():
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--seed", type=int, default=int.from_bytes(os.urandom(3), "big"))
    arguments.add_argument("--fills", type=int, default=5)
    arguments.add_argument("--writes", type=int, default=200, help="at least; all write until the last fill is over")
    arguments.add_argument("--inside", action="store_true", help="mounts where it runs")
    chosen = arguments.parse_args()
    tally = Tally()
    if chosen.inside:
        lock = hold_folder(WORK / "disk")
        print(f"seed {chosen.seed}", flush=True)
        prove(tally, chosen)
        lock.close()
        tally.end()
    words = may_mount()
    if words is None:
        tally.skip("disk", "this system lets us mount no file system of our own")
        tally.end()
    sys.exit(subprocess.run([*words, sys.executable, __file__, "--inside", *sys.argv[1:]], check=False).returncode)


main()
