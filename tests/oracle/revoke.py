"""What is taken away is gone: with the next request on the same node, soon on every other.

One user sees one account by one way at a time; the way is then taken from him.
"""
import time

from svyaz.client import element
from world import PASSWORD

PATIENCE = 20  # seconds for the other node; the bench measures how long it takes
GONE = ("NOT_ALLOWED", "RECORD_NOT_FOUND", "SESSION_INVALID")


class Case:
    """An account of the administrator, and a user in a unit below a unit; he may read nothing yet."""

    def __init__(self, world, number):
        self.world, self.random = world, world.random
        self.name = f"revoked{number}"
        self.upper = world.create("BusinessUnit", name=f"Upper {number}",
                                  parentBusinessUnit=("BusinessUnit", world.units[0]))
        self.lower = world.create("BusinessUnit", name=f"Lower {number}",
                                  parentBusinessUnit=("BusinessUnit", self.upper))
        self.user = world.create("SystemUser", userName=self.name, lastName=self.name,
                                 businessUnit=("BusinessUnit", self.lower))
        self.team = world.create("Team", name=f"Team of {number}", businessUnit=("BusinessUnit", world.units[0]))
        self.role = world.create("Role", name=f"Role of {number}")
        self.account = world.create("Account", name=f"Account of {number}")
        self.must("SetUserPassword", element("userId", self.user) + element("password", PASSWORD))
        self.token = world.client.login(self.name, PASSWORD)

    def must(self, operation, content):
        self.world.client.must(operation, content, self.world.token)

    def allow(self, depth):
        self.must("SetRolePrivileges", element("roleId", self.role) +
                  self.world.privileges({("Account", "read"): depth} if depth else {}))

    def user_role(self, verb="Add"):
        self.must(f"{verb}UserRole", element("userId", self.user) + element("roleId", self.role))

    def team_role(self, verb="Add"):
        self.must(f"{verb}TeamRole", element("teamId", self.team) + element("roleId", self.role))

    def member(self, verb="Add"):
        self.must(f"{verb}TeamMembers", element("teamId", self.team) + self.world.ids("userIds", [self.user]))

    def share(self, operation="GrantAccess", principal=None, rights=("read",), account=None):
        self.must(operation, element("record", ("Account", account or self.account)) +
                  element("principal", principal or ("SystemUser", self.user)) +
                  (element("rights", list(rights)) if rights else ""))

    def colleague(self):
        """Another user of his unit, with his role."""
        user = self.world.create("SystemUser", userName=f"{self.name}other", lastName="Other",
                                 businessUnit=("BusinessUnit", self.lower))
        self.must("AddUserRole", element("userId", user) + element("roleId", self.role))
        return user

    def assign(self, owner):
        self.must("AssignAccount", element("id", self.account) + element("owner", owner))

    def move(self, unit):
        self.must("MoveUser", element("userId", self.user) + element("businessUnitId", unit))


def role(case):
    case.allow("organization")
    case.user_role()
    return lambda: case.user_role("Remove")


def privilege(case):
    case.allow("organization")
    case.user_role()
    return lambda: case.allow(None)


def team_role(case):
    case.allow("organization")
    case.team_role()
    case.member()
    return lambda: case.team_role("Remove")


def member_of_holder(case):
    case.allow("organization")
    case.team_role()
    case.member()
    return lambda: case.member("Remove")


def member_of_owner(case):
    case.allow("user")
    case.user_role()
    case.team_role()
    case.member()
    case.assign(("Team", case.team))
    return lambda: case.member("Remove")


def share(case):
    case.allow("user")
    case.user_role()
    case.share()
    return lambda: case.share("RevokeAccess", rights=None)


def share_of_team(case):
    case.allow("user")
    case.user_role()
    case.member()
    case.share(principal=("Team", case.team))
    return lambda: case.share("RevokeAccess", ("Team", case.team), rights=None)


