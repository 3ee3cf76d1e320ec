"""The organisation that mail servers bring messages to, what has been filed in it so far, and ways to send it some."""
import contextlib
import re
import smtplib
import time

import connector
import servers
import snippets
from office import Office

SENDER, BOB, EVE = "ann@example.com", "bob@crm.example.org", "eve@crm.example.org"
README = snippets.read()
PATIENCE = 60


class Town:
    """The organisation and what has been filed in it so far."""

    def __init__(self, server):
        self.server, self.office = server, Office(server.url)
        self.seen = set(self.office.emails())

    def filed(self):
        """What was filed since the last time this was asked."""
        emails = set(self.office.emails())
        new, self.seen = emails - self.seen, emails
        return sorted(new, key=lambda email: email[2])

    @contextlib.contextmanager
    def away(self):
        """The platform is killed; afterwards it is there again."""
        self.server.kill()
        try:
            yield
        finally:
            if not self.server.is_alive():
                self.server.start()

    def complaint_of(self, numbers, sent=None):
        """Why these letters are not what was filed, once each; sent: the bytes of the one there is."""
        found = self.filed()
        if sorted(subject for _, _, subject in found) != sorted(f"letter {number}" for number in numbers):
            return f"filed: {found}; spool: {connector.waiting()}, {connector.refused()}"
        if sent is None:
            return None
        return complaint_of_original(self.office.original(found[0][0]), sent)


def complaint_of_original(original, sent):
    """Why what was filed is not what was sent, with the lines before it that a mail server adds."""
    head, rest = original[:len(original) - len(sent)], original[len(original) - len(sent):]
    if rest != sent:
        return f"filed as {original[:2000]!r}"
    names = re.findall(rb"^([A-Za-z-]+):", head, re.M)
    return None if names == [b"Return-Path", b"Received"] else f"the mail server added {head!r}"


def comes_true(is_so):
    """Whether it does before long."""
    deadline = time.monotonic() + PATIENCE
    while not is_so() and time.monotonic() < deadline:
        time.sleep(0.2)
    return is_so()


def settle(server):
    """Waits until the mail server and the spool are empty; what they still have the check will miss."""
    return server.is_empty_within(PATIENCE) and connector.is_empty_within(PATIENCE)


def send(port, message, recipients=(BOB,), sender=SENDER):
    """By SMTP."""
    with smtplib.SMTP("127.0.0.1", port, local_hostname="test.example.com", timeout=60) as client:
        client.sendmail(sender, list(recipients), message)


def send_by_lmtp(port, message, recipients=(BOB,), sender=SENDER):
    """By LMTP; the replies, one for each recipient."""
    with smtplib.LMTP("127.0.0.1", port, local_hostname="test.example.com", timeout=60) as client:
        client.ehlo_or_helo_if_needed()
        client.mail(sender)
        for recipient in recipients:
            client.rcpt(recipient)
        client.putcmd("data")
        code, _ = client.getreply()
        if code != 354:
            return [code]
        client.send(message + b".\r\n")
        return [client.getreply()[0] for _ in recipients]


def postfix_by_lmtp():
    return servers.Postfix(README["/etc/postfix/main.cf", ""])


def postfix_by_pipe():
    return servers.Postfix(README["/etc/postfix/main.cf", "pipe"], README["/etc/postfix/master.cf", ""])
