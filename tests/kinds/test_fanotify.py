"""Pure: what a fanotify's fdinfo is read as."""

from reading import HEAD, OLD, Silence, complaint, descriptor, told

from fdscope.raw import RawMount

LINK = b"anon_inode:[fanotify]"
MARKS = (
    b"fanotify flags:213 event-flags:88000\n"
    b"fanotify ino:2120e5 sdev:fe00000 mflags:240 mask:48000002 ignored_mask:20 "
    b"fhandle-bytes:8 fhandle-type:1 f_handle:e520210036e84977\n"
    b"fanotify mnt_id:1b mflags:440 mask:0 ignored_mask:2\n"
    b"fanotify sdev:15 mflags:0 mask:1000000a ignored_mask:0\n"
    b"fanotify mnt_ns:4026531832 mflags:0 mask:3000000 ignored_mask:0\n"
)
MACHINE = Silence(
    mounts={(42, 27): RawMount(b"254:0", b"/", b"/srv", b"ext4", b"/dev/vda")},
    paths={(42, 254 << 20, 0x2120E5, (1, bytes.fromhex("e520210036e84977"))): b"/srv/data"},
)


def test_marks_are_told_with_what_they_lie_on():
    assert told(LINK, HEAD + MARKS, MACHINE) == {
        "kind": "fanotify",
        "inode": 1039,
        "mount_id": 17,
        "init_flags": ["class_notif", "cloexec", "nonblock", "unlimited_queue", "report_fid"],
        "event_access": "r",
        "event_flags": ["cloexec", "largefile"],
        "marks": [
            {
                "scope": "inode",
                "events": ["modify", "event_on_child", "ondir"],
                "ignored": ["open"],
                "mark_flags": ["ignored_surv_modify", "evictable"],
                "inode": 0x2120E5,
                "device": "254:0",
                "path": "/srv/data",
            },
            {
                "scope": "mount",
                "events": [],
                "ignored": ["modify"],
                "mark_flags": ["ignored_surv_modify", "ignore"],
                "marked_mount_id": 27,
                "mount_point": "/srv",
            },
            {"scope": "filesystem", "events": ["modify", "close_write", "rename"], "device": "0:21"},
            {"scope": "mount-namespace", "events": ["mnt_attach", "mnt_detach"], "inode": 4026531832},
        ],
    }
    assert descriptor(LINK, HEAD + MARKS, MACHINE).describe() == (
        "4 marks: inode /srv/data, mount /srv, filesystem 0:21, mount-namespace 4026531832"
    )


def test_what_the_machine_cannot_answer_is_left_out():
    assert descriptor(LINK, HEAD + MARKS).describe() == (
        "4 marks: inode 254:0:2171109, mount 27, filesystem 0:21, mount-namespace 4026531832"
    )


def test_a_content_class_is_one_of_the_flags():
    pre = descriptor(LINK, OLD + b"fanotify flags:8 event-flags:1\n")
    assert (pre.init_flags, pre.event_access) == (["class_pre_content"], "w")
    first = b"fanotify flags:4 event-flags:2\n"
    assert told(LINK, OLD + first) == {
        "kind": "fanotify",
        "mount_id": 9,
        "init_flags": ["class_content"],
        "event_access": "rw",
        "event_flags": [],
        "marks": [],
    }


def test_permission_events_have_names():
    line = b"fanotify mnt_id:1b mflags:0 mask:170000 ignored_mask:0\n"
    assert told(LINK, HEAD + line)["marks"][0]["events"] == [
        "open_perm",
        "access_perm",
        "open_exec_perm",
        "pre_access",
    ]


def test_a_line_that_is_not_understood_costs_a_problem_and_a_new_sort_of_line_does_not():
    assert complaint(LINK, HEAD + b"fanotify ino:1 mask:2\n").startswith("fanotify: KeyError")
    assert told(LINK, HEAD + b"fanotify queue:5 overflows:1\n")["details"] == {"fanotify queue": "5 overflows:1"}


def test_one_that_cannot_be_read_says_nothing_of_marks():
    assert descriptor(LINK, b"").marks is None
    assert descriptor(LINK, b"").describe() == "watches of files"
