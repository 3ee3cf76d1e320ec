"""Messages: XML that is none, SOAP that is none, and attacks on parsers."""
from case import ACCOUNT, CREDENTIALS, SESSION, SOAP, SOAP12, WHO, WHO_AM_I, Case, account, envelope, post

XML = ("XML_INVALID",)
SHAPE = ("SOAP_INVALID",)
ENCODING = "http://schemas.xmlsoap.org/soap/encoding/"
XSI = 'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"'


def xml(name, text, expected=XML):
    return Case(name, post(text), expected)


def named(name, text, expected=XML):
    """A bad piece of text inside an account's name."""
    data = text if isinstance(text, bytes) else text.encode()
    body = account("<name>@</name>").encode().replace(b"@", data)
    return Case(name, post(body, target="/soap/Account"), expected)


def create(name, fields, expected, attributes=""):
    return Case(name, post(account(fields, attributes), target="/soap/Account"), expected)


MALFORMED = [
    xml("empty-body", "", (400, *XML)),
    xml("white-space-only", "  \n ", XML),
    xml("no-xml-at-all", "hello", XML),
    xml("cut-in-a-tag", WHO_AM_I[:40]),
    xml("cut-before-the-end", WHO_AM_I[:-10]),
    xml("wrong-end-tag", WHO_AM_I.replace("</s:Body>", "</s:Bodie>")),
    xml("crossed-tags", envelope("<a><b></a></b>")),
    xml("two-roots", WHO_AM_I + WHO_AM_I),
    xml("text-after-the-root", WHO_AM_I + "text"),
    xml("declaration-not-first", " <?xml version='1.0'?>" + WHO_AM_I),
    xml("version-1.1", "<?xml version='1.1'?>" + WHO_AM_I),
    xml("undeclared-prefix", envelope("<x:WhoAmI/>")),
    xml("prefix-bound-to-nothing", envelope('<x:WhoAmI xmlns:x=""/>')),
    xml("xmlns-prefix-bound", envelope('<a xmlns:xmlns="urn:x"/>')),
    xml("attribute-twice", envelope(f'<WhoAmI xmlns="{SESSION}" a="1" a="2"/>')),
    xml("attribute-twice-by-namespace", envelope(f'<WhoAmI xmlns="{SESSION}" xmlns:p="u" xmlns:q="u" p:a="1" q:a="2"/>')),
    xml("attribute-without-quotes", envelope(f'<WhoAmI xmlns="{SESSION}" a=1/>')),
    xml("attribute-without-value", envelope(f'<WhoAmI xmlns="{SESSION}" a/>')),
    xml("less-than-in-attribute", envelope(f'<WhoAmI xmlns="{SESSION}" a="<"/>')),
    xml("blank-before-the-name", envelope(f'< WhoAmI xmlns="{SESSION}"/>')),
    xml("name-begins-with-a-digit", envelope("<1a/>")),
    xml("two-colons", envelope('<a:b:c xmlns:a="urn:a"/>')),
    xml("two-hyphens-in-a-comment", envelope("<!-- a -- b -->" + WHO)),
    xml("comment-without-end", envelope("<!-- a " + WHO)),
    xml("cdata-without-end", envelope("<![CDATA[ a" + WHO)),
    xml("conditional-section", envelope("<![INCLUDE[ ]]>" + WHO)),
    xml("strange-declaration", envelope("<!anything>" + WHO)),
]

