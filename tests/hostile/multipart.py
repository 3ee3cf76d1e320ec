"""Multipart messages: MTOM as it should be, and what is made of it to harm."""
import base64
import gzip
import os

from case import Case, envelope, post

NOTE = "urn:svyaz:crm:1:Note"
XOP = "http://www.w3.org/2004/08/xop/include"
CONTENT = bytes(range(256)) * 40
RELATED = 'multipart/related; type="application/xop+xml"; start="<root>"; start-info="text/xml"; boundary='


def note(content):
    return envelope(f'<CreateNote xmlns="{NOTE}"><note><subject>MTOM</subject><document>'
                    f"<name>a.bin</name><content>{content}</content></document></note></CreateNote>")


def include(href):
    return f'<x:Include xmlns:x="{XOP}" href="{href}"/>'


def part(identifier, body, kind="application/octet-stream", more=b""):
    body = body if isinstance(body, bytes) else body.encode()
    return (f"Content-Type: {kind}\r\nContent-Transfer-Encoding: binary\r\nContent-ID: <{identifier}>\r\n"
            ).encode() + more + b"\r\n" + body


ROOT_KIND = 'application/xop+xml; charset=UTF-8; type="text/xml"'


def message(*parts, boundary="b", end=True):
    data = b"".join(b"--" + boundary.encode() + b"\r\n" + each + b"\r\n" for each in parts)
    return data + (b"--" + boundary.encode() + b"--\r\n" if end else b"")


def related(*parts, boundary="b", kind=RELATED, end=True, quoted=True):
    value = f'"{boundary}"' if quoted else boundary
    return post(message(*parts, boundary=boundary, end=end), target="/soap/Note", Content_Type=kind + value)


def root(text):
    return part("root", text, ROOT_KIND)


GOOD = (root(note(include("cid:file"))), part("file", CONTENT))
BAD_PART = (400, "SOAP_INVALID", "XML_INVALID", "HTTP_INVALID", "HTTP_UNSUPPORTED", "ATTACHMENT_MISSING", 415)

CASES = [
    Case("mtom", related(*GOOD), (200,)),
    Case("mtom-boundary-without-quotes", related(*GOOD, quoted=False), (200,)),
    Case("mtom-with-preamble", post(b"preamble\r\n" + message(*GOOD), target="/soap/Note", Content_Type=RELATED + "b"), (200,)),
    Case("inline-base64", post(note(base64.b64encode(CONTENT).decode()), target="/soap/Note"), (200,)),
    Case("boundary-of-70", related(*GOOD, boundary="b" * 70), (200,)),
    Case("boundary-of-71", related(*GOOD, boundary="b" * 71), (400,)),
    Case("boundary-missing", post(message(*GOOD), target="/soap/Note", Content_Type="multipart/related"), (400,)),
    Case("boundary-empty", post(message(*GOOD), target="/soap/Note", Content_Type='multipart/related; boundary=""'), (400,)),
    Case("boundary-with-line-break", post(message(*GOOD), target="/soap/Note", Content_Type=b'multipart/related; boundary="a\rb"'), (400,)),
    Case("boundary-of-another", post(message(*GOOD), target="/soap/Note", Content_Type=RELATED + "other"), BAD_PART),
    Case("parts-64", related(*GOOD, *(part(f"p{i}", b"x") for i in range(62))), (200,)),
    Case("parts-65", related(*GOOD, *(part(f"p{i}", b"x") for i in range(63))), ("LIMIT_EXCEEDED", 413)),
    Case("part-missing", related(GOOD[0]), ("ATTACHMENT_MISSING",)),
    Case("part-named-twice", related(*GOOD, part("file", b"other")), (200, *BAD_PART)),
    Case("part-that-nobody-names", related(*GOOD, part("stray", b"x")), (200, *BAD_PART)),
    Case("no-parts", post(b"--b--\r\n", target="/soap/Note", Content_Type=RELATED + "b"), BAD_PART),
    Case("end-missing", related(*GOOD, end=False), BAD_PART),
    Case("cut-in-a-part", post(message(*GOOD)[:-200], target="/soap/Note", Content_Type=RELATED + "b"), BAD_PART),
    Case("root-is-dime", related(part("root", note(""), "application/dime")), BAD_PART),
    Case("root-is-html", related(part("root", note(""), "text/html")), BAD_PART),
    Case("root-is-multipart", related(part("root", message(*GOOD, boundary="c"), "multipart/related; boundary=c")), BAD_PART),
    Case("root-is-no-xml", related(part("root", b"\0\1\2", ROOT_KIND)), BAD_PART),
    Case("dime-instead-of-mime", post(b"\x0c\x10\0\0" + b"\0" * 100, target="/soap/Note", Content_Type="application/dime"), (415,)),
    Case("transfer-encoding-of-a-part", related(GOOD[0], part("file", "AAAA", more=b"Content-Transfer-Encoding: base64\r\n")), (200, *BAD_PART)),
    Case("header-of-a-part-too-long", related(GOOD[0], part("file", b"x", more=b"A: " + b"a" * 20000 + b"\r\n")), (*BAD_PART, "LIMIT_EXCEEDED", 413)),
    Case("nul-in-the-header-of-a-part", related(GOOD[0], part("file", b"x", more=b"A: \0\r\n")), BAD_PART),
    *(Case(f"include-{name}", related(root(note(include(href))), part("file", CONTENT)), ("ATTACHMENT_MISSING", "XML_INVALID", "VALUE_INVALID", "SOAP_INVALID"))
      for name, href in (("http", "http://127.0.0.1:1/x"), ("file", "file:///etc/passwd"), ("of-the-root", "cid:root"),
                         ("empty", ""), ("relative", "file"), ("nul-at-its-end", "cid:file%00"),
                         ("percent-without-digits", "cid:file%zz"))),
    Case("include-with-percent", related(root(note(include("cid:%66ile"))), part("file", CONTENT)), (200,)),
    Case("include-outside-multipart", post(note(include("cid:file")), target="/soap/Note"),
         ("ATTACHMENT_MISSING", "VALUE_INVALID", "XML_INVALID")),
    Case("include-beside-text", related(root(note("AAAA" + include("cid:file"))), part("file", CONTENT)),
         ("VALUE_INVALID", "XML_INVALID", "SOAP_INVALID", "PARAMETER_UNKNOWN")),
    Case("include-twice", related(root(note(include("cid:file") * 2)), part("file", CONTENT)),
         ("VALUE_INVALID", "XML_INVALID", "SOAP_INVALID", "PARAMETER_UNKNOWN", "PARAMETER_REPEATED")),
    Case("base64-with-rubbish", post(note("AA!A"), target="/soap/Note"), ("VALUE_INVALID",)),
    Case("base64-too-short", post(note("A"), target="/soap/Note"), ("VALUE_INVALID",)),
    Case("base64-padding-inside", post(note("AA==AAAA"), target="/soap/Note"), ("VALUE_INVALID",)),
    Case("file-name-with-a-path", post(note("AAAA").replace("a.bin", "../../etc/passwd"), target="/soap/Note"), (200, "VALUE_INVALID")),
]

