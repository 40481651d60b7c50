"""Who talks to whom: what joins processes, what is drawn of it, and that it stays linear."""

import pytest
from drawing import KIND, blocked, drawn, edges, pipe, process, snapshot, socket
from hypothesis import given
from hypothesis import strategies as st

from fdscope.graph import graph_of
from fdscope.meetings import Hold, Meeting, pairs
from fdscope.model import HeldFile


def test_a_pipe_leads_from_who_writes_to_who_reads():
    graph = graph_of(snapshot(process(1, pipe(5, 9, "w")), process(2, pipe(3, 9, "r"))))
    (edge,) = graph.edges
    assert (edge.source, edge.target, edge.kind, edge.directed, edge.count) == ("pid:1", "pid:2", "pipe", True, 1)
    (one,) = edge.descriptors
    assert (one.pid, one.fd, one.peer_pid, one.peer_fd) == (1, 5, 2, 3)
    assert [(node.id, node.form, node.label, node.user) for node in graph.nodes] == [
        ("pid:1", "process", "p1", "ann"),
        ("pid:2", "process", "p2", "ann"),
    ]


def test_a_pipe_of_one_process_joins_it_to_nobody():
    graph = graph_of(snapshot(process(1, pipe(3, 9, "r"), pipe(4, 9, "w"))))
    assert (graph.nodes, graph.edges, graph.alone) == ([], [], 1)


def test_what_waits_in_a_pipe_waits_for_who_reads():
    (edge,) = graph_of(snapshot(process(1, pipe(5, 9, "w", waiting_bytes=7)), process(2, pipe(3, 9, "r")))).edges
    assert (edge.queued_bytes, edge.to_target_bytes, edge.to_source_bytes) == (7, 7, None)


def test_a_thousand_that_hold_both_ends_of_a_pipe_are_a_star_around_the_first():
    found = drawn(*(process(pid, pipe(3, 9, "r"), pipe(4, 9, "w")) for pid in range(1, 1001)))
    assert len(found) == 999
    assert {(one, way, kind, count) for one, way, _, kind, count in found} == {(1, "-", "pipe", 1)}
    assert {other for _, _, other, _, _ in found} == set(range(2, 1001))


def test_few_that_write_and_few_that_read_are_all_joined():
    writers = [process(pid, pipe(4, 9, "w")) for pid in (1, 2)]
    readers = [process(pid, pipe(3, 9, "r")) for pid in (3, 4)]
    assert drawn(*writers, *readers) == [(one, ">", other, "pipe", 1) for one in (1, 2) for other in (3, 4)]


@pytest.mark.parametrize("number", [1, 3, 30])
def test_who_only_writes_is_joined_to_who_only_reads_whoever_holds_both_ends(number):
    parent = process(1, pipe(3, 9, "r"), pipe(4, 9, "w"))
    writers = [process(pid, pipe(4, 9, "w")) for pid in range(10, 10 + number)]
    found = drawn(parent, *writers, process(2, pipe(3, 9, "r")))
    assert {(one.pid, ">", 2, "pipe", 1) for one in writers} <= set(found)
    assert (1, ">", 2, "pipe", 1) in found
    assert len(found) == 2 * number + 1


SIDES = st.sets(st.integers(1, 60), max_size=40)


@given(SIDES, SIDES, st.sets(st.integers(1, 60), max_size=3), st.booleans())
def test_pairs_are_true_and_few_and_leave_nobody_out(left, right, first, directed):
    def side(pids):
        return {pid: [Hold(pid, 3, None, pid, None)] for pid in sorted(pids)}

    found = list(pairs(Meeting("pipe", side(left), side(right), directed), first))
    assert [(one, other) for one, other in found if one not in left or other not in right or one == other] == []
    assert len(found) == len(set(found)) <= 2 * (len(left) + len(right)) + 16
    met = {pid for pair in found for pid in pair}
    meets = {one for one in left if right - {one}} | {other for other in right if left - {other}}
    assert met == meets


def test_who_was_asked_about_stands_for_its_side():
    many = [process(pid, pipe(3, 9, "r"), pipe(4, 9, "w")) for pid in range(1, 30)]
    found = drawn(*many, targets=[7])
    assert {one for one, *_ in found} | {other for _, _, other, *_ in found} == set(range(1, 30))
    assert all(7 in (one, other) for one, _, other, *_ in found)


