"""An IMAP server with one folder that says what real ones say seldom."""
import re
import socket
import threading

PORT = 1143
DATE = '"30-Nov-2026 10:00:00 +0300"'
USUAL = {"CAPABILITY": ["* CAPABILITY IMAP4rev1 {capabilities}"], "LOGOUT": ["* BYE"]}


class FalseImap:
    """Holds the messages that are appended to it; those of `sudden` come just before the server answers a command:
    {"IDLE": [message]} before its leave to wait, {"BODY": [message]} behind a message that is fetched."""

    def __init__(self, capabilities="IDLE"):
        self.capabilities, self.messages, self.sudden, self.commands = capabilities, [], {}, []
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
                    self.say(stream, *self.answer(stream, command), f"{tag} OK done")
        except ConnectionError:
            pass

    @staticmethod
    def say(stream, *lines):
        for line in lines:
            stream.write((line if isinstance(line, bytes) else line.encode()) + b"\r\n")
        stream.flush()

    def answer(self, stream, command):
        """The lines before that which ends the answer."""
        word = command.split()[0]
        if word == "EXAMINE":
            return [f"* {len(self.messages)} EXISTS", "* OK [UIDVALIDITY 7]", f"* OK [UIDNEXT {len(self.messages) + 1}]"]
        if word == "IDLE":
            self.say(stream, *self.arrive("IDLE"), "+ idling")
            stream.readline()
            return []
        if found := re.match(r"UID FETCH (\d+) BODY\.PEEK\[\]<(\d+)\.(\d+)>", command):
            return self.piece(*map(int, found.groups()))
        if found := re.match(r"UID FETCH (\d+):", command):
            return [f"* {uid} FETCH (UID {uid} RFC822.SIZE {len(message)} INTERNALDATE {DATE})"
                    for uid, message in enumerate(self.messages, 1) if uid >= int(found[1])]
        return [line.format(capabilities=self.capabilities) for line in USUAL.get(word, [])]

    def piece(self, uid, offset, length):
        part = self.messages[uid - 1][offset:offset + length]
        return [f"* {uid} FETCH (UID {uid} BODY[]<{offset}> {{{len(part)}}}\r\n".encode() + part + b")",
                *self.arrive("BODY")]

    def arrive(self, moment):
        """What comes in at this moment; what is said of it."""
        coming = self.sudden.pop(moment, [])
        self.messages += coming
        return [f"* {len(self.messages)} EXISTS"] if coming else []

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.door.shutdown(socket.SHUT_RDWR)
        self.door.close()
