"""kvm: which part of a virtual machine."""

import stat

import pytest
from placing import DEVICES, placed
from reading import HEAD, descriptor, told


@pytest.mark.parametrize(
    ("link", "name", "part", "vcpu", "line"),
    [
        (b"anon_inode:kvm-vm", "kvm-vm", "vm", None, "a virtual machine"),
        (b"anon_inode:kvm-vcpu:3", "kvm-vcpu:3", "vcpu", 3, "virtual CPU 3"),
        (b"anon_inode:kvm-vcpu", "kvm-vcpu", "vcpu", None, "virtual CPU"),
        (b"anon_inode:kvm-vcpu-stats:0", "kvm-vcpu-stats:0", "vcpu-stats", 0, "statistics of virtual CPU 0"),
        (b"anon_inode:kvm-vm-stats", "kvm-vm-stats", "vm-stats", None, "statistics of a virtual machine"),
        (b"anon_inode:kvm-vfio", "kvm-vfio", "vfio", None, "device vfio of a virtual machine"),
        (
            b"anon_inode:kvm-arm-vgic-v3",
            "kvm-arm-vgic-v3",
            "arm-vgic-v3",
            None,
            "device arm-vgic-v3 of a virtual machine",
        ),
    ],
)
def test_a_part_is_told_by_its_link(link, name, part, vcpu, line):
    found = descriptor(link, HEAD)
    assert type(found).__name__ == "Kvm"
    assert (found.name, found.part, found.vcpu, found.object) == (name, part, vcpu, None)
    assert found.describe() == line


def test_memory_of_a_guest_has_an_inode_of_its_own():
    fdinfo = HEAD.replace(b"1039", b"4377242")
    assert told(b"anon_inode:[kvm-gmem]", fdinfo) == {
        "kind": "kvm",
        "name": "[kvm-gmem]",
        "part": "gmem",
        "inode": 4377242,
        "mount_id": 17,
        "object": "kvm-gmem:[4377242]",
    }
    newer = descriptor(b"/[kvm-gmem] (deleted)", fdinfo)
    assert (newer.name, newer.part, newer.describe()) == ("[kvm-gmem]", "gmem", "memory of a virtual machine")


def test_statistics_are_told_with_how_far_they_were_read_and_lines_of_newer_kernels():
    found = told(b"anon_inode:kvm-vm-stats", HEAD.replace(b"pos:\t0", b"pos:\t24") + b"vm:\t7\n")
    assert (found["position"], found["details"]) == (24, {"vm": "7"})


def test_the_device_is_a_file():
    found = placed(b"/dev/kvm", mount=DEVICES, file_type=stat.S_IFCHR, number=(10, 232))
    assert (found.part, found.device_number, found.describe()) == ("device", "10:232", "/dev/kvm")
