"""Signed messages, spoilt: each function takes a message that an honest client has signed and
makes of it what somebody between would, who has no key."""
import copy

import xmlsec
from lxml import etree

from svyaz.wsse import DS, EXCLUSIVE, NAMES, SOAP, WSSE, WSU, body_of, timestamp

STOLEN = body_of("RetrieveMultipleSystemUser", "SystemUser")
ID = f"{{{WSU}}}Id"


def find(message, path):
    return message.find(path, NAMES)


def security_of(message):
    return find(message, "soap:Header/wsse:Security")


def body_of_another(message, name="Body-other"):
    """A Body of the attacker's own, at the place of the one that was signed, which is returned."""
    signed = find(message, "soap:Body")
    forged = etree.fromstring(f'<soap:Body xmlns:soap="{SOAP}" xmlns:wsu="{WSU}" wsu:Id="{name}">'
                              f"{STOLEN}</soap:Body>")
    message.replace(signed, forged)
    return signed


def in_wrapper(message, parent, element):
    wrapper = etree.SubElement(parent, "{urn:x}Wrapper")
    wrapper.append(element)
    return message


# ---- where the signed Body is put ----

def body_into_header(message):
    return in_wrapper(message, find(message, "soap:Header"), body_of_another(message))


def body_into_security(message):
    return in_wrapper(message, security_of(message), body_of_another(message))


def body_into_signature_object(message):
    signed = body_of_another(message)
    box = etree.SubElement(find(message, ".//ds:Signature"), f"{{{DS}}}Object")
    box.append(signed)
    return message


def body_into_body(message):
    signed = body_of_another(message)
    find(message, "soap:Body").append(signed)
    return message


def body_after_body(message):
    message.append(body_of_another(message))
    return message


def body_before_body(message):
    message.insert(1, body_of_another(message))
    return message


def body_with_the_same_id(message):
    signed = find(message, "soap:Body")
    return in_wrapper(message, find(message, "soap:Header"),
                      body_of_another(message, signed.get(ID)))


def body_with_an_id_of_another_kind(message):
    """The forged Body has an unqualified Id of the same value, which a careless reader takes."""
    signed = body_of_another(message)
    forged = find(message, "soap:Body")
    del forged.attrib[ID]
    forged.set("Id", signed.get(ID))
    return in_wrapper(message, find(message, "soap:Header"), signed)


def body_with_xml_id(message):
    signed = body_of_another(message)
    forged = find(message, "soap:Body")
    del forged.attrib[ID]
    forged.set("{http://www.w3.org/XML/1998/namespace}id", signed.get(ID))
    return in_wrapper(message, find(message, "soap:Header"), signed)


def body_under_another_role(message):
    """The signed Body hides in a Security header that is meant for somebody else."""
    other = etree.SubElement(find(message, "soap:Header"), f"{{{WSSE}}}Security")
    other.set(f"{{{SOAP}}}actor", "urn:somebody")
    return in_wrapper(message, other, body_of_another(message))


def envelope_in_header(message):
    """The whole signed envelope hides in the header of another."""
    outer = etree.fromstring(f'<soap:Envelope xmlns:soap="{SOAP}"><soap:Header/><soap:Body>{STOLEN}'
                             f"</soap:Body></soap:Envelope>")
    header = find(outer, "soap:Header")
    header.append(copy.deepcopy(security_of(message)))
    in_wrapper(outer, header, message)
    return outer


# ---- what is changed ----

def another_operation(message):
    body = find(message, "soap:Body")
    body.replace(body[0], etree.fromstring(STOLEN))
    return message


def id_renamed(message):
    find(message, "soap:Body").set(ID, "renamed")
    return message


def id_moved_to_child(message):
    body = find(message, "soap:Body")
    body[0].set(ID, body.attrib.pop(ID))
    return message


