"""Who is at the other end of what live processes hold, who shares it, and who watches it."""

import os

import pytest
from children import until

from fdscope import scan
from fdscope.kernel import workers
from fdscope.kernel.root import Directory
from fdscope.kernel.source import ProcSource


def rows(snapshot, pid):
    (process,) = [one for one in snapshot.processes if one.pid == pid]
    return {one.fd: one for one in process.descriptors}


def places(holders):
    return [(one.pid, one.fd) for one in holders or ()]


@pytest.fixture
def ours():
    """Descriptors of this process, closed at the end."""
    found = []
    yield found.append
    for fd in found:
        os.close(fd)


def test_the_ends_of_a_pipe_in_two_processes_name_each_other(child):
    one = child("ready()")
    for own, far in ((one.pipe, "r"), (one.hold, "w")):
        found = rows(scan([str(one.pid)]), one.pid)[own]
        (peer,) = found.peers
        assert (peer.pid, peer.kind, found.peers_total, found.other_end) == (os.getpid(), "pipe", 1, None)
        assert rows(scan(["self"]), os.getpid())[peer.fd].access == far


@pytest.mark.parametrize(("closed", "left", "told"), [(0, 1, "no-reader"), (1, 0, "no-writer")])
def test_a_pipe_whose_other_end_is_closed_everywhere(child, closed, left, told):
    one = child(f"ends = os.pipe(); os.close(ends[{closed}]); ready(fd=ends[{left}])")
    found = rows(scan([str(one.pid)]), one.pid)[one.told["fd"]]
    assert found.other_end in (told, "unread")  # unread: where a process cannot be looked into
    assert found.peers is None
    assert rows(scan([str(one.pid)], peers=False), one.pid)[one.told["fd"]].other_end is None


def test_a_fifo_is_met_by_its_inode(child, tmp_path):
    os.mkfifo(tmp_path / "fifo")
    one = child(
        "both = os.open(sys.argv[1], os.O_RDWR); ready(both=both, reader=os.open(sys.argv[1], os.O_RDONLY))",
        str(tmp_path / "fifo"),
    )
    two = child("ready(fd=os.open(sys.argv[1], os.O_WRONLY))", str(tmp_path / "fifo"))
    found = rows(scan([str(one.pid)]), one.pid)
    both, reader, writer = (one.pid, one.told["both"]), (one.pid, one.told["reader"]), (two.pid, two.told["fd"])
    assert sorted(places(found[reader[1]].peers)) == sorted([both, writer])
    assert sorted(places(found[both[1]].peers)) == sorted([reader, writer])


def test_the_links_of_others_are_gone_through_once_and_not_at_all_without_peers(child, monkeypatch):
    one, other = child("reader, writer = os.pipe()\nready()"), child("ready()")
    passes, listings = [], []
    links, listed = ProcSource.links, Directory.links
    monkeypatch.setattr(
        ProcSource, "links", lambda self, pids, wanted: passes.append(pids) or links(self, pids, wanted)
    )
    monkeypatch.setattr(Directory, "links", lambda self, wanted: listings.append(self.pid) or listed(self, wanted))
    monkeypatch.setattr(workers, "helpers", lambda: 0)
    one.scan()
    assert [other.pid in pids and one.pid not in pids for pids in passes] == [True]
    assert listings.count(other.pid) == 1
    one.scan(peers=False)
    assert (len(passes), listings.count(other.pid)) == (1, 1)


def test_a_message_queue_is_one_by_its_name_and_by_its_path(child):
    source = """
name = b"/fdscope-path-%d" % os.getpid()
path = b"/dev/mqueue" + name
by_name = checked(libc.mq_open(name, os.O_CREAT | os.O_RDWR, 0o600, None))
if not os.path.exists(path):
    libc.mq_unlink(name)
    CLONE_NEWNS, PRIVATE = 0x20000, 0x44000
    checked(libc.unshare(CLONE_NEWNS))
    checked(libc.mount(b"none", b"/", None, PRIVATE, None))
    checked(libc.mount(b"none", b"/dev", b"tmpfs", 0, None))
    os.mkdir("/dev/mqueue")
    checked(libc.mount(b"none", b"/dev/mqueue", b"mqueue", 0, None))
    by_name = checked(libc.mq_open(name, os.O_CREAT | os.O_RDWR, 0o600, None))
reader, writer = os.pipe()
pid = os.fork()
if not pid:
    import signal
    by_path = os.open(path, os.O_RDONLY)
    os.close(by_name)
    os.write(writer, b"%d" % by_path)
    signal.pause()
by_path = int(os.read(reader, 9))
libc.mq_unlink(name)
try:
    ready(child=pid, by_name=by_name, by_path=by_path)
finally:
    os.kill(pid, 9)
"""
    one = child(source)
    try:
        here, there = (one.pid, one.told["by_name"]), (one.told["child"], one.told["by_path"])
        assert places(rows(scan([str(here[0])]), here[0])[here[1]].peers) == [there]
        assert places(rows(scan([str(there[0])]), there[0])[there[1]].peers) == [here]
    finally:
        os.kill(one.told["child"], 9)


