"""Mail comes in: a message is matched among 1,000,000 contacts and leads; messages a second are filed, by calls and by
LMTP; a connector follows a hundred mailboxes."""
import base64
import os
import re
import subprocess
import threading
import time

import organisation
import processes
from lmtp import Lmtpd
from svyaz.client import Calls
from svyaz.server import ROOT

ROWS = int(os.environ.get("BENCH_ACCOUNTS", "1000000")) // 2
CHECKS, SECONDS, CONNECTIONS, MESSAGES = 400, 10, 4, 2000
TEXT = "Пришлите, пожалуйста, три станка по прежней цене.\r\n" * 110  # 10 KB
FIRST = {
    "contact": ("Contact", "<contact><lastName>Первый</lastName>"
                "<emailAddress1>first@example.com</emailAddress1></contact>"),
    "lead": ("Lead", "<lead><subject>Первый</subject><lastName>Первый</lastName>"
             "<emailAddress1>first@example.com</emailAddress1></lead>"),
}


def clone(postgresql, table):
    """Copies the one row of a table; each copy has an id and an address of its own."""
    columns = postgresql.psql("svyaz", "SELECT string_agg(quote_ident(column_name), ',') FROM "
                              "information_schema.columns WHERE table_schema = 'public' "
                              f"AND table_name = '{table}' AND column_name <> 'id' "
                              "AND column_name NOT LIKE 'emailAddress1%'").strip()
    address = f"'{table}-' || n || '@example.com'"
    postgresql.psql("svyaz", f'INSERT INTO {table} (id, "emailAddress1", "emailAddress1_fold", '
                    f'"emailAddress1_sort", {columns}) SELECT gen_random_uuid(), {address}, {address}, '
                    f"convert_to({address}, 'UTF8'), {columns} FROM {table}, "
                    f"generate_series(1, {ROWS}) AS n", "svyaz")


def message(number, sender, text=TEXT):
    return (f"From: {sender}\r\nTo: sales@svyaz.example\r\nSubject: Order {number}\r\n"
            f"Message-ID: <{number}@example.com>\r\nDate: Mon, 1 Jan 2024 12:00:00 +0300\r\nMIME-Version: 1.0\r\n"
            "Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n"
            f"\r\n{text}{number}\r\n").encode()


def content(number, sender, text=TEXT):
    return f"<message>{base64.b64encode(message(number, sender, text)).decode()}</message>"


def sender_of(thread, number):
    return f"contact-{(number * 31 + thread * 7919) % ROWS + 1}@example.com"


def median_of(calls, session, contents):
    """Milliseconds of a call; the first ones warm."""
    times = []
    for one in contents:
        begin = time.perf_counter()
        calls.must("CheckIncomingEmail", one, session)
        times.append((time.perf_counter() - begin) * 1000)
    return sorted(times[20:])[(len(times) - 20) // 2]


def measure_matching(figures, calls, session):
    """The whole check of short messages, each from somebody else, from request to answer."""
    known = [content(f"c{n}", f"{('contact', 'lead')[n % 2]}-{n * 7919 % ROWS + 1}@example.com", "")
             for n in range(CHECKS)]
    answer = calls.must("CheckIncomingEmail", known[0], session)
    if answer.text("reason") != "SenderMatch":
        raise RuntimeError(f"the sender was not found: {answer.text('reason')}")
    figures.at_most(f"a message checked among {2 * ROWS:,} contacts and leads", median_of(calls, session, known),
                    2, " ms")


def measure_delivery(figures, server, session):
    filed, failed = [], []
    ends = time.perf_counter() + SECONDS

    def deliver(thread):
        calls, number = Calls(server), 0
        while time.perf_counter() < ends:
            number += 1
            answer = calls.ask("DeliverIncomingEmail", content(f"d{thread}-{number}", sender_of(thread, number)), session)
            (failed if answer.code or answer.text("created") != "true" else filed).append(number)

    threads = [threading.Thread(target=deliver, args=(n,)) for n in range(CONNECTIONS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failed:
        raise RuntimeError(f"{len(failed)} messages were not filed")
    figures.at_least("messages of 10 KB filed a second, by calls", len(filed) / SECONDS, 200)


def measure_lmtp(figures, server, postgresql, work):
    """From LMTP to the stored e-mail, one connector; every message is on disk before the mail server is told yes."""
    def message_of(client, number):
        sender = sender_of(client, number)
        return sender, message(f"l{client}-{number}", sender)

    with Lmtpd(server, work) as lmtpd:
        programs = {"crm-lmtpd": lmtpd.process.pid, "crmd": server.process.pid, "PostgreSQL": postgresql.pid()}
        before = {name: processes.cpu_seconds(pid) for name, pid in programs.items()}
        seconds = lmtpd.send(message_of, CONNECTIONS, MESSAGES // CONNECTIONS)
        cost = {name: (processes.cpu_seconds(pid) - before[name]) * 1000 / MESSAGES for name, pid in programs.items()}
        figures.note("CPU of a message: " + ", ".join(f"{name} {spent:.2f} ms" for name, spent in cost.items()))
        figures.at_least("messages of 10 KB filed a second, by LMTP and one connector", MESSAGES / seconds, 200)


def measure_following(figures):
    """The test of crm-imap has a hundred mailboxes of a Dovecot; it tells what they take."""
    run = subprocess.run([ROOT / "tests" / "mail" / "imap.py", "memory"], capture_output=True, text=True,
                         check=False)
    told = re.search(r"(\d+) folders take ([0-9.]+) MiB", run.stdout)
    if run.returncode != 0 or not told:
        raise RuntimeError(f"a hundred mailboxes were not followed: {run.stdout[-300:]}{run.stderr[-300:]}")
    figures.at_most(f"memory of crm-imap that follows {told[1]} mailboxes", float(told[2]), 60, " MiB")


def measure(figures):
    with organisation.Postgresql() as postgresql:
        server = organisation.make("mail", postgresql)
        with server:
            for table, (entity, record) in FIRST.items():
                organisation.ask(server, entity, f"Create{entity}", record)
                clone(postgresql, table)
            postgresql.psql("svyaz", "VACUUM ANALYZE")
            postgresql.psql("svyaz", "CHECKPOINT")
            session = organisation.token(server)
            measure_matching(figures, Calls(server), session)
            measure_delivery(figures, server, session)
            measure_lmtp(figures, server, postgresql, organisation.WORK / "lmtp")
    measure_following(figures)
