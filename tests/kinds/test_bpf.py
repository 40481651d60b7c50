"""Pure: what the fdinfo of BPF objects is read as."""

import pytest
from reading import HEAD, OLD, complaint, descriptor, told

from fdscope.kinds import bpf

MAP, PROGRAM, LINK, TYPES = (
    b"anon_inode:bpf-map",
    b"anon_inode:bpf-prog",
    b"anon_inode:bpf_link",
    b"anon_inode:btf",
)
COMMON = {"inode": 1039, "mount_id": 17}
HASH = (
    b"map_type:\t1\nkey_size:\t4\nvalue_size:\t8\nmax_entries:\t10\nmap_flags:\t0x401\nmap_extra:\t0x3\n"
    b"memlock:\t1152\nmap_id:\t26\nfrozen:\t1\n"
)
TAGGED = b"link_id:\t89\nprog_tag:\t59f4a931744dcdc6\nprog_id:\t97\n"


def test_a_map():
    assert told(MAP, HEAD + HASH) == COMMON | {
        "kind": "bpf-map",
        "object": "bpf-map:[26]",
        "map_type": "hash",
        "map_id": 26,
        "key_bytes": 4,
        "value_bytes": 8,
        "max_entries": 10,
        "map_flags": ["no_prealloc", "mmapable"],
        "map_extra": "0x3",
        "memory_bytes": 1152,
        "frozen": True,
    }
    assert descriptor(MAP, HEAD + HASH).describe() == "hash 26, 10 entries of 4 + 8 B, frozen"


def test_a_ring_buffer_has_bytes_and_no_entries():
    text = b"map_type:\t27\nkey_size:\t0\nvalue_size:\t0\nmax_entries:\t4096\nmap_flags:\t0x0\nmap_id:\t27\n"
    assert descriptor(MAP, HEAD + text).describe() == "ringbuf 27, 4.0 KiB"
    queue = text.replace(b"map_type:\t27", b"map_type:\t22").replace(b"value_size:\t0", b"value_size:\t8")
    assert descriptor(MAP, HEAD + queue).describe() == "queue 27, 4,096 entries of 0 + 8 B"


def test_a_map_that_has_room_for_nothing_says_so():
    text = b"map_type:\t1\nkey_size:\t4\nvalue_size:\t8\nmax_entries:\t0\nmap_id:\t1\n"
    assert descriptor(MAP, HEAD + text).describe() == "hash 1, 0 entries of 4 + 8 B"


def test_an_array_of_programs_tells_whose_they_are():
    text = OLD + b"map_type:\t3\nkey_size:\t4\nvalue_size:\t4\nmax_entries:\t1\nmap_flags:\t0x0\nmemlock:\t344\n"
    text += b"owner_prog_type:\t6\nowner_jited:\t1\n"
    assert told(MAP, text) == {
        "kind": "bpf-map",
        "mount_id": 9,
        "map_type": "prog_array",
        "key_bytes": 4,
        "value_bytes": 4,
        "max_entries": 1,
        "map_flags": [],
        "memory_bytes": 344,
        "owner_prog_type": "xdp",
        "owner_jited": True,
    }
    assert descriptor(MAP, text).describe() == "prog_array, 1 entry of 4 + 4 B"


def test_a_program():
    text = (
        b"prog_type:\t17\nprog_jited:\t1\nprog_tag:\t59f4a931744dcdc6\nmemlock:\t4096\nprog_id:\t97\n"
        b"run_time_ns:\t1500000000\nrun_cnt:\t1000\nrecursion_misses:\t2\nverified_insns:\t12\n"
    )
    assert told(PROGRAM, HEAD + text) == COMMON | {
        "kind": "bpf-prog",
        "object": "bpf-prog:[97]",
        "prog_type": "raw_tracepoint",
        "prog_id": 97,
        "prog_tag": "59f4a931744dcdc6",
        "jited": True,
        "memory_bytes": 4096,
        "run_time_s": 1.5,
        "run_count": 1000,
        "recursion_misses": 2,
        "verified_instructions": 12,
    }
    assert descriptor(PROGRAM, HEAD + text).describe() == ("raw_tracepoint 97, tag 59f4a931744dcdc6, 1,000 runs")


def test_a_program_of_4_9_has_no_id():
    text = OLD + b"prog_type:\t1\nprog_jited:\t0\nprog_tag:\t59f4a931744dcdc6\nmemlock:\t4096\n"
    assert told(PROGRAM, text) == {
        "kind": "bpf-prog",
        "mount_id": 9,
        "prog_type": "socket_filter",
        "prog_tag": "59f4a931744dcdc6",
        "jited": False,
        "memory_bytes": 4096,
    }


def test_a_type_of_a_newer_kernel_stays_a_number():
    assert descriptor(PROGRAM, HEAD + b"prog_type:\t99\nprog_id:\t1\n").describe() == "99 1"


