#!/usr/bin/python3
"""Mail goes out through real mail servers, by crm-outbox.   outbox.py [CHECK...]

Postfix takes messages by submission, with TLS and a password, and Dovecot files them; what arrives is what the
platform keeps, byte for byte behind the lines that servers add. A false server says what real ones say seldom.
"""
import base64
import contextlib
import pathlib
import random
import re
import shutil
import socket
import sqlite3
import sys
import threading
import time

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "support"))
import servers  # noqa: E402
from connector import Outbox, as_shipped  # noqa: E402
from office import Office  # noqa: E402
from play import checks_of, play  # noqa: E402
from svyaz.authority import Authority  # noqa: E402
from svyaz import wire  # noqa: E402
from svyaz.memory import forget_peak, peak  # noqa: E402
from svyaz.server import ADMIN, PASSWORD, ROOT  # noqa: E402

WORK = ROOT / "build" / "mail-outbox"
PATIENCE = 60
FALSE_PORT = 2526
LARGE = 25_000_000  # bytes of each of three files: 100 MB in base64
GROWTH_MOST = 32 * 1024 * 1024
SETTINGS = ("limits.attachment=200 MiB", "http.workers=1", "database.pool=1")
POSTFIX = """
default_transport = lmtp:inet:127.0.0.1:24
relay_transport = lmtp:inet:127.0.0.1:24
smtpd_recipient_restrictions = permit_sasl_authenticated, reject
smtpd_relay_restrictions = permit_sasl_authenticated, reject
smtpd_sasl_auth_enable = yes
smtpd_sasl_type = dovecot
smtpd_sasl_path = private/auth
smtpd_tls_auth_only = yes
smtpd_tls_security_level = may
smtpd_tls_cert_file = {certificate}
smtpd_tls_key_file = {key}
"""
# It takes from this machine whatever comes, and delivers it to mailboxes.
TRUSTING = """
default_transport = lmtp:inet:127.0.0.1:24
relay_transport = lmtp:inet:127.0.0.1:24
"""
# It delivers by itself, since Dovecot takes no addresses beyond ASCII: all to one mailbox.
LETTERS = """
default_transport = virtual
virtual_mailbox_base = /var/mail
virtual_mailbox_maps = static:letters/
virtual_uid_maps = static:991
virtual_gid_maps = static:991
virtual_mailbox_limit = 0
"""
DOVECOT = """
service auth {
  unix_listener /var/spool/postfix/private/auth {
    mode = 0666
  }
}
"""


class Writer:
    """Who writes e-mails, and looks what became of them."""

    def __init__(self, server):
        self.server = server
        self.office = Office(server.url)
        self.call = self.office.administrator.call
        me = self.call("Session", "WhoAmI").findtext("{*}result/{*}userId")
        self.call("SystemUser", "UpdateSystemUser", f"<systemUser><id>{me}</id><internalEmailAddress>"
                  "boss@crm.example.org</internalEmailAddress></systemUser>")

    def attach(self, identifier, content):
        """Gives an e-mail a file, which goes to the platform as a part of its own."""
        note = (f'<n:CreateNote xmlns:n="urn:svyaz:crm:1:Note"><n:note><n:regarding><n:entity>Email</n:entity>'
                f"<n:id>{identifier}</n:id></n:regarding><n:document><n:name>a.bin</n:name><n:content>"
                '<x:Include xmlns:x="http://www.w3.org/2004/08/xop/include" href="cid:file"/>'
                "</n:content></n:document></n:note></n:CreateNote>")
        data = (b'--edge\r\nContent-Type: application/xop+xml; type="text/xml"; charset=UTF-8\r\n'
                b"Content-ID: <root>\r\n\r\n" + wire.envelope(note) + b"\r\n--edge\r\nContent-ID: <file>\r\n\r\n" +
                content + b"\r\n--edge--\r\n")
        kind = 'multipart/related; type="application/xop+xml"; start="<root>"; start-info="text/xml"; boundary="edge"'
        reply = wire.send(f"{self.server.url}/soap/Note", "POST", data,
                          {"Content-Type": kind, **wire.basic(ADMIN, PASSWORD)}, timeout=300)
        if reply.status != 200:
            raise RuntimeError(reply.body)

    def send(self, subject, *recipients, files=()):
        """Writes an e-mail and sends it, with files; its id."""
        parties = "".join(f"<Party><address>{address}</address></Party>" for address in recipients)
        identifier = self.call(
            "Email", "CreateEmail", f"<email><subject>{subject}</subject><description>&lt;p&gt;Добрый день&lt;/p&gt;"
            f"\n.\n..dots</description><to>{parties}</to></email>").findtext("{*}result/{*}id")
        for file in files:
            self.attach(identifier, file)
        self.call("Mail", "SendEmail", f"<id>{identifier}</id>")
        return identifier

    def hurry(self):
        """Nobody waits for a minute: what is put off is due at once."""
        with contextlib.closing(sqlite3.connect(WORK / "organisation" / "svyaz.db", timeout=30)) as database:
            for table in ("svyaz_outbox", "svyaz_outbox_mailbox"):
                database.execute(f"UPDATE {table} SET due_at = 0")
            database.commit()

    def status(self, identifier):
        """(statusReason, deliveryStatus) of an e-mail."""
        email = self.call("Email", "RetrieveEmail", f"<id>{identifier}</id><columns><string>statusReason</string>"
                          "<string>deliveryStatus</string></columns>").find("{*}email")
        return email.findtext("{*}statusReason"), email.findtext("{*}deliveryStatus") or ""

    def wait(self, identifier, reason, said=""):
        """Waits for a status; a complaint where it does not come."""
        deadline = time.monotonic() + PATIENCE
        while True:
            status = self.status(identifier)
            if status[0] == reason and said in status[1]:
                return None
            if time.monotonic() > deadline:
                return f"it is {status} and not {reason} {said!r}"
            time.sleep(0.1)


