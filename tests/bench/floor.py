"""What reading one process's descriptors costs in Python when nothing is made of them: the floor for /proc.

    python tests/bench/floor.py PID

The calls are those of fdscope/kernel/descriptors.py, shared between two processes, and what they answer is
thrown away: no program that reads /proc from Python answers sooner.
"""

import os
import sys


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


def main():
    links, infos = (os.open(f"/proc/{sys.argv[1]}/{name}", os.O_RDONLY) for name in ("fd", "fdinfo"))
    numbers = list(map(int, os.listdir(links)))
    helper = os.fork()
    read(links, infos, numbers[bool(helper) :: 2])
    if helper:
        os.waitpid(helper, 0)


if __name__ == "__main__":
    main()