def test_a_terminal_whose_master_is_closed_has_no_other_end(child):
    one = child("master, slave = os.openpty()\nos.close(master)\nready(slave=slave)")
    row = rows(scan([str(one.pid)]), one.pid)[one.told["slave"]]
    assert (row.deleted, row.peers, row.other_end) == (True, None, "closed")


def test_of_a_fifo_that_may_be_held_by_another_name_no_reader_is_not_claimed(child, tmp_path):
    source = """
os.mkfifo(sys.argv[1] + "/fifo")
os.link(sys.argv[1] + "/fifo", sys.argv[1] + "/name")
reader = os.open(sys.argv[1] + "/name", os.O_RDONLY | os.O_NONBLOCK)
pid = os.fork()
if not pid:
    import signal
    signal.pause()
writer = os.open(sys.argv[1] + "/fifo", os.O_WRONLY)
os.close(reader)
try:
    ready(child=pid, reader=reader, writer=writer)
finally:
    os.kill(pid, 9)
"""
    one = child(source, str(tmp_path))
    try:
        row = rows(scan([str(one.pid)]), one.pid)[one.told["writer"]]
        assert (row.peers, row.other_end) == (None, "unread")
        both = rows(scan([str(one.pid), str(one.told["child"])]), one.pid)
        assert places(both[one.told["writer"]].peers) == [(one.told["child"], one.told["reader"])]
    finally:
        os.kill(one.told["child"], 9)


def test_an_eventfd_a_memfd_and_a_queue_join_all_who_hold_them(child):
    source = """
names = {}
def eventfd(): return libc.eventfd(0, 0)
def memfd(): return libc.memfd_create(b"shared", 0)
def queue():
    name = b"/fdscope-test-%d" % os.getpid()
    fd = checked(libc.mq_open(name, os.O_CREAT | os.O_RDWR, 0o600, None))
    libc.mq_unlink(name)
    return fd
held = {make.__name__: checked(make()) for make in (eventfd, memfd, queue)}
pid = os.fork()
if not pid:
    import signal
    signal.pause()
try:
    ready(child=pid, **held)
finally:
    os.kill(pid, 9)
"""
    one = child(source)
    try:
        snapshot = scan([str(one.pid)])
        found = rows(snapshot, one.pid)
        for name in ("eventfd", "memfd", "queue"):
            fd = one.told[name]
            assert places(found[fd].peers) == places(found[fd].shared_with) == [(one.told["child"], fd)], name
            (shared,) = [it for it in snapshot.objects if it.id == found[fd].object]
            assert places(shared.holders) == sorted([(one.pid, fd), (one.told["child"], fd)])
    finally:
        os.kill(one.told["child"], 9)


def test_a_terminal_and_its_master_face_each_other_across_processes(child):
    one = child("master, slave = os.openpty(); os.set_inheritable(slave, True)\nready(master=master, slave=slave)")
    found = rows(scan([str(one.pid)]), one.pid)
    assert places(found[one.told["master"]].peers) == [(one.pid, one.told["slave"])]
    assert places(found[one.told["slave"]].peers) == [(one.pid, one.told["master"])]


def test_a_unix_listener_names_its_clients_and_they_name_what_it_accepted(child, tmp_path):
    one = child(
        "import socket\nlistener = socket.socket(socket.AF_UNIX); listener.bind(sys.argv[1]); listener.listen()\n"
        "tell(listener=listener.fileno())\nserver, _ = listener.accept()\nready(server=server.fileno())",
        str(tmp_path / "socket"),
    )
    listener = one.told["listener"]
    other = child(
        "import socket\nclient = socket.socket(socket.AF_UNIX)\n"
        "client.connect(sys.argv[1])\nready(fd=client.fileno())",
        str(tmp_path / "socket"),
    )
    server, client = one.hear()["server"], other.told["fd"]
    ours = rows(scan([str(one.pid)]), one.pid)
    assert places(ours[listener].peers) == places(ours[server].peers) == [(other.pid, client)]
    assert ours[server].accepted_from == [ours[listener].inode]
    assert places(rows(scan([str(other.pid)]), other.pid)[client].peers) == [(one.pid, server)]


