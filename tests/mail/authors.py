"""People who send e-mails from the platform, whatever is killed meanwhile, and the books of what they sent."""
import collections
import email
import email.policy
import pathlib
import threading

from svyaz.client import Calls, element
from svyaz.people import Administrator
from svyaz.sender import Sender, Write
from svyaz.server import ADMIN, PASSWORD

READER = "reader@out.example.org"  # gets a copy of each, which nobody files
ADDRESS = "author{}@crm.example.org"


class Authors:
    """Some users of the platform, each with an address, so that the outbox has a row of messages for each of them."""

    def __init__(self, server, count):
        administrator = Administrator(server.url)
        self.token = Calls(server).login(ADMIN, PASSWORD)
        self.sender = Sender([server])
        self.users = [self.make_user(administrator, number) for number in range(count)]
        self.sent = {}  # subject by id
        self.lock = threading.Lock()

    @staticmethod
    def make_user(administrator, number):
        user = administrator.make_user(f"author{number}")
        administrator.call("SystemUser", "UpdateSystemUser", f"<systemUser><id>{user}</id><internalEmailAddress>"
                           f"{ADDRESS.format(number)}</internalEmailAddress></systemUser>")
        return user

    def write(self, service, operation, content, identifier):
        """Sends it until it is answered."""
        reply = self.sender.send(Write(service, operation, content, identifier, self.token))
        if reply.code:
            raise RuntimeError(f"{operation} {content} was refused: {reply.body!r}")
        return reply

    def send(self, author, number, recipients):
        """One of them writes an e-mail and sends it: to the reader, and to others."""
        subject = f"mail {number}"
        parties = "".join(f"<Party>{element('address', address)}</Party>" for address in (READER, *recipients))
        identifier = self.write(
            "Email", "CreateEmail", f"<email><subject>{subject}</subject><description>text of {number}</description>"
            f"<from><Party><entity>SystemUser</entity><id>{self.users[author]}</id></Party></from>"
            f"<to>{parties}</to></email>", f"create-{number}").id
        self.write("Mail", "SendEmail", f"<id>{identifier}</id>", f"send-{number}")
        with self.lock:
            self.sent[identifier] = subject

    # ---- the books ----

    def complaint(self, emails, mailbox):
        """Why not each of them is sent, and has come to the reader under the Message-ID that it has in the platform.
        emails: (id, Message-ID, subject, status) of the platform's; mailbox: files of what has come."""
        own = {identifier: (message_id, status) for identifier, message_id, _, status in emails if identifier in self.sent}
        unsent = sorted(self.sent[identifier] for identifier in self.sent
                        if own.get(identifier, ("", "missing"))[1] != "Sent")
        if unsent:
            return f"not sent: {unsent}"
        copies = collections.Counter(message_id_of(path) for path in mailbox)
        wanted = {message_id.strip("<>"): self.sent[identifier] for identifier, (message_id, _) in own.items()}
        lost = sorted(subject for message_id, subject in wanted.items() if message_id not in copies)
        strange = sorted(set(copies) - set(wanted))
        print(f"# {len(wanted)} sent by the platform, {copies.total()} came")
        return f"lost {lost}, under other ids {strange}" if lost or strange else None


def message_id_of(path):
    return email.message_from_bytes(path.read_bytes(), policy=email.policy.default)["message-id"].strip("<> ")
