"""Every limit of the settings: at it a request is served, one above it is refused."""
import base64
import gzip
import os

from case import ACCOUNT, ADMIN, CREDENTIALS, PASSWORD, SESSION, WHO, Case, envelope, head, post

TOO_MUCH = ("LIMIT_EXCEEDED", 413)
FALSE = "Basic " + base64.b64encode(b"nobody:a guess").decode()
SECURITY = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-secext-1.0.xsd"
HEAD_MOST, LINE_MOST, LINES_MOST = 16 * 1024, 8 * 1024, 100
BODY_MOST, ANONYMOUS_MOST = 8 * 1024 * 1024, 64 * 1024
DEPTH, ELEMENTS, ATTRIBUTES, ATTRIBUTE_NAMES, NAMESPACES, NAME = 64, 100_000, 32, 256, 64, 256
CONDITIONS, FILTER_DEPTH, PARAMETERS, PATTERN, PAGE = 500, 16, 900, 50_000, 5000


def pair(name, make, limit, refused=TOO_MUCH, served=(200,)):
    """The two cases of a limit; make takes how much."""
    return [Case(f"{name}-at-the-limit", make(limit), served),
            Case(f"{name}-above-the-limit", make(limit + 1), refused)]


def head_of(size):
    """A head of this many bytes, in lines shorter than the limit of a line."""
    lines = [("Host", "x"), ("A", "a" * 7000), ("B", "b"), ("C", "c" * 7000)]
    lines[2] = ("B", "b" * (size - len(head(lines, "GET", "/soap")) + 1))
    return head(lines, "GET", "/soap")


def line_of(size):
    """A header line of this many bytes, its end not counted."""
    return head([("Host", "x"), ("A", "a" * (size - len("A: ")))], "GET", "/soap")


def target_of(size):
    """A request line of this many bytes, its end not counted."""
    fixed = len("GET /soap? HTTP/1.1")
    return head([("Host", "x")], "GET", "/soap?" + "a" * (size - fixed))


def lines_of(count):
    return head([("Host", "x")] + [(f"A{i}", "a") for i in range(count - 1)], "GET", "/soap")


def body_of(size):
    """A message of this many bytes, the rest blanks after the root."""
    text = envelope(WHO)
    return text + " " * (size - len(text))


def anonymous(size, **lines):
    text = envelope(f'<Login xmlns="{SESSION}"><userName>x</userName><password>y</password></Login>')
    text += " " * (size - len(text))
    return head([("Host", "x"), ("Content-Type", "text/xml"), ("Content-Length", size), *lines.items()]) + text.encode()


def strange(size=0, header="", filler=" ", **lines):
    """The beginning of a message of 8 MiB with credentials that prove nothing, of this many bytes."""
    text = envelope(WHO, header).replace("<s:Body>", f"{filler * size}<s:Body>")
    return post(text[:max(size, 1)], Content_Length=BODY_MOST, **lines)


def sized(size, credentials):
    return post(body_of(size), drop=("Authorization",)) if credentials is None else post(
        body_of(size), Authorization=credentials)


def token_of(user, password, before=""):
    return (f'{before}<w:Security xmlns:w="{SECURITY}"><w:UsernameToken><w:Username>{user}</w:Username>'
            f"<w:Password>{password}</w:Password></w:UsernameToken></w:Security>")


def with_token(size, header):
    text = envelope(WHO, header)
    return post(text + " " * (size - len(text)), drop=("Authorization",))


def packed(size, **lines):
    """The same compressed, by no more than is allowed."""
    text = envelope(WHO)
    text += f"<!--{os.urandom(size).hex()[:size - len(text) - len('<!---->')]}-->"
    return post(gzip.compress(text.encode(), 1), Content_Encoding="gzip", **lines)


def in_header(xml):
    """A header block that nobody has to understand."""
    return post(envelope(WHO, f'<x:Block xmlns:x="urn:x">{xml}</x:Block>'))


