"""ss(8) and fdscope say the same of every socket, and of who holds it, in several network namespaces.

It can be made larger: FDSCOPE_CONNECTIONS=5000 FDSCOPE_LISTENERS=200 pytest tests/live/test_sockets_agree.py.
"""

import os
import re
import subprocess

from program import found as installed

from fdscope import scan

CONNECTIONS = int(os.environ.get("FDSCOPE_CONNECTIONS", "120"))
LISTENERS = int(os.environ.get("FDSCOPE_LISTENERS", "12"))
NAMESPACES = 3

LOAD = """
import fcntl, resource, socket, struct
connections, listeners, apart = map(int, sys.argv[1:4])
_, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
if apart:
    checked(libc.unshare(0x40000000))                       # CLONE_NEWNET
    with socket.socket() as control:                        # "lo" goes up: SIOCSIFFLAGS, IFF_UP
        fcntl.ioctl(control, 0x8914, struct.pack("16sh22x", b"lo", 1))
kept = []
def keep(one):
    kept.append(one)
    return one
def listener(family, address, **how):
    one = keep(socket.socket(family, how.get("type", socket.SOCK_STREAM)))
    one.bind(address)
    one.listen(how.get("backlog", 64))
    return one
def any_of(family):
    return "127.0.0.1" if family == socket.AF_INET else "::1"
families = [socket.AF_INET] + [socket.AF_INET6] * socket.has_ipv6
for number in range(listeners):
    family = families[number % len(families)]
    one = listener(family, (any_of(family) if number % 3 else "", 0), backlog=number + 1)
    for _ in range(connections // listeners):
        client = keep(socket.socket(family))
        client.connect((any_of(family), one.getsockname()[1]))
        server = keep(one.accept()[0])
        if len(kept) % 7 == 0:
            server.send(b"x" * (len(kept) % 1000))          # waits at the client
        if len(kept) % 31 == 0:
            server.shutdown(socket.SHUT_WR)                 # FIN-WAIT-2 and CLOSE-WAIT
waiting = listener(socket.AF_INET, ("127.0.0.1", 0))
for _ in range(3):
    keep(socket.create_connection(waiting.getsockname()))   # not accepted
mapped = listener(socket.AF_INET6, ("::", 0)) if len(families) > 1 else waiting
keep(socket.create_connection(("127.0.0.1", mapped.getsockname()[1])))
keep(mapped.accept()[0])
for number in range(6):
    server = keep(socket.socket(socket.AF_INET, socket.SOCK_DGRAM))
    server.bind(("127.0.0.1" if number % 2 else "0.0.0.0", 0))
    client = keep(socket.socket(socket.AF_INET, socket.SOCK_DGRAM))
    client.connect(("127.0.0.1", server.getsockname()[1]))
    client.send(b"x" * 100)
for type_ in (socket.SOCK_STREAM, socket.SOCK_SEQPACKET):
    for name in ("\\0fdscope-%d-%d" % (os.getpid(), type_), "%s/%d-%d" % (sys.argv[4], os.getpid(), type_)):
        one = listener(socket.AF_UNIX, name, type=type_)
        for accepted in (True, True, False):
            client = keep(socket.socket(socket.AF_UNIX, type_))
            client.connect(name)
            if accepted:
                keep(one.accept()[0]).send(b"hello")
    for _ in range(20):
        kept.extend(socket.socketpair(socket.AF_UNIX, type_))
for _ in range(5):
    kept.extend(socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM))
target = keep(socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM))
target.bind("\\0fdscope-dgram-%d" % os.getpid())
for _ in range(3):
    client = keep(socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM))
    client.connect(target.getsockname())
ready(kept=len(kept))
"""

STATES = {"ESTAB": "ESTABLISHED", "UNCONN": "UNCONNECTED"}
TYPES = {"u_str": "stream", "u_seq": "seqpacket", "u_dgr": "datagram"}


def place(address, port):
    """As ss(8) writes it."""
    if address is None:
        return None
    return f"[{address}]:{port}" if ":" in address else f"{address}:{port}"


