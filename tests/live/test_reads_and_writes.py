"""What is foretold of read(2) and write(2), against what the kernel then does; nothing is foretold wrongly."""

import contextlib
import ctypes
import errno
import fcntl
import json
import os
import pty
import select
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import threading

import pytest

from fdscope import scan
from fdscope.lab import Refused, Scratch, makers
from fdscope.prospects import reading, writing

libc = ctypes.CDLL(None, use_errno=True)
CLOEXEC = os.O_CLOEXEC


def made(result):
    """A descriptor that a call of libc gave."""
    if result == -1:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    return result


def file(content=b"", position=0, flags=os.O_RDWR):
    with tempfile.NamedTemporaryFile() as there:
        there.write(content)
        there.flush()
        fd = os.open(there.name, flags)
    if not flags & os.O_PATH:
        os.lseek(fd, position, os.SEEK_SET)
    return fd


def timer(first_ns=0, every_ns=0, wait=False):
    fd = made(libc.timerfd_create(1, CLOEXEC))
    set_to = struct.pack("qqqq", *divmod(every_ns, 10**9), *divmod(first_ns, 10**9))
    made(libc.timerfd_settime(fd, 0, set_to, None))
    if wait:
        assert select.select([fd], [], [], 30)[0]
    return fd


def eventfd(count=0, flags=0):
    return made(libc.eventfd(count, flags))


def signalfd(number):
    mask = ctypes.create_string_buffer(128)
    libc.sigemptyset(mask)
    libc.sigaddset(mask, number)
    return made(libc.signalfd(-1, mask, CLOEXEC))


def full_eventfd():
    fd = eventfd()
    os.write(fd, struct.pack("Q", (1 << 64) - 2))
    return fd


# Name: how to make it, then what is foretold of read and of write; a word is an outcome, another an error.
CASES = {
    "a file at its begin": (lambda: file(b"abc"), "data 3", "accepted"),
    "a file in the middle": (lambda: file(b"abcd", 1), "data 3", "accepted"),
    "a file at its end": (lambda: file(b"abc", 3), "end-of-file", "accepted"),
    "a file past its end": (lambda: file(b"abc", 9), "end-of-file", "accepted"),
    "an empty file": (file, "end-of-file", "accepted"),
    "a file for appending": (lambda: file(b"abc", 0, os.O_RDWR | os.O_APPEND), "data 3", "accepted"),
    "a file for reading": (lambda: file(b"abc", 0, os.O_RDONLY), "data 3", "EBADF"),
    "a file for writing": (lambda: file(b"abc", 0, os.O_WRONLY), "EBADF", "accepted"),
    "a place": (lambda: file(b"abc", 0, os.O_PATH), "EBADF", "EBADF"),
    "a file for neither": (lambda: file(b"abc", 0, 3), "EBADF", "EBADF"),
    "a file in /proc": (lambda: os.open("/proc/self/status", os.O_RDONLY), "unknown", "EBADF"),
    "a directory": (lambda: os.open("/", os.O_RDONLY), "EISDIR", "EBADF"),
    "a directory of /proc": (lambda: os.open("/proc/self/fd", os.O_RDONLY), "EISDIR", "EBADF"),
    "null": (lambda: os.open("/dev/null", os.O_RDWR), "end-of-file", "accepted"),
    "zero": (lambda: os.open("/dev/zero", os.O_RDWR), "data", "accepted"),
    "full": (lambda: os.open("/dev/full", os.O_RDWR), "data", "ENOSPC"),
    "urandom": (lambda: os.open("/dev/urandom", os.O_RDWR), "data", "accepted"),
    "memory": (lambda: os.memfd_create("memory"), "end-of-file", "unknown"),
    "an eventfd at 0": (eventfd, "EAGAIN", "accepted"),
    "an eventfd at 7": (lambda: eventfd(7), "data 8", "accepted"),
    "a semaphore at 7": (lambda: eventfd(7, 1), "data 8", "accepted"),
    "a full eventfd": (full_eventfd, "data 8", "EAGAIN"),
    "a timer that is not set": (timer, "EAGAIN", "EINVAL"),
    "a timer that runs": (lambda: timer(10**15), "EAGAIN", "EINVAL"),
    "a timer that has gone off": (lambda: timer(1, 0, True), "data 8", "EINVAL"),
    "a timer that goes off again": (lambda: timer(1, 10**15, True), "data 8", "EINVAL"),
    "an epoll": (lambda: made(libc.epoll_create1(CLOEXEC)), "EINVAL", "EINVAL"),
    "a pidfd": (lambda: os.pidfd_open(os.getpid()), "EINVAL", "EINVAL"),
    "a namespace": (lambda: os.open("/proc/self/ns/net", os.O_RDONLY), "EINVAL", "EBADF"),
    "an inotify": (lambda: made(libc.inotify_init1(CLOEXEC)), "unknown", "EBADF"),
    "signals that are not sent": (lambda: signalfd(signal.SIGWINCH), "EAGAIN", "EINVAL"),
}