def outbox(**settings):
    """The program that asks often, with further settings of its section."""
    settings = {"host": "127.0.0.1", "poll": "50 ms", "away": "50 ms", "timeout": "5 s", **settings}
    return Outbox(*(f"submission.{key}={value}" for key, value in settings.items()))


class FalseServer:
    """Speaks SMTP as it is told: answers by the command that they are for, once each; a function makes one."""

    def __init__(self, **answers):
        self.answers, self.messages, self.commands = answers, [], []
        self.door = socket.create_server(("127.0.0.1", FALSE_PORT))
        threading.Thread(target=self.serve, daemon=True).start()

    def serve(self):
        while True:
            try:
                connection, _ = self.door.accept()
            except OSError:
                return
            with connection, connection.makefile("rwb") as stream:
                self.talk(stream)

    def answer(self, stream, word, usual):
        said = self.answers[word].pop(0) if self.answers.get(word) else usual
        if callable(said):
            said = said()
        if said is None:
            raise ConnectionError
        stream.write(said.encode() + b"\r\n")
        stream.flush()
        return said

    def talk(self, stream):
        try:
            self.answer(stream, "CONNECT", "220 false")
            while line := stream.readline():
                word = line.split()[0].decode().upper()
                self.commands.append(line.decode().strip())
                if self.answer(stream, word, {"DATA": "354 go", "QUIT": "221 bye"}.get(word, "250 ok"))[:3] == "354":
                    lines = []
                    while (part := stream.readline()) not in (b"", b".\r\n"):
                        lines.append(part)
                    self.messages.append(b"".join(lines))
                    self.answer(stream, "END", "250 2.0.0 taken")
        except ConnectionError:
            pass

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.door.shutdown(socket.SHUT_RDWR)
        self.door.close()


def trusting_outbox():
    return outbox(port=25, security="none")


def false_outbox(**settings):
    return outbox(port=FALSE_PORT, security="none", **settings)


def without_dots(message):
    return re.sub(rb"^\.", b"", message, flags=re.M)


# ---- the checks ----


def check_postfix(writer):
    """With TLS and a password; in order; as the platform keeps it."""
    authority = Authority(WORK / "authority")
    certificate, key = authority.sign("localhost", "IP:127.0.0.1")
    postfix = POSTFIX.format(certificate=certificate, key=key)
    settings = {"port": 25, "user": "boss", "password": servers.PASSWORD, "ca_file": WORK / "authority" / "ca.pem"}
    with servers.Postfix(postfix), servers.Dovecot("keep;", DOVECOT):
        sent = [writer.send(f"letter {number}", "bob@crm.example.org") for number in range(5)]
        with outbox(**settings):
            for identifier in sent:
                if complaint := writer.wait(identifier, "Sent", "250 2.0.0"):
                    return complaint
        arrived = servers.wait_for_mail("bob", len(sent))
        for identifier in sent:
            original = writer.office.original(identifier).replace(b"\r\n", b"\n")
            if sum(message.endswith(original) for message in arrived) != 1:
                return "it did not arrive as it was, once"
    return None


