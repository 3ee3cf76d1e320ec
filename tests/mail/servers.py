"""Postfix, Exim and Dovecot on the machine of the test (machine.py), with what the README says and as little more
as makes them deliver at once."""
import os
import pathlib
import re
import shutil
import signal
import subprocess
import time

from svyaz.ports import is_answered
from svyaz.server import ROOT

PASSWORD = "Secret-1"  # of everybody who has a mailbox
POSTFIX_MAIN = """
compatibility_level = 3.6
myhostname = mx.example.org
mydestination = localhost
mynetworks = 127.0.0.0/8
inet_interfaces = loopback-only
inet_protocols = ipv4
alias_maps =
alias_database =
local_recipient_maps =
smtpd_recipient_restrictions = permit_mynetworks, reject
maillog_file = /var/log/postfix.log
message_size_limit = 300000000
mailbox_size_limit = 0
# Messages come as from the Internet: what they lack they lack.
local_header_rewrite_clients =
message_drop_headers =
smtp_line_length_limit = 0
lmtp_line_length_limit = 0
# What is put off is tried again soon.
queue_run_delay = 1s
minimal_backoff_time = 1s
maximal_backoff_time = 2s
lmtp_destination_concurrency_failed_cohort_limit = 1000000
crm_destination_concurrency_failed_cohort_limit = 1000000
lmtp_connect_timeout = 5s
smtp_dns_support_level = disabled
"""

EXIM = """
primary_hostname = mx.example.org
local_interfaces = 127.0.0.1
daemon_smtp_ports = 2525
log_file_path = /var/log/exim4/%slog
pid_file_path = /run/exim.pid
acl_smtp_rcpt = take
message_size_limit = 300M
keep_environment =
begin acl
take:
  accept
begin routers
{router}
begin transports
{transport}
begin retry
*  *  F,1h,1s
"""

DOVECOT = """
protocols = lmtp imap
ssl = {ssl}
base_dir = /run/dovecot
log_path = /var/log/dovecot.log
mail_location = maildir:/var/mail/%n
first_valid_uid = 100
passdb {{
  driver = static
  args = password={password}
}}
userdb {{
  driver = static
  args = uid=vmail gid=vmail home=/var/mail/%n
}}
service lmtp {{
  inet_listener lmtp {{
    address = 127.0.0.1
    port = 24
  }}
}}
service imap-login {{
  inet_listener imap {{
    address = 127.0.0.1
    port = 143
  }}
  inet_listener imaps {{
    address = 127.0.0.1
    port = 993
  }}
}}
service imap {{
  process_limit = 2000
}}
mail_max_userip_connections = 1000
mailbox_idle_check_interval = 2s
submission_host = 127.0.0.1:25
hostname = mx.example.org
postmaster_address = postmaster@example.org
!include_try /etc/dovecot/conf.d/*.conf
"""


def mailbox(user):
    """The files of messages that came."""
    return sorted(pathlib.Path(f"/var/mail/{user}/new").glob("*"))


def wait_for_mail(user, count, seconds=60):
    """The messages that came, with line ends as they are on disk, when there are so many, or the time is over."""
    deadline = time.monotonic() + seconds
    while len(mailbox(user)) < count and time.monotonic() < deadline:
        time.sleep(0.1)
    return [path.read_bytes().replace(b"\r\n", b"\n") for path in mailbox(user)]


class Queueing:
    """Who keeps messages until they are taken."""

    def queue(self):
        raise NotImplementedError

    def is_empty_within(self, seconds):
        deadline = time.monotonic() + seconds
        while self.queue():
            if time.monotonic() > deadline:
                return False
            time.sleep(0.1)
        return True


