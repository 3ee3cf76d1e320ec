#!/usr/bin/python3
"""A firm's data goes in by crmctl import, on three databases.   run.py [ENGINE...]

What came in is read straight from the database and compared with the CSV files: counts, and every
order's sum to the last digit. Running it again changes no row; changing one line of a file
changes that record and what is computed from it, and nothing else.
"""
import collections
import csv
import decimal
import pathlib
import shutil
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "support"))
from svyaz import wire  # noqa: E402
from svyaz.engines import ENGINES  # noqa: E402
from svyaz.server import ADMIN, PASSWORD, ROOT, Server, hold_folder  # noqa: E402
from svyaz.tally import Tally  # noqa: E402

WORK = ROOT / "build" / "import"
DATA = ROOT / "tests" / "data"
# Rows by table after both imports; 9 employees and the administrator are the users.
COUNTS = {"system_user": 10, "account": 91 + 29 + 503, "contact": 91 + 29, "product": 77,
          "product_price_level": 77, "sales_order": 830, "sales_order_detail": 2155}


class Check:
    """One organisation on one engine."""

    def __init__(self, engine, folder):
        self.engine, self.data = engine, folder / "data"
        shutil.rmtree(folder, ignore_errors=True)
        shutil.copytree(DATA, self.data)
        self.server = Server(folder / "organisation", "build/release/crmd", engine.settings())
        self.server.bootstrap()

    def bring(self, name):
        """Runs an import; the rows by outcome, added up over its passes."""
        folder = self.data / name
        run = subprocess.run(
            [ROOT / "build/release/crmctl", "import", folder / "import.xml", folder, "--url", self.server.url,
             "--user", ADMIN, "--password-stdin", "--format", "tab", "--errors", folder / "errors"],
            input=PASSWORD + "\n", capture_output=True, text=True, timeout=1200)
        if run.returncode:
            raise RuntimeError(f"crmctl import {name} ends with {run.returncode}: {run.stdout}{run.stderr}")
        lines = [line.split("\t") for line in run.stdout.splitlines()]
        total = collections.Counter()
        for line in lines[1:]:
            total.update({title: int(value) for title, value in zip(lines[0][1:], line[1:])})
        return total

    def snapshot(self):
        """Every row of every table that matters, by table."""
        return {table: self.engine.rows(self.server, table) for table in COUNTS}


def counts_differ(snapshot):
    wrong = [f"{table} has {len(snapshot[table])} rows instead of {count}"
             for table, count in COUNTS.items() if len(snapshot[table]) != count]
    return "; ".join(wrong)


def changed_rows(before, after):
    """How many rows of each table are not as they were."""
    found = {table: len(set(after[table]) - set(before[table])) for table in before}
    return {table: count for table, count in found.items() if count}


def sums_of_the_files(folder):
    """What every order costs by the files, with its freight: the ERP's own arithmetic."""
    sums, freight = collections.Counter(), {}
    with open(folder / "orders.csv", encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            price, quantity, discount = (decimal.Decimal(row[name]) for name in ("UnitPrice", "Quantity", "Discount"))
            base = (price * quantity).quantize(decimal.Decimal("0.0001"))
            off = (base * discount).quantize(decimal.Decimal("0.0001"), decimal.ROUND_HALF_UP)
            sums[row["OrderID"]] += base - off
            freight[row["OrderID"]] = decimal.Decimal(row["Freight"])
    return {number: total + freight[number] for number, total in sums.items()}


def sums_of_the_server(check):
    """What every order costs by the server, read over SOAP in pages."""
    sums, cookie = {}, ""
    while True:
        reply = wire.call(
            check.server.url, "SalesOrder", "RetrieveMultipleSalesOrder",
            "<query><columns><string>externalId</string><string>totalAmount</string></columns>"
            f"<pageSize>500</pageSize>{cookie}</query>", headers=wire.basic(ADMIN, PASSWORD))
        page = reply.message()[0]
        for order in page.iterfind("{*}salesOrders/*"):
            sums[order.findtext("{*}externalId")] = decimal.Decimal(order.findtext("{*}totalAmount"))
        following = page.findtext("{*}nextCookie")
        if not following:
            return sums
        cookie = f"<cookie>{following}</cookie>"


def sums_differ(check):
    expected, came = sums_of_the_files(check.data / "northwind"), sums_of_the_server(check)
    wrong = [f"order {number}: {came.get(number)} instead of {total}"
             for number, total in expected.items() if came.get(number) != total]
    return f"{len(wrong)} of {len(expected)} sums differ: {'; '.join(wrong[:5])}" if wrong else None


def change_one_line(folder):
    """One unit more in the first line of the first order."""
    path = folder / "orders.csv"
    lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
    if ",11,14,12,0" not in lines[1]:
        raise ValueError(f"the first order is not as expected: {lines[1]}")
    lines[1] = lines[1].replace(",11,14,12,0", ",11,14,13,0")
    path.write_text("".join(lines), encoding="utf-8")


def prove(tally, check):
    name = check.engine.name
    check.bring("northwind")
    check.bring("companies")
    first = check.snapshot()
    tally.check(f"{name}-counts", counts_differ(first))
    tally.check(f"{name}-sums", sums_differ(check))

    again = check.bring("northwind") + check.bring("companies")
    wrong = again["created"] + again["updated"] + again["failed"]
    tally.check(f"{name}-again-changes-nothing", wrong and f"the import says {dict(again)}")
    second = check.snapshot()
    tally.check(f"{name}-again-leaves-every-row", str(changed_rows(first, second) or ""))

    change_one_line(check.data / "northwind")
    once = check.bring("northwind")
    tally.check(f"{name}-one-line-is-one-update",
                None if once["updated"] == 1 and once["created"] == 0 else f"the import says {dict(once)}")
    changed = changed_rows(second, check.snapshot())
    tally.check(f"{name}-one-line-changes-its-order-only",
                None if changed == {"sales_order": 1, "sales_order_detail": 1} else f"changed rows: {changed}")
    tally.check(f"{name}-sums-after-the-change", sums_differ(check))


def main():
    tally = Tally()
    lock = hold_folder(WORK)
    for kind in ENGINES:
        if sys.argv[1:] and kind.name not in sys.argv[1:]:
            continue
        engine = kind(WORK / "servers")
        try:
            engine.start()
        except (OSError, subprocess.CalledProcessError) as reason:
            tally.fail(kind.name, f"the database does not start: {reason}")
            continue
        try:
            check = Check(engine, WORK / kind.name.lower())
            with check.server:
                prove(tally, check)
        except (OSError, RuntimeError, ValueError, subprocess.SubprocessError) as reason:
            tally.fail(kind.name, reason)
        finally:
            engine.stop()
    lock.close()
    tally.end()


main()
