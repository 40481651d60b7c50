"""What the kernel said, unread: the only shapes that pass from kernel/ to kinds/.

Everything here is as the kernel gave it: bytes are not decoded, numbers are not converted.
"""

from __future__ import annotations

import os
from typing import NamedTuple, Protocol


class Unread(NamedTuple):
    """Something that could not be read; travels in the stream in the place of the answer."""

    what: str
    """The file or fact, relative to the process: ``fdinfo``, ``stat``, ``cwd``."""
    errno: int
    """The error of the call, from errno(3)."""
    pid: int | None = None
    fd: int | None = None
    detail: str = ""


class RawMount(NamedTuple):
    """One line of a process's mount table (proc_pid_mountinfo(5)), octal escapes undone."""

    device: bytes
    """``major:minor`` of the files below the mount."""
    root: bytes
    """The directory of the file system that is mounted; ``/`` unless it is a bind mount."""
    point: bytes
    type: bytes
    source: bytes


class RawSocket(NamedTuple):
    """One socket, as sock_diag(7) or the tables in ``/proc/PID/net`` tell of it; numbers in host byte order."""

    inode: int
    family: int
    """AF_… of address_families(7)."""
    type: int
    """SOCK_… of socket(2); 0: not told."""
    protocol: int
    state: int
    """As include/net/tcp_states.h numbers them, for every family."""
    net_namespace: int
    """Inode of the network namespace that it was found in."""
    foreign: bool = False
    """Whether that is another one than the process lives in."""
    local: bytes = b""
    """Address: 4 or 16 bytes of IP, the name of a unix socket (an abstract one begins with NUL), a vsock CID."""
    local_port: int = 0
    """Of netlink: the port id."""
    remote: bytes = b""
    remote_port: int = 0
    interface: int = 0
    """Index of the network interface it is bound to; 0: to none."""
    receive_queue: int | None = None
    """Bytes that wait to be read; of a listener, connections that wait to be accepted."""
    send_queue: int | None = None
    """Bytes not yet sent or acknowledged; of a listener, how many connections may wait."""
    uid: int | None = None
    peer_inode: int | None = None
    """Of unix sockets: the socket it is connected to; 0: that has been closed; None: to none, or not told."""
    shutdown: int | None = None
    """Bit 0: it receives no more; bit 1: it sends no more (shutdown(2))."""
    attributes: bytes = b""
    """The netlink attributes of the answer, unread; empty from ``/proc/PID/net``."""
    timer: int = 0
    """Of TCP: which timer runs, as proc_pid_net(5) numbers them; told by sock_diag(7) only."""
    timer_ms: int = 0
    """How long until it goes off, in milliseconds."""


class RawStatus(NamedTuple):
    """What stat(2) tells, under the same names, of an object that was looked at without it."""

    st_ino: int
    st_mode: int
    st_dev: int
    st_nlink: int
    st_uid: int
    st_gid: int
    st_blksize: int
    st_size: int
    st_blocks: int
    st_rdev: int


class RawPipe(NamedTuple):
    """What /proc does not tell of a pipe or fifo (pipe(7))."""

    waiting_bytes: int
    """Written and not yet read."""
    capacity_bytes: int
    """As F_GETPIPE_SZ of fcntl(2) tells it."""
    readers: int
    """Open file descriptions that can read it."""
    writers: int


class RawNumbers(NamedTuple):
    """The four lines that every fdinfo has, as numbers."""

    position: int
    flags: int
    mount_id: int
    inode: int


class RawDescriptor(NamedTuple):
    """One entry of a descriptor table."""

    pid: int
    fd: int
    link: bytes
    """What ``/proc/PID/fd/N`` points to (proc_pid_fd(5)); empty where it could not be read."""
    fdinfo: bytes = b""
    """``/proc/PID/fdinfo/N`` (proc_pid_fdinfo(5)); empty where it could not be read."""
    status: os.stat_result | RawStatus | None = None
    """fstat(2) of the object: only for links that are paths, and only where it could be had."""
    mount: RawMount | None = None
    """The mount that the file was opened through; None for objects of the kernel's own mounts."""
    magic: int | None = None
    """statfs(2) f_type, asked only for a path that belongs to no mount of the process."""
    tid: int | None = None
    """The thread whose own descriptor table this is; None for the table of the process."""
    protocol: bytes = b""
    """Of a socket: what the kernel calls its protocol, ``TCPv6``, the attribute ``system.sockprotoname``."""
    socket: RawSocket | None = None
    """What is known of a socket beyond its inode; None: nothing, as of one neither bound nor connected."""
    open_file: int | None = None
    """Equal for descriptors that share one open file description, and different for others; None: not told."""
    members: tuple[tuple[int, int], ...] | None = None
    """Of an epoll: number and `open_file` of each registration, as they stand in fdinfo; None: not told."""
    pipe: RawPipe | None = None
    numbers: RawNumbers | None = None
    """What the first four lines of `fdinfo` would say, where it has only the others."""
    alike: bytes | None = None
    """Descriptors in which this is equal differ in nothing but pid, fd, tid, position, open file and mount.

    None: not told.
    """


