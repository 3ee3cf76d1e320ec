"""Jobs whose nodes are killed: each row is done once, and what is told of the jobs is what the tables hold.

Every second row changes the record of the one before it, so an account that has version 2 was created once and
changed once; a row that was done twice would leave two of the name, or version 3.
"""
import contextlib
import random
import time

from lxml import etree

from svyaz import wire
from svyaz.client import Calls
from svyaz.sender import Lost, Sender, Write
from svyaz.server import ADMIN, PASSWORD, Server

PLACES = ("job_commit:kill:1", "job_rows:kill:1", "job_commit:kill:2", "job_rows:kill:2",
          "job_commit:fail:1", "job_rows:fail:1", "job_commit:fail:2")
PATIENCE = 300  # seconds until a job must have ended: CI may be slow
PART = 2000      # accounts in one message
ENDED = ("completed", "failed", "canceled")


def field(name, value):
    return f"<BatchField><name>{name}</name><value>{value}</value></BatchField>"


def rows_of(name, accounts):
    """Rows that create accounts of these numbers and change each."""
    return "".join(
        f"<BatchRow><tag>{number}</tag><operation>create</operation><entity>Account</entity>"
        f"<fields>{field('name', f'{name} {number}')}</fields></BatchRow>"
        f"<BatchRow><operation>update</operation><entity>Account</entity><resultOf>{number}</resultOf>"
        f"<fields>{field('numberOfEmployees', number)}</fields></BatchRow>"
        for number in accounts)


