"""What people import: its names and types, rows for data frames, threads and asyncio."""

import asyncio
import contextlib
import importlib.util
import inspect
import os
import resource
import subprocess
import sys
import threading
import warnings
from concurrent.futures import ThreadPoolExecutor
from importlib import import_module, resources

import pytest
from children import until

import fdscope
from fdscope import Snapshot, UsageError, aio, leaks, scan, waits, watch, who
from fdscope.kernel.counters import ManyOpen
from fdscope.kinds.anonymous import Anonymous
from fdscope.kinds.pipe import Pipe
from fdscope.kinds.regular import Regular
from fdscope.model import Host, Process
from fdscope.quiet import quiet
from fdscope.rows import USUAL


def open_files():
    return set(os.listdir("/proc/self/fd"))


# names and types


def test_the_public_names_are_listed_and_are_all_there():
    assert dir(fdscope) == sorted(fdscope.__all__)
    homes = {name: import_module(f"fdscope.{home}") for name, home in fdscope._HOMES.items()}
    assert {name: getattr(fdscope, name) for name in homes} == {name: vars(homes[name])[name] for name in homes}
    assert {*homes, "__version__"} == set(fdscope.__all__)


def test_another_name_is_none_of_them():
    with pytest.raises(AttributeError, match="module 'fdscope' has no attribute 'scna'"):
        fdscope.scna  # noqa: B018


def test_the_installed_package_says_that_it_is_typed():
    assert resources.files("fdscope").joinpath("py.typed").is_file()


USER = """
import asyncio
from fdscope import Descriptor, Frame, Holdings, Process, Snapshot, Waits, aio, scan, waits, watch, who
from fdscope.kinds.tcp import Tcp

snapshot = scan(["nginx"], where="kind == 'tcp'")
reveal_type(snapshot)
reveal_type(snapshot.processes[0].descriptors)
for one in snapshot.processes[0].descriptors or ():
    if isinstance(one, Tcp):
        reveal_type(one.remote_port)
reveal_type(snapshot.rows())
reveal_type(who([":443"]).uses[0].pid)
reveal_type(waits())
reveal_type(next(watch(["nginx"], count=1)))
watch().close()

async def main() -> None:
    reveal_type(await aio.scan(["nginx"]))
    async for frame in aio.watch(count=1):
        reveal_type(frame)

asyncio.run(main())
scan(target="nginx")
"""


def test_a_strict_type_checker_sees_what_each_call_gives(tmp_path):
    if importlib.util.find_spec("mypy") is None:
        pytest.skip("mypy is not installed: it comes with fdscope[dev]")
    (tmp_path / "user.py").write_text(USER)
    done = subprocess.run(
        [
            sys.executable,
            "-m",
            "mypy",
            "--strict",
            "--no-error-summary",
            "--cache-dir",
            tmp_path / "cache",
            "user.py",
        ],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=300,
    )
    lines = [line.partition(": ")[2] for line in done.stdout.splitlines() if line.startswith("user.py")]
    revealed = [line.partition('"')[2].rstrip('"') for line in lines if line.startswith("note: Revealed")]
    assert revealed == [
        "fdscope.model.Snapshot",
        "list[fdscope.model.Descriptor] | None",
        "int | None",
        "list[dict[str, Any]]",
        "int",
        "fdscope.answers.Waits",
        "fdscope.frame.Frame",
        "fdscope.model.Snapshot",
        "fdscope.frame.Frame",
    ]
    assert [line for line in lines if line.startswith("error")] == [
        'error: Unexpected keyword argument "target" for "scan"; did you mean "targets"?  [call-arg]'
    ]


# rows


def test_a_row_has_the_usual_columns_of_a_descriptor_and_its_process(holder):
    (process,) = scan([str(holder.pid)]).processes
    snapshot = scan([str(holder.pid)])
    rows = snapshot.rows()
    assert {tuple(row) for row in rows} == {USUAL}
    assert [row["fd"] for row in rows] == [one.fd for one in process.descriptors]
    row = next(row for row in rows if row["fd"] == holder.pipe)
    (pipe,) = (one for one in process.descriptors if one.fd == holder.pipe)
    assert {name: value for name, value in row.items() if value is not None} == {
        "pid": holder.pid,
        "process": process.name,
        "uid": process.uid,
        **({} if process.user is None else {"user": process.user}),
        "fd": holder.pipe,
        "kind": "pipe",
        "name": pipe.name,
        "description": pipe.describe(),
        "access": "w",
        **({} if pipe.flags is None else {"flags": pipe.flags}),
        "inode": pipe.inode,
        "object": pipe.object,
        "open_file": f"{holder.pid}:{holder.pipe}",
        "peers_total": 1,
    }


