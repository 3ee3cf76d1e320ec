"""What a subscriber serves: an endpoint on loopback that notes every notification and answers as it is told."""
import collections
import http.server
import ssl
import threading

from lxml import etree

from svyaz import wire

NAMESPACE = "urn:svyaz:crm:1:Notification"
Told = collections.namedtuple("Told", "sequence kind entity id version fields values application request master")


def ack(word="true"):
    return wire.envelope(f'<NotifyResponse xmlns="{NAMESPACE}"><ack>{word}</ack></NotifyResponse>')


def fault(text="no"):
    return wire.envelope(f"<soap:Fault><faultcode>soap:Server</faultcode><faultstring>{text}</faultstring></soap:Fault>")


def tell(change):
    """One NotifiedChange as a tuple; values by name."""
    def text(name):
        return change.findtext(f"{{*}}{name}")
    return Told(int(text("sequence")), text("kind"), text("entity"), text("id"), int(text("version") or 0),
                [name.text for name in change.findall("{*}fields/{*}string")],
                {value.findtext("{*}name"): value.findtext("{*}value")
                 for value in change.findall("{*}values/{*}NotifiedValue")},
                text("application"), text("requestId"), change.findtext("{*}mergedInto/{*}id"))


class Message:
    """A notification as it came: its changes, its attempt, and the HTTP around it."""

    def __init__(self, path, headers, body):
        self.path, self.headers, self.body = path, headers, body
        notification = etree.fromstring(body, wire.SAFE).find(".//{*}notification")
        self.attempt = int(notification.findtext("{*}attempt"))
        self.subscription = notification.findtext("{*}subscriptionId")
        self.is_replayed = notification.findtext("{*}replayed") == "true"
        self.changes = [tell(change) for change in notification.findall("{*}changes/{*}NotifiedChange")]


class Endpoint:
    """Answers each message with what answer(message) gives: (status, bytes), bytes as they are, one after
    the other when there are several, or None to hang up. Use it in a with statement; it can be closed and opened again at the same port."""

    def __init__(self, answer=None, certificate=None, key=None, port=0):
        self.answer = answer or (lambda message: (200, ack()))
        self.files = (certificate, key) if certificate else None
        self.port, self.server = port, None
        self.lock = threading.Lock()
        self.messages = []

    @property
    def url(self):
        return f"{'https' if self.files else 'http'}://127.0.0.1:{self.port}/notify"

    def take(self, message):
        with self.lock:
            self.messages.append(message)
        return self.answer(message)

    def changes(self):
        """All that came, in its order; what came again too."""
        with self.lock:
            return [change for message in self.messages for change in message.changes]

    def open(self):
        endpoint = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                answer = endpoint.take(Message(self.path, self.headers, body))
                if not isinstance(answer, tuple):
                    for part in [answer or b""] if answer is None or isinstance(answer, bytes) else answer:
                        self.wfile.write(part)
                    self.close_connection = True
                    return
                status, content = answer
                self.send_response(status)
                self.send_header("Content-Type", "text/xml; charset=utf-8")
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

            def log_message(self, *_):
                pass

        class Server(http.server.ThreadingHTTPServer):
            allow_reuse_address = daemon_threads = True

            def handle_error(self, *_):
                pass  # a client that hangs up, or is killed, is no news

        self.server = Server(("127.0.0.1", self.port), Handler)
        if self.files:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(*self.files)
            self.server.socket = context.wrap_socket(self.server.socket, server_side=True)
        self.port = self.server.server_address[1]
        threading.Thread(target=self.server.serve_forever, args=(0.05,), daemon=True).start()
        return self

    def close(self):
        if self.server:
            self.server.shutdown()
            self.server.server_close()
            self.server = None

    def __enter__(self):
        return self.open()

    def __exit__(self, *_):
        self.close()