def of_ss(pid):
    """Process and descriptor to what ss says, for the network namespace of a process."""
    command = ["nsenter", "-t", str(pid), "-n"] if os.geteuid() == 0 else []
    told = subprocess.run(
        [*command, installed("ss"), "-H", "-xtuwnapeO"], capture_output=True, text=True, check=True
    )
    found = {}
    for line in told.stdout.splitlines():
        holders = re.findall(r"pid=(\d+),fd=(\d+)", line)
        words = line.split()
        netid, state, waiting, unsent = words[:4]
        if netid.startswith("u_"):
            name, inode, _, peer = words[4:8]
            facts = (
                TYPES[netid],
                STATES.get(state, state),
                int(waiting),
                int(unsent),
                name,
                int(inode),
                int(peer),
            )
        else:
            local, remote = words[4].replace("*:", "[::]:"), words[5].replace("*:", "[::]:")
            inode = int(re.search(r"ino:(\d+)", line)[1]) if "ino:" in line else 0
            facts = (netid, STATES.get(state, state), int(waiting), int(unsent), local, remote, inode)
        for holder in holders:
            found[tuple(map(int, holder))] = facts
    return found


def of_fdscope(process):
    """The same of what fdscope says."""
    found = {}
    for one in process.descriptors:
        kind = type(one).__name__
        if kind not in ("Tcp", "Udp", "Unix") or one.state is None:
            continue
        queues = one.receive_queue_bytes, one.send_queue_bytes
        if one.state == "LISTEN":
            queues = one.backlog, one.backlog_limit
        if kind == "Unix":
            name = "*" if one.path is None else one.path.replace("\0", "@")
            facts = (one.socket_type, one.state, *queues, name, one.inode, one.peer_inode or 0)
        else:
            wild = "[::]:*" if ":" in one.local_address else "0.0.0.0:*"
            remote = place(one.remote_address, one.remote_port) or wild
            facts = (kind.lower(), one.state, *queues, place(one.local_address, one.local_port), remote, one.inode)
        found[process.pid, one.fd] = facts
    return found


def test_every_socket_is_told_as_ss_tells_it_and_none_is_missing(child, tmp_path):
    root = os.geteuid() == 0
    children = [
        child(
            LOAD,
            str(CONNECTIONS // NAMESPACES),
            str(LISTENERS // NAMESPACES),
            str(int(root and number > 0)),
            str(tmp_path),
        )
        for number in range(NAMESPACES)
    ]
    snapshot = scan([str(one.pid) for one in children])
    told = {process.pid: process for process in snapshot.processes}
    namespaces = set()
    for one in children:
        theirs = {place: facts for place, facts in of_ss(one.pid).items() if place[0] == one.pid}
        ours = of_fdscope(told[one.pid])
        assert len(theirs) >= one.told["kept"]
        assert {place: ours.get(place) for place in theirs} == theirs
        assert ours.keys() == theirs.keys()
        namespaces.add(told[one.pid].namespaces["net"])
    assert len(namespaces) == (NAMESPACES if root else 1)


def addresses(row):
    """Both ends; an IPv4 address within IPv6 as IPv4."""
    local, remote = row.local_address.removeprefix("::ffff:"), row.remote_address.removeprefix("::ffff:")
    return local, row.local_port, remote, row.remote_port


def test_both_ends_of_every_connection_within_the_machine_name_each_other(child, tmp_path):
    one = child(LOAD, str(CONNECTIONS), str(LISTENERS), "0", str(tmp_path))
    (process,) = scan([str(one.pid)]).processes
    by_fd = {row.fd: row for row in process.descriptors}
    by_inode = {row.inode: row.fd for row in process.descriptors if type(row).__name__ in ("Tcp", "Udp", "Unix")}
    by_address = {
        addresses(row): row.fd for row in process.descriptors if type(row).__name__ == "Tcp" and row.remote_port
    }
    pairs = 0
    for row in process.descriptors:
        kind = type(row).__name__
        peers = [(peer.pid, peer.fd) for peer in row.peers or ()]
        if kind == "Unix" and row.peer_inode:
            assert (one.pid, by_inode[row.peer_inode]) in peers
            pairs += 1
        elif kind == "Tcp" and row.remote_port:
            local, port, remote, remote_port = addresses(row)
            mirror = by_address.get((remote, remote_port, local, port))
            if mirror is not None:
                assert peers == [(one.pid, mirror)]
                assert [(peer.pid, peer.fd) for peer in by_fd[mirror].peers] == [(one.pid, row.fd)]
                pairs += 1
            else:
                assert row.other_end in ("unclaimed", "unread")  # not accepted
    assert pairs >= 2 * (CONNECTIONS // LISTENERS) * LISTENERS
