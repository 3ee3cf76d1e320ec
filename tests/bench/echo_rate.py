"""Retrieve over SQLite against a gSOAP server that answers a message of the same size."""
import os
import subprocess

import against_peers
import organisation
import processes
from organisation import SCRIPTS, WORK

SOURCE = SCRIPTS.parent / "echo_server"


def build():
    """soapcpp2 writes the server, gcc compiles it; the program."""
    folder = WORK / "echo"
    folder.mkdir(parents=True, exist_ok=True)
    flags = subprocess.run(["pkg-config", "--cflags", "--libs", "gsoap"], check=True,
                           capture_output=True, text=True).stdout.split()
    subprocess.run(["soapcpp2", "-c", "-S", "-L", "-x", "-w", SOURCE / "echo.gsoap"], cwd=folder,
                   check=True, capture_output=True)
    subprocess.run(["gcc", "-O2", "-w", "-I.", SOURCE / "echo.c", "soapC.c", "soapServer.c", "-o", "echo",
                    *flags, "-lpthread"], cwd=folder, check=True)
    return folder / "echo"


def rate(url, pid, environment):
    """Requests a second, and CPU milliseconds of the server for each."""
    arguments = (SCRIPTS / "contact.lua", url, "retrieve", 1)
    organisation.wrk(*arguments, seconds=2, environment=environment)
    before = processes.cpu_seconds(pid)
    result = organisation.wrk(*arguments, seconds=against_peers.SECONDS, environment=environment)
    return result["rps"], (processes.cpu_seconds(pid) - before) * 1000 / result["ok"]


def measure(figures):
    program = build()
    server = organisation.make("echo-sqlite")
    ids = WORK / "echo-ids"
    with server:
        names = [against_peers.NAMES.format(n=n, first=n % 997, city=n % 100) for n in range(1000)]
        ids.write_text("".join(
            organisation.ask(server, "Contact", "CreateContact", f"<contact>{name}</contact>")
            .findtext(".//{*}id") + "\n" for name in names))
        environment = os.environ | {"BENCH_TOKEN": organisation.ordinary_session(server), "BENCH_IDS": str(ids)}
        own = rate(f"{server.url}/soap/Contact", server.process.pid, environment)
    echo = subprocess.Popen([program], stdout=subprocess.PIPE, text=True)
    try:
        port = int(echo.stdout.readline())
        ceiling = rate(f"http://127.0.0.1:{port}/", echo.pid, environment)
    finally:
        echo.terminate()
        echo.wait()
    figures.note(f"SQLite {own[0]:.0f}/s, {own[1]:.3f} ms CPU; echo {ceiling[0]:.0f}/s, {ceiling[1]:.3f} ms CPU")
    figures.at_least("retrieve against the echo", own[0] / ceiling[0], 0.6)
