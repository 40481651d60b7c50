"""Who of a snapshot holds what: by identity, name, mount, address and socket; what is not in it is not guessed."""

import sys
from pathlib import Path

import pytest

from fdscope import UsageError
from fdscope.model import HeldFile, Problem
from fdscope.problems import OTHERS
from fdscope.search_kept import who
from fdscope.where import parse

sys.path.insert(0, str(Path(__file__).parent / "report"))
from made import KIND, process, snapshot


def holder(pid, *descriptors, files=(), mnt=1, **more):
    """A process with these descriptors, which are numbered from 0 on."""
    for fd, one in enumerate(descriptors):
        one.fd = fd
    facts = {"pid": pid, "name": "web", "namespaces": {"mnt": mnt}, "threads": []}
    return process(**facts | more, descriptors=list(descriptors), files=list(files))


def made(kind, **facts):
    return KIND[kind](fd=0, **facts)


def file(name, inode, *, device="8:1", mount="/", kind="regular", **more):
    facts = {"mount_point": mount, "mount_id": 1 if mount == "/" else 2, "filesystem": "ext4"}
    return made(kind, name=name, inode=inode, device=device, **facts | more)


def found(word, *holders, problems=(), where=None):
    """The form of the answer, and each use as pid and descriptor, or pid and role."""
    holdings = who(snapshot(*holders, problems=problems), [word], where)
    uses = [(use.pid, use.role or use.fd) for use in holdings.uses]
    assert holdings.asked[0].uses_total == len(uses)
    return holdings.asked[0].form, uses


def test_a_path_means_the_file_that_has_the_name_by_whatever_name_it_is_held():
    others = holder(2, file("/b", 7), file("/a", 8, deleted=True), made("memfd", name="/a", inode=9, device="0:1"))
    mapped = HeldFile(role="mapped", name="/else", device="8:1", inode=7)
    unread = [HeldFile(role="mapped", name=name) for name in ("/a", "/b", "/c")]
    one = holder(1, file("/a", 7), file("/a", 7, device="8:2"), files=[mapped, *unread])
    assert found("/a", one, others) == (
        "file",
        [(1, "mapped"), (1, "mapped"), (1, "mapped"), (1, 0), (1, 1), (2, 0)],
    )
    assert found("/./x/../a", one, others)[1] == found("/a", one, others)[1]
    assert found("/c", one, others) == ("file", [(1, "mapped")])
    assert found("/d", one, others) == ("file", [])
    (asked,) = who(snapshot(others), ["/b"]).asked
    assert (asked.device, asked.inode, asked.directory) == ("8:1", 7, None)


def test_a_deleted_file_does_not_have_the_name_that_it_had_if_another_has_it_now():
    files = [
        HeldFile(role="exe", name="/a", device="8:1", inode=7, deleted=True),
        HeldFile(role="mapped", name="/a", device="8:1", inode=8),
    ]
    assert found("/a", holder(1, files=files)) == ("file", [(1, "mapped")])
    assert found("/a", holder(1, files=files[:1])) == ("file", [(1, "exe")])


def test_in_another_mount_namespace_a_name_alone_may_mean_another_file():
    apart = holder(3, files=[HeldFile(role="mapped", name="/a")], mnt=2)
    assert found("/a", holder(1, file("/a", 7)), holder(2), apart) == ("file", [(1, 0)])
    below = [holder(1, file("/d/a", 7)), holder(3, file("/d/x", 7, device="9:9"), file("/d/a", 7), mnt=2)]
    assert found("/d/", *below) == ("below", [(1, 0), (3, 1)])
    first = [holder(1, mnt=2), holder(2, mnt=1), holder(3, file("/d/x", 7, device="9:9"), mnt=1)]
    assert found("/d/", *first) == ("below", [])  # the namespace of the first process is the usual one


def test_below_a_directory_is_by_whole_names():
    held = [file("/d/a", 1), file("/d", 2, kind="directory"), file("/da", 3), made("pipe", name="/d/p")]
    bound = made("unix", path="/d/s", path_inode=5, path_device="8:1")
    others = [made("unix", path="/d/s"), made("unix", path="/d/s", path_device="8:1", abstract=True)]
    cwd = HeldFile(role="cwd", name="/d/e")
    assert found("/d/", holder(1, *held, bound, *others, files=[cwd])) == (
        "below",
        [(1, "cwd"), (1, 0), (1, 1), (1, 3), (1, 4)],
    )


