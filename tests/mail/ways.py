#!/usr/bin/python3
"""Mail comes in from real mail servers, set up as src/apps/mail/README.md says.   ways.py [CHECK...]

Postfix, Exim and Dovecot run on a machine of the test's own (machine.py) and hand messages to crm-lmtpd or
crm-deliver, which bring them to a crmd. What is filed is read back: each message once, as it was.
"""
import contextlib
import pathlib
import re
import socket
import subprocess
import sys
import threading
import time

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "support"))
import connector  # noqa: E402
import servers  # noqa: E402
import snippets  # noqa: E402
from connector import Lmtpd  # noqa: E402
from office import letter  # noqa: E402
from play import checks_of, play  # noqa: E402
from svyaz.authority import Authority  # noqa: E402
from svyaz.server import ROOT  # noqa: E402
from town import (BOB, EVE, PATIENCE, SENDER, Town, comes_true, complaint_of_original, postfix_by_lmtp,  # noqa: E402
                  postfix_by_pipe, send, send_by_lmtp, settle)

WORK = ROOT / "build" / "mail-ways"
MESSAGES = sorted((ROOT / "tests" / "data" / "mail").glob("*.eml"))
README = snippets.read()


def swaks(*words):
    answer = subprocess.run(["swaks", "--hide-all", "--from", SENDER, *words], capture_output=True, text=True,
                            check=False, timeout=60)
    return None if answer.returncode == 0 else f"swaks {words}: {answer.returncode} {answer.stdout}{answer.stderr}"


def exim(which):
    return servers.Exim(README["/etc/exim4/exim4.conf", "router"], README["/etc/exim4/exim4.conf", which])


# ---- Postfix ----

def check_postfix_by_lmtp(town):
    with postfix_by_lmtp() as postfix, Lmtpd():
        body = letter("pl-1", "text\r\n.\r\n..dots")
        send(25, body)
        settle(postfix)
        complaint = town.complaint_of(["pl-1"], body)
        if complaint:
            return complaint
        complaint = swaks("--server", "127.0.0.1:25", "--to", BOB, "--h-Subject", "letter pl-2")
        settle(postfix)
        return complaint or town.complaint_of(["pl-2"])


def check_several_recipients_are_one_letter(town):
    with postfix_by_lmtp() as postfix, Lmtpd():
        send(25, letter("several"), [BOB, EVE])
        settle(postfix)
        found = town.filed()
        if len(found) != 1:
            return f"filed: {found}"
        parties = town.office.parties(found[0][0])
        return None if parties == [BOB, EVE] else f"it went to {parties}"


def check_postfix_by_pipe(town):
    with postfix_by_pipe() as postfix:
        body = letter("pp-1", "text\r\n.\r\n..dots")
        send(25, body, [BOB, EVE])
        send(25, letter("pp-2"), sender="")
        if not postfix.is_empty_within(PATIENCE):
            return postfix.log()[-2000:]
        found = town.filed()
        originals = {subject: town.office.original(identifier) for identifier, _, subject in found}
        if sorted(originals) != ["letter pp-1", "letter pp-2"]:
            return f"filed: {found}"
        if not originals["letter pp-2"].startswith(b"Return-Path: <>\n"):
            return f"nobody's letter begins {originals['letter pp-2'][:100]}"
        return complaint_of_original(originals["letter pp-1"], body.replace(b"\r\n", b"\n"))


def check_the_collection_by_postfix(town):
    """The messages that broke mail programs: each filed, byte for byte but for the lines before it."""
    with postfix_by_lmtp() as postfix, Lmtpd():
        sent = {}
        for path in MESSAGES:
            sent[path.stem] = crlf(path.read_bytes())
            send(25, sent[path.stem])
        if not postfix.is_empty_within(PATIENCE) or not connector.is_empty_within(PATIENCE):
            return f"{postfix.queue()} {connector.waiting()}"
        originals = {identifier: town.office.original(identifier) for identifier, _, _ in town.filed()}
    if connector.refused():
        return f"refused: {connector.refused()}"
    matches = [(name, identifier) for name, body in sent.items() for identifier, original in originals.items()
               if complaint_of_original(original, body) is None]
    found, filed = ({match[side] for match in matches} for side in (0, 1))
    # Some files hold one message in two forms, with the same Message-ID: that is filed once.
    known = {message_id(sent[name]) for name in found}
    missing = [name for name, body in sent.items() if name not in found and message_id(body) not in known]
    if missing or filed != set(originals):
        strange = [original[:1000] for identifier, original in originals.items() if identifier not in filed]
        return f"not filed as sent: {missing}; filed, but not sent: {strange}"
    return None