def check_memory_of_a_large_message(writer):
    """100 MB from the platform through Postfix into a mailbox, in less than 32 MB of either program."""
    with (as_shipped(), servers.Postfix(TRUSTING), servers.Dovecot("keep;"),
          trusting_outbox() as program):
        # What comes first fills caches.
        if complaint := writer.wait(writer.send("small", "eve@crm.example.org", files=[bytes(1_000_000)]), "Sent"):
            return complaint
        processes = writer.server.process, program.process
        for process in processes:
            forget_peak(process)
        before = [peak(process) for process in processes]
        identifier = writer.send("large", "eve@crm.example.org", files=[random.randbytes(LARGE) for _ in range(3)])
        if complaint := writer.wait(identifier, "Sent", "250 2.0.0"):
            return complaint
        grown = [peak(process) - was for process, was in zip(processes, before)]
        arrived = servers.wait_for_mail("eve", 2)
    original = writer.office.original(identifier).replace(b"\r\n", b"\n")
    print(f"# {len(original) / 1e6:.0f} MB: crmd grew by {grown[0] / 2**20:.1f} MiB, crm-outbox by {grown[1] / 2**20:.1f} MiB")
    if sum(message.endswith(original) for message in arrived) != 1:
        return "it did not arrive as it was, once"
    return f"{grown}" if max(grown) > GROWTH_MOST else None


def check_too_large_for_the_server(writer):
    """Postfix says so before it has the message."""
    with servers.Postfix(TRUSTING + "message_size_limit = 1000000\n"), trusting_outbox():
        identifier = writer.send("too large", "eve@crm.example.org", files=[bytes(1_000_000)])
        return writer.wait(identifier, "Failed", "552 5.3.4")


def check_a_domain_in_letters(writer):
    """Mail servers are told of it in ASCII."""
    with servers.Postfix(TRUSTING), servers.Dovecot("keep;"), trusting_outbox():
        identifier = writer.send("domain", "carol@Почта.рф")
        if complaint := writer.wait(identifier, "Sent", "250 2.0.0"):
            return complaint
        arrived = servers.wait_for_mail("carol", 1)
    if len(arrived) != 1 or b"\nTo: carol@xn--80a1acny.xn--p1ai\n" not in arrived[0]:
        return f"it arrived as {arrived}"
    return None if b"\nDelivered-To: carol@xn--80a1acny.xn--p1ai\n" in b"\n" + arrived[0] else "it went to another"


def check_letters_before_the_domain(writer):
    """By SMTPUTF8, with them in the header, to everybody."""
    people = "анна@почта.рф", "dan@crm.example.org"
    mailbox = pathlib.Path("/var/mail/letters")
    mailbox.mkdir()
    shutil.chown(mailbox, "vmail", "vmail")
    with servers.Postfix(LETTERS), trusting_outbox():
        identifier = writer.send("letters", *people)
        if complaint := writer.wait(identifier, "Sent", "250 2.0.0"):
            return complaint
        arrived = servers.wait_for_mail("letters", len(people))
    original = writer.office.original(identifier).replace(b"\r\n", b"\n")
    if "\nTo: анна@xn--80a1acny.xn--p1ai, dan@crm.example.org\n".encode() not in original:
        return "the header says otherwise"
    if len(arrived) != len(people) or not all(message.endswith(original) for message in arrived):
        return "it did not arrive as it was"
    heads = b"\n".join(message[:-len(original)] for message in arrived).decode()
    return None if "\nX-Original-To: анна@xn--80a1acny.xn--p1ai\n" in heads else f"it went to others: {heads}"


