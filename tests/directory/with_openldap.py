"""Users whose passwords OpenLDAP keeps."""
import socket
import threading

from false_directory import FalseDirectory
from office import AWAY, WRONG, Office, differs
from svyaz import wire
from svyaz.authority import Authority
from svyaz.openldap import (GROUPS, PEOPLE, READER_DN, READER_PASSWORD, SUFFIX, BASE, OpenLdap, group, person)
from svyaz.server import ADMIN, PASSWORD

ANNA, BORIS = "Anna-Secret-1", "Boris-Secret-1"


def settings(directory, url, **others):
    """The settings of an administrator whose account searches under ou=people."""
    secret = directory.folder / "reader.password"
    secret.write_text(READER_PASSWORD + "\n")
    chosen = {"url": url, "ca_file": directory.authority, "bind_dn": READER_DN, "password_file": secret,
              "base": PEOPLE, "provision": "true", "timeout": "2 s", "retry": "1 s"} | others
    return [f"directory.{key}={value}" for key, value in chosen.items() if value is not None]


def fill(directory):
    directory.add(BASE)
    directory.add(person("anna", ANNA, "Анна".encode().decode(), "Ivanova", "anna@example.com").replace(
        "givenName: Анна", "givenName: Anna") + person("boris", BORIS, "Boris", "Petrov")
        + person("clara", "Clara-Secret-1") + person("dora", "Dora-Secret-1"))
    directory.add(group("sales", "anna", "boris") + group("managers", "dora") + group("cooks", "clara"))


# ---- one server for what needs no settings of its own ----

def prove_logins(tally, office, directory):
    sales = office.role("Salesperson")
    tally.check("nobody-before-a-group-is-mapped", differs(office.basic("anna", ANNA), WRONG))
    office.map_group(f"CN=Sales, OU=groups,{SUFFIX}", sales)
    tally.check("good-login", differs(office.basic("anna", ANNA), "anna"))
    tally.check("role-of-the-group", differs(office.may_read_accounts("anna", ANNA), True))
    tally.check("made-from-the-directory", differs(office.user("anna"), ("Anna", "Ivanova", "anna@example.com")))
    tally.check("name-in-capitals", differs(office.basic("ANNA", ANNA), "anna"))
    tally.check("still-one-user", differs(office.user("anna"), ("Anna", "Ivanova", "anna@example.com")))
    tally.check("session", differs(office.with_token(office.login("anna", ANNA)), "anna"))
    tally.check("wrong-password", differs(office.basic("anna", "Anna-Secret-2"), WRONG))
    tally.check("unknown-user", differs(office.basic("nobody", "Nobody-Secret-1"), WRONG))
    tally.check("in-no-mapped-group", differs(office.basic("clara", "Clara-Secret-1"), WRONG))
    tally.check("not-made", differs(office.user("clara"), None))
    tally.check("administrator-of-ours", differs(office.basic(ADMIN, PASSWORD), ADMIN))


def prove_same_answer(tally, office):
    """No such user and a wrong password are told in the same words."""
    def words(user):
        reply = office.ask("Session", "WhoAmI", headers=wire.basic(user, "Wrong-Secret-9"))
        return reply.status, {key: value for key, value in reply.fault().items() if key != "requestId"}
    tally.check("same-words", differs(words("ghost"), words("dora")))


def prove_remembered(tally, office, directory):
    office.basic("anna", ANNA)
    before = directory.count("BIND dn=")
    for _ in range(20):
        office.basic("anna", ANNA)
    tally.check("twenty-requests-bind-at-most-once", None if directory.count("BIND dn=") - before <= 4 else
                f"{directory.count('BIND dn=') - before} binds")


def prove_empty_password(tally, office, directory):
    before = directory.count("BIND dn=")
    tally.check("empty-password", differs(office.basic("anna", ""), WRONG))
    tally.check("empty-password-is-not-sent", differs(directory.count("BIND dn=") - before, 0))


def prove_injection(tally, office, directory):
    before = directory.count(' SRCH base="')
    for name in ("*", "*)(uid=*", "anna)(|(uid=*", "a*", "anna\\2a", "(uid=anna)", "anna)", "an\\6ea", " anna", "anna ",
                 "an  na", "an\tna", "anna\u00e9"):
        tally.check(f"injection {name!a}", differs(office.basic(name, ANNA), WRONG))
    for name in ("ａnna", "anna\u00ad", "an\u200bna"):
        tally.check(f"the same name {name!a}", differs(office.basic(name, ANNA), "anna"))
    log = directory.log()
    tally.check("filters-arrive-escaped", None if "uid=\\2a\\29\\28uid=\\2a" in log.lower() or directory.count(
        ' SRCH base="') > before else "no search came")
    tally.check("no-filter-was-opened", None if '(uid=*)' not in log else "a filter (uid=*) came")


