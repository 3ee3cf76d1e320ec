"""Many records in one call against one by one: CreateMultiple of 1,000 from one client, creates over eight connections."""
import os
import time

import against_peers
import organisation
from organisation import SCRIPTS, WORK

ROWS, CALLS, CONNECTIONS = 1000, 4, 8


def rows_a_second(server, session, flag):
    """Of one client; every row must have been done."""
    rows = "".join(f"<Contact>{against_peers.NAMES.format(n=n, first=n % 997, city=n % 100)}</Contact>"
                   for n in range(ROWS))
    content = f"<contacts>{rows}</contacts><allOrNone>{flag}</allOrNone>"
    header = f'<Session xmlns="urn:svyaz:crm:1:Contact"><token>{session}</token></Session>'
    begin = time.perf_counter()
    for _ in range(CALLS):
        answer = organisation.wire.call(server.url, "Contact", "CreateMultipleContact", content, header).message()
        if answer.findtext(".//{*}succeeded") != str(ROWS):
            raise RuntimeError(f"{answer.findtext('.//{*}succeeded')} of {ROWS} rows were done")
    return CALLS * ROWS / (time.perf_counter() - begin)


def measure(figures):
    with organisation.Postgresql() as postgresql:
        server = organisation.make("bulk", postgresql)
        with server:
            session = organisation.ordinary_session(server)
            ids = WORK / "bulk" / "ids"
            ids.write_text("")
            environment = os.environ | {"BENCH_TOKEN": session, "BENCH_IDS": str(ids)}
            single = organisation.wrk(SCRIPTS / "contact.lua", f"{server.url}/soap/Contact", "create", 1,
                                      seconds=against_peers.SECONDS, connections=CONNECTIONS,
                                      environment=environment)["rps"]
            by_row = rows_a_second(server, session, "false")
            together = rows_a_second(server, session, "true")
    figures.note(f"contacts a second: {single:.0f} one by one, {by_row:.0f} row by row in one call, "
                 f"{together:.0f} all or none")
    figures.at_least("all or none against one by one", together / single, 5)
