"""tty and pty-master: by number, and which side faces which."""

import stat

import pytest
from placing import DEVICES, HEAD, PTS, Machine, placed, told

MACHINE = Machine(
    {(False, 4): b"/dev/vc/0", (False, 136): b"pts", (False, 188): b"ttyUSB", (False, 5): b"/dev/tty"}
)
TERMINAL = {"machine": MACHINE, "file_type": stat.S_IFCHR}
MASTER = HEAD + b"tty-index:\t3\n"


@pytest.mark.parametrize(
    ("link", "number", "sort", "driver"),
    [
        (b"/dev/tty", (5, 0), "the controlling terminal", None),
        (b"/dev/console", (5, 1), "the system console", None),
        (b"/dev/tty0", (4, 0), "the virtual console in use", None),
        (b"/dev/tty7", (4, 7), "virtual console", None),
        (b"/dev/ttyS0", (4, 64), "serial port", None),
        (b"/dev/ttyUSB0", (188, 0), "serial port", "ttyUSB"),
        (b"/dev/ttyp0", (3, 0), "pseudoterminal", None),
        (b"/dev/ttyACM0", (166, 0), "serial port", None),
        (b"/dev/ttyAMA0", (204, 64), "serial port", None),
    ],
)
def test_a_terminal_is_known_by_its_number(link, number, sort, driver):
    found = placed(link, mount=DEVICES, number=number, **TERMINAL)
    assert type(found).__name__ == "Tty"
    assert (found.terminal, found.driver, found.pty_index) == (sort, driver, None)
    assert (found.object is None) == (number in ((5, 0), (4, 0)))  # they stand for another terminal
    assert found.describe() == f"{link.decode()}, {sort}"


def test_the_index_of_a_pseudoterminal_is_its_minor_number():
    slave = told(b"/dev/pts/3", mount=PTS, number=(136, 3), **TERMINAL)
    assert slave == {
        "kind": "tty",
        "name": "/dev/pts/3",
        "device_number": "136:3",
        "driver": "pts",
        "terminal": "pseudoterminal",
        "pty_index": 3,
        "filesystem": "devpts",
        "source": "devpts",
        "mount_point": "/dev/pts",
    }
    assert placed(b"/dev/pts/1000", mount=PTS, number=(136, 1000), **TERMINAL).pty_index == 1000
    assert placed(b"/dev/pts/2047", mount=PTS, number=(143, 255), **TERMINAL).pty_index == 2047


@pytest.mark.parametrize(("link", "major"), [(b"/dev/hvc0", 229), (b"/dev/ttyB0", 216)])
def test_a_terminal_of_no_known_sort_is_told_by_its_driver(link, major):
    found = placed(
        link, mount=DEVICES, number=(major, 0), machine=Machine({(False, major): b"hvc"}), file_type=stat.S_IFCHR
    )
    assert (type(found).__name__, found.describe()) == ("Tty", f"{link.decode()}, terminal of driver hvc")


@pytest.mark.parametrize("major", [2, 128, 135])
def test_masters_of_old_have_numbers_of_their_own(major):
    assert type(placed(b"/dev/ptyp0", mount=DEVICES, number=(major, 0), **TERMINAL)).__name__ == "PtyMaster"


def test_a_terminal_whose_master_is_closed_is_deleted():
    slave = placed(b"/dev/pts/3 (deleted)", mount=PTS, number=(136, 3), links=0, **TERMINAL)
    assert slave.describe() == "/dev/pts/3, pseudoterminal, deleted"


def test_a_master_names_its_slave():
    master = told(b"/dev/ptmx", MASTER, mount=DEVICES, number=(5, 2), **TERMINAL)
    assert master == {
        "kind": "pty-master",
        "name": "/dev/ptmx",
        "device_number": "5:2",
        "pty_index": 3,
        "slave": "/dev/pts/3",
        "object": None,
        "filesystem": "devtmpfs",
        "source": "devtmpfs",
        "mount_point": "/dev",
    }


@pytest.mark.parametrize(
    ("link", "mount", "slave"),
    [
        (b"/dev/pts/ptmx", PTS, "/dev/pts/3"),
        (b"/jail/pts/ptmx", PTS._replace(point=b"/jail/pts"), "/jail/pts/3"),
        (b"/dev/ptmx", PTS._replace(root=b"/ptmx", point=b"/dev/ptmx"), "/dev/pts/3"),  # a bind mount
    ],
)
def test_the_slave_lies_beside_the_master_of_its_own_file_system(link, mount, slave):
    master = placed(link, MASTER, mount=mount, number=(5, 2), **TERMINAL)
    assert (master.slave, master.describe()) == (slave, f"{link.decode()}, master of {slave}")


def test_a_master_of_a_devpts_file_system_is_named_by_it():
    master = placed(b"/dev/pts/ptmx", MASTER, mount=PTS, number=(5, 2), **TERMINAL)
    assert (master.object, master.slave_device) == (f"pty:{PTS.device.decode()}:3", PTS.device.decode())


def test_a_node_leads_to_the_devpts_file_system_beside_it():
    machine = Machine(beside={b"/dev/pts/3": PTS})
    master = placed(b"/dev/ptmx", MASTER, mount=DEVICES, number=(5, 2), machine=machine, file_type=stat.S_IFCHR)
    assert (master.object, master.slave_device) == (None, PTS.device.decode())


def test_a_kernel_that_does_not_tell_the_index_leaves_the_slave_open():
    master = placed(b"/dev/ptmx", mount=DEVICES, number=(5, 2), **TERMINAL)
    assert (master.pty_index, master.slave, master.object, master.describe()) == (None, None, None, "/dev/ptmx")
