#!/usr/bin/python3
"""Changes are brought to whoever subscribed: what is told, refused, repeated, parked.   run.py [SCENE]..."""
import itertools
import pathlib
import sys
import threading

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "support"))
import answers  # noqa: E402
from firm import SETTINGS, Firm, Unmet, expect, interest, texts, until  # noqa: E402
from svyaz import wire  # noqa: E402
from svyaz.authority import Authority  # noqa: E402
from svyaz.client import Refused, element  # noqa: E402
from svyaz.endpoint import Endpoint, ack, fault  # noqa: E402
from svyaz.people import Administrator  # noqa: E402
from svyaz.server import ROOT, hold_folder  # noqa: E402
from svyaz.tally import Tally  # noqa: E402
from toolkit import Toolkit, start_node, start_php  # noqa: E402

WORK = ROOT / "build" / "push"
PROGRAM = "build/check/crmd"


def versions(endpoint, account):
    return [change.version for change in endpoint.changes() if change.id == account]


# ---- what is told ----

def told(firm):
    """Kinds, names of fields, present values, who did it; what was not asked for is not told."""
    asked = interest(columns=["name", "creditLimit", "owner"]) + interest("Task", kinds=["created"])
    with Endpoint() as endpoint, firm.subscription(endpoint.url, asked) as subscription:
        account = firm.create("Ромашка & <Co>")
        firm.update(account, creditLimit="12.50")
        task = firm.call("CreateTask", "<task><subject>call</subject></task>").text("id")
        firm.call("UpdateTask", f"<task>{element('id', task)}<subject>later</subject></task>")
        firm.call("CreateContact", "<contact><lastName>Nobody's</lastName></contact>")
        firm.delete(account)
        until("all four came", lambda: len(endpoint.changes()) >= 4)
        found = endpoint.changes()
        expect("kinds", [change.kind for change in found], ["created", "updated", "created", "deleted"])
        expect("entities", [change.entity for change in found], ["Account", "Account", "Task", "Account"])
        expect("fields", found[1].fields, ["creditLimit", "creditLimitBase"])
        expect("no values of what was not asked for", found[2].values, {})
        expect("no values of what is gone", found[3].values, {})
        expect("delivered", until("counted", lambda: subscription.state("delivered") == "4"), True)
        expect("its own words", endpoint.messages[0].headers["SOAPAction"], '"urn:svyaz:crm:1:Notification/Notify"')
        expect("agent", endpoint.messages[0].headers["User-Agent"], "Svyaz")
    with Endpoint() as endpoint, firm.subscription(endpoint.url, asked):
        account = firm.create("Василёк", creditLimit="1.00")
        values = until("values came", lambda: [change.values for change in endpoint.changes()])[0]
        expect("values", (values["name"], values["creditLimit"]), ("Василёк", "1.0000"))
        expect("the owner", bool(values["owner"]), True)


def by_field_and_kind(firm):
    """Updates count only where a field of interest changed; deletions always, unless kinds leave them out."""
    by_field = interest(fields=["name"])
    by_kind = interest(kinds=["deleted"])
    with (Endpoint() as named, Endpoint() as ended, firm.subscription(named.url, by_field),
          firm.subscription(ended.url, by_kind)):
        account = firm.create("A")
        firm.update(account, telephone1="1")
        firm.update(account, name="B")
        firm.delete(account)
        until("the deletion came to both", lambda: named.changes() and ended.changes()
              and named.changes()[-1].kind == "deleted")
        expect("by field", versions(named, account), [1, 3, 3])
        expect("by kind", [change.kind for change in ended.changes()], ["deleted"])


