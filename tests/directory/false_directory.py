"""A directory that answers each bind with the same result, whoever asks."""
import contextlib
import socket
import threading


class FalseDirectory:
    """Use it in a with statement; result is what it says next."""

    def __init__(self, result):
        self.result = result
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"ldap://127.0.0.1:{self.listener.getsockname()[1]}"

    def answer(self, connection):
        with connection:
            while len(message := connection.recv(4096)) > 5 and message[5] == 0x60:  # BindRequest
                identifier = message[4]
                # BindResponse: the result, no DN, no words
                connection.sendall(bytes((0x30, 12, 2, 1, identifier, 0x61, 7, 10, 1, self.result, 4, 0, 4, 0)))

    def serve(self):
        with contextlib.suppress(OSError):
            while True:
                threading.Thread(target=self.answer, args=(self.listener.accept()[0],), daemon=True).start()

    def __enter__(self):
        threading.Thread(target=self.serve, daemon=True).start()
        return self

    def __exit__(self, *_):
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()
