"""A specimen of kvm: a CPU of a virtual machine that never runs (Documentation/virt/kvm/api.rst)."""

from __future__ import annotations

import fcntl
import os

from . import Scratch, Specimen

_KVM_CREATE_VM, _KVM_CREATE_VCPU = 0xAE01, 0xAE41


def kvm(scratch: Scratch) -> Specimen:
    """CPU number 3 of a machine without memory; it takes the right to open /dev/kvm."""
    device = scratch.keep(os.open("/dev/kvm", os.O_RDWR | os.O_CLOEXEC))
    machine = scratch.keep(fcntl.ioctl(device, _KVM_CREATE_VM, 0))
    fd = fcntl.ioctl(machine, _KVM_CREATE_VCPU, 3)
    return Specimen(
        fd, {"name": "kvm-vcpu:3", "part": "vcpu", "vcpu": 3, "access": "rw", "flags": ["cloexec"], "object": None}
    )


SPECIMENS = {"kvm": kvm}