def message_id(message):
    found = re.search(rb"^Message-ID:\s*(\S+)", message.split(b"\r\n\r\n")[0], re.I | re.M)
    return found and found[1]


def crlf(message):
    """A message as Postfix carries it: its lines end with CR LF, none is like that before a message in a mailbox, no
    blank stands before a colon, and the header ends, by an empty line, before what is no line of a header."""
    lines = re.split(rb"\r\n|\n", message)
    if lines[0].startswith(b"From "):
        lines[0] = b"X-Mailbox-Line: " + lines[0]
    odd = next(number for number, line in enumerate(lines) if not re.match(rb"[!-9;-~]+\s*:|[ \t]", line))
    lines[:odd] = [re.sub(rb"^([!-9;-~]+)[ \t]+:", rb"\1:", line) for line in lines[:odd]]
    if lines[odd]:
        lines.insert(odd, b"")
    return b"\r\n".join(lines) + (b"" if lines[-1] == b"" else b"\r\n")


# ---- Exim ----

def check_exim_by_lmtp(town):
    with exim("lmtp") as server, Lmtpd():
        body = letter("el")
        send(2525, body, [BOB, EVE])
        if not server.is_empty_within(PATIENCE):
            return server.log()[-2000:]
        connector.is_empty_within(PATIENCE)
        return town.complaint_of(["el"], body)


def check_exim_by_pipe(town):
    with exim("pipe") as server:
        body = letter("ep")
        send(2525, body, [BOB, EVE])
        if not server.is_empty_within(PATIENCE):
            return server.log()[-2000:]
        return town.complaint_of(["ep"], body.replace(b"\r\n", b"\n"))


def check_exim_without_the_program(town):
    """It cannot be started, or is killed: nothing goes back, and all is filed when it is well again."""
    deliver = connector.BIN / "crm-deliver"
    program = deliver.read_bytes()
    with exim("pipe") as server:
        try:
            deliver.unlink()
            send(2525, letter("no-program"))
            comes_true(lambda: " returned 127 " in server.log())
            deliver.write_text("#!/bin/sh\nkill -9 $$\n")
            deliver.chmod(0o755)
            send(2525, letter("killed"))
            comes_true(lambda: " signal 9 " in server.log())
        finally:
            deliver.unlink()
            deliver.write_bytes(program)
            deliver.chmod(0o755)
        subprocess.run([server.path, "-qff"], check=True)
        if not server.is_empty_within(PATIENCE):
            return f"{server.queue()} {server.log()[-2000:]}"
    return town.complaint_of(["no-program", "killed"])


# ---- Dovecot ----

def check_dovecot_by_sieve_pipe(town):
    rule, settings = README["/etc/dovecot/sieve/crm.sieve", "pipe"], README["/etc/dovecot/conf.d/90-crm.conf", ""]
    with connector.as_shipped(), servers.Dovecot(rule, settings) as dovecot:
        replies = send_by_lmtp(24, letter("dp"), ["bob@example.org"])
        complaint = town.complaint_of(["dp"])
        if replies != [250] or complaint:
            return f"{replies} {complaint} {dovecot.log()[-2000:]}"
        with town.away():
            replies = send_by_lmtp(24, letter("dp-away"), ["bob@example.org"])
        # What the page says: the mailbox has it, the log tells of the copy.
        if replies != [250] or len(dovecot.mailbox("bob")) != 2 or "UNREACHABLE" not in dovecot.log():
            return f"while the platform is away: {replies} {dovecot.mailbox('bob')} {dovecot.log()[-1000:]}"
    return town.complaint_of([])


