"""namespace: its type and inode, opened in /proc or through a bind mount."""

import pytest
from placing import ROOT, placed
from reading import HEAD, descriptor, told

BOUND = ROOT._replace(device=b"0:4", root=b"net:[99]", point=b"/run/netns/blue", type=b"nsfs", source=b"nsfs")


@pytest.mark.parametrize("type_", ["cgroup", "ipc", "mnt", "net", "pid", "time", "user", "uts"])
def test_a_namespace_tells_its_type_and_inode(type_):
    link = f"{type_}:[4026531840]"
    assert told(link.encode(), HEAD) == {
        "kind": "namespace",
        "name": link,
        "inode": 4026531840,
        "mount_id": 17,
        "object": "namespace:[4026531840]",
        "namespace_type": type_,
    }
    assert descriptor(link.encode(), HEAD).describe() == link


def test_a_bind_mount_tells_the_type_in_the_mount_table():
    found = placed(b"/run/netns/blue", mount=BOUND)
    assert (found.name, found.namespace_type, found.object) == ("/run/netns/blue", "net", "namespace:[99]")
    assert placed(b"/run/netns/blue", b"", mount=BOUND._replace(root=b"/net:[99]")).namespace_type == "net"
    assert found.describe() == "/run/netns/blue, net:[99]"


def test_a_bind_mount_of_another_mount_namespace_tells_no_type():
    found = placed(b"/blue", mount=None, magic=0x6E736673)
    assert (type(found).__name__, found.namespace_type, found.object) == ("Namespace", None, "namespace:[99]")
    assert found.describe() == "/blue"
    assert placed(b"/blue", b"", mount=None, magic=0x6E736673).inode == 99  # before Linux 5.14 stat(2) alone tells
