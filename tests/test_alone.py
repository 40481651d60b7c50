"""A process by itself: as much of it is read as an expression asks for, and no more."""

import pytest
from made_proc import Processes

from fdscope.alone import Alone, early
from fdscope.kernel.root import Proc
from fdscope.selection import UsageError
from fdscope.where import parse


@pytest.fixture
def proc(tmp_path):
    return Processes(tmp_path)


def looked(proc, text, pid=7, **more):
    """The process, and what could not be read of it."""
    with Proc(str(proc.folder)) as root:
        return Alone(root, parse(text), **more).read(pid)


def may_fit(proc, text):
    with Proc(str(proc.folder)) as root:
        alone = Alone(root, parse(text))
        return [pid for pid in root.pids() if alone.may_fit(pid)]


def test_what_the_pid_alone_tells_is_told_though_nothing_can_be_read(proc):
    proc.begin(7)
    (proc.folder / "7" / "stat").unlink()
    assert looked(proc, "pid == 7")[0].pid == 7
    process, (unread,) = looked(proc, "name == 'x' and uid == 5")
    assert (process, unread.what, unread.pid) == (None, "process", 7)
    process, (unread,) = looked(proc, "cgroup == '/'", pid=8)
    assert (process, unread.what) == (None, "process")


def test_what_stat_and_status_tell_takes_no_other_file(proc):
    proc.begin(7, uid=0)
    for name in ("limits", "cmdline"):
        (proc.folder / "7" / name).unlink()
    process, unread = looked(proc, "uid == 0 and user == 'root' and started_at > '2023' and cpu_time_s > 1")
    assert (process.uid, process.user, process.cpu_time_s, unread) == (0, "root", 2.0, [])
    assert process.started_at == "2023-11-14T22:13:32Z"
    _, unread = looked(proc, "command =~ 'x'")
    assert {one.what for one in unread} >= {"cmdline", "limits"}


def test_what_other_files_tell_is_read_where_it_is_asked_for(proc):
    proc.begin(7)
    (proc.folder / "7" / "cgroup").write_text("0::/a.slice\n")
    assert may_fit(proc, "process.command == '-x'") == [7]
    assert may_fit(proc, "cgroup == '/a.slice'") == [7]
    assert may_fit(proc, "descriptor_limit.soft == 1000") == [7]
    assert may_fit(proc, "descriptor_limit.soft == 1001") == []


def test_what_only_descriptors_and_threads_tell_leaves_every_process(proc):
    proc.begin(7, "web")
    proc.begin(8, "db")
    assert may_fit(proc, "descriptor_count > 5 and process == 'db'") == [8]
    assert may_fit(proc, "fd > 5") == [7, 8]
    with Proc(str(proc.folder)) as root:
        asks = {text: Alone(root, parse(text)).asks for text in ("fd > 5", "descriptor_count > 5", "pid > 5")}
    assert list(asks.values()) == [False, False, True]


def test_who_descends_from_whom_is_told_where_it_is_asked_for_or_wanted(proc):
    proc.begin(1, parent=0)
    proc.begin(7, parent=1)
    proc.begin(9, parent=7)
    assert looked(proc, "ancestors == 1", pid=9)[0].ancestors == [7, 1]
    assert looked(proc, "pid == 9", pid=9, lineage=True)[0].ancestors == [7, 1]
    assert looked(proc, "pid == 9", pid=9)[0].ancestors is None


def test_a_stat_that_nobody_understands_is_no_reason_to_leave_a_process_out(proc):
    proc.begin(7)
    (proc.folder / "7" / "stat").write_text("7 (web) S what\n")
    process, unread = looked(proc, "uid == 0 and pid == 7")
    assert (process.pid, process.uid, unread) == (7, None, [])


def test_a_watch_takes_only_what_a_process_is_by_itself():
    assert early("watch", None) is None
    assert early("watch", "uid == 0").text == "uid == 0"
    for text, name in (("uid == 0 and fd > 2", "fd"), ("descriptor_count > 2", "descriptor_count")):
        with pytest.raises(UsageError, match=f"^watch chooses processes by what they are: '{name}' is known only"):
            early("watch", text)
