"""A machine that was never there, for the tests of reports: every fact in it is known."""

from fdscope.kinds import KINDS
from fdscope.model import (
    HeldFile,
    Host,
    Limit,
    Memory,
    OpenFiles,
    Process,
    Snapshot,
    Switches,
    Thread,
    Wait,
    WaitOn,
    kind_name,
)

KIND = {kind_name(kind): kind for kind in KINDS}


def switches(voluntary, involuntary, threads=1):
    return Switches(
        voluntary=voluntary, involuntary=involuntary, threads_counted=threads, exited_threads_included=False
    )


def process(**more):
    """One that holds a pipe and a file, in a container, with two threads."""
    facts = {
        "pid": 42,
        "parent_pid": 1,
        "name": "web\x1b",
        "command": ["/bin/web\n", "-x", ""],
        "uid": 1000,
        "user": "ann",
        "state": "sleeping",
        "started_at": "2026-11-23T04:00:00Z",
        "cgroup": "/docker/a\tb",
        "container": "a\tb",
        "descriptor_count": 2,
        "descriptor_limit": Limit(soft=10, hard=2000),
        "context_switches": switches(1234, 5, 2),
        "memory": Memory(resident_bytes=1 << 20, virtual_bytes=3 << 20),
        "threads": [
            Thread(
                tid=42,
                name="web",
                state="sleeping",
                cpu=1,
                context_switches=switches(1200, 4),
                code="libc.so.6+0x1f",
                wait=Wait(waits_for="input", syscall="read", model="blocking", on=[WaitOn(fd=3)]),
            ),
            Thread(tid=43, name="w\x1b"),
        ],
        "descriptors": [
            KIND["pipe"](fd=3, name="pipe:[5]", access="r", flags=["cloexec"]),
            KIND["regular"](
                fd=4, name="/a", access="rw", flags=["append", "largefile"], size_bytes=2000, position=7
            ),
        ],
        "files": [
            HeldFile(role="cwd", name="/home", deleted=True, size_bytes=4096),
            HeldFile(role="exe", name="/bin/web", size_bytes=2048, deleted=False),
            HeldFile(role="mapped", name="/lib", size_bytes=1024, mapped_bytes=4096, rights=["r--p", "r-xp"]),
        ],
    }
    return Process(**facts | more)


HOST = Host(
    hostname="box\x1b",
    kernel="6.18",
    boot_time="2026-11-22T00:00:00Z",
    cpus=4,
    cpu_sockets=1,
    load_average=[0.5, 1.0, 2.25],
    memory_total_bytes=8 << 30,
    memory_available_bytes=2 << 30,
    open_files=OpenFiles(allocated=1500, maximum=100000),
    context_switches=123456,
)


def snapshot(*processes, host=HOST, problems=()):
    return Snapshot(
        fdscope="0",
        taken_at="2026-11-23T05:02:00.500Z",
        duration_s=0.1,
        sources=["proc"],
        host=host,
        processes=list(processes),
        objects=[],
        problems=list(problems),
    )