def test_a_socket_is_a_use_of_the_file_that_it_is_bound_to():
    bound = made("unix", inode=50, path="/s", path_inode=5, path_device="8:1")
    twin = made("unix", inode=51, path="/else", path_inode=5, path_device="8:1")
    abstract = made("unix", inode=52, path="/s", abstract=True)
    accepted = made("unix", inode=50)
    assert found("/s", holder(1, bound, abstract, made("unix", inode=53)), holder(2, twin, accepted)) == (
        "file",
        [(1, 0), (2, 0), (2, 1)],
    )
    assert found("/s", holder(1, file("/s", 5))) == ("file", [(1, 0)])
    assert found("/s", holder(1, abstract)) == ("file", [])


def test_a_node_of_a_device_is_every_node_of_it():
    node = file("/dev/a", 1, kind="char-device", device_number="1:3")
    twin = file("/dev/b", 2, device="9:9", kind="char-device", device_number="1:3")
    block = file("/dev/c", 3, kind="block-device", device_number="1:3")
    other = file("/dev/d", 4, kind="char-device", device_number="1:5")
    assert found("/dev/a", holder(1, node, twin, block, other)) == ("file", [(1, 0), (1, 1)])


def test_a_mount_is_all_that_lies_on_it():
    on = [file("/m/a", 1, device="8:2", mount="/m"), file("/m", 2, device="8:2", mount="/m", kind="directory")]
    bound = made("unix", path="/m/s", path_inode=5, path_device="8:2")
    elsewhere = [
        file("/bind", 3, device="8:2", mount="/bind", mount_id=7),  # of the same device, by another mount
        file("/m/in/x", 4, device="8:3", mount="/m/in", mount_id=8),
        file("/x", 5),
    ]
    files = [
        HeldFile(role="cwd", name="/m", device="8:2", inode=2),
        HeldFile(role="root", name="/", device="8:1", inode=1),
        HeldFile(role="exe", name="/m/in/x", device="8:3", inode=4),
        HeldFile(role="mapped", name="/m/lib"),
        HeldFile(role="mapped", name="/m/in/lib"),
        HeldFile(role="mapped", name="/bind/lib", device="8:2", inode=9),
    ]
    here = holder(1, *on, bound, *elsewhere, files=files)
    assert found("/m", here) == ("mount", [(1, "cwd"), (1, "mapped"), (1, 0), (1, 1), (1, 2)])
    apart = [
        HeldFile(role="cwd", name="/other", device="8:2", inode=2),
        HeldFile(role="exe", name="/m/a", device="9:9", inode=2),
    ]
    stranger = holder(3, made("regular", name="/o", device="8:2", inode=1, mount_id=99), files=apart, mnt=2)
    assert found("/m", here, holder(2), stranger)[1][-2:] == [(3, "cwd"), (3, 0)]
    (asked,) = who(snapshot(here), ["/m"]).asked
    assert (asked.mount_id, asked.filesystem) == (2, "ext4")


def test_a_deleted_file_is_told_once_for_each_holder_and_its_space_once_in_all():
    gone = {"deleted": True, "allocated_bytes": 4096}
    held = [
        file("/a", 1, **gone),
        file("/a", 1, **gone),
        file("/b", 2, deleted=False, allocated_bytes=4096),
        made("regular", name="/SYSV0", device="0:1", inode=1, **gone),  # memory on a mount of the kernel's own
        made("regular", name="/d/c", device="0:9", inode=1, **gone),
    ]
    files = [
        HeldFile(role="exe", name="/a", device="8:1", inode=1, **gone),
        HeldFile(role="mapped", name="/dev/zero", device="0:1", inode=7, **gone),
        HeldFile(role="mapped", name="/memfd:x", device="0:1", inode=8, **gone),
    ]
    holdings = who(snapshot(holder(1, *held, files=files)), ["deleted"])
    assert {(use.role or use.fd, use.frees_bytes) for use in holdings.uses} == {
        (0, 4096), (1, 4096), (4, 4096), ("exe", 4096)
    }  # fmt: skip
    assert holdings.reclaimable_bytes == 8192


