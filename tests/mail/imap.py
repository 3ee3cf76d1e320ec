#!/usr/bin/python3
"""Folders of a real IMAP server are followed.   imap.py [CHECK...]

Dovecot runs on a machine of the test's own (machine.py). What comes into the folders is filed once, whatever is
killed or restarted, and the folders are as they were: nothing is marked, nothing is moved.
"""
import imaplib
import pathlib
import random
import re
import shutil
import smtplib
import subprocess
import sys
import time

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "support"))
import servers  # noqa: E402
from connector import IMAP_SPOOL, Imap, as_shipped, follow  # noqa: E402
from false_imap import PORT, FalseImap  # noqa: E402
from office import Office, letter  # noqa: E402
from play import checks_of, play  # noqa: E402
from svyaz.authority import Authority  # noqa: E402
from svyaz.server import ROOT  # noqa: E402

WORK = ROOT / "build" / "mail-imap"
PLAIN = ("imap.security=none", "imap.port=143")
FALSE = (f"imap.port={PORT}", "imap.security=none", "imap.begin=all")
PIECE = 256 * 1024  # of a message that crm-imap asks for at once
OFFERED = "IDLE ENABLE CONDSTORE QRESYNC"
MAILBOXES = 100
MEMORY_MOST = 60 * 1024 * 1024
GROWTH_MOST = 32 * 1024 * 1024
PATIENCE = 60


class Town:
    """The organisation, and what was filed since the last time that was asked."""

    def __init__(self, server):
        self.office = Office(server.url)
        self.seen = set(self.office.emails())

    def filed(self):
        emails = set(self.office.emails())
        new, self.seen = emails - self.seen, emails
        return sorted(new, key=lambda email: email[2])

    def complaint_of(self, numbers, seconds=PATIENCE):
        """Why not just these letters are filed, once each, when the time is over, or a moment after they are."""
        deadline = time.monotonic() + seconds
        wanted = sorted(f"letter {number}" for number in numbers)
        found = []
        while len(found) < len(wanted) and time.monotonic() < deadline:
            time.sleep(0.2)
            found += self.filed()
        time.sleep(1)
        found += self.filed()
        subjects = sorted(subject for _, _, subject in found)
        return None if subjects == wanted else f"filed: {subjects}, wanted: {wanted}"


def deliver(user, *numbers):
    """Messages come in, by Dovecot's LMTP."""
    with smtplib.LMTP("127.0.0.1", 24, timeout=60) as client:
        for number in numbers:
            client.sendmail("ann@example.com", [user], letter(number))


def mailbox(user):
    client = imaplib.IMAP4("127.0.0.1", 143)
    client.login(user, servers.PASSWORD)
    return client


def mailbox_of(user):
    """The same, where the password has letters."""
    client = imaplib.IMAP4("127.0.0.1", 143)
    client.authenticate("PLAIN", lambda _: f"\0{user}\0{servers.PASSWORD}".encode())
    return client


def messages(user, folder="INBOX"):
    """[(flags, bytes)] of a folder, as another client sees them."""
    client = mailbox(user)
    client.select(f'"{folder}"', readonly=True)
    _, numbers = client.search(None, "ALL")
    found = []
    for number in numbers[0].split():
        _, answer = client.fetch(number, "(FLAGS BODY.PEEK[])")
        found.append((re.search(rb"FLAGS \((.*?)\)", answer[0][0])[1], answer[0][1]))
    client.logout()
    return found


def forget():
    """As if no folder had ever been followed."""
    shutil.rmtree(IMAP_SPOOL / "folders", ignore_errors=True)


def wait_until_begun(count=1):
    """Until so many folders are followed."""
    deadline = time.monotonic() + PATIENCE
    while len(list((IMAP_SPOOL / "folders").glob("*"))) < count and time.monotonic() < deadline:
        time.sleep(0.05)
    time.sleep(0.5)


