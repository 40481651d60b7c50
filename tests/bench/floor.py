"""What reading descriptors costs in Python when nothing is made of them: the floor for /proc and sock_diag.

    python tests/bench/floor.py PID
    python tests/bench/floor.py sockets

The calls are those of fdscope/kernel, and what they answer is thrown away: no program in Python answers sooner.
Of one process they are shared between two processes. Of all sockets there are the tables of TCP and UDP, and the
links of all descriptors of the machine, by which sockets are known to be theirs.
"""

import contextlib
import os
import socket
import struct
import sys

NETLINK_SOCK_DIAG, SOCK_DIAG_BY_FAMILY, NLMSG_DONE, REQUEST_DUMP = 4, 20, 3, 0x301
STATES = 0xFFFFFFFF & ~(1 << 3 | 1 << 6 | 1 << 12)  # not those without a process, as TIME-WAIT


def read(links, infos, numbers):
    """readlink(2), the fdinfo text and, of paths, stat(2), for each of these descriptors."""
    for number in numbers:
        name = b"%d" % number
        link = os.readlink(name, dir_fd=links)
        info = os.open(name, os.O_RDONLY | os.O_CLOEXEC, dir_fd=infos)
        os.read(info, 4096)
        os.close(info)
        if link[:1] == b"/":
            os.stat(name, dir_fd=links)


def dump(asking, family, protocol):
    """Every answer to the request for all sockets of a family and protocol (sock_diag(7)), unread."""
    body = struct.pack("=4BI48s", family, protocol, 0, 0, STATES, b"")
    asking.send(struct.pack("=IHHII", 16 + len(body), SOCK_DIAG_BY_FAMILY, REQUEST_DUMP, 0, 0) + body)
    while True:
        answer = asking.recv(1 << 18)
        if len(answer) < 72 or struct.unpack_from("=H", answer, len(answer) - 16)[0] == NLMSG_DONE:
            return  # the last message is of 20 bytes; an error is a short one, too


def sockets():
    """The tables of TCP and UDP, and all links of the machine."""
    with socket.socket(socket.AF_NETLINK, socket.SOCK_DGRAM, NETLINK_SOCK_DIAG) as asking:
        for protocol in (socket.IPPROTO_TCP, socket.IPPROTO_UDP):
            for family in (socket.AF_INET, socket.AF_INET6):
                dump(asking, family, protocol)
    for pid in filter(str.isdigit, os.listdir("/proc")):
        with contextlib.suppress(OSError):
            links = os.open(f"/proc/{pid}/fd", os.O_RDONLY | os.O_CLOEXEC)
            for name in os.listdir(links):
                os.readlink(name, dir_fd=links)
            os.close(links)


def descriptors(pid):
    """All descriptors of one process, half of them by a helper."""
    links, infos = (os.open(f"/proc/{pid}/{name}", os.O_RDONLY) for name in ("fd", "fdinfo"))
    numbers = list(map(int, os.listdir(links)))
    helper = os.fork()
    read(links, infos, numbers[bool(helper) :: 2])
    if helper:
        os.waitpid(helper, 0)


if __name__ == "__main__":
    if sys.argv[1] == "sockets":
        sockets()
    else:
        descriptors(sys.argv[1])
