"""Graphs as trees, DOT and Mermaid: each node once, each edge once, and no name that does harm."""

import re
import subprocess
from itertools import pairwise
from xml.etree import ElementTree

import pytest
from drawing import blocked, pipe, process, snapshot, socket
from hypothesis import given, settings
from hypothesis import strategies as st
from program import found

from fdscope.graph import graph_of
from fdscope.model import HeldFile
from fdscope.pictures import Graph, GraphEdge, GraphNode
from fdscope.report.drawn import dot, mermaid, too_many
from fdscope.report.graph import tree
from fdscope.report.joined import remarks
from fdscope.report.style import Style, columns


def site():
    """A server with two workers, who wait for each other; a client elsewhere; and a log that is read."""
    memory = [HeldFile(role="mapped", name="/dev/zero", device="0:1", inode=7, rights=["rw-s"])]
    return snapshot(
        process(1, pipe(5, 9, "w"), name="web", command=["web: master"], files=memory),
        process(
            2,
            pipe(5, 9, "w"),
            pipe(3, 10, "r"),
            pipe(4, 20, "w"),
            socket(
                "tcp",
                6,
                30,
                remote_address="192.0.2.7",
                remote_port=5,
                other_end="elsewhere",
                accepted_from=[1],
                receive_queue_bytes=2048,
            ),
            name="web",
            command=["web: worker"],
            files=memory,
            threads=[blocked(2, 3)],
        ),
        process(
            3,
            pipe(3, 20, "r"),
            pipe(4, 10, "w"),
            name="web",
            command=["web: worker"],
            files=memory,
            threads=[blocked(3, 3)],
        ),
        process(4, pipe(0, 9, "r"), name="log"),
    )


def test_a_tree_has_each_process_and_edge_once():
    assert "".join(tree(graph_of(site()), Style())).splitlines() == [
        "web [1]  master",
        "├── web [2]  worker  shared-memory",
        "│   ├── web [3]  (below)  pipe x2, blocked: web [2] and web [3], cycle",
        "│   ├─▶ log [4]  (below)  pipe",
        "│   └── 192.0.2.7  tcp, ◀ 2.0 KiB",
        "├── web [3]  worker  shared-memory",
        "└─▶ log [4]  pipe",
        "",
        "deadlock: web [2] waits for web [3] waits for web [2]",
    ]


def test_a_tree_is_drawn_without_unicode_and_within_the_width():
    lines = "".join(tree(graph_of(site()), Style(unicode=False))).splitlines()
    assert lines[:3] == [
        "web [1]  master",
        "|-- web [2]  worker  shared-memory",
        "|   |-- web [3]  (below)  pipe x2, blocked: web [2] and web [3], cycle",
    ]
    assert lines[3:7] == [
        "|   |-> log [4]  (below)  pipe",
        "|   `-- 192.0.2.7  tcp, <- 2.0 KiB",
        "|-- web [3]  worker  shared-memory",
        "`-> log [4]  pipe",
    ]
    narrow = "".join(tree(graph_of(site()), Style(width=48))).splitlines()[:7]
    assert max(map(columns, narrow)) <= 48
    assert narrow[2] == "│   ├── web [3]  (below)  pipe x2, blocked: web…"
    assert "".join(tree(graph_of(site()), Style(width=33))).splitlines()[1] == "├── web [2]  shared-memory"


@pytest.mark.parametrize(
    ("width", "line"), [(24, "p [1]  serves the world"), (20, "p [1]  serves the w…"), (14, "p [1]")]
)
def test_where_room_is_short_the_title_gives_way(width, line):
    node = GraphNode(id="pid:1", form="process", label="p", pid=1, title="serves the world")
    assert list(tree(graph([node], []), Style(width=width))) == [line + "\n"]


def test_who_waits_is_red():
    lines = "".join(tree(graph_of(site()), Style(colour=True))).splitlines()
    red = [line for line in lines if "\x1b[31m" in line]
    assert red == [lines[2], lines[-1]]
    assert "\x1b[31mpipe x2, blocked: web [2] and web [3], cycle\x1b[0m" in red[0]


def test_a_chain_of_thousands_is_a_tree():
    length = 3000
    graph = graph_of(
        snapshot(
            *(process(pid, pipe(3, pid - 1, "r"), pipe(4, pid, "w")) for pid in range(1, length + 1)),
        )
    )
    lines = list(tree(graph, Style()))
    assert len(lines) == length
    assert max(map(len, lines)) < 120


NODES = st.integers(1, 12)
EDGES = st.lists(
    st.tuples(NODES, NODES, st.sampled_from(["pipe", "tcp", "unix"]), st.booleans(), st.booleans()).filter(
        lambda edge: edge[0] != edge[1]
    ),
    max_size=30,
    unique_by=lambda edge: edge[:3],
)


def graph(nodes, edges, **more):
    return Graph(
        schema="fdscope.graph/1",
        fdscope="0",
        taken_at="2026-11-23T05:02:00.500Z",
        duration_s=0.1,
        nodes=nodes,
        edges=edges,
        cycles=[],
        problems=[],
        **{"alone": 0, "not_drawn": {}} | more,
    )


