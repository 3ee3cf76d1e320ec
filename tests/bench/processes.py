"""What processes cost: CPU seconds and resident memory, from /proc."""
import os
import pathlib

TICKS = os.sysconf("SC_CLK_TCK")


def fields(pid):
    """The fields of /proc/PID/stat after the name; None when the process has gone."""
    try:
        text = pathlib.Path(f"/proc/{pid}/stat").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return None
    return text.rpartition(")")[2].split()


def tree(pid):
    """A process and all that descend from it."""
    parents = {}
    for entry in os.listdir("/proc"):
        if entry.isdigit():
            found = fields(entry)
            if found:
                parents.setdefault(int(found[1]), []).append(int(entry))
    family, waiting = [], [pid]
    while waiting:
        member = waiting.pop()
        family.append(member)
        waiting += parents.get(member, [])
    return family


def cpu_seconds(pid):
    """User and system time of a process tree, those of its ended children with it."""
    total = 0
    for member in tree(pid):
        found = fields(member)
        if found:
            total += sum(int(ticks) for ticks in found[11:15])
    return total / TICKS


def resident(pid):
    """Bytes of memory that a process holds."""
    status = pathlib.Path(f"/proc/{pid}/status").read_text()
    for line in status.splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) * 1024
    return 0