def test_a_connection_begins_at_the_client_and_has_two_queues():
    server = socket("tcp", 4, 20, 10, accepted_from=[5], receive_queue_bytes=3, send_queue_bytes=100)
    client = socket("tcp", 3, 10, 20, receive_queue_bytes=50)
    (edge,) = graph_of(snapshot(process(1, server), process(2, client))).edges
    assert (edge.source, edge.target, edge.kind, edge.directed) == ("pid:2", "pid:1", "tcp", False)
    assert (edge.queued_bytes, edge.to_target_bytes, edge.to_source_bytes) == (153, 3, 150)


def test_what_a_unix_socket_has_sent_is_what_the_other_has_to_read():
    one = socket("unix", 3, 10, 20, send_queue_bytes=768, receive_queue_bytes=0)
    other = socket("unix", 3, 20, 10, receive_queue_bytes=5)
    (edge,) = graph_of(snapshot(process(1, one), process(2, other))).edges
    assert (edge.queued_bytes, edge.to_target_bytes) == (5, 5)


def test_what_waits_for_one_that_many_send_to_counts_once():
    server = socket("unix", 3, 5, 10, 20, receive_queue_bytes=7)
    clients = [process(pid, socket("unix", 3, pid, 5), name="client") for pid in (10, 20)]
    graph = graph_of(snapshot(process(1, server), *clients))
    assert [(edge.count, edge.queued_bytes) for edge in graph.edges] == [(1, 7), (1, 7)]
    (edge,) = graph_of(snapshot(process(1, server), *clients), collapse="name").edges
    assert (edge.count, edge.queued_bytes, edge.to_source_bytes, edge.to_target_bytes) in [
        (2, 7, 7, None),
        (2, 7, None, 7),
    ]


@pytest.mark.parametrize("listening", [100, 500])
def test_a_client_of_a_unix_listener_meets_what_was_accepted_alone(listening):
    listener = socket("unix", 3, listening, state="LISTEN", client_inodes=[300])
    accepted = socket("unix", 4, 200, 300, accepted_from=[listening])
    client = socket("unix", 3, 300, 200)
    assert drawn(process(1, listener), process(2, accepted), process(3, client)) == [(3, "-", 2, "unix", 1)]


def test_a_listener_of_several_is_drawn_and_dev_null_only_counted():
    null = KIND["char-device"]
    workers = [
        process(
            pid,
            null(fd=0, name="/dev/null", object="inode:0:5:1", access="r"),
            socket("tcp", 6, 77, state="LISTEN", local_address="0.0.0.0", local_port=80),
        )
        for pid in (1, 2, 3)
    ]
    shared = [[(pid, fd) for pid in (1, 2, 3)] for fd in (0, 6)]
    graph = graph_of(snapshot(*workers, shared=shared))
    assert edges(graph) == [(1, "-", 2, "listener", 1), (1, "-", 3, "listener", 1)]
    assert graph.not_drawn == {"inherited": 1}
    graph = graph_of(snapshot(*workers, shared=shared), edges=["inherited"])
    assert edges(graph) == [(1, "-", 2, "inherited", 1), (1, "-", 3, "inherited", 1)]
    assert graph.not_drawn == {"listener": 1}


def test_who_opened_one_file_apart_has_inherited_nothing():
    file = KIND["regular"]
    both = [process(pid, file(fd=3, name="/a", object="inode:1:1:1", access="r")) for pid in (1, 2)]
    assert drawn(*both, shared=[[(1, 3)], [(2, 3)]], edges=["inherited"]) == []


def mapped(inode, *rights):
    return HeldFile(role="mapped", name="/dev/zero", device="0:1", inode=inode, rights=list(rights))


def test_memory_joins_where_one_may_write_what_the_other_sees():
    memory = KIND["memfd"](fd=3, name="m", object="inode:0:1:9", inode=9, device="0:1", access="rw")
    processes = [
        process(1, memory, files=[mapped(8, "rw-s"), mapped(7, "r--s"), mapped(6, "rw-p")]),
        process(2, files=[mapped(8, "r--s"), mapped(7, "r--s"), mapped(6, "rw-p"), mapped(9, "rw-s")]),
        process(3, files=[mapped(8, "rw-s")]),
        process(4, KIND["memfd"](fd=3, name="m", object="inode:0:1:9", inode=9, device="0:1", access="r")),
    ]
    assert drawn(*processes) == [
        (1, "-", 2, "shared-memory", 2),
        (1, "-", 3, "shared-memory", 1),
        (1, "-", 4, "shared-memory", 1),
    ]