def comment_in_text(message):
    created = find(message, ".//wsu:Timestamp/wsu:Created")
    created.text, rest = created.text[:-2], created.text[-2:]
    mark = etree.Comment("x")
    mark.tail = str((int(rest[0]) + 1) % 10) + rest[1:]
    created.append(mark)
    return message


def header_added(message):
    find(message, "soap:Header").append(etree.fromstring(
        '<Request xmlns="urn:svyaz:crm:1:Session"><validateOnly>true</validateOnly></Request>'))
    return message


def timestamp_renewed(message):
    security = security_of(message)
    security.replace(find(security, "wsu:Timestamp"), etree.fromstring(timestamp()))
    return message


def timestamp_doubled(message):
    security_of(message).insert(0, etree.fromstring(timestamp(name="TS-2")))
    return message


def timestamp_into_header(message):
    """The signed Timestamp is kept elsewhere, and a fresh one takes its place."""
    security = security_of(message)
    signed = find(security, "wsu:Timestamp")
    security.replace(signed, etree.fromstring(timestamp(name="TS-2")))
    return in_wrapper(message, find(message, "soap:Header"), signed)


def timestamp_removed(message):
    security = security_of(message)
    security.remove(find(security, "wsu:Timestamp"))
    return message


def digest_value(message):
    value = find(message, ".//ds:DigestValue")
    value.text = "A" + value.text[1:] if value.text[0] != "A" else "B" + value.text[1:]
    return message


def signature_value(message):
    value = find(message, ".//ds:SignatureValue")
    value.text = value.text.strip()[::-1]
    return message


def signature_emptied(message):
    find(message, ".//ds:SignatureValue").text = ""
    return message


def reference_removed(message):
    info = find(message, ".//ds:SignedInfo")
    info.remove(find(info, "ds:Reference"))
    return message


def references_removed(message):
    info = find(message, ".//ds:SignedInfo")
    for reference in info.findall("ds:Reference", NAMES):
        info.remove(reference)
    return message


def signature_doubled(message):
    security_of(message).append(copy.deepcopy(find(message, ".//ds:Signature")))
    return message


def signature_moved(message):
    find(message, "soap:Header").append(find(message, ".//ds:Signature"))
    return message


def signature_removed(message):
    security = security_of(message)
    security.remove(find(security, "ds:Signature"))
    return message


def token_doubled(message):
    token = copy.deepcopy(find(message, ".//wsse:BinarySecurityToken"))
    token.set(ID, "X509-2")
    security_of(message).insert(0, token)
    return message


def token_in_pieces(message):
    """The certificate is there, but what KeyInfo names is another element."""
    find(message, ".//wsse:Reference").set("URI", "#" + find(message, "soap:Body").get(ID))
    return message


def token_elsewhere(message):
    find(message, ".//wsse:Reference").set("URI", "http://127.0.0.1:1/certificate")
    return message


def token_is_garbage(message):
    find(message, ".//wsse:BinarySecurityToken").text = "AAAA"
    return message


def document_type(message):
    return b'<!DOCTYPE x [<!ENTITY e "x">]>' + etree.tostring(message)


SPOILT = [value for name, value in list(globals().items())
          if callable(value) and getattr(value, "__module__", "") == __name__
          and name not in ("find", "security_of", "body_of_another", "in_wrapper")]


# ---- signed by the holder of the key, but not in a form that is taken ----

def reference_to(message, path):
    return [find(message, "soap:Body"), find(message, ".//wsu:Timestamp"), path]


XSLT = ('<ds:Transform xmlns:ds="http://www.w3.org/2000/09/xmldsig#" '
        'Algorithm="http://www.w3.org/TR/1999/REC-xslt-19991116"><xsl:stylesheet version="1.0" '
        'xmlns:xsl="http://www.w3.org/1999/XSL/Transform"><xsl:template match="/">'
        '<xsl:copy-of select="."/></xsl:template></xsl:stylesheet></ds:Transform>')