CHARACTERS = [
    named("unknown-entity", "&nbsp;"),
    named("entity-without-end", "&amp"),
    named("lone-ampersand", "a & b"),
    named("reference-to-nul", "&#0;"),
    named("reference-to-a-control", "&#1;"),
    named("reference-to-a-surrogate", "&#xD800;"),
    named("reference-to-fffe", "&#xFFFE;"),
    named("reference-to-ffff", "&#xFFFF;"),
    named("reference-beyond-unicode", "&#x110000;"),
    named("reference-that-overflows", "&#99999999999999999999;"),
    named("reference-with-letters", "&#xZZ;"),
    named("reference-that-is-empty", "&#;"),
    named("end-of-cdata-in-text", "a ]]> b"),
    named("raw-nul", b"a\0b"),
    named("raw-control", b"a\x01b"),
    named("raw-escape", b"a\x1bb"),
    named("lone-continuation-byte", b"a\x80b"),
    named("latin-1", "é".encode("latin-1")),
    named("cut-utf-8", b"\xd0"),
    named("overlong-less-than", b"\xc0\xbc"),
    named("overlong-slash", b"\xe0\x80\xaf"),
    named("encoded-surrogate", b"\xed\xa0\x80"),
    named("beyond-unicode", b"\xf4\x90\x80\x80"),
    named("five-byte-form", b"\xf8\x88\x80\x80\x80"),
    named("raw-fffe", b"\xef\xbf\xbe"),
    named("raw-ffff", b"\xef\xbf\xbf"),
    Case("utf-16-body", post(WHO_AM_I.encode("utf-16")), XML),
    Case("utf-32-body", post(WHO_AM_I.encode("utf-32")), XML),
    xml("declared-latin-1", "<?xml version='1.0' encoding='ISO-8859-1'?>" + WHO_AM_I),
    xml("declared-utf-7", "<?xml version='1.0' encoding='UTF-7'?>" + WHO_AM_I),
    xml("declared-utf-16", "<?xml version='1.0' encoding='UTF-16'?>" + WHO_AM_I),
    xml("declared-nonsense", "<?xml version='1.0' encoding='nonsense'?>" + WHO_AM_I),
]

FORBIDDEN = [
    xml("document-type", "<!DOCTYPE s:Envelope>" + WHO_AM_I),
    xml("document-type-with-entity", '<!DOCTYPE a [<!ENTITY b "c">]>' + WHO_AM_I.replace("<WhoAmI", "&b;<WhoAmI")),
    xml("external-entity", '<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]>' + WHO_AM_I),
    xml("external-parameter-entity", '<!DOCTYPE a [<!ENTITY % b SYSTEM "http://127.0.0.1:1/x"> %b;]>' + WHO_AM_I),
    xml("billion-laughs", "<!DOCTYPE a [<!ENTITY a 'a'>" + "".join(
        f"<!ENTITY a{i} '{('&a' + str(i - 1) + ';') * 10}'>" for i in range(1, 10)) + "]>" + WHO_AM_I),
    xml("document-type-in-lower-case", "<!doctype a>" + WHO_AM_I),
    xml("document-type-inside", envelope("<!DOCTYPE a>" + WHO)),
    xml("instruction-before", "<?php phpinfo() ?>" + WHO_AM_I),
    xml("instruction-inside", envelope("<?a b?>" + WHO)),
    xml("instruction-after", WHO_AM_I + "<?a b?>"),
    xml("style-sheet", "<?xml-stylesheet href='http://127.0.0.1:1/x'?>" + WHO_AM_I),
]