# With settings limits.attachment=64 KiB.
ATTACHMENT_MOST = 64 * 1024
HUGE = 8 * 1024 * 1024  # is announced, and never comes
OF_THE_DOCUMENT = b"<field>document</field><entity>Note</entity>"
TOO_MUCH = ("LIMIT_EXCEEDED",)


def begun(data, **lines):
    """The beginning of a long message: what is wrong with it must be said before the rest comes."""
    return post(data, target="/soap/Note", Content_Length=HUGE, **lines)


def begun_parts(*parts):
    return begun(message(*parts, end=False), Content_Type=RELATED + '"b"')


def begun_note(size):
    text = note(base64.b64encode(b"x" * size).decode())
    return text[:text.index("</content>")]


SMALL = [
    Case("attachment-at-the-limit", related(GOOD[0], part("file", b"x" * ATTACHMENT_MOST)), (200,)),
    Case("attachment-above-the-limit", related(GOOD[0], part("file", b"x" * (ATTACHMENT_MOST + 1))), ("LIMIT_EXCEEDED", 413)),
    Case("attachment-above-the-limit-is-named", related(GOOD[0], part("file", b"x" * (ATTACHMENT_MOST + 1))), TOO_MUCH, says=OF_THE_DOCUMENT),
    Case("attachment-is-refused-while-it-comes", begun_parts(GOOD[0], part("file", b"x" * (ATTACHMENT_MOST + 1))), TOO_MUCH, says=OF_THE_DOCUMENT),
    Case("attachment-that-nobody-names-is-refused-while-it-comes",
         begun_parts(*GOOD, part("stray", b"x" * (ATTACHMENT_MOST + 1))), TOO_MUCH, says=b"limits.attachment"),
    Case("attachment-before-the-root-is-refused-while-it-comes",
         begun_parts(part("file", b"x" * (ATTACHMENT_MOST + 1)), GOOD[0]), (*TOO_MUCH, *BAD_PART)),
    Case("part-that-is-malformed-is-refused-while-it-comes",
         begun_parts(GOOD[0], part("file", b"x"), b" A: b\r\n\r\n"), BAD_PART),
    Case("inline-at-the-limit", post(note(base64.b64encode(b"x" * ATTACHMENT_MOST).decode()), target="/soap/Note"), (200,)),
    Case("inline-above-the-limit", post(note(base64.b64encode(b"x" * (ATTACHMENT_MOST + 1)).decode()), target="/soap/Note"), TOO_MUCH,
         says=OF_THE_DOCUMENT),
    Case("inline-in-lines-at-the-limit", post(note(base64.encodebytes(b"x" * ATTACHMENT_MOST).decode()), target="/soap/Note"), (200,)),
    Case("inline-is-refused-while-it-comes", begun(begun_note(ATTACHMENT_MOST + 12)), TOO_MUCH, says=OF_THE_DOCUMENT),
    Case("inline-of-a-root-is-refused-while-it-comes", begun_parts(root(begun_note(ATTACHMENT_MOST + 12))), TOO_MUCH, says=OF_THE_DOCUMENT),
    Case("inline-packed-above-the-limit",
         post(target="/soap/Note", Content_Encoding="gzip", body=gzip.compress(note(base64.b64encode(os.urandom(ATTACHMENT_MOST + 12)).decode()).encode())),
         TOO_MUCH, says=OF_THE_DOCUMENT),
    Case("base64-in-a-header-is-refused-while-it-comes",
         begun(note("").replace("<s:Body>", "<s:Header><x>" + "A" * 2 * ATTACHMENT_MOST)), TOO_MUCH),
    Case("base64-in-a-comment-is-refused-while-it-comes", begun(note("<!--" + "A" * 2 * ATTACHMENT_MOST)), TOO_MUCH),
    Case("base64-in-an-attribute-is-refused-while-it-comes", begun(f'<a b="{"A" * 2 * ATTACHMENT_MOST}'), TOO_MUCH),
]
