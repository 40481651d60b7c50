"""What a task is to the kernel, by its proc_pid_stat(5): alive, ending, ended, or of the kernel itself."""

from __future__ import annotations

from .root import Directory

_DIGITS = 20  # of the largest number of 64 bits
_EXITING, _KERNEL = 0x00000004, 0x00200000 | 0x00000010  # PF_EXITING; PF_KTHREAD and PF_IO_WORKER


def has_ended(stat: bytes) -> bool:
    """Whether it is a zombie or dead: it has let its descriptors go, too."""
    return stat.rpartition(b") ")[2][:1] in (b"Z", b"X")


def is_of_kernel(stat: bytes) -> bool:
    """Whether it is a thread of the kernel, or a worker of io_uring(7): neither is ever in a system call."""
    return bool(_flags(stat) & _KERNEL)


def is_ending(task: Directory, prefix: bytes = b"") -> bool:
    """Whether a task is ending or gone, by a look now.

    Once it has let its memory go the kernel refuses the rest of it to all but root (ptrace(2)), and such a refusal
    tells of no missing right.

    Args:
        task: a directory of proc(5).
        prefix: the place of the task's own files in it.
    """
    stat = task.read(prefix + b"stat")
    return not isinstance(stat, bytes) or has_ended(stat) or bool(_flags(stat) & _EXITING)


def _flags(stat: bytes) -> int:
    """Field 9, of include/linux/sched.h; 0 where the text has another form."""
    words = stat.rpartition(b") ")[2].split(None, 7)
    return int(words[6]) if len(words) > 6 and len(words[6]) <= _DIGITS and words[6].isdigit() else 0
