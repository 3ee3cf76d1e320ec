"""10,000 idle connections, in plain and with TLS: their memory, and whether any is still served."""
import random
import resource
import socket
import ssl
import subprocess
import time

import organisation
import processes
from organisation import WORK

COUNT = 10_000
ASKED = 500
REQUEST = b"GET /soap HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"


def raise_limit():
    """Descriptors for our ends; the server, which has the other ends, inherits the limit."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = COUNT + 2000
    if hard != resource.RLIM_INFINITY and hard < wanted:
        raise RuntimeError(f"ulimit -n is {hard}; {wanted} are needed")
    resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


def certificate():
    WORK.mkdir(parents=True, exist_ok=True)
    files = WORK / "idle.crt", WORK / "idle.key"
    subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj",
                    "/CN=127.0.0.1", "-out", files[0], "-keyout", files[1]], check=True, capture_output=True)
    return files


def open_lines(port, context):
    """Connections that have each asked once and then rest."""
    lines = []
    for number in range(COUNT):
        line = socket.create_connection(("127.0.0.1", port), 10)
        if context:
            line = context.wrap_socket(line)
        lines.append(line)
        if not is_served(line):
            raise RuntimeError(f"connection {number} is not served")
    return lines


def is_served(line):
    line.sendall(REQUEST)
    data = b""
    while b"\r\n\r\n" not in data:
        piece = line.recv(65536)
        if not piece:
            return False
        data += piece
    head, _, body = data.partition(b"\r\n\r\n")
    length = next(int(text.split(b":")[1]) for text in head.lower().split(b"\r\n")
                  if text.startswith(b"content-length:"))
    while len(body) < length:
        body += line.recv(65536)
    return head.startswith(b"HTTP/1.1 200")


def measure_kind(figures, name, server, port, context, limit):
    warm = [socket.create_connection(("127.0.0.1", port), 10) for _ in range(20)]
    warm = [context.wrap_socket(line) if context else line for line in warm]
    for line in warm:
        is_served(line)
    time.sleep(1)
    before = processes.resident(server.process.pid)
    lines = open_lines(port, context)
    time.sleep(1)
    each = (processes.resident(server.process.pid) - before) / COUNT
    served = sum(is_served(line) for line in random.sample(lines, ASKED))
    for line in lines + warm:
        line.close()
    figures.at_most(f"an idle connection, {name}", each / 1024, limit, " KiB")
    figures.at_least(f"served of {ASKED} idle ones, {name}", served, ASKED)


def measure(figures):
    raise_limit()
    crt, key = certificate()
    server = organisation.make("idle", settings=[
        "http.idle_timeout=1 h", "http.tls_listen=127.0.0.1:0", f"http.tls_certificate={crt}",
        f"http.tls_key={key}"])
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    with server:
        measure_kind(figures, "plain", server, server.port, None, 1)
    with server:
        measure_kind(figures, "TLS", server, server.tls_port, context, 20)
