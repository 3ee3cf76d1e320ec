"""What no honest endpoint answers. Bytes are sent as they are, after which the endpoint hangs up."""
from svyaz.endpoint import NAMESPACE, ack

OK = b"HTTP/1.1 200 OK\r\nContent-Type: text/xml\r\n"
BOMB = (b'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b "bbbbbbbbbb"><!ENTITY c "&b;&b;&b;&b;">]>' + ack()[38:])


def framed(body, head=OK):
    return head + b"Content-Length: %d\r\n\r\n" % len(body) + body


def chunked(*chunks):
    return (OK + b"Transfer-Encoding: chunked\r\n\r\n"
            + b"".join(b"%x\r\n%s\r\n" % (len(chunk), chunk) for chunk in chunks) + b"0\r\n\r\n")


HONEST = {"chunked": chunked(ack()[:50], ack()[50:]), "one hundred first": b"HTTP/1.1 100 Continue\r\n\r\n" + framed(ack()),
          "until the end": OK + b"Connection: close\r\n\r\n" + ack()}

HOSTILE = {
    "nothing": b"",
    "no protocol": b"hello\r\n\r\n",
    "no HTTP, but what was hoped for": ack(),
    "DIME": b"\x0c\x20\x00\x00\x00\x00\x00\x29\x00\x00\x00\x10" + bytes(64),
    "MIME": b"--part\r\nContent-Type: text/xml\r\n\r\n" + ack() + b"\r\n--part--\r\n",
    "half a head": b"HTTP/1.1 200 OK\r\nContent-Ty",
    "a head without end": b"HTTP/1.1 200 OK\r\n" + b"X: " + b"y" * 300_000,
    "half a body": OK + b"Content-Length: 4000\r\n\r\n" + ack(),
    "a body too long": framed(b"<a>" + b" " * 600_000 + b"</a>"),
    "a length that is none": OK + b"Content-Length: -1\r\n\r\n" + ack(),
    "a length beyond all": OK + b"Content-Length: 99999999999999999999\r\n\r\n" + ack(),
    "a chunk beyond all": OK + b"Transfer-Encoding: chunked\r\n\r\nffffffffffffffff\r\n" + ack(),
    "no XML": framed(b"true"),
    "a bomb": framed(BOMB),
    "deep": framed(ack().replace(b"true", b"<a>" * 5000 + b"</a>" * 5000)),
    "ack in another namespace": framed(ack().replace(NAMESPACE.encode(), b"urn:other")),
    "another answer": framed(ack().replace(b"NotifyResponse", b"NotifyAnswer")),
    "twice true": framed(ack().replace(b"<ack>true</ack>", b"<ack>true</ack><ack>true</ack>")),
    "neither true nor false": framed(ack("perhaps")),
    "DIME by type": framed(bytes(100), b"HTTP/1.1 200 OK\r\nContent-Type: application/dime\r\n"),
    "no status": b"HTTP/1.1 \r\n\r\n",
    "a cookie": framed(b"x", b"HTTP/1.1 200 OK\r\nSet-Cookie: " + b"a=b; " * 5000 + b"\r\n"),
}
