"""A firm to measure access in: 200 units in five levels, 50 teams, 200 owners, 10,000 shares, 1,000,000 accounts."""
import os
import random

import organisation
from svyaz.server import PASSWORD

DATABASE = "access"
ROWS = int(os.environ.get("BENCH_ACCOUNTS", "1000000"))
SHARES = 10_000
LEVELS = (1, 3, 12, 48, 136)
TEAMS, OWNERS, OWN = 50, 200, 100
DEPTHS = {"own": "user", "unit": "unit", "below": "unitAndBelow"}
RIGHTS = ("create", "read", "write", "delete", "append", "appendTo", "assign", "share")


def reference(entity, identifier):
    return f"<entity>{entity}</entity><id>{identifier}</id>"


class Firm:
    """The organisation: made through the API, multiplied in the database."""

    def __init__(self, postgresql, server):
        self.postgresql, self.server = postgresql, server
        self.random = random.Random(1)

    def make(self):
        self.make_units()
        self.make_people()
        self.make_accounts()
        return {"branch": self.branch, "asking": self.asking, "roles": self.roles}

    def know(self, told):
        """Takes over what make has told of a firm that is there already."""
        self.branch, self.asking, self.roles = told["branch"], told["asking"], told["roles"]

    def ask(self, service, operation, content):
        return organisation.ask(self.server, service, operation, content)

    def create(self, entity, content):
        element = entity[0].lower() + entity[1:]
        return self.ask(entity, f"Create{entity}", f"<{element}>{content}</{element}>").findtext(".//{*}id")

    def sql(self, text):
        return self.postgresql.psql(DATABASE, text, "svyaz")

    def make_units(self):
        self.levels = [[self.ask("Session", "WhoAmI", "").findtext(".//{*}businessUnitId")]]
        for count in LEVELS[1:]:
            above = self.levels[-1]
            self.levels.append([self.create("BusinessUnit", (
                f"<name>Unit {len(self.levels)}.{number}</name>"
                f"<parentBusinessUnit>{reference('BusinessUnit', above[number % len(above)])}</parentBusinessUnit>"))
                for number in range(count)])
        self.units = [unit for level in self.levels for unit in level]

    def make_user(self, name, unit):
        return self.create("SystemUser", f"<userName>{name}</userName><lastName>{name}</lastName>"
                           f"<businessUnit>{reference('BusinessUnit', unit)}</businessUnit>")

    def make_role(self, name, depth):
        role = self.create("Role", f"<name>{name}</name>")
        rows = "".join(f"<Privilege><entity>*</entity><right>{right}</right><depth>{depth}</depth></Privilege>"
                       for right in RIGHTS)
        self.ask("Security", "SetRolePrivileges", f"<roleId>{role}</roleId><privileges>{rows}</privileges>")
        return role

    def make_people(self):
        """Three who ask, each with a depth of his own, and those who own the rest."""
        self.branch = self.levels[1][0]
        self.asking, self.roles = {}, {}
        for name, depth in DEPTHS.items():
            user = self.asking[name] = self.make_user(name, self.branch)
            role = self.roles[name] = self.make_role(name, depth)
            self.ask("Security", "AddUserRole", f"<userId>{user}</userId><roleId>{role}</roleId>")
            self.ask("Security", "SetUserPassword", f"<userId>{user}</userId><password>{PASSWORD}</password>")
        self.owners = [self.make_user(f"owner{number}", unit) for number, unit in enumerate(self.units[:OWNERS])]
        self.teams = [self.create("Team", f"<name>Team {number}</name><businessUnit>"
                                  f"{reference('BusinessUnit', self.random.choice(self.units))}</businessUnit>")
                      for number in range(TEAMS)]
        for team in self.teams:
            self.ask("Security", "AddTeamMembers", f"<teamId>{team}</teamId><userIds><string>{self.asking['below']}</string>"
                     f"<string>{self.asking['unit']}</string></userIds>")

    def make_accounts(self):
        """Rows spread over owners and units; a hundred of them one's own; ten thousand shared."""
        for number in range(1000):
            self.create("Account", f"<name>Фирма {number * 7919 % 1000:03}</name>"
                        f"<numberOfEmployees>{number}</numberOfEmployees>")
        organisation.clone(self.postgresql, "account", ROWS, DATABASE)
        owners = ",".join(f"('{owner}'::uuid,'{unit}'::uuid,{number})"
                          for number, (owner, unit) in enumerate(zip(self.owners, self.units)))
        self.sql("CREATE TEMP TABLE holder (owner uuid, unit uuid, number int); "
                 f"INSERT INTO holder VALUES {owners}; "
                 "CREATE TEMP TABLE place AS SELECT id, (row_number() OVER (ORDER BY id))::int AS number FROM account; "
                 "UPDATE account SET owner = holder.owner, \"owningBusinessUnit\" = holder.unit FROM place, holder "
                 f"WHERE account.id = place.id AND holder.number = place.number % {len(self.owners)}; "
                 f"UPDATE account SET owner = '{self.asking['own']}', \"owningBusinessUnit\" = '{self.branch}' "
                 f"FROM place WHERE account.id = place.id AND place.number % {max(1, ROWS // OWN)} = 7")
        self.make_shares()
        self.postgresql.psql(DATABASE, "VACUUM FULL ANALYZE account")
        self.postgresql.psql(DATABASE, "VACUUM ANALYZE")
        self.postgresql.psql(DATABASE, "CHECKPOINT")

    def make_shares(self):
        """One by the API, and copies of it for other accounts, users and teams."""
        account = self.sql("SELECT id FROM account LIMIT 1").strip()
        self.ask("Security", "GrantAccess", f"<record>{reference('Account', account)}</record><principal>"
                 f"{reference('SystemUser', self.asking['below'])}</principal><rights><string>read</string></rights>")
        principals = ",".join(f"('{each}'::uuid)" for each in [self.asking["below"], *self.teams])
        columns = self.sql("SELECT string_agg(quote_ident(column_name), ',') FROM information_schema.columns WHERE "
                           "table_name = 'svyaz_share' AND column_name NOT IN ('record_id', 'principal_id')").strip()
        self.sql(f"INSERT INTO svyaz_share (record_id, principal_id, {columns}) "
                 f"SELECT chosen.id, given.principal, {columns} FROM (SELECT * FROM svyaz_share LIMIT 1) AS first, "
                 f"(SELECT id, row_number() OVER (ORDER BY md5(id::text)) AS number FROM account LIMIT {SHARES}) chosen "
                 f"JOIN (SELECT principal, row_number() OVER () - 1 AS number FROM (VALUES {principals}) "
                 f"AS v(principal)) given ON given.number = chosen.number % {TEAMS + 1} ON CONFLICT DO NOTHING")