def depth_of(count):
    """Envelope, Header and Block are three of the depth."""
    return in_header("<a>" * (count - 3) + "</a>" * (count - 3))


def elements_of(count):
    """Envelope, Header, Block, Body and WhoAmI are five of the elements."""
    return in_header("<a/>" * (count - 5))


def attributes_of(count):
    return in_header("<a " + " ".join(f'b{i}="1"' for i in range(count)) + "/>")


def attribute_names_of(count):
    """The declarations xmlns:s, xmlns:x and xmlns are three of the names."""
    names = [f'b{i}="1"' for i in range(count - 3)]
    return in_header("".join("<a " + " ".join(names[i:i + 16]) + "/>" for i in range(0, count, 16)))


def namespaces_of(count):
    """The envelope, the block and WhoAmI declare three."""
    return in_header("".join(f'<a xmlns:n{i}="urn:n{i}"/>' for i in range(count - 3)))


def name_of(size):
    return in_header(f'<{"n" * size}/>')


def query(content):
    return post(envelope(f'<RetrieveMultipleAccount xmlns="{ACCOUNT}"><query>{content}</query>'
                         "</RetrieveMultipleAccount>"), target="/soap/Account")


def condition(operator="eq", values=("1",)):
    texts = "".join(f"<string>{value}</string>" for value in values)
    return (f"<Condition><field>numberOfEmployees</field><operator>{operator}</operator>"
            f"<values>{texts}</values></Condition>")


def conditions_of(count):
    return query(f"<filter><conditions>{condition() * count}</conditions></filter>")


def filters_of(depth):
    inner = f"<filter><conditions>{condition()}</conditions></filter>"
    for _ in range(depth - 1):
        inner = "<filter><filters>" + inner.replace("<filter>", "<Filter>", 1)[:-9] + "</Filter></filters></filter>"
    return query(inner)


def values_of(count):
    return query(f"<filter><conditions>{condition('in', range(count))}</conditions></filter>")


def pattern_of(size):
    return query("<filter><conditions><Condition><field>name</field><operator>like</operator>"
                 f"<values><string>{'a' * size}</string></values></Condition></conditions></filter>")


def page_of(size):
    return query(f"<columns><string>name</string></columns><pageSize>{size}</pageSize>")


def compressed_of(ratio):
    """A message that inflates to about ratio times its size."""
    size = 400_000
    text, filler = (envelope(WHO) + " " * size).encode(), b""
    while True:
        packed = gzip.compress(filler + text)
        if len(text) <= ratio * len(packed):
            return post(packed, Content_Encoding="gzip")
        filler += b"<!-- %s -->" % os.urandom(1000).hex().encode()


