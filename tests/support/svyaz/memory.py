"""How much memory a process takes: the most that it had, of late."""
import pathlib
import re


def peak(process):
    """The most memory that it has held since it began, or forget_peak; bytes."""
    status = pathlib.Path(f"/proc/{process.pid}/status").read_text()
    return int(re.search(r"VmHWM:\s+(\d+) kB", status)[1]) * 1024


def forget_peak(process):
    pathlib.Path(f"/proc/{process.pid}/clear_refs").write_text("5")