NOT_SOAP = [
    xml("another-root", "<a/>", (*SHAPE, "SOAP_VERSION")),
    xml("unknown-envelope", envelope(WHO, namespace="urn:soap"), ("SOAP_VERSION",)),
    xml("envelope-without-namespace", WHO_AM_I.replace(f' xmlns:s="{SOAP}"', "").replace("s:", ""),
        ("SOAP_VERSION", *SHAPE)),
    xml("no-body", f'<s:Envelope xmlns:s="{SOAP}"/>', SHAPE),
    xml("empty-body-element", envelope(""), SHAPE),
    xml("text-in-the-body", envelope("text"), (*SHAPE, "VALUE_INVALID")),
    xml("two-operations", envelope(WHO + WHO), SHAPE),
    xml("two-bodies", WHO_AM_I.replace("</s:Envelope>", f"<s:Body>{WHO}</s:Body></s:Envelope>"), SHAPE),
    xml("two-headers", WHO_AM_I.replace("<s:Body>", "<s:Header/><s:Header/><s:Body>"), SHAPE),
    xml("header-after-the-body", WHO_AM_I.replace("</s:Envelope>", "<s:Header/></s:Envelope>"), SHAPE),
    xml("element-after-the-body", WHO_AM_I.replace("</s:Envelope>", "<a/></s:Envelope>"), SHAPE),
    xml("element-before-the-body", WHO_AM_I.replace("<s:Body>", "<a/><s:Body>"), SHAPE),
    xml("text-in-the-envelope", WHO_AM_I.replace("<s:Body>", "text<s:Body>"), (*SHAPE, "VALUE_INVALID")),
    xml("body-of-another-version", WHO_AM_I.replace("<s:Body>", f'<s:Body xmlns:s="{SOAP12}">').replace(
        "</s:Body>", "</s:Body>"), (*SHAPE, *XML)),
    xml("operation-without-namespace", envelope("<WhoAmI/>"), ("OPERATION_UNKNOWN",)),
    xml("operation-of-another-namespace", envelope('<WhoAmI xmlns="urn:x"/>'), ("OPERATION_UNKNOWN",)),
    xml("operation-in-other-case", envelope(f'<whoAmI xmlns="{SESSION}"/>'), ("OPERATION_UNKNOWN",)),
    xml("operation-with-a-long-name", envelope(f'<{"W" * 250} xmlns="{SESSION}"/>'), ("OPERATION_UNKNOWN",)),
    xml("fault-as-request", envelope("<s:Fault><faultcode>s:Client</faultcode></s:Fault>"), ("OPERATION_UNKNOWN",)),
    xml("text-beside-parameters", envelope(f'<WhoAmI xmlns="{SESSION}">text</WhoAmI>'),
        ("SOAP_INVALID", "VALUE_INVALID", "XML_INVALID", "PARAMETER_UNKNOWN")),
    xml("two-sessions", envelope(WHO, f'<Session xmlns="{SESSION}"><token>a</token></Session>' * 2),
        ("SOAP_INVALID", "PARAMETER_REPEATED")),
    xml("session-without-token", envelope(WHO, f'<Session xmlns="{SESSION}"/>'),
        ("SOAP_INVALID", "PARAMETER_REQUIRED", "SESSION_INVALID")),
    xml("soap-1.2-body-as-text-xml", envelope(WHO, namespace=SOAP12), (200, "SOAP_VERSION", 415)),
]

GRAPHS = [
    Case(f"graph-{name}", post(text, target="/soap/Account"), ("XML_INVALID", "SOAP_INVALID", "PARAMETER_UNKNOWN"))
    for name, text in (
        ("href-cycle", envelope(
            f'<RetrieveMultipleAccount xmlns="{ACCOUNT}"><query><filter id="f"><filters><Filter href="#f"/>'
            "</filters></filter></query></RetrieveMultipleAccount>")),
        ("ref-cycle-1.2", envelope(
            f'<RetrieveMultipleAccount xmlns="{ACCOUNT}" xmlns:e="http://www.w3.org/2003/05/soap-encoding">'
            '<query><filter e:id="f"><filters><Filter e:ref="f"/></filters></filter></query>'
            "</RetrieveMultipleAccount>", namespace=SOAP12)),
        ("href-to-nothing", envelope(
            f'<CreateAccount xmlns="{ACCOUNT}"><account href="#nothing"/></CreateAccount>')),
        ("encoded-array", envelope(
            f'<CreateAccount xmlns="{ACCOUNT}"><account><name href="http://127.0.0.1:1/x"/></account>'
            "</CreateAccount>")),
        ("multi-reference", envelope(
            f'<CreateAccount xmlns="{ACCOUNT}"><account href="#a"/></CreateAccount>'
            '<m id="a"><name>x</name></m>')))
]