def check_a_server_without_letters(writer):
    """The others get it, from a header that names everybody in ASCII."""
    main = TRUSTING + "smtputf8_enable = no\n"
    with servers.Postfix(main), servers.Dovecot("keep;"), trusting_outbox():
        nobody = writer.send("nobody", "анна@почта.рф")
        if complaint := writer.wait(nobody, "Failed", "5.6.7"):
            return complaint
        some = writer.send("some", "erin@crm.example.org", "анна@почта.рф")
        if complaint := writer.wait(some, "Sent", "refused: <анна@xn--80a1acny.xn--p1ai> 553 5.6.7"):
            return complaint
        arrived = servers.wait_for_mail("erin", 1)
    word = base64.b64encode("анна@xn--80a1acny.xn--p1ai".encode())
    original = writer.office.original(some).replace(b"\r\n", b"\n")
    plain = original.replace("анна@xn--80a1acny.xn--p1ai".encode(), b"=?utf-8?B?" + word + b"?= :;")
    return None if len(arrived) == 1 and arrived[0].endswith(plain) else f"it arrived as {arrived}"


def check_strangers(writer):
    """Nothing is said to a server whose certificate is nobody's."""
    authority = Authority(WORK / "stranger")
    certificate, key = authority.sign("other.example", "DNS:other.example")
    postfix = POSTFIX.format(certificate=certificate, key=key)
    with servers.Postfix(postfix) as running, servers.Dovecot("keep;", DOVECOT):
        identifier, complaint = writer.send("secret", "bob@crm.example.org"), None
        for said, settings in (("certificate", {}), ("mismatch", {"ca_file": WORK / "stranger" / "ca.pem"})):
            with outbox(port=25, user="boss", password=servers.PASSWORD, **settings):
                complaint = complaint or writer.wait(identifier, "PendingSend", said)
            writer.hurry()
        writer.call("Email", "DeleteEmail", f"<id>{identifier}</id>")
        has_come_in = "sasl_username" in running.log().split("starting the Postfix")[-1]
    return complaint or ("it has logged in" if has_come_in else None)


def check_no_password_in_the_open(writer):
    with FalseServer() as server:
        identifier = writer.send("open", "bob@crm.example.org")
        with false_outbox(user="boss", password="secret"):
            complaint = writer.wait(identifier, "PendingSend", "without TLS")
        writer.call("Email", "DeleteEmail", f"<id>{identifier}</id>")
        return complaint or ("it has logged in" if any("AUTH" in command for command in server.commands) else None)


def check_a_login_by_questions(writer):
    """Some servers take no password otherwise."""
    authority = Authority(WORK / "authority")
    certificate, key = authority.sign("localhost", "IP:127.0.0.1")
    settings = {"port": 25, "user": "boss", "password": servers.PASSWORD, "ca_file": WORK / "authority" / "ca.pem"}
    with (servers.Postfix(POSTFIX.format(certificate=certificate, key=key)) as postfix,
          servers.Dovecot("keep;", DOVECOT + "auth_mechanisms = login\n"), outbox(**settings)):
        identifier = writer.send("by questions", "bob@crm.example.org")
        complaint = writer.wait(identifier, "Sent", "250 2.0.0")
    return complaint or (None if "sasl_method=LOGIN" in postfix.log() else "it logged in otherwise")


def check_a_wrong_password(writer):
    """It is said once for all that waits, and not again soon."""
    authority = Authority(WORK / "authority")
    certificate, key = authority.sign("localhost", "IP:127.0.0.1")
    settings = {"port": 25, "user": "boss", "password": "wrong", "ca_file": WORK / "authority" / "ca.pem", "away": "3 s",
                "timeout": "30 s"}
    with servers.Postfix(POSTFIX.format(certificate=certificate, key=key)) as postfix, servers.Dovecot("keep;", DOVECOT):
        sent = [writer.send(f"wrong {number}", "bob@crm.example.org") for number in range(5)]
        before = postfix.log().count("authentication failed")
        with outbox(**settings):
            complaints = [writer.wait(identifier, "PendingSend", "535 5.7.8") for identifier in sent]
            writer.hurry()
            time.sleep(5)
        tried = postfix.log().count("authentication failed") - before
    for identifier in sent:
        writer.call("Email", "DeleteEmail", f"<id>{identifier}</id>")
    return next(filter(None, complaints), None) or (None if tried == 1 else f"it was said {tried} times")


def check_no_server_is_asked_for_once(writer):
    """However much waits."""
    with FalseServer(CONNECT=["554 5.7.1 not you"] * 100) as server:
        sent = [writer.send(f"shut {number}", "bob@crm.example.org") for number in range(5)]
        with false_outbox(away="1 min"):
            complaints = [writer.wait(identifier, "PendingSend", "554 5.7.1 not you") for identifier in sent]
        asked = 100 - len(server.answers["CONNECT"])
    for identifier in sent:
        writer.call("Email", "DeleteEmail", f"<id>{identifier}</id>")
    return next(filter(None, complaints), None) or (None if asked == 1 else f"it was asked for {asked} times")


