#!/usr/bin/python3
"""The ways in, as honest clients use them, and every attack on them that we know of.   run.py

The base of an attack is a real message, signed by a real library.
"""
import argparse
import base64
import collections
import concurrent.futures
import http.client
import pathlib
import ssl
import sys

import xmlsec
from lxml import etree

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "support"))
sys.path.insert(0, str(HERE))
import clients  # noqa: E402
import wrapping  # noqa: E402
from svyaz import wire, wsse  # noqa: E402
from svyaz.patience import until_served  # noqa: E402
from svyaz.people import Administrator  # noqa: E402
from svyaz.server import ROOT, Server, hold_folder  # noqa: E402
from svyaz.tally import Tally  # noqa: E402

WORK = ROOT / "build" / "credentials"
WHO_AM_I = wsse.body_of("WhoAmI", "Session")
REFUSED = ("CREDENTIALS_INVALID",)
CAPTURED, AT_ONCE = 50, 6  # messages that are sent again; connections at the same time


class World:
    """A server with programs and people who can prove themselves."""

    def __init__(self, server):
        self.server = server
        self.administrator = Administrator(server.url)
        make = self.administrator.make_user
        self.person = make("anna")
        self.administrator.set_password(self.person, "Anna-secret-12")
        self.program = make("erp", True, "erp-integration")
        self.secret = self.administrator.set_secret(self.program)
        self.rsa = wsse.make_certificate(WORK / "keys", "rsa")
        self.curve = wsse.make_certificate(WORK / "keys", "curve", ("ec", "P-256"))
        self.stranger = wsse.make_certificate(WORK / "keys", "stranger")
        for _, certificate in (self.rsa, self.curve):
            self.administrator.register(self.program, certificate)
        self.signer = wsse.Signer(*self.rsa)

    @property
    def url(self):
        return self.server.url


def user_of(reply):
    """Who the server took somebody for, or the code of its fault."""
    if not reply.is_soap:
        return f"HTTP {reply.status}"
    fault = reply.fault()
    return fault.get("code") if fault is not None else reply.message().findtext(".//{*}userName")


def expect(reply, *wanted):
    got = user_of(reply)
    return None if got in wanted else f"{got} instead of {' or '.join(wanted)}: {reply.body[:600]}"


def ask(url, header="", headers=None):
    return wire.call(url, "Session", "WhoAmI", header=header, headers=headers)


# ---- secrets and digests ----

def prove_secrets(tally, world):
    url, secret = world.url, world.secret
    text = (f'<wsse:UsernameToken xmlns:wsse="{wsse.WSSE}"><wsse:Username>erp</wsse:Username>'
            f"<wsse:Password>{secret}</wsse:Password></wsse:UsernameToken>")
    stamp = wsse.timestamp()
    token = wsse.digest_token
    sent = {
        "secret-basic": (ask(url, headers=wire.basic("erp", secret)), "erp"),
        "secret-text": (ask(url, wsse.security(text)), "erp"),
        "secret-digest": (ask(url, wsse.security(stamp, token("erp", secret))), "erp"),
        "digest-upper-case-name": (ask(url, wsse.security(stamp, token("ERP", secret))), "erp"),
        "digest-of-person": (ask(url, wsse.security(stamp, token("anna", "Anna-secret-12"))),
                             *REFUSED),
        "digest-of-nobody": (ask(url, wsse.security(stamp, token("nobody", ""))), *REFUSED),
        "digest-of-empty": (ask(url, wsse.security(stamp, token("erp", ""))), *REFUSED),
        "digest-wrong": (ask(url, wsse.security(stamp, token("erp", secret[:-1]))), *REFUSED),
        "digest-without-timestamp": (ask(url, wsse.security(token("erp", secret))), *REFUSED),
        "digest-old": (ask(url, wsse.security(stamp, token("erp", secret, created=-3600))),
                       *REFUSED),
        "digest-future": (ask(url, wsse.security(stamp, token("erp", secret, created=3600))),
                          *REFUSED),
        "digest-no-moment": (ask(url, wsse.security(stamp, token("erp", secret, created="now"))),
                             *REFUSED),
        "digest-short-nonce": (ask(url, wsse.security(stamp, token("erp", secret, b"1234"))),
                               *REFUSED),
        "digest-long-nonce": (ask(url, wsse.security(stamp, token("erp", secret, b"x" * 129))),
                              *REFUSED),
        "digest-old-timestamp": (ask(url, wsse.security(wsse.timestamp(-900, -600),
                                                        token("erp", secret))), *REFUSED),
        "two-tokens": (ask(url, wsse.security(stamp, token("erp", secret), text)), *REFUSED),
        "two-ways-two-users": (ask(url, wsse.security(stamp, token("erp", secret)),
                                   wire.basic("anna", "Anna-secret-12")), *REFUSED),
        "login-with-secret": (wire.call(url, "Session", "Login",
                                        f"<userName>erp</userName><password>{secret}</password>"),
                              *REFUSED),
        "secret-of-another": (ask(url, headers=wire.basic("anna", secret)), *REFUSED),
    }
    for name, (reply, *wanted) in sent.items():
        tally.check(f"secret/{name}", expect(reply, *wanted))


