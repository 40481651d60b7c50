"""A specimen of vsock: a listener (vsock(7))."""

from __future__ import annotations

import os
import socket

from . import Refused, Scratch, Specimen


def listener(scratch: Scratch) -> Specimen:
    """On any address, at a port that the kernel chooses."""
    try:
        made = socket.socket(socket.AF_VSOCK, socket.SOCK_STREAM)
    except OSError as error:
        raise Refused(f"this kernel has no vsock: {error.strerror}") from None
    made.bind((socket.VMADDR_CID_ANY, socket.VMADDR_PORT_ANY))
    made.listen(4)
    link = f"socket:[{os.fstat(made.fileno()).st_ino}]"
    says = {"name": link, "object": link, "access": "rw"}
    return Specimen(made.detach(), says)


SPECIMENS = {"vsock": listener}
