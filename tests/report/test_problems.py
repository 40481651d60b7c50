"""What could not be read, in few lines."""

from fdscope.model import Problem
from fdscope.report.problems import of_machine, of_process

DENIED = "permission denied (the kernel refuses it; it takes root, or CAP_SYS_PTRACE and CAP_DAC_READ_SEARCH)"


def denied(what, pid=None, fd=None):
    return Problem(what=what, reason="permission-denied", pid=pid, fd=fd)


def test_alike_problems_of_a_process_share_a_line():
    found = [
        denied("descriptors"),
        denied("fdinfo", fd=3),
        Problem(what="a\x1b", reason="failed", detail="Input/output error\n"),
        Problem(what="b", reason="failed", detail="Bad address"),
        Problem(what="c", reason="unheard-of"),
        Problem(what="process", reason="no-such-process", pid=9),
        Problem(what="process", reason="no-such-process", detail="no process is called '\x1b'"),
    ]
    assert list(of_process(found)) == [
        f"descriptors, fdinfo of descriptor 3: {DENIED}",
        r"a\x1b: failed (Input/output error\n)",
        "b: failed (Bad address)",
        "c: unheard-of",
        "no process has this pid",
        r"no process is called '\x1b'",
    ]


def test_eight_things_are_named_and_the_others_counted():
    (eight,) = of_process([denied(f"f{number}") for number in range(8)])
    assert eight == f"f0, f1, f2, f3, f4, f5, f6, f7: {DENIED}"
    (many,) = of_process([denied("status", fd=number) for number in range(1508)])
    assert many.startswith("status of descriptor 0, status of descriptor 1, ")
    assert many.endswith(f"status of descriptor 7 and 1,500 more: {DENIED}")


def test_problems_of_a_machine_are_counted_the_most_frequent_first():
    found = [
        denied("exe", 1),
        denied("cwd", 1),
        denied("cwd", 2),
        *[denied("status", 3, fd) for fd in range(1200)],
    ]
    assert list(of_machine(found)) == [
        f"status 1,200 times in 1 process: {DENIED}",
        f"cwd of 2 processes: {DENIED}",
        f"exe of 1 process: {DENIED}",
    ]
