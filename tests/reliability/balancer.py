"""HAProxy in front of some servers: one address, whichever of them lives."""
import socket
import subprocess
import time
import urllib.request

CONFIGURATION = """global
    maxconn 500
defaults
    mode http
    option redispatch
    retries 3
    timeout connect 2s
    timeout client 60s
    timeout server 60s
    timeout check 1s
    default-server inter 100ms fall 2 rise 1
frontend crm
    bind 127.0.0.1:{port}
    default_backend nodes
backend nodes
    balance roundrobin
    option httpchk GET /readyz
{servers}
"""


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def fixed_ports():
    """Settings of a server that a balancer has to find again."""
    return [f"http.listen=127.0.0.1:{free_port()}", f"admin.listen=127.0.0.1:{free_port()}"]


class Balancer:
    """In a with statement it runs; what it says is in its folder."""

    def __init__(self, folder, servers):
        self.folder, self.servers, self.process = folder, servers, None
        self.url = f"http://127.0.0.1:{free_port()}"

    def __enter__(self):
        self.folder.mkdir(parents=True, exist_ok=True)
        lines = "\n".join(f"    server node{number} 127.0.0.1:{server.port} check port {server.admin_port}"
                          for number, server in enumerate(self.servers))
        file = self.folder / "haproxy.cfg"
        file.write_text(CONFIGURATION.format(port=self.url.rpartition(":")[2], servers=lines))
        with open(self.folder / "haproxy.log", "ab") as log:
            self.process = subprocess.Popen(["/usr/sbin/haproxy", "-db", "-f", file], stdout=log, stderr=log)
        deadline = time.monotonic() + 20
        while True:
            try:
                with urllib.request.urlopen(f"{self.url}/soap", timeout=5):
                    return self
            except OSError:
                if time.monotonic() > deadline or self.process.poll() is not None:
                    self.__exit__()
                    raise
                time.sleep(0.1)

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait(20)