def test_columns_are_fields_and_dots_lead_into_them(holder):
    snapshot = scan([str(holder.pid)], where=f"fd == {holder.pipe}")
    assert snapshot.rows(["fd", "process.parent_pid", "peers", "peers.pid", "tcp.rtt_us", "role"]) == [
        {
            "fd": holder.pipe,
            "process.parent_pid": os.getpid(),
            "peers": snapshot.processes[0].descriptors[0].peers
            and [
                {"pid": one.pid, "fd": one.fd, "process": one.process, "kind": "pipe"}
                for one in snapshot.processes[0].descriptors[0].peers
            ],
            "peers.pid": [os.getpid()],
            "tcp.rtt_us": None,
            "role": None,
        }
    ]


def test_a_column_that_is_no_field_is_answered_with_the_nearest_that_is():
    snapshot = taken()
    with pytest.raises(UsageError, match="there is no field 'knid': did you mean 'kind'"):
        snapshot.rows(["knid"])
    with pytest.raises(UsageError, match="columns are several words"):
        snapshot.rows("pid")


def taken(*descriptors):
    process = Process(pid=7, name="a\udcff", descriptors=[*descriptors])
    return Snapshot(
        fdscope="0",
        taken_at="",
        duration_s=0.0,
        sources=[],
        host=Host(),
        processes=[process, Process(pid=8)],
        objects=[],
        problems=[],
    )


HOSTILE = taken(
    *(Pipe(fd=fd) for fd in range(200)),
    Regular(fd=200, name="/b\udcff\udcfe\x1b[31m\n\u202e", inode=2**63 - 1, flags=["nonblock"], deleted=True),
    Regular(fd=201, name="/ü", inode=2**63, size_bytes=2**64),
)
"""Names that are no text, numbers that are too large, and columns that begin with nothing."""


def test_rows_are_valid_text_and_numbers_of_64_bits():
    columns = ["process", "fd", "name", "inode", "size_bytes", "deleted"]
    assert [tuple(row.values()) for row in HOSTILE.rows(columns)[200:]] == [
        ("a\ufffd", 200, "/b\ufffd\ufffd\x1b[31m\n\u202e", 2**63 - 1, None, True),
        ("a\ufffd", 201, "/ü", None, None, None),
    ]


def test_a_kind_before_a_column_means_that_kind_and_keys_are_valid_text_too():
    odd = Anonymous(fd=3, name="[x]", details={"k\udcff": "v\udcfe"})
    rows = taken(Pipe(fd=0, inode=5), Regular(fd=1, inode=6), odd).rows(["regular.inode", "details"])
    assert [tuple(row.values()) for row in rows] == [
        (None, None), (6, None), (None, {"k\ufffd": "v\ufffd"})
    ]  # fmt: skip


NAMES = [None] * 200 + ["/b\ufffd\ufffd\x1b[31m\n\u202e", "/ü"]


def test_pandas_takes_the_rows_as_they_are():
    pandas = pytest.importorskip("pandas", reason="pandas is not installed: it comes with fdscope[frames]")
    frame = pandas.DataFrame(HOSTILE.rows())
    assert tuple(frame.columns) == USUAL
    assert [None if pandas.isna(name) else name for name in frame["name"]] == NAMES
    assert frame.value_counts("kind").to_dict() == {"pipe": 200, "regular": 2}


def test_polars_takes_the_rows_as_they_are():
    polars = pytest.importorskip("polars", reason="polars is not installed: it comes with fdscope[frames]")
    frame = polars.DataFrame(HOSTILE.rows(), infer_schema_length=None)
    assert tuple(frame.columns) == USUAL
    assert frame["name"].to_list() == NAMES
    assert (frame["inode"].dtype, frame["inode"].to_list()[200:]) == (polars.Int64, [2**63 - 1, None])
    assert (frame["flags"].dtype, frame["deleted"].dtype) == (polars.List(polars.String), polars.Boolean)


