"""What lsof, lsfd and ss say of a place, and what fdscope says of it, as values that can be compared.

Their rows are those of `peers`.
"""

import os
import pwd
import re


def number(text):
    """A number as text, whatever it is written as; None: there is none."""
    return None if text in (None, "") else str(int(str(text), 0))


def offset(text):
    return None if not (text or "").startswith("0t") else text[2:]


def flags(names):
    """Flags of open(2) by lsof's letters, lsfd's or our own words, as far as all three have a word for them."""
    words = {
        "AP": "append",
        "ND": "nonblock",
        "NB": "nonblock",
        "CX": "cloexec",
        "DTY": "directory",
    }
    told = {words.get(one, one) for one in re.split("[,;| ]+", names or "")}
    return ",".join(sorted(told & {"append", "nonblock", "cloexec", "directory"}))


def state(text):
    return None if not text else text.replace("_", "-").replace("FIN-WAIT1", "FIN-WAIT-1")


TYPES = {
    **dict.fromkeys(("regular", "memfd", "secretmem", "mqueue", "namespace"), "REG"),
    **dict.fromkeys(("char-device", "tty", "pty-master", "tun", "fuse"), "CHR"),
    **dict.fromkeys(
        ("unix", "tcp", "udp", "udplite", "icmp", "raw", "netlink", "packet", "vsock", "socket"), "SOCK"
    ),
    **dict.fromkeys(("fifo", "pipe"), "FIFO"),
    "directory": "DIR",
    "block-device": "BLK",
    "symlink": "LINK",
    "kvm": None,  # the device or what was made of it
}
"""Our kinds and the types of lsfd; of all others that is UNKN."""


def type_of(kind):
    return TYPES.get(kind, "UNKN")


def device_type(kind):
    return None if kind == "kvm" else {"CHR": "char", "BLK": "blk"}.get(type_of(kind), "nodev")


def plain(name):
    """A name without the scheme before the number of an inode, which lsfd and the kernel choose differently."""
    return re.sub(r"^[A-Za-z0-9_-]+:(\[\d+\])$", r"\1", name)


def name_of(text):
    """A name as lsfd has it, without what the kernel says beside it."""
    return plain(re.sub("^(anon_inode:|/memfd:|/(?=secretmem))", "", text.removesuffix(" (deleted)")))


def truth(text):
    return str(str(text).lower() in ("true", "yes", "1"))


def disk(text):
    """What a disk is called, from lsfd's word for it or the path of its device; None: it is none."""
    name = str(text).removeprefix("/dev/")
    return name if os.path.exists(f"/dev/{name}") else None


def column_of(name, read=str):
    """How a row of lsfd has a column; None: it has none."""
    return lambda row: None if row[name] in (None, "") else read(row[name])


def of_ss(pattern):
    """What a pattern finds in a line of ss; None: nothing."""

    def value(row):
        match = re.search(pattern, row["line"])
        return match and match[1]

    return value


