"""Tickets of an MIT KDC, by HTTP Negotiate."""
import base64
import os
import re
import subprocess
import time

import requests
import requests_kerberos
import zeep

from office import WRONG, Office, differs, session
from svyaz import raw, wire
from svyaz.authority import Authority
from svyaz.kerberos import REALM, Realm, negotiate
from svyaz.openldap import BASE, PEOPLE, OpenLdap, group, person
from svyaz.server import ADMIN, PASSWORD
from svyaz.stage import username_token
from with_openldap import settings as directory_settings

ANNA, KIRA = "Anna-Kerberos-1", "Kira-Kerberos-1"
KERBEROS = bytes.fromhex("06092a864886f712010202")  # the mechanism, as an object identifier
SKEW = 2  # seconds, so that a ticket can run out while a test waits


def settings(keytab, **others):
    chosen = {"keytab": keytab, "service": "HTTP@localhost"} | others
    return [f"kerberos.{key}={value}" for key, value in chosen.items()]


def prove_tickets(tally, office, realm):
    anna = realm.tickets("anna", ANNA)
    tally.check("good-ticket", differs(office.who(anna.line()), "anna"))
    plain = office.ask("Session", "WhoAmI")
    tally.check("both-ways-are-offered", differs(
        sorted(value.split()[0] for value in plain.headers.get_all("WWW-Authenticate")), ["Basic", "Negotiate"]))
    tally.check("unknown-principal", differs(office.who(realm.tickets("ghost", "Ghost-1").line()), WRONG))
    tally.check("principal-with-an-instance", differs(office.who(realm.tickets("anna/admin", ANNA).line()), WRONG))
    tally.check("ticket-for-another-service", differs(office.who(anna.line("imap@localhost")), WRONG))
    tally.check("disabled-user", differs(office.who(realm.tickets("dora", "Dora-1").line()), WRONG))
    tally.check("long-message", differs(long_who(office, anna.line()), "anna"))
    tally.check("not-in-the-log", None if not re.search("Negotiate [A-Za-z0-9+/]{20}", office.log()) else
                "a token is in the log")


def long_who(office, line):
    """As who() does, by a message whose beginning has to say who sends it: the one ticket is asked for twice."""
    body = wire.envelope('<WhoAmI xmlns="urn:svyaz:crm:1:Session"/>' + " " * 200000)
    reply = wire.send(f"{office.url}/soap/Session", "POST", body, {"Content-Type": "text/xml"} | line)
    return reply.message().findtext(".//{*}userName") or reply.fault()["code"]


def prove_mutual(tally, office, realm):
    """The answer, a fault too, carries what proves the server to the client."""
    anna = realm.tickets("anna", ANNA)
    for name, operation, service in (("answer", "WhoAmI", "Session"), ("fault", "RetrieveMultipleRole", "Role")):
        context = anna.context()
        reply = office.ask(service, operation, headers=negotiate(context.step()))
        offered = reply.headers.get("WWW-Authenticate", "")
        tally.check(f"mutual-{name}-has-a-token", differs(offered.split(" ")[0], "Negotiate"))
        context.step(base64.b64decode(offered.split(" ")[-1]))
        tally.check(f"mutual-{name}", differs(context.complete, True))
    tally.check("mutual-was-a-fault", differs(reply.fault()["code"], "NOT_ALLOWED"))


def unwrapped(line):
    """The token without SPNEGO around it, as it may be sent too (RFC 2743, 3.1)."""
    token = base64.b64decode(line["Authorization"].split(" ")[-1])
    at = token.index(KERBEROS + b"\x01\x00") - 4
    if token[at:at + 2] != b"\x60\x82":
        raise ValueError("not the token that a KDC of ours makes")
    return negotiate(token[at:at + 4 + int.from_bytes(token[at + 2:at + 4], "big")])


