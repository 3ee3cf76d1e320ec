"""Connections that end at any byte, of the request or of the answer; the write is then sent again under its id.

Whatever was cut, the write must in the end be done once, with one answer, byte for byte; of a request that was not
there to its last byte nothing may have been done; and the server must hold no more than before.
"""
import collections
import concurrent.futures
import os
import pathlib
import random
import socket
import struct
import threading
import time

from follower import Read
from svyaz.client import Calls
from svyaz.raw import Line
from svyaz.sender import Lost, Sender, Write
from svyaz.server import ADMIN, PASSWORD, Server

CLIENTS = 8
ROWS = 30        # of a call whose answer is long
PATIENCE = 120   # seconds until what a connection held is given back
SETTINGS = ("http.connections_per_source=100000", "http.requests_per_user=1000")
RESET = struct.pack("ii", 1, 0)  # SO_LINGER: the end comes as a reset


def bytes_of(write):
    lines = write.lines | {"Host": "127.0.0.1", "Content-Length": len(write.message)}
    head = "".join(f"{name}: {value}\r\n" for name, value in lines.items())
    return f"POST {write.path} HTTP/1.1\r\n{head}\r\n".encode() + write.message


def sockets_to(port):
    """How the system calls the sockets that are connected to a port of a database."""
    lines = [line.split() for line in pathlib.Path("/proc/net/tcp").read_text().splitlines()[1:]]
    return {f"socket:[{words[9]}]" for words in lines if words[2].endswith(f":{port:04X}")}


def held_by(server, engine):
    """What the process holds: threads, and descriptors that do not lead to the database."""
    to_database = sockets_to(int(engine.port)) if engine.port else ()
    folder = f"/proc/{server.process.pid}"
    held = collections.Counter(threads=len(os.listdir(f"{folder}/task")))
    for descriptor in os.listdir(f"{folder}/fd"):
        try:
            target = os.readlink(f"{folder}/fd/{descriptor}")
        except FileNotFoundError:  # it was closed meanwhile
            continue
        if "svyaz.db" not in target and target not in to_database:
            held["sockets" if target.startswith("socket:") else target] += 1
    return held


class Cuts:
    """So many writes, each cut off once."""

    def __init__(self, seed, server, count):
        self.seed, self.server, self.count = seed, server, count
        self.token = Calls(server).login(ADMIN, PASSWORD)
        self.sender = Sender([server])
        self.lock = threading.Lock()
        self.names, self.complaints = [], []
        self.cut = collections.Counter()

    def write(self, number, chance):
        """One record, or many in one call."""
        names = [f"Cut {number}/{row}" for row in range(ROWS if chance.random() < 0.2 else 1)]
        with self.lock:
            self.names += names
        rows = "".join(f"<Account><name>{name}</name></Account>" for name in names)
        if len(names) == 1:
            return Write("Account", "CreateAccount", f"<account><name>{names[0]}</name></account>", f"cut-{number}",
                         self.token)
        return Write("Account", "CreateMultipleAccount", f"<accounts>{rows}</accounts><allOrNone>true</allOrNone>",
                     f"cut-{number}", self.token)

    def cut_off(self, write, chance):
        """Sends it and ends the connection somewhere: how many bytes of the request went, and what came back."""
        data = bytes_of(write)
        sent = chance.randrange(len(data)) if chance.random() < 0.5 else len(data)
        came = b""
        with Line(self.server.port, 60) as line:
            line.send(data[:sent])
            wanted = 0 if sent < len(data) else chance.choice((0, 1, chance.randrange(400), chance.randrange(8000)))
            while len(came) < wanted and (more := line.socket.recv(wanted - len(came))):
                came += more
                if b"\r\n\r\n" in came and came.endswith(b"</soap:Envelope>\n"):
                    break
            if chance.random() < 0.5:
                line.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
        return sent == len(data), came

    def complaint_about(self, number):
        chance = random.Random(f"{self.seed}/{number}")
        write = self.write(number, chance)
        is_whole, came = self.cut_off(write, chance)
        with self.lock:
            self.cut["in the answer" if came else "before the answer" if is_whole else "in the request"] += 1
        first, second = self.sender.send(write), self.sender.send(write)
        if first.code:
            return f"{write.identifier}: sent again it is answered {first.body!r}"
        if first.is_repeated and not is_whole:
            return f"{write.identifier}: a request that was cut off was done"
        if first.body != second.body or not second.is_repeated:
            return f"{write.identifier}: first {first.body!r}, then {second.body!r}"
        body = came.partition(b"\r\n\r\n")[2]
        if not first.body.startswith(body):
            return f"{write.identifier}: what came before the cut was {body!r}, then {first.body!r}"
        return None

    def try_one(self, number):
        try:
            return self.complaint_about(number)
        except (Lost, OSError) as reason:
            return f"cut {number}: {reason!r}"

    def run(self):
        with concurrent.futures.ThreadPoolExecutor(CLIENTS) as clients:
            self.complaints += filter(None, clients.map(self.try_one, range(self.count)))

    def warm_up(self):
        """Every worker has run something, and keeps what it will keep."""
        read = Read("Session", "WhoAmI", "", self.token)
        with concurrent.futures.ThreadPoolExecutor(4 * CLIENTS) as clients:
            list(clients.map(lambda _: Sender([self.server]).send(read), range(400)))

    def complaint_about_books(self, engine):
        there = sorted(row["name"] for row in engine.cells(self.server, {"account": ["name"]})["account"])
        return None if there == sorted(self.names) else f"{len(self.names)} records wanted, {len(there)} there"

    def complaint_about_held(self, before, engine):
        """The clients have gone, so what they held must be given back."""
        deadline = time.monotonic() + PATIENCE
        while (now := held_by(self.server, engine)) != before:
            if time.monotonic() > deadline:
                return f"before {dict(before - now)} more, after {dict(now - before)} more"
            time.sleep(0.2)
        return None


def prove(tally, engine, seed, count):
    """With sanitizers, on a running engine."""
    server = Server(engine.folder / "node", settings=[*engine.settings(), *SETTINGS])
    server.bootstrap()
    with server:
        cuts = Cuts(seed, server, count)
        cuts.warm_up()
        before = held_by(server, engine)
        cuts.run()
        name = f"{engine.name}/cut-off"
        tally.check(name, "; ".join(cuts.complaints[:3]))
        tally.check(f"{name}/books", cuts.complaint_about_books(engine))
        tally.check(f"{name}/held", cuts.complaint_about_held(before, engine))
    tally.check(f"{name}/report", server.report())
    print(f"    {engine.name}: {count} connections cut: {dict(cuts.cut)}", flush=True)
