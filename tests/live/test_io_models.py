"""By which I/O models descriptors are used: of the lab, and of children made for what the lab has not."""

import re

import pytest
from children import the_wait, until, waits_of

from fdscope import scan


def test_every_descriptor_has_its_models_with_evidence(lab):
    (process,) = scan([str(lab.pid)]).processes
    table = {one.fd: one for one in process.descriptors}
    for name, one in lab.waits.items():
        if "pid" in one["says"]:
            continue
        model = one["says"]["model"]
        for fd in one["says"]["on"]:
            models = {found.model: found for found in table[fd].io_models}
            assert one["tid"] in models[model].threads, name
            assert models[model].evidence
            assert one["tid"] in table[fd].waiters, name
    for descriptor in process.descriptors:
        has = {one.model for one in descriptor.io_models or ()}
        assert ("nonblocking" in has) == ("nonblock" in descriptor.flags)


def test_what_an_epoll_watches_is_multiplexed_with_its_events(lab):
    (process,) = scan([str(lab.pid)]).processes
    epoll = lab.waits["wait:epoll"]
    (fd,) = epoll["says"]["on"]
    table = {one.fd: one for one in process.descriptors}
    targets = [target.fd for target in table[fd].targets]
    assert len(targets) == 2
    for target in targets:
        (model,) = table[target].io_models
        assert (model.model, model.threads) == ("multiplexed", [epoll["tid"]])
        assert re.match(
            rf"epoll fd {fd} watches it for in.*, and thread {epoll['tid']} waits on that epoll$", model.evidence
        )


def test_without_a_look_at_others_an_epoll_of_the_process_itself_is_still_told(lab):
    (process,) = scan([str(lab.pid)], peers=False).processes
    table = {one.fd: one for one in process.descriptors}
    (fd,) = lab.waits["wait:epoll"]["says"]["on"]
    assert all(table[target.fd].io_models[0].model == "multiplexed" for target in table[fd].targets)


def test_who_sleeps_in_a_call_that_heeds_no_flag_blocks(child, tmp_path):
    (tmp_path / "locked").touch()
    (tmp_path / "locked").chmod(0o666)
    one = child(
        """
import fcntl
held, asking = os.open(sys.argv[1], os.O_RDWR), os.open(sys.argv[1], os.O_RDWR | os.O_NONBLOCK)
fcntl.flock(held, fcntl.LOCK_EX)
tell(fd=asking)
fcntl.flock(asking, fcntl.LOCK_EX)
""",
        str(tmp_path / "locked"),
    )
    process, thread = the_wait(one)
    assert (thread.wait.syscall, thread.wait.model) == ("flock", "blocking")
    (row,) = [row for row in process.descriptors if row.fd == one.told["fd"]]
    assert [(model.model, model.evidence) for model in row.io_models] == [
        ("blocking", f"thread {one.pid} is in flock(2), and sleeps, although O_NONBLOCK is set"),
        ("nonblocking", "O_NONBLOCK is set"),
    ]


COPIED = """
import select, threading
reader, writer = os.pipe()
epoll = select.epoll()
epoll.register(reader, select.EPOLLIN)
def sleep():
    os.read(os.pipe()[0], 1)
def apart():
    checked(libc.unshare(0x400))  # CLONE_FILES
    tell(reader=reader, tid=threading.get_native_id())
    (epoll.poll if sys.argv[1] == "apart" else sleep)()
threading.Thread(target=apart, daemon=True).start()
(sleep if sys.argv[1] == "apart" else epoll.poll)()
"""


@pytest.mark.parametrize("who", ["main", "apart"])
def test_an_epoll_is_told_once_with_all_who_wait_on_it_though_a_thread_has_a_copy_of_the_table(child, who):
    one = child(COPIED, who)
    waiting = one.pid if who == "main" else one.told["tid"]
    until(lambda: [tid for tid, row in waits_of(one.pid).items() if row.wait.syscall == "epoll_wait"] == [waiting])
    (process,) = scan([str(one.pid)]).processes
    rows = [row for row in process.descriptors if row.fd == one.told["reader"]]
    assert [row.tid for row in rows] == [None, one.told["tid"]]
    for row in rows:
        assert [(model.model, model.threads) for model in row.io_models] == [("multiplexed", [waiting])]
        assert row.waiters == [waiting]


TABLES = """
import threading
def unshared():
    checked(libc.unshare(0x400))  # CLONE_FILES
    os.close(reader)
    tell(tid=threading.get_native_id(), reader=reader)
    os.read(HOLD, 1)
reader, writer = os.pipe()
threading.Thread(target=unshared, daemon=True).start()
os.read(reader, 1)
"""


def test_numbers_are_those_of_the_table_that_the_thread_has(child):
    one = child(TABLES)
    tasks = (one.pid, one.told["tid"])
    until(lambda: all(tid in waits_of(one.pid) and waits_of(one.pid)[tid].wait.syscall == "read" for tid in tasks))
    (process,) = scan([str(one.pid)]).processes
    table = {(descriptor.tid, descriptor.fd): descriptor for descriptor in process.descriptors}
    own, others = table[None, one.told["reader"]], table[one.told["tid"], one.hold]
    assert own.waiters == [one.pid]
    assert others.waiters == [one.told["tid"]]
    assert table[None, one.hold].waiters is None