SHARING = """
import array, socket
first = os.open(sys.argv[1], os.O_RDONLY)
dup = os.dup(first)
again = os.open(sys.argv[1], os.O_RDONLY)
near, far = socket.socketpair()
pid = os.fork()
if not pid:
    os.close(near.fileno()); os.close(first); os.close(dup); os.close(again)
    _, more, _, _ = far.recvmsg(1, 64)
    os.write(far.fileno(), more[0][2])
    import signal
    signal.pause()
near.sendmsg([b"x"], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", [first]))])
passed = int.from_bytes(near.recv(4), sys.byteorder)
ready(first=first, dup=dup, again=again, child=pid, passed=passed)
"""


def test_dup_and_passing_share_an_open_file_description_and_a_second_open_does_not(child, tmp_path):
    (tmp_path / "file").write_text("x")
    one = child(SHARING, str(tmp_path / "file"))
    try:
        first, dup, again = (one.told[name] for name in ("first", "dup", "again"))
        far = (one.told["child"], one.told["passed"])
        found = rows(scan([str(one.pid)]), one.pid)
        if found[first].open_file is None:
            pytest.skip("kcmp(2) is not built into this kernel or not allowed")
        assert places(found[first].shared_with) == [(one.pid, dup), far]
        assert places(found[dup].shared_with) == [(one.pid, first), far]
        assert found[first].open_file == found[dup].open_file != found[again].open_file
        assert (found[again].shared_with, found[again].shared_total) == (None, None)
        both = scan([str(one.pid), str(far[0])])
        assert rows(both, far[0])[far[1]].open_file == rows(both, one.pid)[first].open_file
        alone = rows(scan([str(one.pid)], peers=False), one.pid)
        assert (alone[first].open_file, alone[first].shared_with) == (None, None)
    finally:
        os.kill(one.told["child"], 9)


def test_two_processes_with_one_table_are_told_and_their_descriptors_counted_once(child):
    source = """
import select, signal
CLONE_FILES, SIGCHLD = 0x400, 17
reader, writer = os.pipe()
epoll = select.epoll()
stale = os.eventfd(0)
epoll.register(stale)
kept = os.dup(stale)
os.dup2(reader, stale)
heir = os.fork()
if not heir:
    os.close(stale)
    signal.pause()
CLONE = {"x86_64": 56}.get(os.uname().machine, 220)
pid = checked(libc.syscall(CLONE, CLONE_FILES | SIGCHLD, 0, 0, 0, 0))
if not pid:
    signal.pause()
ready(child=pid, heir=heir, reader=reader, writer=writer, epoll=epoll.fileno(), stale=stale, kept=kept)
"""
    one = child(source)
    twin = one.told["child"]
    try:
        snapshot = scan([str(one.pid)])
        assert snapshot.processes[0].shares_table_with == [twin]
        found = rows(snapshot, one.pid)[one.told["reader"]]
        writers = {(one.pid, one.told["writer"]), (one.told["heir"], one.told["writer"])}
        assert (set(places(found.peers)), found.peers_total) == (writers, 2)
        both = scan([str(one.pid), str(twin)])
        assert {process.pid: process.shares_table_with for process in both.processes} == {
            one.pid: [twin],
            twin: [one.pid],
        }
        assert rows(both, twin)[one.told["reader"]].peers == rows(both, one.pid)[one.told["reader"]].peers
        alone = rows(scan([str(twin)]), twin)
        assert set(places(alone[one.told["reader"]].peers)) == {(twin, one.told["writer"]), *writers} - {
            min(writers)
        }
        stale, kept = one.told["stale"], one.told["kept"]
        for snapshot in (both, scan([str(twin)])):
            (target,) = rows(snapshot, twin)[one.told["epoll"]].targets
            assert (target.fd, target.stale, target.held_as) == (stale, True, [kept])
        heir = rows(scan([str(one.told["heir"])]), one.told["heir"])
        assert (set(places(heir[one.told["reader"]].peers)), heir[one.told["reader"]].peers_total) == (writers, 2)
        assert (
            heir[one.told["reader"]].shared_total == 2
        )  # the same description has two numbers in the shared table
    finally:
        os.kill(twin, 9)
        os.kill(one.told["heir"], 9)


BUSY = """
import collections, select, socket, threading, time
watching = select.epoll()
others = [os.open("/dev/null", os.O_RDONLY) for _ in range(800)]
def serve():
    live = collections.deque()
    while True:
        live.append(socket.socketpair())
        watching.register(live[-1][0])
        if len(live) > 20:
            for end in live.popleft():
                end.close()
        time.sleep(0.0002)
threading.Thread(target=serve, daemon=True).start()
ready()
"""


