"""bpf: maps, programs, links and type descriptions of BPF (bpf(2), kernel/bpf/syscall.c).

The kernel tells ids, not names: names would have to be asked for with BPF_OBJ_GET_INFO_BY_FD, on a descriptor
of one's own, and whoever has that keeps the object alive. fdscope does not, so they are left out.
"""

from __future__ import annotations

from typing import Annotated

from ..fdinfo import fields
from ..model import MAP, POLL, End, said
from ..quantity import many, size
from ..raw import Machine, RawDescriptor
from ..text import text
from ._basics import KernelObject, basics, bits, details, enumerated

# include/uapi/linux/bpf.h: names by number, without their prefix, and map flags by bit
_MAP_TYPES = (
    *"unspec hash array prog_array perf_event_array percpu_hash percpu_array stack_trace cgroup_array".split(),
    *"lru_hash lru_percpu_hash lpm_trie array_of_maps hash_of_maps devmap sockmap cpumap xskmap".split(),
    *"sockhash cgroup_storage reuseport_sockarray percpu_cgroup_storage queue stack sk_storage".split(),
    *"devmap_hash struct_ops ringbuf inode_storage task_storage bloom_filter user_ringbuf".split(),
    *"cgrp_storage arena insn_array".split(),
)
_MAP_FLAGS = (
    *"no_prealloc no_common_lru numa_node rdonly wronly stack_build_id zero_seed rdonly_prog".split(),
    *"wronly_prog clone mmapable preserve_elems inner_map link path_fd vtype_btf_obj_fd token_fd".split(),
    *"segv_on_fault no_user_conv".split(),
)
_PROGRAM_TYPES = (
    *"unspec socket_filter kprobe sched_cls sched_act tracepoint xdp perf_event cgroup_skb cgroup_sock".split(),
    *"lwt_in lwt_out lwt_xmit sock_ops sk_skb cgroup_device sk_msg raw_tracepoint".split(),
    *"cgroup_sock_addr lwt_seg6local lirc_mode2 sk_reuseport flow_dissector cgroup_sysctl".split(),
    *"raw_tracepoint_writable cgroup_sockopt tracing struct_ops ext lsm sk_lookup syscall".split(),
    "netfilter",
)
_LINK_TYPES = (
    *"unspec raw_tracepoint tracing cgroup iter netns xdp perf_event kprobe_multi struct_ops netfilter".split(),
    *"tcx uprobe_multi netkit sockmap".split(),
)
_ATTACH_TYPES = (
    *"cgroup_inet_ingress cgroup_inet_egress cgroup_inet_sock_create cgroup_sock_ops".split(),
    *"sk_skb_stream_parser sk_skb_stream_verdict cgroup_device sk_msg_verdict cgroup_inet4_bind".split(),
    *"cgroup_inet6_bind cgroup_inet4_connect cgroup_inet6_connect cgroup_inet4_post_bind".split(),
    *"cgroup_inet6_post_bind cgroup_udp4_sendmsg cgroup_udp6_sendmsg lirc_mode2 flow_dissector".split(),
    *"cgroup_sysctl cgroup_udp4_recvmsg cgroup_udp6_recvmsg cgroup_getsockopt cgroup_setsockopt".split(),
    *"trace_raw_tp trace_fentry trace_fexit modify_return lsm_mac trace_iter".split(),
    *"cgroup_inet4_getpeername cgroup_inet6_getpeername cgroup_inet4_getsockname".split(),
    *"cgroup_inet6_getsockname xdp_devmap cgroup_inet_sock_release xdp_cpumap sk_lookup xdp".split(),
    *"sk_skb_verdict sk_reuseport_select sk_reuseport_select_or_migrate perf_event".split(),
    *"trace_kprobe_multi lsm_cgroup struct_ops netfilter tcx_ingress tcx_egress trace_uprobe_multi".split(),
    *"cgroup_unix_connect cgroup_unix_sendmsg cgroup_unix_recvmsg cgroup_unix_getpeername".split(),
    *"cgroup_unix_getsockname netkit_primary netkit_peer trace_kprobe_session".split(),
    "trace_uprobe_session",
)


