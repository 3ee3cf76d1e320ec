#!/usr/bin/python3
"""Messages made to break, exhaust or mislead whoever takes them.   hostile.py [CHECK...]

Each goes through Postfix and crm-lmtpd, or by LMTP where Postfix would not carry it, to a crmd; it is stored, or
refused for a reason that is said. What is stored leads nowhere and runs nothing, in a real browser too, and costs
little memory; and two robots that answer whatever comes have nobody here to talk to.
"""
import base64
import email.message
import email.policy
import hashlib
import io
import pathlib
import random
import re
import sys
import tempfile
import time
import zipfile
import zlib
from xml.sax.saxutils import escape

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "support"))
import browser  # noqa: E402
import connector  # noqa: E402
import robots  # noqa: E402
import scripts  # noqa: E402
from connector import Lmtpd, Outbox  # noqa: E402
from office import letter  # noqa: E402
from play import checks_of, play  # noqa: E402
from robots import AWAY, PARROT  # noqa: E402
from svyaz.memory import forget_peak_of_server, peak_of_server  # noqa: E402
from svyaz.server import ROOT  # noqa: E402
from town import BOB, PATIENCE, Town, postfix_by_lmtp, send, send_by_lmtp, settle  # noqa: E402

WORK = ROOT / "build" / "mail-hostile"
LARGE = 150 * 1000 * 1000  # 205 MB as base64
GROWTH_MOST = 32 * 1024 * 1024
MIXED = "MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n"
SCRIPTS_LEAST = 100  # that run when nobody makes them harmless
EVIL = "evil.example"


def bring(town, message):
    """Brings a message through Postfix; the fields of the one that is filed."""
    with postfix_by_lmtp() as postfix, Lmtpd():
        send(25, message)
        if not settle(postfix):
            raise RuntimeError(f"{postfix.queue()} {connector.waiting()}")
    return the_one(town)


def bring_by_lmtp(town, message):
    with Lmtpd():
        replies = send_by_lmtp(2003, message)
        if replies != [250] or not connector.is_empty_within(PATIENCE):
            raise RuntimeError(f"{replies} {connector.waiting()}")
    return the_one(town)


def the_one(town):
    """What was filed, and is alone: its id and fields."""
    filed = town.filed()
    if len(filed) != 1:
        raise RuntimeError(f"filed: {filed}; put aside: {connector.refused()}")
    identifier = filed[0][0]
    return identifier, town.office.fields(identifier, "isCut", "messageKind", "description", "mimeType")


def complaint_of_stored(town, message, is_cut):
    """Why a message is not filed whole, through Postfix, and marked as cut or not."""
    identifier, fields = bring(town, message)
    if not town.office.original(identifier).endswith(message):
        return "the original is another"
    return None if fields["isCut"] == is_cut else f"it is {fields}"


# ---- shape ----

def check_five_hundred_parts_within_each_other(town):
    nested = "".join(f"Content-Type: multipart/mixed; boundary=b{level}\r\n\r\n--b{level}\r\n" for level in range(500))
    return complaint_of_stored(
        town, letter("nested", more="MIME-Version: 1.0\r\n" + nested + "Content-Type: text/plain\r\n"), "true")


def check_five_hundred_messages_within_each_other(town):
    inner = "".join(f"Content-Type: message/rfc822\r\n\r\nSubject: {level}\r\n" for level in range(500))
    return complaint_of_stored(town, letter("matryoshka", more="MIME-Version: 1.0\r\n" + inner), "false")


def check_a_million_lines_in_the_header(town):
    """Refused, and put aside with the reason; the next message comes through."""
    with postfix_by_lmtp() as postfix, Lmtpd("message.size=100 MiB"):
        send(25, letter("lines", more="X-A: b\r\n" * 1_000_000))
        is_settled = settle(postfix)
        reasons = list(connector.refused().values())
        send(25, letter("after"))
        is_settled = settle(postfix) and is_settled
    connector.forget_refused()
    if not is_settled or len(reasons) != 1 or not reasons[0].startswith("LIMIT_EXCEEDED: "):
        return f"{is_settled} {reasons}"
    return town.complaint_of(["after"])


def check_a_million_lines_in_the_header_of_a_part(town):
    """It might be a log: kept, and not taken apart."""
    return complaint_of_stored(
        town, letter("log", "--b\r\n" + "X-A: b\r\n" * 1_000_000 + "\r\nhi\r\n--b--", MIXED), "true")


