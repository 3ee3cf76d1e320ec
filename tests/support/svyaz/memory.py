"""How much memory a process takes: the most that it had, of late."""
import pathlib
import re


def peak_of(pid):
    status = pathlib.Path(f"/proc/{pid}/status").read_text()
    return int(re.search(r"VmHWM:\s+(\d+) kB", status)[1]) * 1024


def peak(process):
    """The most memory that it has held since it began, or forget_peak; bytes."""
    return peak_of(process.pid)


def peak_of_server(server):
    """The same, together with the processes that read mail for it."""
    return peak(server.process) + sum(peak_of(pid) for pid in server.readers())


def forget_peak(process):
    forget_peak_of(process.pid)


def forget_peak_of(pid):
    pathlib.Path(f"/proc/{pid}/clear_refs").write_text("5")


def forget_peak_of_server(server):
    for pid in (server.process.pid, *server.readers()):
        forget_peak_of(pid)
