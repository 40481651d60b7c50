"""Pure: what an inotify's fdinfo is read as."""

from reading import HEAD, OLD, Silence, complaint, descriptor, told

LINK = b"anon_inode:inotify"
WATCHES = (
    b"inotify wd:1f ino:2e3 sdev:fe00000 mask:2 ignored_mask:0 "
    b"fhandle-bytes:8 fhandle-type:1 f_handle:e302000000000000\n"
    b"inotify wd:1 ino:2120e5 sdev:fe00001 mask:80000300 ignored_mask:20 "
    b"fhandle-bytes:8 fhandle-type:81 f_handle:e520210036e84977\n"
)
FOLDER = (42, 254 << 20 | 1, 0x2120E5, (0x81, bytes.fromhex("e520210036e84977")))


def test_watches_are_told_by_number_with_masks_by_name_and_the_path_that_the_handle_leads_to():
    machine = Silence(paths={FOLDER: b"/srv/\xff"})
    assert told(LINK, HEAD + WATCHES, machine) == {
        "kind": "inotify",
        "inode": 1039,
        "mount_id": 17,
        "watches": [
            {
                "wd": 1,
                "events": ["create", "delete", "oneshot"],
                "ignored": ["open"],
                "inode": 0x2120E5,
                "device": "254:1",
                "path": "/srv/\udcff",
            },
            {"wd": 31, "events": ["modify"], "inode": 0x2E3, "device": "254:0"},
        ],
    }
    assert descriptor(LINK, HEAD + WATCHES, machine).describe() == "2 watches: /srv/\udcff, inode 254:0:739"


def test_a_file_system_without_handles_tells_the_inode_alone():
    asked = Silence(paths={(42, 0x15, 0xE053, None): b"/proc/1"})
    line = b"inotify wd:3 ino:e053 sdev:15 mask:fff ignored_mask:0 \n"
    assert told(LINK, OLD + line, asked)["watches"] == [
        {
            "wd": 3,
            "events": (
                "access modify attrib close_write close_nowrite open moved_from moved_to create delete "
                "delete_self move_self"
            ).split(),
            "inode": 0xE053,
            "device": "0:21",
            "path": "/proc/1",
        }
    ]


def test_before_3_19_the_mask_holds_a_bit_of_the_kernel_s_own():
    line = b"inotify wd:3 ino:9e7e sdev:800013 mask:800afce ignored_mask:0\n"
    assert told(LINK, OLD + line)["watches"] == [
        {
            "wd": 3,
            "events": (
                "modify attrib close_write moved_from moved_to create delete delete_self move_self "
                "unmount ignored event_on_child"
            ).split(),
            "inode": 0x9E7E,
            "device": "8:19",
        }
    ]


def test_one_that_watches_nothing_says_so_and_one_that_cannot_be_read_does_not():
    assert told(LINK, HEAD)["watches"] == []
    assert descriptor(LINK, HEAD).describe() == "0 watches"
    assert descriptor(LINK, b"").watches is None
    assert descriptor(LINK, b"").describe() == "watches of files"


def test_a_handle_that_is_not_hexadecimal_costs_a_problem():
    line = b"inotify wd:1 ino:1 sdev:1 mask:2 ignored_mask:0 fhandle-bytes:1 fhandle-type:1 f_handle:\xff\n"
    assert complaint(LINK, HEAD + line).startswith("inotify: UnicodeDecodeError")
    assert complaint(LINK, HEAD + b"inotify wd:1\n").startswith("inotify: KeyError")
