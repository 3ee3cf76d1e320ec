"""Framing: where a request begins and ends must never be in doubt."""
import gzip

from case import CREDENTIALS, WHO_AM_I, Case, head, post

BODY = WHO_AM_I.encode()
HOST = ("Host", "127.0.0.1")
TYPE = ("Content-Type", "text/xml")
USER = ("Authorization", CREDENTIALS)
LENGTH = ("Content-Length", len(BODY))
CHUNKED = ("Transfer-Encoding", "chunked")


def request(*lines, body=BODY, **parts):
    return head([HOST, TYPE, USER, *lines], **parts) + body


def chunks(text):
    return request(CHUNKED, body=text)


GOOD_CHUNKS = b"%x\r\n%s\r\n0\r\n\r\n" % (len(BODY), BODY)

NOT_HTTP = [
    Case("xml-without-http", BODY, (400, "closed")),
    Case("gzip-without-http", gzip.compress(BODY), (400, "closed")),
    Case("tls-hello-on-plain", bytes.fromhex("16030100a5010000a10303") + b"\0" * 160, (400, "closed")),
    Case("dime-without-http", b"\x0c\x20\x00\x00" + b"\0" * 60, (400, "closed")),
    Case("empty-lines-only", b"\r\n" * 8, (400, "closed"), True),
    Case("http-0.9", b"GET /\r\n\r\n", (400, 505, "closed")),
    Case("http-2-preface", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", (400, 501, 505)),
    Case("http-9.9", request(LENGTH, version="HTTP/9.9"), (505,)),
    Case("version-in-lower-case", request(LENGTH, version="http/1.1"), (400, 505)),
    Case("two-blanks-in-request-line", b"GET  / HTTP/1.1\r\nHost: x\r\n\r\n", (400,)),
    Case("tab-in-request-line", b"GET\t/ HTTP/1.1\r\nHost: x\r\n\r\n", (400, 501)),
]

METHODS = [
    Case(f"method-{method.lower()}", head([HOST], method=method), expected)
    for method, expected in (("PUT", (405,)), ("DELETE", (405,)), ("TRACE", (405,)),
                             ("OPTIONS", (405,)), ("CONNECT", (400, 405)), ("PATCH", (405, 501)),
                             ("BREW", (501,)), ("post", (400, 501)))
] + [Case("get-with-a-body", head([HOST, ("Content-Length", 5)], method="GET", target="/soap") + b"12345", (400,))]

HEADERS = [
    Case("no-host", head([TYPE, USER, LENGTH]) + BODY, (400,)),
    Case("two-hosts", request(("Host", "other"), LENGTH), (400,)),
    Case("host-with-blank", head([("Host", "a b"), TYPE, USER, LENGTH]) + BODY, (400,)),
    Case("line-feed-alone", b"GET /soap HTTP/1.1\nHost: x\n\n", (400,)),
    Case("carriage-return-inside", b"GET /soap HTTP/1.1\r\nHost: x\r\nA: b\rc\r\n\r\n", (400,)),
    Case("folded-line", b"GET /soap HTTP/1.1\r\nHost: x\r\nA: b\r\n c\r\n\r\n", (400,)),
    Case("nul-in-value", request(("A", b"b\0c"), LENGTH), (400,)),
    Case("blank-before-colon", b"GET /soap HTTP/1.1\r\nHost : x\r\n\r\n", (400,)),
    Case("line-without-colon", b"GET /soap HTTP/1.1\r\nHost: x\r\nnonsense\r\n\r\n", (400,)),
    Case("line-without-name", b"GET /soap HTTP/1.1\r\nHost: x\r\n: y\r\n\r\n", (400,)),
    Case("control-in-name", b"GET /soap HTTP/1.1\r\nHost: x\r\nA\x01: y\r\n\r\n", (400,)),
    Case("two-authorizations", request(("Authorization", "Basic eDp5"), LENGTH), (400,)),
    Case("nul-in-target", b"GET /so%00ap HTTP/1.1\r\nHost: x\r\n\r\n", (400, 404)),
    Case("raw-nul-in-target", b"GET /so\0ap HTTP/1.1\r\nHost: x\r\n\r\n", (400,)),
    Case("climbing-target", b"GET /../../etc/passwd HTTP/1.1\r\nHost: x\r\n\r\n", (400, 404)),
    Case("climbing-target-encoded", b"GET /%2e%2e/%2e%2e/etc/passwd HTTP/1.1\r\nHost: x\r\n\r\n", (400, 404)),
    Case("star-target", b"GET * HTTP/1.1\r\nHost: x\r\n\r\n", (400,)),
]

LENGTHS = [
    Case(f"length-{name}", request(("Content-Length", value)), expected)
    for name, value, expected in (
        ("negative", "-1", (400,)), ("plus", f"+{len(BODY)}", (400,)), ("exponent", "1e3", (400,)),
        ("hexadecimal", "0x10", (400,)), ("list-equal", f"{len(BODY)}, {len(BODY)}", (400,)),
        ("list-different", f"{len(BODY)}, 0", (400,)), ("empty", "", (400,)), ("letters", "ten", (400,)),
        ("vertical-tab", b"\x0b%d" % len(BODY), (400,)), ("too-large-for-any-number", "9" * 25, (400, 413)),
        ("two-to-the-64", str(2 ** 64 + len(BODY)), (400, 413)))
] + [
    Case("length-twice-equal", request(LENGTH, LENGTH), (400,)),
    *[Case(f"forwarded-{name}-twice", request(LENGTH, (f"X-Forwarded-{name}", value), (f"X-Forwarded-{name}", value)), (400,))
      for name, value in (("proto", "https"), ("host", "a"))],
    Case("length-twice-different", request(LENGTH, ("Content-Length", 0)), (400,)),
    Case("length-missing", request(), (411,)),
    Case("length-and-chunked", request(LENGTH, CHUNKED, body=GOOD_CHUNKS), (400,)),
    Case("chunked-and-length", request(CHUNKED, ("Content-Length", 3), body=GOOD_CHUNKS), (400,)),
    Case("shorter-than-announced", post(BODY, Content_Length=len(BODY) + 20), (400, "closed"), True),
]

CODINGS = [
    Case(f"transfer-{name}", request(("Transfer-Encoding", value), body=GOOD_CHUNKS), expected)
    for name, value, expected in (
        ("gzip", "gzip", (400, 501)), ("identity", "identity", (400, 501)),
        ("twice", "chunked, chunked", (400, 501)), ("gzip-then-chunked", "gzip, chunked", (400, 501)),
        ("misspelt", "xchunked", (400, 501)), ("with-tab", "\x0bchunked", (400, 501)),
        ("quoted", '"chunked"', (400, 501)), ("empty", "", (400, 501)))
] + [
    Case("transfer-two-lines", request(CHUNKED, ("Transfer-Encoding", "identity"), body=GOOD_CHUNKS), (400, 501)),
    Case("chunked-in-http-1.0", request(CHUNKED, body=GOOD_CHUNKS, version="HTTP/1.0"), (400, 501)),
    Case("chunk-size-letters", chunks(b"zz\r\nabc\r\n0\r\n\r\n"), (400,)),
    Case("chunk-size-negative", chunks(b"-1\r\nabc\r\n0\r\n\r\n"), (400,)),
    Case("chunk-size-0x", chunks(b"0x3\r\nabc\r\n0\r\n\r\n"), (400,)),
    Case("chunk-size-overflow", chunks(b"FFFFFFFFFFFFFFFFF\r\nabc\r\n0\r\n\r\n"), (400, 413)),
    Case("chunk-size-huge", chunks(b"7FFFFFFFFFFFFFFF\r\nabc\r\n0\r\n\r\n"), (400, 413)),
    Case("chunk-size-empty", chunks(b"\r\nabc\r\n0\r\n\r\n"), (400,)),
    Case("chunk-without-line-end", chunks(b"3\r\nabcX0\r\n\r\n"), (400,)),
    Case("chunk-with-line-feed-alone", chunks(b"3\nabc\n0\n\n"), (400,)),
    Case("chunk-cut-short", chunks(b"ff\r\nabc"), (400, "closed"), True),
    Case("chunks-without-end", chunks(b"3\r\nabc\r\n"), (400, "closed"), True),
]

KINDS = [
    Case(f"type-{name}", request(LENGTH, body=BODY).replace(b"Content-Type: text/xml", line), expected)
    for name, line, expected in (
        ("plain", b"Content-Type: text/plain", (415,)), ("json", b"Content-Type: application/json", (415,)),
        ("form", b"Content-Type: application/x-www-form-urlencoded", (415,)),
        ("form-data", b"Content-Type: multipart/form-data; boundary=x", (415,)),
        ("dime", b"Content-Type: application/dime", (415,)), ("missing", b"X-Nothing: 1", (415,)),
        ("utf-7", b"Content-Type: text/xml; charset=utf-7", (415,)),
        ("latin-1", b"Content-Type: text/xml; charset=iso-8859-1", (415,)),
        ("utf-16", b"Content-Type: text/xml; charset=utf-16", (415,)),
        ("twice", b"Content-Type: text/xml\r\nContent-Type: text/plain", (400,)))
] + [
    Case("coding-brotli", request(LENGTH, ("Content-Encoding", "br")), (415,)),
    Case("coding-deflate", request(LENGTH, ("Content-Encoding", "deflate")), (415,)),
    Case("coding-gzip-twice", request(LENGTH, ("Content-Encoding", "gzip, gzip")), (415,)),
    Case("gzip-that-is-none", request(LENGTH, ("Content-Encoding", "gzip")), (400,)),
    Case("gzip-cut-short", post(gzip.compress(BODY)[:-9], Content_Encoding="gzip"), (400,)),
    Case("gzip-with-a-tail", post(gzip.compress(BODY) + b"tail", Content_Encoding="gzip"), (400,)),
    Case("gzip-bomb", post(gzip.compress(b"<a>" + b" " * 200_000_000), Content_Encoding="gzip"), (413,)),
    Case("expect-something", request(LENGTH, ("Expect", "cookies")), (417,)),
    Case("origin-of-another-site", request(LENGTH, ("Origin", "http://evil.example")), (403,)),
    Case("origin-null", request(LENGTH, ("Origin", "null")), (403,)),
]

# What must work, so that strictness does not lock out the honest.
HONEST = [
    Case("plain-post", post(BODY), (200,)),
    Case("page", b"GET /soap HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n", (200,), says=b"<html"),
    Case("chunked-post", chunks(GOOD_CHUNKS), (200,)),
    Case("chunked-with-extension-and-trailer",
         chunks(b"%x;a=b\r\n%s\r\n0\r\nX-Trailer: 1\r\n\r\n" % (len(BODY), BODY)), (200, 400)),
    Case("gzip-post", post(gzip.compress(BODY), Content_Encoding="gzip"), (200,)),
    Case("expect-100-continue", post(BODY, Expect="100-continue"), (200,)),
    Case("http-1.0", request(LENGTH, version="HTTP/1.0"), (200,)),
    Case("quoted-charset", post(BODY, Content_Type='text/xml;charset="UTF-8"'), (200,)),
    Case("header-names-in-any-case", post(BODY).replace(b"Content-Length", b"cONTENT-lENGTH"), (200,)),
    Case("own-origin", post(BODY, Origin="http://127.0.0.1"), (200, 403)),
]

CASES = [*NOT_HTTP, *METHODS, *HEADERS, *LENGTHS, *CODINGS, *KINDS, *HONEST]
