"""The deepest page of 1,000,000 accounts against the first, in the same order."""
import os
import time

import organisation

ROWS = int(os.environ.get("BENCH_ACCOUNTS", "1000000"))
SIZE = 100
ROUNDS = 200


def query(cookie, descending):
    cookie = f"<cookie>{cookie}</cookie>" if cookie else ""
    return ("<query><columns><string>name</string><string>numberOfEmployees</string></columns>"
            f"<orders><Order><field>name</field><descending>{descending}</descending></Order></orders>"
            f"<pageSize>{SIZE}</pageSize>{cookie}</query>")


def page(server, cookie, descending="false"):
    answer = organisation.ask(server, "Account", "RetrieveMultipleAccount", query(cookie, descending))
    return answer.findtext(".//{*}nextCookie"), answer


def seconds_of(server, cookie):
    """The median time of a page."""
    times = []
    for _ in range(ROUNDS):
        begin = time.perf_counter()
        page(server, cookie)
        times.append(time.perf_counter() - begin)
    return sorted(times)[ROUNDS // 2]


def last_cookie(server):
    """Walks in large pages to where the last ones begin; the walk is not measured."""
    cookie, deepest, walked = None, None, 0
    content = query(None, "false").replace(f">{SIZE}<", ">5000<")
    while True:
        text = content if cookie is None else content.replace("</query>", f"<cookie>{cookie}</cookie></query>")
        answer = organisation.ask(server, "Account", "RetrieveMultipleAccount", text)
        following = answer.findtext(".//{*}nextCookie")
        walked += len(answer.findall(".//{*}Account"))
        if not following:
            return deepest, walked
        deepest, cookie = following, following


def measure(figures):
    with organisation.Postgresql() as postgresql:
        server = organisation.make("pages", postgresql)
        with server:
            for n in range(1000):
                organisation.ask(server, "Account", "CreateAccount",
                                 f"<account><name>Фирма {n * 7919 % 1000:03}</name>"
                                 f"<numberOfEmployees>{n}</numberOfEmployees></account>")
            organisation.clone(postgresql, "account", ROWS)
            first = seconds_of(server, None)
            cookie, walked = last_cookie(server)
            deepest = seconds_of(server, cookie)
    figures.note(f"{walked:,} accounts; first page {first * 1000:.2f} ms, deepest {deepest * 1000:.2f} ms")
    figures.at_most("deepest page against the first", deepest / first, 1.3)