def check_dovecot_by_sieve_redirect(town):
    rule, settings = README["/etc/dovecot/sieve/crm.sieve", "redirect"], README["/etc/dovecot/conf.d/90-crm.conf", ""]
    with postfix_by_lmtp() as postfix, Lmtpd(), servers.Dovecot(rule, settings) as dovecot:
        replies = send_by_lmtp(24, letter("dr"), ["eve@example.org"])
        settle(postfix)
        complaint = town.complaint_of(["dr"])
        if replies != [250] or complaint:
            return f"{replies} {complaint} {dovecot.log()[-2000:]}"
        return None if len(dovecot.mailbox("eve")) == 1 else "the mailbox has not its copy"


# ---- troubles ----

def check_the_platform_is_away(town):
    """What comes meanwhile waits in the spool, or with the mail server, and is filed afterwards."""
    numbers = [f"away-{number}" for number in range(20)]
    with town.away():
        with postfix_by_lmtp() as postfix, Lmtpd():
            for number in numbers[:10]:
                send(25, letter(number))
            if not postfix.is_empty_within(PATIENCE) or len(connector.waiting()) != 10:
                return f"the spool has {connector.waiting()}, Postfix {postfix.queue()}"
        with postfix_by_pipe() as postfix:
            for number in numbers[10:]:
                send(25, letter(number))
            if not comes_true(lambda: len(postfix.queue()) == 10):
                return f"Postfix has {len(postfix.queue())} messages: {postfix.queue()}"
            town.server.start()
            if not postfix.is_empty_within(PATIENCE):
                return f"Postfix kept {postfix.queue()}"
        with Lmtpd():
            connector.is_empty_within(PATIENCE)
    return town.complaint_of(numbers)


def check_away_for_too_long(town):
    """With lmtp.away_most messages stay with the mail server."""
    with town.away(), Lmtpd("lmtp.away_most=1 s"):
        first = send_by_lmtp(2003, letter("long-1"))
        time.sleep(3)
        second = send_by_lmtp(2003, letter("long-2"))
        town.server.start()
        if not connector.is_empty_within(PATIENCE):
            return "the spool is not emptied"
        third = send_by_lmtp(2003, letter("long-3"))
        connector.is_empty_within(PATIENCE)
    if (first, second, third) != ([250], [451], [250]):
        return f"{first} {second} {third}"
    return town.complaint_of(["long-1", "long-3"])


def check_a_full_spool(town):
    """Postfix keeps what the spool has no room for, and nothing is lost."""
    numbers = [f"full-{number}" for number in range(12)]
    with town.away(), postfix_by_lmtp() as postfix, Lmtpd("spool.messages=5"):
        for number in numbers:
            send(25, letter(number))
        if not comes_true(lambda: len(connector.waiting()) == 5 and len(postfix.queue()) == 7):
            return f"the spool has {connector.waiting()}, Postfix {len(postfix.queue())} messages: {postfix.queue()}"
        town.server.start()
        if not settle(postfix):
            return f"the spool kept {connector.waiting()}, Postfix {postfix.queue()}"
    return town.complaint_of(numbers)


def check_a_full_disk(town):
    """What does not go onto it stays with the mail server, and the log says why."""
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1m", "none", connector.SPOOL], check=True)
    try:
        with Lmtpd() as lmtpd:
            replies = [send_by_lmtp(2003, letter("large-disk", "x" * 2_000_000)), send_by_lmtp(2003, letter("small-disk"))]
            connector.is_empty_within(PATIENCE)
            told = [line for line in lmtpd.log().splitlines() if "spool_failed" in line and "No space left" in line]
    finally:
        subprocess.run(["umount", connector.SPOOL], check=True)
    if replies != [[452], [250]] or not told:
        return f"{replies} {lmtpd.log()[-1000:]}"
    return town.complaint_of(["small-disk"])


