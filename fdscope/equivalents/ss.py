"""ss(8): its options and the words of its filter, and what they are in fdscope."""

from __future__ import annotations

from .row import Row, Table

_TCP = "fdscope --kind tcp"

SS = Table(
    "ss",
    "ss(8)",
    "6.1",
    (
        # which sockets
        Row("-t", "connections of TCP", "ss -t", f'{_TCP} --where \'state not in ("LISTEN", "CLOSED")\''),
        Row("-a", "also those that listen", "ss -ta", _TCP),
        Row(
            "-l",
            "those that listen",
            "ss -tl",
            f"{_TCP} --listening",
            "of all protocols: fdscope --listening; a UDP socket does not listen, but is UNCONNECTED",
            often=True,
        ),
        Row("-u", "of UDP", "ss -ua", "fdscope --kind udp"),
        Row("-w", "raw sockets", "ss -wa", "fdscope --kind raw,icmp"),
        Row("-x", "unix sockets", "ss -xa", "fdscope --kind unix"),
        Row("-0", "packet sockets", "ss -0a", "fdscope --kind packet"),
        Row("--vsock", "sockets of virtual machines", "ss --vsock -a", "fdscope --kind vsock"),
        Row("-M", "Multipath TCP", "ss -Ma", f"{_TCP} --where multipath"),
        Row(
            "-S, -d, --tipc, --xdp",
            "SCTP, DCCP, TIPC, XDP",
            note="of kind socket, with a protocol only: fdscope --kind socket --where 'protocol =~ \"SCTP\"'",
        ),
        Row("-4", "of IPv4", "ss -4ta", f"{_TCP} -4"),
        Row("-6", "of IPv6", "ss -6ta", f"{_TCP} -6"),
        Row("-f FAMILY", "of one family", "ss -f netlink -a", "fdscope --kind netlink"),
        Row("-A LIST", "of these tables", "ss -a -A tcp,unix", "fdscope --kind tcp,unix"),
        Row("-A '!…'", "of all but these", note="fdscope --where 'state exists and kind != \"tcp\"' and the like"),
        Row("-N NAME", "of this network namespace", "ss -N NETNS -ta", f"{_TCP} --netns NETNS"),
        # filter
        Row(
            "state STATE", "in this state", "ss -t state established", f"{_TCP} --where 'state == \"ESTABLISHED\"'"
        ),
        Row(
            "exclude STATE",
            "not in this state",
            "ss -ta exclude listening",
            f"{_TCP} --where 'state != \"LISTEN\"'",
        ),
        Row(
            "state connected",
            "neither listening nor closed",
            "ss -t state connected",
            f'{_TCP} --where \'state not in ("LISTEN", "CLOSED")\'',
        ),
        Row(
            "state synchronized",
            "the same without SYN-SENT",
            "ss -t state synchronized",
            f'{_TCP} --where \'state not in ("LISTEN", "CLOSED", "SYN-SENT")\'',
        ),
        Row("state bucket, big", "TIME-WAIT and SYN-RECEIVED, or not", note="no process holds such a connection"),
        Row("dst HOST", "to this address", "ss -t dst ADDRESS", f"{_TCP} --where 'remote_address == \"ADDRESS\"'"),
        Row(
            "dst HOST/BITS",
            "to this network",
            "ss -t dst ADDRESS/8",
            f"{_TCP} --where 'remote_address in \"ADDRESS/8\"'",
            often=True,
        ),
        Row(
            "src HOST", "from this address", "ss -ta src ADDRESS", f"{_TCP} --where 'local_address == \"ADDRESS\"'"
        ),
        Row("src UNIX", "by name", "ss -xa src SOCKET", "fdscope --kind unix --where 'path == \"SOCKET\"'"),
        Row("sport = :PORT", "from this port", "ss -ta sport = :PORT", f"{_TCP} --where 'local_port == PORT'"),
        Row(
            "dport >= :PORT", "to these ports", "ss -ta 'dport >= :PORT'", f"{_TCP} --where 'remote_port >= PORT'"
        ),
        Row(
            "or, and, not, ( )",
            "joined",
            "ss -ta '( sport = :PORT or dport = :PORT ) and not src ADDRESS:PORT'",
            f"{_TCP} --where '(local_port == PORT or remote_port == PORT) and "
            'not (local_address == "ADDRESS" and local_port == PORT)\'',
        ),
        Row("dev DEVICE", "bound to this interface", "ss -ta dev lo", f"{_TCP} --where 'interface == \"lo\"'"),
        Row("fwmark MASK", "by mark", "ss -ta fwmark = 0x07", f"{_TCP} --where 'mark == 7'"),
        Row("cgroup PATH", "by control group", note="fdscope --cgroup PATH: of processes, not of sockets"),
        Row("autobound", "with a port that the kernel chose", note="no field tells that"),
        Row("-F FILE", "the filter from a file", note='fdscope --where "$(cat FILE)"'),
        # what is told
        Row("-p", "with processes", "ss -tap", _TCP, "always so"),
        Row("-T", "with threads", note="threads of a process share its descriptors; see lsfd -l"),
        Row(
            "-e",
            "user and inode",
            "ss -tae",
            f"{_TCP} --columns pid,fd,state,owner_uid,inode",
        ),
        Row(
            "-m",
            "memory",
            "ss -tam",
            f"{_TCP} --columns pid,fd,state,receive_buffer_bytes,send_buffer_bytes,dropped",
            "of listeners too; what else it tells of memory is left out",
        ),
        Row(
            "-o",
            "timers",
            "ss -tao",
            f"{_TCP} --columns pid,fd,state,tcp.timer,tcp.timer_ms",
        ),
        Row(
            "-i",
            "how a connection fares",
            "ss -ti",
            f"{_TCP} --where 'state == \"ESTABLISHED\"' "
            "--columns pid,fd,tcp.congestion_control,tcp.congestion_window,tcp.send_mss_bytes",
            "tcp.rtt_us and 50 more: fdscope-kinds(7)",
        ),
        Row(
            "--tos",
            "marks of packets",
            "ss -ta --tos",
            f"{_TCP} --columns pid,fd,state,type_of_service,traffic_class",
        ),
        Row(
            "--inet-sockopt",
            "options of sockets",
            note="ipv6_only; of others the kernel tells only that they are on",
        ),
        Row("--cgroup", "control groups", note="the column cgroup tells that of the process"),
        Row("--tipcinfo", "of TIPC", note="TIPC is not decoded"),
        Row("-b", "filters of sockets", note="not read yet"),
        Row("-Z, -z", "security contexts of SELinux", note="not read yet"),
        Row("-s", "counts alone", note="fdscope --kind tcp --group-by state, of sockets that processes hold"),
        Row("-n", "no names of ports", note="always so"),
        Row("-r", "names of hosts", note="a question to the network; getent hosts ADDRESS"),
        Row("-H", "no header", "ss -Htl", f"{_TCP} --listening --no-headers"),
        Row("-O", "one line a socket", "ss -Ota", f"{_TCP} --ndjson"),
        # what it does
        Row("-E", "sockets as they are closed", note="fdscope watch --ndjson --changes PID, of one process"),
        Row("-K", "close sockets", note="fdscope only looks"),
        Row("-D FILE", "raw answers of the kernel", note="fdscope --json > FILE, which --from FILE reads"),
        Row("-h", "help", "ss -h", "fdscope --help"),
        Row("-V", "the version", "ss -V", "fdscope --version"),
    ),
)