def check_ten_thousand_recipients_in_the_header(town):
    """By LMTP, since Postfix would cut the field: all are in the original; a thousand take part, and who got it."""
    names = ",\r\n ".join(f"u{number}@x.example" for number in range(10_000))
    message = letter("many").replace(b"To: bob@crm.example.org", b"To: " + names.encode())
    identifier, fields = bring_by_lmtp(town, message)
    parties = town.office.parties(identifier)
    if fields["isCut"] != "true" or len(parties) != 1001 or BOB not in parties:
        return f"{fields} {len(parties)}"
    return None if town.office.original(identifier).endswith(message) else "the original is another"


def check_ten_thousand_recipients_of_the_envelope(town):
    """One e-mail; whoever finds no room among its participants has the message all the same."""
    names = [f"u{number}@crm.example.org" for number in range(10_000)]
    with postfix_by_lmtp() as postfix, Lmtpd():
        for first in range(0, len(names), 1000):
            send(25, letter("crowd"), names[first:first + 1000])
        if not postfix.is_empty_within(4 * PATIENCE) or not connector.is_empty_within(4 * PATIENCE):
            return f"{len(postfix.queue())} {len(connector.waiting())}"
    identifier, _ = the_one(town)
    return None if town.office.parties(identifier) == sorted([*names, BOB]) else \
        f"{len(town.office.parties(identifier))} take part; put aside: {list(connector.refused().values())[:3]}"


# ---- files ----

def deflated_zeros(gigabytes):
    """A raw stream of deflate that says so many gigabytes of zeros, made of the same piece again and again."""
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    piece = packer.compress(bytes(1 << 26)) + packer.flush(zlib.Z_FULL_FLUSH)
    return piece * (16 * gigabytes) + packer.flush()


def bomb(gigabytes):
    """A zip of one file of zeros, within a zip."""
    zeros = deflated_zeros(gigabytes)
    inner = io.BytesIO()
    with zipfile.ZipFile(inner, "w", zipfile.ZIP_STORED) as archive:
        archive.writestr("zeros", zeros)
    packed = bytearray(inner.getvalue())
    size = (gigabytes << 30) - 1
    for mark, method, length in ((b"PK\3\4", 8, 22), (b"PK\1\2", 10, 24)):
        at = packed.find(mark)
        packed[at + method:at + method + 2] = (8).to_bytes(2, "little")
        packed[at + length:at + length + 4] = (size & 0xFFFFFFFF).to_bytes(4, "little")
    outer = io.BytesIO()
    with zipfile.ZipFile(outer, "w", zipfile.ZIP_DEFLATED) as archive:
        for number in range(10):
            archive.writestr(f"{number}.zip", packed)
    return outer.getvalue()


def check_bombs_are_left_alone(town):
    """Archives that would fill any disk are files like others: kept as they are, and opened by nobody."""
    zeros = deflated_zeros(4)
    gzip = b"\x1f\x8b\x08\0\0\0\0\0\0\3" + zeros + bytes(8)
    bombs = {"bomb.zip": bomb(3), "bomb.gz": gzip, "bomb.xlsx": bomb(1), "bomb.svgz": gzip}
    message = email.message.EmailMessage(policy=email.policy.SMTP)
    message["From"], message["To"], message["Subject"] = "ann@example.com", BOB, "letter bombs"
    message.set_content("See the files.")
    for name, content in bombs.items():
        message.add_attachment(content, "application", "octet-stream", filename=name)
        message.get_payload()[-1].add_header("Content-Encoding", "gzip")
    with connector.as_shipped(), Lmtpd("message.size=100 MiB") as lmtpd:
        town.office.emails()
        forget_peak_of_server(town.server)
        before, began = (peak_of_server(town.server), lmtpd.peak()), time.monotonic()
        replies = send_by_lmtp(2003, message.as_bytes())
        connector.is_empty_within(PATIENCE)
        grown = peak_of_server(town.server) - before[0], lmtpd.peak() - before[1]
        took = time.monotonic() - began
    identifier, _ = the_one(town)
    kept = {name: hashlib.sha256(content).digest() for name, content in town.office.files(identifier)}
    if kept != {name: hashlib.sha256(content).digest() for name, content in bombs.items()}:
        return f"kept: {list(kept)}"
    return None if replies == [250] and max(grown) < GROWTH_MOST and took < 30 else f"{replies} {grown} {took}"


