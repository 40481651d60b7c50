"""pidfd: a hold on a process (pidfd_open(2), fs/pidfs.c)."""

from __future__ import annotations

from typing import Annotated

from ..fdinfo import fields
from ..model import POLL, said
from ..raw import Machine, RawDescriptor
from ..text import text
from ._basics import KernelObject, basics, details

_KNOWN = (b"Pid", b"NSpid")


class PidFd(KernelObject, tag="pidfd", kw_only=True):
    """A reference to one process, which stays that process's even when its pid is used again.

    Since Linux 6.9 its inode is the process's own (pidfs); before, all share one, and fdinfo does not tell
    which: so the object is named after the pid, and has no name once the process is gone. It becomes readable
    to poll(2) when the process ends, but nothing can be read from it.
    """

    target_pid: Annotated[int | None, said("process id of the process that it refers to")] = None
    target_name: Annotated[str | None, said("name of that process")] = None
    target_pids: Annotated[
        list[int] | None, said("its process id in each pid namespace from the reader's down to its own")
    ] = None
    target_gone: Annotated[bool | None, said("true: the process has ended and was waited for")] = None
    target_outside: Annotated[
        bool | None, said("true: the process is in no pid namespace that the reader sees")
    ] = None
    thread: Annotated[bool | None, said("true: it refers to one thread (PIDFD_THREAD); since Linux 6.9")] = None

    known_by = (("anon_inode", b"pidfd"), ("scheme", b"pidfd"))  # the second: Linux 6.9 alone
    verbs = frozenset({POLL})

    @classmethod
    def decode(cls, raw: RawDescriptor, machine: Machine) -> PidFd:
        """``Pid`` is -1 for a process that is gone and 0 for one of another pid namespace."""
        info = fields(raw.fdinfo)
        known = basics(raw, info)
        if b"Pid" in info:
            pid = int(info[b"Pid"])
            if pid > 0:
                known["target_pid"], known["object"] = pid, f"pidfd:[{pid}]"
                name = machine.process_name(pid)
                known["target_name"] = None if name is None else text(name)
                known["target_pids"] = [int(one) for one in info.get(b"NSpid", b"").split()] or None
            known["target_gone"], known["target_outside"] = pid < 0, pid == 0
        if "excl" in (known.get("flags") or ()):  # PIDFD_THREAD is O_EXCL (include/uapi/linux/pidfd.h)
            known["thread"] = True
        return cls(details=details(raw.fdinfo, _KNOWN), **known)

    def describe(self) -> str:
        """``process 42 (nginx)``."""
        what = "thread" if self.thread else "process"
        if self.target_gone:
            return f"a {what} that has ended"
        if self.target_pid is None:
            return f"a {what} of another pid namespace" if self.target_outside else f"a {what}"
        return f"{what} {self.target_pid}" + (f" ({self.target_name})" if self.target_name else "")
