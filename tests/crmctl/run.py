#!/usr/bin/python3
"""crmctl as its users meet it: verbs, formats, exit status, imports that go wrong.   run.py"""
import csv
import json
import os
import pathlib
import pty
import shutil
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "support"))
from svyaz import wire  # noqa: E402
from svyaz.server import ADMIN, PASSWORD, ROOT, Server  # noqa: E402
from svyaz.tally import Tally  # noqa: E402

WORK = ROOT / "build" / "crmctl-test"
CRMCTL = ROOT / "build/check/crmctl"
NOBODY = "0192f000-0000-7000-8000-000000000001"

MAPPING = """<import xmlns="urn:svyaz:import:1" name="Test">
  <source name="rows" file="rows.csv" encoding="windows-1251" delimiter="semicolon"/>
  <pass source="rows" entity="Account" key="accountNumber" workers="3">
    <field name="accountNumber" column="Код" empty="refuse"/>
    <field name="name" column="Имя" empty="refuse"><trim/></field>
    <field name="creditLimit" column="Лимит" empty="null"><decimal point="," group=" "/></field>
    <field name="listedOn" column="Дата"><date form="dd.MM.yyyy"/></field>
    <field name="parentAccount" column="Главный"><reference entity="Account" key="accountNumber"/></field>
  </pass>
</import>
"""
HEADER = "Код;Имя;Лимит;Дата;Главный\n"
GOOD = [f"Т-{number};Фирма {number};1 000,{number:02};0{number % 9 + 1}.02.2024;\n" for number in range(60)]
BAD = [("Т-100;;5;;\n", 62, "Имя: it must not be empty"),
       ("Т-101;Х;пять;;\n", 63, "Лимит: 'пять' is not a number"),
       ("Т-102;Х;5;31.02.2024;\n", 64, "Дата: '31.02.2024' is not a date"),
       ("Т-103;Х;5;;Т-999\n", 65, "Главный: "),
       ("Т-104;Х;-5;;\n", 66, "Лимит: "),
       ("Т-105;Х\n", 67, "the row has 2 cells, the header 5")]


class Desk:
    """Runs crmctl against one server."""

    def __init__(self, server):
        self.environment = {"PATH": os.environ["PATH"], "CRMCTL_URL": server.url, "CRMCTL_USER": ADMIN}
        self.server = server

    def run(self, *words, password=PASSWORD, **options):
        options = {"input": password + "\n", "env": self.environment, "cwd": WORK} | options
        return subprocess.run([CRMCTL, *words], capture_output=True, text=True, timeout=300, **options)

    def ask(self, *words, **options):
        """The same with the password on standard input."""
        return self.run(*words, "--password-stdin", **options)


def differs(run, status, out=None, talk=None):
    """What is wrong with how a run ended; None when nothing is."""
    if run.returncode != status:
        return f"exit status {run.returncode} instead of {status}: {run.stdout}{run.stderr}"
    if out is not None and out not in run.stdout:
        return f"'{out}' is not on standard output: {run.stdout}"
    if talk is not None and talk not in run.stderr:
        return f"'{talk}' is not on standard error: {run.stderr}"
    return None


def prove_conventions(tally, desk):
    tally.check("help", differs(desk.run("--help"), 0, "crmctl import MAPPING.xml"))
    tally.check("verb-help", differs(desk.run("record", "query", "--help"), 0, "--where CONDITION"))
    tally.check("version", differs(desk.run("--version"), 0, "crmctl 0."))
    tally.check("no-verb", differs(desk.run(), 2, "", "crmctl bootstrap"))
    tally.check("unknown-verb", differs(desk.run("record", "eat"), 2, "", "there is no verb"))
    tally.check("unknown-option", differs(desk.run("--sugar"), 2, "", "there is no option --sugar"))
    tally.check("foreign-option", differs(desk.ask("record", "query", "Account", "--sample"), 2, "", "--sample"))
    tally.check("missing-words", differs(desk.ask("record", "get", "Account"), 2, "", "record get ENTITY"))
    tally.check("unknown-format", differs(desk.ask("record", "query", "Account", "-f", "yaml"), 2, "", "yaml"))
    tally.check("wrong-password", differs(desk.ask("record", "query", "Account", password="no"), 4, "",
                                          "CREDENTIALS_INVALID"))
    tally.check("no-password", differs(desk.run("record", "query", "Account", password=""), 2, "", "--password-file"))
    tally.check("unreachable", differs(desk.ask("record", "query", "Account", "--url", "http://127.0.0.1:1"), 6, "",
                                       "Connection refused"))
    tally.check("not-found", differs(desk.ask("record", "get", "Account", NOBODY), 3, "", "RECORD_NOT_FOUND"))
    tally.check("unknown-entity", differs(desk.ask("record", "query", "Elephant"), 3, ""))
    for name, words in (("query", ["query", "Acount"]), ("get", ["get", "Acount", "x"]), ("get-by-id", ["get", "Acount", NOBODY]),
                        ("create", ["create", "Acount", "name=x"])):
        tally.check(f"unknown-entity-of-{name}", differs(desk.ask("record", *words), 3, "", "there is no entity Acount; did you mean Account?"))
    tally.check("neither-id-nor-key", differs(desk.ask("record", "get", "Account", "x"), 2, "", "'x' is neither an id nor KEY=VALUE"))
    tally.check("wsdl", differs(desk.run("wsdl", "get", "Account"), 0, "CreateAccount"))
    tally.check("wsdl-of-nothing", differs(desk.run("wsdl", "get", "Elephant"), 3, ""))


