"""mqueue: by the type of its file system, mounted or not."""

import stat

from placing import ROOT, placed, told

MOUNTED = ROOT._replace(type=b"mqueue", source=b"mqueue", point=b"/dev/mqueue")


def test_a_queue_of_the_kernels_own_mount_is_known_by_the_number_of_its_file_system():
    gone = {"mount_point": None, "source": None, "filesystem": "mqueue", "links": 0, "deleted": True}
    queue = {"mount": None, "magic": 0x19800202, "links": 0, "size": 80}
    assert told(b"/q (deleted)", **queue) == {"kind": "mqueue", "name": "/q", **gone}
    assert placed(b"/q (deleted)", **queue).describe() == "message queue /q, deleted"


def test_a_queue_of_a_mounted_file_system_is_known_by_its_type():
    found = placed(b"/dev/mqueue/q", mount=MOUNTED, size=80)
    assert (type(found).__name__, found.name, found.position) == ("MessageQueue", "/dev/mqueue/q", None)


def test_the_directory_of_all_queues_is_a_directory():
    found = placed(b"/dev/mqueue", mount=MOUNTED, file_type=stat.S_IFDIR)
    assert type(found).__name__ == "Directory"
