"""The organisation that mail is filed in, as the tests see it: counted, and read back."""
import base64

from svyaz import wire
from svyaz.people import Administrator
from svyaz.server import ADMIN, PASSWORD

PAGE = "<query><columns>{}</columns><pageSize>1000</pageSize>{}</query>"

FILES = ("<query><columns><string>fileName</string></columns><filter><conditions><Condition><field>regarding</field>"
         "<operator>eq</operator><values><string>{}</string></values></Condition></conditions></filter>"
         "<pageSize>1000</pageSize></query>")


class Office:
    """Reads what the connectors filed, by raw HTTP."""

    def __init__(self, url):
        self.administrator = Administrator(url)

    def emails(self, *fields):
        """[(id, Message-ID, subject)] of all that was filed, and what else is asked for."""
        fields = ("messageId", "subject", *fields)
        columns = "".join(f"<string>{field}</string>" for field in fields)
        found, cookie, more = [], "", "true"
        while more == "true":
            page = self.administrator.call("Email", "RetrieveMultipleEmail", PAGE.format(columns, cookie)).find("{*}page")
            found += [tuple(email.findtext(f"{{*}}{field}") for field in ("id", *fields))
                      for email in page.iterfind("{*}emails/{*}Email")]
            more = page.findtext("{*}more")
            cookie = f"<cookie>{page.findtext('{*}nextCookie')}</cookie>"
        return found

    def original(self, identifier):
        """The message as it was filed, byte for byte."""
        answer = self.administrator.call("Email", "RetrieveEmail",
                                         f"<id>{identifier}</id><columns><string>original</string></columns>")
        return base64.b64decode(answer.findtext(".//{*}original/{*}content"))

    def fields(self, identifier, *names):
        """Fields of an e-mail, as texts; "" where there is none."""
        columns = "".join(f"<string>{name}</string>" for name in names)
        found = self.administrator.call("Email", "RetrieveEmail", f"<id>{identifier}</id><columns>{columns}</columns>")
        return {name: found.findtext(f".//{{*}}{name}") or "" for name in names}

    def files(self, identifier):
        """[(name, content)] of the files that came with an e-mail."""
        found = self.administrator.call("Note", "RetrieveMultipleNote", FILES.format(identifier)).iterfind(".//{*}Note")
        names = [(note.findtext("{*}id"), note.findtext("{*}fileName")) for note in found]
        return [(name, self.content(note, name)) for note, name in names]

    def content(self, note, name):
        answer = self.administrator.call("Note", "RetrieveNote",
                                         f"<id>{note}</id><columns><string>document</string></columns>")
        document = answer.find(".//{*}document")
        if document.findtext("{*}name") != name:
            raise ValueError(f"the file of {name} is {document.findtext('{*}name')}")
        return base64.b64decode(document.findtext("{*}content"))

    def parties(self, identifier):
        """Addresses of those it went to, told or not."""
        answer = self.administrator.call("Email", "RetrieveEmail", f"<id>{identifier}</id><columns><string>to</string>"
                                         "<string>cc</string><string>bcc</string></columns>")
        return sorted(address.text for address in answer.iterfind(".//{*}address"))


def letter(number, text="text", more=""):
    """A message that has all it needs."""
    return (f"From: Ann <ann@example.com>\r\nTo: bob@crm.example.org\r\nSubject: letter {number}\r\n"
            f"Date: Mon, 30 Nov 2026 10:00:00 +0300\r\nMessage-ID: <{number}@example.com>\r\n{more}\r\n{text}\r\n").encode()