class _Lines:
    """The lines of one fdinfo; remembers which of them were asked for."""

    def __init__(self, raw: RawDescriptor) -> None:
        self._info = fields(raw.fdinfo)
        self._asked: set[bytes] = set()
        self.basics = basics(raw, self._info)

    def text(self, key: bytes) -> str | None:
        value = self._value(key)
        return None if value is None else text(value)

    def number(self, key: bytes) -> int | None:
        value = self._value(key)
        return None if value is None else int(value, 0)

    def hexadecimal(self, key: bytes) -> str | None:
        value = self.number(key)
        return None if value is None else f"{value:#x}"

    def truth(self, key: bytes) -> bool | None:
        value = self.number(key)
        return None if value is None else value != 0

    def name(self, key: bytes, names: tuple[str, ...]) -> str | None:
        """A number by its name, also of ``46 (ingress)`` or ``<46>``; a name stays as it is."""
        value = (self._value(key) or b"").partition(b" ")[0].strip(b"<>")
        return (enumerated(value, names) if value.isdigit() else text(value)) or None

    def rest(self, data: bytes) -> dict[str, str] | None:
        """Those of `data` that nobody asked for."""
        return details(data, self._asked)

    def _value(self, key: bytes) -> bytes | None:
        self._asked.add(key)
        return self._info.get(key)


class BpfMap(KernelObject, tag="bpf-map", kw_only=True):
    """A table that programs in the kernel share with processes.

    It is read and written with bpf(2). Ring buffers can be polled and mapped; arrays and arenas can be mapped
    if they were made for it (flag mmapable).
    """

    map_type: Annotated[str | None, said("type of the BPF map, as linux/bpf.h names it")] = None
    map_id: Annotated[int | None, said("id of the BPF map")] = None
    key_bytes: Annotated[int | None, said("size of a key, in bytes", adds_up=False)] = None
    value_bytes: Annotated[int | None, said("size of a value, in bytes", adds_up=False)] = None
    max_entries: Annotated[int | None, said("entries that it has room for; of a ring buffer, bytes")] = None
    map_flags: Annotated[list[str] | None, said("how it was made, as linux/bpf.h names it")] = None
    map_extra: Annotated[str | None, said("what else it was made with, in hexadecimal; since Linux 5.16")] = None
    memory_bytes: Annotated[int | None, said("memory of the kernel that it takes, in bytes")] = None
    frozen: Annotated[bool | None, said("true: processes cannot write to it any more; since Linux 5.2")] = None
    owner_prog_type: Annotated[str | None, said("type of the programs that may call the ones in it")] = None
    owner_jited: Annotated[bool | None, said("true: those programs are compiled")] = None

    known_by = (("anon_inode", b"bpf-map"),)
    meets = frozenset({"bpf-prog", "bpf-link"})
    verbs = frozenset({POLL, MAP})
    unit = "entries"

    @classmethod
    def decode(cls, raw: RawDescriptor, machine: Machine) -> BpfMap:
        """Flags and extra are hexadecimal, all else is decimal."""
        lines = _Lines(raw)
        map_id, flags = lines.number(b"map_id"), lines.number(b"map_flags")
        return cls(
            map_type=lines.name(b"map_type", _MAP_TYPES),
            map_id=map_id,
            key_bytes=lines.number(b"key_size"),
            value_bytes=lines.number(b"value_size"),
            max_entries=lines.number(b"max_entries"),
            map_flags=None if flags is None else bits(flags, _MAP_FLAGS),
            map_extra=lines.hexadecimal(b"map_extra"),
            memory_bytes=lines.number(b"memlock"),
            frozen=lines.truth(b"frozen"),
            owner_prog_type=lines.name(b"owner_prog_type", _PROGRAM_TYPES),
            owner_jited=lines.truth(b"owner_jited"),
            object=None if map_id is None else f"bpf-map:[{map_id}]",
            details=lines.rest(raw.fdinfo),
            **lines.basics,
        )

    def describe(self) -> str:
        """``hash 26, 10 entries of 4 + 8 B, frozen``."""
        parts = [_titled(self.map_type or "map", self.map_id)]
        if self.max_entries is not None:
            each = f" of {self.key_bytes} + {self.value_bytes} B" if self.value_bytes else ""
            entries = "entry" if self.max_entries == 1 else "entries"
            parts.append(f"{self.max_entries:,} {entries}{each}" if each else size(self.max_entries))
        if self.frozen:
            parts.append("frozen")
        return ", ".join(parts)

    def ends(self) -> tuple[End, ...]:
        """The link that registers it looks for it, if it is of type struct_ops."""
        return () if self.object is None else (End(self.object, ()),)


