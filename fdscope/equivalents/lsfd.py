"""lsfd(1): its options, its columns, the examples of its filter, and what they are in fdscope."""

from __future__ import annotations

from .row import Row, Table


def _column(name: str, field: str, meaning: str, note: str = "") -> Row:
    """A column of theirs and the one of ours that tells the same."""
    theirs, ours = f"lsfd -p 1234 -o PID,ASSOC,{name}", f"fdscope --pid 1234 --columns pid,fd,{field}"
    return Row(name, meaning, theirs, ours, note)


LSFD = Table(
    "lsfd",
    "lsfd(1)",
    "2.38",
    (
        Row("-p LIST", "of these processes", "lsfd -p 1234", "fdscope --pid 1234"),
        Row("-J", "one JSON document", "lsfd -J -p 1234", "fdscope --json --pid 1234"),
        Row(
            "-l",
            "every thread like a process",
            note="threads of a process share its descriptors; the column tid names a thread that has a table of "
            "its own, and waits 1234 tells of every thread what it waits for",
        ),
        Row("-n", "no headings", "lsfd -n -p 1234", "fdscope --no-headers --pid 1234"),
        Row(
            "-o LIST",
            "these columns",
            "lsfd -o PID,FD,NAME -p 1234",
            "fdscope --columns pid,fd,name --pid 1234",
            "'fdscope --columns help' lists them; +LIST adds to the usual ones in both",
        ),
        Row("-r", "columns without padding", "lsfd -r -p 1234", "fdscope --format tsv --pid 1234"),
        Row("-u, --notruncate", "never cut text", "lsfd -u -p 1234", "fdscope --wide --pid 1234"),
        Row(
            "-Q EXPR",
            "what fits an expression",
            "lsfd -Q '(PID == 1234) and (FD == 1)'",
            "fdscope --where 'pid == 1234 and fd == 1'",
            "or by options: fdscope --pid 1234 --fd 1",
            often=True,
        ),
        Row("-Q 'ASSOC == \"exe\"'", "running programs", "lsfd -Q 'ASSOC == \"exe\"'", "fdscope --fd exe"),
        Row("-Q DELETED", "files that have no name left", "lsfd -Q DELETED", "fdscope --deleted", "see lsof +L1"),
        Row(
            "-Q 'TYPE != \"REG\"'",
            "all but regular files",
            "lsfd -Q '(PID == 1234) and (FD >= 0) and (TYPE != \"REG\")'",
            "fdscope --pid 1234 --where 'fd >= 0 and kind not in "
            '("regular", "memfd", "secretmem", "mqueue", "namespace")\'',
            "fdscope has more kinds: to lsfd memory without a name, queues and namespaces are regular files",
        ),
        Row("-Q 'TYPE == \"BLK\"'", "block devices", "lsfd -Q 'TYPE == \"BLK\"'", "fdscope --kind block-device"),
        Row("-Q 'NAME =~ …'", "by name", "lsfd -Q 'NAME =~ \".*/var/log/.*\"'", "fdscope --name /var/log/"),
        Row(
            "-Q 'COMMAND =~ …'",
            "of processes by name",
            "lsfd -Q '(COMMAND =~ \".*nginx.*\") and (FD >= 0)'",
            "fdscope --process nginx --where 'fd >= 0'",
        ),
        Row(
            "-Q '!KTHREAD'",
            "not of the kernel's own threads",
            "lsfd -Q '!KTHREAD'",
            "fdscope --mapped --where 'not kernel_thread'",
            "they hold no descriptors; what they run in is left out unless --all",
        ),
        Row(
            "-C LABEL:EXPR",
            "count what fits",
            "lsfd -p 1234 --summary=only -C 'pipes:(TYPE == \"FIFO\")'",
            "fdscope --pid 1234 --kind pipe,fifo --group-by process",
            "grouped by any field, with sizes",
        ),
        Row("--summary", "counts alone", "lsfd -p 1234 --summary=only", "fdscope --pid 1234 --group-by kind"),
        Row("--debug-filter, --dump-counters", "for those who work on lsfd", note="--debug says what was done"),
        Row("-h", "help", "lsfd -h", "fdscope --help"),
        Row("-V", "the version", "lsfd -V", "fdscope --version"),
        Row("-i", "sockets of IPv4, of IPv6", note="newer than 2.38: fdscope -4, fdscope -6"),
        Row("--hyperlink", "names that can be clicked", note="newer than 2.38: --hyperlink here too"),
        Row("-H", "list the columns", ours="fdscope --columns help", note="newer than 2.38; not compared"),
        # columns
        _column(
            "ASSOC", "fd", "descriptor, or how else it is held", "cwd, root, exe, mapped in both, rtd is root"
        ),
        _column("BLKDRV", "driver", "driver of a block device"),
        _column("CHRDRV", "driver", "driver of a character device"),
        _column("COMMAND", "process", "name of the process"),
        _column("DELETED", "deleted", "whether it has no name left"),
        _column("DEV", "device", "device that holds it"),
        _column("DEVTYPE", "kind", "block, character or no device"),
        _column("FD", "fd", "descriptor"),
        _column("FLAGS", "flags", "flags of open(2)"),
        _column("FUID", "owner_uid", "owner of the file, by number"),
        _column("INODE", "inode", "inode number"),
        _column("KTHREAD", "kernel_thread", "whether the process is a thread of the kernel"),
        _column("MAJ:MIN", "device_number", "device that it is, else that holds it", "the latter is device"),
        Row(
            "MAPLEN",
            "length of a mapping",
            "lsfd -p 1234 -o PID,ASSOC,MAPLEN,NAME",
            "fdscope --pid 1234 --fd mapped --json",
            "lsfd has a row for each mapping, in pages; fdscope one for each file, in bytes",
        ),
        _column("MISCDEV", "misc_device", "name of a miscellaneous device"),
        _column("MNTID", "mount_id", "mount that it was opened through"),
        _column("MODE", "access", "whether it may be read and written"),
        _column("NAME", "name", "name"),
        _column("NLINK", "links", "how many names the file has"),
        _column("OWNER", "owner_uid", "owner of the file, by name", "by number here"),
        _column("PARTITION", "partition", "name of a block device"),
        _column("PID", "pid", "process id"),
        _column("POS", "position", "offset"),
        _column("PROTONAME", "protocol", "protocol of a socket", "of netlink and the like the one within"),
        _column("RDEV", "device_number", "device that it is"),
        _column("SIZE", "size_bytes", "size"),
        _column("SOURCE", "source", "what is mounted where it is", "of devices: driver, device_number"),
        _column("TID", "tid", "thread", "told here where a thread has a table of its own"),
        _column("TYPE", "kind", "what it is", "finer here: fdscope-kinds(7)"),
        _column("UID", "uid", "user of the process, by number"),
        _column("USER", "user", "user of the process"),
    ),
)
