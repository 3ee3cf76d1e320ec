"""Plays a dialogue against a server and says what went otherwise than written."""
import time
from xml.sax.saxutils import escape

from lxml import etree

from svyaz import pattern, wire
from svyaz.contract import PREFIX
from svyaz.server import ADMIN, PASSWORD

SECURITY = ("http://docs.oasis-open.org/wss/2004/01/"
            "oasis-200401-wss-wssecurity-secext-1.0.xsd")
PASSWORD_TEXT = ("http://docs.oasis-open.org/wss/2004/01/"
                 "oasis-200401-wss-username-token-profile-1.0#PasswordText")


PATIENCE = 120  # seconds that "< at last" goes on asking: a slow machine is no failure
PAUSE = 0.1


class Failure(Exception):
    """A line of the dialogue that did not come true."""


def session_header(namespace, token):
    return f'<Session xmlns="{namespace}"><token>{escape(token)}</token></Session>'


def username_token(user, password):
    return (f'<w:Security xmlns:w="{SECURITY}"><w:UsernameToken>'
            f"<w:Username>{escape(user)}</w:Username>"
            f'<w:Password Type="{PASSWORD_TEXT}">{escape(password)}</w:Password>'
            "</w:UsernameToken></w:Security>")


class Stage:
    """What holds from line to line: who asks, how, what was remembered, the last answer."""

    def __init__(self, server, contract, touched):
        self.server, self.contract, self.touched = server, contract, touched
        self.memory = {}
        self.passwords = {"administrator": (ADMIN, PASSWORD)}
        self.credential = ("nobody", None)  # the way in, and who
        self.tokens = {}
        self.version = "1.1"
        self.extra_header = ""
        self.asked = self.reply = self.question = None

    def play(self, script):
        for step in script.steps:
            try:
                getattr(self, VERBS[step.verb])(step)
            except (pattern.Mismatch, Failure, etree.XMLSyntaxError) as reason:
                raise Failure(f"{script.path}:{step.line}: {reason}") from None

    # ---- what is said beside the messages ----

    def say_who(self, step):
        """as NAME | as NAME by basic | as NAME by username token | as token {word} | as nobody"""
        words = step.words
        if words == ["nobody"]:
            self.credential = ("nobody", None)
        elif words[0] == "token":
            self.credential = ("token", pattern.fill_in(words[1], self.memory))
        else:
            self.credential = (" ".join(words[2:]) or "session", words[0])

    def say_password(self, step):
        """password NAME is SECRET: how someone will log in from now on."""
        user, _, secret = step.words
        account = ADMIN if user == "administrator" else pattern.fill_in(user, self.memory)
        self.passwords[user] = (account, pattern.fill_in(secret, self.memory))
        self.tokens.pop(account, None)

    def say_version(self, step):
        self.version = step.words[0]

    def say_header(self, step):
        self.extra_header = step.block

    def wait(self, step):
        time.sleep(float(step.words[0]))

    def restart(self, _):
        self.server.stop()
        self.server.start()
        self.contract.url = self.server.url

    def nothing(self, _):
        """Settings were given to the server when it was started."""

    # ---- messages ----

    def credentials(self, namespace):
        """The SOAP header and the HTTP header lines of who asks."""
        way, who = self.credential
        if way == "token":
            return session_header(namespace, who), {}
        if way == "nobody":
            return "", {}
        user, password = self.passwords[who]
        if way == "basic":
            return "", wire.basic(user, password)
        if way == "username token":
            return username_token(user, password), {}
        if user not in self.tokens:
            self.tokens[user] = self.login(user, password)
        return session_header(namespace, self.tokens[user]), {}

    def login(self, user, password):
        content = f"<userName>{escape(user)}</userName><password>{escape(password)}</password>"
        reply = wire.call(self.server.url, "Session", "Login", content)
        token = reply.message().findtext("{*}result/{*}token")
        if not token:
            raise Failure(f"{user} cannot log in: {reply.fault()}")
        return token

    def ask(self, step):
        """> Operation, and the content of its element; or > GET path."""
        self.check_answered()
        self.question = step
        if step.words[0] == "GET":
            self.asked = (None, step.words[1])
            self.reply = wire.send(self.server.url + pattern.fill_in(step.words[1], self.memory))
            return
        operation = step.words[-1]
        service, _, bare = operation.rpartition(".")
        service = service or self.contract.services.get(operation)
        if service is None:
            raise Failure(f"the contract has no operation {operation}")
        header, lines = self.credentials(PREFIX + service)
        content = pattern.fill_in(step.block, self.memory)
        header += pattern.fill_in(self.extra_header, self.memory)
        self.reply = wire.call(self.server.url, service, bare, content, header, self.version, lines)
        self.asked = (service, bare)
        self.extra_header = ""
        if bare in self.contract.services:
            self.touched.add(bare)
        if self.reply.is_soap:
            complaint = self.contract.complaint(service, self.reply)
            if complaint:
                raise Failure(f"the answer breaks the contract: {complaint}")

    def check_answered(self):
        """A message without a written answer must not end in a fault."""
        if self.asked and self.asked[0] and (not self.reply.is_soap or self.reply.fault() is not None):
            raise Failure(f"{self.asked[1]} before this line was answered {self.describe_reply()}")

    def answer(self, step):
        words, block = step.words, step.block
        if words == ["at", "last"]:
            self.expect_at_last(block)
        elif words[:1] == ["fault"]:
            self.expect_fault(words[1:], block)
        elif words[:1] == ["http"]:
            self.expect_http(words[1:])
        else:
            self.expect_answer("" if words == ["nothing"] else block)
        self.asked = None

    def expect_answer(self, block):
        if not self.reply.is_soap or self.reply.fault() is not None:
            raise Failure(f"the answer is {self.describe_reply()}")
        message = self.reply.message()
        if pattern.name(message) != f"{self.asked[1]}Response":
            raise Failure(f"the answer is {pattern.name(message)}")
        pattern.match(pattern.parse(block), message, self.memory)

    def expect_at_last(self, block):
        """at last: the message is sent again until the answer is this."""
        until = time.monotonic() + PATIENCE
        while True:
            remembered = dict(self.memory)
            try:
                return self.expect_answer(block)
            except pattern.Mismatch:
                if time.monotonic() > until:
                    raise
            self.memory = remembered
            time.sleep(PAUSE)
            self.ask(self.question)

    def expect_fault(self, words, block):
        """fault CODE | fault CODE of FIELD | fault CODE of ENTITY.FIELD"""
        fault = self.reply.fault() if self.reply.is_soap else None
        if fault is None:
            raise Failure(f"instead of a fault the answer is {self.describe_reply()}")
        entity, _, field = (words[2] if len(words) > 2 else "").rpartition(".")
        expected = {"code": words[0], "field": field, "entity": entity}
        for name, value in expected.items():
            if value and fault.get(name) != value:
                raise Failure(f"{name} is {fault.get(name)} instead of {value}: {fault}")
        text = "".join(self.reply.message().itertext())
        if f"{words[0]}: " not in text:
            raise Failure(f"the text of the fault does not begin with its code: {text}")
        if block:
            pattern.match(pattern.parse(block), self.reply.message().find(".//{*}CrmFault"), self.memory)

    def expect_http(self, words):
        """http STATUS, and what the Content-Type or another header line holds."""
        if self.reply.status != int(words[0]):
            raise Failure(f"HTTP {self.reply.status} instead of {words[0]}: {self.reply.body[:300]}")
        wanted = " ".join(words[1:])
        if wanted and wanted not in str(self.reply.headers):
            raise Failure(f"no header line holds {wanted!r}:\n{self.reply.headers}")

    def describe_reply(self):
        if self.reply.is_soap:
            return str(self.reply.fault() or etree.tostring(self.reply.message(), encoding="unicode"))
        return f"HTTP {self.reply.status} {self.reply.body[:300]!r}"


VERBS = {
    "as": "say_who", "password": "say_password", "soap": "say_version", "header": "say_header",
    "wait": "wait", "restart": "restart", "setting": "nothing", "secured": "nothing",
    ">": "ask", "<": "answer",
}