@given(EDGES, st.integers(20, 200) | st.none())
def test_every_node_has_one_place_and_every_pair_one_line(edges, width):
    nodes = [GraphNode(id=str(pid), form="process", label="p", pid=pid) for pid in range(1, 13)]
    found = graph(
        nodes,
        [
            GraphEdge(
                source=str(one),
                target=str(other),
                kind=kind,
                directed=directed,
                count=1,
                blocked=1 if waits else None,
                target_blocked=1 if waits else None,
                descriptors=[],
            )
            for one, other, kind, directed, waits in edges
        ],
    )
    lines = "".join(tree(found, Style())).splitlines()
    own = [
        re.search(r"p \[(\d+)\]", line)[1]
        for line in lines
        if line and "(above)" not in line and "(below)" not in line
    ]
    assert sorted(map(int, own)) == list(range(1, 13))
    joined = [line for line in lines if line and not line.startswith("p ")]
    assert len(joined) == len({frozenset(edge[:2]) for edge in edges})
    if width is not None:
        assert len("".join(tree(found, Style(width=width))).splitlines()) == len(lines)


def test_what_is_not_drawn_is_told_with_how_to_see_it():
    nodes = [GraphNode(id="pid:1", form="process", label="p", pid=1)]
    told = list(remarks(graph(nodes, [], alone=2, beyond=3, not_drawn={"inherited": 1200, "pty": 1})))
    assert told == [
        "1,200 inherited descriptions not drawn: --edges +inherited draws them",
        "1 of pty not drawn: --edges does not name it",
        "3 edges farther away not drawn: a greater --depth draws them",
        "2 processes that nothing joins to another not drawn",
    ]


HOSTILE = [
    'quote" -> x; "',
    "back\\slash\\",
    "line\nbreak\\n\\N\\G",
    "<b>bold</b> &lt; &amp; &#65;",
    "end",
    "graph; subgraph x",
    '"]\n  click n0 call alert()',
    "%%{init: {}}%% `md` #quot; #35;",
    "\x1b[31mred\x00\x7f",
    "\udcff\udc80 bytes",
    "\u202eright \u2028 to left",
    "{a|b} [c] (d)",
    "日本語",
]


def hostile(names):
    nodes = [
        GraphNode(id=f"pid:{pid}", form="process", label=name, pid=pid, title=name)
        for pid, name in enumerate(names)
    ]
    nodes.append(GraphNode(id="address:x", form="address", label=names[0]))
    edges = [
        GraphEdge(source=one.id, target=other.id, kind="pipe", directed=True, count=1, descriptors=[])
        for one, other in pairwise(nodes)
    ]
    return graph(nodes, edges)


def drawn_by_dot(text):
    done = subprocess.run(
        [found("dot"), "-Tsvg"], input=text.encode(), capture_output=True, timeout=60, check=False
    )
    assert (done.returncode, done.stderr) == (0, b"")
    root = ElementTree.fromstring(done.stdout)
    space = "{http://www.w3.org/2000/svg}"
    groups = {
        group.find(f"{space}title").text: group for group in root.iter(f"{space}g") if group.get("class") == "node"
    }
    return {name: [one.text for one in group.iter(f"{space}text")] for name, group in groups.items()}


def test_graphviz_shows_hostile_names_as_they_are():
    from fdscope.report.safe import printable

    graph_ = hostile(HOSTILE)
    labels = drawn_by_dot("".join(dot(graph_)))
    safe = [printable(name) for name in HOSTILE]
    expected = {f"n{pid}": [f"{name} [{pid}]", name] for pid, name in enumerate(safe)}
    expected[f"n{len(safe)}"] = [safe[0]]
    normal = {
        name: [" ".join(line.replace("\xa0", " ").split()) for line in lines] for name, lines in labels.items()
    }
    assert normal == {name: [" ".join(line.split()) for line in lines] for name, lines in expected.items()}


@settings(max_examples=15)
@given(st.lists(st.text(max_size=6) | st.sampled_from(HOSTILE), min_size=1, max_size=3))
def test_no_name_breaks_out_of_its_label(names):
    text = "".join(dot(hostile(names)))
    strings = re.sub(r'"(?:[^"\\]|\\.)*"', "S", text)
    assert '"' not in strings
    assert [
        line
        for line in strings.splitlines()
        if not re.fullmatch(r"digraph fdscope \{|\}|  (?:graph|node|edge|n\d+)[^\\]*;", line)
    ] == []
    for line in "".join(mermaid(hostile(names))).splitlines()[1:]:
        inside = r'"(?:[^"&<>`%;#{}|\[\]\\]|#\d+;|<br>)*"'
        assert re.fullmatch(rf"  n\d+(?:\[{inside}\]|\(\[{inside}\]\))|  n\d+ --+>\|{inside}\| n\d+", line), line


