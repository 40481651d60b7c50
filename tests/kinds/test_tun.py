"""tun: its interface, once it has one."""

import stat

import pytest
from placing import DEVICES, HEAD, PATH_ONLY, Machine, placed

TUN = {"mount": DEVICES, "file_type": stat.S_IFCHR, "number": (10, 200)}


@pytest.mark.parametrize(
    ("fdinfo", "interface", "line"),
    [
        (HEAD + b"iff:\ttap0\n", "tap0", "/dev/net/tun, interface tap0"),
        (HEAD + b"iff:\t\n", None, "/dev/net/tun, no interface yet"),
        (PATH_ONLY, None, "/dev/net/tun"),
    ],
)
def test_the_interface_is_told(fdinfo, interface, line):
    found = placed(b"/dev/net/tun", fdinfo, **TUN)
    assert type(found).__name__ == "Tun"
    assert (found.interface, found.object, found.details, found.describe()) == (interface, None, None, line)


def test_the_name_of_a_miscellaneous_device_is_told_of_every_kind():
    found = placed(b"/dev/net/tun", machine=Machine(misc={200: b"tun"}), **TUN)
    assert found.misc_device == "tun"
