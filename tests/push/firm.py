"""What the scenes share: one server, its administrator's calls, subscriptions, and patience."""
import contextlib
import time

from svyaz.client import Calls, element
from svyaz.people import Administrator
from svyaz.server import ADMIN, PASSWORD, Server

PATIENCE = 60  # seconds until something that must happen has happened
SETTINGS = ["push.allow=127.0.0.0/8", "push.retry=50 ms", "push.retry_most=400 ms", "push.timeout=2 s"]


class Unmet(Exception):
    """Something that had to happen did not."""


def until(what, condition):
    """Waits until it is true, and answers it."""
    end = time.monotonic() + PATIENCE
    while not (found := condition()):
        if time.monotonic() > end:
            raise Unmet(f"never: {what}")
        time.sleep(0.02)
    return found


def expect(what, found, wanted):
    if found != wanted:
        raise Unmet(f"{what}: {found!r} instead of {wanted!r}")


def texts(name, words):
    return f"<{name}>" + "".join(f"<string>{word}</string>" for word in words) + f"</{name}>"


def interest(entity="Account", **lists):
    return (f"<ChangeInterest><entity>{entity}</entity>"
            + "".join(texts(name, lists[name]) for name in ("kinds", "fields", "columns") if name in lists)
            + "</ChangeInterest>")


class Subscription:
    """One subscription, by whoever made it."""

    def __init__(self, firm, identifier, token):
        self.firm, self.id, self.token = firm, identifier, token

    def ask(self, operation, content=""):
        return self.firm.calls.ask(operation, element("subscriptionId", self.id) + content, self.token)

    def must(self, operation, content=""):
        return self.firm.calls.must(operation, element("subscriptionId", self.id) + content, self.token)

    def state(self, name):
        """One element of what RetrieveSubscriptions tells of it."""
        answer = self.firm.calls.must("RetrieveSubscriptions", "", self.token)
        for found in answer.message.iter("{*}ChangeSubscription"):
            if found.findtext("{*}id") == self.id:
                return found.findtext(f"{{*}}{name}")
        return None

    def letters(self):
        page = self.must("RetrieveDeadLetters").message
        return [(int(letter.findtext("{*}sequence")), letter.findtext("{*}id"), letter.findtext("{*}reason"))
                for letter in page.iter("{*}RefusedChange")]


class Firm:
    """A server with an organisation. Scenes make accounts of their own, and subscriptions to them."""

    def __init__(self, folder, program, settings=SETTINGS):
        self.server = Server(folder, program, list(settings))
        self.server.bootstrap()
        self.server.start()
        self.connect()

    def connect(self):
        self.calls = Calls(self.server)
        self.token = self.calls.login(ADMIN, PASSWORD)

    def close(self):
        """What the sanitizers said, or a bad end; None when all is well."""
        status = self.server.stop()
        return self.server.report() or (f"the server ended with {status}" if status else None)

    def call(self, operation, content="", token=None):
        return self.calls.must(operation, content, token or self.token)

    def create(self, name, token=None, **fields):
        fields = "".join(element(field, value) for field, value in {"name": name, **fields}.items())
        return self.call("CreateAccount", f"<account>{fields}</account>", token).text("id")

    def update(self, account, **fields):
        inner = "".join(element(field, value) for field, value in fields.items())
        return self.call("UpdateAccount", f"<account>{element('id', account)}{inner}</account>").text("version")

    def delete(self, account):
        self.call("DeleteAccount", element("id", account))

    @contextlib.contextmanager
    def subscription(self, url, interests=None, token=None, extra="", password="", begin=""):
        inner = interest() if interests is None else interests
        content = (f"<subscription>{element('url', url)}{'<userName>crm</userName>' if password else ''}"
                   f"<interests>{inner}</interests>{extra}</subscription>"
                   + (element("password", password) if password else "") + begin)
        answer = self.call("Subscribe", content, token)
        made = Subscription(self, answer.text("id"), token or self.token)
        yield made
        made.must("Unsubscribe")

    def make_user(self, name, role):
        """A user who can log in, and his session."""
        administrator = Administrator(self.server.url)
        user = administrator.make_user(name, role=role)
        administrator.set_password(user, PASSWORD)
        return user, self.calls.login(name, PASSWORD)
