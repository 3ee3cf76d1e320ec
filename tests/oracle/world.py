"""A random organisation, made and changed by the published operations: units, users, teams, roles,
records, shares, profiles. The same seed makes the same world."""
from catalog import RIGHTS
from svyaz.client import element
from rules import DEPTHS

MARK = "zq"
PASSWORD = "Oracle-world-1-staple"
UNITS, USERS, TEAMS, ROLES, PROFILES, SHARES = 9, 12, 5, 10, 3, 60
RIGHTS_OF_SHARE = [right for right in RIGHTS if right != "create"]
# How many records of an entity are made; those that others refer to come first.
RECORDS = {
    "UnitOfMeasure": 2, "Product": 3, "PriceLevel": 2, "ProductPriceLevel": 3,
    "Account": 14, "Contact": 12, "Lead": 6, "Opportunity": 8, "SalesOrder": 7, "Invoice": 6,
    "OpportunityProduct": 4, "SalesOrderDetail": 6, "InvoiceDetail": 4, "CustomerAddress": 6,
    "Case": 8, "Task": 10, "PhoneCall": 5, "Email": 5, "Appointment": 5, "AppointmentReply": 6, "Note": 12,
    "Queue": 4, "QueueItem": 9, "Mailbox": 4, "EmailTemplate": 3,
}
# Lookups that the platform, not a client, has the say in.
LEFT_ALONE = ("currency", "master", "qualifyingOpportunity")
FILLED = ("choice", "boolean", "integer", "long", "decimal", "money")


def is_secret_text(field):
    return field.is_secured and field.type in ("string", "memo") and int(field.attributes["length"]) > 60


