"""Users of an Active Directory domain, as Samba has it: passwords and tickets."""
import os

from office import WRONG, Office, differs
from svyaz.authority import Authority
from svyaz.samba import REALM, SUFFIX, SambaDomain

FILTER = ("(&(objectCategory=person)(objectClass=user)(sAMAccountName={name})"
          "(!(userAccountControl:1.2.840.113556.1.4.803:=2)))")
ANNA = "Anna-Domain-1"


def settings(domain, **others):
    secret = domain.folder / "reader.password"
    secret.write_text("Reader-Domain-1\n")
    chosen = {"url": f"ldap://{domain.address}", "ca_file": domain.authority, "bind_dn": f"reader@{REALM.lower()}",
              "password_file": secret, "base": SUFFIX, "filter": FILTER, "id_attribute": "objectGUID",
              "name_attribute": "sAMAccountName", "nested_groups": "true", "provision": "true"} | others
    return [f"directory.{key}={value}" for key, value in chosen.items()]


def fill(domain):
    domain.add_user("anna", ANNA, givenname="Anna", surname="Ivanova", mailaddress="anna@svyaz.test")
    for name in ("reader", "boris", "clara", "dora", "eva"):
        domain.add_user(name, f"{name.title()}-Domain-1")
    for name in ("sales", "sales-east", "cooks"):
        domain.add_group(name)
    domain.add_members("sales", "sales-east", "boris", "dora")
    domain.add_members("sales-east", "anna")
    domain.add_members("cooks", "clara")


def restart(office):
    """What was verified is forgotten."""
    office.stop()
    office.start()


def prove_logins(tally, office):
    tally.check("nested-group", differs(office.basic("anna", ANNA), "anna"))
    tally.check("nested-group-role", differs(office.may_read_accounts("anna", ANNA), True))
    tally.check("made", differs(office.user("anna"), ("Anna", "Ivanova", "anna@svyaz.test")))
    tally.check("direct-group", differs(office.basic("boris", "Boris-Domain-1"), "boris"))
    tally.check("capitals", differs(office.basic("BORIS", "Boris-Domain-1"), "boris"))
    tally.check("other-group", differs(office.basic("clara", "Clara-Domain-1"), WRONG))
    tally.check("wrong-password", differs(office.basic("boris", "Boris-Domain-2"), WRONG))
    tally.check("unknown", differs(office.basic("ghost", "Boris-Domain-1"), WRONG))
    tally.check("empty-password", differs(office.basic("anna", ""), WRONG))
    for name in ("*", "bor*", "boris)(objectClass=*", f"CN=boris,CN=Users,{SUFFIX}", "SVYAZ\\boris", "boris@svyaz.test"):
        tally.check(f"injection {name}", differs(office.basic(name, "Boris-Domain-1"), WRONG))


def prove_states(tally, office, domain):
    """What an administrator of the domain does to an account counts here."""
    token = office.login("boris", "Boris-Domain-1")
    domain.disable("boris")
    office.wait_until(lambda: office.with_token(token) == "SESSION_INVALID")
    tally.check("disabled-ends-sessions", differs(office.with_token(token), "SESSION_INVALID"))
    restart(office)
    tally.check("disabled", differs(office.basic("boris", "Boris-Domain-1"), WRONG))
    domain.enable("boris")
    tally.check("enabled-again", differs(office.basic("boris", "Boris-Domain-1"), "boris"))

    tally.check("before-the-lock", differs(office.basic("dora", "Dora-Domain-1"), "dora"))
    restart(office)
    for number in range(3):
        office.basic("dora", f"Wrong-Domain-{number}")
    tally.check("locked-in-the-domain", differs(office.basic("dora", "Dora-Domain-1"), WRONG))
    domain.replace("dora", "lockoutTime", 0)
    tally.check("unlocked", differs(office.basic("dora", "Dora-Domain-1"), "dora"))

    domain.set_password("dora", "Dora-Domain-2", must_change=True)
    restart(office)
    tally.check("must-change-his-password", differs(office.basic("dora", "Dora-Domain-2"), WRONG))


def prove_groups(tally, office, domain):
    domain.remove_members("sales-east", "anna")
    restart(office)
    tally.check("group-removed", differs(office.may_read_accounts("anna", ANNA), False))
    domain.add_members("sales-east", "anna")
    restart(office)
    tally.check("group-added", differs(office.may_read_accounts("anna", ANNA), True))


def prove_rename(tally, office, domain):
    office.basic("boris", "Boris-Domain-1")
    before = office.id_of("boris")
    domain.replace("boris", "sAMAccountName", "boris.p")
    tally.check("renamed", differs(office.basic("boris.p", "Boris-Domain-1"), "boris.p"))
    tally.check("same-record", differs(office.id_of("boris.p"), before))
    restart(office)
    tally.check("old-name", differs(office.basic("boris", "Boris-Domain-1"), WRONG))


def prove_tickets(tally, office, domain):
    tally.check("ticket-of-the-domain", differs(office.who(domain.tickets("anna", ANNA).line()), "anna"))
    domain.add_members("sales", "eva")
    tally.check("ticket-makes-a-user", differs(office.who(domain.tickets("eva", "Eva-Domain-1").line()), "eva"))
    tally.check("ticket-of-who-is-in-no-group", differs(office.who(domain.tickets("clara", "Clara-Domain-1").line()), WRONG))


def run(tally, work, program):
    if os.geteuid() != 0:
        tally.skip("samba", "its ports need root")
        return
    domain = SambaDomain(work / "domain", Authority(work / "authority"))
    fill(domain)
    domain.add_user("crm", "Service-Domain-1")
    keytab = domain.keytab("crm", "HTTP/localhost")
    with domain:
        chosen = [*settings(domain, recheck="1 s"), f"kerberos.keytab={keytab}",
                  f"kerberos.service=HTTP/localhost@{REALM}", "limits.head=64 KiB", "limits.header_line=48 KiB"]
        with Office.fresh(work / "office", program, chosen) as office:
            office.map_group(f"CN=sales,CN=Users,{SUFFIX}", office.role("Salesperson"))
            prove_logins(tally, office)
            prove_groups(tally, office, domain)
            prove_states(tally, office, domain)
            prove_rename(tally, office, domain)
            prove_tickets(tally, office, domain)
        with Office.of(work / "ldaps", work / "office",
                       settings(domain, url=f"ldaps://{domain.address}", nested_groups="false")) as office:
            tally.check("ldaps", differs(office.basic("anna", ANNA), "anna"))
            tally.check("nested-only-when-asked", differs(office.may_read_accounts("anna", ANNA), False))
