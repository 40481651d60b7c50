"""Makes a load: many processes that hold many descriptors of mixed kinds, until it is told to stop.

    python tests/bench/load.py --processes 400 --descriptors 250 --threads 1000

prints one line of JSON when everything is held, and ends with all its processes when its standard input does,
or when it is killed, however that is done (PR_SET_PDEATHSIG). It leaves no file behind. From Python:

    with Load(processes=3, descriptors=30) as load:
        load.pids, load.each

The processes are forked from one, so hundreds of them start in a second or two and share most of their memory.
Each opens everything itself: no open file description is shared between two of them.
"""

from __future__ import annotations

import argparse
import collections
import ctypes
import functools
import gc
import itertools
import json
import os
import resource
import select
import signal
import socket
import subprocess
import sys
import tempfile
import threading

# Twenty-five descriptors as a busy service may hold them, repeated as often as it takes.
MIX = (
    *("regular",) * 7,
    *("deleted",) * 2,
    "directory",
    *("null",) * 2,
    *("pipe",) * 2,
    *("unix",) * 2,
    *("eventfd",) * 2,
    "timerfd",
    "memfd",
    "epoll",
)
KIND = {"deleted": "regular", "null": "char-device", "connection": "tcp"}
"""The kind of each word of the mix, where that is another word."""
WIDTH = {"pipe": 2, "unix": 2, "connection": 2}
"""How many descriptors come at a time, where that is not one."""
PR_SET_PDEATHSIG = 1
CLOCK_MONOTONIC = 1

_libc = ctypes.CDLL(None, use_errno=True)


def mixture(descriptors, mix=MIX):
    """What a process makes to hold exactly this many descriptors, as words of `mix`."""
    words = []
    while descriptors:
        for word in mix:
            word = word if WIDTH.get(word, 1) <= descriptors else "null"
            if descriptors:
                words.append(word)
                descriptors -= WIDTH.get(word, 1)
    return words


def counted(words):
    """Kind to the number of descriptors that these words make."""
    found = collections.Counter()
    for word in words:
        found[KIND.get(word, word)] += WIDTH.get(word, 1)
    return dict(found)


class Maker:
    """Makes descriptors of this process; they live as long as it does."""

    def __init__(self):
        library = os.path.dirname(os.__file__)
        files = [entry.path for entry in os.scandir(library) if entry.is_file()]
        folders = [library, *(entry.path for entry in os.scandir(library) if entry.is_dir())]
        self._files = itertools.cycle(sorted(files))
        self._folders = itertools.cycle(sorted(folders))
        self._offset = itertools.count()
        self._pollable = collections.deque(maxlen=4)
        self._epolls = []  # select.epoll closes its descriptor when it is dropped

    def make(self, word):
        getattr(self, word)()

    def regular(self):
        number = os.open(next(self._files), os.O_RDONLY)
        os.lseek(number, next(self._offset), os.SEEK_SET)

    def deleted(self):
        try:
            number = os.open(tempfile.gettempdir(), os.O_TMPFILE | os.O_RDWR | os.O_APPEND, 0o600)
        except OSError:  # a file system that has no O_TMPFILE
            number, path = tempfile.mkstemp()
            os.unlink(path)
        os.write(number, b"x" * 100)

    def directory(self):
        os.open(next(self._folders), os.O_RDONLY | os.O_DIRECTORY)

    def null(self):
        os.open("/dev/null", os.O_RDWR)

    def pipe(self):
        reader, _ = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
        self._pollable.append(reader)

    def unix(self):
        for end in socket.socketpair():
            self._pollable.append(end.detach())

    def connection(self):
        with socket.socket() as listener:
            listener.bind(("127.0.0.1", 0))
            listener.listen(1)
            client = socket.create_connection(listener.getsockname())
            server, _ = listener.accept()
        client.detach()
        server.detach()

    def eventfd(self):
        self._pollable.append(os.eventfd(next(self._offset)))

    def timerfd(self):
        number = _libc.timerfd_create(CLOCK_MONOTONIC, 0)
        if number < 0:
            raise OSError(ctypes.get_errno(), "timerfd_create")
        self._pollable.append(number)

    def memfd(self):
        os.ftruncate(os.memfd_create("load"), 4096)

    def epoll(self):
        found = select.epoll()
        for number in self._pollable:
            found.register(number, select.EPOLLIN)
        self._epolls.append(found)


