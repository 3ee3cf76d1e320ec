"""A conversation as people have it: who wrote what to whom in answer to what, with which program, under which subject.

Some messages go through a relay that gives them other ids; who got one from there answers that id. Whatever is
drawn is drawn from the seed, so the same conversation comes again.
"""
import base64
import email.message
import email.policy
import random

SUBJECTS = ["Поставка оборудования", "Invoice 0815", "Перенос сроков отгрузки", "Re-planning of the lines", "Договор № 17/26",
            "Wegen der Lieferung", "Вопрос по акту", "short question", "Счёт и накладная", "Next week"]
ANSWER = ["Re: ", "RE: ", "Re[2]: ", "Отв: ", "HA: ", "AW: ", "Antw: ", ""]
FORWARD = ["Fwd: ", "FW: ", "Пересл: ", "WG: "]
CHARSETS = ["utf-8", "koi8-r", "windows-1251"]
ZONES = ["+0300", "+0000", "-0500", "+0530"]
SAME_SUBJECT = 0.7
RELAY = "relay.example.org"
# Who reads which mailbox of the house, and how it is brought.
OLGA, SALES, IVAN = "olga@crm.example.org", "sales@relayed.example.org", "ivan@box.example.org"
MAILBOXES = [OLGA, SALES, IVAN]


def renamed(identifier):
    """The id that the relay gives a message."""
    local, domain = identifier.split("@")
    return f"{local}.{domain}@{RELAY}"


class Message:
    """One message of the conversation, told as mail programs tell it."""

    def __init__(self, number, author, parent=None):
        self.number, self.author, self.parent = number, author, parent
        self.identifier = self.subject = self.index = None
        self.to, self.cc, self.hidden = [], [], []
        self.is_naming = False  # whether its header names what it goes on from
        self.content = b""

    @property
    def mailboxes(self):
        """Those of the house that get it."""
        return [address for address in self.to + self.cc + self.hidden if address in MAILBOXES]

    def ids(self):
        """All ids under which the house has it: of what came by the relay alone it never sees the first, and could tie
        nothing to that."""
        return {renamed(self.identifier) if address == SALES else self.identifier for address in self.mailboxes}

    def ancestors(self):
        """What it goes on from, the oldest first."""
        return [] if self.parent is None else self.parent.ancestors() + [self.parent]


class Talk:
    """A tree of messages between customers and the house."""

    def __init__(self, seed, count, customers, own, token):
        """own: how many of them the house writes; token: what the subject of the first bears."""
        self.random = random.Random(seed)
        self.customers = customers
        self.messages = [Message(0, self.random.choice(customers))]
        authors = [OLGA] * own + [None] * (count - 1 - own)
        self.random.shuffle(authors)
        for number, author in enumerate(authors, 1):
            # mostly the latest are answered; sometimes an old one is
            near = self.random.random() < 0.7
            parent = self.random.choice(self.messages[-4:] if near else self.messages)
            self.messages.append(Message(number, author or self.random.choice(customers), parent))
        for message in self.messages:
            self.address(message)
            message.identifier = f"{message.number}.{self.random.randrange(16 ** 8):08x}@{message.author.split('@')[1]}"
            message.subject = self.subject_of(message, token)

    def address(self, message):
        """Who gets it: at least one of the mailboxes, often all three, others among the customers."""
        if message.author == OLGA:
            message.to, message.cc = [self.random.choice(self.customers)], [IVAN]
            return
        count = self.random.choice([1, 1, 2, 3, 3])
        house = self.random.sample(MAILBOXES, count)
        others = [customer for customer in self.customers if customer != message.author]
        message.to, message.cc = house[:1], house[1:2] + self.random.sample(others, self.random.randrange(3))
        message.hidden = house[2:]

    def subject_of(self, message, token):
        if message.parent is None:
            return f"{self.random.choice(SUBJECTS)} {token}"
        if self.random.random() >= SAME_SUBJECT:
            return self.random.choice(SUBJECTS)
        plain = message.parent.subject.replace(token, "").strip()
        return self.random.choice(ANSWER) + plain

    # ---- as programs write it ----

    def seen_id(self, message):
        """The id under which somebody got a message: the relay's, where it came through it."""
        return self.random.choice(sorted(message.ids()))

    def outlook_index(self, message):
        """The index of a conversation of Outlook, and five bytes for each answer in it."""
        parent = message.parent
        begun = parent.index if parent is not None and parent.index else \
            b"\x01" + self.random.randbytes(21)
        return begun + (self.random.randbytes(5) if len(begun) > 22 or (parent and parent.index) else b"")

    def write(self, message):
        """The bytes of a message of a customer; its parent is written, or sent, already."""
        letter = email.message.EmailMessage(policy=email.policy.SMTP)
        letter["From"] = f"{message.author.split('@')[0].title()} <{message.author}>"
        letter["To"] = ", ".join(message.to)
        if message.cc:
            letter["Cc"] = ", ".join(message.cc)
        letter["Subject"] = message.subject
        letter["Message-ID"] = f"<{message.identifier}>"
        letter["Date"] = f"Mon, 30 Nov 2026 {8 + message.number // 60:02d}:{message.number % 60:02d}:00 " + \
            self.random.choice(ZONES)
        letter.set_content(f"Сообщение {message.number}.\n\nТекст №{self.random.randrange(10 ** 9)}.\n".replace("№", "N "),
                           charset=self.random.choice(CHARSETS))
        if message.parent is not None:
            ways = [self.both, self.both, self.in_reply_to, self.references, self.forward, self.forward_file, self.outlook]
            self.random.choice(ways)(message, letter)
        message.content = letter.as_bytes()

    def chain(self, message):
        return " ".join(f"<{self.seen_id(earlier)}>" for earlier in message.ancestors())

    def both(self, message, letter):
        references = self.chain(message)
        message.is_naming = True
        letter["In-Reply-To"] = references.split()[-1]
        letter["References"] = references

    def in_reply_to(self, message, letter):
        message.is_naming = True
        letter["In-Reply-To"] = f"<{self.seen_id(message.parent)}>"

    def references(self, message, letter):
        message.is_naming = True
        letter["References"] = self.chain(message)

    def forward(self, message, letter):
        """Inline, as Thunderbird does."""
        letter.replace_header("Subject", self.random.choice(FORWARD) + message.subject)
        message.subject = str(letter["Subject"])
        letter["X-Forwarded-Message-Id"] = f"<{self.seen_id(message.parent)}>"

    def forward_file(self, message, letter):
        """As an attachment: nothing in the header says what is forwarded."""
        if not message.parent.is_naming:
            # a relay that renamed it within the other would leave nothing by which it could be known
            self.references(message, letter)
            return
        forwarded = email.message_from_bytes(message.parent.content, policy=email.policy.SMTP)
        forwarded.replace_header("Message-ID", f"<{self.seen_id(message.parent)}>")
        letter.add_attachment(forwarded)

    def outlook(self, message, letter):
        """Outlook says which conversation it goes on with, and only of another's what it answers."""
        if message.parent.index is None:
            self.in_reply_to(message, letter)
        message.index = self.outlook_index(message)
        letter["Thread-Index"] = base64.b64encode(message.index).decode()