XPATH = ('<ds:Transform xmlns:ds="http://www.w3.org/2000/09/xmldsig#" '
         'Algorithm="http://www.w3.org/TR/1999/REC-xpath-19991116"><ds:XPath>true()</ds:XPath>'
         "</ds:Transform>")


def with_transform(text):
    """A transform put in after signing: the form alone must be refused."""
    def spoil(message):
        find(message, ".//ds:Transforms").insert(0, etree.fromstring(text))
        return message
    return spoil


def set_algorithm(path, algorithm):
    def spoil(message):
        find(message, path).set("Algorithm", algorithm)
        return message
    return spoil


def add_child(path, text):
    def spoil(message):
        find(message, path).append(etree.fromstring(text))
        return message
    return spoil


def set_uri(uri):
    def spoil(message):
        find(message, ".//ds:Reference").set("URI", uri)
        return message
    return spoil


FORMS = {
    "xslt": with_transform(XSLT),
    "xpath": with_transform(XPATH),
    "enveloped": with_transform(
        f'<ds:Transform xmlns:ds="{DS}" Algorithm="{DS}enveloped-signature"/>'),
    "inclusive-c14n": set_algorithm(".//ds:CanonicalizationMethod",
                                    "http://www.w3.org/TR/2001/REC-xml-c14n-20010315"),
    "c14n-with-comments": set_algorithm(".//ds:CanonicalizationMethod", EXCLUSIVE + "WithComments"),
    "hmac": set_algorithm(".//ds:SignatureMethod", DS + "hmac-sha1"),
    "hmac-sha256": set_algorithm(".//ds:SignatureMethod",
                                 "http://www.w3.org/2001/04/xmldsig-more#hmac-sha256"),
    "truncated-hmac": add_child(".//ds:SignatureMethod",
                                f'<ds:HMACOutputLength xmlns:ds="{DS}">1</ds:HMACOutputLength>'),
    "rsa-sha1": set_algorithm(".//ds:SignatureMethod", DS + "rsa-sha1"),
    "rsa-md5": set_algorithm(".//ds:SignatureMethod",
                             "http://www.w3.org/2001/04/xmldsig-more#rsa-md5"),
    "no-method": set_algorithm(".//ds:SignatureMethod", ""),
    "digest-sha1": set_algorithm(".//ds:DigestMethod", DS + "sha1"),
    "external": set_uri("http://127.0.0.1:1/body"),
    "file": set_uri("file:///etc/hostname"),
    "whole-document": set_uri(""),
    "xpointer": set_uri("#xpointer(/)"),
    "nowhere": set_uri("#nowhere"),
    "key-value": add_child(".//ds:KeyInfo",
                           f'<ds:KeyName xmlns:ds="{DS}">other</ds:KeyName>'),
    "manifest": add_child(".//ds:Signature",
                          f'<ds:Object xmlns:ds="{DS}"><ds:Manifest/></ds:Object>'),
}

# What the holder of the key may sign, and still is not taken.
SIGNED_BADLY = {
    "sha1-signature": {"method": xmlsec.Transform.RSA_SHA1},
    "sha1-digest": {"digest": xmlsec.Transform.SHA1},
    "inclusive-c14n-signed": {"canonical": xmlsec.Transform.C14N},
    "inclusive-transform-signed": {"transforms": (xmlsec.Transform.C14N,)},
    "two-transforms-signed": {
        "transforms": (xmlsec.Transform.ENVELOPED, xmlsec.Transform.EXCL_C14N)},
    "expired": {"stamp": timestamp(-900, -600)},
    "expired-without-end": {"stamp": timestamp(-900, None)},
    "future": {"stamp": timestamp(600, 900)},
    "ends-before-it-begins": {"stamp": timestamp(0, -30)},
    "no-created": {"stamp": timestamp(None, 300)},
    "no-timestamp": {"stamp": "", "targets": "body"},
    "unsigned-timestamp": {"targets": "body"},
    "unsigned-body": {"targets": "timestamp"},
}
