"""A specimen of namespace: the network namespace that the lab lives in (namespaces(7))."""

from __future__ import annotations

import os

from . import Scratch, Specimen


def namespace(scratch: Scratch) -> Specimen:
    """The file that setns(2) would take."""
    fd = os.open("/proc/self/ns/net", os.O_RDONLY | os.O_CLOEXEC)
    inode = os.stat("/proc/self/ns/net").st_ino
    return Specimen(
        fd,
        {
            "name": f"net:[{inode}]",
            "namespace_type": "net",
            "inode": inode,
            "object": f"namespace:[{inode}]",
            "access": "r",
        },
    )


SPECIMENS = {"namespace": namespace}
