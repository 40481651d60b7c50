"""Whether a task is ending: once it has let its memory go, the kernel refuses the rest of it to all but root."""

from __future__ import annotations

from .root import Directory

_EXITING = 0x00000004  # PF_EXITING


def has_ended(stat: bytes) -> bool:
    """Whether a task is a zombie or dead, by its proc_pid_stat(5): it has let its descriptors go, too."""
    return stat.rpartition(b") ")[2][:1] in (b"Z", b"X")


def flags(stat: bytes) -> int:
    """Field 9 of proc_pid_stat(5), PF_… of include/linux/sched.h; 0 where the text has another form."""
    words = stat.rpartition(b") ")[2].split(None, 7)
    return int(words[6]) if len(words) > 6 and words[6].isdigit() else 0


def is_ending(task: Directory, prefix: bytes = b"") -> bool:
    """Whether a task has begun to end, or is gone: then a refusal tells of no missing right (ptrace(2)).

    Args:
        task: a directory of proc(5).
        prefix: the place of the task's own files in it.
    """
    stat = task.read(prefix + b"stat")
    return not isinstance(stat, bytes) or has_ended(stat) or bool(flags(stat) & _EXITING)