def check_what_comes_is_filed_and_left_as_it_is(town):
    follow(("bob@example.org", "INBOX"))
    with servers.Dovecot():
        deliver("bob@example.org", "old")
        with Imap(*PLAIN) as imap:
            wait_until_begun()
            deliver("bob@example.org", "new-1", "new-2")
            deadline = time.monotonic() + PATIENCE
            found = []
            while len(found) < 2 and time.monotonic() < deadline:
                found += town.filed()
            there = messages("bob@example.org")
    found.sort(key=lambda email: email[2])
    originals = [town.office.original(identifier) for identifier, _, _ in found]
    parties = town.office.parties(found[0][0]) if found else []
    if [subject for _, _, subject in found] != ["letter new-1", "letter new-2"]:
        return f"filed: {found} {imap.log()[-1500:]}"
    if originals != [body for _, body in there[1:]]:
        return f"the originals are others: {originals} {there}"
    if any(b"Seen" in flags for flags, _ in there) or len(there) != 3:
        return f"the mailbox was changed: {there}"
    return None if "bob@example.org" in parties else f"the mailbox is not told: {parties}"


def check_all_that_is_there(town):
    follow(("bob@example.org", "INBOX"), ("bob@example.org", "Sent Things"))
    with servers.Dovecot():
        client = mailbox("bob@example.org")
        client.create('"Sent Things"')
        for number in range(30):
            client.append('"Sent Things"', None, None, letter(f"sent-{number}"))
        with Imap("imap.begin=all", *PLAIN):
            complaint = town.complaint_of(["old"] + [f"sent-{number}" for number in range(30)])
            client.append('"Sent Things"', r"(\Seen)", None, letter("sent-now"))
            complaint = complaint or town.complaint_of(["sent-now"])
        client.logout()
    return complaint


def check_crashes_and_restarts(town):
    """crm-imap and Dovecot are killed while messages come; each is filed once."""
    chance = random.Random(5)
    numbers = [f"crash-{number}" for number in range(40)]
    follow(("eve@example.org", "INBOX"))
    imap = Imap(*PLAIN)
    imap.start()
    try:
        for begin in range(0, len(numbers), 10):
            with servers.Dovecot():
                wait_until_begun()
                for number in numbers[begin:begin + 10]:
                    deliver("eve@example.org", number)
                    time.sleep(chance.random() / 5)
                    if chance.random() < 0.4:
                        imap.kill()
                        imap.start()
        with servers.Dovecot():
            return town.complaint_of(numbers)
    finally:
        imap.stop()


def check_what_comes_in_a_bad_moment(town):
    """While the folder is listed, or the server begins to idle: nothing waits for the next round."""
    numbers = [f"moment-{number}" for number in range(150)]
    follow(("moment@example.org", "INBOX"))
    with servers.Dovecot(), Imap(*PLAIN):
        wait_until_begun()
        for number in numbers:
            deliver("moment@example.org", number)
        return town.complaint_of(numbers)


def check_what_is_told_before_the_server_idles(town):
    """Of one message it tells with another that is fetched, of one between IDLE and its leave to wait."""
    follow(("false@example.org", "INBOX"))
    with FalseImap() as server:
        server.messages = [letter("first")]
        server.sudden = {"BODY": [letter("with-another")], "IDLE": [letter("before-it-idles")]}
        with Imap(*FALSE):
            return town.complaint_of(["first", "with-another", "before-it-idles"], 20)


def news(log):
    """What was known of news each time that a folder was opened."""
    return re.findall('"event":"following".*"news":"(.*?)"', log)


def others_at_work(client, kept):
    """Other people read what is there and remove all but the last of it."""
    client.select("INBOX")
    client.store("1:*", "+FLAGS", r"(\Seen)")
    client.store(f"1:{len(client.search(None, 'ALL')[1][0].split()) - kept}", "+FLAGS", r"(\Deleted)")
    client.expunge()
    client.unselect()


def resume(town, user, settings, wanted):
    """A folder is followed, left alone while others work in it, and followed again, twice."""
    follow((user, "INBOX"))
    name = user.split("@")[0]
    numbers = [f"{name}-{number}" for number in range(12)]
    with servers.Dovecot(settings=settings):
        client = mailbox(user)
        with Imap("imap.begin=all", *PLAIN) as imap:
            wait_until_begun()
            deliver(user, *numbers[:4])
            complaint = town.complaint_of(numbers[:4])
            others_at_work(client, 2)
            deliver(user, numbers[4])
            complaint = complaint or town.complaint_of(numbers[4:5])
        with Imap(*PLAIN):
            complaint = complaint or town.complaint_of([], 2)
        deliver(user, *numbers[5:])
        others_at_work(client, 3)
        before = len(imap.log())
        for number in numbers[-3:], []:
            with Imap(*PLAIN):
                complaint = complaint or town.complaint_of(number, 20 if number else 2)
        client.logout()
    found = news(imap.log()[before:])
    return complaint or (None if found == wanted else f"news: {found}")


