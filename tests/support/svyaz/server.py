"""A server of one's own: an organisation, the process, its end."""
import contextlib
import fcntl
import os
import pathlib
import re
import shutil
import socket
import subprocess
import time
import uuid

ROOT = pathlib.Path(__file__).resolve().parents[3]
# What drivers leak themselves is not ours to mend, and what they write nobody reads.
SURROUNDINGS = {
    "LSAN_OPTIONS": f"suppressions={ROOT}/tests/unit/leaks.txt:print_suppressions=0",
    "ODBCSYSINI": subprocess.run([ROOT / "tests" / "support" / "odbc.sh"], check=True, capture_output=True,
                                 text=True).stdout.strip(),
}
ADMIN = "admin"
PASSWORD = "Correct-horse-7-staple"
READY = re.compile(r"READY=1\nSTATUS=Listening on http://127\.0\.0\.1:(\d+)"
                   r"(?: https://127\.0\.0\.1:(\d+))?; for operators on http://127\.0\.0\.1:(\d+)$")


def hold_folder(folder):
    """Waits until no other run of the same tests works in this folder, and takes it."""
    folder = pathlib.Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    lock = open(folder / "lock", "w")
    fcntl.flock(lock, fcntl.LOCK_EX)
    return lock


class Notices:
    """What a server tells its supervisor, as it would tell systemd: that it is ready, and where."""

    def __init__(self):
        self.name = f"svyaz-test-{uuid.uuid4()}"
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.bind(f"\0{self.name}")
        self.socket.settimeout(0.1)

    def environment(self):
        return {"NOTIFY_SOCKET": f"@{self.name}"}

    def take(self):
        """The next notice; empty when none comes soon."""
        try:
            return self.socket.recv(65536).decode()
        except TimeoutError:
            return ""

    def close(self):
        self.socket.close()


class Server:
    """crmd on loopback, with its data and log in a folder. Use it in a with statement.

    The system gives it free ports, other ones after each start; while it does not run they are 0,
    where nobody listens.
    """

    def __init__(self, folder, program="build/check/crmd", settings=(), words=()):
        """words: further ones for its command line."""
        self.folder = pathlib.Path(folder).resolve()
        self.program = ROOT / program
        self.settings, self.words = list(settings), list(words)
        self.environment = {}  # further variables, for the next start
        self.port = self.tls_port = self.admin_port = 0
        self.process = None

    @property
    def url(self):
        return f"http://127.0.0.1:{self.port}"

    @property
    def admin_url(self):
        return f"http://127.0.0.1:{self.admin_port}"

    def options(self, *settings):
        return [word for setting in settings for word in ("-o", setting)]

    def bootstrap(self, template=None):
        """Makes the organisation, or copies one that was made before."""
        if self.folder.exists():
            shutil.rmtree(self.folder)
        if template:
            shutil.copytree(template, self.folder)
            return
        self.folder.mkdir(parents=True)
        crmctl = self.program.with_name("crmctl")
        subprocess.run(
            [crmctl, "bootstrap", "--data", self.folder, "--admin", ADMIN, "--password-stdin",
             *self.options(*self.database_settings())],
            input=PASSWORD + "\n", text=True, check=True, timeout=300, env=os.environ | SURROUNDINGS)

    def database_settings(self):
        return [setting for setting in self.settings if setting.startswith("database.")]

    def start(self):
        """Starts the process and waits until it is ready."""
        self.folder.mkdir(parents=True, exist_ok=True)
        with contextlib.closing(Notices()) as notices:
            with open(self.folder / "server.log", "ab") as log:
                self.process = subprocess.Popen(
                    [self.program, "--data", self.folder, *self.words,
                     *self.options("http.listen=127.0.0.1:0", "admin.listen=127.0.0.1:0", *self.settings)],
                    stdout=log, stderr=log, cwd=self.folder,
                    env=os.environ | SURROUNDINGS | notices.environment() | self.environment)
            deadline = time.monotonic() + 60
            while not (ready := READY.match(notices.take())):
                if self.process.poll() is not None or time.monotonic() > deadline:
                    raise RuntimeError(f"the server did not become ready:\n{self.log()[-3000:]}")
        self.port, self.tls_port, self.admin_port = (int(port or 0) for port in ready.groups())

    def is_alive(self):
        return self.process is not None and self.process.poll() is None

    def stop(self):
        """Asks it to end; the exit status. A server that does not end is killed."""
        if self.process is None:
            return 0
        self.process.terminate()
        try:
            status = self.process.wait(60)
        except subprocess.TimeoutExpired:
            self.process.kill()
            status = self.process.wait()
        self.forget()
        return status

    def kill(self):
        """Ends it as a crash would."""
        self.process.kill()
        self.process.wait()
        self.forget()

    def forget(self):
        self.process = None
        self.port = self.tls_port = self.admin_port = 0

    def readers(self):
        """The processes that read mail, their parent first."""
        def children(pid):
            try:
                return [int(word) for path in pathlib.Path(f"/proc/{pid}/task").glob("*/children")
                        for word in path.read_text().split()]
            except (FileNotFoundError, ProcessLookupError):
                return []
        return [pid for parent in children(self.process.pid) for pid in (parent, *children(parent))]

    def log(self):
        path = self.folder / "server.log"
        return path.read_text(errors="replace") if path.exists() else ""

    def report(self):
        """What the sanitizers wrote; empty when they had nothing to say."""
        lines = self.log().splitlines()
        for number, line in enumerate(lines):
            if "Sanitizer" in line or "runtime error:" in line:
                return "\n".join(lines[number:number + 40])
        return ""

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *_):
        self.stop()
