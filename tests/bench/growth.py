"""1,000,000 mixed requests: memory must not grow after the first 10,000."""
import os

import organisation
import processes
from organisation import SCRIPTS, WORK

REQUESTS = int(os.environ.get("BENCH_REQUESTS", "1000000"))
FIRST = 10_000


def run(server, session, ids, requests):
    """Asks about so many times: wrk counts seconds, so in rounds."""
    environment = os.environ | {"BENCH_TOKEN": session, "BENCH_IDS": str(ids)}
    done = 0
    while done < requests:
        seconds = max(1, min(30, (requests - done) // 4000))
        result = organisation.wrk(SCRIPTS / "mixed.lua", f"{server.url}/soap/Contact", done,
                                  seconds=seconds, environment=environment)
        done += int(result["ok"])
    return done


def measure(figures):
    server = organisation.make("growth")
    with server:
        session = organisation.token(server)
        ids = WORK / "growth-ids"
        ids.write_text("".join(
            organisation.ask(server, "Contact", "CreateContact",
                             f"<contact><lastName>Last{n}</lastName></contact>").findtext(".//{*}id") + "\n"
            for n in range(200)))
        run(server, session, ids, FIRST)
        before = processes.resident(server.process.pid)
        done = run(server, session, ids, REQUESTS)
        after = processes.resident(server.process.pid)
    figures.note(f"{done:,} requests; resident {before / 2 ** 20:.1f} MiB, then {after / 2 ** 20:.1f} MiB")
    figures.at_most("growth", (after - before) / 2 ** 20, 5, " MiB")
