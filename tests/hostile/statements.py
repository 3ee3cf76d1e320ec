#!/usr/bin/python3
"""SQL comes from metadata alone: what a client sends is bound, wherever it stands in a query or a record.

   statements.py [--program FILE] [--queries N] [--seed N]

PostgreSQL writes down every statement. A mark is in everything that is sent; it may be found among bound values
only. A value that tries to be SQL finds what a harmless one finds.
"""
import argparse
import json
import pathlib
import random
import secrets
import shutil
import sys

from lxml import etree

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "support"))
from svyaz.client import Calls, element  # noqa: E402
from svyaz.engines import Postgresql  # noqa: E402
from svyaz.server import ADMIN, PASSWORD, ROOT, Server, hold_folder  # noqa: E402
from svyaz.tally import Tally  # noqa: E402

WORK = ROOT / "build" / "statements"
NAMESPACE = "{urn:svyaz:metadata:1}"
RECORDS = 200  # made of payloads, and read back
AT_ONCE = 2000
CONTROL = "what-stands-in-a-statement"
OPERATORS = ("eq", "ne", "lt", "le", "gt", "ge", "like", "notLike", "in", "notIn", "between", "notBetween")
SAME_AS_HARMLESS = ("eq", "ne", "in", "notIn")  # the others go by order or by signs that stand for others
PAYLOADS = (
    "'", "''", "' OR '1'='1", "' OR 1=1 -- ", "') OR ('1'='1", "'; DROP TABLE account; -- ",
    "' UNION SELECT NULL -- ", "' UNION ALL SELECT name, name FROM account -- ", "'; SELECT pg_sleep(9); -- ",
    "'||(SELECT version())||'", "' AND (SELECT 1 FROM pg_sleep(9)) IS NOT NULL -- ", "\\'; SELECT 1; -- ",
    "\\' OR 1=1 -- ", "\\", "\\\\", "\\x27 OR 1=1", '"', '""', '" OR "1"="1', '"; DROP TABLE contact; -- ', '\\"',
    "`", "` OR `1`=`1", "$$", "$$; SELECT 1; $$", "$1", "$2 OR 1=1", "?", "? OR ?", ":1", "{fn NOW()}",
    "{d '2026-01-01'}", "{call pg_sleep(9)}", "{oj account}", "{ts '", "/* */", "*/ OR 1=1 /*", "-- ", "#",
    "E'\\x41'", "0x27", "U&'\\0027'", "1; SELECT 1", "1 OR 1=1", "1) OR (1=1", "CAST(1 AS text)", "%", "_",
    "%' OR '1'='1", "\u02bc OR 1=1", "\uff07 OR 1=1 -- ", "\u00bf\u0027", "\ufe68' OR 1=1", "\r\n'; SELECT 1; -- ",
    "\t' OR 1=1",
)
# What a client's mistake is called; anything else means that it came further than it should.
MISTAKES = {"VALUE_INVALID", "VALUE_OUT_OF_RANGE", "VALUE_TOO_LONG", "CHOICE_UNKNOWN", "FIELD_UNKNOWN",
            "FIELD_NOT_USABLE", "FIELD_REQUIRED", "ENTITY_UNKNOWN", "KEY_UNKNOWN", "RELATION_UNKNOWN",
            "QUERY_INVALID", "COOKIE_INVALID", "PARAMETER_REQUIRED", "REFERENCE_NOT_FOUND", "RECORD_NOT_FOUND",
            "SOAP_INVALID", "LIMIT_EXCEEDED"}


def read_entities():
    """{name: [fields]} of the metadata."""
    roots = [etree.parse(path).getroot() for path in sorted((ROOT / "metadata" / "entities").glob("*.xml"))]
    return {root.get("name"): [field.get("name") for field in root.iterfind(f"{NAMESPACE}field")] for root in roots}


# ---- where a text of the client's can stand ----

def filtered(field, operator, values):
    return (f"<filter><conditions><Condition>{element('field', field)}{element('operator', operator)}"
            f"{element('values', values)}</Condition></conditions></filter>")


def as_value(entity, field, text, operator):
    values = [text, text] if operator.endswith("etween") else [text]
    return f"RetrieveMultiple{entity}", f"<query>{filtered(field, operator, values)}<count>true</count></query>"


def as_column(entity, _, text):
    return f"RetrieveMultiple{entity}", f"<query>{element('columns', ['createdOn', text])}</query>"


def as_field(entity, _, text):
    return f"RetrieveMultiple{entity}", f"<query>{filtered(text, 'eq', ['1'])}</query>"


def as_operator(entity, field, text):
    return f"RetrieveMultiple{entity}", f"<query>{filtered(field, text, ['1'])}</query>"


def as_order(entity, _, text):
    return f"RetrieveMultiple{entity}", f"<query><orders><Order>{element('field', text)}</Order></orders></query>"


def as_cookie(entity, _, text):
    return f"RetrieveMultiple{entity}", f"<query>{element('cookie', text)}</query>"


def as_page(entity, _, text):
    return f"RetrieveMultiple{entity}", f"<query>{element('pageSize', text)}</query>"


def as_link(entity, field, text):
    inner = f"<field>{field}</field>{element('entity', text)}" if len(text) % 2 else element("relation", text)
    return f"RetrieveMultiple{entity}", f"<query><filter><links><Link>{inner}</Link></links></filter></query>"


def as_group(entity, _, text):
    return (f"Aggregate{entity}", f"<aggregate><groupBy><Group>{element('name', text)}<field>createdOn</field><by>year</by>"
            "</Group></groupBy><measures><Measure><function>count</function></Measure></measures></aggregate>")