def prove_replay(tally, office, realm, work, keytab):
    """What was taken is remembered by the database, so by every node: the other has only that of the first."""
    anna = realm.tickets("anna", ANNA)
    bare = unwrapped(anna.line())
    tally.check("unwrapped", differs(office.who(bare), "anna"))
    tally.check("unwrapped-replayed", differs(office.who(bare), WRONG))
    line = anna.line()
    tally.check("first-use", differs(office.who(line), "anna"))
    tally.check("replayed", differs(office.who(line), WRONG))
    tally.check("replayed-unwrapped", differs(office.who(unwrapped(line)), WRONG))
    tally.check("replay-in-the-log", None if "its ticket has been used" in office.log() else "the log does not say so")
    office.stop()
    with Office.of(work / "node", office.folder, settings(keytab)) as node:
        tally.check("replayed-on-another-node", differs(node.who(line), WRONG))
        tally.check("the-next-one-on-another-node", differs(node.who(anna.line()), "anna"))
    office.start()
    tally.check("replayed-after-a-restart", differs(office.who(line), WRONG))


def prove_expired(tally, office, realm):
    anna = realm.tickets("anna", ANNA, "-l", "3s")
    line = anna.line()
    time.sleep(3 + 2 * SKEW)
    tally.check("expired-ticket", differs(office.who(line), WRONG))
    tally.check("expired-cause", None if "icket expired" in office.log() else "the log does not say so")


def prove_bad_tokens(tally, office):
    tokens = {"ntlm": b"NTLMSSP\0\1\0\0\0\7\x82\x08\xa2" + bytes(24), "garbage": bytes(range(200)), "one-byte": b"\x60"}
    for name, token in tokens.items():
        tally.check(name, differs(office.who(negotiate(token)), WRONG))
    for name, line in {"no-base64": "Negotiate !!!!", "empty": "Negotiate ", "bare": "Negotiate", "other-scheme": "NTLM AAAA"}.items():
        tally.check(name, differs(office.who({"Authorization": line}), WRONG))


def prove_together(tally, office, realm):
    """Several credentials: all must be valid and name one user."""
    anna = realm.tickets("anna", ANNA)
    token = office.login(ADMIN, PASSWORD)
    tally.check("ticket-and-the-same-user's-token", differs(
        office.who(anna.line(), username_token("anna", "Anna-local-1")), "anna"))
    tally.check("ticket-and-another's-token", differs(office.who(anna.line(), username_token(ADMIN, PASSWORD)), WRONG))
    tally.check("ticket-and-another's-session", differs(office.who(anna.line(), session(token)), WRONG))
    tally.check("ticket-and-a-wrong-password", differs(office.who(anna.line(), username_token("anna", "no")), WRONG))
    body = wire.envelope('<WhoAmI xmlns="urn:svyaz:crm:1:Session"/>')
    lines = [f"Authorization: {anna.line()['Authorization']}", f"Authorization: {wire.basic(ADMIN, PASSWORD)['Authorization']}"]
    status = raw_status(office, lines, body)
    tally.check("ticket-and-basic-in-two-lines", differs(status, 400))


def raw_status(office, lines, body):
    head = "\r\n".join(["POST /soap/Session HTTP/1.1", f"Host: 127.0.0.1:{office.port}",
                        "Content-Type: text/xml; charset=utf-8", f"Content-Length: {len(body)}", *lines, "", ""])
    return raw.ask(office.port, head.encode() + body).status


def prove_clients(tally, office, realm, work):
    """curl and zeep, as people use them."""
    anna = realm.tickets("anna", ANNA)
    message = work / "who.xml"
    message.write_bytes(wire.envelope('<WhoAmI xmlns="urn:svyaz:crm:1:Session"/>'))
    url = f"http://localhost:{office.port}/soap/Session"
    said = subprocess.run(
        ["curl", "-sS", "--negotiate", "-u", ":", "-H", "Content-Type: text/xml", "--data-binary", f"@{message}", url],
        capture_output=True, text=True, timeout=60, env=os.environ | {"KRB5CCNAME": anna.cache})
    tally.check("curl", None if "<userName>anna</userName>" in said.stdout else said.stdout + said.stderr)
    os.environ["KRB5CCNAME"] = anna.cache
    with requests.Session() as http:
        client = zeep.Client(f"{url}?wsdl", transport=zeep.Transport(session=http))
        http.auth = requests_kerberos.HTTPKerberosAuth(mutual_authentication=requests_kerberos.REQUIRED)
        tally.check("zeep", differs(client.service.WhoAmI().userName, "anna"))
    del os.environ["KRB5CCNAME"]


