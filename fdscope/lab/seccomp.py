"""A specimen of seccomp-notify: a filter on a thread that only waits (seccomp(2))."""

from __future__ import annotations

import ctypes
import signal
import struct
import threading

from . import Refused, Scratch, Specimen
from ._calls import checked, libc, syscall

_SET_MODE_FILTER, _NEW_LISTENER = 1, 8
_NO_NEW_PRIVILEGES = 38  # PR_SET_NO_NEW_PRIVS
_RETURN, _ALLOW = 0x06, 0x7FFF0000


def seccomp_notify(scratch: Scratch) -> Specimen:
    """A filter that allows everything, so nobody is ever asked.

    It binds the thread alone that installs it, and so does no_new_privs, which makes it possible without
    privilege. The thread shares the table of descriptors: what it opens, the process has.
    """
    made: list[int | OSError] = []
    done, end = threading.Event(), threading.Event()

    def hold() -> None:
        signal.pthread_sigmask(signal.SIG_BLOCK, signal.valid_signals())  # signals belong to the main thread
        try:
            made.append(_listener())
        except OSError as error:
            made.append(error)
        done.set()
        end.wait()

    thread = threading.Thread(target=hold, daemon=True)
    thread.start()
    scratch.at_end(thread.join)
    scratch.at_end(end.set)
    done.wait()
    (result,) = made
    if isinstance(result, OSError):
        raise Refused(f"seccomp(2) with a listener: {result.strerror}; it is offered since Linux 5.0")
    return Specimen(result, {"access": "rw", "flags": ["cloexec"]})


def _listener() -> int:
    checked(libc.prctl(_NO_NEW_PRIVILEGES, 1, 0, 0, 0))
    instruction = ctypes.create_string_buffer(struct.pack("HBBI", _RETURN, 0, 0, _ALLOW), 8)
    program = ctypes.create_string_buffer(struct.pack("HxxxxxxP", 1, ctypes.addressof(instruction)), 16)
    return syscall("seccomp", _SET_MODE_FILTER, _NEW_LISTENER, program)


SPECIMENS = {"seccomp-notify": seccomp_notify}