def test_what_a_busy_process_registers_and_closes_is_not_taken_for_stale(child):
    """The list of registrations is older than the rest of the table: what is gone by then was never stale."""
    one = child(BUSY)
    told = [
        target for _ in range(8) for row in one.scan()[0].descriptors for target in getattr(row, "targets", ())
    ]
    assert len(told) > 20
    assert [target for target in told if target.stale] == []


STALE = """
import select, signal
reader, writer = os.pipe()
watching = select.epoll()
watching.register(reader, select.EPOLLIN | select.EPOLLET)
watching.register(writer, select.EPOLLOUT)
kept = os.dup(reader)
os.close(reader)
os.open("/etc/passwd", os.O_RDONLY)     # takes the number that has become free
ready(reused=reader, kept=kept, writer=writer, epoll=watching.fileno())
"""


def test_a_registration_whose_number_was_used_again_is_told_and_the_dup_counts_as_watched(child):
    one = child(STALE)
    found = rows(scan([str(one.pid)]), one.pid)
    told = one.told
    stale = {it.fd: (it.stale, it.held_as) for it in found[told["epoll"]].targets}
    assert stale == {told["reused"]: (True, [told["kept"]]), told["writer"]: (None, None)}
    assert found[told["reused"]].name == "/etc/passwd"
    assert found[told["reused"]].watched_by is None
    assert places(found[told["kept"]].watched_by) == [(one.pid, told["epoll"])]
    assert found[told["kept"]].watched_by[0].events == ["in", "err", "hup", "et"]
    assert "stale" in found[told["epoll"]].describe()


def test_an_epoll_of_the_parent_watches_what_the_child_inherited(child, ours):
    one = child(
        "import select\nreader, writer = os.pipe()\nwatching = select.epoll(); watching.register(reader)\n"
        "os.set_inheritable(reader, True)\npid = os.fork()\n"
        "if not pid:\n    watching.close(); os.read(reader, 1)\n    os._exit(0)\n"
        "ready(child=pid, reader=reader, epoll=watching.fileno())"
    )
    try:
        until(lambda: one.told["epoll"] not in {int(fd) for fd in os.listdir(f"/proc/{one.told['child']}/fd")})
        found = rows(scan([str(one.told["child"])]), one.told["child"])
        assert places(found[one.told["reader"]].watched_by) == [(one.pid, one.told["epoll"])]
    finally:
        os.kill(one.told["child"], 9)


def test_a_namespace_names_the_processes_in_it(ours):
    ours(os.open("/proc/self/ns/uts", os.O_RDONLY))
    found = [it for it in scan(["self"]).processes[0].descriptors if type(it).__name__ == "Namespace"]
    inode = os.stat("/proc/self/ns/uts").st_ino
    (own,) = [it for it in found if it.inode == inode]
    assert own.members_total >= 1
    assert len(own.members) == min(own.members_total, 8)


def test_a_pipe_held_by_many_costs_each_of_them_eight_names(child):
    source = """
import signal
reader, writer = os.pipe()
children = []
for _ in range(60):
    pid = os.fork()
    if not pid:
        os.close(reader)
        signal.pause()
    children.append(pid)
os.close(writer)
ready(children=children, reader=reader)
"""
    one = child(source)
    try:
        snapshot = scan([str(pid) for pid in (one.pid, *one.told["children"])])
        found = rows(snapshot, one.pid)[one.told["reader"]]
        assert (len(found.peers), found.peers_total) == (8, 60)
        (pipe,) = [it for it in snapshot.objects if it.id == found.object]
        assert len(pipe.holders) == 61
    finally:
        for pid in one.told["children"]:
            os.kill(pid, 9)


def test_what_no_epoll_watches_has_no_watchers(child):
    one = child("ready()")
    assert rows(scan([str(one.pid)]), one.pid)[one.hold].watched_by is None


def test_the_lab_has_every_sort_of_end(lab):
    found = list(rows(scan([str(lab.pid)]), lab.pid).values())
    missing = {row.other_end for row in found if row.other_end}
    assert missing >= {"closed", "listening", "unclaimed"} or "unread" in missing
    assert missing & {"no-reader", "unread"}
    assert missing & {"no-writer", "unread"}
    assert any(target.stale for row in found for target in row.registrations())
    assert any(row.peers for row in found)
    assert any(row.watched_by for row in found)
    if any(row.open_file and not row.one_open_file for row in found):
        assert any(row.shared_with and type(row).__name__ == "Regular" for row in found)