def socket(kind="tcp", inode=1, here=("0.0.0.0", 80), there=(None, None), **more):
    addresses = {"local_address": here[0], "local_port": here[1]}
    addresses |= {"remote_address": there[0], "remote_port": there[1], "net_namespace": 5}
    return made(kind, inode=inode, **addresses | more)


def test_sockets_are_known_by_port_and_address_and_those_without_a_port_are_none():
    held = [
        socket(),
        socket("udplite", 2),
        socket(inode=3, here=("10.0.0.1", 4000), there=("10.0.0.7", 80)),
        socket(inode=4, here=(None, None)),
        socket(inode=5, here=("10.0.0.1", 80), net_namespace=6),
    ]
    one = holder(1, *held)
    assert found(":80", one) == ("internet", [(1, 0), (1, 1), (1, 4)])
    assert found("udp:80", one)[1] == [(1, 1)]
    assert found("tcp:", one)[1] == [(1, 0), (1, 2), (1, 4)]
    assert found("10.0.0.7", one)[1] == [(1, 2)]
    # who listens at all addresses listens at those that its machine, or its namespace, is known to have
    assert found("10.0.0.1:80", one)[1] == [(1, 0), (1, 1), (1, 4)]
    assert found("10.0.0.1:80", holder(1, *held[:2], held[4]))[1] == [(1, 2)]
    assert found("127.0.0.1:80", one)[1] == [(1, 0), (1, 1)]
    (asked,) = who(snapshot(one), [":80"]).asked
    assert (asked.sockets, asked.sockets_unclaimed) == (3, 0)


def test_unix_sockets_are_known_by_name_if_the_kernel_told_of_them():
    held = [
        made("unix", inode=1, state="LISTEN", path="/s"),
        made("unix", inode=2, state="ESTABLISHED", path="@a", abstract=True),
        made("unix", inode=3),
    ]
    one = holder(1, *held)
    assert [found(word, one)[1] for word in ("unix:/s", "unix:@a", "unix:")] == [
        [(1, 0)], [(1, 1)], [(1, 0), (1, 1)]
    ]  # fmt: skip
    assert [use.access for use in who(snapshot(one), ["unix:/s"]).uses] == ["rw"]


def test_objects_are_known_by_their_names_and_processes_by_their_pidfds():
    one = holder(1, made("pipe", object="pipe:[5]", name="pipe:[5]", access="r"), made("pidfd", target_pid=42))
    assert found("pipe:[5]", one) == ("link", [(1, 0)])
    assert found("pid:42", one) == ("pidfd", [(1, 1)])
    assert found("inode:8:1:7", holder(1, file("/x", 7), file("/x", 8))) == ("file", [(1, 0)])


def test_threads_of_the_kernel_and_the_dead_hold_nothing_and_an_expression_chooses():
    held = [file("/a", 7)]
    dead = [holder(2, *held, state="zombie"), holder(3, *held, state="dead"), holder(4, *held, kernel_thread=True)]
    assert found("/a", holder(1, *held), *dead) == ("file", [(1, 0)])
    both = [holder(1, *held), holder(5, *held)]
    assert found("/a", *both, where=parse("pid == 5")) == ("file", [(5, 0)])


def test_what_could_not_be_read_is_told_once_for_each_process_where_it_leaves_a_doubt():
    def refused(pid, what, reason="permission-denied"):
        return Problem(pid=pid, what=what, reason=reason)

    problems = [
        refused(7, "maps"),
        refused(7, "descriptors"),
        refused(8, "cwd"),
        refused(9, "descriptors", "vanished"),
        refused(9, "threads"),
        refused(None, OTHERS),
        refused(None, "sockets of network namespace 5"),
    ]

    def told(word):
        return [(one.pid, one.what) for one in who(snapshot(problems=problems), [word]).problems]

    sockets = (None, "sockets of network namespace 5")
    assert told(":80") == [(7, "descriptors"), sockets]
    assert sorted(told("/a"), key=str) == sorted([(7, "descriptors"), (8, "cwd"), sockets], key=str)


@pytest.mark.parametrize(
    ("words", "told"),
    [([], "takes at least one object"), (["name"], "'name' is no object"), (["./a"], "give the whole path")],
)
def test_what_nobody_could_follow_is_wrong_usage(words, told):
    with pytest.raises(UsageError, match=told):
        who(snapshot(), words)