def test_a_file_that_one_maps_to_write_joins_it_to_who_has_it_open():
    file = KIND["regular"](fd=3, name="/f", object="inode:0:1:9", inode=9, device="0:1", access="r")
    assert drawn(process(1, files=[mapped(9, "rw-s")]), process(2, file)) == [(1, "-", 2, "shared-memory", 1)]
    assert drawn(process(1, files=[mapped(9, "r--s")]), process(2, file)) == []
    whole = snapshot(process(1, file, files=[mapped(9, "rw-s")]), process(2, file))
    whole.processes.pop()  # it was not looked at, but is known to hold the file
    assert edges(graph_of(whole)) == [(1, "-", 2, "shared-memory", 1)]


def test_an_eventfd_joins_all_that_hold_it():
    count = [
        process(pid, KIND["eventfd"](fd=3, count=0, eventfd_id=4, object="eventfd:[4]", access="rw"))
        for pid in (1, 2, 3)
    ]
    assert drawn(*count) == [(1, "-", 2, "eventfd", 1), (1, "-", 3, "eventfd", 1)]


def test_a_terminal_leads_from_who_drives_it_to_who_runs_in_it():
    where = {"device": "0:24", "pty_index": 3}
    master = KIND["pty-master"](
        fd=4, name="/dev/ptmx", object="pty:0:24:3", slave="/dev/pts/3", slave_device="0:24", pty_index=3
    )
    slave = KIND["tty"](fd=0, name="/dev/pts/3", object="inode:0:24:6", access="rw", **where)
    assert drawn(process(8, slave), process(9, master)) == [(9, "-", 8, "pty", 1)]


def remote(fd, inode, address, port, **more):
    return socket("tcp", fd, inode, remote_address=address, remote_port=port, other_end="elsewhere", **more)


def test_addresses_are_nodes_of_servers_by_port_and_of_clients_without():
    first = process(
        1,
        remote(3, 1, "192.0.2.1", 443, send_queue_bytes=9),
        remote(4, 2, "192.0.2.1", 443),
        remote(5, 3, "192.0.2.7", 50001, accepted_from=[99], receive_queue_bytes=4),
        remote(6, 4, "192.0.2.7", 50002, accepted_from=[99]),
    )
    graph = graph_of(snapshot(first, process(2, remote(3, 5, "2001:db8::1", 80))))
    assert [(one.source, one.target, one.kind, one.count) for one in graph.edges] == [
        ("pid:1", "address:192.0.2.1:443", "tcp", 2),
        ("address:192.0.2.7", "pid:1", "tcp", 2),
        ("pid:2", "address:[2001:db8::1]:80", "tcp", 1),
    ]
    assert [node.id for node in graph.nodes if node.form == "address"] == [
        "address:192.0.2.1:443",
        "address:192.0.2.7",
        "address:[2001:db8::1]:80",
    ]
    waiting = {(one.source, one.target): (one.to_source_bytes, one.to_target_bytes) for one in graph.edges}
    assert waiting["pid:1", "address:192.0.2.1:443"] == (None, 9)
    assert waiting["address:192.0.2.7", "pid:1"] == (None, 4)


def test_all_who_hold_a_connection_are_joined_to_where_it_leads():
    both = [process(pid, remote(3, 1, "192.0.2.1", 443)) for pid in (1, 2)]
    assert drawn(*both) == [(pid, "-", "192.0.2.1:443", "tcp", 1) for pid in (1, 2)]


def test_who_waits_with_poll_is_not_blocked():
    thread = blocked(2, 3, "poll")
    thread.wait.model = "multiplexing"
    (edge,) = graph_of(snapshot(process(1, pipe(4, 9, "w")), process(2, pipe(3, 9, "r"), threads=[thread]))).edges
    assert edge.blocked is None


def listener(fd, inode, address="127.0.0.1", **more):
    facts = {"state": "LISTEN", "local_address": address, "local_port": 80, "net_namespace": 1, "backlog": 1}
    return socket("tcp", fd, inode, **facts | more)


def knocking(address="127.0.0.1", **more):
    facts = {"remote_address": address, "remote_port": 80, "net_namespace": 1, "remote_is_local": True}
    return socket("tcp", 3, 50, **facts | more)


