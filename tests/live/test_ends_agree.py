"""lsof(8) with +E and fdscope name the same other ends."""

import os
import re
import subprocess

from program import found as installed

from fdscope import scan

HOLDER = """
import socket
reader, writer = os.pipe()
master, slave = os.openpty()
os.mkfifo(sys.argv[1])
fifo = os.open(sys.argv[1], os.O_RDWR)
near, far = socket.socketpair()
listener = socket.create_server(("127.0.0.1", 0))
client = socket.create_connection(listener.getsockname())
server, _ = listener.accept()
counter = checked(libc.eventfd(0, 0))
pid = os.fork()
if not pid:
    import signal
    signal.pause()
ready(child=pid, compared=[reader, writer, master, slave, fifo, near.fileno(), far.fileno(), counter,
                           client.fileno(), server.fileno()])
"""


def of_lsof(pid):
    """Descriptor to the pid, descriptor and access of the others that lsof names."""
    words = [installed("lsof"), "-n", "-P", "+E", "-F", "pfn", "-p", str(pid)]
    told = subprocess.run(words, capture_output=True, text=True).stdout
    found, process, fd = {}, 0, ""
    for line in told.splitlines():
        if line[0] == "p":
            process = int(line[1:])
        elif line[0] == "f":
            fd = line[1:]
        elif line[0] == "n" and process == pid and fd.isdigit():
            ends = re.findall(r" (\d+),[^,]+,(\d+)([rwu])", line)
            found[int(fd)] = {(int(one), int(other), access) for one, other, access in ends}
    return found


def test_lsof_names_the_same_other_ends(child, tmp_path):
    one = child(HOLDER, str(tmp_path / "fifo"))
    try:
        theirs = of_lsof(one.pid)
        (process,) = scan([str(one.pid)]).processes
    finally:
        os.kill(one.told["child"], 9)
    compared = {}
    for row in process.descriptors:
        if row.fd in one.told["compared"]:
            others = theirs[row.fd]
            if type(row).__name__ == "Pipe":  # lsof names all who hold it, those of the same end too
                others = {other for other in others if other[2] != row.access}
            compared[row.fd] = {(pid, fd) for pid, fd, _ in others}
    ours = {row.fd: {(peer.pid, peer.fd) for peer in row.peers or ()} for row in process.descriptors}
    assert {fd: ours[fd] for fd in compared} == compared
    assert all(compared.values())
