"""HTTP by the byte: what is sent is exactly what a test wrote."""
import socket
import ssl

from lxml import etree

from svyaz import wire
from svyaz.patience import until_served


class Answer:
    """One HTTP answer as it came from the socket."""

    def __init__(self, status, headers, body):
        self.status, self.headers, self.body = status, headers, body

    def code(self):
        """The code of the SOAP fault in it; empty when there is none."""
        try:
            document = etree.fromstring(self.body, wire.SAFE)
        except etree.XMLSyntaxError:
            return ""
        return document.findtext(".//{*}CrmFault/{*}code") or ""

    def says_close(self):
        return self.headers.get("connection", "").lower() == "close"


def trusting_context():
    """TLS for a server whose certificate nobody signed."""
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    return context


class Line:
    """A connection to the server, plain or with TLS."""

    def __init__(self, port, timeout=20, context=None):
        self.socket = socket.create_connection(("127.0.0.1", port), timeout)
        if context:
            self.socket = context.wrap_socket(self.socket, suppress_ragged_eofs=True)
        self.buffer = b""

    def send(self, data):
        """Sends; what the server no longer wants to read is its own business."""
        try:
            self.socket.sendall(data)
        except (BrokenPipeError, ConnectionResetError, ssl.SSLError):
            pass

    def end_sending(self):
        try:
            self.socket.shutdown(socket.SHUT_WR)
        except OSError:
            pass

    def read_more(self):
        try:
            data = self.socket.recv(65536)
        except (ConnectionResetError, BrokenPipeError, ssl.SSLError):
            data = b""
        self.buffer += data
        return bool(data)

    def read_until(self, mark):
        while mark not in self.buffer:
            if not self.read_more():
                return None
        taken, _, self.buffer = self.buffer.partition(mark)
        return taken

    def read_exactly(self, count):
        while len(self.buffer) < count:
            if not self.read_more():
                return None
        taken, self.buffer = self.buffer[:count], self.buffer[count:]
        return taken

    def read_chunks(self):
        body = b""
        while True:
            size = self.read_until(b"\r\n")
            if size is None:
                return None
            chunk = self.read_exactly(int(size.split(b";")[0], 16))
            self.read_until(b"\r\n")
            if not chunk:
                return body
            body += chunk

    def answer(self):
        """The next answer that is not 100 Continue; None when the connection ends before it."""
        head = self.read_until(b"\r\n\r\n")
        if head is None:
            return None
        first, *lines = head.decode("latin-1").split("\r\n")
        status = int(first.split(" ")[1])
        if status == 100:
            return self.answer()
        headers = {name.strip().lower(): value.strip()
                   for name, _, value in (line.partition(":") for line in lines)}
        if headers.get("transfer-encoding") == "chunked":
            body = self.read_chunks()
        else:
            body = self.read_exactly(int(headers.get("content-length", "0")))
        return None if body is None else Answer(status, headers, body)

    def is_closed(self, timeout=5):
        """Whether the server has ended the connection, or ends it soon."""
        self.socket.settimeout(timeout)
        try:
            return not self.read_more()
        except TimeoutError:
            return False

    def close(self):
        self.socket.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


def ask(port, data):
    """The answer to these bytes on a line of their own; sent again while the server is busy."""
    def send():
        with Line(port) as line:
            line.send(data)
            return line.answer()
    return until_served(send)