@pytest.mark.parametrize(
    ("address", "client", "is_known"),
    [
        ("127.0.0.1", {}, True),
        ("0.0.0.0", {}, True),
        ("::", {}, True),
        ("::", {"address": "::1"}, True),
        ("0.0.0.0", {"address": "::ffff:127.0.0.1"}, True),
        ("0.0.0.0", {"address": "::1"}, False),
        ("127.0.0.2", {}, False),
        ("127.0.0.1", {"remote_port": 81}, False),
        ("127.0.0.1", {"net_namespace": 2}, False),
        ("127.0.0.1", {"remote_is_local": None}, False),
        ("127.0.0.1", {"state": "SYN-SENT"}, True),
        ("127.0.0.2", {"state": "SYN-SENT"}, False),
    ],
)
def test_who_waits_to_be_accepted_is_joined_to_who_listens(address, client, is_known):
    server = process(1, listener(3, 5, address))
    one = process(2, knocking(**{"send_queue_bytes": 4} | client), threads=[blocked(2, 3)])
    (edge,) = graph_of(snapshot(server, one)).edges
    assert (edge.target == "pid:1", edge.target.startswith("address:")) == (is_known, not is_known)
    assert (edge.source, edge.kind, edge.directed, edge.count) == ("pid:2", "tcp", False, 1)
    asks = client.get("state") == "SYN-SENT"  # that it asks takes a byte of the queue, which is no data
    assert (edge.to_target_bytes, edge.to_source_bytes, edge.source_blocked) == (None if asks else 4, None, 1)


@pytest.mark.parametrize(
    "listeners",
    [
        [listener(3, 5, backlog=0)],
        [listener(3, 5), listener(4, 6)],
        [listener(3, 5, "::", ipv6_only=True)],
    ],
)
def test_who_listens_is_not_guessed(listeners):
    graph = graph_of(snapshot(process(1, *listeners), process(2, knocking())))
    assert edges(graph) == [(2, "-", "127.0.0.1:80", "tcp", 1)]


def test_who_waits_for_its_own_listener_is_joined_to_nobody():
    one, other = process(1, listener(3, 5), knocking()), process(2, listener(3, 5))
    assert drawn(one) == []
    assert drawn(one, other) == [(1, "-", 2, "listener", 1), (1, "-", 2, "tcp", 1)]


def deadlock():
    """Two that read from each other, and a third that feeds the first."""
    return (
        process(1, pipe(3, 10, "r"), pipe(4, 20, "w"), threads=[blocked(1, 3)]),
        process(2, pipe(3, 20, "r"), pipe(4, 10, "w"), threads=[blocked(2, 3)]),
        process(3, pipe(5, 30, "r")),
        process(4, pipe(5, 30, "w")),
    )


def test_who_waits_in_a_circle_is_marked():
    graph = graph_of(snapshot(*deadlock()))
    assert [(one.source, one.target, one.blocked, one.target_blocked, one.in_cycle) for one in graph.edges] == [
        ("pid:2", "pid:1", 1, 1, True),
        ("pid:1", "pid:2", 1, 1, True),
        ("pid:4", "pid:3", None, None, None),
    ]
    assert [(node.pid, node.blocked, node.in_cycle) for node in graph.nodes] == [
        (1, 1, True),
        (2, 1, True),
        (3, None, None),
        (4, None, None),
    ]
    (cycle,) = graph.cycles
    assert ([link.pid for link in cycle.links], cycle.deadlock) == ([1, 2], True)


def chain(length):
    return [
        process(pid, *([pipe(3, pid - 1, "r")] if pid > 1 else []), *([pipe(4, pid, "w")] if pid < length else []))
        for pid in range(1, length + 1)
    ]


@pytest.mark.parametrize(
    ("depth", "pids", "beyond"),
    [
        (None, [4, 5, 6], {4: 1, 6: 1}),
        (0, [5], {5: 2}),
        (2, [3, 4, 5, 6, 7], {3: 1, 7: 1}),
        (9, [1, 2, 3, 4, 5, 6, 7, 8], {}),
    ],
)
def test_neighbours_are_drawn_as_far_as_is_asked(depth, pids, beyond):
    graph = graph_of(snapshot(*chain(8)), targets=[5], depth=depth)
    assert [node.pid for node in graph.nodes] == pids
    assert {node.pid: node.beyond for node in graph.nodes if node.beyond} == beyond
    assert [node.pid for node in graph.nodes if node.target] == [5]
    assert len(graph.edges) == len(pids) - 1


