"""WS-Security written by hand: messages that are signed, and parts to spoil them with."""
import base64
import datetime
import hashlib
import os
import subprocess
import uuid

import xmlsec
from lxml import etree

from svyaz import wire

WSSE = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-secext-1.0.xsd"
WSU = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-utility-1.0.xsd"
DS = "http://www.w3.org/2000/09/xmldsig#"
EXCLUSIVE = "http://www.w3.org/2001/10/xml-exc-c14n#"
PROFILE = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-username-token-profile-1.0"
X509 = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-x509-token-profile-1.0#X509v3"
BASE64 = ("http://docs.oasis-open.org/wss/2004/01/"
          "oasis-200401-wss-soap-message-security-1.0#Base64Binary")
SOAP = wire.ENVELOPE["1.1"]
NAMES = {"soap": SOAP, "wsse": WSSE, "wsu": WSU, "ds": DS}


def moment(seconds=0):
    """A moment so many seconds from now, as messages write it."""
    time = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(seconds=seconds)
    return time.strftime("%Y-%m-%dT%H:%M:%S.") + f"{time.microsecond // 1000:03}Z"


def timestamp(created=0, expires=300, name="TS-1"):
    """A Timestamp; None leaves a part out."""
    parts = "".join(f"<wsu:{part}>{moment(when)}</wsu:{part}>"
                    for part, when in (("Created", created), ("Expires", expires))
                    if when is not None)
    return f'<wsu:Timestamp xmlns:wsu="{WSU}" wsu:Id="{name}">{parts}</wsu:Timestamp>'


def digest_token(user, secret, nonce=None, created=0, spoil=""):
    """A UsernameToken with a digest; spoil goes into the text of the nonce."""
    nonce = os.urandom(16) if nonce is None else nonce
    when = created if isinstance(created, str) else moment(created)
    digest = base64.b64encode(hashlib.sha1(nonce + when.encode() + secret.encode()).digest())
    text = base64.b64encode(nonce).decode()
    return (f'<wsse:UsernameToken xmlns:wsse="{WSSE}" xmlns:wsu="{WSU}">'
            f"<wsse:Username>{user}</wsse:Username>"
            f'<wsse:Password Type="{PROFILE}#PasswordDigest">{digest.decode()}</wsse:Password>'
            f'<wsse:Nonce EncodingType="{BASE64}">{text[:4]}{spoil}{text[4:]}</wsse:Nonce>'
            f"<wsu:Created>{when}</wsu:Created></wsse:UsernameToken>")


def security(*parts):
    return f'<wsse:Security xmlns:wsse="{WSSE}">{"".join(parts)}</wsse:Security>'


def make_certificate(folder, name, key=("rsa", 2048), days=30):
    """A key and its self-signed certificate; the paths of both."""
    folder.mkdir(parents=True, exist_ok=True)
    kind, size = key
    options = ["-newkey", f"rsa:{size}"] if kind == "rsa" else [
        "-newkey", "ec", "-pkeyopt", f"ec_paramgen_curve:{size}"]
    paths = folder / f"{name}.key", folder / f"{name}.pem"
    subprocess.run(["openssl", "req", "-x509", "-nodes", "-sha256", *options, "-subj", f"/CN={name}",
                    "-days", str(days), "-keyout", paths[0], "-out", paths[1]],
                   check=True, capture_output=True)
    return paths


def der_of(certificate):
    """The base64 between the lines of a PEM file."""
    lines = certificate.read_text().splitlines()
    return "".join(line for line in lines if "-----" not in line)


def body_of(operation, service, content=""):
    return f'<{operation} xmlns="urn:svyaz:crm:1:{service}">{content}</{operation}>'


class Signer:
    """Signs messages as an honest client does; what is spoilt is spoilt by who asks."""

    def __init__(self, key, certificate):
        self.key, self.certificate = key, certificate

    def message(self, body, stamp=None, headers=""):
        """An envelope that is ready to be signed: every part has its place and its Id."""
        names = " ".join(f'xmlns:{prefix}="{uri}"' for prefix, uri in NAMES.items())
        return etree.fromstring(
            f'<soap:Envelope {names}><soap:Header>{headers}<wsse:Security soap:mustUnderstand="1">'
            f'<wsse:BinarySecurityToken wsu:Id="X509-1" ValueType="{X509}" EncodingType="{BASE64}">'
            f"{der_of(self.certificate)}</wsse:BinarySecurityToken>"
            f"{timestamp() if stamp is None else stamp}"
            f"</wsse:Security></soap:Header>"
            f'<soap:Body wsu:Id="Body-{uuid.uuid4()}">{body}</soap:Body></soap:Envelope>')

    def sign(self, envelope, targets=None, method=xmlsec.Transform.RSA_SHA256,
             digest=xmlsec.Transform.SHA256, transforms=(xmlsec.Transform.EXCL_C14N,),
             canonical=xmlsec.Transform.EXCL_C14N, key_info=None, key=None):
        """Adds the Signature over the Body and the Timestamp, or over the targets given."""
        header = envelope.find("soap:Header/wsse:Security", NAMES)
        signature = xmlsec.template.create(envelope, canonical, method, ns="ds")
        header.append(signature)
        if targets is None:
            targets = [envelope.find("soap:Body", NAMES), header.find("wsu:Timestamp", NAMES)]
        context = xmlsec.SignatureContext()
        for element in envelope.iter(etree.Element):
            if element.get(f"{{{WSU}}}Id"):
                context.register_id(element, "Id", WSU)
        for target in targets:
            uri = target if isinstance(target, str) else f"#{target.get(f'{{{WSU}}}Id')}"
            reference = xmlsec.template.add_reference(signature, digest, uri=uri)
            for transform in transforms:
                xmlsec.template.add_transform(reference, transform)
        info = xmlsec.template.ensure_key_info(signature)
        info.append(etree.fromstring(key_info or (
            f'<wsse:SecurityTokenReference xmlns:wsse="{WSSE}"><wsse:Reference URI="#X509-1" '
            f'ValueType="{X509}"/></wsse:SecurityTokenReference>')))
        context.key = key or xmlsec.Key.from_file(str(self.key), xmlsec.KeyFormat.PEM)
        context.sign(signature)
        return envelope

    def signed(self, body, **how):
        return self.sign(self.message(body, how.pop("stamp", None), how.pop("headers", "")), **how)


def send(url, service, envelope):
    """Sends an envelope, a tree or bytes, as it is."""
    data = envelope if isinstance(envelope, bytes) else etree.tostring(envelope)
    return wire.send(f"{url}/soap/{service}", "POST", data, wire.content_type("1.1", service))