def prove_groups(tally, office, directory):
    """Roles follow groups at each login; a role given by hand stays."""
    managers, sales = office.role("Sales manager"), office.role("Salesperson")
    office.map_group("managers", managers)
    tally.check("group-by-its-name", differs(office.may_read_accounts("dora", "Dora-Secret-1"), True))
    listed = office.as_admin("Security", "RetrieveDirectoryGroupRoles")
    tally.check("mapping-is-listed", differs(sorted(item.text for item in listed.iter("{*}group")),
                                             [f"CN=Sales, OU=groups,{SUFFIX}", "managers"]))
    directory.set_members("managers", "clara")
    wait_for_new_bind(office)
    tally.check("group-removed", differs(office.may_read_accounts("dora", "Dora-Secret-1"), False))
    directory.set_members("managers", "dora", "clara")
    wait_for_new_bind(office)
    tally.check("group-added", differs(office.may_read_accounts("dora", "Dora-Secret-1"), True))
    tally.check("now-in-a-group", differs(office.basic("clara", "Clara-Secret-1"), "clara"))

    dora = bytes.fromhex(office.id_of("dora").replace("-", ""))
    office.as_admin("Security", "AddUserRole", f"<userId>{office.id_of('dora')}</userId><roleId>{sales}</roleId>")
    directory.set_members("managers", "clara")
    wait_for_new_bind(office)
    office.basic("dora", "Dora-Secret-1")
    held = office.rows("SELECT source FROM svyaz_principal_role WHERE principal_id = ?", dora)
    tally.check("by-hand-stays", differs(held, [(None,)]))
    office.map_group("managers", managers, "RemoveDirectoryGroupRole")
    wait_for_new_bind(office)
    tally.check("mapping-removed", differs(office.may_read_accounts("clara", "Clara-Secret-1"), False))
    tally.check("not-a-dn", differs(
        office.ask("Security", "AddDirectoryGroupRole", f"<group>=,=</group><roleId>{sales}</roleId>",
                   headers=wire.basic(ADMIN, PASSWORD)).fault()["code"], "VALUE_INVALID"))
    tally.check("mapping-is-the-administrator's", differs(
        office.ask("Security", "AddDirectoryGroupRole", f"<group>x</group><roleId>{sales}</roleId>",
                   headers=wire.basic("anna", ANNA)).fault()["code"], "NOT_ALLOWED"))


def wait_for_new_bind(office):
    """What was verified is forgotten, as it is when its time is over."""
    office.stop()
    office.start()


def prove_local_users(tally, office, directory):
    """Who has a password here is never asked about there; a user of the directory gets none here."""
    office.add_user("erp", "Erp-local-1")
    directory.add(person("erp", "Erp-directory-1") + person("local", "Local-directory-1"))
    before = directory.count("(uid=erp)")
    tally.check("local-password", differs(office.basic("erp", "Erp-local-1"), "erp"))
    tally.check("not-the-directory's", differs(office.basic("erp", "Erp-directory-1"), WRONG))
    tally.check("local-is-not-asked", differs(directory.count("(uid=erp)") - before, 0))
    office.add_user("local")
    tally.check("made-by-hand-without-password", differs(office.basic("local", "Local-directory-1"), "local"))
    for operation, service, content, headers in (
            ("SetUserPassword", "Security", f"<userId>{office.id_of('anna')}</userId><password>Long-enough-1</password>",
             wire.basic(ADMIN, PASSWORD)),
            ("ChangePassword", "Session", f"<oldPassword>{ANNA}</oldPassword><newPassword>Long-enough-1</newPassword>",
             wire.basic("anna", ANNA))):
        tally.check(f"no-password-by-{operation}", differs(
            office.ask(service, operation, content, headers=headers).fault()["code"], "RULE_BROKEN"))


def prove_rename(tally, office, directory):
    """The entry stays when its name changes; a new entry with the old name is somebody else."""
    boris = office.basic("boris", BORIS) and office.id_of("boris")
    directory.rename("boris", "boris.petrov")
    tally.check("renamed", differs(office.basic("boris.petrov", BORIS), "boris.petrov"))
    tally.check("same-record", differs(office.id_of("boris.petrov"), boris))
    directory.rename("clara", "anna2")
    directory.add(person("clara", "Other-Secret-1"))
    directory.set_members("sales", "anna", "boris.petrov", "clara")
    tally.check("namesake-is-not-let-in", differs(office.basic("clara", "Other-Secret-1"), WRONG))
    directory.rename("anna2", ADMIN)
    tally.check("renamed-to-a-taken-name", differs(office.basic(ADMIN, "Clara-Secret-1"), WRONG))
    directory.rename(ADMIN, "clara2")