def own_changes(firm):
    """What the subscriber did himself through the same application is left out; the rest is not."""
    def header(application):
        return f'<Request xmlns="urn:svyaz:crm:1:%s"><application>{application}</application></Request>'
    def ask(service, operation, content, application):
        return wire.call(firm.server.url, service, operation, content, header=header(application) % service,
                         headers=wire.basic("admin", "Correct-horse-7-staple"))
    with Endpoint() as endpoint:
        made = ask("Subscriptions", "Subscribe",
                   f"<subscription><url>{endpoint.url}</url><interests>{interest()}</interests>"
                   "<skipOwn>true</skipOwn></subscription>", "ERP").message().findtext(".//{*}id")
        ask("Account", "CreateAccount", "<account><name>mine</name></account>", "ERP")
        other = ask("Account", "CreateAccount", "<account><name>not mine</name></account>", "Other").message()
        until("the other's came", endpoint.changes)
        expect("ids", [change.id for change in endpoint.changes()], [other.findtext(".//{*}id")])
        expect("application", endpoint.changes()[0].application, "Other")
        firm.call("Unsubscribe", element("subscriptionId", made))


def in_order(firm):
    """Many changes in small messages: each once, each in its turn, sequences that grow."""
    with Endpoint() as endpoint, firm.subscription(endpoint.url, extra="<changesPerMessage>7</changesPerMessage>"):
        accounts = [firm.create(f"A{number}") for number in range(4)]
        for number in range(2, 12):
            for account in accounts:
                firm.update(account, telephone1=str(number))
        until("all came", lambda: len(endpoint.changes()) >= 44)
        for account in accounts:
            expect("versions", versions(endpoint, account), list(range(1, 12)))
        sequences = [change.sequence for change in endpoint.changes()]
        expect("sequences", sequences, sorted(set(sequences)))
        expect("sizes", max(len(message.changes) for message in endpoint.messages) <= 7, True)


def served_by(firm, name, start):
    """An endpoint that a toolkit made from the WSDL takes all, typed, and its answer is taken for what it is."""
    with Toolkit(WORK / name, firm.server.url, start) as endpoint, \
            firm.subscription(endpoint.url, interest(columns=["name"])) as subscription:
        account = firm.create("Ромашка & <Co>")
        firm.update(account, name="Василёк")
        firm.delete(account)
        until("all came", lambda: len(endpoint.changes()) >= 3)
        found = endpoint.changes()
        expect("what it read", [change[1:5] for change in found],
               [["created", "Account", account, 1], ["updated", "Account", account, 2], ["deleted", "Account", account, 2]])
        expect("the value", found[0][5] in ("Ромашка & <Co>", "Василёк", None), True)
        until("its answer was taken", lambda: subscription.state("delivered") == "3")
        expect("nothing came twice", len(endpoint.changes()), 3)


def served_by_php(firm):
    served_by(firm, "php", start_php)


def served_by_node(firm):
    served_by(firm, "node", start_node)


# ---- what is not taken ----

def is_poison(message):
    return any("poison" in (change.values.get("name") or "") for change in message.changes)


def parked(firm):
    """What is refused again and again is parked, and what follows of its record; the rest goes on. It can be
    replayed, in order, and dropped."""
    is_cured = threading.Event()
    columns = interest(columns=["name"])
    with Endpoint(lambda message: (500, fault("poison")) if is_poison(message) and not is_cured.is_set()
                  else (200, ack())) as endpoint, \
            firm.subscription(endpoint.url, columns, extra="<parkAfter>2</parkAfter>") as subscription:
        sick, well = firm.create("poison"), firm.create("well")
        for number in range(3):
            firm.update(sick, telephone1=str(number))
            firm.update(well, telephone1=str(number))
        until("the healthy went on", lambda: versions(endpoint, well)[-1:] == [4])
        until("all of the sick were parked", lambda: len(subscription.letters()) == 4)
        letters = subscription.letters()
        expect("whose", {identifier for _, identifier, _ in letters}, {sick})
        expect("reason", "poison" in letters[0][2] and "earlier" in letters[1][2], True)
        expect("counted", subscription.state("deadLetters"), "4")
        # Still refused: they stay, and no later one overtakes them.
        subscription.must("ReplayDeadLetters", texts("sequences", [letters[1][0]]))
        until("refused again", lambda: "poison" in (subscription.state("lastError") or ""))
        is_cured.set()
        before = len(endpoint.changes())
        subscription.must("ReplayDeadLetters", texts("sequences", [letters[1][0]]))
        until("two are left", lambda: len(subscription.letters()) == 2)
        replayed = [change.sequence for change in endpoint.changes()[before:] if change.id == sick]
        expect("replayed in order", sorted(set(replayed)), [letters[0][0], letters[1][0]])
        expect("and told so", {change.sequence for message in endpoint.messages if message.is_replayed
                               for change in message.changes}, set(replayed))
        expect("dropped", subscription.must("DropDeadLetters", texts("sequences", [letters[2][0]])).text("count"), "1")
        subscription.must("ReplayDeadLetters")
        until("none is left", lambda: not subscription.letters())
        firm.update(sick, telephone1="new")
        until("its changes come again", lambda: versions(endpoint, sick)[-1:] == [5])


