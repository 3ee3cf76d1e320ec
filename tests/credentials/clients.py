"""Real clients that sign: zeep with the modules it brings for WS-Security, and node soap."""
import datetime
import os
import pathlib
import shutil
import subprocess

import xmlsec
from zeep import Client
from zeep.exceptions import Fault
from zeep.wsse.signature import BinarySignature
from zeep.wsse.username import UsernameToken
from zeep.wsse.utils import WSU

HERE = pathlib.Path(__file__).resolve().parent
NODE_PACKAGES = HERE.parent / "clients" / "node-soap"


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


def install_node(folder):
    """The packages of the client in tests/clients; None when they cannot be had."""
    folder.mkdir(parents=True, exist_ok=True)
    for name in ("package.json", "package-lock.json"):
        shutil.copy(NODE_PACKAGES / name, folder)
    shutil.copy(HERE / "sign.js", folder)
    if (folder / "node_modules" / "soap").is_dir():
        return folder
    done = subprocess.run(["npm", "ci", "--no-audit", "--no-fund"], cwd=folder, capture_output=True,
                          timeout=300, check=False)
    return folder if done.returncode == 0 else None


def prove_node(tally, world, work):
    folder = install_node(work / "node") if shutil.which("npm") else None
    if folder is None:
        tally.skip("client/node-soap-signature", "its packages cannot be had")
        return
    ended = subprocess.run(
        ["node", "sign.js", f"{world.url}/soap/Session?wsdl", *map(str, world.rsa)], cwd=folder,
        capture_output=True, text=True, timeout=120, check=False, env=os.environ)
    got = ended.stdout.strip()
    tally.check("client/node-soap-signature", None if got == "erp" else f"{got} {ended.stderr[-300:]}")


def prove(tally, world, work):
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
    prove_node(tally, world, work)
