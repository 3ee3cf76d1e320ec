"""A server of one's own: an organisation, the process, its end."""
import fcntl
import os
import pathlib
import shutil
import socket
import subprocess
import time

from svyaz import wire

ROOT = pathlib.Path(__file__).resolve().parents[3]
# What drivers leak themselves is not ours to mend.
SANITIZERS = {"LSAN_OPTIONS": f"suppressions={ROOT}/tests/unit/leaks.txt:print_suppressions=0"}
ADMIN = "admin"
PASSWORD = "Correct-horse-7-staple"


def hold_folder(folder):
    """Waits until no other run of the same tests works in this folder, and takes it."""
    folder = pathlib.Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    lock = open(folder / "lock", "w")
    fcntl.flock(lock, fcntl.LOCK_EX)
    return lock


def free_port(first):
    """The first port from here on that nobody listens on."""
    for port in range(first, first + 200):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
                return port
            except OSError:
                continue
    raise OSError(f"no free port from {first}")


class Server:
    """crmd on loopback, with its data and log in a folder. Use it in a with statement."""

    def __init__(self, folder, program="build/check/crmd", settings=(), first_port=None):
        self.folder = pathlib.Path(folder).resolve()
        self.program = ROOT / program
        self.settings = list(settings)
        first_port = first_port or int(os.environ.get("TEST_PORT", "18100"))
        self.port = free_port(first_port)
        self.admin_port = free_port(self.port + 1)
        self.url = f"http://127.0.0.1:{self.port}"
        self.admin_url = f"http://127.0.0.1:{self.admin_port}"
        self.process = None

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
            input=PASSWORD + "\n", text=True, check=True, timeout=300, env=os.environ | SANITIZERS)

    def database_settings(self):
        return [setting for setting in self.settings if setting.startswith("database.")]

    def start(self):
        """Starts the process and waits until it is ready."""
        self.folder.mkdir(parents=True, exist_ok=True)
        with open(self.folder / "server.log", "ab") as log:
            self.process = subprocess.Popen(
                [self.program, "--data", self.folder,
                 *self.options(f"http.listen=127.0.0.1:{self.port}",
                               f"admin.listen=127.0.0.1:{self.admin_port}", *self.settings)],
                stdout=log, stderr=log, cwd=self.folder, env=os.environ | SANITIZERS)
        deadline = time.monotonic() + 60
        while not self.is_ready():
            if self.process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"the server did not become ready:\n{self.log()[-3000:]}")
            time.sleep(0.02)

    def is_ready(self):
        try:
            with socket.create_connection(("127.0.0.1", self.port), 5):
                return wire.send(f"{self.admin_url}/readyz", timeout=5).status == 200
        except OSError:
            return False

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
        self.process = None
        return status

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