@pytest.mark.parametrize(
    ("lines", "says"),
    [
        (
            b"link_type:\traw_tracepoint\n" + TAGGED + b"tp_name:\tmark_victim\ncookie:\t9007199254740993\n",
            {"link_type": "raw_tracepoint", "tracepoint": "mark_victim", "cookie": "0x20000000000001"},
        ),
        (
            b"link_type:\ttracing\n" + TAGGED + b"attach_type:\t24\ntarget_obj_id:\t1\ntarget_btf_id:\t5\n",
            {"link_type": "tracing", "attach_type": "trace_fentry", "target_object_id": 1, "target_btf_id": 5},
        ),
        (
            b"link_type:\tcgroup\n" + TAGGED + b"cgroup_id:\t4294967298\nattach_type:\t8\n",
            {"link_type": "cgroup", "cgroup_id": 4294967298, "attach_type": "cgroup_inet4_bind"},
        ),
        (
            b"link_type:\titer\n" + TAGGED + b"target_name:\tbpf_map_elem\nmap_id:\t26\n",
            {"link_type": "iter", "iterates": "bpf_map_elem", "map_id": 26},
        ),
        (
            b"link_type:\tnetns\n" + TAGGED + b"netns_ino:\t4026531833\nattach_type:\t36\n",
            {"link_type": "netns", "netns_inode": 4026531833, "attach_type": "sk_lookup"},
        ),
        (
            b"link_type:\ttcx\n" + TAGGED + b"ifindex:\t2\nattach_type:\t46 (ingress)\n",
            {"link_type": "tcx", "interface_index": 2, "attach_type": "tcx_ingress"},
        ),
        (
            b"link_type:\tperf\n" + TAGGED + b"type:\t6\nconfig:\t0\nevent_type:\tevent\ncookie:\t0\n",
            {
                "link_type": "perf",
                "cookie": "0x0",
                "details": {"type": "6", "config": "0", "event_type": "event"},
            },
        ),
        (
            b"link_type:\tkprobe_multi\n"
            + TAGGED
            + b"kprobe_cnt:\t2\nmissed:\t0\ncookie\t func\n7\t vfs_read+0x0/0x10\n0\t f+0x0/0x8 [mod]\n",
            {
                "link_type": "kprobe_multi",
                "probes": [
                    {"cookie": "7", "func": "vfs_read+0x0/0x10"},
                    {"cookie": "0", "func": "f+0x0/0x8 [mod]"},
                ],
                "details": {"kprobe_cnt": "2", "missed": "0"},
            },
        ),
        (
            b"link_type:\turetprobe_multi\n"
            + TAGGED
            + b"uprobe_cnt:\t1\npid:\t0\npath:\t/bin/sh\n"
            + b"cookie           offset           ref_ctr_offset\n7                0x10             0x0\n",
            {
                "link_type": "uretprobe_multi",
                "probes": [{"cookie": "7", "offset": "0x10", "ref_ctr_offset": "0x0"}],
                "details": {"uprobe_cnt": "1", "pid": "0", "path": "/bin/sh"},
            },
        ),
        (b"link_type:\t<10>\n" + TAGGED, {"link_type": "netfilter"}),
    ],
)
def test_a_link_tells_what_its_type_has(lines, says):
    always = {
        "kind": "bpf-link",
        "object": "bpf-link:[89]",
        "link_id": 89,
        "prog_id": 97,
        "prog_tag": "59f4a931744dcdc6",
    }
    assert told(LINK, HEAD + lines) == COMMON | always | says


def test_a_link_to_a_map_of_operations_has_no_program():
    text = HEAD + b"link_type:\tstruct_ops\nlink_id:\t7\nmap_id:\t26\n"
    assert told(LINK, text) == COMMON | {
        "kind": "bpf-link",
        "object": "bpf-link:[7]",
        "link_type": "struct_ops",
        "link_id": 7,
        "map_id": 26,
    }
    assert descriptor(LINK, text).describe() == "struct_ops 7"


@pytest.mark.parametrize(
    ("line", "place"),
    [
        (b"tp_name:\tmark_victim\n", "at mark_victim"),
        (b"target_name:\tbpf_map\n", "at bpf_map"),
        (b"attach_type:\t8\n", "at cgroup_inet4_bind"),
    ],
)
def test_the_line_of_a_link_names_the_place(line, place):
    text = HEAD + b"link_type:\traw_tracepoint\n" + TAGGED + line
    assert descriptor(LINK, text).describe() == f"raw_tracepoint 89, program 97, {place}"


def test_a_description_of_types():
    assert told(TYPES, HEAD + b"btf_id:\t14\n") == COMMON | {
        "kind": "bpf-btf",
        "object": "bpf-btf:[14]",
        "btf_id": 14,
    }
    assert descriptor(TYPES, HEAD + b"btf_id:\t14\n").describe() == "type description 14"
    assert told(TYPES, OLD) == {"kind": "bpf-btf", "mount_id": 9}


def test_a_number_that_is_none_costs_a_problem():
    assert complaint(MAP, HEAD + b"map_id:\tx\n").startswith("bpf-map: ValueError")


def test_names_stand_at_the_numbers_of_the_kernel_headers():
    assert bpf._MAP_TYPES[33] == "arena"
    assert bpf._PROGRAM_TYPES[32] == "netfilter"
    assert bpf._LINK_TYPES[14] == "sockmap"
    assert bpf._ATTACH_TYPES[57] == "trace_uprobe_session"
    assert bpf._MAP_FLAGS[16] == "token_fd"