VALUES = {
    ("lsof", "-o"): {"position": (lambda row: offset(row.get("o")), number)},
    ("lsof", "-s"): {"size_bytes": (lambda row: number(row.get("s")), number)},
    ("lsof", "+L"): {"links": (lambda row: row.get("k"), number)},
    ("lsof", "+f g"): {"flags": (lambda row: flags(row.get("G")), flags)},
    ("lsof", "-g"): {"process_group": (lambda row: row["g"], number)},
    ("lsof", "-R"): {"parent_pid": (lambda row: row["R"], number)},
    ("lsof", "-l"): {"uid": (lambda row: row["u"], number)},
    ("lsof", "+c N"): {"process": (lambda row: row["c"], str)},
    ("lsof", "-T qs"): {
        "state": (lambda row: state(row.get("TST")), str),
        "receive_queue_bytes": (lambda row: row.get("TQR"), number),
        "send_queue_bytes": (lambda row: row.get("TQS"), number),
    },
    ("ss", "-e"): {
        "owner_uid": (lambda row: of_ss(r" uid:(\d+)")(row) or "0", number),
        "inode": (of_ss(r" ino:(\d+)"), number),
    },
    ("ss", "-m"): {
        "receive_buffer_bytes": (of_ss(r"skmem:\(r\d+,rb(\d+)"), number),
        "send_buffer_bytes": (of_ss(r"skmem:\(.*,tb(\d+)"), number),
        "dropped": (of_ss(r"skmem:\(.*,d(\d+)"), number),
    },
    ("ss", "-o"): {"tcp.timer": (of_ss(r"timer:\((\w+)"), lambda text: {"retransmit": "on"}.get(text, text))},
    ("ss", "-i"): {
        "tcp.congestion_control": (of_ss(r" (cubic|reno|bbr)\b"), str),
        "tcp.congestion_window": (of_ss(r" cwnd:(\d+)"), number),
        "tcp.send_mss_bytes": (of_ss(r" mss:(\d+)"), number),
    },
    ("ss", "--tos"): {"type_of_service": (lambda row: number(of_ss(r" tos:(0x[1-9a-f]\w*)")(row)), number)},
    ("lsfd", "COMMAND"): {"process": (column_of("command"), str)},
    ("lsfd", "ASSOC"): {"fd": (column_of("assoc"), str)},
    ("lsfd", "BLKDRV"): {"driver": (column_of("blkdrv"), str)},
    ("lsfd", "CHRDRV"): {"driver": (column_of("chrdrv"), str)},
    ("lsfd", "DELETED"): {"deleted": (column_of("deleted", truth), truth)},
    ("lsfd", "DEV"): {"device": (column_of("dev"), str)},
    ("lsfd", "DEVTYPE"): {"kind": (column_of("devtype"), device_type)},
    ("lsfd", "FD"): {"fd": (column_of("fd"), str)},
    ("lsfd", "FLAGS"): {"flags": (column_of("flags", flags), flags)},
    ("lsfd", "FUID"): {"owner_uid": (column_of("fuid"), str)},
    ("lsfd", "INODE"): {"inode": (column_of("inode"), str)},
    ("lsfd", "MAJ:MIN"): {"device_number": (column_of("maj:min"), str)},
    ("lsfd", "MISCDEV"): {"misc_device": (column_of("miscdev"), str)},
    ("lsfd", "MNTID"): {"mount_id": (column_of("mntid"), str)},
    ("lsfd", "MODE"): {"access": (lambda row: row["mode"].replace("-", "") or None, str)},
    ("lsfd", "NAME"): {"name": (column_of("name", name_of), plain)},
    ("lsfd", "NLINK"): {"links": (column_of("nlink"), str)},
    ("lsfd", "OWNER"): {"owner_uid": (lambda row: str(pwd.getpwnam(row["owner"]).pw_uid), str)},
    ("lsfd", "PARTITION"): {"partition": (column_of("partition"), str)},
    ("lsfd", "PID"): {"pid": (column_of("pid"), str)},
    ("lsfd", "POS"): {"position": (column_of("pos"), str)},
    ("lsfd", "PROTONAME"): {
        "protocol": (
            lambda row: None if row["protoname"] in ("NETLINK", "PACKET", "RAW") else row["protoname"],
            str,
        )
    },
    ("lsfd", "RDEV"): {"device_number": (column_of("rdev"), str)},
    ("lsfd", "SIZE"): {"size_bytes": (column_of("size"), str)},
    ("lsfd", "SOURCE"): {"source": (column_of("source", disk), disk)},
    ("lsfd", "TYPE"): {"kind": (column_of("type"), type_of)},
    ("lsfd", "UID"): {"uid": (column_of("uid"), str)},
    ("lsfd", "USER"): {"user": (column_of("user"), str)},
}
"""Of lines that show columns: our column, how a row of theirs is read, and how ours is."""