def prove_guessing(tally, office):
    """Failures at the directory are counted like those here."""
    codes = [office.basic("guessed", f"Guess-{number}-aaaa") for number in range(7)]
    tally.check("guesses-have-to-wait", differs(codes[-1], "TOO_MANY_ATTEMPTS"))


def prove_race(tally, office, directory):
    """Many first logins of one person at once make one user."""
    directory.add(person("eva", "Eva-Secret-1", "Eva"))
    directory.set_members("sales", "anna", "eva")
    seen = []
    threads = [threading.Thread(target=lambda: seen.append(office.basic("eva", "Eva-Secret-1"))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    wrong = [code for code in seen if code not in ("eva", AWAY)]
    tally.check("race", f"answers {wrong}" if wrong or "eva" not in seen else None)
    tally.check("race-made-one", differs(office.user("eva"), ("Eva", "eva", None)))


def prove_recheck(tally, office, directory):
    """Who is gone from the directory loses his session within directory.recheck."""
    token = office.login("eva", "Eva-Secret-1")
    tally.check("recheck-before", differs(office.with_token(token), "eva"))
    directory.delete(f"uid=eva,{PEOPLE}")
    office.wait_until(lambda: office.with_token(token) == "SESSION_INVALID")
    tally.check("recheck-after", differs(office.with_token(token), "SESSION_INVALID"))


# ---- servers with settings of their own ----

def prove_tls(tally, work, template, directory, authority):
    other = Authority(work / "tls", "other-ca")
    cases = [
        ("starttls", settings(directory, directory.url), "anna"),
        ("ldaps", settings(directory, directory.tls_url), "anna"),
        ("second-server", settings(directory, f"ldap://127.0.0.1:1 {directory.url}"), "anna"),
        ("certificate-of-another-authority", settings(directory, directory.tls_url, ca_file=other.certificate), AWAY),
        ("starttls-certificate-of-another", settings(directory, directory.url, ca_file=other.certificate), AWAY),
        ("certificate-for-another-host", settings(directory, directory.tls_url.replace("127.0.0.1", "127.0.0.2")), AWAY),
        ("plain-refused-by-the-directory", settings(directory, directory.url, start_tls="false"), AWAY),
        ("account-with-a-wrong-password", settings(directory, directory.url, password_file=None, password="no"), AWAY),
        ("server-away", settings(directory, "ldap://127.0.0.1:1"), AWAY),
    ]
    for name, chosen, wanted in cases:
        with Office.of(work / name, template, chosen) as office:
            tally.check(name, differs(office.basic("anna", ANNA), wanted))
            tally.check(f"{name}-local", differs(office.basic(ADMIN, PASSWORD), ADMIN))
            if wanted == AWAY:
                tally.check(f"{name}-is-no-failure", differs([office.basic("anna", ANNA) for _ in range(12)][-1], AWAY))


def prove_pattern(tally, work, template, directory):
    """No account: the DN follows from the name, and the user reads himself."""
    chosen = settings(directory, directory.url, bind_dn=None, password_file=None, base=None,
                      user_dn="uid={name}," + PEOPLE)
    with Office.of(work / "pattern", template, chosen) as office:
        tally.check("pattern", differs(office.basic("anna", ANNA), "anna"))
        tally.check("pattern-wrong", differs(office.basic("anna", "Anna-Secret-2"), WRONG))
        tally.check("pattern-unknown", differs(office.basic("ghost", "Anna-Secret-2"), WRONG))
        tally.check("pattern-escaped", differs(office.basic("anna,ou=people", ANNA), WRONG))
        tally.check("pattern-role", differs(office.may_read_accounts("anna", ANNA), True))


def prove_group_search(tally, work, template, directory):
    """Groups that name their members, as posixGroup does, under a base of their own."""
    directory.add(f"dn: cn=posix,{GROUPS}\nobjectClass: posixGroup\ncn: posix\ngidNumber: 7\nmemberUid: anna\n")
    chosen = settings(directory, directory.url, group_attribute="", group_base=GROUPS,
                      group_filter="(&(objectClass=posixGroup)(memberUid={name}))")
    with Office.of(work / "group-search", template, chosen) as office:
        tally.check("group-search-before", differs(office.basic("anna", ANNA), WRONG))
        office.map_group("posix", office.role("Salesperson"))
        tally.check("group-search", differs(office.may_read_accounts("anna", ANNA), True))


def prove_last_administrator(tally, work, template, directory):
    """Groups may take away an administrator's role, but not the last one's."""
    with Office.of(work / "last-administrator", template, settings(directory, directory.url)) as office:
        directory.set_members("managers", "dora", "clara")
        office.map_group("managers", office.role("System administrator"))
        tally.check("administrator-by-a-group", differs(office.basic("dora", "Dora-Secret-1"), "dora"))
        dora = bytes.fromhex(office.id_of("dora").replace("-", ""))
        office.disable(office.id_of(ADMIN))
        directory.set_members("managers", "clara")
        wait_for_new_bind(office)
        tally.check("last-administrator-comes-in", differs(office.basic("dora", "Dora-Secret-1"), "dora"))
        held = office.rows("SELECT source FROM svyaz_principal_role WHERE principal_id = ?", dora)
        tally.check("last-administrator-stays", differs(held, [("directory",)]))


def prove_slow(tally, work, template, directory):
    """A server that takes the connection and says nothing holds up those who need it, for a time, and nobody else."""
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen(50)
        chosen = settings(directory, f"ldap://127.0.0.1:{silent.getsockname()[1]}", timeout="3 s", retry="1 min")
        with Office.of(work / "slow", template, [*chosen, "http.workers=4"]) as office:
            seen = []
            threads = [threading.Thread(target=lambda: seen.append(office.basic("anna", ANNA))) for _ in range(6)]
            for thread in threads:
                thread.start()
            others = [office.basic(ADMIN, PASSWORD) for _ in range(20)]
            is_early = len(seen) < len(threads)
            for thread in threads:
                thread.join()
            tally.check("slow-others-are-served", differs(set(others), {ADMIN}))
            tally.check("slow-others-do-not-wait", None if is_early else "the slow ones were through first")
            tally.check("slow-is-typed", differs(set(seen), {AWAY}))
            reply = office.ask("Session", "WhoAmI", headers=wire.basic("anna", ANNA))
            tally.check("slow-may-be-retried", differs(
                (reply.fault()["retryable"], reply.headers.get("Retry-After")), ("true", "10")))


def prove_broken(tally, work, template, directory):
    """What a directory says of itself is no wrong password: nobody is shut out for it."""
    operations_error, busy, unwilling, other = 1, 51, 53, 80
    with FalseDirectory(other) as false:
        chosen = settings(directory, false.url, bind_dn=None, password_file=None, base=None, start_tls="false",
                          user_dn="uid={name}," + PEOPLE)
        with Office.of(work / "broken", template, chosen) as office:
            for result in (other, operations_error, busy):
                false.result = result
                tally.check(f"broken-{result}", differs({office.basic("anna", ANNA) for _ in range(12)}, {AWAY}))
            false.result = unwilling
            office.wait_until(lambda: office.basic("boris", BORIS) == WRONG)
            tally.check("locked-there", differs(office.basic("anna", ANNA), WRONG))


def prove_bad_settings(tally, work, template, directory):
    cases = {"http://x": "directory.url must be", "ldap://localhost": "directory.base or directory.user_dn"}
    for url, sentence in cases.items():
        office = Office.of(work / "bad", template, [f"directory.url={url}"])
        try:
            office.start()
            office.stop()
            complaint = "it starts"
        except RuntimeError as reason:
            complaint = None if sentence in str(reason) else str(reason)
        tally.check(f"setting {url}", complaint)


def run(tally, work, program):
    authority = Authority(work / "authority")
    with OpenLdap(work / "slapd", authority, strength=128) as directory:
        fill(directory)
        template = work / "template"
        office = Office(template, program)
        office.bootstrap()
        with office:
            office.map_group(f"cn=sales,{GROUPS}", office.role("Salesperson"))
        with Office.fresh(work / "logins", program, settings(directory, directory.url)) as office:
            prove_logins(tally, office, directory)
            prove_same_answer(tally, office)
            prove_remembered(tally, office, directory)
            prove_empty_password(tally, office, directory)
            prove_injection(tally, office, directory)
        with Office.of(work / "groups", work / "logins", settings(directory, directory.url)) as office:
            prove_groups(tally, office, directory)
            prove_local_users(tally, office, directory)
            prove_rename(tally, office, directory)
            prove_guessing(tally, office)
        chosen = settings(directory, directory.url, recheck="1 s")
        with Office.of(work / "race", template, [*chosen, "http.workers=8"]) as office:
            prove_race(tally, office, directory)
            prove_recheck(tally, office, directory)
        prove_tls(tally, work, template, directory, authority)
        prove_pattern(tally, work, template, directory)
        prove_group_search(tally, work, template, directory)
        prove_last_administrator(tally, work, template, directory)
        prove_slow(tally, work, template, directory)
        prove_broken(tally, work, template, directory)
        prove_bad_settings(tally, work, template, directory)