def start(hold, reader, ready, starter):
    """Forks a process that does `hold`, says so with a byte to `ready`, and sleeps. Gives its pid.

    Nothing of what it inherits stays open: it holds what it made itself, and nothing else.
    """
    pid = os.fork()
    if pid:
        return pid
    try:
        _libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
        if os.getppid() != starter:  # it was killed before this one could ask to be told
            os._exit(1)
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # an interrupt is for the starter: the others end with it
        for inherited in (0, 1, reader):
            os.close(inherited)
        kept = hold()
        os.write(ready, b".")
        os.close(2)
        os.close(ready)
        while kept is not None:
            signal.pause()
    except BaseException as error:
        os.write(2, f"load: {error}\n".encode())
    finally:
        os._exit(1)


def hold_descriptors(words):
    """Makes what the words say."""
    maker = Maker()
    for word in words:
        maker.make(word)
    return maker


def hold_threads(threads):
    """Starts this many threads, the main thread counted, which wait for a lock."""
    threading.stack_size(64 * 1024)
    lock = threading.Lock()
    lock.acquire()
    for _ in range(threads - 1):
        threading.Thread(target=lock.acquire, daemon=True).start()
    return lock


def start_all(processes, words, threads):
    """The pids of all processes, that of the threads last, when all of them hold what they should.

    Raises:
        ChildProcessError: one of them could not; it has said why.
    """
    holds = [functools.partial(hold_descriptors, words)] * processes
    holds += [functools.partial(hold_threads, threads)] * bool(threads)
    reader, ready = os.pipe()
    gc.freeze()  # nothing that the processes share is worth looking at, and to look at it would copy it
    pids = [start(hold, reader, ready, os.getpid()) for hold in holds]
    os.close(ready)
    answers = b""
    while part := os.read(reader, 1 << 16):  # ends when the last of them has let go of its inheritance
        answers += part
    os.close(reader)
    if len(answers) < len(holds):
        raise ChildProcessError(f"{len(holds) - len(answers)} of {len(holds)} processes could not be made")
    return pids


def main():
    parser = argparse.ArgumentParser(description="Holds many descriptors until standard input ends.")
    parser.add_argument("--processes", type=int, required=True)
    parser.add_argument("--descriptors", type=int, required=True, help="in each process")
    parser.add_argument("--threads", type=int, default=0, help="of one more process, which holds no descriptor")
    parser.add_argument("--only", choices=["connection"], help="make nothing but this, not the usual mix")
    asked = parser.parse_args()
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard != resource.RLIM_INFINITY and asked.descriptors + 8 > hard:
        parser.error(f"a process may hold no more than {hard} descriptors here (RLIMIT_NOFILE)")
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    words = mixture(asked.descriptors, [asked.only] if asked.only else MIX)
    pids = []
    try:
        pids = start_all(asked.processes, words, asked.threads)
        told = {
            "pid": os.getpid(),
            "pids": pids[: asked.processes],
            "each": counted(words),
            "descriptors": asked.processes * asked.descriptors,
            "threads_pid": pids[-1] if asked.threads else None,
        }
        print(json.dumps(told), flush=True)
        while os.read(0, 1 << 16):
            pass
    except ChildProcessError as error:
        sys.exit(f"load: {error}")
    finally:
        for pid in pids:
            os.kill(pid, signal.SIGKILL)
        for pid in pids:
            os.waitpid(pid, 0)


class Load:
    """A running load, as a context manager; all of it is gone when the block is left."""

    def __init__(self, *, processes, descriptors, threads=0, only=None):
        self._command = [sys.executable, "-I", "-S", __file__]
        self._command += ["--processes", str(processes), "--descriptors", str(descriptors)]
        self._command += ["--threads", str(threads), *(["--only", only] if only else [])]

    def __enter__(self):
        self._starter = subprocess.Popen(self._command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        line = self._starter.stdout.readline()
        if not line:
            self.__exit__()
            raise RuntimeError("the load could not be made")
        told = json.loads(line)
        self.pid = told["pid"]
        self.pids = told["pids"]
        self.each = told["each"]
        self.descriptors = told["descriptors"]
        self.threads_pid = told["threads_pid"]
        return self

    def __exit__(self, *_):
        self._starter.stdin.close()
        self._starter.stdout.close()
        self._starter.wait()


if __name__ == "__main__":
    main()
