"""How long a change takes until an endpoint has acknowledged it, and how many a second one endpoint is brought."""
import time

import feed
import organisation
from svyaz.endpoint import Endpoint

TRIES = 100
CHANGES = 20000
PATIENCE = 120


def wait_until(condition):
    end = time.perf_counter() + PATIENCE
    while not condition():
        if time.perf_counter() > end:
            raise RuntimeError("the endpoint was not told in time")
        time.sleep(0.0005)


def subscribe(server, endpoint, columns=""):
    organisation.ask(server, "Subscriptions", "Subscribe",
                     f"<subscription><url>{endpoint.url}</url><interests><ChangeInterest><entity>Account</entity>{columns}"
                     "</ChangeInterest></interests><changesPerMessage>1000</changesPerMessage></subscription>")


def delays(server, endpoint):
    """Seconds from the answer to a write until the endpoint has answered the notification of it."""
    times = []
    for number in range(TRIES):
        count = len(endpoint.messages)
        feed.create(server, number)
        begin = time.perf_counter()
        wait_until(lambda: len(endpoint.messages) > count)
        times.append(time.perf_counter() - begin)
        time.sleep(number % 7 / 100)
    return sorted(times)


def rate(server, postgresql, endpoint):
    """Changes a second, once they have their positions: copies of those that were made before."""
    began = len(endpoint.changes())
    postgresql.psql("svyaz", f"INSERT INTO svyaz_change ({feed.COPIED}) SELECT {feed.COPIED} FROM svyaz_change, "
                    f"generate_series(1, {CHANGES // TRIES}) WHERE entity_name = 'Account'", "svyaz")
    begin = time.perf_counter()
    wait_until(lambda: len(endpoint.changes()) >= began + CHANGES)
    return CHANGES / (time.perf_counter() - begin)


def measure(figures):
    with organisation.Postgresql() as postgresql:
        server = organisation.make("push", postgresql, ["push.allow=127.0.0.0/8"])
        with server, Endpoint() as endpoint:
            subscribe(server, endpoint, "<columns><string>name</string></columns>")
            feed.create(server, -1)
            wait_until(endpoint.messages.__len__)
            times = delays(server, endpoint)
            figure = rate(server, postgresql, endpoint)
    figures.at_most("from the answer to the acknowledged notification", times[TRIES // 2] * 1000, 100, " ms")
    figures.note(f"at most {times[-1] * 1000:.0f} ms")
    figures.note(f"{figure:,.0f} changes a second to one endpoint written in Python, with a value of each record, "
                 f"1,000 in a message, numbering included")