VALUES = [
    create("element-inside-a-text", "<name>a<b>c</b></name>", ("VALUE_INVALID", "PARAMETER_UNKNOWN", "XML_INVALID")),
    create("text-around-elements", "text<name>a</name>", ("VALUE_INVALID", "PARAMETER_UNKNOWN", "SOAP_INVALID", "XML_INVALID")),
    create("field-of-another-namespace", '<name xmlns="urn:x">a</name>', ("PARAMETER_UNKNOWN",)),
    create("field-in-other-case", "<Name>a</Name>", ("FIELD_UNKNOWN",)),
    create("infinite-money", "<name>a</name><creditLimit>INF</creditLimit>", ("VALUE_INVALID",)),
    create("hexadecimal-number", "<name>a</name><numberOfEmployees>0x10</numberOfEmployees>", ("VALUE_INVALID",)),
    create("number-with-fraction", "<name>a</name><numberOfEmployees>1.5</numberOfEmployees>", ("VALUE_INVALID",)),
    create("boolean-in-capitals", "<name>a</name><creditOnHold>TRUE</creditOnHold>", ("VALUE_INVALID",)),
    create("nil-and-content", f'<name xsi:nil="true" {XSI}>a</name>', ("VALUE_INVALID", "XML_INVALID", "FIELD_REQUIRED")),
    create("nil-that-is-neither", f'<name xsi:nil="perhaps" {XSI}>a</name>', ("VALUE_INVALID", "XML_INVALID")),
    create("sql-in-a-value", "<name>'); DROP TABLE account; --</name>", (200,)),
    create("sql-in-a-field-name", "<name_x27_>a</name_x27_>", ("FIELD_UNKNOWN",)),
    create("format-in-a-value", "<name>%s%n%x</name>", (200,)),
    create("type-that-older-clients-send",
           f'<name xsi:type="xsd:string" {XSI} xmlns:xsd="http://www.w3.org/2001/XMLSchema">a</name>', (200,)),
    create("cdata-is-text", "<name><![CDATA[a & <b>]]></name>", (200,)),
    create("comment-inside-a-text", "<name>a<!-- b -->c</name>", (200,)),
]

ADDRESSING = "http://www.w3.org/2005/08/addressing"
HONEST = [
    Case("reply-to-is-data", post(envelope(WHO, f'<a:ReplyTo xmlns:a="{ADDRESSING}"><a:Address>http://127.0.0.1:1/'
                                           "</a:Address></a:ReplyTo>")), (200,)),
    Case("credentials-for-a-proxy-are-none",
         post(WHO_AM_I, drop=("Authorization",), Proxy_Authorization=CREDENTIALS), ("NOT_AUTHENTICATED", 401)),
    Case("credentials-for-a-proxy-beside-ours", post(WHO_AM_I, Proxy_Authorization="Basic eDp5"), (200,)),
    Case("cookies-are-passed-over", post(WHO_AM_I, Cookie='$Version=1; a="' + "b" * 2000 + '"; $Path="/'), (200,)),
    Case("byte-order-mark", post(b"\xef\xbb\xbf" + WHO_AM_I.encode()), (200,)),
    Case("declaration", post("<?xml version='1.0' encoding='utf-8' standalone='yes'?>\n" + WHO_AM_I), (200,)),
    Case("comments-and-blanks", post("<!-- a -->" + WHO_AM_I.replace("<s:Body>", "\n<!-- b -->\n<s:Body>")), (200,)),
    Case("encoding-style-of-older-clients", post(WHO_AM_I.replace(
        "<s:Envelope", f'<s:Envelope s:encodingStyle="{ENCODING}" xmlns:soapenc="{ENCODING}"')), (200,)),
    Case("action-without-quotes", post(WHO_AM_I, SOAPAction=f"{SESSION}/WhoAmI"), (200,)),
    Case("empty-action", post(WHO_AM_I, SOAPAction='""'), (200,)),
    Case("soap-1.2", post(envelope(WHO, namespace=SOAP12), Content_Type="application/soap+xml"), (200,)),
]

CASES = [*MALFORMED, *CHARACTERS, *FORBIDDEN, *NOT_SOAP, *GRAPHS, *VALUES, *HONEST]