NAMES = [
    "../../etc/passwd", "..\\..\\boot.ini", "/etc/shadow", "C:\\Windows\\evil.dll", "c:evil.txt", "\\\\host\\share\\x.txt",
    "..", ".", "...", "a/..", "./.htaccess", ".bashrc", "~/.ssh/authorized_keys", "x\\", "x/", "//", "\\", "", " ",
    "con", "CON.txt", "aux.pdf", "nul", "LPT1", "com9.tar.gz", "a.txt:stream", "a.txt::$DATA", "desktop.ini", "a.lnk",
    "trailing. . ", " leading", "a\tb.txt", "bell\x07.txt", "line\nbreak.txt", "line\r\nX-Header: x", "x.txt .exe",
    "\u202efdp.exe", "a\u2066b\u2069.txt", "zero\u200bwidth.txt", "..\u2215x", "\uff0e\uff0e\uff0fx", "\U0001f4a3.txt",
    "a" * 5000 + ".pdf", "Ж" * 3000 + ".txt", "e\u0301" * 300 + ".txt", "a?b*c<d>e|f\"g.txt", "%2e%2e%2fpasswd",
    "..%2f..%2fx", "..;/x", "....//....//x", "file:///etc/passwd", "=?utf-8?Q?=2E=2E=2Fx?=", "-rf", "$(touch x)",
    "`touch x`", ";touch x", "a;b=c"]


def write_named(number, name):
    """A part of this name, written in one of the ways in which programs write names."""
    quoted = name.replace("\\", "\\\\").replace("\"", "\\\"").replace("\r", "").replace("\n", "")
    percent = "".join(f"%{byte:02X}" for byte in name.encode())
    word = base64.b64encode(name.encode()).decode()
    half = len(percent) // 6 * 3
    ways = [f"Content-Type: application/x; name=\"{quoted}\"", f"Content-Disposition: attachment; filename=\"{quoted}\"",
            f"Content-Disposition: attachment; filename*=utf-8''{percent}",
            f"Content-Disposition: attachment; filename*0*=utf-8''{percent[:half]};\r\n filename*1*={percent[half:]}",
            f"Content-Type: application/x; name=\"=?utf-8?B?{word}?=\"",
            f"Content-Type: message/rfc822; name=\"{quoted}\""]
    return f"--b\r\n{ways[number % len(ways)]}\r\n\r\nSubject: {number}\r\n\r\nx\r\n".encode()


def is_safe_name(name):
    """For any system: no path, no device, nothing hidden at its ends, no control character, not too long."""
    return (not re.search(r"[/\\:*?\"<>|\x00-\x1f\x7f\u202a-\u202e\u2066-\u2069]", name) and
            not re.match(r"(?i)(con|prn|aux|nul|com[1-9]|lpt[1-9])(\.|$)", name) and
            name == name.strip(". ") and 0 < len(name.encode()) <= 255)


def check_names_lead_nowhere(town):
    """In each way in which programs write them; each lands, under its own name, where it is put."""
    parts = b"".join(write_named(number + way, name) for way in range(6) for number, name in enumerate(NAMES))
    identifier, _ = bring_by_lmtp(town, letter("names", "@", MIXED).replace(b"@\r\n", parts + b"--b--\r\n"))
    names = [name for name, _ in town.office.files(identifier)]
    odd = [name for name in names if not is_safe_name(name)]
    with tempfile.TemporaryDirectory() as folder:
        place = pathlib.Path(folder) / "a" / "b"
        place.mkdir(parents=True)
        for name in names:
            (place / name).write_text("x")
        landed = {path.relative_to(place).as_posix() for path in pathlib.Path(folder).rglob("*") if path.is_file()}
    if odd or len(names) < 5 * len(NAMES) or landed != set(names):
        return f"{len(names)} names; {odd or landed ^ set(names)}"
    return None


# ---- what is shown ----

def html_letter(number, content, charset):
    return (f"From: Ann <ann@example.com>\r\nTo: {BOB}\r\nSubject: script {number}\r\nMIME-Version: 1.0\r\n"
            f"Message-ID: <script-{number}@example.com>\r\nContent-Type: text/html; charset={charset}\r\n"
            f"Content-Transfer-Encoding: base64\r\n\r\n".encode() +
            base64.encodebytes(content).replace(b"\n", b"\r\n"))


def shown(fields):
    """The text of an e-mail as a page holds it."""
    text = fields["description"]
    return (text if fields["mimeType"] == "text/html" else f"<pre>{escape(text)}</pre>").encode()


