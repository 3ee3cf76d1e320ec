"""A create with a request id, its note in the feed and history included, against the same inserts by hand."""
import json
import os
import subprocess

import against_peers
import organisation
from organisation import SCRIPTS, WORK

SOURCE = SCRIPTS.parent / "by_hand" / "by_hand.c"
CONNECTIONS, ROUNDS = 8, 3
KEY = "bench-by-hand"


def build():
    folder = WORK / "by-hand"
    folder.mkdir(parents=True, exist_ok=True)
    subprocess.run(["gcc", "-O2", "-w", SOURCE, "-o", folder / "by_hand", "-lodbc", "-lpthread"], check=True)
    return folder / "by_hand"


def literal(value):
    if value is None:
        return "NULL"
    return "'" + (json.dumps(value) if isinstance(value, (dict, list)) else str(value)).replace("'", "''") + "'"


def insert(postgresql, table, condition, places):
    """An INSERT of a row like the one that is there; places are columns in which the new id stands."""
    row = json.loads(postgresql.psql("svyaz", f"SELECT to_jsonb(t) FROM {table} t WHERE {condition}").splitlines()[0])
    row = {name: value for name, value in row.items() if name in places or value is not None}
    row.pop("number", None), row.pop("position", None)
    values = ", ".join("?" if name in places else literal(value) for name, value in row.items())
    return f"INSERT INTO {table} ({', '.join(json.dumps(name) for name in row)}) VALUES ({values})\n"


def statements(postgresql, server, session):
    """The inserts that a create with an id makes."""
    answer = organisation.wire.call(
        server.url, "Contact", "CreateContact", f"<contact>{against_peers.NAMES.format(n=1, first=1, city=1)}</contact>",
        header=f'<Session xmlns="urn:svyaz:crm:1:Contact"><token>{session}</token></Session>',
        headers={"Idempotency-Key": KEY}).message()
    made = answer.findtext(".//{*}id")
    return [insert(postgresql, "contact", f"id = '{made}'", ("id",)),
            insert(postgresql, "svyaz_change", f"record_id = '{made}'", ("record_id", "request_id")),
            insert(postgresql, "svyaz_request", f"request_id = '{KEY}'", ("request_id",))]


def measure(figures):
    program, file, seconds = build(), WORK / "by-hand" / "inserts.sql", against_peers.SECONDS
    ratios = []
    with organisation.Postgresql() as postgresql:
        server = organisation.make("by-hand-server", postgresql)
        with server:
            session = organisation.ordinary_session(server)
            file.write_text("".join(statements(postgresql, server, session)))
            ids = WORK / "by-hand" / "ids"
            ids.write_text("")
            environment = os.environ | {"BENCH_TOKEN": session, "BENCH_IDS": str(ids), "BENCH_REQUEST_IDS": "yes"}
            for number in range(ROUNDS):
                own = organisation.wrk(SCRIPTS / "contact.lua", f"{server.url}/soap/Contact", "create", number,
                                       seconds=seconds, connections=CONNECTIONS, environment=environment)["rps"]
                by_hand = float(subprocess.run(
                    [program, postgresql.url(), str(seconds), str(CONNECTIONS), file], check=True,
                    capture_output=True, text=True, env=os.environ | organisation.SURROUNDINGS).stdout)
                figures.note(f"create with a request id {own:.0f} a second; the same inserts by hand {by_hand:.0f}")
                ratios.append(own / by_hand)
    figures.at_least("create with a request id against ODBC by hand", sorted(ratios)[ROUNDS // 2], 0.6)