def check_a_server_that_talks_of_something_else(writer):
    """What says nothing of a message that was taken is no success, and no content goes to who did not ask for it."""
    for answers in {"DATA": ["250 what"]}, {"END": ["354 what"]}:
        with FalseServer(**answers) as server, false_outbox():
            identifier = writer.send("something else", "bob@crm.example.org")
            complaint = writer.wait(identifier, "PendingSend", "what" if "END" in answers else "does not speak SMTP")
            if complaint or any(command.startswith("Date:") for command in server.commands):
                return f"{answers}: {complaint} {server.commands}"
            writer.hurry()
            if complaint := writer.wait(identifier, "Sent"):
                return complaint
    return None


def check_words_have_no_case(writer):
    """What a server can do it may say in small letters."""
    with FalseServer(EHLO=["250-false\r\n250-size 1000000\r\n250 smtputf8"]) as server, false_outbox():
        complaint = writer.wait(writer.send("small", "анна@example.com"), "Sent")
    return complaint or (None if re.search(r" SIZE=\d+ SMTPUTF8", " ".join(server.commands)) else f"{server.commands}")


def check_refusals(writer):
    """What a server never takes has failed, with its words; of several recipients some may be refused."""
    with FalseServer(RCPT=["550 5.1.1 no such user", "250 ok", "550 5.1.1 nor him", "250 ok"],
                     END=["250 taken", "554 5.7.1 spam"]) as server, false_outbox():
        one = writer.send("nobody", "nobody@example.com")
        if complaint := writer.wait(one, "Failed", "no such user"):
            return complaint
        some = writer.send("some", "good@example.com", "bad@example.com")
        if complaint := writer.wait(some, "Sent", "bad@example.com"):
            return complaint
        spam = writer.send("spam", "good@example.com")
        if complaint := writer.wait(spam, "Failed", "5.7.1 spam"):
            return complaint
        return None if without_dots(server.messages[0]) == writer.office.original(some) else "it was sent otherwise"


def check_one_waits_for_all(writer):
    """Nobody gets what one of the readers is to get later, four times; then the others do."""
    with FalseServer(RCPT=["250 ok", "450 4.2.1 busy"] * 5) as server, false_outbox():
        identifier = writer.send("all", "good@example.com", "slow@example.com")
        for _ in range(4):
            if complaint := writer.wait(identifier, "PendingSend", "slow@example.com"):
                return complaint
            if server.messages:
                return "somebody got it"
            writer.hurry()
            time.sleep(0.5)
        return writer.wait(identifier, "Sent", "slow@example.com")


def check_it_is_tried_again(writer):
    """Put off by the server, or cut off before its last word: the same message comes again."""
    with FalseServer(MAIL=["451 4.3.2 later"], END=[None]) as server, false_outbox():
        identifier = writer.send("again", "bob@example.com")
        if complaint := writer.wait(identifier, "PendingSend", "4.3.2 later"):
            return complaint
        writer.hurry()
        if complaint := writer.wait(identifier, "PendingSend", "does not answer"):
            return complaint
        writer.hurry()
        if complaint := writer.wait(identifier, "Sent"):
            return complaint
        return None if len(server.messages) == 2 and server.messages[0] == server.messages[1] else \
            "the second was another"


def check_the_platform_is_away_at_the_report(writer):
    """It ends between the server's last word and the report, which comes when it is back: nobody gets it twice."""
    is_back = threading.Event()

    def come_back():
        time.sleep(2)
        writer.server.start()
        is_back.set()

    def end_platform():
        writer.server.kill()
        threading.Thread(target=come_back).start()
        return "250 taken"

    with FalseServer(END=[end_platform]) as server, false_outbox():
        identifier = writer.send("in a bad moment", "bob@example.com")
        if not is_back.wait(PATIENCE):
            return "it was not sent"
        if complaint := writer.wait(identifier, "Sent"):
            return complaint
        return None if len(server.messages) == 1 else f"it went out {len(server.messages)} times"


play(WORK, checks_of(globals()), Writer, settings=SETTINGS)
