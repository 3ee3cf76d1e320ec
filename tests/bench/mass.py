"""100,000 accounts brought in: by crmctl import, and by CreateMultiple over a few connections."""
import concurrent.futures
import csv
import os
import subprocess
import time

import organisation
from svyaz import wire
from svyaz.server import ADMIN, PASSWORD, ROOT

ROWS = int(os.environ.get("BENCH_IMPORT", "100000"))
SAMPLE = ROOT / "tests" / "data" / "companies"
WORKERS, CONNECTIONS, AT_ONCE = 8, 4, 1000
SECONDS = 60


def write_source(folder):
    """The companies again and again, each under a number of its own."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "import.xml").write_text((SAMPLE / "import.xml").read_text())
    with open(SAMPLE / "companies.csv", encoding="utf-8", newline="") as source:
        rows = list(csv.reader(source))
    with open(folder / "companies.csv", "w", encoding="utf-8", newline="") as target:
        writer = csv.writer(target)
        writer.writerow(rows[0])
        for number in range(ROWS):
            row = rows[1 + number % (len(rows) - 1)]
            writer.writerow([f"{number:06d}", *row[1:]])


def by_import(server, folder):
    begin = time.perf_counter()
    subprocess.run([ROOT / "build/release/crmctl", "import", "--url", server.url, "--user", ADMIN, "--password-stdin",
                    "--workers", str(WORKERS), folder / "import.xml", folder],
                   input=PASSWORD + "\n", text=True, check=True, capture_output=True, cwd=folder)
    return time.perf_counter() - begin


def by_calls(server):
    def call(number):
        rows = "".join(f"<Account><name>Фирма {number}/{row}</name><address1City>Москва</address1City></Account>"
                       for row in range(AT_ONCE))
        answer = wire.call(server.url, "Account", "CreateMultipleAccount",
                           f"<accounts>{rows}</accounts><allOrNone>true</allOrNone>",
                           headers=wire.basic(ADMIN, PASSWORD)).message()
        if answer.findtext(".//{*}succeeded") != str(AT_ONCE):
            raise RuntimeError("not all rows were done")
    begin = time.perf_counter()
    with concurrent.futures.ThreadPoolExecutor(CONNECTIONS) as threads:
        list(threads.map(call, range(ROWS // AT_ONCE)))
    return time.perf_counter() - begin


def measure(figures):
    with organisation.Postgresql() as postgresql:
        server = organisation.make("mass", postgresql)
        with server:
            calls = by_calls(server)
            folder = organisation.WORK / "mass" / "source"
            write_source(folder)
            imported = by_import(server, folder)
    figures.at_most(f"{ROWS:,} accounts by CreateMultiple, {CONNECTIONS} connections", calls, SECONDS, " s")
    figures.at_most(f"{ROWS:,} accounts by crmctl import, {WORKERS} connections", imported, SECONDS, " s")