def test_an_edge_between_two_that_are_farthest_away_is_told_once():
    ring = snapshot(
        process(1, pipe(3, 1, "w"), pipe(4, 2, "w")),
        process(2, pipe(3, 1, "r"), pipe(4, 3, "w")),
        process(3, pipe(3, 2, "r"), pipe(4, 3, "r")),
    )
    graph = graph_of(ring, targets=[1])
    assert ({node.pid: node.beyond for node in graph.nodes}, graph.beyond) == ({1: None, 2: 1, 3: 1}, 1)
    assert graph_of(ring, targets=[1], depth=2).beyond is None


def test_a_target_that_nothing_leads_to_is_drawn_alone():
    graph = graph_of(snapshot(process(1), *chain(3)[1:]), targets=[1])
    assert ([node.pid for node in graph.nodes], graph.edges) == ([1], [])


def test_processes_of_one_name_are_one_node():
    many = [
        process(1, pipe(4, 9, "w"), name="master", user="root"),
        *(process(pid, pipe(3, 9, "r"), pipe(5, pid + 50, "w"), name="worker") for pid in range(2, 22)),
        *(process(pid + 20, pipe(3, pid + 50, "r"), name="worker") for pid in range(2, 22)),
    ]
    graph = graph_of(snapshot(*many), collapse="name")
    assert edges(graph) == [("master", ">", "worker", "pipe", 1)]
    worker = graph.nodes[1]
    assert (worker.id, worker.form, worker.processes, worker.pids, worker.inside, worker.user) == (
        "name:worker",
        "group",
        40,
        list(range(2, 10)),
        20,
        "ann",
    )
    assert [node.label for node in graph_of(snapshot(*many), collapse="user").nodes] == ["ann", "root"]
    graph = graph_of(
        snapshot(process(1, pipe(3, 1, "w"), container="c1"), process(2, pipe(3, 1, "r"))), collapse="container"
    )
    assert edges(graph) == [("c1", ">", "no container", "pipe", 1)]


def test_a_group_that_is_joined_to_no_other_is_drawn():
    both_ways = [process(pid, pipe(3, 9, "r"), pipe(4, 9, "w")) for pid in range(1, 6)]
    graph = graph_of(snapshot(*both_ways, process(7)), collapse="user")
    assert [(node.label, node.processes, node.inside) for node in graph.nodes] == [("ann", 5, 1)]
    assert (graph.edges, graph.alone) == ([], 1)


def test_of_who_was_not_read_and_of_the_kernels_threads_nothing_is_said():
    assert graph_of(snapshot(process(1), process(2, descriptors=None), process(3, kernel_thread=True))).alone == 1


def test_who_looked_is_not_drawn_unless_it_is_asked_for():
    both = snapshot(*chain(2), own_pid=2)
    assert graph_of(both).nodes == []
    assert [node.pid for node in graph_of(both, targets=[2]).nodes] == [1, 2]


def test_neighbours_that_were_not_looked_at_are_known_by_name():
    whole = snapshot(*chain(3))
    whole.processes = whole.processes[1:2]
    graph = graph_of(whole)
    assert edges(graph) == [(1, ">", 2, "pipe", 1), (2, ">", 3, "pipe", 1)]
    assert [node.label for node in graph.nodes] == ["p1", "p2", "p3"]


@pytest.mark.parametrize(
    ("name", "command", "title"),
    [
        ("nginx", ["nginx: worker process"], "worker process"),
        ("nginx", ["nginx: master process nginx -c /etc/nginx.conf"], "master process nginx"),
        ("postgres", ["postgres: shop: checkpointer "], "shop: checkpointer"),
        ("python3", ["/usr/bin/python3", "-u", "/srv/app.py"], "app.py"),
        ("python3", ["python3", "-m", "http.server"], "-m http.server"),
        ("python3", ["python3", "-c", "import a.b"], None),
        ("bash", ["bash", "/dev/fd/3"], None),
        ("sleep", ["sleep", "1.5"], None),
        ("idle", [], None),
        (
            "postgres",
            ["postgres: a b 10.0.0.1(52012) idle in transaction"],
            "a b 10.0.0.1(52012) idle in transaction",
        ),
        ("x", ["x: " + "y" * 99], "y" * 55 + "…"),
    ],
)
def test_what_a_process_calls_itself_stands_with_it(name, command, title):
    one, other = chain(2)
    one.name, one.command = name, command
    assert graph_of(snapshot(one, other)).nodes[0].title == title
