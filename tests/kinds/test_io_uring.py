"""Pure: what an io_uring's fdinfo is read as, from Linux 5.10 to 6.18."""

from reading import HEAD, OLD, complaint, descriptor, told

LINK = b"anon_inode:[io_uring]"
NOW = HEAD + (
    b"SqMask:\t0x7\nSqHead:\t4294967295\nSqTail:\t1\nCachedSqHead:\t4294967295\n"
    b"CqMask:\t0xf\nCqHead:\t7\nCqTail:\t8\nCachedCqTail:\t9\n"
    b"SQEs:\t2\n"
    b"    7: opcode:READV, fd:5, flags:11, off:18446744073709551615, addr:0x7fa5008f2000, rw_flags:0x0, "
    b"buf_index:0 user_data:18446744073709551615\n"
    b"    0: opcode:NOP, fd:-1, flags:0, off:0, addr:0x0, rw_flags:0x0, buf_index:0 user_data:0, e0:0x1, e1:0x2\n"
    b"CQEs:\t1\n"
    b"    7: user_data:8738, res:-11, flag:1a, extra1:5, extra2:6\n\n"
    b"SqThread:\t7721\nSqThreadCpu:\t1\nSqTotalTime:\t1500001\nSqWorkTime:\t10\n"
    b"UserFiles:\t3\n    0: /tmp/io\\040uring\n    2: pipe:[57392]\n"
    b"UserBufs:\t2\n    0: 0x7fa5008f2000/4096\n    1: <none>\n"
    b"PollList:\n  op=6, task_works=1\n  op=99, task_works=0\n"
    b"CqOverflowList:\n  user_data=4660, res=4, flags=0\n"
    b"NAPI:\tenabled\nnapi tracking:\tdynamic\nnapi_busy_poll_dt:\t100000\nnapi_prefer_busy_poll:\ttrue\n"
)


def test_rings_work_and_registered_files_of_6_18():
    assert told(LINK, NOW) == {
        "kind": "io_uring",
        "inode": 1039,
        "mount_id": 17,
        "object": "io_uring:[1039]",
        "sq_entries": 8,
        "sq_head": 4294967295,
        "sq_tail": 1,
        "cached_sq_head": 4294967295,
        "cq_entries": 16,
        "cq_head": 7,
        "cq_tail": 8,
        "cached_cq_tail": 9,
        "submissions_pending": 2,
        "completions_waiting": 1,
        "submissions": [
            {
                "index": 7,
                "operation": "readv",
                "target_fd": 5,
                "submission_flags": ["fixed_file", "async"],
                "user_data": "0xffffffffffffffff",
                "arguments": {
                    "off": "18446744073709551615",
                    "addr": "0x7fa5008f2000",
                    "rw_flags": "0x0",
                    "buf_index": "0",
                },
            },
            {
                "index": 0,
                "operation": "nop",
                "target_fd": -1,
                "user_data": "0x0",
                "arguments": {
                    "off": "0",
                    "addr": "0x0",
                    "rw_flags": "0x0",
                    "buf_index": "0",
                    "e0": "0x1",
                    "e1": "0x2",
                },
            },
        ],
        "completions": [
            {
                "index": 7,
                "user_data": "0x2222",
                "result": -11,
                "completion_flags": "0x1a",
                "extra": ["0x5", "0x6"],
            }
        ],
        "overflow": [{"user_data": "0x1234", "result": 4, "completion_flags": "0x0"}],
        "polls": [{"operation": "poll_add", "task_works": True}, {"operation": "99", "task_works": False}],
        "sq_thread": 7721,
        "sq_thread_cpu": 1,
        "sq_total_time_s": 1.500001,
        "sq_work_time_s": 1e-05,
        "file_slots": 3,
        "registered_files": [{"index": 0, "name": "/tmp/io uring"}, {"index": 2, "name": "pipe:[57392]"}],
        "buffer_slots": 2,
        "registered_buffers": [{"index": 0, "address": "0x7fa5008f2000", "size_bytes": 4096}],
        "napi": "enabled",
        "napi_tracking": "dynamic",
        "napi_busy_poll_ns": 100000,
        "napi_prefer_busy_poll": True,
    }
    assert descriptor(LINK, NOW).describe() == (
        "rings of 8 and 16, 2 submissions, 1 completion, 2 polls, 2 registered files, 1 registered buffer, "
        "thread 7721 submits"
    )


