"""Users and programs that tests make for themselves, as an administrator would."""
from xml.sax.saxutils import escape

from svyaz import wire
from svyaz.server import ADMIN, PASSWORD


class Administrator:
    """Calls operations as the administrator, and makes users."""

    def __init__(self, url):
        self.url = url
        self.unit = self.call("Session", "WhoAmI").findtext("{*}result/{*}businessUnitId")

    def call(self, service, operation, content=""):
        reply = wire.call(self.url, service, operation, content, headers=wire.basic(ADMIN, PASSWORD))
        if not reply.is_soap or reply.fault() is not None:
            raise RuntimeError(f"{operation}: {reply.fault() if reply.is_soap else reply.body}")
        return reply.message()

    def make_user(self, name, is_application=False, role=None):
        """Makes a user, with a role by the name of its template; its id."""
        flag = "<isApplication>true</isApplication>" if is_application else ""
        user = self.call("SystemUser", "CreateSystemUser",
                         f"<systemUser><userName>{escape(name)}</userName><lastName>{escape(name)}"
                         f"</lastName>{flag}<businessUnit><entity>BusinessUnit</entity>"
                         f"<id>{self.unit}</id></businessUnit></systemUser>"
                         ).findtext("{*}result/{*}id")
        if role:
            page = self.call("Role", "RetrieveMultipleRole",
                             "<query><columns><string>name</string></columns><filter><conditions>"
                             "<Condition><field>templateName</field><operator>eq</operator><values>"
                             f"<string>{role}</string></values></Condition></conditions></filter>"
                             "</query>")
            self.call("Security", "AddUserRole", f"<userId>{user}</userId><roleId>"
                      f"{page.findtext('.//{*}Role/{*}id')}</roleId>")
        return user

    def set_password(self, user, password):
        self.call("Security", "SetUserPassword",
                  f"<userId>{user}</userId><password>{escape(password)}</password>")

    def set_secret(self, user):
        return self.call("Security", "SetApplicationSecret", f"<userId>{user}</userId>"
                         ).findtext("{*}result/{*}secret")

    def register(self, user, certificate):
        """Registers a certificate file; its fingerprint."""
        return self.call("Security", "RegisterCertificate",
                         f"<userId>{user}</userId><certificate>{certificate.read_text()}"
                         "</certificate>").findtext("{*}result/{*}fingerprint")
