"""An IMAP server with one folder that says what real ones say seldom."""
import re
import socket
import threading

PORT = 1143
DATE = '"30-Nov-2026 10:00:00 +0300"'


class FalseImap:
    """Holds the messages that are appended to it; None is one that has gone. Those of `sudden` come just before the
    server answers a command: {"IDLE": [message]} before its leave to wait, {"BODY": [message]} behind a message that
    is fetched. `answers` are given instead of the usual to commands that hold a text, once each: {"(QRESYNC": [["NO never"]]}."""

    def __init__(self, capabilities="IDLE", answers=None):
        self.capabilities, self.messages, self.sudden, self.commands = capabilities, [], {}, []
        self.answers, self.modseq = answers or {}, 1
        self.door = socket.create_server(("127.0.0.1", PORT))
        threading.Thread(target=self.serve, daemon=True).start()

    def serve(self):
        while True:
            try:
                connection, _ = self.door.accept()
            except OSError:
                return
            threading.Thread(target=self.talk, args=[connection], daemon=True).start()

    def talk(self, connection):
        try:
            with connection, connection.makefile("rwb") as stream:
                self.say(stream, "* OK false")
                while line := stream.readline().decode().strip():
                    tag, _, command = line.partition(" ")
                    self.commands.append(command)
                    odd = self.odd_answer(command)
                    if odd and odd[-1].startswith("*"):
                        self.say(stream, *odd)
                        return
                    lines = self.answer(stream, command) if odd is None else odd[:-1]
                    self.say(stream, *lines, f"{tag} {odd[-1] if odd else 'OK done'}")
        except ConnectionError:
            pass

    def odd_answer(self, command):
        """The lines of one that was given; the last is the end, of the connection where it begins with a star."""
        return next((answers.pop(0) for text, answers in self.answers.items() if answers and text in command), None)

    @staticmethod
    def say(stream, *lines):
        for line in lines:
            stream.write((line if isinstance(line, bytes) else line.encode()) + b"\r\n")
        stream.flush()

    def answer(self, stream, command):
        """The lines before that which ends the answer."""
        word = command.split()[0]
        if word == "CAPABILITY":
            return [f"* CAPABILITY IMAP4rev1 {self.capabilities}"]
        if word == "EXAMINE":
            return self.examine(re.search(r"\(QRESYNC \((\d+) (\d+) (\d+):", command))
        if word == "IDLE":
            self.say(stream, *self.arrive("IDLE"), "+ idling")
            stream.readline()
            return []
        if found := re.match(r"UID FETCH (\d+) BODY\.PEEK\[\]<(\d+)\.(\d+)>", command):
            return self.piece(*map(int, found.groups()))
        if found := re.match(r"UID FETCH (\d+):", command):
            return [f"* {number} FETCH (UID {uid} RFC822.SIZE {len(message)} INTERNALDATE {DATE})"
                    for number, uid, message in self.there() if uid >= int(found[1])]
        return []

    def there(self):
        """(number, UID, message) of those that have not gone."""
        there = [(uid, message) for uid, message in enumerate(self.messages, 1) if message is not None]
        return [(number, *one) for number, one in enumerate(there, 1)]

    def examine(self, resync):
        lines = [f"* {len(self.there())} EXISTS", "* OK [UIDVALIDITY 7] valid",
                 f"* OK [UIDNEXT {len(self.messages) + 1}] next",
                 f"* OK [HIGHESTMODSEQ {self.modseq}] highest" if self.modseq else "* OK [NOMODSEQ] none"]
        if resync:
            first = int(resync[3])
            there = self.there()
            gone = [str(uid) for uid in range(first, len(self.messages) + 1) if self.messages[uid - 1] is None]
            lines += [f"* VANISHED (EARLIER) {','.join(gone)}"] if gone else []
            lines += [f"* {number} FETCH (UID {uid} FLAGS () MODSEQ ({self.modseq}))" for number, uid, _ in there
                      if uid >= first]
        return lines

    def piece(self, uid, offset, length):
        number, message = next(((number, message) for number, other, message in self.there() if other == uid), (0, b""))
        part = message[offset:offset + length]
        return [f"* {number} FETCH (UID {uid} BODY[]<{offset}> {{{len(part)}}}\r\n".encode() + part + b")",
                *self.arrive("BODY")] if number else []

    def arrive(self, moment):
        """What comes in at this moment; what is said of it."""
        coming = self.sudden.pop(moment, [])
        self.messages += coming
        return [f"* {len(self.there())} EXISTS"] if coming else []

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.door.shutdown(socket.SHUT_RDWR)
        self.door.close()
