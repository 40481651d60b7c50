"""Pure: what a pidfd's fdinfo is read as."""

from reading import HEAD, OLD, Silence, complaint, descriptor, told

LINK = b"anon_inode:[pidfd]"
MACHINE = Silence(processes={7524: b"nginx"})


def test_the_target_is_told_with_its_name_and_its_pid_in_each_namespace():
    text = HEAD + b"Pid:\t7524\nNSpid:\t7524\t12\t1\n"
    assert told(LINK, text, MACHINE) == {
        "kind": "pidfd",
        "inode": 1039,
        "mount_id": 17,
        "object": "pidfd:[7524]",
        "target_pid": 7524,
        "target_name": "nginx",
        "target_pids": [7524, 12, 1],
        "target_gone": False,
        "target_outside": False,
    }
    assert descriptor(LINK, text, MACHINE).describe() == "process 7524 (nginx)"


def test_a_process_that_is_gone_has_no_pid_and_no_name():
    text = HEAD + b"Pid:\t-1\nNSpid:\t-1\n"
    assert told(LINK, text, Silence(processes={-1: b"x"})) == {
        "kind": "pidfd",
        "inode": 1039,
        "mount_id": 17,
        "target_gone": True,
        "target_outside": False,
    }
    assert descriptor(LINK, text).describe() == "a process that has ended"


def test_a_process_of_another_pid_namespace_has_none_either():
    text = HEAD + b"Pid:\t0\nNSpid:\t0\n"
    assert told(LINK, text) == {
        "kind": "pidfd",
        "inode": 1039,
        "mount_id": 17,
        "target_gone": False,
        "target_outside": True,
    }
    assert descriptor(LINK, text).describe() == "a process of another pid namespace"


def test_a_thread_is_told_by_a_flag():
    text = b"pos:\t0\nflags:\t02000202\nmnt_id:\t4\nino:\t9275\nPid:\t9274\nNSpid:\t9274\n"
    thread = descriptor(LINK, text)
    assert (thread.thread, thread.flags, thread.describe()) == (True, ["excl", "cloexec"], "thread 9274")


def test_without_pid_namespaces_there_is_no_list():
    assert told(LINK, OLD + b"Pid:\t12\n") == {
        "kind": "pidfd",
        "mount_id": 9,
        "object": "pidfd:[12]",
        "target_pid": 12,
        "target_gone": False,
        "target_outside": False,
    }


def test_the_link_of_6_9_is_known_too():
    assert descriptor(b"pidfd:[9275]", HEAD + b"Pid:\t12\n").target_pid == 12


def test_nothing_told_is_nothing_said():
    assert told(LINK, OLD) == {"kind": "pidfd", "mount_id": 9}
    assert descriptor(LINK, OLD).describe() == "a process"
    assert complaint(LINK, HEAD + b"Pid:\tx\n").startswith("pidfd: ValueError")
