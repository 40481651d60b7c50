"""Processes as a tree: each once, whatever is said of parents."""

import time

from hypothesis import example, given
from hypothesis import strategies as st
from made import KIND

from fdscope.model import HeldFile, Limit, Process
from fdscope.report.style import Style
from fdscope.report.tree import between, branches, parents_of, tree

PARENTS = st.dictionaries(st.integers(1, 30), st.none() | st.integers(0, 35), max_size=30)


@given(PARENTS)
@example({2: 3, 3: 2, 4: 2, 5: 5})
@example({8: 26, 26: 8, 2: 26})
def test_every_process_stands_in_the_tree_once_and_a_child_after_its_parent(parents):
    found = list(branches(parents))
    assert sorted(one.pid for one in found) == sorted(parents)
    depth = {one.pid: one.depth for one in found}
    place = {one.pid: number for number, one in enumerate(found)}
    for pid, parent in parents.items():
        if depth[pid]:
            assert depth[pid] == depth[parent] + 1
            assert place[parent] < place[pid]
        elif parent in parents and parent != pid:  # only where they descend from each other
            line = {pid}
            while parent not in line:
                line.add(parent)
                parent = parents[parent]
            assert parent == pid
            assert pid == min(line)


@given(PARENTS, st.sets(st.integers(1, 30)))
def test_between_two_that_are_shown_stand_those_that_lead_from_one_to_the_other(parents, shown):
    wanted = set()
    for pid in shown:
        line, parent = [], parents.get(pid)
        while parent is not None and parent not in shown and parent not in line:
            line.append(parent)
            parent = parents.get(parent)
        if parent in shown:
            wanted.update(line)
    assert between(shown, parents) == wanted


def drawn(processes, context=(), rows=None, style=Style(), sort=None):  # noqa: B008 - a value
    rows = [(one, held) for one in processes for held in one.descriptors or ()] if rows is None else rows
    return "".join(tree(processes, context, rows, sort, style)).splitlines()


def one(pid, parent, *descriptors, **more):
    return Process(
        **{"name": f"p{pid}", "descriptor_count": 2, "descriptor_limit": Limit(soft=1024), **more},
        pid=pid,
        parent_pid=parent,
        descriptors=list(descriptors),
    )


PIPE = KIND["pipe"](fd=10, name="pipe:[5]", access="r")
FILE = KIND["regular"](fd=3, name="/a\x1b", access="rw", size_bytes=5)


def test_a_tree_is_drawn_with_what_each_process_holds():
    processes = [
        one(1, 0, FILE, command=["init", "\x1b"]),
        one(5, 1, FILE, PIPE, descriptor_limit=None),
        one(7, 5),
        one(6, 1, PIPE, descriptor_count=None),
        one(9, 8),
    ]
    assert drawn(processes, sort="-fd") == [
        "p1 [1]  init \\x1b  2 fds of 1,024",
        "│  3  regular  rw  /a\\x1b, 5 B",
        "├─ p5 [5]  2 fds",
        "│  │  10  pipe     r   pipe:[5], read end",
        "│  │   3  regular  rw  /a\\x1b, 5 B",
        "│  └─ p7 [7]  2 fds of 1,024",
        "└─ p6 [6]  descriptors could not be read",
        "      10  pipe  r  pipe:[5], read end",
        "p9 [9]  2 fds of 1,024",
    ]
    ascii_only = drawn(processes[:2], style=Style(unicode=False))
    assert ascii_only[1:3] == ["|  3  regular  rw  /a\\x1b, 5 B", "`- p5 [5]  2 fds"]


def test_who_stands_between_is_named_and_no_more():
    processes = [one(1, 0), one(5, 3, ancestors=[3, 2, 1])]
    context = [one(3, 2, FILE, command=["x"]), one(2, 1)]
    assert between({1, 5}, parents_of(processes)) == {2, 3}
    assert drawn(processes, context, rows=[], style=Style(colour=True)) == [
        "\x1b[1mp1 [1]\x1b[0m\x1b[2m  2 fds of 1,024\x1b[0m",
        "└─ \x1b[2mp2 [2]\x1b[0m",
        "   └─ \x1b[2mp3 [3]  x\x1b[0m",
        "      └─ \x1b[1mp5 [5]\x1b[0m\x1b[2m  2 fds of 1,024\x1b[0m",
    ]
    assert [line.strip(" └─") for line in drawn(processes, (), rows=[])] == [
        "p1 [1]  2 fds of 1,024",
        "p5 [5]  2 fds of 1,024",
    ]


def test_a_file_without_a_descriptor_and_a_number_of_a_thread_are_told_as_such():
    process = one(1, 0)
    rows = [(process, KIND["pipe"](fd=3, name="pipe:[5]", tid=7)), (process, HeldFile(role="cwd", name="/"))]
    assert drawn([process], rows=rows)[1:] == [
        "   3 (thread 7)  pipe    pipe:[5]",
        "            cwd          /",
    ]


def test_lines_are_cut_to_the_width():
    processes = [one(1, 0, command=["x" * 200]), *(one(pid, pid - 1, FILE, PIPE) for pid in range(2, 20))]
    lines = drawn(processes, style=Style(width=80))
    assert max(map(len, lines)) <= 80
    assert lines[0] == "p1 [1]  " + "x" * 55 + "…  2 fds of 1,024"
    context = [one(2, 1, command=["y" * 200])]
    named = drawn([one(1, 0), one(3, 2, ancestors=[2, 1])], context, rows=[], style=Style(width=80))
    assert named[1] == "└─ p2 [2]  " + "y" * 68 + "…"


def test_a_deep_tree_and_a_wide_one_are_drawn_soon_and_no_line_is_long():
    chain = [one(pid, pid - 1) for pid in range(1, 20_001)]
    began = time.process_time()
    lines = drawn(chain)
    assert len(lines) == 20_000
    assert max(map(len, lines)) < 130
    assert lines[-1].endswith("p20000 [20000]  child of 19999  2 fds of 1,024")
    assert len(drawn([one(1, 0), *(one(pid, 1) for pid in range(2, 20_001))])) == 20_000
    assert time.process_time() - began < 20