def check_resuming_by_qresync(town):
    """Dovecot is asked, in one command, what has come since: three of seven messages, then none."""
    rawlog = "service imap {\n  executable = imap postlogin\n}\nservice postlogin {\n" \
             "  executable = script-login -d rawlog\n  unix_listener postlogin {\n  }\n}\n"
    folder = pathlib.Path("/var/mail/resync/dovecot.rawlog")
    folder.mkdir(parents=True)
    for path in folder, folder.parent:
        shutil.chown(path, "vmail", "vmail")
    complaint = resume(town, "resync@example.org", rawlog, ["some", "none"])
    last = sorted((path.stat().st_mtime_ns, text) for path in folder.glob("*.in") if "EXAMINE" in (text := path.read_text()))
    asked = [line for line in last[-1][1].splitlines() if "EXAMINE" in line or "FETCH" in line]
    return complaint or (None if len(asked) == 1 and "(QRESYNC (" in asked[0] else f"the last time it asked {asked}")


def check_resuming_without_qresync(town):
    """The same where Dovecot does not offer it."""
    return resume(town, "plain@example.org", "imap_capability = IMAP4rev1 IDLE\n", ["asked for", "asked for"])


def check_a_state_of_an_older_program(town):
    """It ends before HIGHESTMODSEQ."""
    follow(("older@example.org", "INBOX"))
    with servers.Dovecot():
        with Imap(*PLAIN):
            wait_until_begun()
            deliver("older@example.org", "older-1")
            complaint = town.complaint_of(["older-1"])
        state = next((IMAP_SPOOL / "folders").iterdir())
        state.write_text(" ".join(state.read_text().split()[:-1]) + "\n")
        deliver("older@example.org", "older-2")
        with Imap(*PLAIN):
            return complaint or town.complaint_of(["older-2"])


def check_a_folder_brought_back_from_a_copy(town):
    """UIDs that were read are given to other messages."""
    follow(("back@example.org", "INBOX"))
    folder, copy = pathlib.Path("/var/mail/back"), WORK / "copy"
    with servers.Dovecot():
        deliver("back@example.org", "back-1")
    shutil.rmtree(copy, ignore_errors=True)
    subprocess.run(["cp", "-a", folder, copy], check=True)
    with servers.Dovecot(), Imap("imap.begin=all", *PLAIN):
        deliver("back@example.org", "back-2", "back-3")
        complaint = town.complaint_of(["back-1", "back-2", "back-3"])
    shutil.rmtree(folder)
    subprocess.run(["cp", "-a", copy, folder], check=True)
    with servers.Dovecot():
        deliver("back@example.org", "back-4")
        with Imap(*PLAIN):
            return complaint or town.complaint_of(["back-4"])


def check_servers_that_resume_badly(town):
    """They refuse QRESYNC, or keep no HIGHESTMODSEQ: nothing is lost, nothing comes twice."""
    follow(("false@example.org", "INBOX"))
    ways = (({"ENABLE": [["BAD what"]]}, 1), ({"(QRESYNC": [["NO never"]]}, 2), ({"(QRESYNC": [["BAD what"]]}, 3), ({}, 0),
            ({}, 4), ({}, 5))
    for number, (answers, modseq) in enumerate(ways):
        with FalseImap(OFFERED, answers) as server:
            server.modseq = modseq
            server.messages = [letter(f"badly-{other}") for other in range(number + 1)]
            with Imap(*FALSE) as imap:
                if complaint := town.complaint_of([f"badly-{number}"], 20):
                    return f"{answers} {modseq}: {complaint} {server.commands}"
    found = news(imap.log()[imap.log().rindex('"ready"'):])
    return None if found == ["some"] else f"in the end: {found}"


