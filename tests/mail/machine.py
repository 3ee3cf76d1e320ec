"""A machine of the test's own: its own loopback, its own /etc of mail servers, its own users.

So Postfix, Exim and Dovecot run on the ports and with the files that a mail administrator knows, whatever
runs beside the test, and end with it. It is made of Linux namespaces, for which the test must be root.
"""
import os
import pathlib
import shutil
import subprocess
import sys

# Folders that are the test's own; each begins empty.
FOLDERS = ("/etc/postfix", "/etc/exim4", "/etc/dovecot", "/etc/crmd", "/var/spool", "/var/lib/postfix",
           "/var/lib/crm-lmtpd", "/var/lib/crm-imap", "/var/lib/exim4", "/var/log", "/var/mail", "/run", "/usr/local/bin")
# Users that the servers run as, beside those of their packages: name, number.
USERS = {"crm": 990, "vmail": 991, "Debian-exim": 992}
WORDS = ("unshare", "--net", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc")
INSIDE = "SVYAZ_TEST_MACHINE"
EXIM = pathlib.Path(__file__).resolve().parents[1] / "peers" / "exim.sh"


def enter(work):
    """Goes on inside; returns False, with the reason, where there can be no such machine."""
    if os.environ.get(INSIDE):
        arrange(work / "machine")
        return True, ""
    tried = subprocess.run([*WORDS, "true"], capture_output=True, text=True, check=False)
    if tried.returncode != 0:
        return False, tried.stderr.strip() or "it needs root"
    subprocess.run([EXIM], check=False, stdout=subprocess.DEVNULL)  # what it fetches cannot be had from inside
    os.environ[INSIDE] = "yes"
    os.execvp(WORDS[0], [*WORDS, sys.executable, *sys.argv])


def bind(source, target):
    subprocess.run(["mount", "--bind", source, target], check=True)


def add_users(folder, source, line):
    """Lays a file over /etc/passwd, or /etc/group, that has the test's users too."""
    target = folder / pathlib.Path(source).name
    target.write_text(pathlib.Path(source).read_text() +
                      "".join(line.format(name=name, number=number) for name, number in USERS.items()))
    target.chmod(0o644)
    bind(target, source)


def arrange(folder):
    """Lays the folders over those of the system, for this process and its children."""
    subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    postfix = folder / "packaged-postfix"  # scripts that Postfix wants beside its settings
    shutil.copytree("/etc/postfix", postfix, symlinks=True)
    for target in FOLDERS:
        own = folder / target.strip("/").replace("/", "-")
        own.mkdir()
        own.chmod(0o755)
        pathlib.Path(target).mkdir(parents=True, exist_ok=True)
        bind(own, target)
    shutil.copytree(postfix, "/etc/postfix", symlinks=True, dirs_exist_ok=True)
    add_users(folder, "/etc/passwd", "{name}:x:{number}:{number}::/nonexistent:/usr/sbin/nologin\n")
    add_users(folder, "/etc/group", "{name}:x:{number}:\n")
