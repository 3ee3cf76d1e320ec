"""Many records in one call against one by one: CreateMultiple of 1,000 from one client, creates over eight connections."""
import os
import statistics
import time

import against_peers
import organisation
import processes
from organisation import SCRIPTS, WORK

ROWS, CALLS, CONNECTIONS, ROUNDS = 1000, 8, 8, 3


class Spent:
    """What a part of a round takes: rows a second, and CPU of server and database for each row."""

    def __init__(self, server, postgresql):
        self.pids = (server.process.pid, postgresql.pid())
        self.rates, self.costs = [], []

    def cpu(self):
        return [processes.cpu_seconds(pid) for pid in self.pids]

    def add(self, before, rows, rate):
        self.rates.append(rate)
        self.costs.append([(now - then) * 1e6 / rows for then, now in zip(before, self.cpu())])

    def told(self, name):
        server, database = (statistics.median(column) for column in zip(*self.costs))
        return f"{statistics.median(self.rates):.0f} a second {name} ({server:.0f} + {database:.0f} us)"


def one_by_one(spent, url, environment):
    before = spent.cpu()
    result = organisation.wrk(SCRIPTS / "contact.lua", url, "create", 1, seconds=against_peers.SECONDS,
                              connections=CONNECTIONS, environment=environment)
    spent.add(before, result["ok"], result["rps"])


def in_one_call(spent, server, session, flag):
    """From one client; every row must have been done. The client reads its answers when all have come."""
    rows = "".join(f"<Contact>{against_peers.NAMES.format(n=n, first=n % 997, city=n % 100)}</Contact>"
                   for n in range(ROWS))
    content = f"<contacts>{rows}</contacts><allOrNone>{flag}</allOrNone>"
    header = f'<Session xmlns="urn:svyaz:crm:1:Contact"><token>{session}</token></Session>'
    before, begin = spent.cpu(), time.perf_counter()
    answers = [organisation.wire.call(server.url, "Contact", "CreateMultipleContact", content, header)
               for _ in range(CALLS)]
    spent.add(before, CALLS * ROWS, CALLS * ROWS / (time.perf_counter() - begin))
    for answer in answers:
        done = answer.message().findtext(".//{*}succeeded")
        if done != str(ROWS):
            raise RuntimeError(f"{done} of {ROWS} rows were done")


def measure(figures):
    with organisation.Postgresql() as postgresql:
        server = organisation.make("bulk", postgresql)
        with server:
            session = organisation.ordinary_session(server)
            ids = WORK / "bulk" / "ids"
            ids.write_text("")
            environment = os.environ | {"BENCH_TOKEN": session, "BENCH_IDS": str(ids)}
            single, by_row, together = (Spent(server, postgresql) for _ in range(3))
            for _ in range(ROUNDS):
                one_by_one(single, f"{server.url}/soap/Contact", environment)
                in_one_call(by_row, server, session, "false")
                in_one_call(together, server, session, "true")
    figures.note("contacts, with CPU of server and database for each: " + ", ".join((
        single.told("one by one"), by_row.told("row by row in one call"), together.told("all or none"))))
    for name, many in (("row by row", by_row), ("all or none", together)):
        ratio = statistics.median(one / other for one, other in zip(many.rates, single.rates))
        figures.at_least(f"{name} against one by one", ratio, 5)