def check_scripts_do_not_run(town):
    """What runs in a browser as it came does not as it is shown; nothing is asked of the world, and the page goes on."""
    tricks = scripts.all_of_them()
    with Lmtpd():
        for number, (content, charset) in enumerate(tricks):
            send_by_lmtp(2003, html_letter(number, content, charset))
        connector.is_empty_within(PATIENCE)
    filed = {subject: identifier for identifier, _, subject in town.filed()}
    if len(filed) != len(tricks):
        return f"{len(filed)} of {len(tricks)} are filed; {connector.refused()}"
    texts = [shown(town.office.fields(filed[f"script {number}"], "description", "mimeType"))
             for number in range(len(tricks))]
    ran, whole, elsewhere = browser.show(texts, scripts.EVENTS)
    could, _, asked = browser.show([content for content, _ in tricks], scripts.EVENTS)
    print(f"# of {len(tricks)} messages {len(could)} run in a browser as they came, {len(ran)} as they are shown")
    if len(could) < SCRIPTS_LEAST or not any(EVIL in address for address in asked):
        return f"the browser would run {len(could)} and ask for {asked}"
    if ran or any(EVIL in address for address in elsewhere):
        return f"{[tricks[number] for number in ran]} ran; asked for {elsewhere}"
    missing = set(range(len(tricks))) - whole
    return f"the page ends with {[texts[number][:200] for number in missing]}" if missing else None


# ---- robots ----

def wait_for_quiet(town, postfix):
    """Until nobody has anything to say for a while."""
    deadline, before = time.monotonic() + PATIENCE, None
    while time.monotonic() < deadline:
        now = settle(postfix), robots.heard(postfix.log()), len(town.office.emails())
        if now == before:
            return True
        before = now
        time.sleep(3)
    return False


def check_two_robots(town):
    """They answer what is sent to them, and each other; nothing here answers them, and they have one case."""
    desk = robots.Desk(town.office)
    first = letter("parrot", more=f"Cc: {desk.address}\r\n").replace(b"Ann <ann@example.com>", PARROT.encode())
    with robots.postfix() as postfix, robots.dovecot(), Lmtpd(), \
            Outbox(*(f"submission.{setting}" for setting in ("host=127.0.0.1", "port=25", "security=none", "poll=50 ms"))):
        send(25, first.replace(BOB.encode(), AWAY.encode()), [AWAY, desk.address], PARROT)
        is_quiet = wait_for_quiet(town, postfix)
        case = desk.cases()
        if not is_quiet or len(case) != 1:
            return f"after the first message: {is_quiet}, cases {case}, {robots.heard(postfix.log())}"
        desk.answer(case[0], PARROT, AWAY)
        is_quiet = wait_for_quiet(town, postfix)
        heard = robots.heard(postfix.log())
    filed, cases = desk.filed(town.filed()), desk.cases()
    # What goes out is heard once by each robot; the parrot has spoken first, and each of them answers once.
    expected = [("Automatic", "false", case[0]), *[("Ordinary", "false", case[0])] * 2, ("Ordinary", "true", case[0])]
    if not is_quiet or heard != {desk.address: 3, AWAY: 3, PARROT: 2} or cases != case or filed != expected:
        return f"{is_quiet}, {heard}, cases {cases}, {filed}"
    return None


# ---- how much ----

def check_memory_of_a_large_message(town):
    """200 MB from the mail server to the database, in less than 32 MB of either program."""
    content = base64.encodebytes(random.randbytes(LARGE)).replace(b"\n", b"\r\n")
    body = (letter("large", more="MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n").rstrip() +
            b"\r\n\r\n--b\r\n\r\nSee the file.\r\n--b\r\nContent-Type: application/zip; name=a.zip\r\n"
            b"Content-Transfer-Encoding: base64\r\n\r\n" + content + b"--b--\r\n")
    town.server.stop()
    usual = list(town.server.settings)
    town.server.settings += ["limits.attachment=1 GiB", "http.request_timeout=10 min"]
    town.server.start()
    try:
        with connector.as_shipped(), Lmtpd("message.size=300 MiB") as lmtpd:
            send_by_lmtp(2003, letter("small"))
            connector.is_empty_within(PATIENCE)
            town.office.emails()
            forget_peak_of_server(town.server)
            before = lmtpd.peak(), peak_of_server(town.server)
            replies = send_by_lmtp(2003, body)
            connector.is_empty_within(300)
            grown = [after - was for after, was in zip((lmtpd.peak(), peak_of_server(town.server)), before)]
        print(f"# {len(body) / 1e6:.0f} MB: crm-lmtpd grew by {grown[0] / 2**20:.1f} MiB, crmd by {grown[1] / 2**20:.1f} MiB")
    finally:
        town.server.stop()
        town.server.settings = usual
        town.server.start()
    if replies != [250] or max(grown) > GROWTH_MOST:
        return f"{replies} {grown}"
    return town.complaint_of(["large", "small"])


play(WORK, checks_of(globals()), Town, after=Town.filed)