def prove_records(tally, desk):
    made = desk.ask("record", "create", "Account", "name=Ромашка & <Ко>", "accountNumber=R-1", "creditLimit=12.50",
                    "-f", "json")
    tally.check("create", differs(made, 0, '"created": "true"'))
    identifier = json.loads(made.stdout)["id"]
    again = desk.ask("record", "create", "Account", "name=B", "accountNumber=R-1")
    tally.check("create-twice", differs(again, 5, "", "DUPLICATE_KEY"))
    wrong = desk.ask("record", "create", "Account", "name=B", "creditLimit=much")
    tally.check("create-wrong", differs(wrong, 1, "", "field: Account.creditLimit"))
    tally.check("update", differs(desk.ask("record", "update", "Account", identifier, "numberOfEmployees=7"), 0))
    read = desk.ask("record", "get", "Account", "accountNumber=R-1", "--columns", "name,numberOfEmployees", "-f", "tab")
    tally.check("get-by-key", differs(read, 0, "name\tРомашка & <Ко>\n") or differs(read, 0, "numberOfEmployees\t7\n"))
    listed = desk.ask("record", "query", "Account", "--columns", "name,creditLimit", "--where", "accountNumber like R-%",
                      "--where", "creditLimit between 12,13", "--order", "-name", "-f", "xml")
    tally.check("query", differs(listed, 0, "<Account><name>Ромашка &amp; &lt;Ко&gt;</name><creditLimit>12.5000<"))
    for condition in ("name like 'Ромашка %'", 'name like "Ромашка %"', "name in 'a, b','Ромашка & <Ко>'"):
        quoted = desk.ask("record", "query", "Account", "--columns", "name", "--where", condition, "-f", "xml")
        tally.check(f"where {condition}", differs(quoted, 0, "<Account><name>Ромашка"))
    tally.check("where-open-quote", differs(desk.ask("record", "query", "Account", "--where", "name eq 'Ромашка"), 2, "", "is not closed"))
    tally.check("where-after-the-quote", differs(desk.ask("record", "query", "Account", "--where", "name eq 'a' b"), 2, "", "nothing may stand"))
    tally.check("delete-unasked", differs(desk.run("record", "delete", "Account", identifier, "--password-stdin"), 2, "",
                                          "--yes"))
    tally.check("delete", differs(desk.ask("record", "delete", "Account", identifier, "--yes"), 0))
    tally.check("deleted", differs(desk.ask("record", "get", "Account", identifier), 3))
    called = desk.ask("soap", "call", "Account", "RetrieveMultipleAccount", "query.columns.string=id",
                      "query.count=true", "-f", "json")
    tally.check("soap-call", differs(called, 0, '"total": "0"'))


def prove_terminal(tally, desk):
    """Colours on a terminal only, and not where NO_COLOR forbids them."""
    def talk(environment):
        parent, child = pty.openpty()
        subprocess.run([CRMCTL, "record", "get", "Account", NOBODY, "--password-stdin"], input=PASSWORD + "\n",
                       text=True, env=desk.environment | environment, stderr=child, stdout=subprocess.PIPE, timeout=60)
        os.close(child)
        text = os.read(parent, 4096).decode()
        os.close(parent)
        return text

    tally.check("colours", None if "\033[31m" in talk({"TERM": "xterm"}) else "no colours on a terminal")
    tally.check("no-colours", "colours in spite of NO_COLOR" if "\033" in talk({"TERM": "xterm", "NO_COLOR": "1"}) else None)


def write_rows(folder, rows):
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "import.xml").write_text(MAPPING, encoding="utf-8")
    (folder / "rows.csv").write_text(HEADER + "".join(rows), encoding="cp1251")


def summary(run):
    lines = [line.split("\t") for line in run.stdout.splitlines()]
    return {title: int(value) for title, value in zip(lines[0][1:], lines[1][1:])} if len(lines) > 1 else {}


