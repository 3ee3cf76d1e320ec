"""What the proofs of this folder share: servers on one organisation, and a storm from its begin to its books."""
import contextlib
import statistics

from subscriber import SETTINGS
from svyaz.server import ROOT, Server

WORK = ROOT / "build" / "reliability"
PROGRAM = "build/release/crmd"


@contextlib.contextmanager
def nodes(folder, settings):
    """Servers on one fresh organisation, one for each list of settings."""
    first = Server(folder / "node", PROGRAM, [*SETTINGS, *settings[0]])
    first.bootstrap()
    others = [Server(folder / f"node{number}", PROGRAM, [*SETTINGS, *chosen])
              for number, chosen in enumerate(settings[1:], 2)]
    for other in others:  # the key that seals secrets is one
        other.bootstrap(first.folder)
    with contextlib.ExitStack() as stack:
        yield [stack.enter_context(server) for server in (first, *others)]


def play(tally, name, storm, kills, kill):
    storm.rage(kills, kill)
    complaints = storm.complaints()
    for complaint in complaints[:5]:
        tally.fail(name, complaint)
    if not complaints:
        tally.ok(name, is_loud=True)
    repeated = sum(write.repeated for writer in storm.writers for write in writer.writes)
    print(f"    {storm.written()} writes, {len(storm.away)} kills, {storm.sender.interrupted} attempts in vain, "
          f"{repeated} sent again after their answer; away {statistics.median(storm.away or [0]):.2f} s "
          f"at the median, {max(storm.away or [0]):.2f} s at most; {storm.followers[1].changes} changes read; "
          f"brought {', '.join(f'{len(one.seen)} ({one.repeated} again)' for one in storm.subscribers)}; "
          f"faults {dict(storm.sender.codes)}", flush=True)