def nonblocking(fd):
    with contextlib.suppress(OSError):  # of a place it cannot be set
        fcntl.fcntl(fd, fcntl.F_SETFL, fcntl.fcntl(fd, fcntl.F_GETFL) | os.O_NONBLOCK)


def foretold(fd):
    """Prospects of a descriptor of this process: as words, and whole."""
    snapshot = scan(["self"])
    (process,) = snapshot.processes
    (descriptor,) = [one for one in process.descriptors if one.fd == fd and one.tid is None]
    sure(descriptor)
    return word(reading(descriptor, process)), word(writing(descriptor, process))


def sure(descriptor):
    """Puts in what only this test knows, where a process cannot be looked into: that it passed no pipe on."""
    if descriptor.other_end == "unread":
        assert [reading(descriptor).outcome, writing(descriptor).outcome].count("unknown") == 1
        descriptor.other_end = descriptor.ends()[0].missing


def word(prospect):
    if prospect.outcome == "fails":
        return prospect.error
    amount = "" if prospect.available_bytes is None else f" {prospect.available_bytes}"
    return prospect.outcome + amount


def happens(call, *arguments):
    """What a call comes to, in the same words: bytes read, bytes written, or the name of the error."""
    try:
        return call(*arguments)
    except OSError as error:
        return errno.errorcode[error.errno]


def agrees(said, came):
    """Whether what came is what was said."""
    if said == "unknown":
        return True
    if said == "end-of-file":
        return came == b""
    if said == "data-or-end-of-file":
        return isinstance(came, bytes)
    if said.startswith("data"):
        wanted = int(said[5:] or "1")
        return isinstance(came, bytes) and (len(came) == wanted if said[5:] else len(came) > 0)
    if said == "accepted":
        return isinstance(came, int) and came > 0
    return came == said


@contextlib.contextmanager
def without_sigpipe():
    before = signal.signal(signal.SIGPIPE, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGPIPE, before)


def check(fd, read, write):
    """That this is foretold, and that it comes so: the reading first, from a state that writing cannot change."""
    nonblocking(fd)
    said = foretold(fd)
    assert said == (read, write)
    with without_sigpipe():
        if write in ("EAGAIN", "EPIPE"):  # before a read would make room
            wrote = happens(os.write, fd, struct.pack("Q", 1))
            came = happens(os.read, fd, 4096)
        else:
            came = happens(os.read, fd, 4096)
            wrote = happens(os.write, fd, struct.pack("Q", 1))
    assert agrees(read, came), came
    assert agrees(write, wrote), wrote


@pytest.mark.parametrize("name", CASES)
def test_what_is_foretold_comes_true(name):
    make, read, write = CASES[name]
    try:
        fd = make()
    except PermissionError as error:
        pytest.skip(f"not allowed here: {error}")
    try:
        check(fd, read, write)
    finally:
        os.close(fd)


def test_a_signal_that_is_pending_can_be_read():
    signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGWINCH])
    fd = signalfd(signal.SIGWINCH)
    try:
        signal.pthread_kill(threading.get_ident(), signal.SIGWINCH)  # no other thread may take it
        check(fd, "data 128", "EINVAL")
    finally:
        os.close(fd)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, [signal.SIGWINCH])


def test_a_terminal_and_its_master_are_not_judged():
    master, slave = pty.openpty()
    try:
        assert foretold(master) == foretold(slave) == ("unknown", "unknown")
    finally:
        os.close(master)
        os.close(slave)


def test_a_blocking_descriptor_blocks_where_a_nonblocking_one_fails():
    fd = eventfd()
    try:
        assert foretold(fd) == ("blocks", "accepted")
        nonblocking(fd)
        assert foretold(fd) == ("EAGAIN", "accepted")
    finally:
        os.close(fd)


