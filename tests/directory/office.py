"""What the tests of the directory share: a server with settings, logins, and what became of them."""
import contextlib
import sqlite3
import time
import uuid

from svyaz import wire
from svyaz.server import ADMIN, PASSWORD, Server

WRONG = "CREDENTIALS_INVALID"
AWAY = "DIRECTORY_UNAVAILABLE"


class Office(Server):
    """A server, asked as different people. Use it in a with statement."""
    made = []  # all of them, to be asked at the end what the sanitizers wrote

    @classmethod
    def of(cls, folder, template, settings):
        """A server with the data of another, which has stopped; its program too."""
        office = cls(folder, cls.made[0].program, settings)
        office.bootstrap(template)
        (folder / "server.log").unlink(missing_ok=True)
        return office

    @classmethod
    def fresh(cls, folder, program, settings):
        office = cls(folder, program, settings)
        office.bootstrap()
        return office

    def __init__(self, *words):
        super().__init__(*words)
        self.made.append(self)

    def wait_until(self, is_so, seconds=30):
        """Waits for what happens by itself; the check that follows says whether it did."""
        deadline = time.monotonic() + seconds
        while not is_so() and time.monotonic() < deadline:
            time.sleep(0.2)

    def ask(self, service, operation, content="", header="", headers=None, timeout=60):
        return wire.call(self.url, service, operation, content, header, headers=headers, timeout=timeout)

    def as_admin(self, service, operation, content=""):
        """The answer's message; the administrator's requests must succeed."""
        reply = self.ask(service, operation, content, headers=wire.basic(ADMIN, PASSWORD))
        fault = reply.fault()
        if fault is not None:
            raise RuntimeError(f"{operation}: {fault}")
        return reply.message()

    def who(self, headers=None, header=""):
        """The caller's user name as the server knows him, or the code of the fault."""
        reply = self.ask("Session", "WhoAmI", header=header, headers=headers)
        fault = reply.fault()
        return fault["code"] if fault is not None else reply.message().findtext(".//{*}userName")

    def basic(self, user, password):
        return self.who(wire.basic(user, password))

    def login(self, user, password):
        """The token of a session, or the code of the fault."""
        reply = self.ask("Session", "Login", f"<userName>{user}</userName><password>{password}</password>")
        fault = reply.fault()
        return fault["code"] if fault is not None else reply.message().findtext(".//{*}token")

    def with_token(self, token):
        return self.who(header=session(token))

    def may_read_accounts(self, user, password):
        """Whether a user has the privilege, which comes with a role."""
        reply = self.ask("Account", "RetrieveMultipleAccount", headers=wire.basic(user, password))
        fault = reply.fault()
        return fault is None if fault is None or fault["code"] == "NOT_ALLOWED" else fault["code"]

    def role(self, name):
        """The id of a role by its name."""
        answer = self.as_admin(
            "Role", "RetrieveRole",
            f"<alternateKey><name>name</name><values><string>{name}</string></values></alternateKey>")
        return answer.findtext(".//{*}id")

    def add_user(self, name, password=None):
        """A user made by hand; his id."""
        unit = self.as_admin("Session", "WhoAmI").findtext(".//{*}businessUnitId")
        answer = self.as_admin(
            "SystemUser", "CreateSystemUser",
            f"<systemUser><userName>{name}</userName><lastName>{name}</lastName><businessUnit><entity>BusinessUnit"
            f"</entity><id>{unit}</id></businessUnit></systemUser>")
        user_id = answer.findtext(".//{*}id")
        if password:
            self.as_admin("Security", "SetUserPassword", f"<userId>{user_id}</userId><password>{password}</password>")
        return user_id

    def disable(self, user_id):
        self.as_admin("SystemUser", "UpdateSystemUser",
                      f"<systemUser><id>{user_id}</id><isDisabled>true</isDisabled></systemUser>")

    def map_group(self, group, role_id, operation="AddDirectoryGroupRole"):
        self.as_admin("Security", operation, f"<group>{group}</group><roleId>{role_id}</roleId>")

    def rows(self, sql, *values):
        """Rows past the server."""
        with contextlib.closing(sqlite3.connect(f"file:{self.folder}/svyaz.db?mode=ro", uri=True)) as database:
            return database.execute(sql, values).fetchall()

    def user(self, name):
        """Some columns of a user, as stored; None when there is none."""
        found = self.rows('SELECT "firstName", "lastName", "internalEmailAddress" FROM "system_user" '
                          'WHERE "userName" = ?', name)
        return found[0] if len(found) == 1 else None if not found else f"{len(found)} users {name}"


    def id_of(self, name):
        return str(uuid.UUID(bytes=self.rows('SELECT id FROM "system_user" WHERE "userName" = ?', name)[0][0]))


def session(token):
    return f'<Session xmlns="urn:svyaz:crm:1:Session"><token>{token}</token></Session>'


def differs(found, wanted):
    """A complaint for Tally.check."""
    return None if found == wanted else f"{found!r} instead of {wanted!r}"