class Jobs:
    """Submits, watches and judges jobs, whichever servers are up."""

    def __init__(self, engine, servers):
        self.engine, self.servers = engine, servers
        self.token = Calls(servers[0]).login(ADMIN, PASSWORD)
        self.sender = Sender(servers)
        self.count = 0

    def write(self, operation, content):
        self.count += 1
        return Write("Jobs", operation, content, f"jobs-{self.count}", self.token)

    def ask(self, operation, content):
        reply = self.sender.send(self.write(operation, content))
        if reply.code:
            raise RuntimeError(f"{operation}: {reply.body!r}")
        return etree.fromstring(reply.body, wire.SAFE)

    def submit(self, name, accounts, waits="false"):
        """In as many messages as it takes."""
        parts = [range(first, min(accounts, first + PART)) for first in range(0, accounts, PART)]
        is_suspended = "true" if len(parts) > 1 else waits
        message = self.ask("SubmitBatch", f"<rows>{rows_of(name, parts[0])}</rows><name>{name}</name>"
                           f"<suspended>{is_suspended}</suspended>")
        job = message.findtext(".//{*}job/{*}id")
        for part in parts[1:]:
            self.ask("AddJobRows", f"<jobId>{job}</jobId><rows>{rows_of(name, part)}</rows>")
        if is_suspended != waits:
            self.ask("ResumeJob", f"<jobId>{job}</jobId>")
        return job

    def resume_once(self, job):
        """Perhaps the server ends before it answers."""
        with contextlib.suppress(Lost):
            self.sender.send_once(self.write("ResumeJob", f"<jobId>{job}</jobId>"), self.servers[0])

    def cancel(self, job):
        """One that is completed meanwhile cannot be."""
        reply = self.sender.send(self.write("CancelJob", f"<jobId>{job}</jobId>"))
        if reply.code not in (None, "STATE_INVALID"):
            raise RuntimeError(f"CancelJob: {reply.body!r}")

    def look(self, job):
        """State, rows done, rows not done."""
        message = self.ask("RetrieveJob", f"<jobId>{job}</jobId>")
        return (message.findtext(".//{*}state"), int(message.findtext(".//{*}succeeded")),
                int(message.findtext(".//{*}failed")))

    def wait(self, job):
        deadline = time.monotonic() + PATIENCE
        found = self.look(job)
        while found[0] not in ENDED:
            if time.monotonic() > deadline:
                raise RuntimeError(f"the job is still {found}")
            time.sleep(0.05)
            found = self.look(job)
        return found

    def results(self, job):
        """How many rows have a result, and how many have none, page by page."""
        run = waiting = after = 0
        more = "true"
        while more == "true":
            page = self.ask("RetrieveJobRows", f"<jobId>{job}</jobId><after>{after}</after><limit>70</limit>")
            found = page.findall(".//{*}JobRow")
            if [int(row.findtext("{*}number")) for row in found] != list(range(after + 1, after + len(found) + 1)):
                raise RuntimeError(f"the page after {after} has other rows")
            run += sum(row.find("{*}result") is not None for row in found)
            waiting += sum(row.find("{*}result") is None for row in found)
            after += len(found)
            more = page.findtext(".//{*}more")
        return run, waiting

    def accounts(self, name):
        """Versions of the accounts that a job made, by number."""
        cells = self.engine.cells(self.servers[0], {"account": ["name", "version"]})
        return sorted((int(row["name"].rpartition(" ")[2]), row["version"]) for row in cells["account"]
                      if row["name"].startswith(f"{name} "))

    def complaint_about(self, name, job, accounts):
        """A job whose rows were all to be done."""
        state, succeeded, failed = self.wait(job)
        wanted = [(number, 2) for number in range(accounts)]
        there = self.accounts(name)
        if (state, succeeded, failed) != ("completed", 2 * accounts, 0):
            return f"{name} is {state}, {succeeded} rows done and {failed} not"
        if there != wanted:
            return f"{name}: {sorted(set(there) ^ set(wanted))[:6]}, {len(there)} accounts of {accounts}"
        if self.results(job) != (2 * accounts, 0):
            return f"{name} tells of {self.results(job)} rows"
        return None

    def complaint_about_canceled(self, name, job, accounts):
        """A job that was cancelled somewhere: the first so many rows were done, and no others."""
        state, succeeded, failed = self.wait(job)
        there = self.accounts(name)
        wanted = [(number, 2) for number in range(succeeded // 2)] + [(succeeded // 2, 1)] * (succeeded % 2)
        if state not in ("canceled", "completed") or failed:
            return f"{name} is {state}, {failed} rows not done"
        if there != wanted:
            return f"{name}: {succeeded} rows told, and the accounts are {sorted(set(there) ^ set(wanted))[:6]}"
        if self.results(job) != (succeeded, 2 * accounts - succeeded):
            return f"{name} tells of {self.results(job)} rows, {succeeded} done"
        return None


def rage(jobs, waited, kills, kill, chance):
    """Kills while one of the jobs goes on, each time after some have moved; how often it did."""
    for done in range(kills):
        before = now = [jobs.look(job) for job in waited]
        while now == before and any(state not in ENDED for state, _, _ in now):
            time.sleep(0.02)
            now = [jobs.look(job) for job in waited]
        time.sleep(chance.random() * 0.2)
        if all(state in ENDED for state, _, _ in now):
            return done
        kill(chance)
    return kills


def prove_storm(tally, name, engine, servers, kill, chosen):
    jobs, chance = Jobs(engine, servers), random.Random(f"{chosen.seed}/jobs")
    accounts = chosen.job_rows // 2
    first, second = jobs.submit("first", accounts), jobs.submit("second", accounts // 2)
    canceled = jobs.submit("canceled", accounts)
    kills = rage(jobs, (canceled,), 1, kill, chance)
    jobs.cancel(canceled)
    kills += rage(jobs, (first, second), chosen.job_kills - kills, kill, chance)
    complaints = [jobs.complaint_about("first", first, accounts),
                  jobs.complaint_about("second", second, accounts // 2),
                  jobs.complaint_about_canceled("canceled", canceled, accounts)]
    tally.check(name, "\n".join(filter(None, complaints)) or None)
    print(f"    {sum(jobs.look(job)[1] for job in (first, second, canceled))} rows, {kills} kills", flush=True)


def complaint_about_place(engine, folder, template, place):
    """A job whose process ends, or whose step fails, at one place of a step; what went wrong, or None."""
    server = Server(folder)
    server.bootstrap(template)
    name, accounts = "interrupted", 60
    with server:
        jobs = Jobs(engine, [server])
        job = jobs.submit(name, accounts, "true")
    server.environment = {"CRM_INTERRUPT": place}
    with server:
        jobs.resume_once(job)
        if ":kill" in place:
            wait_for_end(server)
            server.kill()
            server.environment = {}
            server.start()
        complaint = jobs.complaint_about(name, job, accounts)
        if ":fail" in place and "Interrupted before" not in server.log():
            return "the job never came to that place"
        return complaint


def wait_for_end(server):
    deadline = time.monotonic() + PATIENCE
    while server.process.poll() is None:
        if time.monotonic() > deadline:
            raise Lost("the server did not end")
        time.sleep(0.02)


def prove_places(tally, engine, folder, template):
    for place in PLACES:
        tally.check(f"job/{place.replace(':', '/')}", complaint_about_place(engine, folder, template, place))