class Postfix(Queueing):
    """By its own scripts, with the settings of one way."""
    port = 25

    def __init__(self, main, master=""):
        folder = pathlib.Path("/etc/postfix")
        packaged = (folder / "master.cf.proto").read_text()
        # Nobody is locked up: there is no tree to lock him up in.
        master_cf = re.sub(r"^(\S+ +\w+ +\S+ +\S+ +)y ", r"\1n ", packaged, flags=re.M) + master
        # What is left in the queue of what comes in is looked for every second.
        master_cf = re.sub(r"^(qmgr .*) 300 ", r"\1 1 ", master_cf, flags=re.M)
        pathlib.Path("/var/spool/postfix").mkdir(exist_ok=True)
        shutil.chown("/var/lib/postfix", "postfix")
        (folder / "main.cf").write_text(POSTFIX_MAIN + main)
        (folder / "master.cf").write_text(master_cf)

    def call(self, *words):
        answer = subprocess.run(["postfix", *words], capture_output=True, text=True, check=False)
        if answer.returncode != 0:
            raise RuntimeError(f"postfix {words}: {answer.stderr}")

    def start(self):
        self.call("start")

    def stop(self):
        self.call("stop")

    def queue(self):
        """Messages that have not left it. One that moves between two of its folders may be overlooked, but not
        twice."""
        return self.look() or self.look()

    @staticmethod
    def look():
        return subprocess.run(["postqueue", "-j"], capture_output=True, text=True, check=True).stdout.splitlines()

    def log(self):
        return pathlib.Path("/var/log/postfix.log").read_text(errors="replace")

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *_):
        self.stop()


class Daemon(Queueing):
    """A server in the foreground, ended by its process id."""
    port = None

    def command(self):
        raise NotImplementedError

    def __enter__(self):
        self.process = subprocess.Popen(self.command(), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        if not is_answered(self.process, "127.0.0.1", self.port):
            raise RuntimeError(f"{self.command()} does not start:\n{self.log()}")
        return self

    def __exit__(self, *_):
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(30)


class Exim(Daemon):
    """From the tree that tests/peers/exim.sh unpacks."""
    port = 2525

    def __init__(self, router, transport):
        self.program = subprocess.run([ROOT / "tests" / "peers" / "exim.sh"], check=True, capture_output=True,
                                      text=True).stdout.strip()
        # It wants to be found where it is told to be, to be started again for each delivery.
        self.path = "/run/exim4"
        shutil.copy(self.program, self.path)
        configuration = pathlib.Path("/etc/exim4/exim4.conf")
        configuration.write_text(f"exim_path = {self.path}\n" + EXIM.format(router=router, transport=transport))
        for folder in ("/var/spool/exim4", "/var/log/exim4"):
            pathlib.Path(folder).mkdir(exist_ok=True)
            shutil.chown(folder, "Debian-exim", "Debian-exim")

    def command(self):
        return [self.path, "-bdf", "-q1s"]

    def queue(self):
        count = subprocess.run([self.path, "-bpc"], capture_output=True, text=True, check=True).stdout.strip()
        return [] if count == "0" else [count]

    def log(self):
        logs = sorted(pathlib.Path("/var/log/exim4").glob("*log"))
        return "\n".join(log.read_text(errors="replace") for log in logs)


class Dovecot(Daemon):
    """Delivers to mailboxes by LMTP, after the Sieve rule."""
    port = 24

    def __init__(self, rule="", settings="", certificate=None):
        """certificate: its file and that of its key."""
        folder = pathlib.Path("/etc/dovecot")
        for name in ("conf.d", "sieve"):
            (folder / name).mkdir(exist_ok=True)
        ssl = "no" if certificate is None else "yes\nssl_cert = <{}\nssl_key = <{}".format(*certificate)
        (folder / "dovecot.conf").write_text(DOVECOT.format(ssl=ssl, password=PASSWORD))
        (folder / "conf.d" / "90-crm.conf").write_text(settings)
        for old in (folder / "sieve").iterdir():
            old.unlink()
        (folder / "sieve" / "crm.sieve").write_text(rule)
        if rule:
            subprocess.run(["sievec", folder / "sieve" / "crm.sieve"], check=True)
        os.chmod("/var/mail", 0o777)

    def command(self):
        return ["dovecot", "-F"]

    def log(self):
        path = pathlib.Path("/var/log/dovecot.log")
        return path.read_text(errors="replace") if path.exists() else ""

    mailbox = staticmethod(mailbox)
