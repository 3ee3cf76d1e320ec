"""Mail comes in: a message is matched among 1,000,000 contacts and leads; messages a second are filed."""
import base64
import os
import threading
import time

import organisation
from svyaz.client import Calls

ROWS = int(os.environ.get("BENCH_ACCOUNTS", "1000000")) // 2
CHECKS, SECONDS, CONNECTIONS = 400, 10, 4
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


def content(number, sender, text=TEXT, more=""):
    message = (f"From: {sender}\r\nTo: sales@svyaz.example\r\nSubject: Order {number}\r\n"
               f"Message-ID: <{number}@example.com>\r\nDate: Mon, 1 Jan 2024 12:00:00 +0300\r\n"
               f"Content-Type: text/plain; charset=utf-8\r\n{more}\r\n{text}{number}\r\n").encode()
    return f"<message>{base64.b64encode(message).decode()}</message>"


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
            sender = f"contact-{(number * 31 + thread * 7919) % ROWS + 1}@example.com"
            answer = calls.ask("DeliverIncomingEmail", content(f"d{thread}-{number}", sender), session)
            (failed if answer.code or answer.text("created") != "true" else filed).append(number)

    threads = [threading.Thread(target=deliver, args=(n,)) for n in range(CONNECTIONS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failed:
        raise RuntimeError(f"{len(failed)} messages were not filed")
    figures.at_least("messages of 10 KB filed a second", len(filed) / SECONDS, 200)


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
