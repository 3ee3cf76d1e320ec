"""What access costs: units, teams, roles and shares against no predicate; and until a revocation is felt.

The firm is kept from run to run (organisation.keep).
"""
import time

import organisation
import processes
from firm import DATABASE, DEPTHS, ROWS, Firm, reference
from svyaz.client import Calls
from svyaz.server import ADMIN, Server

ROUNDS, RETRIEVES = 5, 1500
LISTS = 150
LIST = ("<query><columns><string>name</string><string>numberOfEmployees</string></columns>"
        "<orders><Order><field>name</field></Order></orders><pageSize>100</pageSize></query>")


def cpu(firm, calls):
    """CPU seconds of server and database for some work."""
    before = processes.cpu_seconds(firm.server.process.pid) + processes.cpu_seconds(firm.postgresql.pid())
    calls()
    return processes.cpu_seconds(firm.server.process.pid) + processes.cpu_seconds(firm.postgresql.pid()) - before


def milliseconds(firm, calls, operation, contents, sessions):
    """CPU of a request for each of several callers, in turn, so that all meet the same machine."""
    spent = dict.fromkeys(sessions, 0.0)
    for turn in range(ROUNDS + 1):
        for name, session in sessions.items():
            def work(session=session):
                for content in contents:
                    answer = calls.ask(operation, content, session)
                    if answer.code:
                        raise RuntimeError(answer.fault_text())
            seconds = cpu(firm, work)
            if turn:  # the first warms
                spent[name] += seconds * 1000 / len(contents) / ROUNDS
    return spent


def measure_retrieve(figures, firm, calls, sessions):
    ids = firm.sql(f"SELECT id FROM account WHERE \"owningBusinessUnit\" = '{firm.branch}' "
                   f"LIMIT {RETRIEVES}").split()
    spent = milliseconds(firm, calls, "RetrieveAccount", [f"<id>{identifier}</id>" for identifier in ids],
                         {name: sessions[name] for name in (ADMIN, "unit")})
    figures.note("retrieve: " + ", ".join(f"{name} {value:.3f} ms" for name, value in spent.items()))
    figures.at_most("retrieve at unit depth against the administrator", spent["unit"] / spent[ADMIN], 1.15)


def measure_list(figures, firm, calls, sessions):
    """The first page by name, as it is opened; each caller sees another part of the rows."""
    spent = milliseconds(firm, calls, "RetrieveMultipleAccount", [LIST] * LISTS, sessions)
    figures.note("list of 100: " + ", ".join(f"{name} {value:.2f} ms" for name, value in spent.items()))
    figures.at_most("list at unit and below, with shares, against no predicate", spent["below"] / spent[ADMIN], 1.5)
    for name in ("below", "unit", "own"):
        figures.at_most(f"list of who reaches {DEPTHS[name]}", spent[name], 10, " ms")


def until(calls, session, operation, content):
    """Seconds until a caller is refused."""
    begin = time.perf_counter()
    while not calls.ask(operation, content, session).code:
        if time.perf_counter() - begin > 30:
            raise RuntimeError(f"{operation} is still answered after 30 s")
        time.sleep(0.005)
    return time.perf_counter() - begin


def measure_revocation(figures, firm, calls, elsewhere, sessions):
    """A role, a share and a session are taken away on one node, and asked for on both."""
    shared = firm.create("Account", "<name>Shared</name>")
    record = f"<record>{reference('Account', shared)}</record>"
    principal = f"<principal>{reference('SystemUser', firm.asking['own'])}</principal>"
    user, role = firm.asking["own"], firm.roles["own"]
    retrieve = ("RetrieveAccount", f"<id>{shared}</id>")
    steps = (
        ("share", "GrantAccess", record + principal + "<rights><string>read</string></rights>",
         "RevokeAccess", record + principal, retrieve),
        ("role", "AddUserRole", f"<userId>{user}</userId><roleId>{role}</roleId>", "RemoveUserRole",
         f"<userId>{user}</userId><roleId>{role}</roleId>", ("RetrieveMultipleAccount", LIST)),
        ("session", "EnableUser", f"<userId>{user}</userId>", "DisableUser", f"<userId>{user}</userId>",
         ("WhoAmI", "")),
    )
    for name, give, given, take, taken, asked in steps:
        calls.must(give, given, sessions[ADMIN])
        for node in (calls, elsewhere):
            deadline = time.perf_counter() + 10
            while node.ask(*asked, sessions["own"]).code and time.perf_counter() < deadline:
                time.sleep(0.02)
            node.must(*asked, sessions["own"])
        calls.must(take, taken, sessions[ADMIN])
        if not calls.ask(*asked, sessions["own"]).code:
            raise RuntimeError(f"a revoked {name} still holds on the same node")
        figures.at_most(f"a revoked {name} is felt on another node", until(elsewhere, sessions["own"], *asked), 2, " s")
        if name != "share":
            calls.must(give, given, sessions[ADMIN])


def measure(figures):
    with organisation.Postgresql() as postgresql:
        server, told = organisation.keep(DATABASE, postgresql, lambda fresh: Firm(postgresql, fresh).make(), "firm", ROWS)
        with server:
            firm = Firm(postgresql, server)
            firm.know(told)
            calls = Calls(server)
            sessions = {name: organisation.token(server, name) for name in (ADMIN, *DEPTHS)}
            measure_retrieve(figures, firm, calls, sessions)
            measure_list(figures, firm, calls, sessions)
            with Server(organisation.WORK / "access-elsewhere", organisation.PROGRAM, server.settings) as second:
                measure_revocation(figures, firm, calls, Calls(second), sessions)
