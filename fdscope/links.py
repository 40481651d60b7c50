"""Which descriptors refer to one object. Pure; knows no kind."""

from __future__ import annotations

from collections.abc import Iterable

from .model import Descriptor, Holder, Object, Process, kind_name


def objects(processes: Iterable[Process]) -> list[Object]:
    """Each object that several descriptors hold, in the order of their first. Linear in descriptors."""
    first: dict[str, tuple[Process, Descriptor]] = {}
    shared: dict[str, Object] = {}
    for process in processes:
        for descriptor in process.descriptors or ():
            identity = descriptor.object
            if identity is None:
                continue
            holder = first.setdefault(identity, (process, descriptor))
            if holder[1] is descriptor:
                continue
            if identity not in shared:
                shared[identity] = Object(id=identity, kind=kind_name(type(holder[1])), holders=[_holder(*holder)])
            shared[identity].holders.append(_holder(process, descriptor))
    return list(shared.values())


def _holder(process: Process, descriptor: Descriptor) -> Holder:
    return Holder(pid=process.pid, fd=descriptor.fd, process=process.name)