def test_an_interface_that_is_not_there_yet_cannot_be_read():
    try:
        fd = os.open("/dev/net/tun", os.O_RDWR)
    except OSError as error:
        pytest.skip(f"no tun here: {error}")
    try:
        check(fd, "EBADFD", "EBADFD")
    finally:
        os.close(fd)


def test_a_pipe_that_nobody_reads_cannot_be_written():
    reader, writer = os.pipe()
    try:
        os.close(reader)
        check(writer, "EBADF", "EPIPE")
    finally:
        os.close(writer)


@pytest.mark.parametrize("left", [b"", b"abc"])
def test_a_pipe_that_nobody_writes_gives_what_is_left_and_then_its_end(left):
    reader, writer = os.pipe()
    try:
        os.write(writer, left)
        os.close(writer)
        check(reader, "data-or-end-of-file", "EBADF")
        assert os.read(reader, 10) == b""
    finally:
        os.close(reader)


def test_what_waits_in_a_pipe_and_what_room_it_has_is_not_told():
    reader, writer = os.pipe()
    try:
        assert foretold(reader) == ("unknown", "EBADF")
        assert foretold(writer) == ("EBADF", "unknown")
    finally:
        os.close(reader)
        os.close(writer)


def test_a_connection_that_was_shut_down_for_reading_ends():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        client = socket.create_connection(listener.getsockname())
        server, _ = listener.accept()
    with client, server:
        client.shutdown(socket.SHUT_RD)
        check(client.fileno(), "end-of-file", "accepted")
        check(server.fileno(), "data 8", "accepted")


def test_a_fifo_that_its_reader_writes_too_never_ends(tmp_path):
    os.mkfifo(tmp_path / "fifo")
    fd = os.open(tmp_path / "fifo", os.O_RDWR)
    try:
        assert foretold(fd) == ("unknown", "unknown")
    finally:
        os.close(fd)


def test_a_process_that_ignores_sigpipe_only_gets_the_error(child):
    source = """
import signal
signal.signal(signal.SIGPIPE, signal.SIG_DFL if sys.argv[1] == "default" else signal.SIG_IGN)
reader, writer = os.pipe()
os.close(reader)
ready(writer=writer)
"""
    signals = []
    for wish in ("default", "ignored"):
        one = child(source, wish)
        process, _ = one.scan()
        (descriptor,) = [held for held in process.descriptors if held.fd == one.told["writer"]]
        sure(descriptor)
        prospect = writing(descriptor, process)
        assert (prospect.outcome, prospect.error) == ("fails", "EPIPE")
        signals.append(prospect.signal)
    assert signals == ["SIGPIPE", None]


def try_all():
    """Every specimen in turn; a line of JSON for each: kind, why it was refused, what came not as foretold."""
    signal.signal(signal.SIGPIPE, signal.SIG_IGN)
    for kind in sorted(makers()):
        scratch = Scratch()
        try:
            try:
                fd = makers()[kind](scratch).fd
            except (Refused, OSError) as refusal:
                print(json.dumps([kind, f"refused here: {refusal}", []]), flush=True)
                continue
            nonblocking(fd)
            said = foretold(fd)
            tried = [said[0] != "unknown" and happens(os.read, fd, 1 << 18)]
            tried.append(said[1] != "unknown" and happens(os.write, fd, struct.pack("Q", 1)))
            wrong = [
                f"{call}: {told}, but came {came!r:.40}"
                for call, told, came in zip(("read", "write"), said, tried, strict=True)
                if not agrees(told.partition(" ")[0], came)
            ]
            print(json.dumps([kind, "", wrong]), flush=True)
        finally:
            scratch.close()


@pytest.fixture(scope="module")
def verdicts():
    done = subprocess.run(
        [sys.executable, __file__], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, check=True, timeout=120
    )
    return {kind: (refusal, wrong) for kind, refusal, wrong in map(json.loads, done.stdout.splitlines())}


@pytest.mark.parametrize("kind", sorted(makers()))
def test_nothing_is_foretold_wrongly_of_a_specimen(kind, verdicts):
    refusal, wrong = verdicts[kind]
    if refusal:
        pytest.skip(refusal)
    assert wrong == []


if __name__ == "__main__":
    try_all()