def prove_new_secret(tally, world):
    old = world.secret
    world.secret = world.administrator.set_secret(world.program)
    tally.check("secret/old-one", expect(ask(world.url, headers=wire.basic("erp", old)), *REFUSED))
    tally.check("secret/new-one",
                expect(ask(world.url, headers=wire.basic("erp", world.secret)), "erp"))
    stored = b"".join(path.read_bytes() for path in world.server.folder.glob("svyaz.db*"))
    tally.check("secret/not-readable", "it lies in the database" if world.secret.encode() in stored
                else None)
    tally.check("secret/not-logged", "it lies in the log" if world.secret in world.server.log()
                else None)


def prove_lock(tally, world):
    """Whoever guesses shuts the name for passwords, and not the program out."""
    codes = {user_of(ask(world.url, headers=wire.basic("erp", f"guess {number}")))
             for number in range(8)}
    tally.check("lock/guesses", None if "TOO_MANY_ATTEMPTS" in codes else f"{codes}")
    tally.check("lock/secret", expect(ask(world.url, headers=wire.basic("erp", world.secret)), "erp"))
    token = wsse.security(wsse.timestamp(), wsse.digest_token("erp", world.secret))
    tally.check("lock/digest", expect(ask(world.url, token), "erp"))


# ---- signatures ----

def targets_of(message, which):
    one = {"body": "soap:Body", "timestamp": ".//wsu:Timestamp"}[which]
    return [message.find(one, wsse.NAMES)]


def sign(world, stamp=None, targets=None, headers="", **how):
    message = world.signer.message(WHO_AM_I, stamp, headers)
    if isinstance(targets, str):
        targets = targets_of(message, targets)
    return world.signer.sign(message, targets, **how)


def prove_signatures(tally, world):
    send = lambda message: wsse.send(world.url, "Session", message)  # noqa: E731
    tally.check("signature/rsa", expect(send(sign(world)), "erp"))
    tally.check("signature/rsa-sha512", expect(send(sign(
        world, method=xmlsec.Transform.RSA_SHA512, digest=xmlsec.Transform.SHA512)), "erp"))
    curve = wsse.Signer(*world.curve)
    tally.check("signature/ecdsa", expect(send(curve.signed(
        WHO_AM_I, method=xmlsec.Transform.ECDSA_SHA256)), "erp"))
    request = ('<Request xmlns="urn:svyaz:crm:1:Session" '
               f'xmlns:wsu="{wsse.WSU}" wsu:Id="Request-1"><language>ru</language></Request>')
    message = world.signer.message(WHO_AM_I, headers=request)
    wanted = [message.find(path, wsse.NAMES) for path in
              ("soap:Body", ".//wsu:Timestamp", "soap:Header/{*}Request")]
    tally.check("signature/request-header", expect(send(world.signer.sign(message, wanted)), "erp"))
    stranger = wsse.Signer(*world.stranger)
    tally.check("signature/of-a-stranger", expect(send(stranger.signed(WHO_AM_I)), *REFUSED))
    forged = wsse.Signer(world.stranger[0], world.rsa[1])
    tally.check("signature/with-another-key", expect(send(forged.signed(WHO_AM_I)), *REFUSED))
    hmac = xmlsec.Key.from_binary_data(
        xmlsec.KeyData.HMAC, base64.b64decode(wsse.der_of(world.rsa[1])))
    tally.check("signature/hmac-by-certificate", expect(send(sign(
        world, method=xmlsec.Transform.HMAC_SHA256, key=hmac)), *REFUSED))
    for name, how in wrapping.SIGNED_BADLY.items():
        tally.check(f"signature/{name}", expect(send(sign(world, **how)), *REFUSED))


def prove_wrapping(tally, world):
    """Nothing that is spoilt runs; and what was not spoilt does, so that this proves something."""
    tally.check("wrapping/unspoilt", expect(wsse.send(world.url, "All", sign(world)), "erp"))
    spoilt = {function.__name__.replace("_", "-"): function for function in wrapping.SPOILT}
    wrong = ("CREDENTIALS_INVALID", "NOT_AUTHENTICATED", "SOAP_INVALID", "XML_INVALID")
    for name, function in (spoilt | wrapping.FORMS).items():
        message = etree.fromstring(etree.tostring(sign(world)))
        tally.check(f"wrapping/{name}",
                    expect(wsse.send(world.url, "All", function(message)), *wrong))


# ---- replay ----

