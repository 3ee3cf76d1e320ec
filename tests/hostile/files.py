"""The largest files there and back, by MTOM and as base64: unchanged, and in little memory."""
import base64
import hashlib
import random
import re

from case import CREDENTIALS
from multipart import RELATED, include, message, note, part, root
from svyaz import wire
from svyaz.memory import forget_peak, peak
from svyaz.server import Server

SIZE = 25 * 1024 * 1024
# Far less than the file: there are pieces of 256 KiB on their way into the database.
GROWTH_MOST = 6 * 1024 * 1024
MTOM = {"Accept": 'multipart/related; type="application/xop+xml", text/xml;q=0.5'}


def create(server, body, kind):
    """Sends a note; its id."""
    reply = wire.send(f"{server.url}/soap/Note", "POST", body,
                      {"Content-Type": kind, "Authorization": CREDENTIALS}, timeout=300)
    found = re.search(rb"<id>([^<]+)</id>", reply.body)
    if not found:
        raise RuntimeError(f"HTTP {reply.status}: {reply.body[:500]}")
    return found[1].decode()


def create_by_mtom(server, content):
    data = message(root(note(include("cid:file"))), part("file", content), boundary="edge")
    return create(server, data, RELATED + '"edge"')


def create_inline(server, content):
    """In lines, as most writers of base64 do."""
    return create(server, note(base64.encodebytes(content).decode()).encode(), "text/xml")


def read_back(server, identifier, headers):
    reply = wire.call(server.url, "Note", "RetrieveNote",
                      f"<id>{identifier}</id><columns><string>document</string></columns>",
                      headers={"Authorization": CREDENTIALS} | headers, timeout=300)
    if reply.status != 200:
        raise RuntimeError(f"HTTP {reply.status}: {reply.body[:500]}")
    return reply


def content_inline(reply):
    return base64.b64decode(re.search(rb"<content>([^<]*)</content>", reply.body)[1])


def content_of_part(reply):
    """The second part of an MTOM answer, whose boundary the Content-Type says."""
    boundary = re.search(r'boundary="([^"]+)"', reply.headers["Content-Type"])[1].encode()
    parts = reply.body.split(b"\r\n--" + boundary)
    if len(parts) != 3 or not re.search(rb'<[^>]*Include[^>]* href="cid:', parts[0]):
        raise RuntimeError(f"{len(parts)} pieces: {parts[0][:500]}")
    return parts[1].partition(b"\r\n\r\n")[2]


def complaint_of(server, create_note, headers, content_of, content):
    """Why a file is not as it was, or took much memory; None when all is well."""
    forget_peak(server.process)
    before = peak(server.process)
    try:
        identifier = create_note(server, content)
        came = content_of(read_back(server, identifier, headers))
    except (RuntimeError, TypeError) as reason:
        return str(reason)
    grown = peak(server.process) - before
    if hashlib.sha256(came).digest() != hashlib.sha256(content).digest():
        return f"{len(came)} bytes came back, not those that were sent"
    return None if grown <= GROWTH_MOST else f"memory grew by {grown / 2 ** 20:.1f} MiB"


def run(tally, work):
    """With the program as it is shipped: sanitizers have a memory of their own."""
    server = Server(work / "files", "build/release/crmd", ["http.workers=1", "database.pool=1"])
    server.bootstrap()
    content = random.randbytes(SIZE)
    with server:
        create_by_mtom(server, content)  # SQLite's cache, 16 MB a connection, is full afterwards
        for name, create_note, headers, content_of in (
                ("by-mtom", create_by_mtom, MTOM, content_of_part),
                ("inline", create_inline, {}, content_inline),
                ("inline-and-back-by-mtom", create_inline, MTOM, content_of_part)):
            tally.check(f"file-of-the-largest-size-{name}",
                        complaint_of(server, create_note, headers, content_of, content))