def never_parked(firm):
    """Without parking, and for answers that are about place and time, the same comes again without end."""
    answer = {"now": (200, ack("false"))}
    with Endpoint(lambda message: answer["now"]) as endpoint, \
            firm.subscription(endpoint.url, extra="<parkAfter>1</parkAfter>") as subscription:
        account = firm.create("A")
        for status in (200, 302, 401, 403, 404, 405, 408, 429, 502, 503, 504):
            answer["now"] = (status, ack("false"))
            asked = len(endpoint.messages)
            until(f"HTTP {status} is tried again", lambda: len(endpoint.messages) >= asked + 3)
        expect("none parked", subscription.letters(), [])
        expect("attempts are told", int(subscription.state("attempts")) > 0, True)
        expect("and the error", bool(subscription.state("lastError")), True)
        answer["now"] = (200, ack())
        until("taken", lambda: subscription.state("delivered") == "1")
        expect("always the same", set(versions(endpoint, account)), {1})
        expect("attempts begin anew", (subscription.state("attempts"), subscription.state("lastError")), ("0", None))
        answer["now"] = (500, fault())
        with firm.subscription(endpoint.url, extra="<parkAfter>0</parkAfter>") as other:
            firm.create("B")
            asked = len(endpoint.messages)
            until("tried again", lambda: len(endpoint.messages) >= asked + 6)
            expect("not parked", other.letters(), [])


def not_there(firm):
    """An endpoint that is away gets everything when it is back, from the first to the last."""
    endpoint = Endpoint()
    with endpoint:
        pass  # a port that nobody serves
    with firm.subscription(endpoint.url) as subscription:
        account = firm.create("A")
        for number in range(5):
            firm.update(account, telephone1=str(number))
        until("attempts", lambda: int(subscription.state("attempts") or 0) >= 3)
        with endpoint:
            until("all came", lambda: len(set(versions(endpoint, account))) == 6)
            expect("in order", versions(endpoint, account), list(range(1, 7)))


def lies(firm):
    """Whatever is answered: nothing is taken for an acknowledgement that is none, and the server lives."""
    answer = {}
    with Endpoint(lambda message: answer["now"]) as endpoint, \
            firm.subscription(endpoint.url, extra="<parkAfter>0</parkAfter>") as subscription:
        for name, raw in answers.HOSTILE.items():
            answer["now"] = raw
            delivered = subscription.state("delivered")
            firm.create(name)
            asked = len(endpoint.messages)
            until(f"{name}: tried again", lambda: len(endpoint.messages) >= asked + 2)
            expect(f"{name}: not taken", subscription.state("delivered"), delivered)
            answer["now"] = (200, ack())
            until(f"{name}: then taken", lambda: subscription.state("pending") == "0")
        for name, raw in answers.HONEST.items():
            answer["now"] = raw
            firm.create(name)
            until(f"{name}: taken", lambda: subscription.state("pending") == "0")


def slow(firm):
    """One who never answers keeps nobody waiting."""
    never = threading.Event()
    def hang(_):
        never.wait(firm_patience)
        return None
    firm_patience = 60
    with Endpoint(hang) as sleeper, Endpoint() as awake, firm.subscription(sleeper.url) as asleep, \
            firm.subscription(awake.url):
        accounts = [firm.create(f"A{number}") for number in range(10)]
        until("the one who is awake has all", lambda: {change.id for change in awake.changes()} >= set(accounts))
        until("the sleeper is given up", lambda: int(asleep.state("attempts")) >= 1)
        expect("and has taken nothing", asleep.state("delivered"), "0")
        never.set()