def test_5_15_tells_what_is_registered_and_has_no_inode_of_its_own():
    text = HEAD + (
        b"SqThread:\t-1\nSqThreadCpu:\t-1\nUserFiles:\t2\n    0: null\n    1: <none>\nUserBufs:\t0\n"
        b"Personalities:\n    1\n\tUid:\t0\t\t0\t\t0\t\t0\n\tGid:\t0\t\t0\t\t0\t\t0\n\tGroups:\t0\n\tCapEff:\t0\n"
        b"PollList:\n  op=1, task_works=0\n"
    )
    assert told(LINK, text) == {
        "kind": "io_uring",
        "inode": 1039,
        "mount_id": 17,
        "polls": [{"operation": "readv", "task_works": False}],
        "file_slots": 2,
        "registered_files": [{"index": 0, "name": "null"}],
        "buffer_slots": 0,
        "personalities": [
            {"id": 1, "credentials": {"Uid": "0 0 0 0", "Gid": "0 0 0 0", "Groups": "0", "CapEff": "0"}}
        ],
    }
    assert descriptor(LINK, text).describe() == "rings, 1 poll, 1 registered file"


def test_5_17_prints_operations_as_numbers():
    text = OLD + (
        b"SqMask:\t0x3\nSqHead:\t0\nSqTail:\t1\nCachedSqHead:\t0\nCqMask:\t0x7\nCqHead:\t0\nCqTail:\t0\n"
        b"CachedCqTail:\t0\nSQEs:\t1\n    0: opcode:22, fd:7, flags:0, user_data:9\nCQEs:\t0\n"
    )
    found = descriptor(LINK, text)
    assert [(one.operation, one.target_fd, one.user_data) for one in found.submissions] == [("read", 7, "0x9")]
    assert (found.submissions_pending, found.completions_waiting, found.object) == (1, 0, None)


def test_indexes_wrap_at_32_bits():
    text = HEAD + b"SqHead:\t0\nSqTail:\t2147483648\nCqHead:\t4294967295\nCqTail:\t4294967294\n"
    found = descriptor(LINK, text)
    assert (found.submissions_pending, found.completions_waiting) == (2**31, 2**32 - 1)


def test_the_first_cpu_is_one_and_minus_one_is_none():
    found = descriptor(LINK, HEAD + b"SqThread:\t7\nSqThreadCpu:\t0\n")
    assert (found.sq_thread, found.sq_thread_cpu) == (7, 0)


def test_a_ring_that_is_busy_in_the_moment_tells_only_its_flags():
    assert told(LINK, HEAD) == {"kind": "io_uring", "inode": 1039, "mount_id": 17}
    assert descriptor(LINK, HEAD).describe() == "rings"


def test_a_file_may_have_any_name():
    text = HEAD + b"UserFiles:\t2\n    0: /tmp/a\\012UserBufs:\\0119\n    1: /\xff\\134\n"
    assert told(LINK, text)["registered_files"] == [
        {"index": 0, "name": "/tmp/a\nUserBufs:\t9"},
        {"index": 1, "name": "/\udcff\\"},
    ]


def test_lines_of_newer_kernels_are_kept_and_strange_ones_cost_a_problem():
    assert told(LINK, NOW + b"Credits:\t7\n")["details"] == {"Credits": "7"}
    assert complaint(LINK, HEAD + b"SqMask:\tall\n").startswith("io_uring: ValueError")
    assert complaint(LINK, HEAD + b"CQEs:\t1\n    0: res:0\n").startswith("io_uring: KeyError")