class RawCount(NamedTuple):
    """So many descriptors of one table that are alike, as far as their kind is known by."""

    pid: int
    tid: int | None
    """As of `RawDescriptor`."""
    raw: RawDescriptor
    """As much of one like them as its kind is known by; the same object for all that are alike."""
    number: int


class RawLinks(NamedTuple):
    """Entries of one descriptor table, of which nothing but the link was read."""

    pid: int
    tid: int | None
    found: tuple[tuple[int, bytes], ...]
    """Number and link of each."""
    open_files: tuple[int, ...] = ()
    """The `RawDescriptor.open_file` of each, where the source tells it; else empty."""


class RawHeldFile(NamedTuple):
    """A file that a process holds without a descriptor."""

    pid: int
    role: str
    """``cwd``, ``root``, ``exe`` or ``mapped``."""
    link: bytes
    status: os.stat_result | None = None
    mount: RawMount | None = None
    mappings: int = 0
    """Lines of proc_pid_maps(5) that map it; 0 unless role is ``mapped``."""
    mapped_bytes: int = 0
    rights: bytes = b""
    """The different rights that its mappings give, with blanks between: ``r--p r-xp``."""
    device: bytes = b""
    """As proc_pid_maps(5) tells it, in hexadecimal: ``fe:01``; empty unless role is ``mapped``."""
    inode: int = 0
    """As proc_pid_maps(5) tells it; 0 unless role is ``mapped``."""


class RawPlace(NamedTuple):
    """What a path leads to, looked up without opening it (open(2), O_PATH)."""

    path: bytes
    """Absolute, with symbolic links followed as far as they lead."""
    status: os.stat_result | None
    mount_id: int | None
    errno: int
    """Why it could not be looked up, from errno(3); 0: it was."""


class RawThread(NamedTuple):
    """One thread: files of ``/proc/PID/task/TID`` (proc_pid_stat(5), proc_pid_status(5))."""

    pid: int
    tid: int
    stat: bytes
    status: bytes
    own_table: bool | None = False
    """Whether the thread has a descriptor table apart from its process's; None: unknown."""
    syscall: bytes = b""
    """proc_pid_syscall(5); empty where it was not asked for or could not be read, and of threads of the kernel."""
    function: bytes = b""
    """proc_pid_wchan(5): the kernel function that it is stopped in; ``0`` or empty: none, or not told."""
    memory: tuple[tuple[int, bytes], ...] = ()
    """Address and content of memory that the arguments of its system call point to."""
    bits: int = 64
    """Of an address of the program: 64, or 32."""


class RawProcess(NamedTuple):
    """One process: the text of its files, empty where one could not be read."""

    pid: int
    stat: bytes
    status: bytes
    limits: bytes = b""
    cgroup: bytes = b""
    command: bytes = b""
    namespaces: tuple[tuple[str, bytes], ...] = ()
    """Name and link of each file in ``/proc/PID/ns`` (namespaces(7))."""
    descriptor_count: int | None = None
    """Entries of the descriptor table, counted by the kernel (since Linux 6.2) or by listing it."""
    maps: bytes = b""
    """proc_pid_maps(5), where it was asked for."""


class RawEnded(NamedTuple):
    """What the threads of a process did that have ended; /proc does not tell it."""

    pid: int
    voluntary: int
    """Context switches, as those of living threads."""
    involuntary: int


class RawTask(NamedTuple):
    """A thread as the kernel keeps it (include/linux/sched.h)."""

    pid: int
    tid: int
    state: int
    """TASK_… or EXIT_… of include/linux/sched.h; 0: it runs or wants to."""
    flags: int
    """PF_… of the same."""
    cpu: int
    uid: int
    """The effective user id of its process."""
    voluntary: int
    involuntary: int
    cpu_ns: int
    queue_ns: int
    """Time that it was ready and waited for a CPU."""
    started_ns: int
    """After boot."""
    ended_voluntary: int
    """Of all threads of its process that have ended."""
    ended_involuntary: int
    ended_cpu_ns: int
    soft_limit: int
    """RLIMIT_NOFILE of getrlimit(2); 2^64 - 1: none."""
    hard_limit: int
    name: bytes