def share_modified(case):
    """Another right in its place."""
    share(case)
    return lambda: case.share("ModifyAccess", rights=["write"])


def share_of_whole_team(case):
    """The share stays, he leaves the team."""
    share_of_team(case)
    return lambda: case.member("Remove")


def share_above(case):
    """Shared with the account above, and so as far as the relation says."""
    case.allow("user")
    case.user_role()
    upper = case.world.create("Account", name="Account above")
    case.must("UpdateAccount", case.world.as_element("Account", {
        "id": case.account, "parentAccount": ("Account", upper)}))
    case.share(account=upper)
    return lambda: case.share("RevokeAccess", rights=None, account=upper)


def manager(case):
    """Of the owner, who is in his unit."""
    case.allow("user")
    case.user_role()
    report = case.colleague()
    case.must("SetUserManager", element("userId", report) + element("managerId", case.user))
    case.assign(("SystemUser", report))
    return lambda: case.must("SetUserManager", element("userId", report) +
                             element("managerId", case.world.administrator))


def unit_below(case):
    """The account is in a unit below his, which then moves away."""
    case.allow("unitAndBelow")
    case.user_role()
    case.assign(("SystemUser", case.colleague()))
    case.move(case.upper)
    return lambda: case.must("MoveBusinessUnit", element("unitId", case.lower) +
                             element("parentId", case.world.units[0]))


def ownership(case):
    case.allow("user")
    case.user_role()
    case.assign(("SystemUser", case.user))
    return lambda: case.assign(("SystemUser", case.world.administrator))


def unit_of_user(case):
    case.allow("unit")
    case.user_role()
    case.move(case.world.units[0])
    return lambda: case.move(case.upper)


def user_disabled(case):
    role(case)
    return lambda: case.must("DisableUser", element("userId", case.user))


def unit_disabled(case):
    role(case)
    return lambda: case.must("DisableBusinessUnit", element("unitId", case.upper))


def session(case):
    role(case)
    return lambda: case.world.client.must("Logout", "", case.token)


def password(case):
    role(case)
    return lambda: case.must("SetUserPassword", element("userId", case.user) + element("password", PASSWORD + "2"))


WAYS = (role, privilege, team_role, member_of_holder, member_of_owner, share, share_modified, share_of_team,
        share_of_whole_team, ownership, unit_of_user, unit_below, user_disabled, unit_disabled, session, password)


def ways(hierarchy, catalog):
    """All that this organisation knows: managers and shares from above by setting and metadata."""
    above = (share_above,) if catalog["Account"].fields["parentAccount"].share in ("all", "active") else ()
    return WAYS + above + ((manager,) if hierarchy == "manager" else ())


def wait_until(node, case, is_answered):
    """The time until the other node answers him so; None when it never does."""
    begin = time.monotonic()
    while time.monotonic() < begin + PATIENCE:
        code = node.ask("RetrieveAccount", element("id", case.account), case.token).code
        if (code is None) == is_answered and (is_answered or code in GONE):
            return time.monotonic() - begin
        time.sleep(0.02)
    return None


def check(world, way, number, elsewhere):
    """The complaint about one way, None when it is gone everywhere; and how long the other node took."""
    case = Case(world, number)
    take = way(case)
    content = element("id", case.account)
    if world.client.ask("RetrieveAccount", content, case.token).code:
        return "what was given is not felt on the same node at once", 0
    if elsewhere and wait_until(elsewhere, case, True) is None:
        return "what was given is not felt on another node", 0
    take()
    answer = world.client.ask("RetrieveAccount", content, case.token)
    if answer.code not in GONE:
        return f"what was taken still holds on the same node: {answer.code or 'an answer'}", 0
    seconds = wait_until(elsewhere, case, False) if elsewhere else 0
    if seconds is None:
        return f"what was taken still holds on another node after {PATIENCE} s", PATIENCE
    return None, seconds
