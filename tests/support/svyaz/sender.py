"""A client that gives each write an id, and sends it until it is answered."""
import collections
import http.client
import random
import threading
import time
import urllib.parse

from lxml import etree

from svyaz import stage, wire
from svyaz.contract import PREFIX

# What a client may see and must send again: all else is an answer.
AGAIN = {"DATABASE_UNAVAILABLE", "OUTCOME_UNKNOWN", "DATABASE_CONFLICT", "BUSY", "TIMEOUT", "INTERNAL",
         "DATABASE_FULL"}
PATIENCE = 120  # seconds until an answer must have come


class Lost(Exception):
    """No answer came."""


class Reply:
    """One HTTP answer to a write."""

    def __init__(self, headers, body):
        self.body = body
        self.is_repeated = headers.get("Idempotent-Replayed") == "true"
        message = etree.fromstring(body, wire.SAFE).find("{*}Body")[0]
        self.code = message.findtext(".//{*}CrmFault/{*}code")
        self.id = message.findtext(".//{*}result/{*}id")
        self.ids = [row.text for row in message.iterfind(".//{*}RowResult/{*}id")]
        self.version = message.findtext(".//{*}result/{*}version")
        self.is_created = message.findtext(".//{*}result/{*}created") == "true"

    def must_be_sent_again(self):
        return self.code in AGAIN


class Write:
    """A request as it is sent, byte for byte, each time; and the first answer to it."""

    def __init__(self, service, operation, content, identifier, token, further=""):
        """further: children of the Request header."""
        namespace = f"{PREFIX}{service}"
        header = stage.session_header(namespace, token)
        header += f'<Request xmlns="{namespace}"><id>{identifier}</id>{further}</Request>'
        self.path = f"/soap/{service}"
        self.message = wire.envelope(f'<{operation} xmlns="{namespace}">{content}</{operation}>', header)
        self.lines = wire.content_type("1.1", f"{namespace}/{operation}")
        self.identifier, self.operation = identifier, operation
        self.answer = None
        self.repeated = 0

    def take(self, reply):
        """The complaint about an answer, if there is one: all must be as the first."""
        if self.answer is None:
            self.answer = reply
            return None
        self.repeated += 1
        if reply.body != self.answer.body:
            return f"{self.operation} {self.identifier}: first {self.answer.body!r}, then {reply.body!r}"
        return None


class Sender:
    """Sends to any of some servers, which may be away; each thread has its own connections."""

    def __init__(self, servers):
        self.servers = servers
        self.local = threading.local()
        self.interrupted = 0
        self.codes = collections.Counter()  # of faults that made it send again

    def send_once(self, write, server):
        """One attempt; Lost when the connection breaks or nobody listens."""
        connections = self.local.__dict__.setdefault("connections", {})
        place = urllib.parse.urlsplit(server.url).netloc
        connection = connections.get(place)
        if connection is None:
            connection = connections[place] = http.client.HTTPConnection(place, timeout=60)
        try:
            connection.request("POST", write.path, write.message, write.lines)
            answer = connection.getresponse()
            body = answer.read()
            if not answer.headers.get_content_type().endswith("xml"):  # a balancer's own, none of ours
                raise Lost(f"HTTP {answer.status}")
            return Reply(answer.headers, body)
        except (http.client.HTTPException, OSError, etree.XMLSyntaxError) as reason:
            connection.close()
            connections.pop(place, None)
            raise Lost(str(reason)) from None

    def send(self, write, server=None):
        """Until there is an answer, from whichever server has one."""
        deadline = time.monotonic() + PATIENCE
        last = "nothing"
        while time.monotonic() < deadline:
            try:
                reply = self.send_once(write, server or random.choice(self.servers))
                if not reply.must_be_sent_again():
                    return reply
                last = reply.code
                self.codes[last] += 1
            except Lost as reason:
                last = str(reason)
            self.interrupted += 1
            time.sleep(0.02)
        raise Lost(f"{write.operation} {write.identifier} had no answer in {PATIENCE} s: {last}")
