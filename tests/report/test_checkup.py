"""What doctor says of rights, settings and kernels."""

import pytest

from fdscope.raw import RawAbilities
from fdscope.report.checkup import capabilities, findings, hidepid

ALL = RawAbilities(
    b"CapEff:\t000001ffffffffff\n", b"", True, 5, 6, True, b"pos:\t0\nino:\t7\n", True, True, (("files", ""),)
)
NONE = RawAbilities(
    b"CapEff:\t0000000000000000\n",
    b"",
    False,
    1,
    1,
    False,
    b"pos:\t0\n",
    False,
    False,
    (("files", "it takes wings"),),
)


def told(raw):
    return [(one.name, one.available, one.found) for one in findings(raw, "/proc")]


def test_root_on_a_new_kernel_may_see_everything():
    assert told(ALL) == [
        ("proc", True, "/proc; descriptors of 5 of 6 processes can be read"),
        ("bpf files", True, "works"),
        ("CAP_SYS_PTRACE", True, "held"),
        ("CAP_DAC_READ_SEARCH", True, "held"),
        ("CAP_BPF", True, "held"),
        ("CAP_PERFMON", True, "held"),
        ("CAP_CHECKPOINT_RESTORE", True, "by CAP_CHECKPOINT_RESTORE and CAP_SYS_ADMIN"),
        ("hidepid", True, "hidepid=0"),
        ("fdinfo ino:", True, "there"),
        ("size of /proc/PID/fd", True, "there"),
        ("kcmp(2)", True, "works"),
    ]


def test_without_rights_on_an_old_kernel_it_is_said_what_is_missing():
    assert told(NONE) == [
        ("proc", True, "/proc, not of this machine; descriptors of 1 of 1 process can be read"),
        ("bpf files", False, "it takes wings"),
        ("CAP_SYS_PTRACE", False, "not held: run as root"),
        ("CAP_DAC_READ_SEARCH", False, "not held: run as root"),
        ("CAP_BPF", False, "not held: run as root"),
        ("CAP_PERFMON", False, "not held: run as root"),
        ("CAP_CHECKPOINT_RESTORE", False, "not held"),
        ("hidepid", True, "hidepid=0"),
        ("fdinfo ino:", False, "missing: it came with Linux 5.14"),
        ("size of /proc/PID/fd", False, "missing: it came with Linux 6.2"),
        ("kcmp(2)", False, "refused, or built without CONFIG_KCMP"),
    ]


@pytest.mark.parametrize(
    ("name", "bit"),
    [
        ("CAP_DAC_READ_SEARCH", 2),
        ("CAP_SYS_PTRACE", 19),
        ("CAP_SYS_ADMIN", 21),
        ("CAP_PERFMON", 38),
        ("CAP_BPF", 39),
        ("CAP_CHECKPOINT_RESTORE", 40),
    ],
)
def test_capabilities_have_the_numbers_of_the_kernel(name, bit):
    assert capabilities(b"CapEff:\t%016x\n" % (1 << bit)) == {name}


def test_a_right_that_does_not_help_is_not_told_as_one_that_does():
    found = {one.name: one.available for one in findings(ALL._replace(map_files=False), "/proc")}
    assert found["CAP_CHECKPOINT_RESTORE"] is False


@pytest.mark.parametrize(
    ("line", "hidden", "available"),
    [
        (b"25 1 0:5 / /proc rw,relatime - proc proc rw\n", "0", True),
        (b"25 1 0:5 / /proc rw - proc proc rw,hidepid=off,gid=4\n", "off", True),
        (b"25 1 0:5 / /proc rw - proc proc rw,hidepid=invisible\n", "invisible", False),
        (b"25 1 0:5 / /proc rw - proc proc rw,hidepid=2\n", "2", False),
        (b"25 1 0:5 / /jail/proc rw - proc proc rw,hidepid=2\n", "0", True),
        (b"25 1 0:5 / /proc rw - tmpfs proc rw,hidepid=2\n", "0", True),
    ],
)
def test_hidepid_is_told_as_proc_is_mounted(line, hidden, available):
    assert hidepid(line) == hidden
    (one,) = [one for one in findings(ALL._replace(mounts=line), "/proc") if one.name == "hidepid"]
    assert (one.available, one.found) == (available, f"hidepid={hidden}")