def check_a_letter_that_cannot_be_opened(town):
    """For now: it waits, and is none that is put aside."""
    with town.away(), Lmtpd() as lmtpd:
        reply = send_by_lmtp(2003, letter("unopened"))
        path = connector.SPOOL / "new" / connector.waiting()[0]
        aside = path.rename(connector.SPOOL / "letter")
        path.symlink_to(path)
        told = comes_true(lambda: "symbolic links" in lmtpd.log())
        refused = connector.refused()
        aside.rename(path)
        town.server.start()
        if reply != [250] or not told or refused or not connector.is_empty_within(PATIENCE):
            return f"{reply} {told} {refused} {connector.waiting()}"
    return town.complaint_of(["unopened"])


def check_the_largest_message(town):
    """With the line that is put before it, it is what the platform takes; a byte more is refused at once."""
    most = 25 * 1024 * 1024 - len(f"Return-Path: <{SENDER}>\r\n")
    bodies = [letter(f"largest-{more}") for more in (0, 1)]
    with Lmtpd():
        replies = [send_by_lmtp(2003, body + b"y" * (most + more - len(body) - 2) + b"\r\n") for more, body in enumerate(bodies)]
        connector.is_empty_within(PATIENCE)
        refused = connector.refused()
    connector.forget_refused()
    return town.complaint_of(["largest-0"]) if replies == [[250], [552]] and not refused else f"{replies} {refused}"


def check_what_is_refused_is_put_aside(town):
    body = letter("too-large", "x" * 70 + "\r\n" * 1000).replace(b"\r\n\r\n", b"\r\n\r\n" + b"y" * 30_000_000, 1)
    with Lmtpd("message.size=100 MiB"):
        replies = send_by_lmtp(2003, body)
        connector.is_empty_within(PATIENCE)
        reasons = list(connector.refused().values())
        after = send_by_lmtp(2003, letter("after"))
        connector.is_empty_within(PATIENCE)
    connector.forget_refused()
    if replies != [250] or after != [250] or len(reasons) != 1 or not reasons[0].startswith("LIMIT_EXCEEDED: "):
        return f"{replies} {after} {reasons}"
    return town.complaint_of(["after"])


def check_statuses_of_deliver(town):
    """What a mail server decides by."""
    deliver = connector.BIN / "crm-deliver"
    rows = [([], b"", 64), (["--nonsense", BOB], b"x", 64), ([BOB], b"", 65), (["-o", "nonsense=1", BOB], b"x", 75),
            (["-o", "message.domains=other.example", BOB], b"x", 67), (["-o", "message.size=1 KiB", BOB], b"x" * 2000, 65),
            (["-o", "platform.url=http://127.0.0.1:1", BOB], b"x", 75), (["-o", "platform.secret=wrong", BOB], b"x", 75),
            (["-o", "platform.secret=wrong", "--check"], b"", 78), (["-o", "nonsense=1", "--check"], b"", 78),
            (["--check"], b"", 0), (["--version"], b"", 0), (["--help"], b"", 0), (["--example"], b"", 0),
            (["-f", SENDER, "--", f"<{BOB}>"], letter("status"), 0)]
    wrong = []
    for words, message, status in rows:
        answer = subprocess.run([deliver, *words], input=message, capture_output=True, check=False, timeout=60)
        if answer.returncode != status:
            wrong.append(f"{words}: {answer.returncode} {answer.stderr.decode()}")
    return "; ".join(wrong) or town.complaint_of(["status"])


def check_deliver_in_odd_places(town):
    """Without the files that every program has, or with small ones alone: put off, or filed as it was sent."""
    message = WORK / "message"
    message.write_bytes(letter("odd"))
    deliver = f"{connector.BIN}/crm-deliver -f {SENDER} {BOB}"
    rows = ((f"{deliver} <&-", 75), (f"ulimit -f 100; head -c 3000000 /dev/zero | {deliver}", 75), (f"{deliver} <{message} 2>&-", 0),
            (f"{deliver} <{message} >&- 2>&-", 0), (f"{deliver} <{message} >/dev/full 2>/dev/full", 0))
    statuses = [subprocess.run(["bash", "-c", line], capture_output=True, check=False, timeout=60).returncode for line, _ in rows]
    found = [town.office.original(identifier) for identifier, _, _ in town.filed()]
    if statuses != [status for _, status in rows] or len(found) != 1:
        return f"{statuses} {found}"
    return None if found[0].split(b"\n", 1)[1] == message.read_bytes() else f"filed as {found[0]}"