def as_measure(entity, field, text):
    return (f"Aggregate{entity}", f"<aggregate><measures><Measure>{element('name', text)}<function>countDistinct"
            f"</function><field>{field}</field></Measure></measures>"
            f"<orders><Order>{element('field', text)}</Order></orders></aggregate>")


def as_key(entity, field, text):
    return f"RetrieveMultiple{entity}", f"<query>{filtered('id', 'in', [text])}{element('columns', [field])}</query>"


PLACES = (as_column, as_field, as_operator, as_order, as_cookie, as_page, as_link, as_group, as_measure, as_key)


# ---- asking ----

class Asker:
    def __init__(self, calls, seed):
        self.calls, self.random = calls, random.Random(seed)
        self.token = calls.login(ADMIN, PASSWORD)
        self.mark = "zq" + secrets.token_hex(6)
        self.entities = {name: fields for name, fields in read_entities().items()
                         if f"Aggregate{name}" in calls.services}

    def marked(self, payload):
        """The payload with the mark in it, before, behind or in the middle."""
        at = self.random.choice((0, len(payload), len(payload) // 2))
        return payload[:at] + self.mark + payload[at:]

    def found(self, operation, content):
        """How many, or the code of the fault."""
        answer = self.calls.ask(operation, content, self.token)
        return answer.code or answer.text("total")

    def value(self, entity, field, payload, operator):
        came = self.found(*as_value(entity, field, self.marked(payload), operator))
        if came in MISTAKES or operator not in SAME_AS_HARMLESS:
            return came
        expected = self.found(*as_value(entity, field, "harmless" + self.mark, operator))
        return came if came == expected else f"{came} instead of {expected}"

    def question(self):
        """A function that asks, and what it asks, for who reads of a failure."""
        entity = self.random.choice(list(self.entities))
        field, payload = self.random.choice(self.entities[entity]), self.random.choice(PAYLOADS)
        if self.random.random() < 0.6:
            operator = self.random.choice(OPERATORS)
            return (lambda: self.value(entity, field, payload, operator)), (entity, field, operator, payload)
        place = self.random.choice(PLACES)
        asked = place(entity, field, self.marked(payload))
        return (lambda: self.found(*asked)), (place.__name__, *asked)

    def complaint(self, question):
        ask, what = question
        came = ask()
        is_well = came is None or came in MISTAKES or str(came).isdigit()
        return None if is_well else f"{what}: {came}"

    def write(self, number):
        """A record made of payloads; what is read back is what was written."""
        names = ("name", "description")
        texts = [f"{self.marked(PAYLOADS[(number + at) % len(PAYLOADS)])} {number}".strip() for at in range(2)]
        made = self.calls.ask("CreateAccount", f"<account>{''.join(map(element, names, texts))}</account>", self.token)
        if made.code:
            return None if made.code in MISTAKES else f"{texts}: {made.code}"
        kept = self.calls.must("RetrieveAccount", element("id", made.text("id")) +
                               element("columns", list(names)), self.token)
        # A line break is written as XML has it: any becomes a line feed.
        expected = [text.replace("\r\n", "\n") for text in texts]
        came = [kept.text(name) for name in names]
        return None if came == expected else f"{expected} was kept as {came}"


# ---- what the database has written down ----

def entries(folder):
    for path in sorted((folder / "postgresql" / "data" / "log").glob("*.json")):
        for line in path.read_text(encoding="utf-8", errors="replace").splitlines():
            yield json.loads(line)


def check_log(tally, folder, mark):
    """Statements stand in messages and in errors, bound values in details."""
    statements = bound = control = 0
    for entry in entries(folder):
        text = entry.get("message", "") + entry.get("statement", "")
        statements += text.startswith("execute ")
        bound += mark in entry.get("detail", "")
        control += CONTROL in text
        if mark in text:
            tally.fail("bound", f"a statement with what was sent: {text[:600]}")
    print(f"    {statements} statements, of which {bound} had what was sent among their values")
    tally.check("values-were-seen", None if bound else "the log holds no values: nothing was proved")
    tally.check("statements-were-seen", None if control else "a text that stood in a statement was not found")


def start_writing_down(engine):
    engine.start()
    for setting in ("logging_collector = on", "log_destination = 'jsonlog'", "log_statement = 'all'", "log_rotation_size = 0"):
        engine.psql("postgres", f"ALTER SYSTEM SET {setting}")
    engine.stop()
    engine.start_again()


def ask_all(tally, server, chosen):
    asker = Asker(Calls(server), chosen.seed)
    for number, complaint in enumerate(asker.calls.each(asker.write, range(RECORDS))):
        tally.check(f"record {number}", complaint)
    for first in range(0, chosen.queries, AT_ONCE):
        questions = [asker.question() for _ in range(min(AT_ONCE, chosen.queries - first))]
        for complaint in asker.calls.each(asker.complaint, questions):
            tally.check("query", complaint)
    return asker.mark


def main():
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("--program", default="build/check/crmd")
    arguments.add_argument("--queries", type=int, default=4000)
    arguments.add_argument("--seed", type=int, default=random.randrange(1 << 32))
    chosen = arguments.parse_args()
    lock, tally = hold_folder(WORK), Tally()
    shutil.rmtree(WORK / "database", ignore_errors=True)
    engine = Postgresql(WORK / "database")
    print(f"    seed {chosen.seed}", flush=True)
    try:
        start_writing_down(engine)
        server = Server(WORK / "organisation", chosen.program, engine.settings())
        server.bootstrap()
        with server:
            mark = ask_all(tally, server, chosen)
        tally.check("no-report", server.report())
        engine.psql("svyaz", f"SELECT '{CONTROL}'")
    finally:
        engine.stop()
    check_log(tally, WORK / "database", mark)
    lock.close()
    tally.end()


if __name__ == "__main__":
    main()
