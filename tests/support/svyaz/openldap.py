"""OpenLDAP's slapd as a test's own: in a folder, on loopback, stopped by its pid."""
import os
import subprocess

from svyaz.ports import is_answered, start_on_some

SUFFIX = "dc=example,dc=com"
ROOT_DN, ROOT_PASSWORD = f"cn=root,{SUFFIX}", "root-Secret-1"
READER_DN, READER_PASSWORD = f"cn=reader,{SUFFIX}", "reader-Secret-1"
PEOPLE, GROUPS = f"ou=people,{SUFFIX}", f"ou=groups,{SUFFIX}"

# Passwords are for binding only; people are shown to the reader and to themselves.
CONFIGURATION = """
include /etc/ldap/schema/core.schema
include /etc/ldap/schema/cosine.schema
include /etc/ldap/schema/inetorgperson.schema
include /etc/ldap/schema/nis.schema
modulepath /usr/lib/ldap
moduleload back_mdb
moduleload memberof
pidfile {folder}/slapd.pid
TLSCACertificateFile {authority}
TLSCertificateFile {certificate}
TLSCertificateKeyFile {key}
TLSVerifyClient never
security simple_bind={strength}
database mdb
suffix {suffix}
rootdn {root_dn}
rootpw {root_password}
directory {folder}/data
index objectClass,uid,member,entryUUID eq
access to attrs=userPassword by self write by anonymous auth by * none
access to * by dn.exact={reader_dn} read by self read by anonymous auth by * none
overlay memberof
"""

BASE = f"""
dn: {SUFFIX}
objectClass: dcObject
objectClass: organization
o: Example
dc: example

dn: {PEOPLE}
objectClass: organizationalUnit
ou: people

dn: {GROUPS}
objectClass: organizationalUnit
ou: groups

dn: {READER_DN}
objectClass: organizationalRole
objectClass: simpleSecurityObject
cn: reader
userPassword: {READER_PASSWORD}
"""


def person(uid, password, first="", last="", mail=""):
    """An entry as LDIF."""
    lines = [f"dn: uid={uid},{PEOPLE}", "objectClass: inetOrgPerson", f"uid: {uid}", f"cn: {uid}",
             f"sn: {last or uid}", f"userPassword: {password}"]
    lines += [f"givenName: {first}"] if first else []
    lines += [f"mail: {mail}"] if mail else []
    return "\n".join(lines) + "\n\n"


def group(name, *members):
    """A group of people as LDIF; a member may be a DN too."""
    names = [member if "=" in member else f"uid={member},{PEOPLE}" for member in members]
    return "\n".join([f"dn: cn={name},{GROUPS}", "objectClass: groupOfNames", f"cn: {name}",
                      *(f"member: {name}" for name in names)]) + "\n\n"


class OpenLdap:
    """Use it in a with statement. strength is the TLS strength that a bind must have."""

    def __init__(self, folder, authority, strength=0):
        self.folder = folder
        self.port = self.tls_port = 0
        certificate, key = authority.sign(f"slapd-{folder.name}", "IP:127.0.0.1")
        self.authority = authority.certificate
        (folder / "data").mkdir(parents=True)
        self.configuration = folder / "slapd.conf"
        self.configuration.write_text(CONFIGURATION.format(
            folder=folder, authority=authority.certificate, certificate=certificate, key=key, suffix=SUFFIX,
            root_dn=ROOT_DN, root_password=ROOT_PASSWORD, reader_dn=f'"{READER_DN}"', strength=strength))
        self.process = None

    @property
    def url(self):
        return f"ldap://127.0.0.1:{self.port}"

    @property
    def tls_url(self):
        return f"ldaps://127.0.0.1:{self.tls_port}"

    def start_at(self, port):
        self.port, self.tls_port = port, port + 1
        with open(self.folder / "slapd.log", "ab") as log:
            self.process = subprocess.Popen(
                ["/usr/sbin/slapd", "-d", "256", "-f", self.configuration,
                 "-h", f"{self.url} {self.tls_url} ldaps://127.0.0.2:{self.tls_port}"], stdout=log, stderr=log)
        return is_answered(self.process, "127.0.0.1", self.tls_port)

    def start(self):
        start_on_some(self.start_at)

    def stop(self):
        if self.process:
            self.process.terminate()
            self.process.wait(30)
            self.process = None

    def log(self):
        return (self.folder / "slapd.log").read_text(errors="replace")

    def count(self, text):
        """How often the log says something, such as ' BIND dn='."""
        return self.log().count(text)

    def change(self, ldif, tool="ldapmodify"):
        subprocess.run([tool, "-x", "-H", self.tls_url, "-D", ROOT_DN, "-w", ROOT_PASSWORD], input=ldif, text=True,
                       check=True, capture_output=True, timeout=30,
                       env=os.environ | {"LDAPTLS_CACERT": str(self.authority)})

    def add(self, ldif):
        self.change(ldif, "ldapadd")

    def set_members(self, name, *members):
        lines = "\n".join(f"member: uid={member},{PEOPLE}" for member in members)
        self.change(f"dn: cn={name},{GROUPS}\nchangetype: modify\nreplace: member\n{lines}\n")

    def delete(self, dn):
        self.change(f"dn: {dn}\nchangetype: delete\n")

    def rename(self, uid, new_uid):
        self.change(f"dn: uid={uid},{PEOPLE}\nchangetype: modrdn\nnewrdn: uid={new_uid}\ndeleteoldrdn: 1\n")

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *_):
        self.stop()
