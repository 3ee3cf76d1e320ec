"""Ports for servers that cannot ask the system for a free one."""
import random
import socket
import time


def start_on_some(start):
    """Calls start with one port after the other, drawn from those that outgoing connections do not use, until it
    answers True. Nobody can take a port between a look and the start, because there is no look."""
    for port in random.sample(range(20000, 32000), 10):
        if start(port):
            return port
    raise RuntimeError("a server does not start on any port")


def is_answered(process, address, port, seconds=30):
    """Waits until a process that was just started takes connections; False when it ends before, or does not."""
    deadline = time.monotonic() + seconds
    while process.poll() is None and time.monotonic() < deadline:
        try:
            socket.create_connection((address, port), 1).close()
        except OSError:
            time.sleep(0.05)
            continue
        # Who could not have the port ends soon; it was somebody else who answered.
        time.sleep(0.3)
        return process.poll() is None
    return False
