"""Ends in the middle of the work: of the server, and of its database, while others write.

What was acknowledged must be there afterwards, what was refused must not, and nothing by halves.
"""
import random
import threading
import time

from svyaz import wire
from svyaz.engines import Postgresql
from svyaz.server import ADMIN, PASSWORD, Server

WRITERS, TURNS = 4, 4
EACH_TURN = 15  # orders at least, however slow the machine is
LINE = "<SalesOrderDetail><lineItemNumber>{}</lineItemNumber><productDescription>d</productDescription><quantity>1</quantity></SalesOrderDetail>"
HEADERS = wire.basic(ADMIN, PASSWORD)


class Writer(threading.Thread):
    """Writes numbered orders of two lines until it is told to stop, and notes how each ended."""

    def __init__(self, server, name, account):
        super().__init__(daemon=True)
        self.server, self.prefix, self.account = server, name, account
        self.acknowledged, self.refused, self.is_stopped = set(), set(), False

    def run(self):
        number = 0
        while not self.is_stopped:
            number += 1
            key = f"{self.prefix}-{number}"
            try:
                reply = wire.call(self.server.url, "SalesOrder", "CreateSalesOrder", self.order(key),
                                  headers=HEADERS, timeout=40)
            except OSError:
                time.sleep(0.05)  # nobody knows how it ended: either is right
                continue
            fault = reply.fault() if reply.is_soap else {"code": str(reply.status)}
            if fault is None:
                self.acknowledged.add(key)
            elif fault.get("code") != "OUTCOME_UNKNOWN":
                self.refused.add(key)

    def order(self, key):
        return (f"<salesOrder><name>{key}</name><externalId>{key}</externalId><customer><entity>Account</entity>"
                f"<id>{self.account}</id></customer><lines>{LINE.format(1)}{LINE.format(2)}</lines></salesOrder>")


def ask(server, service, operation, content):
    reply = wire.call(server.url, service, operation, content, headers=HEADERS, timeout=60)
    if not reply.is_soap or reply.fault() is not None:
        raise RuntimeError(f"{operation}: HTTP {reply.status} {reply.body[:300]}")
    return reply.message()


def read_all(server, entity, columns):
    """Every record of an entity, in pages."""
    found, cookie = [], ""
    names = "".join(f"<string>{column}</string>" for column in columns)
    while True:
        page = ask(server, entity, f"RetrieveMultiple{entity}",
                   f"<query><columns>{names}</columns><pageSize>1000</pageSize>{cookie}</query>")[0]
        found += list(page[0])
        following = page.findtext("{*}nextCookie")
        if not following:
            return found
        cookie = f"<cookie>{following}</cookie>"


def complaint_of(server, writers):
    """What of the writers' notes is not true; None when all is."""
    orders = {order.findtext("{*}externalId"): order.findtext("{*}id")
              for order in read_all(server, "SalesOrder", ["externalId"])}
    lines = {}
    for line in read_all(server, "SalesOrderDetail", ["salesOrder"]):
        order = line.findtext("{*}salesOrder/{*}id")
        lines[order] = lines.get(order, 0) + 1
    lost = [key for writer in writers for key in writer.acknowledged if key not in orders]
    ghosts = [key for writer in writers for key in writer.refused if key in orders]
    halves = [key for key, order in orders.items() if lines.get(order) != 2]
    for what, keys in (("acknowledged and lost", lost), ("refused and there", ghosts), ("half written", halves)):
        if keys:
            return f"{len(keys)} orders are {what}: {keys[:5]}"
    total = acknowledged(writers)
    return None if total >= TURNS * EACH_TURN else f"only {total} orders were written"


def acknowledged(writers):
    return sum(len(writer.acknowledged) for writer in writers)


def wait_for_orders(writers, count):
    """Waits until so many more orders are acknowledged, or nothing happens for a minute."""
    wanted, deadline = acknowledged(writers) + count, time.monotonic() + 60
    while acknowledged(writers) < wanted and time.monotonic() < deadline:
        time.sleep(0.05)


def write_through(server, end, begin_again):
    """Writers write while something ends and begins again some times."""
    account = ask(server, "Account", "CreateAccount", "<account><name>Crash</name></account>").findtext(".//{*}id")
    writers = [Writer(server, f"w{number}", account) for number in range(WRITERS)]
    for writer in writers:
        writer.start()
    try:
        for _ in range(TURNS):
            wait_for_orders(writers, EACH_TURN)
            time.sleep(random.uniform(0, 1))
            end()
            begin_again()
        time.sleep(1)
    finally:
        for writer in writers:
            writer.is_stopped = True
        for writer in writers:
            writer.join(60)
    time.sleep(1)
    return complaint_of(server, writers)


def run(tally, program, work):
    server = Server(work / "killed", program)
    server.bootstrap()
    with server:
        tally.check("server-killed-while-writing", write_through(server, server.kill, server.start))

    engine = Postgresql(work / "database", "safe")
    try:
        engine.start()
        server = Server(work / "database-killed", program, engine.settings())
        server.bootstrap()
        with server:
            tally.check("database-killed-while-writing", write_through(
                server, engine.kill, engine.start_again))
        tally.check("no-report-of-database-killed", server.report())
    finally:
        engine.stop()
