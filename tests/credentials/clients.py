"""Real clients that sign: zeep with the modules it brings for WS-Security."""
import datetime

import xmlsec
from zeep import Client
from zeep.exceptions import Fault
from zeep.wsse.signature import BinarySignature
from zeep.wsse.username import UsernameToken
from zeep.wsse.utils import WSU


def stamp():
    """A Timestamp as zeep's users write it."""
    now = datetime.datetime.now(datetime.timezone.utc)
    token = WSU.Timestamp()
    token.append(WSU.Created(now.strftime("%Y-%m-%dT%H:%M:%SZ")))
    token.append(WSU.Expires((now + datetime.timedelta(minutes=5)).strftime("%Y-%m-%dT%H:%M:%SZ")))
    return token


class Stamped(BinarySignature):
    """Signs Body and Timestamp, as zeep does once there is one."""

    def apply(self, envelope, headers):
        from zeep.wsse.utils import get_security_header
        get_security_header(envelope).append(stamp())
        return super().apply(envelope, headers)

    def verify(self, envelope):
        return envelope  # our answers are not signed


def who(world, wsse):
    try:
        client = Client(f"{world.url}/soap/Session?wsdl", wsse=wsse)
        return client.service.WhoAmI().userName
    except Fault as fault:
        return fault.message


def prove(tally, world):
    ways = {
        "zeep-text": UsernameToken("erp", world.secret),
        "zeep-digest": UsernameToken("erp", world.secret, use_digest=True, timestamp_token=stamp()),
        "zeep-signature": Stamped(str(world.rsa[0]), str(world.rsa[1]),
                                  signature_method=xmlsec.Transform.RSA_SHA256,
                                  digest_method=xmlsec.Transform.SHA256),
    }
    for name, wsse in ways.items():
        got = who(world, wsse)
        tally.check(f"client/{name}", None if got == "erp" else f"taken for {got}")