def test_a_mermaid_flowchart_says_in_words_what_is_red():
    assert "".join(mermaid(graph_of(site()))).splitlines() == [
        "flowchart LR",
        '  n0["web #91;1#93;<br>master"]',
        '  n1["web #91;2#93;<br>worker"]',
        '  n2["web #91;3#93;<br>worker"]',
        '  n3["log #91;4#93;"]',
        '  n4(["192.0.2.7"])',
        '  n0 -->|"pipe"| n3',
        '  n1 -->|"pipe"| n3',
        '  n2 <-->|"pipe x2<br>blocked: #91;3#93;, #91;2#93;<br>cycle"| n1',
        '  n0 ---|"shared-memory"| n1',
        '  n0 ---|"shared-memory"| n2',
        '  n4 ---|"tcp<br>2.0 KiB ▶"| n1',
        "  linkStyle 2 stroke:#c62828,color:#c62828",
        "  style n1 stroke:#c62828,stroke-width:3px",
        "  style n2 stroke:#c62828,stroke-width:3px",
    ]


def test_dot_marks_who_waits_and_the_way_data_takes():
    lines = "".join(dot(graph_of(site()))).splitlines()
    assert [line for line in lines if " -> " in line and "n2 -> n1" in line] == [
        '  n2 -> n1 [penwidth=2, label="pipe x2\\nblocked: [3], [2]\\ncycle", '
        'color="#c62828", fontcolor="#c62828", dir=both];'
    ]
    assert [line for line in lines if line.startswith("  n0 -> n3")] == [
        '  n0 -> n3 [label="pipe", color="#1565c0", fontcolor="#1565c0"];'
    ]
    assert any("deadlock: web [2] waits for web [3] waits for web [2]" in line for line in lines)
    assert drawn_by_dot("".join(dot(graph_of(site()))))["n1"] == ["web [2]", "worker"]


@pytest.mark.parametrize("large", [False, True])
def test_large_graphs_have_straight_lines(large):
    nodes = [GraphNode(id=str(pid), form="process", label="p", pid=pid) for pid in range(101 if large else 100)]
    assert ("splines=line" in "".join(dot(graph(nodes, [])))) is large


def test_workers_of_one_master_stand_abreast():
    def place(fd, inode, *facing):
        return socket("unix", fd, inode, *facing)

    master = process(1, place(3, 10, 11), place(4, 20, 21), name="web", command=["web: master"])
    workers = (
        process(2, place(3, 11, 10), place(5, 30, 31), name="web", command=["web: worker"]),
        process(3, place(3, 21, 20), place(5, 31, 30), name="web", command=["web: worker"]),
    )
    lines = "".join(dot(graph_of(snapshot(master, *workers)))).splitlines()
    assert [line.split(" [")[0].strip() for line in lines if " -> " in line and "constraint=false" in line] == [
        "n1 -> n2"
    ]
    lines = "".join(dot(graph_of(snapshot(*workers)))).splitlines()
    assert ["constraint=false" in line for line in lines if " -> " in line] == [False]  # nobody is above them


def test_of_a_group_it_is_said_what_is_among_its_own():
    node = GraphNode(id="name:p", form="group", label="p", processes=3, inside=1200)
    assert list(tree(graph([node], []), Style())) == ["p, 3 processes  1,200 among themselves\n"]
    assert '"p, 3 processes\\n1,200 among themselves"' in "".join(dot(graph([node], [])))


def test_pictures_say_at_a_node_what_is_not_drawn_of_it():
    node = GraphNode(id="pid:1", form="process", label="p", pid=1, title="t", beyond=1200)
    assert '"p [1]\\nt\\n1,200 more not drawn"' in "".join(dot(graph([node], [])))
    assert '"p #91;1#93;<br>t<br>1,200 more not drawn"' in "".join(mermaid(graph([node], [])))


@pytest.mark.parametrize(
    ("name", "label"),
    [
        ("a\\nb", "a#92;#92;#8203;nb"),
        ("a\nb", "a#92;#8203;nb"),
        ("$$$x$$", "#36;#8203;#36;#8203;#36;#8203;x#36;#8203;#36;#8203;"),
        ("fab:fa-bug", "fab:#8203;fa-bug"),
    ],
)
def test_what_mermaid_reads_even_in_entities_is_parted(name, label):
    node = GraphNode(id="address:x", form="address", label=name)
    assert f'(["{label}"])' in "".join(mermaid(graph([node], [])))


@pytest.mark.parametrize("number", [499, 500])
def test_a_flowchart_that_mermaid_refuses_is_said_to_be(number):
    nodes = [GraphNode(id=str(pid), form="process", label="p", pid=pid) for pid in range(number + 1)]
    edges = [
        GraphEdge(source="0", target=str(pid), kind="pipe", directed=True, count=1, descriptors=[])
        for pid in range(1, number + 1)
    ]
    told = list(too_many(graph(nodes, edges)))
    assert [word for line in told for word in line.split() if word.strip(":").isdigit()] == (
        ["499", "500:"] if number == 500 else []
    )