def test_duckdb_takes_the_rows_by_way_of_pandas():
    reason = "{} is not installed: it comes with fdscope[frames]"
    pandas = pytest.importorskip("pandas", reason=reason.format("pandas"))
    duckdb = pytest.importorskip("duckdb", reason=reason.format("duckdb"))
    held = duckdb.from_df(pandas.DataFrame(HOSTILE.rows()))
    found = held.query("held", "select kind, count(*), max(name) from held group by kind order by kind")
    assert found.fetchall() == [("pipe", 200, None), ("regular", 2, "/ü")]


# threads


@contextlib.contextmanager
def opening_and_closing():
    """A thread that opens and closes descriptors all the time."""
    over = threading.Event()

    def work():
        while not over.is_set():
            for number in (*os.pipe(), os.open("/", os.O_RDONLY), os.memfd_create("")):
                os.close(number)

    thread = threading.Thread(target=work)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


STILL = """
reader, writer = os.pipe()
path = os.open("/dev/null", os.O_RDWR)
ready(reader=reader, writer=writer, null=path)
"""


@pytest.fixture
def still(child):
    """A child that holds a pipe of its own, and what must be told of it whoever else looks at the same time."""
    one = child(STILL)
    until(lambda: [wait.wait.syscall for wait in waits([str(one.pid)]).waits] == ["read"])
    pipe = [("r", one.told["writer"]), ("w", one.told["reader"])]
    return str(one.pid), {one.told["reader"]: pipe[0], one.told["writer"]: pipe[1], one.told["null"]: ("rw", None)}


def told_of(snapshot, expected):
    (process,) = snapshot.processes
    unread = [one for one in snapshot.problems if one.pid == process.pid]
    found = {
        one.fd: (one.access, one.peers[0].fd if one.peers else None)
        for one in process.descriptors
        if one.fd in expected
    }
    return found, unread


def test_threads_that_scan_at_once_are_all_answered_right(still):
    pid, expected = still

    def look(number):
        call = number % 4
        if call == 0:
            return told_of(scan([pid]), expected) == (expected, [])
        if call == 1:
            return told_of(scan([pid], where=f"fd in {tuple(expected)}"), expected) == (expected, [])
        if call == 2:
            return [wait.wait.syscall for wait in waits([pid]).waits] == ["read"]
        return int(pid) in [use.pid for use in who([f"pid:{pid}", "/"]).uses]

    filters, limit = list(warnings.filters), resource.getrlimit(resource.RLIMIT_NOFILE)
    before = open_files()
    with opening_and_closing(), ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(look, range(32)))
    assert answers == [True] * 32
    assert (warnings.filters, resource.getrlimit(resource.RLIMIT_NOFILE)) == (filters, limit)
    assert open_files() == before


def test_what_warnings_do_is_put_back_though_two_threads_were_quiet_at_once():
    filters = list(warnings.filters)
    begun, met, over = threading.Event(), threading.Event(), threading.Event()

    def first():
        with quiet():
            begun.set()
            met.wait(0.2)  # in vain: the other has to wait for its turn
        over.set()

    def second():
        begun.wait()
        with quiet():
            met.set()
            over.wait()

    threads = [threading.Thread(target=one) for one in (first, second)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert warnings.filters == filters
    assert over.is_set()


def test_of_two_watches_at_once_the_last_gives_the_limit_of_descriptors_back():
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(512, before[1]), before[1]))
    try:
        low = resource.getrlimit(resource.RLIMIT_NOFILE)
        first, second = ManyOpen(), ManyOpen()
        raised = resource.getrlimit(resource.RLIMIT_NOFILE)
        first.undo()
        first.undo()
        assert resource.getrlimit(resource.RLIMIT_NOFILE) == raised
        second.undo()
        assert resource.getrlimit(resource.RLIMIT_NOFILE) == low
        assert first.room == second.room > 0
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, before)


# watch


@pytest.mark.parametrize("source", ["proc", "auto"])
def test_a_watch_that_is_dropped_lets_everything_go(source, still):
    limit, before = resource.getrlimit(resource.RLIMIT_NOFILE), open_files()
    for frame in watch([still[0]], interval_s=0.05, source=source):
        assert [one.pid for one in frame.processes] == [int(still[0])]
        assert open_files() > before
        break
    del frame
    assert (open_files(), resource.getrlimit(resource.RLIMIT_NOFILE)) == (before, limit)