def check_a_letter_removed_by_hand(town):
    """It is told once, and forgotten."""
    with town.away(), Lmtpd() as lmtpd:
        begin = len(lmtpd.log())
        send_by_lmtp(2003, letter("removed"))
        for name in connector.waiting():
            (connector.SPOOL / "new" / name).unlink()
        send_by_lmtp(2003, letter("kept"))
        town.server.start()
        connector.is_empty_within(PATIENCE)
        comes_true(lambda: "removed_by_hand" in lmtpd.log()[begin:])
        log = lmtpd.log()[begin:]
    if log.count("removed_by_hand") != 1 or '"error"' in log or connector.refused():
        return log[-2000:]
    return town.complaint_of(["kept"])


def check_settings_are_checked(town):
    """--check says of each program what its start would say."""
    connector.follow((BOB, "INBOX"))
    rows = (("crm-lmtpd", None, "in order"), ("crm-lmtpd", "lmtp.listen=nonsense", "nonsense: must be host:port"),
            ("crm-lmtpd", "lmtp.listen=127.0.0.1:99999", "127.0.0.1:99999: is not"), ("crm-lmtpd", "lmtp.peers=nonsense", "nonsense"),
            ("crm-lmtpd", "lmtp.listen= ", "names no address"), ("crm-lmtpd", "lmtp.tls_certificate=/nowhere", "/nowhere: is not"),
            ("crm-imap", None, "in order"), ("crm-imap", "imap.accounts=/nowhere", "/nowhere: "),
            ("crm-imap", "imap.ca_file=/nowhere", "/nowhere: is not"), ("crm-outbox", None, "submission.host names no"),
            ("crm-outbox", "submission.host=mx", "in order"))
    wrong = []
    for program, setting, said in rows:
        words = [] if setting is None else ["-o", setting]
        answer = subprocess.run([connector.BIN / program, *words, "--check"], capture_output=True, text=True, check=False, timeout=60)
        if said not in answer.stdout + answer.stderr or (answer.returncode == 0) != (said == "in order"):
            wrong.append(f"{program} {setting}: {answer}")
    connector.MAILBOX_PASSWORD.unlink()
    if subprocess.run([connector.BIN / "crm-imap", "--check"], capture_output=True, check=False, timeout=60).returncode != 1:
        wrong.append("crm-imap finds no fault in a password that is not there")
    return "; ".join(wrong) or None


# ---- the door ----

def check_tls(town):
    authority = Authority(WORK / "authority")
    certificate, key = authority.sign("crm.test", "DNS:crm.test")
    with Lmtpd(f"lmtp.tls_certificate={certificate}", f"lmtp.tls_key={key}"):
        complaint = swaks("--protocol", "LMTP", "--tls", "--server", "127.0.0.1:2003", "--to", BOB,
                          "--h-Subject", "letter tls")
        connector.is_empty_within(PATIENCE)
        with socket.create_connection(("127.0.0.1", 2003), 10) as raw:
            raw.sendall(b"LHLO x\r\nSTARTTLS\r\nMAIL FROM:<evil@example.com>\r\n")
            raw.settimeout(10)
            heard = b""
            while piece := raw.recv(4096):
                heard += piece
        if not heard.endswith(b"220 2.0.0 begin\r\n"):
            return f"after STARTTLS with more behind it: {heard}"
        return complaint or town.complaint_of(["tls"])


