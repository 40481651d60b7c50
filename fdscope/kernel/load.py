"""How busy the machine is and what it is made of, by psutil: load, memory, cores."""

from __future__ import annotations

from ..quiet import quiet
from ..raw import RawLoad
from .root import Proc


def load(proc: Proc) -> RawLoad:
    """What psutil says of the machine below `proc`; None where it cannot say it."""
    import psutil  # costs 20 ms: only a look at the whole machine pays for it

    total: int | None = None
    available: int | None = None
    try:
        with quiet():  # psutil speaks up where meminfo lacks a line that is of no use here
            usual, psutil.PROCFS_PATH = psutil.PROCFS_PATH, proc.path
            try:
                memory = psutil.virtual_memory()
            finally:
                psutil.PROCFS_PATH = usual
        total, available = int(memory.total), int(memory.available)
    except (OSError, KeyError, ValueError):
        pass  # a recorded tree may have no meminfo
    if not proc.live:  # load and cores would be those of the machine that fdscope runs on
        return RawLoad(None, total, available, None)
    return RawLoad(psutil.getloadavg(), total, available, psutil.cpu_count(logical=False))