def test_a_watch_that_was_never_begun_holds_nothing():
    before = open_files()
    frames = watch(["["])
    assert open_files() == before
    with pytest.raises(UsageError, match="as a regular expression it is wrong"):
        next(frames)
    assert open_files() == before


@pytest.mark.parametrize(
    "call",
    [
        lambda: scan(["self"], source="zz"),
        lambda: scan([-1]),
        lambda: next(watch(["self"], interval_s=0)),
        lambda: next(watch(["self"], interval_s=float("nan"))),
        lambda: next(watch(["self"], interval_s=0.1, count=-1)),
        lambda: next(watch(["self"], source="zz")),
        lambda: leaks(["self"], seconds=-1),
        lambda: leaks(["self"], seconds=1, interval_s=float("inf")),
    ],
)
def test_what_makes_no_sense_is_refused_as_on_the_command_line(call):
    before = open_files()
    with pytest.raises(UsageError):
        call()
    assert open_files() == before


# asyncio


def test_the_coroutines_have_the_text_and_the_parameters_of_what_they_call():
    for name in ("scan", "waits", "who"):
        ours, theirs = getattr(aio, name), getattr(fdscope, name)
        assert (ours.__doc__, ours.__wrapped__) == (theirs.__doc__, theirs)
        assert inspect.iscoroutinefunction(ours)
    assert inspect.signature(aio.watch).parameters == inspect.signature(watch).parameters


def test_many_scans_of_an_event_loop_are_all_answered_right_while_it_goes_on(still):
    pid, expected = still

    async def main():
        turns = 0

        async def turn():
            nonlocal turns
            while True:
                turns += 1
                await asyncio.sleep(0.001)

        turning = asyncio.create_task(turn())
        answers = await asyncio.gather(
            *(aio.scan([pid]) for _ in range(8)), aio.who([f"pid:{pid}"]), aio.waits([pid])
        )
        turning.cancel()
        return answers, turns

    before = open_files()
    with opening_and_closing():
        (*snapshots, holdings, waiting), turns = asyncio.run(main())
    assert [told_of(one, expected) for one in snapshots] == [(expected, [])] * 8
    assert (holdings.asked[0].object, [one.wait.syscall for one in waiting.waits]) == (f"pid:{pid}", ["read"])
    assert turns > 8
    assert open_files() == before


def test_an_error_reaches_who_awaits():
    async def main():
        with pytest.raises(UsageError, match="there is no field 'knid'"):
            await aio.scan(where="knid == 'tcp'")
        with pytest.raises(UsageError, match="as a regular expression it is wrong"):
            async for _ in aio.watch(["["]):
                pass

    asyncio.run(main())


def test_frames_come_to_an_event_loop_and_the_last_lets_everything_go(still):
    async def main():
        return [frame async for frame in aio.watch([still[0]], interval_s=0.05, count=3, source="proc")]

    before, limit = open_files(), resource.getrlimit(resource.RLIMIT_NOFILE)
    frames = asyncio.run(main())
    assert [frame.number for frame in frames] == [1, 2, 3]
    assert [one.pid for frame in frames for one in frame.processes] == [int(still[0])] * 3
    assert (open_files(), resource.getrlimit(resource.RLIMIT_NOFILE)) == (before, limit)


@pytest.mark.parametrize("seconds", [0, 0.001, 0.01, 0.1, 0.3])
def test_a_watch_that_is_cancelled_lets_everything_go(seconds, still):
    async def main():
        async def follow():
            async for _ in aio.watch([still[0]], interval_s=0.05):
                pass

        following = asyncio.create_task(follow())
        await asyncio.sleep(seconds)  # wherever it is by then
        following.cancel()
        with pytest.raises(asyncio.CancelledError):
            await following

    before, limit = open_files(), resource.getrlimit(resource.RLIMIT_NOFILE)
    asyncio.run(main())
    assert (open_files(), resource.getrlimit(resource.RLIMIT_NOFILE)) == (before, limit)


def test_a_loop_that_is_left_early_lets_everything_go(still):
    async def main():
        async with contextlib.aclosing(aio.watch([still[0]], interval_s=0.05)) as frames:
            async for frame in frames:
                assert frame.number == 1
                break
        return open_files()

    before = open_files()
    inside = asyncio.run(main())
    assert open_files() == before
    assert len(inside) < len(before) + 10  # the loop's own