CASES = [
    *pair("head", head_of, HEAD_MOST, (431,)),
    *pair("header-line", line_of, LINE_MOST, (431,)),
    *pair("request-line", target_of, LINE_MOST, (414,)),
    *pair("header-lines", lines_of, LINES_MOST, (431,)),
    *pair("body", lambda size: post(body_of(size)), BODY_MOST),
    Case("body-inflated-above-the-limit",
         post(gzip.compress(body_of(BODY_MOST + 1).encode(), 1), Content_Encoding="gzip"), TOO_MUCH),
    *pair("stranger-body", lambda size: sized(size, None), ANONYMOUS_MOST, TOO_MUCH, ("NOT_AUTHENTICATED", 401)),
    Case("false-password-at-the-limit", sized(ANONYMOUS_MOST, FALSE), ("CREDENTIALS_INVALID",)),
    # 8 MiB are announced and 64 KiB come: the answer must not wait for the rest.
    *(Case(f"{name}-is-refused-at-once", strange(ANONYMOUS_MOST + 1, **given), expected)
      for name, given, expected in (
          ("no-credential", {"drop": ("Authorization",)}, TOO_MUCH),
          ("false-password", {"Authorization": FALSE}, ("CREDENTIALS_INVALID",)),
          ("malformed-credential", {"Authorization": "Basic !"}, ("CREDENTIALS_INVALID",)),
          ("false-token", {"drop": ("Authorization",), "header": f'<Session xmlns="{SESSION}"><token>x</token></Session>'},
           ("SESSION_INVALID",)),
          ("false-username-token", {"drop": ("Authorization",), "header": token_of("nobody", "x")}, ("CREDENTIALS_INVALID",)),
          ("late-header", {"drop": ("Authorization",), "header": " " * ANONYMOUS_MOST + token_of(ADMIN, PASSWORD)}, TOO_MUCH))),
    Case("token-lifts-the-limit", with_token(ANONYMOUS_MOST + 1, token_of(ADMIN, PASSWORD)), (200,)),
    Case("token-lifts-the-limit-of-megabytes", with_token(BODY_MOST, token_of(ADMIN, PASSWORD)), (200,)),
    Case("token-after-the-limit", with_token(BODY_MOST, token_of(ADMIN, PASSWORD, " " * ANONYMOUS_MOST)), TOO_MUCH),
    Case("login-with-credentials-above-the-limit", anonymous(ANONYMOUS_MOST + 1, Authorization=CREDENTIALS), TOO_MUCH),
    Case("packed-body", packed(BODY_MOST), (200,)),
    Case("packed-stranger-body", packed(ANONYMOUS_MOST, drop=("Authorization",)), ("NOT_AUTHENTICATED", 401)),
    Case("packed-stranger-body-above-the-limit", packed(ANONYMOUS_MOST + 1, drop=("Authorization",)), TOO_MUCH),
    Case("packed-false-password-above-the-limit", packed(ANONYMOUS_MOST + 1, Authorization=FALSE), ("CREDENTIALS_INVALID",)),
    *pair("anonymous-body", anonymous, ANONYMOUS_MOST, TOO_MUCH, ("CREDENTIALS_INVALID",)),
    *pair("depth", depth_of, DEPTH),
    *pair("elements", elements_of, ELEMENTS),
    *pair("attributes", attributes_of, ATTRIBUTES),
    *pair("attribute-names", attribute_names_of, ATTRIBUTE_NAMES),
    *pair("namespaces", namespaces_of, NAMESPACES),
    *pair("name", name_of, NAME),
    *pair("conditions", conditions_of, CONDITIONS),
    *pair("filter-depth", filters_of, FILTER_DEPTH),
    *pair("pattern", pattern_of, PATTERN),
    *pair("page", page_of, PAGE),
    Case("values-few", values_of(800), (200,)),
    Case("values-above-the-limit", values_of(PARAMETERS + 1), TOO_MUCH),
    Case("ratio-below-the-limit", compressed_of(60), (200,)),
    Case("attributes-by-the-ten-thousand", in_header("<a " + " ".join(f'b{i}="1"' for i in range(16_000)) + "/>"), TOO_MUCH),
    Case("namespaces-by-the-ten-thousand", in_header("<a " + " ".join(f'xmlns:b{i}="u"' for i in range(8_000)) + "/>"), TOO_MUCH),
    Case("depth-by-the-hundred-thousand", in_header("<a>" * 200_000), TOO_MUCH),
    Case("depth-inside-a-value", post(envelope(
        f'<CreateAccount xmlns="{ACCOUNT}"><account>' + "<name>" * 100 + "</name>" * 100 + "</account></CreateAccount>"),
        target="/soap/Account"), (*TOO_MUCH, "VALUE_INVALID", "PARAMETER_UNKNOWN")),
    Case("a-text-of-megabytes", post(envelope(
        f'<CreateAccount xmlns="{ACCOUNT}"><account><name>{"n" * 4_000_000}</name></account></CreateAccount>'),
        target="/soap/Account"), ("VALUE_TOO_LONG", *TOO_MUCH)),
    Case("credentials-of-a-kilobyte", post(envelope(WHO), Authorization=CREDENTIALS + "A" * 4000),
         ("CREDENTIALS_INVALID", 400, 401)),
]
