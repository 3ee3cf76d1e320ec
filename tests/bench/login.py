"""Whether the time of a failure tells who exists, and whether a crowd of guesses delays the others."""
import os
import statistics
import threading
import time

import organisation
from svyaz import wire, wsse
from svyaz.people import Administrator

TRIES = int(os.environ.get("BENCH_TRIES", "200"))
SECONDS = 60  # at most, for the tries of one way
GUESSERS = 60
# Guesses are neither slowed down nor stopped: their time is what is measured.
FREELY = ["login.delay_after=1000", "login.lock_after=1000", "login.source_failures=1000000"]


def failure(reply):
    fault = reply.fault()
    if fault is None or fault.get("code") not in ("CREDENTIALS_INVALID", "BUSY"):
        raise RuntimeError(f"a guess was answered {fault or reply.body[:200]}")
    return fault["code"]


def log_in(url, name):
    return wire.call(url, "Session", "Login",
                     f"<userName>{name}</userName><password>guess</password>")


def by_basic(url, name):
    return wire.call(url, "Session", "WhoAmI", headers=wire.basic(name, "guess"))


def by_digest(url, name):
    token = wsse.security(wsse.timestamp(), wsse.digest_token(name, "guess"))
    return wire.call(url, "Session", "WhoAmI", header=token)


def seconds_of(url, way, name):
    begin = time.perf_counter()
    failure(way(url, name))
    return time.perf_counter() - begin


def difference(url, way, name):
    """Milliseconds that a name that exists takes longer than one that does not: each is compared with the one
    tried next to it, first this one and then that one first, and the median counts. A slow machine tries less."""
    differences = []
    end = time.monotonic() + SECONDS
    while len(differences) < TRIES and time.monotonic() < end:
        if len(differences) % 2:
            nobody, known = seconds_of(url, way, "nobody"), seconds_of(url, way, name)
        else:
            known, nobody = seconds_of(url, way, name), seconds_of(url, way, "nobody")
        differences.append(known - nobody)
    return abs(statistics.median(differences)) * 1000


def guess_on(url, number, is_over, codes):
    tried = 0
    while not is_over.is_set():
        tried += 1
        codes.append(failure(log_in(url, f"nobody{number}x{tried}")))


def wait_of_others(url, seconds=10):
    """Milliseconds of the median and the slowest of a hundred: a session, while others guess."""
    token = wire.call(url, "Session", "Login", "<userName>anna</userName><password>Anna-secret-12"
                      "</password>").message().findtext("{*}result/{*}token")
    header = f'<Session xmlns="urn:svyaz:crm:1:Session"><token>{token}</token></Session>'
    is_over, codes, times = threading.Event(), [], []
    crowd = [threading.Thread(target=guess_on, args=(url, number, is_over, codes))
             for number in range(GUESSERS)]
    for thread in crowd:
        thread.start()
    time.sleep(1)
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        begin = time.perf_counter()
        if wire.call(url, "Session", "WhoAmI", header=header).fault() is not None:
            raise RuntimeError("a session was refused while others guessed")
        times.append((time.perf_counter() - begin) * 1000)
    is_over.set()
    for thread in crowd:
        thread.join()
    return statistics.median(times), statistics.quantiles(times, n=100)[98], codes


def measure(figures):
    server = organisation.make("login", settings=FREELY)
    with server:
        administrator = Administrator(server.url)
        person = administrator.make_user("anna")
        administrator.set_password(person, "Anna-secret-12")
        program = administrator.make_user("erp", True)
        administrator.set_secret(program)
        shut = administrator.make_user("boris")
        administrator.set_password(shut, "Boris-secret-12")
        administrator.call("SystemUser", "UpdateSystemUser", f"<systemUser><id>{shut}</id>"
                           "<isDisabled>true</isDisabled></systemUser>")
        for name, way, user in (("login of a user", log_in, "anna"),
                                ("login of a disabled user", log_in, "boris"),
                                ("Basic of a program", by_basic, "erp"),
                                ("digest of a program", by_digest, "erp"),
                                ("digest of a person", by_digest, "anna")):
            figures.at_most(f"{name} against nobody's", difference(server.url, way, user), 20, " ms")
        middle, slow, codes = wait_of_others(server.url)
        figures.note(f"{len(codes)} guesses in turn, {codes.count('BUSY')} of them refused as BUSY")
        figures.note(f"a session while {GUESSERS} guess: median {middle:.1f} ms")
        figures.at_most(f"the slowest of a hundred while {GUESSERS} guess", slow, 500, " ms")
