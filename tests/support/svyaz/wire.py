"""SOAP over raw HTTP: no client library, nothing between the test and the bytes."""
import base64
import http.client
import urllib.parse

from lxml import etree

from svyaz.patience import until_served

ENVELOPE = {
    "1.1": "http://schemas.xmlsoap.org/soap/envelope/",
    "1.2": "http://www.w3.org/2003/05/soap-envelope",
}
SAFE = etree.XMLParser(resolve_entities=False, no_network=True, huge_tree=True)


class Reply:
    """An HTTP answer, and what it says when it is SOAP."""

    def __init__(self, status, headers, body):
        self.status, self.headers, self.body = status, headers, body

    @property
    def content_type(self):
        return self.headers.get("Content-Type", "").split(";")[0].strip().lower()

    @property
    def is_soap(self):
        return self.content_type in ("text/xml", "application/soap+xml")

    def message(self):
        """The one child of the Body: an operation's response or a Fault."""
        document = etree.fromstring(self.body, SAFE)
        children = list(document.find("{*}Body"))
        if len(children) != 1:
            raise ValueError(f"the Body holds {len(children)} elements")
        return children[0]

    def fault(self):
        """The children of CrmFault as a dictionary; None when the answer is no fault."""
        message = self.message()
        if etree.QName(message).localname != "Fault":
            return None
        detail = message.find(".//{*}CrmFault")
        return {} if detail is None else {
            etree.QName(child).localname: child.text or "" for child in detail}


def envelope(body, header="", version="1.1"):
    """The bytes of a message; body and header are XML text."""
    namespace = ENVELOPE[version]
    header = f"<soap:Header>{header}</soap:Header>" if header else ""
    return (f'<?xml version="1.0" encoding="UTF-8"?>\n<soap:Envelope xmlns:soap="{namespace}">'
            f"{header}<soap:Body>{body}</soap:Body></soap:Envelope>").encode()


def content_type(version, action):
    """Header lines that say which SOAP a message is and what it asks for."""
    if version == "1.1":
        return {"Content-Type": "text/xml; charset=utf-8", "SOAPAction": f'"{action}"'}
    return {"Content-Type": f'application/soap+xml; charset=utf-8; action="{action}"'}


def basic(user, password):
    """The header line of HTTP Basic."""
    token = base64.b64encode(f"{user}:{password}".encode()).decode()
    return {"Authorization": f"Basic {token}"}


def send(url, method="GET", body=None, headers=None, timeout=60):
    """A request, sent again while the server is busy, on a connection of its own each time."""
    return until_served(lambda: send_once(url, method, body, headers, timeout))


def send_once(url, method="GET", body=None, headers=None, timeout=60):
    parts = urllib.parse.urlsplit(url)
    connection = http.client.HTTPConnection(parts.netloc, timeout=timeout)
    try:
        target = parts.path + (f"?{parts.query}" if parts.query else "")
        connection.request(method, target, body, headers or {})
        answer = connection.getresponse()
        return Reply(answer.status, answer.headers, answer.read())
    finally:
        connection.close()


def call(url, service, operation, content="", header="", version="1.1", headers=None, timeout=60):
    """Calls an operation; content is the XML between its start and end tag."""
    namespace = f"urn:svyaz:crm:1:{service}"
    body = f'<{operation} xmlns="{namespace}">{content}</{operation}>'
    lines = content_type(version, f"{namespace}/{operation}") | (headers or {})
    return send(f"{url}/soap/{service}", "POST", envelope(body, header, version), lines, timeout)
