"""What a hostile case is: bytes for the socket, and what may come back."""
import base64
import dataclasses

from svyaz.server import ADMIN, PASSWORD

SOAP = "http://schemas.xmlsoap.org/soap/envelope/"
SOAP12 = "http://www.w3.org/2003/05/soap-envelope"
SESSION = "urn:svyaz:crm:1:Session"
ACCOUNT = "urn:svyaz:crm:1:Account"
CREDENTIALS = "Basic " + base64.b64encode(f"{ADMIN}:{PASSWORD}".encode()).decode()


@dataclasses.dataclass
class Case:
    """Bytes, and the outcomes that are right: HTTP statuses, codes of faults, "closed".

    says: what the answer must hold, too.
    """
    name: str
    data: bytes
    expected: tuple
    ends_sending: bool = False
    says: bytes = b""


def envelope(body, header="", namespace=SOAP):
    header = f"<s:Header>{header}</s:Header>" if header else ""
    return f'<s:Envelope xmlns:s="{namespace}">{header}<s:Body>{body}</s:Body></s:Envelope>'


WHO = f'<WhoAmI xmlns="{SESSION}"/>'
WHO_AM_I = envelope(WHO)


def head(lines, method="POST", target="/soap/Session", version="HTTP/1.1"):
    """A request head from (name, value) pairs; a value may be bytes."""
    text = f"{method} {target} {version}\r\n".encode()
    for name, value in lines:
        value = value if isinstance(value, bytes) else str(value).encode()
        text += name.encode() + b": " + value + b"\r\n"
    return text + b"\r\n"


def post(body, target="/soap/Session", drop=(), **lines):
    """A POST that is right but for what a case changes: lines by name with _ for -, drop to omit."""
    body = body if isinstance(body, bytes) else body.encode()
    standard = {"Host": "127.0.0.1", "Content-Type": "text/xml; charset=utf-8",
                "Authorization": CREDENTIALS, "Content-Length": len(body)}
    for name, value in lines.items():
        standard[name.replace("_", "-")] = value
    return head([pair for pair in standard.items() if pair[0] not in drop], target=target) + body


def account(fields, attributes=""):
    return envelope(f'<CreateAccount xmlns="{ACCOUNT}"><account {attributes}>{fields}</account></CreateAccount>')