def endless(firm):
    """One who never stops answering is left when the time is over, and keeps no server from ending."""
    def forever(part):
        block = part * 100_000
        while True:
            yield block
            is_asked.set()
    for name, part in (("one hundred, and again", b"HTTP/1.1 100 Continue\r\n\r\n"), ("another header", b"X: y\r\n")):
        is_asked = threading.Event()
        head = b"" if part.startswith(b"HTTP") else b"HTTP/1.1 200 OK\r\n"
        with Endpoint(lambda message: itertools.chain([head], forever(part))) as endpoint, \
                firm.subscription(endpoint.url) as subscription:
            firm.create("A")
            until(f"{name}: asked", is_asked.is_set)
            until(f"{name}: given up", lambda: int(subscription.state("attempts")) >= 1)


def broken_off(firm):
    """What breaks off, or never comes to its end, is no refusal: nothing is parked for it."""
    is_over = threading.Event()
    def hang(part):
        yield part
        is_over.wait(60)
    head = b"HTTP/1.1 200 OK\r\nContent-Type: text/xml\r\n"
    for name, part in (("after the head", head + b"\r\n"), ("in a body", head + b"\r\n" + ack()[:80]),
                       ("in a chunk", head + b"Transfer-Encoding: chunked\r\n\r\n50\r\n" + ack()[:80])):
        is_over.clear()
        with Endpoint(lambda message: hang(part)) as endpoint, \
                firm.subscription(endpoint.url, extra="<parkAfter>1</parkAfter>") as subscription:
            firm.create("A")
            until(f"{name}: tried again", lambda: int(subscription.state("attempts")) >= 2 or subscription.letters())
            expect(f"{name}: nothing is parked", subscription.letters(), [])
            is_over.set()


# ---- where it may lead ----

def far_down(firm):
    """An address as long as it may be is asked for whole."""
    with Endpoint() as endpoint:
        url = (endpoint.url + "?" + "a=b&" * 500)[:2000]
        with firm.subscription(url):
            firm.create("A")
            until("it came", endpoint.messages.__len__)
            expect("all of it", endpoint.messages[0].path, url[url.index("/notify"):])


def over_tls(firm):
    """The endpoint proves its name; a password goes to it alone. Who cannot prove it gets nothing."""
    authority = firm.authority
    stranger = Authority(WORK / "stranger", "other")
    right = authority.sign("right", "IP:127.0.0.1")
    wrong = authority.sign("wrong", "DNS:elsewhere.example")
    forged = stranger.sign("forged", "IP:127.0.0.1")
    with Endpoint(certificate=right[0], key=right[1]) as endpoint, \
            firm.subscription(endpoint.url, password="geheim: ja") as subscription:
        firm.create("A")
        until("it came", endpoint.messages.__len__)
        expect("Basic", endpoint.messages[0].headers["Authorization"], wire.basic("crm", "geheim: ja")["Authorization"])
        with Endpoint(certificate=right[0], key=right[1]) as elsewhere:
            firm.call("UpdateSubscription", f"<subscription>{element('id', subscription.id)}"
                      f"{element('url', elsewhere.url)}</subscription>")
            firm.create("B")
            until("it came there", elsewhere.messages.__len__)
            expect("no password for another server", elsewhere.messages[0].headers["Authorization"], None)
    for name, files in (("wrong name", wrong), ("forged", forged)):
        with Endpoint(certificate=files[0], key=files[1]) as endpoint, \
                firm.subscription(endpoint.url) as subscription:
            firm.create("C")
            until(f"{name}: told", lambda: "prove" in (subscription.state("lastError") or ""))
            expect(f"{name}: nothing was sent", endpoint.messages, [])


