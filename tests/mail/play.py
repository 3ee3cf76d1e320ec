"""One organisation on the machine of the test (machine.py), and checks that are played in it, one after the other."""
import sys

import connector
import machine
import snippets
from svyaz.server import Server, hold_folder
from svyaz.tally import Tally


def checks_of(module):
    """The functions check_... of a test, by what follows."""
    return {name[6:]: check for name, check in list(module.items()) if name.startswith("check_")}


def enter(work):
    """Enters the machine, alone in a folder: the tally, and the lock to close. Without a machine the test ends here."""
    tally = Tally()
    lock = hold_folder(work)
    is_inside, reason = machine.enter(work)
    if not is_inside:
        tally.skip(work.name, f"no machine of the test's own can be made: {reason}")
        tally.end()
    return tally, lock


def play(work, checks, arrive, before=None, after=None, settings=()):
    """Plays the checks, or those that the command line names. arrive makes of the server, which has some settings, what
    each gets; before and after stand around each of them."""
    tally, lock = enter(work)
    server = Server(work / "organisation", "build/release/crmd", ["http.listen=127.0.0.1:8080", *settings])
    server.bootstrap()
    with server:
        connector.set_up(server.url, snippets.read()["/etc/crmd/connectors.conf", ""])
        stage = arrive(server)
        for name in sys.argv[1:] or checks:
            if before:
                before()
            try:
                complaint = checks[name](stage)
            except Exception as problem:  # the other checks go on
                complaint = repr(problem)
            tally.check(name, complaint)
            if after:
                after(stage)
    lock.close()
    tally.end()