def prove_keys_that_are_away(tally, office, realm, keytab):
    """The server's own trouble is nobody's bad ticket."""
    anna = realm.tickets("anna", ANNA)
    aside = keytab.rename(f"{keytab}.aside")
    tally.check("without-keys", differs(office.who(anna.line()), "BUSY"))
    aside.rename(keytab)
    tally.check("with-keys-again", differs(office.who(anna.line()), "anna"))


def prove_realms(tally, work, template, realm, keytab):
    anna = realm.tickets("anna", ANNA)
    with Office.of(work / "realms", template, settings(keytab, realms="OTHER.TEST")) as office:
        tally.check("realm-that-is-not-taken", differs(office.who(anna.line()), WRONG))
    with Office.of(work / "names", template, settings(keytab, user_name="{name}@{realm}")) as office:
        office.add_user(f"anna@{REALM.lower()}")
        tally.check("names-with-realm", differs(office.who(anna.line()), f"anna@{REALM.lower()}"))
    with Office.of(work / "none", template, []) as office:
        tally.check("not-configured", differs(office.who(anna.line()), WRONG))
        tally.check("not-offered", differs(
            office.ask("Session", "WhoAmI").headers.get_all("WWW-Authenticate"),
            ['Basic realm="Svyaz", charset="UTF-8"']))
    for name, chosen in {"keytab": ["kerberos.keytab=/nowhere"], "no-key": settings(keytab, service="ftp@localhost")}.items():
        office = Office.of(work / "bad", template, chosen)
        try:
            office.start()
            office.stop()
            complaint = "it starts"
        except RuntimeError as reason:
            complaint = None if "kerberos.keytab" in str(reason) else str(reason)
        tally.check(f"setting-{name}", complaint)


def prove_provisioning(tally, work, template, realm, keytab):
    """A ticket of somebody whom only the directory knows makes him a user; gone there, he is out."""
    with OpenLdap(work / "slapd", Authority(work / "authority")) as directory:
        directory.add(BASE)
        directory.add(person("kira", "Kira-Secret-1", "Kira", "Orlova", "kira@example.com") + person("lena", "Lena-Secret-1"))
        directory.add(group("sales", "kira"))
        chosen = [*settings(keytab), *directory_settings(directory, directory.url, recheck="1 s")]
        with Office.of(work / "provisioning", template, chosen) as office:
            office.map_group("sales", office.role("Salesperson"))
            kira = realm.tickets("kira", KIRA)
            tally.check("made-by-a-ticket", differs(office.who(kira.line()), "kira"))
            tally.check("with-names", differs(office.user("kira"), ("Kira", "Orlova", "kira@example.com")))
            tally.check("in-no-group", differs(office.who(realm.tickets("lena", "Lena-1").line()), WRONG))
            tally.check("local-user-besides", differs(office.who(realm.tickets("anna", ANNA).line()), "anna"))
            directory.delete(f"uid=kira,{PEOPLE}")
            office.wait_until(lambda: office.who(kira.line()) == WRONG)
            tally.check("gone-from-the-directory", differs(office.who(kira.line()), WRONG))


def run(tally, work, program):
    with Realm(work / "realm", SKEW) as realm:
        for principal, password in (("anna", ANNA), ("anna/admin", ANNA), ("ghost", "Ghost-1"), ("dora", "Dora-1"),
                                    ("kira", KIRA), ("lena", "Lena-1")):
            realm.add(principal, password)
        keytab = realm.keytab("service.keytab", "HTTP/localhost", "imap/localhost")
        with Office.fresh(work / "template", program, settings(keytab)) as office:
            office.add_user("anna", "Anna-local-1")
            office.disable(office.add_user("dora"))
            prove_tickets(tally, office, realm)
            prove_mutual(tally, office, realm)
            prove_replay(tally, office, realm, work, keytab)
            prove_expired(tally, office, realm)
            prove_bad_tokens(tally, office)
            prove_together(tally, office, realm)
            prove_clients(tally, office, realm, work)
            prove_keys_that_are_away(tally, office, realm, keytab)
        prove_realms(tally, work, work / "template", realm, keytab)
        prove_provisioning(tally, work, work / "template", realm, keytab)
