"""The connectors as a test sees them: their processes, and what is in their spools."""
import contextlib
import hashlib
import os
import pathlib
import subprocess
import time

import servers
import snippets
from svyaz import memory
from svyaz.server import ADMIN, ROOT, SURROUNDINGS, Notices
from svyaz.server import PASSWORD as ADMIN_PASSWORD

USER = "postman"
SETTINGS = pathlib.Path("/etc/crmd/connectors.conf")
SECRET = pathlib.Path("/etc/crmd/postman.secret")
SPOOL = pathlib.Path("/var/lib/crm-lmtpd")
IMAP_SPOOL = pathlib.Path("/var/lib/crm-imap")
ACCOUNTS = pathlib.Path("/etc/crmd/imap-accounts")
MAILBOX_PASSWORD = pathlib.Path("/etc/crmd/mailbox.secret")
SOCKET = pathlib.Path("/run/crm-lmtpd/lmtp")
BIN = pathlib.Path("/usr/local/bin")
PROGRAMS = ("crm-lmtpd", "crm-deliver", "crm-imap", "crm-outbox")


def install(build):
    """Lays the programs of a build where a package would."""
    for name in PROGRAMS:
        (BIN / name).write_bytes((ROOT / "build" / build / name).read_bytes())
        (BIN / name).chmod(0o755)


@contextlib.contextmanager
def as_shipped():
    """Where memory is measured, or bounded by who starts them, the programs are those of production; else they have
    sanitizers."""
    install("release")
    try:
        yield
    finally:
        install("check")


def set_up(url, settings, build="check"):
    """Installs programs and settings on the machine, and makes the connector's user in the organisation."""
    install(build)
    SETTINGS.write_text(settings)
    password = pathlib.Path("/etc/crmd/admin.password")
    password.write_text(ADMIN_PASSWORD + "\n")
    crmctl = ROOT / "build" / "release" / "crmctl"
    subprocess.run(["sh", "-e", "-c", snippets.read()["/bin/sh", ""]], check=True, stdout=subprocess.DEVNULL, env=os.environ | {
        "CRMCTL_URL": url, "CRMCTL_USER": ADMIN, "CRMCTL_PASSWORD_FILE": str(password),
        "PATH": f"{crmctl.parent}:{os.environ['PATH']}"})
    SOCKET.parent.mkdir(exist_ok=True)


def follow(*folders):
    """Says which are followed: (user, folder)."""
    MAILBOX_PASSWORD.write_text(servers.PASSWORD + "\n")
    ACCOUNTS.write_text("# user password-file folder\n\n" +
                        "".join(f"{user} {MAILBOX_PASSWORD}  {folder}\n" for user, folder in folders))


def next_uid(user, folder="INBOX"):
    """The UID from which on a folder is not read yet; 0: it was never read."""
    name = hashlib.sha256(f"{user}\n{folder}".encode()).hexdigest()
    path = IMAP_SPOOL / "folders" / name
    return int(path.read_text().split()[3]) if path.exists() else 0


class Connector:
    """A program with the settings of the machine, and some of the test's."""
    name = ""

    def __init__(self, *settings):
        self.settings = ("platform.retry_most=1 s", *settings)
        self.process = None

    def start(self):
        words = [word for setting in self.settings for word in ("-o", setting)]
        with contextlib.closing(Notices()) as notices, open(self.log_path(), "ab") as log:
            self.process = subprocess.Popen([BIN / self.name, *words], stdout=log, stderr=log,
                                            env=os.environ | SURROUNDINGS | notices.environment())
            deadline = time.monotonic() + 30
            while notices.take().split("\n")[0] != "READY=1":
                if self.process.poll() is not None or time.monotonic() > deadline:
                    raise RuntimeError(f"{self.name} did not become ready:\n{self.log()[-2000:]}")

    def stop(self):
        """Asks it to end; the exit status."""
        if self.process is None:
            return 0
        self.process.terminate()
        try:
            return self.process.wait(60)
        except subprocess.TimeoutExpired:
            self.process.kill()
            return self.process.wait()
        finally:
            self.process = None

    def kill(self):
        self.process.kill()
        self.process.wait()
        self.process = None

    def log_path(self):
        return pathlib.Path(f"/var/log/{self.name}.log")

    def log(self):
        path = self.log_path()
        return path.read_text(errors="replace") if path.exists() else ""

    def peak(self):
        """The most memory that it had, in bytes."""
        return memory.peak(self.process)

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *_):
        status = self.stop()
        if status != 0:
            raise RuntimeError(f"{self.name} ended with {status}:\n{self.log()[-2000:]}")


class Lmtpd(Connector):
    name, port = "crm-lmtpd", 2003


class Imap(Connector):
    name = "crm-imap"


class Outbox(Connector):
    name = "crm-outbox"


def waiting(spool=SPOOL):
    """Letters in a spool."""
    return sorted(path.name for path in (spool / "new").glob("*"))


def refused(spool=SPOOL):
    """Letters that were put aside, with the reasons."""
    return {path.stem: path.read_text() for path in (spool / "refused").glob("*.why")}


def forget_refused(spool=SPOOL):
    for path in (spool / "refused").iterdir():
        path.unlink()


def is_empty_within(seconds, spool=SPOOL):
    deadline = time.monotonic() + seconds
    while waiting(spool):
        if time.monotonic() > deadline:
            return False
        time.sleep(0.05)
    return True