def check_it_ends_when_messages_are_in(town):
    """SIGTERM: who is sending a message may finish, who waits is dismissed."""
    with Lmtpd() as lmtpd:
        idle = socket.create_connection(("127.0.0.1", 2003), 10)
        busy = socket.create_connection(("127.0.0.1", 2003), 10)
        busy.sendall(f"LHLO x\r\nMAIL FROM:<{SENDER}>\r\nRCPT TO:<{BOB}>\r\nDATA\r\n".encode())
        while b"354 " not in busy.recv(4096):
            pass
        lmtpd.process.terminate()
        heard = b""
        while piece := idle.recv(4096):
            heard += piece
        body = letter("last")
        for at in range(0, len(body), 40):  # a slow one
            busy.sendall(body[at:at + 40])
            time.sleep(0.05)
        busy.sendall(b".\r\n")
        reply = busy.recv(4096)
        status = lmtpd.stop()
    if b"421 4.3.2" not in heard or not reply.startswith(b"250 ") or status != 0:
        return f"{heard} {reply} {status}"
    with Lmtpd():
        connector.is_empty_within(PATIENCE)
    return town.complaint_of(["last"])


def listen_to(connection):
    with contextlib.suppress(OSError):
        while connection.recv(65536):
            pass


def talk_on(connection, text, listens):
    """Says it again and again, until the connection has ended."""
    connection.settimeout(PATIENCE)
    if listens:
        threading.Thread(target=listen_to, args=[connection], daemon=True).start()
    with contextlib.suppress(OSError):
        while True:
            connection.sendall(text)


def check_it_ends_whoever_is_there(town):
    """SIGTERM: neither who never stops talking nor who never listens keeps it."""
    for listens in True, False:
        lmtpd = Lmtpd("lmtp.drain_timeout=1 s")
        with lmtpd, socket.create_connection(("127.0.0.1", 2003), 10) as rude:
            rude.sendall(b"LHLO x\r\n")
            threading.Thread(target=talk_on, args=[rude, b"NOOP\r\n" * 2000, listens], daemon=True).start()
            time.sleep(2)
            if lmtpd.stop() != 0:
                return f"it did not end, {'whoever talked' if listens else 'whoever did not listen'}"
    return None


def check_content_without_end(town):
    """The time for one message is over, however quickly it comes."""
    with Lmtpd("lmtp.data_timeout=1 s"), socket.create_connection(("127.0.0.1", 2003), 10) as endless:
        endless.sendall(f"LHLO x\r\nMAIL FROM:<{SENDER}>\r\nRCPT TO:<{BOB}>\r\nDATA\r\n".encode())
        talker = threading.Thread(target=talk_on, args=[endless, b"x" * 100_000, False], daemon=True)
        talker.start()
        talker.join(PATIENCE)
        return "it is still listened to" if talker.is_alive() else None


def check_who_vanishes(town):
    """In the middle of a message: the log tells, and nothing of it is kept."""
    with Lmtpd() as lmtpd:
        begin = len(lmtpd.log())
        with socket.create_connection(("127.0.0.1", 2003), 10) as connection:
            connection.sendall(f"LHLO x\r\nMAIL FROM:<{SENDER}>\r\nRCPT TO:<{BOB}>\r\nDATA\r\n".encode() + letter("gone"))
        is_told = comes_true(lambda: '"cut_off"' in lmtpd.log()[begin:])
        left = list((connector.SPOOL / "tmp").iterdir())
    return town.complaint_of([]) if is_told and not left else f"{left} {lmtpd.log()[begin:]}"


def check_silence_and_crowds(town):
    """Who says nothing is dismissed; who comes when there are too many is turned away; others are not let in."""
    with Lmtpd("lmtp.idle_timeout=1 s", "lmtp.connections=3"):
        crowd = [socket.create_connection(("127.0.0.1", 2003), 10) for _ in range(4)]
        ends = sorted(b"".join(iter(lambda: one.recv(4096), b""))[-60:].split(b"421 ")[-1][:5] for one in crowd)
    with Lmtpd("lmtp.peers=192.0.2.0/24"):
        with socket.create_connection(("127.0.0.1", 2003), 10) as stranger:
            refused = stranger.recv(4096)
    if ends != [b"4.3.2", b"crm.t", b"crm.t", b"crm.t"] and ends.count(b"4.3.2") != 1:
        return f"{ends}"
    return None if refused.startswith(b"554 5.7.1") else f"{refused}"


play(WORK, checks_of(globals()), Town, after=Town.filed)
