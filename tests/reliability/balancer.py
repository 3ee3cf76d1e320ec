"""HAProxy in front of some servers: one address, whichever of them lives."""
import socket
import subprocess
import time

CONFIGURATION = """global
    maxconn 500
defaults
    retries 3
    timeout connect 2s
    timeout client 60s
    timeout server 60s
    timeout check 1s
    default-server inter 100ms fall 2 rise 1
listen crm
    bind 127.0.0.1:{port}
{ways}
{servers}
"""
WEB = """    mode http
    option redispatch
    balance roundrobin
    option httpchk GET /readyz"""
# The first while it answers, else the next one: connections to any other are ended when it is back.
DATABASE = """    mode tcp
    option mysql-check user svyaz
    default-server on-marked-down shutdown-sessions on-marked-up shutdown-backup-sessions"""


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def fixed_ports():
    """Settings of a server that a balancer has to find again."""
    return [f"http.listen=127.0.0.1:{free_port()}", f"admin.listen=127.0.0.1:{free_port()}"]


class Proxy:
    """In a with statement it runs; what it says is in its folder."""

    def __init__(self, folder, ways, lines):
        self.folder, self.process, self.port = folder, None, free_port()
        self.configuration = CONFIGURATION.format(port=self.port, ways=ways, servers="\n".join(lines))

    def __enter__(self):
        self.folder.mkdir(parents=True, exist_ok=True)
        file = self.folder / "haproxy.cfg"
        file.write_text(self.configuration)
        with open(self.folder / "haproxy.log", "ab") as log:
            self.process = subprocess.Popen(["/usr/sbin/haproxy", "-db", "-f", file], stdout=log, stderr=log)
        deadline = time.monotonic() + 60
        while True:
            try:
                with socket.create_connection(("127.0.0.1", self.port), 5) as line:
                    self.ask(line)
                    return self
            except OSError:
                if time.monotonic() > deadline or self.process.poll() is not None:
                    self.__exit__()
                    raise
                time.sleep(0.1)

    def ask(self, line):
        """Raises OSError while nobody answers behind it."""
        raise NotImplementedError

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait(20)


class Balancer(Proxy):
    """Before servers of ours, that are asked by turns."""

    def __init__(self, folder, servers):
        super().__init__(folder, WEB, [f"    server node{number} 127.0.0.1:{server.port} check port {server.admin_port}"
                                       for number, server in enumerate(servers)])
        self.url = f"http://127.0.0.1:{self.port}"

    def ask(self, line):
        line.sendall(b"GET /soap HTTP/1.1\r\nHost: crm\r\nConnection: close\r\n\r\n")
        if b" 200 " not in line.recv(100):
            raise ConnectionError("no server is ready")


class DatabaseBalancer(Proxy):
    """Before MariaDB servers, of which one is used at a time."""

    def __init__(self, folder, places):
        super().__init__(folder, DATABASE, [f"    server node{number} {place} check{' backup' if number else ''}"
                                            for number, place in enumerate(places)])

    def ask(self, line):
        if not line.recv(100):  # the server's greeting
            raise ConnectionError("no database is ready")
