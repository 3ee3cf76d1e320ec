"""Reading the feed of changes, and how long a change takes until it is told."""
import os
import time

import organisation

CHANGES = int(os.environ.get("BENCH_CHANGES", "100000"))
PAGE = 5000
TRIES = 100
COPIED = "entity_name, record_id, version, kind, field_names, former, sight, user_id, application, request_id, changed_on"


def read(server, service, operation, token=None, page=PAGE):
    content = "" if token is None else f"<token>{token}</token>" + (
        "<columns><string>name</string></columns>" if service == "Account" else "") + f"<limit>{page}</limit>"
    return organisation.ask(server, service, operation, content)


def read_all(server, service, operation, token):
    """Changes a second, and how many there were."""
    begin, count, is_over = time.perf_counter(), 0, False
    while not is_over:
        answer = read(server, service, operation, token)
        count += len(answer.findall(".//{*}RecordChange"))
        token = answer.findtext(".//{*}nextToken")
        is_over = answer.findtext(".//{*}more") == "false"
    return count / (time.perf_counter() - begin), count


def create(server, number):
    organisation.ask(server, "Account", "CreateAccount", f"<account><name>Фирма {number}</name></account>")


def wait_for_numbers(postgresql):
    while postgresql.psql("svyaz", "SELECT 1 FROM svyaz_change WHERE position IS NULL LIMIT 1").strip():
        time.sleep(0.1)


def delays(server):
    """Seconds from the answer to a write to the feed that tells of it, each read as soon as the last came."""
    times = []
    for number in range(TRIES):
        token = read(server, "Account", "RetrieveChangesAccount").findtext(".//{*}nextToken")
        create(server, number)
        begin, told = time.perf_counter(), False
        while not told:
            told = bool(read(server, "Account", "RetrieveChangesAccount", token).findall(".//{*}RecordChange"))
        times.append(time.perf_counter() - begin)
        time.sleep(number % 7 / 100)
    return sorted(times)


def measure(figures):
    with organisation.Postgresql() as postgresql:
        server = organisation.make("feed", postgresql)
        with server:
            everything = read(server, "Changes", "RetrieveChanges").findtext(".//{*}nextToken")
            accounts = read(server, "Account", "RetrieveChangesAccount").findtext(".//{*}nextToken")
            for number in range(1000):
                create(server, number)
            postgresql.psql("svyaz", f"INSERT INTO svyaz_change ({COPIED}) SELECT {COPIED} FROM svyaz_change, "
                            f"generate_series(2, {CHANGES // 1000}) WHERE entity_name = 'Account'", "svyaz")
            begin = time.perf_counter()
            wait_for_numbers(postgresql)
            figures.note(f"{CHANGES:,} changes that were committed at once had their positions after "
                         f"{time.perf_counter() - begin:.1f} s")
            rate, count = read_all(server, "Changes", "RetrieveChanges", everything)
            with_records, _ = read_all(server, "Account", "RetrieveChangesAccount", accounts)
            times = delays(server)
    figures.note(f"{count:,} changes read in pages of {PAGE:,}, one reader")
    figures.at_least("changes of the feed a second", rate, 20000)
    figures.note(f"with their records: {with_records:,.0f} a second")
    figures.at_most("from the answer to the feed", times[TRIES // 2] * 1000, 100, " ms")
    figures.note(f"at most {times[-1] * 1000:.0f} ms")