class BpfProgram(KernelObject, tag="bpf-prog", kw_only=True):
    """A program that the kernel has checked and runs where it is attached."""

    prog_type: Annotated[str | None, said("type of the BPF program, as linux/bpf.h names it")] = None
    prog_id: Annotated[int | None, said("id of the BPF program")] = None
    prog_tag: Annotated[str | None, said("hash of the BPF program's instructions")] = None
    jited: Annotated[bool | None, said("true: it was compiled to the machine's own instructions")] = None
    memory_bytes: Annotated[int | None, said("memory of the kernel that it takes, in bytes")] = None
    run_time_s: Annotated[
        float | None, said("time that it has run, in seconds; 0 unless kernel.bpf_stats_enabled; since Linux 5.1")
    ] = None
    run_count: Annotated[int | None, said("times that it has run; counted as its time is")] = None
    recursion_misses: Annotated[
        int | None, said("times that it was left out because it was running already; since Linux 5.12")
    ] = None
    verified_instructions: Annotated[
        int | None, said("instructions that the verifier walked; since Linux 5.16")
    ] = None

    known_by = (("anon_inode", b"bpf-prog"),)
    meets = frozenset({"bpf-map", "bpf-link"})

    @classmethod
    def decode(cls, raw: RawDescriptor, machine: Machine) -> BpfProgram:
        """Numbers are decimal; the tag is hexadecimal."""
        lines = _Lines(raw)
        prog_id, run_time_ns = lines.number(b"prog_id"), lines.number(b"run_time_ns")
        return cls(
            prog_type=lines.name(b"prog_type", _PROGRAM_TYPES),
            prog_id=prog_id,
            prog_tag=lines.text(b"prog_tag"),
            jited=lines.truth(b"prog_jited"),
            memory_bytes=lines.number(b"memlock"),
            run_time_s=None if run_time_ns is None else float(f"{run_time_ns}e-9"),
            run_count=lines.number(b"run_cnt"),
            recursion_misses=lines.number(b"recursion_misses"),
            verified_instructions=lines.number(b"verified_insns"),
            object=None if prog_id is None else f"bpf-prog:[{prog_id}]",
            details=lines.rest(raw.fdinfo),
            **lines.basics,
        )

    def describe(self) -> str:
        """``xdp 97, tag 59f4a931744dcdc6, 1,000 runs``."""
        parts = [_titled(self.prog_type or "program", self.prog_id)]
        if self.prog_tag:
            parts.append(f"tag {self.prog_tag}")
        if self.run_count:
            parts.append(many(self.run_count, "run"))
        return ", ".join(parts)

    def ends(self) -> tuple[End, ...]:
        """The links that attach it look for it."""
        return () if self.object is None else (End(self.object, (), ("anon_inode:bpf_link",)),)


