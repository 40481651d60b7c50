"""Which descriptors refer to one object. Pure; knows no kind."""

from __future__ import annotations

from collections.abc import Iterable

from .model import Holder, Object, Process, kind_name


def objects(processes: Iterable[Process]) -> list[Object]:
    """Each object that several descriptors hold, in the order of their first. Linear in descriptors."""
    first: dict[str, tuple[Process, int, str]] = {}
    shared: dict[str, Object] = {}
    for process in processes:
        for descriptor in process.descriptors or ():
            identity = descriptor.object
            if identity is None:
                continue
            if identity in shared:
                shared[identity].holders.append(Holder(pid=process.pid, fd=descriptor.fd, process=process.name))
            elif identity not in first:
                first[identity] = (process, descriptor.fd, kind_name(type(descriptor)))
            else:
                other, fd, kind = first[identity]
                shared[identity] = Object(
                    id=identity,
                    kind=kind,
                    holders=[
                        Holder(pid=other.pid, fd=fd, process=other.name),
                        Holder(pid=process.pid, fd=descriptor.fd, process=process.name),
                    ],
                )
    return list(shared.values())