def nowhere_else(firm):
    """Without push.allow, neither this machine nor what is private is reached, by number or by name."""
    closed = Firm(WORK / "closed", PROGRAM, [setting for setting in SETTINGS if "allow" not in setting])
    with Endpoint() as endpoint, Endpoint(lambda message: b"HTTP/1.1 307 Temporary Redirect\r\nLocation: "
                                          + endpoint.url.encode() + b"\r\nContent-Length: 0\r\n\r\n") as leader:
        for host in ("127.0.0.1", "10.1.2.3", "169.254.169.254", "[::1]", "[::ffff:127.0.0.1]", "192.168.0.1"):
            answer = closed.calls.ask("Subscribe", f"<subscription><url>http://{host}:{endpoint.port}/</url>"
                                      "</subscription>", closed.token)
            expect(host, answer.code, "NOT_ALLOWED")
        for host in ("localhost", "2130706433", "0x7f.1"):
            with closed.subscription(f"http://{host}:{endpoint.port}/") as subscription:
                closed.create("A")
                until(f"{host} is told", lambda: int(subscription.state("attempts") or 0) >= 1)
                expect(f"{host}: no address in it", "127.0.0" in subscription.state("lastError"), False)
        expect("nothing came", endpoint.messages, [])
        with firm.subscription(leader.url):
            firm.create("A")
            until("asked twice", lambda: len(leader.messages) >= 2)
            expect("nothing was followed", endpoint.messages, [])
    complaint = closed.close()
    if complaint:
        raise Unmet(complaint)


# ---- whose rights count ----

def as_the_subscriber_may(firm):
    """He is told what he may read, and when that changes, that he has to read anew."""
    administrator = Administrator(firm.server.url)
    user, token = firm.make_user("petrov", "erp-integration")
    plain, refused = firm.make_user("sidorov", "salesperson")
    answer = firm.calls.ask("Subscribe", "<subscription><url>https://erp.invalid/</url></subscription>", refused)
    expect("without the task", answer.code, "NOT_ALLOWED")
    with Endpoint() as endpoint, firm.subscription(endpoint.url, token=token) as subscription:
        expect("others do not see it", firm.calls.ask("SuspendSubscription", element("subscriptionId", subscription.id),
                                                      refused).code, "RECORD_NOT_FOUND")
        firm.create("A")
        until("it came", endpoint.changes)
        page = administrator.call("Role", "RetrieveMultipleRole", "<query><filter><conditions><Condition><field>"
                                  "templateName</field><operator>eq</operator><values><string>salesperson</string>"
                                  "</values></Condition></conditions></filter></query>")
        administrator.call("Security", "AddUserRole", f"<userId>{user}</userId><roleId>"
                           f"{page.findtext('.//{*}Role/{*}id')}</roleId>")
        firm.create("B")
        until("more was told", lambda: len(endpoint.changes()) >= 2)
        firm.call("DisableUser", element("userId", user))
        firm.create("C")
        until("he may not", lambda: int(subscription_of(firm, subscription.id, "attempts") or 0) >= 1)
        count = len(endpoint.messages)
        firm.call("EnableUser", element("userId", user))
        until("he may again", lambda: len(endpoint.messages) > count)
        subscription.token = firm.token


def subscription_of(firm, identifier, name):
    """As the administrator sees it."""
    answer = firm.call("RetrieveSubscriptions")
    return next((found.findtext(f"{{*}}{name}") for found in answer.message.iter("{*}ChangeSubscription")
                 if found.findtext("{*}id") == identifier), None)