class BpfLink(KernelObject, tag="bpf-link", kw_only=True):
    """The attachment of a program to the place where it runs; it ends with the last descriptor or pin.

    Links to struct_ops maps can be polled since Linux 6.11; no others can.
    """

    link_type: Annotated[str | None, said("type of the BPF link, as the kernel prints it")] = None
    link_id: Annotated[int | None, said("id of the BPF link")] = None
    prog_id: Annotated[int | None, said("id of the BPF program")] = None
    prog_tag: Annotated[str | None, said("hash of the BPF program's instructions")] = None
    attach_type: Annotated[str | None, said("where it is attached, as linux/bpf.h names it")] = None
    tracepoint: Annotated[str | None, said("the tracepoint that it is attached to")] = None
    iterates: Annotated[str | None, said("what an iterator walks over")] = None
    target_object_id: Annotated[
        int | None, said("id of the BPF program or type description (BTF) that it is attached to")
    ] = None
    target_btf_id: Annotated[int | None, said("the type, in that type description, that it is attached to")] = None
    map_id: Annotated[int | None, said("id of the BPF map")] = None
    cgroup_id: Annotated[int | None, said("inode of the control group that it is attached to")] = None
    netns_inode: Annotated[int | None, said("inode of the network namespace that it is attached to")] = None
    interface_index: Annotated[int | None, said("index of the network interface that it is attached to")] = None
    cookie: Annotated[str | None, said("what the program is told about this attachment, in hexadecimal")] = None
    probes: Annotated[
        list[dict[str, str]] | None,
        said("functions, or places in a file, that it is attached to, as the kernel prints them"),
    ] = None

    known_by = (("anon_inode", b"bpf_link"),)
    meets = frozenset({"bpf-map", "bpf-prog"})

    @classmethod
    def decode(cls, raw: RawDescriptor, machine: Machine) -> BpfLink:
        """The type is a name, or ``<9>`` where the kernel has none; what follows it depends on the type."""
        lines = _Lines(raw)
        link_id = lines.number(b"link_id")
        data, head, table = raw.fdinfo.partition(b"\ncookie\t")
        if not head:
            data, head, table = raw.fdinfo.partition(b"\ncookie ")
        return cls(
            link_type=lines.name(b"link_type", _LINK_TYPES),
            link_id=link_id,
            prog_id=lines.number(b"prog_id"),
            prog_tag=lines.text(b"prog_tag"),
            attach_type=lines.name(b"attach_type", _ATTACH_TYPES),
            tracepoint=lines.text(b"tp_name"),
            iterates=lines.text(b"target_name"),
            target_object_id=lines.number(b"target_obj_id"),
            target_btf_id=lines.number(b"target_btf_id"),
            map_id=lines.number(b"map_id"),
            cgroup_id=lines.number(b"cgroup_id"),
            netns_inode=lines.number(b"netns_ino"),
            interface_index=lines.number(b"ifindex"),
            cookie=lines.hexadecimal(b"cookie"),
            probes=_probes(head.strip() + b" " + table) if head else None,
            object=None if link_id is None else f"bpf-link:[{link_id}]",
            details=lines.rest(data),
            **lines.basics,
        )

    def describe(self) -> str:
        """``raw_tracepoint 89, program 97, at mark_victim``."""
        parts = [_titled(self.link_type or "link", self.link_id)]
        if self.prog_id is not None:
            parts.append(f"program {self.prog_id}")
        place = self.tracepoint or self.iterates or self.attach_type
        if place:
            parts.append(f"at {place}")
        return ", ".join(parts)

    def ends(self) -> tuple[End, ...]:
        """The program that it attaches, and the map of a struct_ops link."""
        if self.object is None:
            return ()
        sought = ((self.prog_id, "bpf-prog"), (self.map_id, "bpf-map"))
        found = [(f"{word}:[{number}]", f"anon_inode:{word}") for number, word in sought if number]
        return (End(self.object, tuple(key for key, _ in found), tuple(link for _, link in found)),)


class BpfTypes(KernelObject, tag="bpf-btf", kw_only=True):
    """A description of types (BTF), for programs to be checked against."""

    btf_id: Annotated[int | None, said("id of the type description (BTF)")] = None

    known_by = (("anon_inode", b"btf"),)

    @classmethod
    def decode(cls, raw: RawDescriptor, machine: Machine) -> BpfTypes:
        """The id, which is decimal."""
        lines = _Lines(raw)
        btf_id = lines.number(b"btf_id")
        name = None if btf_id is None else f"bpf-btf:[{btf_id}]"
        return cls(btf_id=btf_id, object=name, details=lines.rest(raw.fdinfo), **lines.basics)

    def describe(self) -> str:
        """``type description 14``."""
        return _titled("type description", self.btf_id)


def _titled(word: str, number: int | None) -> str:
    return word if number is None else f"{word} {number}"


def _probes(table: bytes) -> list[dict[str, str]]:
    """The table of a link with many probes: a line of headings, then a line for each."""
    heading, *rows = table.split(b"\n")
    names = [text(name) for name in heading.split()]
    return [
        dict(zip(names, map(text, row.split(None, len(names) - 1)), strict=False)) for row in rows if row.strip()
    ]