def check_servers_that_conceal(town):
    """They resume, but pass over the second of two new messages, whatever they say of the first: it is asked for."""
    follow(("false@example.org", "INBOX"))
    ways = ([], ["* 1 FETCH (UID {0} FLAGS () MODSEQ (9))"] * 2, ["* VANISHED (EARLIER) {0},{0}"],
            ["* VANISHED (EARLIER) {0}"] * 2)
    for number, lines in enumerate(ways):
        with FalseImap(OFFERED) as server:
            server.messages = [letter(f"hidden-{other}") for other in range(2 * number + 2)]
            told = [line.format(2 * number + 1) for line in lines]
            server.answers = {"(QRESYNC": [[*server.examine(None), *told, "OK done"]]}
            with Imap(*FALSE):
                if complaint := town.complaint_of([f"hidden-{2 * number}", f"hidden-{2 * number + 1}"], 20):
                    return f"{told}: {complaint} {server.commands}"
    return None


def check_what_does_not_come_whole(town):
    """What was listed, but has gone since, or comes in part, is no letter; sizes at the edge of a piece are whole."""
    follow(("whole@example.org", "INBOX"))
    edges = {f"edge-{pieces}": letter(f"edge-{pieces}", "x" * (pieces * PIECE - len(letter(f"edge-{pieces}", ""))))
             for pieces in (1, 2)}
    gone = [["* 1 FETCH (UID 1 BODY[]<0> NIL)", "NO gone"], ["OK gone"], ["NO [EXPUNGEISSUED] gone"]]
    half = {f"BODY.PEEK[]<{PIECE}": [["OK"], [f"* 4 FETCH (UID 4 BODY[]<{PIECE}> NIL)", "OK"]]}
    with FalseImap("IDLE", {"UID FETCH 1 BODY": gone} | half) as server:
        server.messages = [letter("gone-at-times"), letter("behind-it"), *edges.values()]
        with Imap(*FALSE):
            complaint = town.complaint_of(["gone-at-times", "behind-it", *edges])
    originals = {subject: town.office.original(identifier) for identifier, _, subject in town.seen}
    wrong = [name for name, message in edges.items() if originals.get(f"letter {name}") != message]
    return complaint or (f"not whole: {wrong}" if wrong else None)


def check_what_never_comes(town):
    """A message that the server lists and never hands over is left out in the end, and what is behind it is filed."""
    follow(("never@example.org", "INBOX"))
    answers = [["* 1 FETCH (UID 1 BODY[]<0> NIL)", "OK"], ["NO never"]] * 1000
    with FalseImap("IDLE", {"UID FETCH 1 BODY": answers}) as server:
        server.messages = [letter("never"), letter("behind-it-after-all")]
        with Imap(*FALSE, "platform.retry_most=100 ms") as imap:
            complaint = town.complaint_of(["behind-it-after-all"])
            told = [line for line in imap.log().splitlines() if "left_out" in line and "never@example.org" in line]
    return complaint or (None if len(told) == 1 and "Message 1 " in told[0] else f"told: {told}")


def check_good_byes(town):
    """The server says them while it idles, or in place of an answer; then there is a new connection."""
    follow(("bye@example.org", "INBOX"))
    with FalseImap("IDLE", {"UID FETCH 1:": [["* BYE tired"]], "BODY": [["* BYE tired"]], "IDLE": [["+ idling", "* BYE tired"], ["* BYE tired"]]}) as server:
        server.messages = [letter("bye")]
        with Imap(*FALSE) as imap:
            complaint = town.complaint_of(["bye"], 20)
            return complaint or (None if imap.process.poll() is None else "crm-imap has ended")


def check_names_in_letters(town):
    """A folder is called as people call it, or as the server does; a password has any characters."""
    password, servers.PASSWORD = servers.PASSWORD, 'qu"ote\\пароль{5}'
    try:
        follow(("letters@example.org", "Входящие"), ("letters@example.org", 'quo"te &- Entw&APw-rfe'))
        with servers.Dovecot():
            client = mailbox_of("letters@example.org")
            names = '"&BBIERQQ+BDQETwRJBDgENQ-"', '"quo\\"te &- Entw&APw-rfe"'
            for number, name in enumerate(names):
                client.create(name)
                client.append(name, None, None, letter(f"letters-{number}"))
            client.logout()
            with Imap("imap.begin=all", *PLAIN) as imap:
                complaint = town.complaint_of(["letters-0", "letters-1"])
                return complaint and f"{complaint} {imap.log()[-1000:]}"
    finally:
        servers.PASSWORD = password


