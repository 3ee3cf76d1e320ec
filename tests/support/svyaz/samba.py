"""Active Directory as Samba has it: a domain of the test's own, on a loopback address of its own.

Its LDAP ports cannot be chosen, so it takes an address where nobody else has them: that needs root.
"""
import os
import random
import subprocess

from samba.auth import system_session
from samba.param import LoadParm
from samba.samdb import SamDB

from svyaz import kerberos
from svyaz.ports import is_answered

REALM, DOMAIN, SUFFIX = "SVYAZ.TEST", "SVYAZ", "DC=svyaz,DC=test"
ADMIN_PASSWORD = "Domain-Secret-1"


class SambaDomain:
    """Provisioned into a folder; use it in a with statement."""

    def __init__(self, folder, authority):
        self.folder, self.authority = folder, authority.certificate
        self.address = f"127.{random.randint(100, 250)}.{random.randint(1, 250)}.1"
        certificate, key = authority.sign("samba", f"IP:{self.address}")
        folder.mkdir(parents=True)
        empty = folder / "empty.conf"
        empty.write_text("")
        options = {
            "interfaces": f"{self.address}/8", "bind interfaces only": "yes", "server services": "ldap,kdc",
            "dns update command": "/bin/true", "log file": folder / "log", "pid directory": folder / "run",
            "ncalrpc dir": folder / "ncalrpc", "ntp signd socket directory": folder / "ntp",
            "winbindd socket directory": folder / "winbindd", "tls certfile": certificate, "tls keyfile": key,
            "tls cafile": self.authority}
        self.tool("domain", "provision", f"--targetdir={folder}", f"--realm={REALM}", f"--domain={DOMAIN}",
                  "--host-name=dc", f"--host-ip={self.address}", f"--adminpass={ADMIN_PASSWORD}",
                  "--dns-backend=NONE", "--server-role=dc",
                  *(f"--option={name}={value}" for name, value in options.items()), configuration=empty)
        self.tool("domain", "passwordsettings", "set", "--complexity=off", "--min-pwd-length=6",
                  "--account-lockout-threshold=3", "--min-pwd-age=0", "--history-length=0")
        self.database = self.open_database()
        self.process = None

    @property
    def configuration(self):
        return self.folder / "etc" / "smb.conf"

    def tool(self, *words, configuration=None):
        ended = subprocess.run(
            ["samba-tool", *words, f"--configfile={configuration or self.configuration}"], capture_output=True,
            text=True, timeout=300)
        if ended.returncode != 0:
            raise RuntimeError(f"samba-tool {words[0]} {words[1]}: {ended.stdout[-1500:]}{ended.stderr[-1500:]}")

    def open_database(self):
        """What samba-tool does, without a process for each change."""
        parameters = LoadParm(filename_for_non_global_lp=str(self.configuration))
        return SamDB(url=str(self.folder / "private" / "sam.ldb"), session_info=system_session(), lp=parameters)

    def add_user(self, name, password, **details):
        self.database.newuser(name, password, **details)

    def add_group(self, name):
        self.database.newgroup(name)

    def add_members(self, group, *members):
        self.database.add_remove_group_members(group, members, add_members_operation=True)

    def remove_members(self, group, *members):
        self.database.add_remove_group_members(group, members, add_members_operation=False)

    def disable(self, name):
        self.database.disable_account(f"(sAMAccountName={name})")

    def enable(self, name):
        self.database.enable_account(f"(sAMAccountName={name})")

    def set_password(self, name, password, must_change):
        self.database.setpassword(f"(sAMAccountName={name})", password, force_change_at_next_login=must_change)

    def replace(self, name, attribute, value):
        [entry] = self.database.search(SUFFIX, expression=f"(sAMAccountName={name})", attrs=["dn"])
        self.database.modify_ldif(f"dn: {entry.dn}\nchangetype: modify\nreplace: {attribute}\n{attribute}: {value}\n")

    def keytab(self, account, service):
        """A service that an account stands for, and its keys."""
        path = self.folder / "service.keytab"
        self.replace(account, "servicePrincipalName", service)
        self.tool("domain", "exportkeytab", str(path), f"--principal={service}@{REALM}")
        return path

    def tickets(self, principal, password):
        return kerberos.Tickets(self.folder, f"{principal}@{REALM}", password)

    def __enter__(self):
        kerberos.configure(self.folder, REALM, self.address)
        with open(self.folder / "samba.log", "ab") as log:
            self.process = subprocess.Popen(
                ["/usr/sbin/samba", "--foreground", "--no-process-group", "--model=single", "--debug-stdout",
                 "-s", self.configuration], stdout=log, stderr=log, stdin=subprocess.DEVNULL, env=os.environ.copy())
        if not is_answered(self.process, self.address, 389, 60) or not is_answered(self.process, self.address, 88, 60):
            log = (self.folder / "samba.log").read_text(errors="replace")
            self.__exit__()
            raise RuntimeError(f"samba does not start: {log[-3000:]}")
        return self

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait(60)