def read_anew(firm):
    """When the subscriber's rights change he is told so, once, and what follows comes."""
    administrator = Administrator(firm.server.url)
    user, token = firm.make_user("ivanov", "erp-integration")
    role = administrator.call("Role", "RetrieveMultipleRole", "<query><filter><conditions><Condition><field>templateName"
                              "</field><operator>eq</operator><values><string>erp-integration</string></values></Condition>"
                              "</conditions></filter></query>").findtext(".//{*}Role/{*}id")
    other = administrator.call("Role", "RetrieveMultipleRole", "<query><filter><conditions><Condition><field>templateName"
                               "</field><operator>eq</operator><values><string>extension-developer</string></values>"
                               "</Condition></conditions></filter></query>").findtext(".//{*}Role/{*}id")
    with Endpoint() as endpoint, firm.subscription(endpoint.url, token=token) as subscription:
        firm.create("A")
        until("it came", endpoint.changes)
        administrator.call("Security", "AddUserRole", f"<userId>{user}</userId><roleId>{other}</roleId>")
        administrator.call("Security", "RemoveUserRole", f"<userId>{user}</userId><roleId>{role}</roleId>")
        firm.create("B")
        until("he is told", lambda: "resyncRequired" in [change.kind for change in endpoint.changes()])
        account = firm.create("C")
        until("and goes on", lambda: account in [change.id for change in endpoint.changes()])
        subscription.token = firm.token


# ---- coming and going ----

def suspended(firm):
    """Nothing comes while it is suspended, everything afterwards."""
    with Endpoint() as endpoint, firm.subscription(endpoint.url) as subscription:
        first = firm.create("A")
        until("it came", endpoint.changes)
        subscription.must("SuspendSubscription")
        until("the courier has gone", lambda: subscription.state("state") == "suspended")
        second = firm.create("B")
        with Endpoint() as other, firm.subscription(other.url):
            third = firm.create("C")
            until("another has it", other.changes)
        came = [change.id for change in endpoint.changes()]
        expect("no more than one beyond", came in ([first], [first, second]), True)
        subscription.must("ResumeSubscription")
        until("the rest came", lambda: [change.id for change in endpoint.changes()][-1:] == [third])
        expect("none is missing", [change.id for change in endpoint.changes()], [first, second, third])


def rewound(firm):
    """What was taken comes again from a token or a sequence on, with the same sequences."""
    begin = firm.call("RetrieveChanges").text("nextToken")
    with Endpoint() as endpoint, firm.subscription(endpoint.url, begin=element("token", begin)) as subscription:
        for number in range(3):
            firm.create(f"A{number}")
        until("they came", lambda: len(endpoint.changes()) == 3)
        sequences = [change.sequence for change in endpoint.changes()]
        subscription.must("RewindSubscription", element("sequence", sequences[0]))
        until("two again", lambda: len(endpoint.changes()) == 5)
        subscription.must("RewindSubscription", element("token", begin))
        until("three again", lambda: len(endpoint.changes()) == 8)
        expect("the same", [change.sequence for change in endpoint.changes()], sequences + sequences[1:] + sequences)


def restarted(firm):
    """A server that ends, or is killed, goes on where it was."""
    with Endpoint() as endpoint, firm.subscription(endpoint.url) as subscription:
        accounts = []
        for end in (firm.server.stop, firm.server.kill):
            accounts.append(firm.create("before"))
            end()
            firm.server.start()
            firm.connect()
            subscription.token = firm.token
            accounts.append(firm.create("after"))
        until("all came", lambda: {change.id for change in endpoint.changes()} >= set(accounts))
        order = list(dict.fromkeys(change.id for change in endpoint.changes()))
        expect("in order", order, accounts)


SCENES = [
    told, by_field_and_kind, own_changes, in_order, served_by_php, served_by_node,
    parked, never_parked, not_there, lies, slow, endless, broken_off,
    far_down, over_tls, nowhere_else,
    as_the_subscriber_may, read_anew,
    suspended, rewound, restarted,
]


def main():
    chosen = sys.argv[1:]
    tally = Tally()
    with hold_folder(WORK):
        authority = Authority(WORK / "tls")
        firm = Firm(WORK / "firm", PROGRAM, [*SETTINGS, f"push.ca_file={authority.certificate}"])
        firm.authority = authority
        for scene in SCENES:
            if chosen and scene.__name__ not in chosen:
                continue
            try:
                scene(firm)
                tally.ok(scene.__name__, is_loud=True)
            except (Unmet, Refused) as complaint:
                tally.fail(scene.__name__, complaint)
        tally.check("the server's end", firm.close())
    tally.end()


if __name__ == "__main__":
    main()