def check_a_wrong_password(town):
    """It is not said again soon, nobody else waits for it, and the right one is taken when it is there."""
    follow(("wrong@example.org", "INBOX"), ("right@example.org", "INBOX"))
    with FalseImap("IDLE", {'LOGIN "wrong': [["NO [AUTHENTICATIONFAILED] wrong"]] * 2}) as server:
        server.messages = [letter("in-spite")]
        with Imap(*FALSE, "platform.retry_most=4 s"):
            complaint = town.complaint_of(["in-spite"])
            time.sleep(2)
            said = [command for command in server.commands if 'LOGIN "wrong' in command]
            deadline = time.monotonic() + PATIENCE
            while server.commands.count("EXAMINE \"INBOX\"") < 2 and time.monotonic() < deadline:
                time.sleep(0.1)
            complaint = complaint or town.complaint_of([], 1)
    if len(said) != 1 or server.commands.count("EXAMINE \"INBOX\"") < 2:
        return f"{said} {server.commands}"
    return complaint


def check_new_uids_bring_nothing_twice(town):
    """UIDVALIDITY changes: only what is new is filed."""
    follow(("dan@example.org", "INBOX"))
    with servers.Dovecot(), Imap(*PLAIN):
        wait_until_begun()
        deliver("dan@example.org", "before-1", "before-2")
        complaint = town.complaint_of(["before-1", "before-2"])
    for file in pathlib.Path("/var/mail/dan").glob("dovecot*"):
        file.unlink()
    with servers.Dovecot(), Imap(*PLAIN):
        deliver("dan@example.org", "after")
        return complaint or town.complaint_of(["after"])


def check_tls(town):
    """By a certificate that its authority vouches for, and by no other; STARTTLS too."""
    authority, other = Authority(WORK / "authority"), Authority(WORK / "other", "other")
    pair = authority.sign("localhost", "DNS:localhost")
    trusted, stranger = (f"imap.ca_file={one.certificate}" for one in (authority, other))
    follow(("tls@example.org", "INBOX"))
    with servers.Dovecot(certificate=pair):
        for number, settings in enumerate((["imap.host=localhost"],
                                           ["imap.host=localhost", "imap.port=143", "imap.security=starttls"])):
            with Imap(trusted, *settings) as imap:
                wait_until_begun()
                deliver("tls@example.org", f"tls-{number}")
                complaint = town.complaint_of([f"tls-{number}"])
                if complaint:
                    return f"{settings}: {complaint} {imap.log()[-1000:]}"
        for settings in (["imap.host=localhost", stranger], ["imap.host=127.0.0.1", trusted]):
            with Imap(*settings) as imap:
                deliver("tls@example.org", "unseen")
                if town.complaint_of([], 3) or "TLS failed" not in imap.log()[-1000:]:
                    return f"{settings}: {imap.log()[-1000:]}"
    return None


def check_memory(town):
    """A hundred folders in one process, each over TLS; then a large message."""
    authority = Authority(WORK / "authority")
    pair = authority.sign("localhost", "DNS:localhost")
    users = [f"user{number}@example.org" for number in range(MAILBOXES)]
    follow(*((user, "INBOX") for user in users))
    with as_shipped(), servers.Dovecot(certificate=pair), Imap(
            f"imap.ca_file={authority.certificate}", "imap.host=localhost", "message.size=25 MiB") as imap:
        wait_until_begun(MAILBOXES)
        time.sleep(1)
        status = pathlib.Path(f"/proc/{imap.process.pid}/status").read_text()
        resident = int(re.search(r"VmRSS:\s+(\d+) kB", status)[1]) * 1024
        for user in users[::10]:
            deliver(user, user)
        complaint = town.complaint_of(users[::10])
        before = imap.peak()
        with smtplib.LMTP("127.0.0.1", 24, timeout=60) as client:
            client.sendmail("ann@example.com", [users[0]], letter("large", ("x" * 70 + "\r\n") * 300_000))
        complaint = complaint or town.complaint_of(["large"])
        grown = imap.peak() - before
    print(f"# {MAILBOXES} folders take {resident / 2**20:.1f} MiB; a message of 22 MB {grown / 2**20:.1f} MiB more")
    if resident > MEMORY_MOST or grown > GROWTH_MOST:
        return f"{resident} {grown}"
    return complaint


play(WORK, checks_of(globals()), Town, before=forget, after=Town.filed)