class World:
    def __init__(self, random, client, administrator, catalog):
        self.random, self.client, self.token, self.catalog = random, client, administrator, catalog
        self.units, self.users, self.teams, self.roles, self.profiles = [], [], [], [], []
        self.sessions = {}   # user -> token
        self.above = {}      # unit -> the unit above, user -> his unit, as they were made
        self.records = {}    # entity -> ids
        self.taken = set()   # keys made of lookups
        self.number = 0
        self.marks = {}      # mark in a text -> record and field
        self.texts = {}      # record -> {field: text}, as far as it is marked
        self.log = []        # what was done, for those who read a failure

    def do(self, operation, content):
        """Asks as the administrator; a refusal is a defined result here. What came is noted."""
        answer = self.client.ask(operation, content, self.token)
        self.log.append(f"{operation} {content} -> {answer.code or 'done'}")

    def create(self, entity, **values):
        answer = self.client.must(f"Create{entity}", self.as_element(entity, values), self.token)
        identifier = answer.text("id")
        self.records.setdefault(entity, []).append(identifier)
        for name, value in values.items():
            if isinstance(value, str) and value.startswith(MARK):
                self.marks[value[:len(MARK) + 6]] = (identifier, name)
                self.texts.setdefault(identifier, {})[name] = value
        return identifier

    def marked(self, text):
        """A text that is found again wherever it comes out."""
        self.number += 1
        return f"{MARK}{self.number:05}z {text}"

    def as_element(self, entity, values):
        """A record as XML, its fields in the order of the schema: the catalog's, then the platform's."""
        order = list(self.catalog[entity].fields)
        names = sorted(values, key=lambda name: (name != "id", order.index(name) if name in order else len(order),
                                                 name != "state"))
        inner = "".join(element(name, values[name]) for name in names)
        return f"<{self.catalog[entity].element}>{inner}</{self.catalog[entity].element}>"

    # ---- making ----

    def make(self):
        self.make_units()
        self.make_principals()
        self.make_roles()
        base = self.base_role()
        for principal in self.principals():
            self.add_role(principal, base)
        self.make_records()
        for principal in self.principals():
            if self.random.random() < 0.9:
                self.remove_role(principal, base)
        for principal in self.principals():
            for role in self.random.sample(self.roles, self.random.choice((0, 1, 1, 2, 3))):
                self.add_role(principal, role)
        self.make_half_manager()
        for _ in range(SHARES):
            self.share()
        self.make_profiles()
        self.log_in()
        for step in (self.disable_user, self.disable_user, self.disable_unit):
            step()

    def make_units(self):
        who = self.client.must("WhoAmI", "", self.token)
        self.units.append(who.text("businessUnitId"))
        self.administrator = who.text("userId")
        for number in range(UNITS - 1):
            # Rather deep than broad: every depth has to end somewhere.
            above = self.random.choice(self.units[-3:])
            self.units.append(self.create("BusinessUnit", name=self.marked(f"Unit {number}"),
                                          parentBusinessUnit=("BusinessUnit", above)))
            self.above[self.units[-1]] = above

    def make_principals(self):
        for number in range(USERS):
            unit = ("BusinessUnit", self.random.choice(self.units))
            user = self.create("SystemUser", userName=f"user{number}", lastName=self.marked(f"User {number}"), businessUnit=unit)
            self.users.append(user)
            self.above[user] = unit[1]
        for number in range(TEAMS):
            unit = ("BusinessUnit", self.random.choice(self.units))
            self.teams.append(self.create("Team", name=self.marked(f"Team {number}"), businessUnit=unit))
            for user in self.random.sample(self.users, self.random.randint(0, 4)):
                self.do("AddTeamMembers", element("teamId", self.teams[-1]) + self.ids("userIds", [user]))
        for user in self.users:
            if self.random.random() < 0.8:
                self.set_manager(user)

    def log_in(self):
        """A session of every user; it is slow, since passwords are hashed slowly."""
        def session(numbered):
            number, user = numbered
            self.client.must("SetUserPassword", element("userId", user) + element("password", PASSWORD), self.token)
            return self.client.login(f"user{number}", PASSWORD)
        self.sessions = dict(zip(self.users, self.client.each(session, enumerate(self.users))))

    def renew_sessions(self, rules):
        """Who was shut out and is let in again has to log in anew."""
        gone = [(number, user) for number, user in enumerate(self.users) if not rules.is_shut_out(user)
                and self.client.ask("WhoAmI", "", self.sessions[user]).code]
        for number, user in gone:
            self.sessions[user] = self.client.login(f"user{number}", PASSWORD)

    def ids(self, name, values):
        return f"<{name}>" + "".join(f"<string>{value}</string>" for value in values) + f"</{name}>"

    def principals(self):
        return self.users + self.teams

    def kind(self, principal):
        return "SystemUser" if principal in self.users else "Team"

    # ---- roles ----

    def privileges(self, granted):
        rows = "".join(f"<Privilege>{element('entity', entity)}{element('right', right)}{element('depth', depth)}"
                       "</Privilege>" for (entity, right), depth in sorted(granted.items()))
        return f"<privileges>{rows}</privileges>"

    def depth(self):
        """Seldom the whole organisation: it leaves no other rule anything to decide."""
        return self.random.choices(DEPTHS[1:], (4, 3, 3, 1))[0]

    def random_privileges(self):
        """Some roles give little at random depths, some much at one."""
        granted, usual = {}, self.depth()
        density = self.random.choice((0.15, 0.4, 0.8))
        for entity in self.catalog:
            if self.random.random() > density:
                continue
            if self.random.random() < 0.15:
                granted[entity, "*"] = usual
            is_common = self.catalog[entity].ownership == "organization"
            for right in RIGHTS:
                if self.random.random() < density:
                    depth = usual if self.random.random() < 0.5 else self.depth()
                    granted[entity, right] = "organization" if is_common else depth
        for right in RIGHTS:
            if self.random.random() < 0.06:
                granted["*", right] = self.depth()
        return granted

    def set_privileges(self, role):
        tasks = self.random.choice(([], ["merge"]))
        self.do("SetRolePrivileges", element("roleId", role) + self.privileges(self.random_privileges()) +
                element("tasks", tasks))

    def base_role(self):
        role = self.create("Role", name="Base")
        self.do("SetRolePrivileges", element("roleId", role) + self.privileges({("*", "read"): "organization"}))
        return role

    def make_roles(self):
        for number in range(ROLES):
            self.roles.append(self.create("Role", name=self.marked(f"Role {number}")))
            self.set_privileges(self.roles[-1])

    def make_half_manager(self):
        """The last user makes and gives away whatever he likes, and appends his own alone; others report to him."""
        manager, role = self.users[-1], self.create("Role", name=self.marked("Half a manager"))
        self.do("SetRolePrivileges", element("roleId", role) + self.privileges(
            {("*", right): "organization" for right in ("create", "read", "assign", "appendTo")} | {("*", "append"): "user"}))
        for other in self.roles:
            self.remove_role(manager, other)
        self.add_role(manager, role)
        self.do("MoveUser", element("userId", manager) + element("businessUnitId", self.units[0]))
        for report in self.users[:2]:
            self.do("SetUserManager", element("userId", report) + element("managerId", manager))

    def add_role(self, principal, role, verb="Add"):
        kind = "User" if principal in self.users else "Team"
        self.do(f"{verb}{kind}Role", element(f"{kind.lower()}Id", principal) + element("roleId", role))

    def remove_role(self, principal, role):
        self.add_role(principal, role, "Remove")

    # ---- records ----

    def pick(self, entity):
        known = self.records.get(entity)
        return (entity, self.random.choice(known)) if known else None

    def pick_target(self, lookup):
        return self.pick(self.random.choice(lookup.targets))

    def values(self, entity, number):
        """Required fields, some lookups, and texts that lists can be ordered by."""
        values = {}
        in_keys = {name for names in self.catalog[entity].keys.values() for name in names}
        for field in self.catalog[entity].fields.values():
            if field.is_computed or not field.is_creatable or field.name in LEFT_ALONE:
                continue
            if field.is_lookup:
                target = self.pick_target(field)
                if target and (field.is_required or field.is_parental or self.random.random() < 0.3):
                    values[field.name] = target
            elif field.is_required or field.name == self.catalog[entity].name_field or is_secret_text(field):
                values[field.name] = self.required(field, f"{entity} {number}")
            elif field.type in FILLED and field.name not in in_keys and self.random.random() < 0.5:
                values[field.name] = self.few(field)
        return values

    def few(self, field):
        """One of few values: lists are filtered by them, and records are put together."""
        if field.type == "choice":
            return self.random.choice(list(field.choices)[:3])
        if field.type == "boolean":
            return self.random.random() < 0.5
        return str(self.random.randint(max(1, int(field.attributes.get("minimum", 1))), 5)) + \
            ("" if field.type in ("integer", "long") else self.random.choice(("", ".25", ".5")))

    def required(self, field, text):
        if field.type in ("integer", "long", "decimal", "money"):
            return "1"
        return self.few(field) if field.type == "choice" else self.marked(text)

    def is_there(self, entity, values):
        """Whether a key of lookups alone names a record that was made already; else it is noted."""
        for name, fields in self.catalog[entity].keys.items():
            if all(self.catalog[entity].fields[field].is_lookup and field in values for field in fields):
                key = (entity, name, *(values[field] for field in fields))
                if key in self.taken:
                    return True
                self.taken.add(key)
        return False

    def make_records(self):
        for entity, count in RECORDS.items():
            for number in range(count):
                values = self.values(entity, number)
                while self.is_there(entity, values):
                    values = self.values(entity, number)
                if self.catalog[entity].ownership == "user":
                    owner = self.random.choice(self.principals())
                    values["owner"] = (self.kind(owner), owner)
                self.create(entity, **values)

    def pick_owned(self):
        return self.pick(self.random.choice([name for name, entity in self.catalog.items()
                                             if entity.ownership == "user" and self.records.get(name)]))

    # ---- shares and profiles ----

    def share(self, operation="GrantAccess"):
        principal = self.random.choice(self.principals())
        rights = self.random.sample(RIGHTS_OF_SHARE, self.random.randint(1, 4))
        self.do(operation, element("record", self.pick_owned()) +
                element("principal", (self.kind(principal), principal)) + element("rights", rights))

    def unshare(self):
        principal = self.random.choice(self.principals())
        self.do("RevokeAccess", element("record", self.pick_owned()) +
                element("principal", (self.kind(principal), principal)))

    def make_profiles(self):
        for number in range(PROFILES):
            profile = self.create("FieldSecurityProfile", name=f"Profile {number}")
            self.profiles.append(profile)
            self.set_permissions(profile)
            for principal in self.random.sample(self.principals(), 4):
                self.do("AddPrincipalProfile", element("principal", (self.kind(principal), principal)) +
                        element("profileId", profile))

    def set_permissions(self, profile):
        rows = ""
        for entity in self.catalog.values():
            for field in entity.fields.values():
                if field.is_secured and self.random.random() < 0.6:
                    rows += ("<FieldPermission>" + element("entityName", entity.name) +
                             element("fieldName", field.name) +
                             "".join(element(right, self.random.random() < 0.6)
                                     for right in ("canRead", "canCreate", "canUpdate")) + "</FieldPermission>")
        self.do("SetFieldPermissions", element("profileId", profile) + f"<permissions>{rows}</permissions>")

    # ---- people move ----

    def way_up(self, unit):
        return [unit] + (self.way_up(self.above[unit]) if unit in self.above else [])

    def set_manager(self, user):
        """Rather one who is in his unit or above it: another manages nothing."""
        units = self.way_up(self.above[user])
        near = [other for other in self.users if other != user and self.above[other] in units]
        manager = self.random.choice(near if near and self.random.random() < 0.8 else
                                     self.users + [self.administrator])
        self.do("SetUserManager", element("userId", user) + element("managerId", manager))

    def move_user(self):
        self.do("MoveUser", element("userId", self.random.choice(self.users)) +
                element("businessUnitId", self.random.choice(self.units)))

    def move_unit(self):
        unit, above = self.random.sample(self.units, 2)
        self.do("MoveBusinessUnit", element("unitId", unit) + element("parentId", above))

    def disable_user(self, verb="Disable"):
        self.do(f"{verb}User", element("userId", self.random.choice(self.users)))

    def disable_unit(self, verb="Disable"):
        """One of the last: with the first ones nobody would be left to ask."""
        self.do(f"{verb}BusinessUnit", element("unitId", self.random.choice(self.units[-3:])))

    def change_team(self):
        self.do(self.random.choice(("AddTeamMembers", "RemoveTeamMembers")),
                element("teamId", self.random.choice(self.teams)) +
                self.ids("userIds", [self.random.choice(self.users)]))

    def change_profile(self):
        principal = self.random.choice(self.principals())
        self.do(self.random.choice(("AddPrincipalProfile", "RemovePrincipalProfile")),
                element("principal", (self.kind(principal), principal)) +
                element("profileId", self.random.choice(self.profiles)))

    # ---- records change ----

    def assign(self):
        (entity, identifier), owner = self.pick_owned(), self.random.choice(self.principals())
        self.do(f"Assign{entity}", element("id", identifier) + element("owner", (self.kind(owner), owner)))

    def link_anew(self):
        entity, identifier = self.pick_owned()
        lookups = [lookup for lookup in self.catalog[entity].lookups if lookup.is_updatable
                   and lookup.name not in LEFT_ALONE]
        if not lookups:
            return
        lookup = self.random.choice(lookups)
        target = self.pick_target(lookup)
        if target and target[1] != identifier:
            self.do(f"Update{entity}", self.as_element(entity, {"id": identifier, lookup.name: target}))

    def pick_active_child(self):
        """A record of an entity of which a relation takes the active, if there is one."""
        names = [name for name, entity in self.catalog.items()
                 if self.records.get(name) and entity.ownership == "user" and
                 any("active" in (lookup.reparent, lookup.share, lookup.assign) for lookup in entity.lookups)]
        return self.pick(self.random.choice(names or ["Account"]))

    def merge(self):
        entity = self.random.choice([name for name, entity in self.catalog.items() if entity.is_merged])
        if len(self.records.get(entity, ())) > 1:
            master, subordinate = self.random.sample(self.records[entity], 2)
            self.do(f"Merge{entity}", element("id", master) + element("subordinateId", subordinate))

    def change_state(self):
        entity, identifier = self.random.choice((self.pick_owned, self.pick_active_child))()
        if self.catalog[entity].first_state is not None:
            self.do(f"Update{entity}", self.as_element(entity, {"id": identifier, "state": self.random.randint(0, 2)}))

    def evolve(self, steps):
        """Changes what access depends on; what the server refuses stays as it was."""
        kinds = (self.share, lambda: self.share("ModifyAccess"), self.unshare, self.move_user, self.move_unit,
                 self.disable_user, lambda: self.disable_user("Enable"), lambda: self.disable_user("Enable"),
                 self.disable_unit, lambda: self.disable_unit("Enable"), lambda: self.disable_unit("Enable"),
                 self.change_team, self.change_profile, self.assign, self.assign, self.link_anew, self.link_anew,
                 self.change_state, self.change_state, self.change_state, self.merge,
                 lambda: self.set_manager(self.random.choice(self.users)),
                 lambda: self.set_privileges(self.random.choice(self.roles)),
                 lambda: self.set_permissions(self.random.choice(self.profiles)),
                 lambda: self.add_role(self.random.choice(self.principals()), self.random.choice(self.roles)),
                 lambda: self.remove_role(self.random.choice(self.principals()), self.random.choice(self.roles)))
        for _ in range(steps):
            self.random.choice(kinds)()

    def move(self, steps):
        """Changes who sees which record, and nobody's rights but those of a user who moves with all that is his."""
        kinds = (self.share, lambda: self.share("ModifyAccess"), self.unshare, self.assign, self.assign, self.assign,
                 self.link_anew, self.link_anew, self.change_state, self.move_user, self.merge)
        for _ in range(steps):
            self.random.choice(kinds)()
