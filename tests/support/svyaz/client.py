"""Asks the server as one user or another, over connections that are kept."""
import concurrent.futures
import copy
import http.client
import threading
import time
import urllib.parse
from xml.sax.saxutils import escape

from lxml import etree

from svyaz import stage, wire
from svyaz.contract import PREFIX, Contract
from svyaz.patience import until_served

ABSENT = "01890000-0000-7000-8000-000000000000"
TRY_ONLY = '<Request xmlns="{}"><validateOnly>true</validateOnly></Request>'


class Answer:
    """What came: the code of a fault, or the message."""

    def __init__(self, body):
        self.body = body
        try:
            self.message = etree.fromstring(body, wire.SAFE).find("{*}Body")[0]
        except etree.XMLSyntaxError:
            raise Refused(f"an answer that is no SOAP: {body[:500]!r}") from None
        self.code = self.message.findtext(".//{*}CrmFault/{*}code")

    def text(self, name):
        return self.message.findtext(f".//{{*}}{name}")

    def fault_text(self):
        return "" if self.code is None else " ".join(self.message.itertext())


class Refused(Exception):
    """A call that had to succeed did not."""


def reference(link, element=None):
    entity, identifier = link
    inner = f"<entity>{entity}</entity><id>{identifier}</id>"
    return f"<{element}>{inner}</{element}>" if element else inner


def element(name, value):
    """A field or parameter as XML: text, a reference, or a list of texts."""
    if isinstance(value, tuple):
        return reference(value, name)
    if isinstance(value, list):
        return f"<{name}>" + "".join(f"<string>{escape(word)}</string>" for word in value) + f"</{name}>"
    if isinstance(value, bool):
        value = str(value).lower()
    return f"<{name}>{escape(str(value))}</{name}>"


class Calls:
    """Calls of one server; each thread has a connection of its own."""

    def __init__(self, server, workers=6):
        self.place = urllib.parse.urlsplit(server.url).netloc
        self.services = Contract(server.url).services
        self.local = threading.local()
        self.workers = workers
        self.calls = 0

    def at(self, server):
        """Calls of another server with the same contract."""
        other = copy.copy(self)
        other.place, other.local = urllib.parse.urlsplit(server.url).netloc, threading.local()
        return other

    def ask(self, operation, content="", token=None, try_only=False):
        namespace = PREFIX + self.services[operation]
        header = stage.session_header(namespace, token) if token else ""
        header += TRY_ONLY.format(namespace) if try_only else ""
        message = wire.envelope(f'<{operation} xmlns="{namespace}">{content}</{operation}>', header)
        lines = wire.content_type("1.1", f"{namespace}/{operation}")
        path = f"/soap/{self.services[operation]}"
        return Answer(until_served(lambda: self.send(path, message, lines)).body)

    def send(self, path, message, lines):
        """The HTTP answer. A connection that has grown old is made anew, once."""
        for attempt in (0, 1):
            connection = getattr(self.local, "connection", None)
            if connection is None:
                connection = self.local.connection = http.client.HTTPConnection(self.place, timeout=120)
            try:
                connection.request("POST", path, message, lines)
                answer = connection.getresponse()
                self.calls += 1
                return wire.Reply(answer.status, answer.headers, answer.read())
            except (http.client.HTTPException, OSError):
                connection.close()
                self.local.connection = None
                if attempt:
                    raise

    def must(self, operation, content="", token=None):
        """A call that has to succeed; it is patient with a server that checks many passwords."""
        answer = self.ask(operation, content, token)
        while answer.code == "BUSY":
            time.sleep(0.2)
            answer = self.ask(operation, content, token)
        if answer.code:
            raise Refused(f"{operation} {content}: {answer.fault_text()}")
        return answer

    def login(self, user, password):
        return self.must("Login", element("userName", user) + element("password", password)).text("token")

    def each(self, function, items):
        """The results of many calls, in order, some of them at the same time."""
        with concurrent.futures.ThreadPoolExecutor(self.workers) as pool:
            return list(pool.map(function, items))
