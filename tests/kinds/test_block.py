"""block-device: numbers, drivers, partitions."""

import stat

from placing import DEVICES, HEAD, PATH_ONLY, Machine, placed, told

MACHINE = Machine({(True, 8): b"sd"}, partitions={(8, 1): b"sda1"})
DISK = {"machine": MACHINE, "mount": DEVICES, "file_type": stat.S_IFBLK, "number": (8, 1)}
FACTS = {
    "kind": "block-device",
    "device_number": "8:1",
    "driver": "sd",
    "partition": "sda1",
    "filesystem": "devtmpfs",
    "source": "devtmpfs",
    "mount_point": "/dev",
}


def test_a_disk_has_a_position_and_no_size():
    fdinfo = HEAD.replace(b"pos:\t0", b"pos:\t512")
    assert told(b"/dev/sda1", fdinfo, **DISK) == FACTS | {"name": "/dev/sda1", "position": 512}
    assert placed(b"/dev/sda1", fdinfo, **DISK).describe() == "/dev/sda1, driver sd, at 512"


def test_a_disk_under_another_name_is_told_by_the_kernels_too():
    by_id = placed(b"/dev/root", PATH_ONLY, **DISK)
    assert (by_id.position, by_id.describe()) == (None, "/dev/root, driver sd, named sda1")
    assert placed(b"/dev/xsda1", PATH_ONLY, **DISK).describe() == "/dev/xsda1, driver sd, named sda1"
