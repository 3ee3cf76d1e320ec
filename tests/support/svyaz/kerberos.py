"""A realm of the test's own: an MIT KDC on loopback, tickets, and tokens made of them."""
import base64
import os
import subprocess

import gssapi

from svyaz.ports import is_answered, start_on_some

REALM = "EXAMPLE.TEST"
SPNEGO = gssapi.OID.from_int_seq("1.3.6.1.5.5.2")

CONFIGURATION = """
[libdefaults]
 default_realm = {realm}
 dns_lookup_kdc = false
 dns_lookup_realm = false
 dns_canonicalize_hostname = false
 rdns = false
 udp_preference_limit = 1
 clockskew = {skew}
[realms]
 {realm} = {{
  kdc = {kdc}
 }}
[domain_realm]
 localhost = {realm}
"""

KDC_CONFIGURATION = """
[kdcdefaults]
 kdc_listen = ""
 kdc_tcp_listen = 127.0.0.1:{port}
[realms]
 {realm} = {{
  database_name = {folder}/principal
  key_stash_file = {folder}/stash
  acl_file = {folder}/acl
  max_life = 1h
 }}
[logging]
 kdc = FILE:{folder}/kdc.log
"""


def configure(folder, realm, kdc, skew=300):
    """Writes krb5.conf; every program started from here reads it."""
    path = folder / "krb5.conf"
    path.write_text(CONFIGURATION.format(realm=realm, kdc=kdc, skew=skew))
    os.environ["KRB5_CONFIG"] = str(path)
    return path


class Tickets:
    """The tickets of one principal, in a file."""

    def __init__(self, folder, principal, password, *options):
        self.cache = f"FILE:{folder}/{principal.replace('/', '_')}.tickets"
        subprocess.run(["kinit", "-c", self.cache, *options, principal], input=password + "\n", text=True,
                       check=True, capture_output=True, timeout=30)

    def context(self, service="HTTP@localhost", mechanism=SPNEGO):
        """What a client has in hand while it talks to a service."""
        return gssapi.SecurityContext(
            name=gssapi.Name(service, gssapi.NameType.hostbased_service), mech=mechanism, usage="initiate",
            creds=gssapi.Credentials(usage="initiate", store={"ccache": self.cache}),
            flags=gssapi.RequirementFlag.mutual_authentication)

    def line(self, service="HTTP@localhost"):
        """An Authorization line, good for one request."""
        return negotiate(self.context(service).step())


def negotiate(token):
    return {"Authorization": "Negotiate " + base64.b64encode(token).decode()}


class Realm:
    """Use it in a with statement."""

    def __init__(self, folder, skew=300):
        self.folder, self.skew = folder, skew
        folder.mkdir(parents=True)
        (folder / "acl").write_text("")
        self.environment = None
        self.process = None
        self.configure(0)
        self.run("/usr/sbin/kdb5_util", "-r", REALM, "create", "-s", "-P", "master-Secret-1")

    def configure(self, port):
        configure(self.folder, REALM, f"127.0.0.1:{port}", self.skew)
        settings = self.folder / "kdc.conf"
        settings.write_text(KDC_CONFIGURATION.format(realm=REALM, folder=self.folder, port=port))
        self.environment = os.environ | {"KRB5_KDC_PROFILE": str(settings)}

    def run(self, *words):
        subprocess.run(words, check=True, capture_output=True, timeout=60, env=self.environment)

    def administer(self, query):
        self.run("/usr/sbin/kadmin.local", "-r", REALM, "-q", query)

    def add(self, principal, password):
        self.administer(f'addprinc -pw "{password}" {principal}')

    def keytab(self, name, *services):
        path = self.folder / name
        for service in services:
            self.administer(f"addprinc -randkey {service}")
            self.administer(f"ktadd -k {path} {service}")
        return path

    def tickets(self, principal, password, *options):
        return Tickets(self.folder, principal, password, *options)

    def start_at(self, port):
        self.configure(port)
        self.process = subprocess.Popen(["/usr/sbin/krb5kdc", "-n", "-r", REALM], env=self.environment,
                                        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        return is_answered(self.process, "127.0.0.1", port)

    def __enter__(self):
        start_on_some(self.start_at)
        return self

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait(30)