def names_of(server):
    """Numbers, names and limits of the accounts, read by raw SOAP."""
    reply = wire.call(server.url, "Account", "RetrieveMultipleAccount",
                      "<query><columns><string>accountNumber</string><string>name</string><string>creditLimit</string>"
                      "<string>listedOn</string></columns><pageSize>500</pageSize></query>",
                      headers=wire.basic(ADMIN, PASSWORD))
    return {account.findtext("{*}accountNumber"): tuple(account.findtext("{*}" + field) for field in
                                                        ("name", "creditLimit", "listedOn"))
            for account in reply.message()[0].iterfind("{*}accounts/*")}


def prove_import(tally, desk):
    folder, errors = WORK / "import", WORK / "errors"
    write_rows(folder, GOOD + [row for row, _, _ in BAD])
    words = ("import", "import/import.xml", "--errors", "errors", "-f", "tab")
    run = desk.ask(*words)
    tally.check("import-some-fail", differs(run, 1))
    expected = {"rows": 66, "created": 60, "updated": 0, "unchanged": 0, "failed": 6}
    tally.check("import-summary", None if summary(run) == expected else f"{summary(run)} instead of {expected}")
    for _, line, sentence in BAD:
        tally.check(f"import-line-{line}", differs(run, 1, None, f"rows.csv:{line}: {sentence}"))
    accounts = names_of(desk.server)
    tally.check("import-windows-1251",
                None if accounts.get("Т-7") == ("Фирма 7", "1000.0700", "2024-02-08") else f"{accounts.get('Т-7')}")
    with open(errors / "rows.csv", encoding="cp1251", newline="") as file:
        failed = list(csv.reader(file, delimiter=";"))
    tally.check("error-file", None if len(failed) == 7 and failed[0][-1] == "error" and failed[2][2] == "пять"
                else f"{failed}")

    text = (errors / "rows.csv").read_text(encoding="cp1251")
    (errors / "rows.csv").write_text(text.replace(";пять;", ";5;").replace(";31.02.2024;", ";29.02.2024;"),
                                     encoding="cp1251")
    run = desk.ask("import", "import/import.xml", "errors", "--errors", "errors", "-f", "tab")
    # the short row was written with all its cells
    expected = {"rows": 6, "created": 3, "updated": 0, "unchanged": 0, "failed": 3}
    tally.check("import-corrected", None if summary(run) == expected else f"{summary(run)}: {run.stderr}")
    tally.check("import-limit", differs(desk.ask(*words, "--max-errors", "2"), 1, None, "more than 2 rows have failed"))

    write_rows(folder, GOOD)
    run = desk.ask(*words, "--workers", "1")
    tally.check("import-again", None if run.returncode == 0 and summary(run)["unchanged"] == 60 else run.stdout + run.stderr)
    write_rows(folder, GOOD[:7] + [GOOD[7].replace("Фирма", "Завод")] + GOOD[8:])
    run = desk.ask(*words)
    tally.check("import-one-change", None if summary(run) == {"rows": 60, "created": 0, "updated": 1, "unchanged": 59,
                                                              "failed": 0} else run.stdout + run.stderr)


def prove_refusals(tally, desk):
    """Mappings and files that are wrong as a whole: said with their line, and no row is sent."""
    folder = WORK / "refused"
    before = names_of(desk.server)
    for name, old, new, sentence in (
            ("unknown-field", 'name="name"', 'name="nam"', "import.xml:5: Account has no field nam"),
            ("unknown-key", 'key="accountNumber" workers', 'key="number" workers', "import.xml:3: Account has no alternate key"),
            ("unknown-column", 'column="Имя"', 'column="Name"', "import.xml:5: The source has no column 'Name'"),
            ("unknown-step", "<trim/>", "<shave/>", "import.xml:5: "),
            ("key-not-mapped", '<field name="accountNumber" column="Код" empty="refuse"/>', "",
             "import.xml:3: The key accountNumber needs the field accountNumber"),
            ("no-file", "rows.csv", "nothing.csv", "nothing.csv cannot be read"),
            ("broken-xml", "</import>", "", "import.xml:")):
        write_rows(folder, GOOD)
        (folder / "import.xml").write_text(MAPPING.replace(old, new), encoding="utf-8")
        tally.check(f"refused-{name}", differs(desk.ask("import", "refused/import.xml"), 1, None, sentence))
    write_rows(folder, GOOD[:3] + ['Т-200;"x\n'])
    tally.check("refused-open-quote", differs(desk.ask("import", "refused/import.xml"), 1, None, "rows.csv:5: "))
    after = names_of(desk.server)
    tally.check("refused-left-alone", None if after.keys() == before.keys() else f"{after.keys() - before.keys()}")


def main():
    tally = Tally()
    shutil.rmtree(WORK, ignore_errors=True)
    WORK.mkdir(parents=True)
    server = Server(WORK / "organisation")
    server.bootstrap()
    with server:
        desk = Desk(server)
        prove_conventions(tally, desk)
        prove_records(tally, desk)
        prove_terminal(tally, desk)
        prove_import(tally, desk)
        prove_refusals(tally, desk)
        tally.check("sanitizers", server.report())
    tally.end()


main()