def prove_replay(tally, world):
    """What was sent once is not taken again: here, by another process, after a restart."""
    signed = etree.tostring(sign(world))
    nonce = b"0123456789abcdef"
    digest = wsse.security(wsse.timestamp(), wsse.digest_token("erp", world.secret, nonce))
    tally.check("replay/signed-once", expect(wsse.send(world.url, "Session", signed), "erp"))
    tally.check("replay/digest-once", expect(ask(world.url, digest), "erp"))
    other = Server(WORK / "firm", settings=world.server.settings)
    with other:
        for name, url in (("here", world.url), ("elsewhere", other.url)):
            prove_taken(tally, name, url, signed, digest)
        spaced = digest.replace("</wsse:Nonce>", " </wsse:Nonce>")
        tally.check("replay/nonce-spaced", expect(ask(other.url, spaced), *REFUSED))
        inside = wsse.security(wsse.timestamp(),
                               wsse.digest_token("erp", world.secret, nonce, spoil=" "))
        tally.check("replay/nonce-spaced-inside", expect(ask(other.url, inside), *REFUSED))
        again = wsse.security(wsse.timestamp(), wsse.digest_token("erp", world.secret, nonce))
        tally.check("replay/nonce-used-anew", expect(ask(other.url, again), *REFUSED))
    world.server.stop()
    world.server.start()
    prove_taken(tally, "restarted", world.url, signed, digest)


def prove_flood(tally, world, replays):
    """Captured messages come again and again, on both of two nodes, from many connections."""
    captured = [etree.tostring(sign(world)) for _ in range(CAPTURED)]
    taken = [user_of(wsse.send(world.url, "Session", message)) for message in captured]
    tally.check("replay/captured", None if set(taken) == {"erp"} else f"of those sent once {set(taken)} came")
    with Server(WORK / "firm", settings=world.server.settings) as other:
        places = (world.url, other.url)

        def replay(number):
            return user_of(wsse.send(places[number % len(places)], "Session", captured[number // 2 % CAPTURED]))
        with concurrent.futures.ThreadPoolExecutor(AT_ONCE) as pool:
            answers = collections.Counter(pool.map(replay, range(replays)))
    tally.check("replay/flood", None if set(answers) == set(REFUSED) else f"{replays} replays were answered {answers}")


def prove_taken(tally, name, url, signed, digest):
    tally.check(f"replay/signed-{name}", expect(wsse.send(url, "Session", signed), *REFUSED))
    tally.check(f"replay/digest-{name}", expect(ask(url, digest), *REFUSED))


# ---- TLS ----

def ask_by_tls(port, certificate=None, headers=None):
    return until_served(lambda: send_by_tls(port, certificate, headers))


def send_by_tls(port, certificate, headers):
    context = ssl.create_default_context(cafile=str(WORK / "keys" / "server.pem"))
    context.check_hostname = False
    if certificate:
        context.load_cert_chain(certificate[1], certificate[0])
    connection = http.client.HTTPSConnection("127.0.0.1", port, context=context, timeout=60)
    lines = wire.content_type("1.1", "WhoAmI") | (headers or {})
    connection.request("POST", "/soap/Session", wire.envelope(WHO_AM_I), lines)
    answer = connection.getresponse()
    reply = wire.Reply(answer.status, answer.headers, answer.read())
    connection.close()
    return reply


def prove_tls(tally, world, port):
    tally.check("tls/certificate", expect(ask_by_tls(port, world.rsa), "erp"))
    tally.check("tls/none", expect(ask_by_tls(port), "NOT_AUTHENTICATED"))
    tally.check("tls/of-a-stranger", expect(ask_by_tls(port, world.stranger), *REFUSED))
    tally.check("tls/and-password", expect(
        ask_by_tls(port, world.rsa, wire.basic("erp", world.secret)), "erp"))
    tally.check("tls/and-another", expect(
        ask_by_tls(port, world.rsa, wire.basic("anna", "Anna-secret-12")), *REFUSED))
    fingerprint = world.administrator.call(
        "Security", "RetrieveApplicationCredentials", f"<userId>{world.program}</userId>"
    ).findtext(".//{*}ApplicationCertificate/{*}fingerprint")
    world.administrator.call("Security", "RemoveCertificate",
                             f"<fingerprint>{fingerprint}</fingerprint>")
    tally.check("tls/removed", expect(ask_by_tls(port, world.rsa), *REFUSED))
    tally.check("tls/removed-signature", expect(
        wsse.send(world.url, "Session", sign(world)), *REFUSED))


def main():
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--replays", type=int, default=400, help="of captured messages")
    chosen = arguments.parse_args()
    lock = hold_folder(WORK)
    tally = Tally()
    certificate = wsse.make_certificate(WORK / "keys", "server")
    server = Server(WORK / "firm", settings=[
        "http.tls_listen=127.0.0.1:0", f"http.tls_certificate={certificate[1]}",
        f"http.tls_key={certificate[0]}", "http.tls_client_certificates=true"])
    server.bootstrap()
    with server:
        world = World(server)
        prove_secrets(tally, world)
        prove_new_secret(tally, world)
        prove_signatures(tally, world)
        prove_wrapping(tally, world)
        clients.prove(tally, world, WORK)
        prove_lock(tally, world)
        prove_tls(tally, world, server.tls_port)
        world.administrator.register(world.program, world.rsa[1])
        prove_replay(tally, world)
        prove_flood(tally, world, chosen.replays)
    tally.check("sanitizers", server.report() or None)
    lock.close()
    tally.end()


main()
