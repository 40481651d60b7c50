"""Sockets of other network namespaces: setns(2) in a thread of its own (network_namespaces(7)).

The namespace of a socket is that of the thread which made it. The thread that enters another one makes the
socket and ends, so no other thread of this process ever leaves its namespace.
"""

from __future__ import annotations

import _socket
import _thread
import os
from collections.abc import Callable
from errno import ENOSYS

_CLONE_NEWNET = 0x40000000
_DIGITS = 20
"""As many has the largest inode number."""


def _setns(namespace: int) -> None:
    if hasattr(os, "setns"):  # since Python 3.12
        os.setns(namespace, _CLONE_NEWNET)
        return
    import ctypes

    library = ctypes.CDLL(None, use_errno=True)
    if not hasattr(library, "setns"):
        raise OSError(ENOSYS, os.strerror(ENOSYS))
    if library.setns(namespace, _CLONE_NEWNET):
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))


def opened_in(namespace: int, make: Callable[[], _socket.socket]) -> _socket.socket:
    """The socket that `make` makes in the network namespace which this descriptor refers to.

    Raises:
        OSError: EPERM takes CAP_SYS_ADMIN in the user namespace that owns it and in our own.
    """
    made: list[_socket.socket | OSError] = []
    done = _thread.allocate_lock()
    done.acquire()

    def enter() -> None:
        try:
            _setns(namespace)
            made.append(make())
        except OSError as error:
            made.append(error)
        finally:
            done.release()

    _thread.start_new_thread(enter, ())
    done.acquire()
    (result,) = made
    if isinstance(result, OSError):
        raise result
    return result


def inode_of(word: str, proc: str) -> int:
    """The inode number of the network namespace that a word means.

    Args:
        word: the number itself, ``self``, ``pid:PID``, or a name that ip-netns(8) gave it.
        proc: the proc file system to look in.

    Raises:
        OSError: there is no such namespace, or it may not be looked at.
    """
    if word.isascii() and word.isdigit() and len(word) <= _DIGITS:
        return int(word)
    kind, colon, pid = word.partition(":")
    if word == "self" or (kind == "pid" and colon and pid.isdigit()):
        link = os.readlink(f"{proc}/{pid or word}/ns/net")
        return int(link.partition("[")[2].rstrip("]"))
    return os.stat(f"/run/netns/{word}").st_ino
