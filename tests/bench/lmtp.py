"""crm-lmtpd as mail servers see it, and its spool: messages that come by LMTP become e-mails."""
import contextlib
import os
import shutil
import smtplib
import subprocess
import threading
import time

from svyaz.people import Administrator
from svyaz.server import ROOT, Notices

PROGRAM = ROOT / "build" / "release" / "crm-lmtpd"
DRAINED = 300  # seconds for what is in the spool at the end


class Lmtpd:
    """One connector of its own user, with its socket and its spool in a folder; in a with statement it runs."""

    def __init__(self, server, folder):
        self.folder, self.process = folder, None
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        self.socket, self.spool = folder / "lmtp", folder / "spool"
        administrator = Administrator(server.url)
        secret = folder / "secret"
        secret.write_text(administrator.set_secret(administrator.make_user("postman", True, "mail-connector")) + "\n")
        self.settings = (f"platform.url={server.url}", "platform.user=postman", f"platform.secret_file={secret}",
                         f"spool.dir={self.spool}", f"lmtp.listen={self.socket}")

    def __enter__(self):
        words = [word for setting in self.settings for word in ("-o", setting)]
        with contextlib.closing(Notices()) as notices, open(self.folder / "log", "wb") as log:
            self.process = subprocess.Popen([PROGRAM, *words], stdout=log, stderr=log,
                                            env=os.environ | notices.environment())
            deadline = time.monotonic() + 30
            while not notices.take().startswith("READY=1\n"):
                if self.process.poll() is not None or time.monotonic() > deadline:
                    raise RuntimeError(f"crm-lmtpd did not become ready: {(self.folder / 'log').read_text()[-500:]}")
        return self

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait()

    def wait_until_empty(self):
        """Until the platform has answered for whatever was accepted. What it refused is an error."""
        deadline = time.monotonic() + DRAINED
        while any((self.spool / "new").iterdir()):
            if time.monotonic() > deadline:
                raise RuntimeError("the spool does not become empty")
            time.sleep(0.01)
        refused = list((self.spool / "refused").glob("*.why"))
        if refused:
            raise RuntimeError(f"{len(refused)} messages were refused: {refused[0].read_text()}")

    def send(self, message_of, clients, each):
        """Sends so many messages from each client; the seconds until the last of them was stored.
        message_of(client, number) makes a message and its sender."""
        failures = []
        begin = time.monotonic()

        def send_on(client):
            with smtplib.LMTP(str(self.socket)) as connection:
                for number in range(each):
                    sender, message = message_of(client, number)
                    connection.sendmail(sender, ["sales@svyaz.example"], message)

        def try_to_send(client):
            try:
                send_on(client)
            except (OSError, smtplib.SMTPException) as problem:
                failures.append(repr(problem))

        threads = [threading.Thread(target=try_to_send, args=(client,)) for client in range(clients)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        if failures:
            raise RuntimeError(f"crm-lmtpd: {failures[0]}")
        self.wait_until_empty()
        return time.monotonic() - begin