class RawLoad(NamedTuple):
    """What psutil says of a machine; None where it could not say it."""

    load_average: tuple[float, float, float] | None
    """Tasks that run or want to, on average over 1, 5 and 15 minutes."""
    memory_total_bytes: int | None
    memory_available_bytes: int | None
    cpu_cores: int | None


class RawAbilities(NamedTuple):
    """Texts and probes; None where one could not be made."""

    status: bytes
    """``/proc/self/status``: user and capabilities."""
    mounts: bytes
    """``/proc/self/mountinfo``: how /proc is mounted."""
    live: bool
    readable: int
    """Processes, those of the kernel aside, whose descriptors can be read."""
    visible: int
    """Processes that can be seen, those of the kernel aside."""
    counts_descriptors: bool
    """Whether the size of the fd directory is the number of descriptors (since Linux 6.2)."""
    fdinfo: bytes
    """``fdinfo`` of a descriptor of this process."""
    kcmp: bool
    map_files: bool
    programs: tuple[tuple[str, str], ...] = ()
    """Of each BPF program its name, and why it cannot be used; empty: it can."""


class RawSystem(NamedTuple):
    """Texts about the whole machine, empty where one could not be read."""

    hostname: bytes
    kernel: bytes
    stat: bytes
    """proc_stat(5)."""
    file_nr: bytes
    """``/proc/sys/fs/file-nr`` (proc_sys_fs(5))."""
    packages: tuple[tuple[int, bytes], ...]
    """CPU and ``physical_package_id`` of each CPU that is online (sysfs)."""


Record = RawProcess | RawThread | RawDescriptor | RawCount | RawLinks | RawHeldFile | RawEnded | RawTask | Unread


class Machine(Protocol):
    """What a kind may ask about the rest of the machine while it decodes one descriptor.

    Every answer is None when it is not known; asking never raises and never blocks.
    """

    def driver(self, block: bool, major: int) -> bytes | None:
        """The name of a device driver (proc_devices(5))."""

    def misc_device(self, minor: int) -> bytes | None:
        """The name of a miscellaneous character device (proc_misc(5))."""

    def partition(self, major: int, minor: int) -> bytes | None:
        """The name of a block device (proc_partitions(5))."""

    def process_name(self, pid: int) -> bytes | None:
        """The name of a process (proc_pid_comm(5))."""

    def mount(self, pid: int, mount_id: int) -> RawMount | None:
        """A mount in the mount namespace of process `pid` (proc_pid_mountinfo(5))."""

    def mount_of(self, pid: int, path: bytes) -> RawMount | None:
        """The mount that an absolute path most likely lies in, in the mount namespace of process `pid`."""

    def path_of(self, pid: int, device: int, inode: int, handle: tuple[int, bytes] | None) -> bytes | None:
        """A path of an inode, where it can be found cheaply.

        `device` is as ``sdev`` of proc_pid_fdinfo(5) encodes it: major << 20 | minor.
        `handle` is the type and bytes of its file handle (open_by_handle_at(2)).
        """

    def is_name_of(self, pid: int, path: bytes, device: int, inode: int) -> bool | None:
        """Whether a path leads to this inode now; None: that would take asking a server, or a right."""

    def lock_waiters(self, lock: bytes) -> tuple[int, ...]:
        """Processes that wait for a lock, given its line without the number (proc_locks(5)); -1: one unnamed."""

    def lock_blockers(self, pid: int) -> tuple[bytes, ...]:
        """The lines, without their number, of the locks that a process waits for (proc_locks(5)).

        Of -1 those of all who wait for an OFD lock, who are not named there.
        """

    def facing(self, socket: RawSocket) -> tuple[int, ...]:
        """Inodes of the sockets of this machine that `socket` exchanges data with, both directions considered.

        Of a connection the one at the other end; of a datagram socket also those that send to it; of a
        listener those that have connected and wait to be accepted.
        """

    def is_within(self, socket: RawSocket) -> bool:
        """Whether the address that an internet socket is connected to is one of its own network namespace."""

    def listeners(self, socket: RawSocket) -> tuple[int, ...]:
        """Inodes of the listeners that a connection can have been accepted from; several share one port."""

    def clients(self, socket: RawSocket) -> tuple[int, ...]:
        """Of a unix listener, inodes of the sockets that are connected to connections accepted from it."""

    def members(self, namespace: bytes) -> tuple[int, ...] | None:
        """Processes that live in a namespace, given as its link: ``net:[4026531840]``."""

    def interface(self, net_namespace: int, index: int) -> bytes | None:
        """The name of a network interface (netdevice(7))."""
