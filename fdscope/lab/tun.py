"""A specimen of tun: an interface that goes away with its descriptor (Documentation/networking/tuntap.rst)."""

from __future__ import annotations

import fcntl
import os
import struct

from . import Scratch, Specimen

_TUNSETIFF = 0x400454CA
_IFF_TUN, _IFF_NO_PI = 0x0001, 0x1000


def tun(scratch: Scratch) -> Specimen:
    """Interface ``fdslab0``, or the next number that is free; without CAP_NET_ADMIN none."""
    fd = os.open("/dev/net/tun", os.O_RDWR | os.O_CLOEXEC)
    request = struct.pack("16sH22x", b"fdslab%d", _IFF_TUN | _IFF_NO_PI)
    try:
        answer = fcntl.ioctl(fd, _TUNSETIFF, request)
    except PermissionError:
        interface = None
    else:
        interface = answer[:16].rstrip(b"\0").decode()
    says = {"name": "/dev/net/tun", "access": "rw", "device_number": "10:200", "object": None}
    return Specimen(fd, says | {"interface": interface})


SPECIMENS = {"tun": tun}
