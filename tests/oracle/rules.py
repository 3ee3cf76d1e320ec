"""Who may do what to which record, decided from the raw rows.

Written from the rules alone, for the eye and not for speed; it shares nothing with the server.
Every rule that allows is named, so that an explanation can be held against them too.
"""
import dataclasses

DEPTHS = ("none", "user", "unit", "unitAndBelow", "organization")
LEVELS = 3  # how far up access is inherited
RIGHT_ON_PARENT = {"create": "write", "read": "read", "write": "write", "delete": "write",
                   "append": "append", "appendTo": "appendTo"}
REPORT_RIGHTS = ("read", "write", "append", "appendTo")


@dataclasses.dataclass
class Record:
    """One row, as far as access goes: links are by field name to (entity, id)."""
    entity: str
    id: str
    owner: str | None
    unit: str | None
    state: int | None
    links: dict
    values: dict


@dataclasses.dataclass
class Facts:
    """What the tables say."""
    units: dict          # id -> (parent, is disabled)
    users: dict          # id -> (unit, manager, is disabled)
    teams: dict          # id -> (unit, is default)
    members: set         # (team, user)
    holders: set         # (principal, role)
    grants: dict         # role -> {(entity or *, right or *): depth}
    tasks: dict          # role -> set of tasks
    shares: dict         # record -> {principal: set of rights}
    permissions: dict    # profile -> {(entity, field): set of read, create, update}
    profiles: set        # (principal, profile)
    records: dict        # entity -> {id: Record}

    def record(self, link):
        entity, identifier = link
        return self.records.get(entity, {}).get(identifier)


