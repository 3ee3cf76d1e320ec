"""How long it takes to be ready on an existing SQLite organisation, and what is resident then."""
import time

import organisation
import processes


def measure(figures):
    server = organisation.make("start")
    times = []
    for _ in range(5):
        begin = time.perf_counter()
        server.start()
        times.append(time.perf_counter() - begin)
        time.sleep(1)
        memory = processes.resident(server.process.pid)
        server.stop()
    figures.at_most("ready after start", sorted(times)[2], 1, " s")
    figures.at_most("resident when idle", memory / 2 ** 20, 50, " MiB")
