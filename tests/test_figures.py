"""A look becomes a few numbers a process: what is counted, what is left out, and what is one thing twice."""

from fdscope.figures import Look, look_of
from fdscope.kinds import KINDS
from fdscope.model import HeldFile, Host, OpenFiles, Process, Snapshot, Thread, Wait, kind_name

KIND = {kind_name(kind): kind for kind in KINDS}


def process(pid, *descriptors, **more):
    facts = {"name": "web", "started_at": "2026-11-23T04:00:09Z", "descriptor_count": len(descriptors), **more}
    return Process(**{"pid": pid, "descriptors": list(descriptors), **facts})


def look(*processes, **more) -> Look:
    host = Host(boot_time="2026-11-23T04:00:00Z", open_files=OpenFiles(allocated=9, maximum=90))
    facts = {"fdscope": "1", "sources": ["proc"], "taken_at": "2026-11-23T04:01:00Z", "duration_s": 0.5}
    snapshot = Snapshot(**{**facts, **more}, host=host, processes=list(processes), objects=[], problems=[])
    return look_of(snapshot, lambda one: one.name or "")


def figures(*descriptors, **more):
    (found,) = look(process(1, *descriptors, **more)).processes
    return found


def test_threads_of_the_kernel_the_dead_and_who_looks_are_left_out():
    those = [process(1), process(2, kernel_thread=True), process(3, state="zombie"), process(4)]
    found = look(*those, own_pid=4)
    assert [one.pid for one in found.processes] == [1]
    assert (found.up_s, found.processes[0].started_s, found.open_files) == (60, 9, (9, 90))


def test_of_a_table_that_two_share_one_tells_what_is_in_it():
    pipe = KIND["pipe"](fd=3, name="pipe:[5]")
    found = look(process(1, pipe, shares_table_with=[2]), process(2, pipe, shares_table_with=[1])).processes
    assert [one.kinds for one in found] == [{"pipe": 1}, {}]
    found = look(process(1, pipe, name="a", shares_table_with=[2]), process(2, pipe, shares_table_with=[1]))
    assert [one.kinds for one in found.processes] == [{"pipe": 1}, {"pipe": 1}]


def test_of_descriptors_that_could_not_be_read_the_number_is_told():
    found = figures(descriptors=None, descriptor_count=7)
    assert (found.kinds, found.is_read, found.count) == ({"unread": 7}, False, 7)


def test_a_listener_is_told_with_and_without_the_limit_of_its_backlog():
    known = KIND["tcp"](fd=3, name="socket:[1]", object="socket:[1]", backlog=2, backlog_limit=5)
    unknown = KIND["tcp"](fd=4, name="socket:[2]", object="socket:[2]", backlog=3)
    other = KIND["tcp"](fd=5, name="socket:[3]", object="socket:[3]", receive_queue_bytes=8, send_queue_bytes=0)
    found = figures(known, unknown, other)
    assert found.listeners == {"socket:[1]": (2, 5), "socket:[2]": (3, None)}
    assert found.queues == [(("socket:[3]", "tcp", "receive"), 8)]
    assert found.directions == {("tcp", "receive"), ("tcp", "send")}


def test_what_is_in_a_pipe_waits_for_whoever_reads_and_was_sent_by_whoever_writes():
    reads = KIND["pipe"](fd=3, name="pipe:[5]", object="pipe:[5]", access="r", waiting_bytes=7)
    writes = KIND["pipe"](fd=4, name="pipe:[6]", object="pipe:[6]", access="w", waiting_bytes=9)
    assert figures(reads, writes).queues == [
        (("pipe:[5]", "pipe", "receive"), 7),
        (("pipe:[6]", "pipe", "send"), 9),
    ]


def test_a_deleted_file_is_one_file_however_it_is_held():
    gone = {"name": "/a", "deleted": True, "device": "8:1", "inode": 5, "filesystem": "ext4"}
    first, again = (KIND["regular"](fd=fd, **gone, allocated_bytes=4096, size_bytes=9) for fd in (3, 4))
    memory = KIND["regular"](fd=5, **{**gone, "name": "/memfd:x", "inode": 6}, allocated_bytes=4096)
    here = KIND["regular"](fd=6, **{**gone, "deleted": False, "inode": 7}, allocated_bytes=4096)
    assert figures(first, again, memory, here).deleted == {"8:1:5": 4096}
    held = HeldFile(role="exe", name="/b", deleted=True, device="8:1", inode=8, size_bytes=10)
    assert set(figures(first, files=[held]).deleted) == {"8:1:5", "8:1:8"}


def test_threads_that_wait_are_told_by_their_model():
    waits = [
        Wait(waits_for="input", model="blocking"),
        Wait(waits_for="input", model="blocking"),
        Wait(waits_for="time"),
        None,
    ]
    threads = [Thread(tid=number, wait=one) for number, one in enumerate(waits, 1)]
    found = figures(threads=threads)
    assert (found.threads, found.waits) == (4, {"blocking": 2, "none": 1})
