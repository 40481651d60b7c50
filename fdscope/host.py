"""Texts about the machine to Host (proc_stat(5), proc_sys_fs(5)). Pure."""

from __future__ import annotations

from .model import Host, OpenFiles
from .raw import RawLoad, RawSystem
from .text import text
from .times import rfc3339


def boot_time(stat: bytes) -> int | None:
    """When the machine was booted, in seconds since 1970; None: the text does not tell it."""
    return number_after(stat, b"btime")


def number_after(stat: bytes, key: bytes) -> int | None:
    """A number of proc_stat(5), such as ``ctxt`` or ``procs_running``; None: it is not there."""
    number = _after(stat, key)
    return int(number) if number.isdigit() else None


def cpus(stat: bytes) -> int | None:
    """CPUs that are online; None: the text names none."""
    return sum(line.startswith(b"cpu") and line[3:4].isdigit() for line in stat.splitlines()) or None


def pressure(text: bytes) -> int | None:
    """Time in which some task had to wait, in microseconds since boot (PSI); None: the kernel does not tell it.

    Of Documentation/accounting/psi.rst, the end of the line ``some``.
    """
    for line in text.splitlines():
        total = line.rpartition(b"total=")[2]
        if line.startswith(b"some ") and total.isdigit():
            return int(total)
    return None


def _after(stat: bytes, key: bytes) -> bytes:
    for line in stat.splitlines():
        if line.startswith(key + b" "):
            return line[len(key) :].strip()
    return b""


def host(raw: RawSystem, load: RawLoad | None = None) -> Host:
    """What the texts tell; a part that is missing or strange is left out."""
    booted = boot_time(raw.stat)
    switches = _after(raw.stat, b"ctxt")
    numbers = raw.file_nr.split()
    open_files = None
    if len(numbers) == 3 and all(number.isdigit() for number in numbers):
        open_files = OpenFiles(allocated=int(numbers[0]) - int(numbers[1]), maximum=int(numbers[2]))
    return Host(
        hostname=text(raw.hostname.strip()) or None,
        kernel=text(raw.kernel.strip()) or None,
        boot_time=None if booted is None else rfc3339(booted),
        cpus=cpus(raw.stat),
        cpu_sockets=len({package for _, package in raw.packages}) or None,
        cpu_cores=load.cpu_cores if load else None,
        load_average=[round(one, 2) for one in load.load_average] if load and load.load_average else None,
        memory_total_bytes=load.memory_total_bytes if load else None,
        memory_available_bytes=load.memory_available_bytes if load else None,
        open_files=open_files,
        context_switches=int(switches) if switches.isdigit() else None,
    )


def package_of(raw: RawSystem) -> dict[int, int]:
    """CPU to the physical package that it sits in; a CPU whose package the kernel does not tell is left out."""
    return {cpu: int(package) for cpu, package in raw.packages if package.strip().isdigit()}