class Rules:
    def __init__(self, catalog, facts, hierarchy="off", hierarchy_depth=3):
        self.catalog, self.facts = catalog, facts
        self.hierarchy_depth = hierarchy_depth if hierarchy == "manager" else 0
        # What is asked again and again is kept, by question.
        self.kept = {}

    def keep(self, question, *about):
        if (question, about) not in self.kept:
            self.kept[question, about] = question(self, *about)
        return self.kept[question, about]

    # ---- units and principals ----

    def way_up(self, unit):
        """The unit and all above it."""
        way = []
        while unit is not None:
            way.append(unit)
            unit = self.facts.units[unit][0]
        return way

    def is_below(self, unit, top):
        return unit is not None and top in self.way_up(unit)

    def is_shut_out(self, user):
        unit, _, is_disabled = self.facts.users[user]
        return is_disabled or any(self.facts.units[above][1] for above in self.way_up(unit))

    def teams_of(self, user):
        unit = self.facts.users[user][0]
        return {team for team, (its_unit, is_default) in self.facts.teams.items()
                if (is_default and its_unit == unit) or (not is_default and (team, user) in self.facts.members)}

    def principals(self, user):
        return {user} | self.teams_of(user)

    # ---- roles ----

    def roles(self, principal):
        return {role for holder, role in self.facts.holders if holder == principal}

    def seats(self, user):
        """Unit -> the roles that count from there."""
        seats = {}
        for principal in self.principals(user):
            unit = self.facts.users[user][0] if principal == user else self.facts.teams[principal][0]
            seats.setdefault(unit, set()).update(self.roles(principal))
        return seats

    def deepest(self, roles, entity, right):
        depths = [depth for role in roles
                  for (granted_entity, granted_right), depth in self.facts.grants.get(role, {}).items()
                  if granted_entity in (entity, "*") and granted_right in (right, "*")]
        best = max(depths, key=DEPTHS.index, default="none")
        if self.catalog[entity].ownership == "organization" and best != "organization":
            return "none"
        return best

    def reach(self, user, entity, right):
        """Unit -> depth, for the seats from which he reaches anything."""
        return self.keep(Rules.reach_anew, user, entity, right)

    def reach_anew(self, user, entity, right):
        depths = {unit: self.deepest(roles, entity, right) for unit, roles in self.keep(Rules.seats, user).items()}
        return {unit: depth for unit, depth in depths.items() if depth != "none"}

    def is_administrator(self, user):
        return any(self.facts.grants.get(role, {}).get(("*", "*")) == "organization"
                   for roles in self.seats(user).values() for role in roles)

    def has_task(self, user, task):
        return self.is_administrator(user) or any(
            task in self.facts.tasks.get(role, ()) for roles in self.seats(user).values() for role in roles)

    def team_may_own(self, team, entity):
        return self.deepest(self.roles(team), entity, "read") != "none"

    def may_be_owner(self, principal, entity):
        """Whether who shall own a record would have some depth to read its like, and is not shut out."""
        if principal in self.facts.teams:
            return self.team_may_own(principal, entity)
        return not self.is_shut_out(principal) and bool(self.reach(principal, entity, "read"))

    # ---- one record ----

    def may(self, user, right, record):
        return bool(self.allowing(user, right, record))

    def allowing(self, user, right, record):
        """The names of all rules that allow it; none: he may not."""
        question = (user, right, record.id)
        if question not in self.kept:
            self.kept[question] = frozenset(self.allowing_anew(user, right, record))
        return self.kept[question]

    def allowing_anew(self, user, right, record):
        if self.keep(Rules.is_shut_out, user):
            return set()
        reach = self.reach(user, record.entity, right)
        if not reach:
            return set()
        entity = self.catalog[record.entity]
        if entity.ownership == "organization":
            return {"organization"}
        if entity.part_of:
            return self.by_parent(user, right, record, entity.part_of)
        mine = self.keep(Rules.principals, user)
        found = set()
        if "organization" in reach.values():
            found.add("organization")
        if record.owner in mine or (record.entity in ("SystemUser", "Team") and record.id in mine):
            found.add("owner")
        if self.covers(reach, record.unit):
            found.add("unit")
        if self.is_shared(mine, right, record):
            found.add("share")
        found |= self.inherited(mine, right, record)
        if self.is_of_report(user, right, record):
            found.add("report")
        return found

    def by_parent(self, user, right, record, lookup):
        parent = self.facts.record(record.links[lookup.name])
        if right not in RIGHT_ON_PARENT or parent is None:
            return set()
        allowing = self.allowing(user, RIGHT_ON_PARENT[right], parent)
        return {"part"} | allowing if allowing else set()

    def covers(self, reach, unit):
        return any(unit == seat or (depth == "unitAndBelow" and self.is_below(unit, seat))
                   for seat, depth in reach.items() if depth in ("unit", "unitAndBelow"))

    def is_shared(self, mine, right, record):
        shares = self.facts.shares.get(record.id, {})
        return right != "create" and any(right in shares.get(principal, ()) for principal in mine)

    # ---- what comes down from above ----

    def goes_down(self, cascade, child, parent):
        if cascade == "active":
            return child.state == self.catalog[child.entity].first_state
        if cascade == "userOwned":
            return child.owner is not None and child.owner == parent.owner
        return cascade == "all"

    def above(self, record, kind, levels=LEVELS):
        """All records from which access of this kind (reparent, share) comes down to this one."""
        if levels == 0:
            return
        for lookup in self.catalog[record.entity].lookups:
            link = record.links.get(lookup.name)
            parent = self.facts.record(link) if link else None
            if parent is not None and self.goes_down(getattr(lookup, kind), record, parent):
                yield parent
                yield from self.above(parent, kind, levels - 1)

    def inherited(self, mine, right, record):
        found = set()
        if right != "create" and any(parent.owner in mine for parent in self.above(record, "reparent")):
            found.add("inherited owner")
        if any(self.is_shared(mine, right, parent) for parent in self.above(record, "share")):
            found.add("inherited share")
        return found

    # ---- managers ----

    def reports(self, manager, depth):
        """Those who report to him, at exactly this depth, each in his manager's unit or below it."""
        direct = {user for user, (unit, his_manager, _) in self.facts.users.items()
                  if his_manager == manager and self.is_below(unit, self.facts.users[manager][0])}
        if depth == 1:
            return direct
        return {user for report in direct for user in self.reports(report, depth - 1)}

    def is_of_report(self, user, right, record):
        for depth in range(1, self.hierarchy_depth + 1):
            if right not in (REPORT_RIGHTS if depth == 1 else ("read",)):
                return False
            for report in self.keep(Rules.reports, user, depth) - {user}:
                teams = {team for team, (_, is_default) in self.facts.teams.items()
                         if not is_default and (team, report) in self.facts.members}
                if record.owner in teams | {report}:
                    return True
        return False

    # ---- a record that is to be ----

    def covers_new(self, user, right, entity, owner):
        """Whether a right reaches a record that this principal will own: by owner or by his unit."""
        reach = self.reach(user, entity, right)
        unit = (self.facts.users.get(owner) or self.facts.teams[owner])[0]
        return bool(reach) and ("organization" in reach.values() or owner in self.principals(user) or
                                self.covers(reach, unit))

    def may_create(self, user, entity, owner):
        """Whether he may make a record that this principal owns, links left aside."""
        if self.is_shut_out(user) or not self.covers_new(user, "create", entity, owner):
            return False
        is_foreign = owner not in self.principals(user)
        return (not is_foreign or self.covers_new(user, "assign", entity, owner)) and \
            self.may_be_owner(owner, entity)

    def may_assign(self, user, record, owner):
        return self.may(user, "assign", record) and self.may_be_owner(owner, record.entity)

    # ---- lists and fields ----

    def readable(self, user, entity):
        return {identifier for identifier, record in self.facts.records.get(entity, {}).items()
                if self.may(user, "read", record)}

    def field_rights(self, user, entity, field):
        """Which of read, create, update he has on a field."""
        every = {"read", "create", "update"}
        if not self.catalog[entity].fields[field].is_secured or self.is_administrator(user):
            return every
        mine = self.principals(user)
        return {right for principal, profile in self.facts.profiles if principal in mine
                for right in self.facts.permissions.get(profile, {}).get((entity, field), ())}
