"""An organisation that exists, started with metadata that has an entity more: tables, service, and what its roles allow."""
import re
import shutil

from svyaz.people import Administrator
from svyaz.server import ROOT, Server

ALLOWED = '<allow entity="Project" right="create read" depth="unit"/>\n  '
EXPECTED = {("Project", "create", "unit"), ("Project", "read", "unit")}


def make_metadata(folder):
    """The product's, with the example of its README, and with what a salesperson may do with it."""
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(ROOT / "metadata", folder)
    example = re.search(r"```xml\n(<\?xml.*?)```", (folder / "README.md").read_text(), re.S)
    (folder / "entities/project.xml").write_text(example[1])
    role = folder / "roles/salesperson.xml"
    role.write_text(role.read_text().replace("<allow ", f"{ALLOWED}<allow ", 1))


def find_role(administrator):
    found = administrator.call("Role", "RetrieveRole", "<alternateKey><name>name</name><values><string>Salesperson"
                               "</string></values></alternateKey><columns><string>name</string></columns>")
    return found.findtext(".//{*}role/{*}id")


def read_privileges(administrator, role):
    answer = administrator.call("Security", "RetrieveRolePrivileges", f"<roleId>{role}</roleId>")
    return {tuple(child.text for child in privilege) for privilege in answer.iterfind(".//{*}Privilege")}


def differs(found, expected):
    return None if found == expected else f"{sorted(found ^ expected)} is on one side alone"


def prove(tally, work):
    metadata = work / "newer"
    make_metadata(metadata)
    server = Server(work / "older")
    server.bootstrap(work / "firm")
    with server:
        administrator = Administrator(server.url)
        role = find_role(administrator)
        before = read_privileges(administrator, role)
    tally.check("older-metadata", None if before and not EXPECTED & before else f"{before}")

    server.settings.append(f"metadata.dir={metadata}")
    with server:
        administrator = Administrator(server.url)
        tally.check("newer-metadata-privileges", differs(read_privileges(administrator, role), before | EXPECTED))
        made = administrator.call("Account", "CreateAccount", "<account><name>A</name></account>").findtext(".//{*}id")
        project = administrator.call("Project", "CreateProject", "<project><name>P</name><customer><entity>Account</entity>"
                                     f"<id>{made}</id></customer></project>").findtext(".//{*}id")
        tally.check("newer-metadata-service", None if project else "no project was made")
        administrator.call("Security", "SetRolePrivileges", f"<roleId>{role}</roleId><privileges><Privilege>"
                           "<entity>Account</entity><right>read</right><depth>unit</depth></Privilege></privileges>")

    with server:  # what is taken from it stays away
        tally.check("newer-metadata-once", differs(read_privileges(Administrator(server.url), role),
                                                   {("Account", "read", "unit")}))
