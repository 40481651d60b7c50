"""The language of --where: what is true of what, what is decided early, and that any text is answered."""

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fdscope.kinds import KINDS
from fdscope.kinds._tcp_info import TcpInfo
from fdscope.kinds.epoll import Epoll
from fdscope.kinds.io_uring import IoUring
from fdscope.kinds.pipe import Pipe
from fdscope.kinds.regular import Regular
from fdscope.kinds.tcp import Tcp
from fdscope.kinds.unix import Unix
from fdscope.model import (
    Descriptor,
    HeldFile,
    IoModel,
    Memory,
    Object,
    Peer,
    Process,
    Switches,
    Thread,
    Wait,
    WaitOn,
    Watcher,
    kind_name,
)
from fdscope.selection import UsageError
from fdscope.where import all_of, only, parse, quoted

LOG = Regular(
    fd=3, name="/var/log/a.log", access="w", flags=["append", "cloexec"], position=20 << 20, size_bytes=20 << 20,
    inode=77, deleted=False, links=1, object="inode:1:77",
)  # fmt: skip
CLIENT = Tcp(
    fd=7, access="rw", flags=["nonblock"], state="ESTABLISHED", protocol="TCP", local_address="10.0.0.9",
    local_port=40000, remote_address="::ffff:10.1.2.3", remote_port=443, object="socket:[9]",
    peers=[Peer(pid=50, fd=4, process="nginx", kind="tcp"), Peer(pid=51, fd=4, process="worker", kind="tcp")],
    io_models=[IoModel(model="nonblocking", evidence="O_NONBLOCK is set"),
               IoModel(model="multiplexed", evidence="epoll fd 9 watches it", threads=[101])],
    watched_by=[Watcher(pid=100, fd=9, process="app", events=["in"])],
)  # fmt: skip
WAITING = Tcp(fd=8, flags=[], state="TIME-WAIT", remote_port=80)
PIPE = Pipe(fd=1, access="w", flags=[], name="pipe:[5]", object="pipe:[5]")
CWD = HeldFile(role="cwd", name="/srv/app", inode=3, deleted=True)
APP = Process(
    pid=100, parent_pid=1, ancestors=[40, 1], name="app", command=["/usr/bin/app", "-v"], uid=1000, user="ann",
    state="sleeping", started_at="2026-11-28T10:00:00Z", cpu_time_s=400.5, container="abcdef012345",
    namespaces={"net": 4026531840, "pid": 4026531836}, descriptor_count=4, descriptor_kinds={"tcp": 2, "pipe": 1},
    context_switches=Switches(voluntary=5000, involuntary=3, threads_counted=2, exited_threads_included=False),
    memory=Memory(resident_bytes=20 << 20),
    threads=[Thread(tid=100, name="app", wait=Wait(waits_for="lock", syscall="futex")),
             Thread(tid=101, name="io", wait=Wait(waits_for="readiness", syscall="epoll_wait", model="multiplexed",
                                                  on=[WaitOn(fd=9), WaitOn(fd=10, events=["in", "out"])]))],
    descriptors=[PIPE, LOG, CLIENT, WAITING], files=[CWD],
)  # fmt: skip
ALL = {"log": LOG, "client": CLIENT, "waiting": WAITING, "pipe": PIPE, "cwd": CWD}


def fitting(text):
    """The names of those of which an expression is true."""
    found = {name for name, held in ALL.items() if parse(text).fits(APP, held)}
    assert found == {name for name, held in ALL.items() if not parse(f"not ({text})").fits(APP, held)}
    return found


@pytest.mark.parametrize(
    ("text", "true_of"),
    [
        ('kind == "tcp" and tcp.state == "established" and remote_port == 443', "client"),
        ("fd > 7", "waiting"),
        ("fd>=7&&fd<=8", "client waiting"),
        ('name =~ "log$"', "log"),
        ("name =~ 'LOG$'", ""),
        ("name =~ '(?i)LOG$'", "log"),
        (r'name =~ "\.log"', "log"),
        (r'name =~ "\\.log"', "log"),
        ('name !~ "log"', "pipe cwd"),
        ('not name =~ "log"', "pipe cwd client waiting"),
        ("not exists peers", "log waiting pipe cwd"),
        ("exists peers", "client"),
        ("peers", "client"),
        ('"nonblock" in flags', "client"),
        ('flags == "nonblock"', "client"),
        ('"nonblock" not in flags', "log waiting pipe cwd"),
        ('flags != "nonblock"', "log waiting pipe"),
        ('flags =~ "^cl"', "log"),
        ("flags", "log client"),
        ("size_bytes > 10M", "log"),
        ("size_bytes > 20M", ""),
        ("size_bytes >= 20MiB and size_bytes < 21MB", "log"),
        ("size_bytes == 20971520B", "log"),
        ("position == 20M", "log"),
        ("position == size_bytes", "log"),
        ("position != size_bytes", ""),
        ("memory.resident_bytes >= size_bytes", "log"),
        ('peers.process == "nginx"', "client"),
        ('peers.process != "nginx"', ""),
        ('peers.process != "mysqld"', "client"),
        ("peers.pid in (1, 51)", "client"),
        ("peers.pid not in (1, 51)", ""),
        ('peers.kind == "tcp"', "client"),
        ('io_models == "multiplexed"', "client"),
        ("io_models.threads == 101", "client"),
        ('watched_by.events == "in"', "client"),
        ("remote_port in (443, 80)", "client waiting"),
        ("remote_port in [443]", "client"),
        ("remote_port not in (443)", "waiting"),
        ("not remote_port in (443)", "log waiting pipe cwd"),
        ('remote_address in "10.0.0.0/8"', "client"),
        ('remote_address not in "10.0.0.0/8"', ""),
        ('remote_address in "::ffff:10.0.0.0/104"', "client"),
        ('local_address in "10.0.0.9"', "client"),
        ('remote_address == "10.1.2.3"', "client"),
        ('remote_address == "::FFFF:a01:0203"', "client"),
        ('remote_address != "0:0::ffff:10.1.2.3"', ""),
        ('local_address in ("::1", "::ffff:10.0.0.9")', "client"),
        ('local_address == "2" or local_address == "::10.0.0.9"', ""),
        ('local_address in "192.168.0.0/16"', ""),
        ('state == "time_wait"', "waiting"),
        ('state == "Time-Wait"', "waiting"),
        ('state in ("LISTEN", "established")', "client"),
        ('state =~ "^est"', "client"),
        ("deleted", "cwd"),
        ("deleted == true", "cwd"),
        ("deleted != true", "log"),
        ("deleted == false", "log"),
        ("not deleted", "log client waiting pipe"),
        ('kind != "tcp"', "log pipe"),
        ('not kind == "tcp"', "log pipe cwd"),
        ('kind in ("pipe", "regular")', "log pipe"),
        ('kind =~ "^p"', "pipe"),
        ('"cp" in kind', "client waiting"),
        ('description =~ "443"', "client"),
        ('role == "cwd"', "cwd"),
        ('"app" in name', "cwd"),
        ("tcp.remote_port == 443", "client"),
        ('access == "w"', "pipe log"),
        ('access >= "rx"', "pipe log"),
        ("exists regular.inode", "log"),
        ("exists regular.size_bytes or exists pipe.name", "log pipe"),
        (" or ".join(["(fd == 1)"] * 150), "pipe"),
    ],
)
def test_of_what_an_expression_is_true(text, true_of):
    assert fitting(text) == set(true_of.split())


@pytest.mark.parametrize(
    "text",
    [
        'user == "ann"', "uid == 1000", "uid != 0", "pid == 100", "pid in (1, 100)", 'process == "app"',
        'process.name == "app"', "40 in ancestors", "ancestors == 1", "cpu_time_s > 5min", "cpu_time_s < 7min",
        "cpu_time_s > 400s", "cpu_time_s > 400000ms", "cpu_time_s == 400.5", 'started_at > "2026-11-28"',
        'started_at < "2026-11-29"', "namespaces.net == 4026531840", "process.namespaces.net == 4026531840",
        "descriptor_kinds.tcp == 2", "descriptor_kinds.tcp > 1", "not exists descriptor_kinds.epoll",
        "context_switches.voluntary > 1k", "context_switches.voluntary < 0.1M", 'container =~ "^abc"',
        'command == "/usr/bin/app -v"', '"-v" in command', 'process.command == "-v"',
        'process_state == "sleeping"',
        'threads.wait.syscall == "futex"', "threads.wait.on.fd == 10", 'threads.wait.on.events == "out"',
        'threads.name in ("io")', "exists threads.wait", 'threads.wait.model != "blocking"', "not kernel_thread",
        "kernel_thread == false", "kernel_thread != true", "process.descriptors.fd == 8", 'files.role == "cwd"',
        "descriptor_count == 4", "memory.resident_bytes == 20M", "parent_pid", "not exists cgroup",
        "pid == 99999999999999999999999 or pid < " + "9" * 400,
        "pid > -1 and pid > -99999999999999999999999999999999",
    ],
)  # fmt: skip
def test_what_is_true_of_a_process_is_true_of_all_that_it_holds(text):
    assert fitting(text) == set(ALL)
    assert parse(text).keeps(APP)


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("tcp.rtt_us", 5_000, ["5000", "5000us", "5000000ns", "5ms"]),
        ("tcp.timer_ms", 120_000, ["120000", "120000ms", "120s", "2min"]),
        ("napi_busy_poll_ns", 50_000, ["50000", "50000ns", "50us", "0.05ms"]),
        ("tcp.pacing_rate_bytes_per_s", 10 << 20, ["10M", "10MiB", "10485760B"]),
        ("tcp.congestion_window", 2_000, ["2k", "2K", "2000"]),
    ],
)
def test_a_number_with_a_unit_is_turned_into_the_unit_of_its_field(field, value, words):
    of_tcp, last = field.startswith("tcp."), field.rpartition(".")[2]
    one = Tcp(fd=3, tcp=TcpInfo(**{last: value})) if of_tcp else IoUring(fd=3, **{last: value})
    assert [word for word in words if not parse(f"{field} == {word}").fits(APP, one)] == []
    assert [word for word in words if parse(f"{field} > {word} or {field} < {word}").fits(APP, one)] == []


def test_a_time_is_exact_in_any_unit():
    for number in range(1, 1000):
        one = IoUring(fd=3, napi_busy_poll_ns=number * 1000)
        assert parse(f"napi_busy_poll_ns == {number}us and napi_busy_poll_ns <= {number}us").fits(APP, one), number
        process = Process(pid=1, cpu_time_s=number / 1000)
        assert parse(f"cpu_time_s == {number}ms").fits(process, PIPE), number


@pytest.mark.parametrize(
    ("text", "same"),
    [
        ("fd == 3 or fd == 7 and remote_port == 80", "fd == 3 or (fd == 7 and remote_port == 80)"),
        ("not fd == 3 and fd == 1", "(not fd == 3) and fd == 1"),
        ("not not fd == 3", "fd == 3"),
        ("! deleted || fd == 1 && fd == 2", "not deleted or fd == 1 and fd == 2"),
        ("fd==3 AND NOT deleted", "fd == 3 and not deleted"),
    ],
)
def test_what_binds_closer(text, same):
    assert fitting(text) == fitting(same)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "takes an expression, as in"),
        (" ", "takes an expression, as in"),
        ("kind == tcp", 'text stands in quotes: kind == "tcp"'),
        ("user == root", 'text stands in quotes: user == "root"'),
        ("kind in (tcp)", 'text stands in quotes: "tcp"'),
        ("fd = 3", "a comparison is =="),
        ('name = "x"', "a comparison is =="),
        ("name ~ 'x'", "'~' means nothing"),
        ("fd == 3 == 4", "'==' is one too many"),
        ("fd == 3 andd fd == 4", "did you mean 'and'?"),
        ("(fd == 3", "a bracket is to be closed here, not the end, at character 9 of: (fd == 3"),
        ("fd == 3)", "')' is one too many"),
        ('name == "a', "a quote is not closed"),
        ("name == 'a", "a quote is not closed"),
        ("remote_prot == 443", "did you mean 'remote_port'?"),
        ('kind == "tpc"', "kind is never 'tpc': did you mean 'tcp'?"),
        ('kind == "TCP"', "did you mean 'tcp'?"),
        ('io_models == "blocked"', "did you mean 'blocking'?"),
        ('access == "x"', "it is one of r, w, rw, path"),
        ("descriptor_kinds.tpc > 1", "did you mean 'descriptor_kinds.tcp'?"),
        ('peers == "nginx"', "peers is made of other fields: name one of peers.pid, "),
        ('peers =~ "nginx"', "peers is made of other fields"),
        ("memory > 10M", "memory.resident_bytes"),
        ("namespaces == 3", "namespaces.net"),
        ('deleted == "yes"', "write deleted or not deleted"),
        ("deleted > 0", "write deleted or not deleted"),
        ("fd == true", "fd is not true or false"),
        ("deleted > true", "deleted is not true or false"),
        ('fd == "3"', "fd is a number, and stands without quotes"),
        ("name == 3", 'name is text: write name == "3"'),
        ("3 in fd", "write fd == 3"),
        ('"3" in fd', 'write fd == "3"'),
        ("size_bytes > 5min", "size_bytes is a size in bytes, which '5min' is not; its units are K, M, G"),
        ("size_bytes > 10m", "'10m' is no number with a unit (10M, 5min, 2k)"),
        ("cpu_time_s > 10M", "its units are ns, us, ms, s, min, h, d"),
        ("fd > 10s", "fd is a plain number"),
        ("tcp.pacing_rate_bytes_per_s > 5s", "is a size in bytes"),
        ("fd > 1e400", "no number with a unit"),
        ('name =~ "("', "'(' is no regular expression: missing ), unterminated subpattern"),
        ('name =~ "(?a)(?u)x"', "is no regular expression"),
        ('name =~ "a{99999999999999999999}"', "is no regular expression"),
        ("name =~ x", "takes a regular expression in quotes"),
        ('remote_address in "10.0"', "'10.0' is no network, as 10.0.0.0/8 is one"),
        ("fd in 3", "'in' takes a list"),
        ("fd in (1,)", "is compared with a value, not ')'"),
        ("fd in (1 2)", "values are joined by commas, not '2'"),
        ("exists", "exists takes a field, not the end"),
        ("not", "takes a field, not the end"),
        ("fd ==", "is compared with a value, not the end"),
        ("fd == 3 or", "takes a field, not the end"),
        ("fd not 3", "'not' is one too many"),
        ("name == fd", "name and fd cannot be compared"),
        ("__class__", "there is no field '__class__'"),
        ("fd.__class__ == 1", "there is no field 'fd.__class__'"),
        ("exec('1')", "there is no field 'exec'"),
        ("(" * 101 + "fd" + ")" * 101, "more than 100 brackets within each other"),
        ("fd == 1 or " * 10_000, "is too long"),
        ("\0", "means nothing"),
        ("fd == 3 \udcff", "means nothing"),
    ],
)
def test_what_makes_no_sense_is_a_usage_error_that_says_what_to_do(text, told):
    with pytest.raises(UsageError) as error:
        parse(text)
    message = str(error.value)
    assert told in message
    assert message.startswith("--where")
    assert len(message) < 600


def test_an_error_in_a_short_expression_shows_all_of_it():
    with pytest.raises(UsageError) as error:
        parse("fd == 1 or ?")
    assert str(error.value) == "--where: '?' means nothing, at character 12 of: fd == 1 or ?"


def test_an_error_far_inside_a_long_expression_shows_its_place():
    text = "fd == 1 or " * 500 + "fdd == 2" + " or fd == 1" * 500
    with pytest.raises(UsageError) as error:
        parse(text)
    shown = str(error.value).partition(" of: ")[2]
    assert "at character 5501" in str(error.value)
    assert (len(shown), "fdd == 2" in shown, shown[0], shown[-1]) == (202, True, "…", "…")


def test_a_text_is_written_so_that_it_is_read_again():
    for value in ("", "a", '"', "'", "\\", '\\"', "\\\\", "a\nb", "\\\n", "é\udcff\0", r"\d+\.", "'\\'"):
        text = f"name == {quoted(value)}"
        assert parse(text).fits(APP, Regular(fd=1, name=value)), value
        assert not parse(text).fits(APP, Regular(fd=1, name=value + "x")), value


@given(st.text())
def test_any_text_is_written_so_that_it_is_read_again(value):
    assert parse(f"name == {quoted(value)}").fits(APP, Regular(fd=1, name=value))


def test_several_expressions_must_all_be_true():
    assert all_of([]) is None
    both = all_of([parse('kind == "tcp" or fd == 1'), parse("fd > 7")])
    assert [name for name, held in ALL.items() if both.fits(APP, held)] == ["waiting"]
    again = parse(both.text)
    assert [name for name, held in ALL.items() if again.fits(APP, held)] == ["waiting"]
    assert [word.name for word in both.words] == ["kind", "fd"]


def test_a_deep_expression_is_asked_without_running_out_of_stack():
    text = "(not fd == 1 and (fd == 2 or " * 45 + "fd == 3" + "))" * 45
    assert parse(text).fits(APP, LOG)


# what is decided early


def test_kinds_are_decided_before_there_is_a_descriptor():
    def kinds(text):
        return [kind_name(kind) for kind in parse(text).kinds()]

    assert kinds('kind == "tcp"') == ["tcp"]
    assert kinds('kind in ("tcp", "udp") and name == "x" or kind == "pipe" and pid == 3') == ["pipe", "tcp", "udp"]
    assert kinds('kind =~ "^pi" and uid == 0') == ["pidfd", "pipe"]
    assert kinds('name == "x" and uid == 0 and kind == "tcp"') == ["tcp"]
    assert kinds("tcp.local_port == 3") == ["tcp"]
    assert kinds("exists tcp.rtt_us") == ["tcp"]
    assert kinds("targets.fd == 3") == ["epoll"]
    assert kinds('role == "cwd"') == []
    assert "tcp" not in kinds("deleted == false")
    assert len(kinds('peers.kind == "tcp"')) == len(kinds("fd == 3")) == len(kinds("pid == 3")) == len(KINDS)


def test_processes_are_decided_before_they_are_read():
    bare = Process(pid=5, uid=0, user="root", name="x")

    def may(text):
        return parse(text).may_fit(bare)

    assert may("pid == 5")
    assert not may("pid == 6")
    assert may('user == "root" and kind == "tcp"')
    assert not may('user == "ann" and kind == "tcp"')
    assert may("pid == 6 or fd == 3")
    assert not may("not pid == 5")
    assert not may('kind == "tcp" and user == "ann"')
    assert may("descriptor_count > 100")
    assert may("exists threads")
    assert may("not exists threads")
    assert may('"x" in process')
    assert not may("exists container")


def test_what_only_descriptors_tell_is_not_decided_by_a_kind():
    bare = Process(pid=5)
    for text in ("descriptor_count > 3", "exists threads", "not exists threads", 'files.role == "cwd"'):
        assert [parse(text).test(bare, held) for held in (None, Tcp)] == [None, None], text


def test_only_what_asks_for_the_process_alone_is_true_of_it_as_a_whole():
    assert parse("pid == 100 and not deleted").fits(APP, LOG)
    for text in ("not deleted", "fd != 3", "not exists peers", "pid == 100 and not deleted", "deleted == false"):
        assert not parse(text).keeps(APP), text


def test_files_that_memory_is_mapped_from_are_asked_for_by_their_role():
    def asks(text):
        return parse(text).asks_for_files

    assert asks('role == "mapped"')
    assert asks('role in ("cwd", "mapped") and deleted')
    assert asks('role != "cwd"')
    assert asks('files.role == "mapped" and fd == 3')
    assert not asks('role == "cwd"')
    assert not asks("deleted")
    assert not asks('role == "mapped" and fd == 3')
    assert not asks('role == "mapped" and kind == "regular"')


def test_what_a_bare_scan_leaves_out_is_not_asked_for_by_every_expression():
    def without(text):
        return parse(text).is_of_descriptors

    assert without('kind != "tcp"')
    assert without('user == "root" and state == "CLOSE-WAIT"')
    assert without('process == "web"')
    assert not without("deleted")
    assert not without('kind == "tcp" or role == "cwd"')
    assert not without("not exists kind")
    assert not without('kind == "tcp" and namespaces.net == 1')
    assert not without("descriptor_limit.soft > 3")


def test_only_all_descriptors_tell_of_some_fields():
    def whole(text):
        return parse(text).asks_for_whole

    assert whole("descriptor_count > 3")
    assert whole("process.descriptor_kinds.tcp > 3")
    assert whole("threads.wait.model")
    assert not whole("threads.name")
    assert not whole("waiters")
    assert not whole("pid == 3")


SIMPLE = [
    'kind == "tcp"', 'kind != "tcp"', 'kind =~ "^p"', "exists remote_port", "remote_port > 80",
    "remote_port != 80",
    "fd in (1, 3)", "fd not in (1, 3)", "pid == 100", "pid == 101", 'user != "ann"', "exists container",
    "exists cgroup", "descriptor_count > 3", "descriptor_kinds.tcp == 2", "exists threads", "deleted",
    "deleted == false", "deleted != true", "kernel_thread == false", 'role == "cwd"', 'role == "mapped"',
    'role != "mapped"', "position == size_bytes", "remote_port != local_port", "pid == fd", 'name !~ "log"',
    '"nonblock" in flags', '"nonblock" not in flags', 'peers.process == "nginx"', "tcp.remote_port == 80",
    'io_models == "multiplexed"', 'state == "time_wait"', 'threads.wait.syscall == "futex"', 'exists description',
    'remote_address in "10.0.0.0/8"', "not exists tcp.rtt_us", "process.descriptors.fd == 3", "40 in ancestors",
]  # fmt: skip
EXPRESSIONS = st.recursive(
    st.sampled_from(SIMPLE),
    lambda inner: (
        st.tuples(inner, st.sampled_from(("and", "or")), inner).map(lambda three: "({} {} {})".format(*three))
        | inner.map(lambda one: f"not ({one})")
    ),
    max_leaves=12,
)
HELD = [
    PIPE,
    LOG,
    CLIENT,
    WAITING,
    CWD,
    HeldFile(role="mapped", name="/lib/x"),
    Unix(fd=2),
    Epoll(fd=9, targets=[]),
]
BARE = Process(**{name: getattr(APP, name) for name in "pid ancestors name uid user state container".split()})


@given(EXPRESSIONS)
@settings(max_examples=300)
def test_nothing_that_fits_is_left_out_early(text):
    wanted = parse(text)
    kinds = wanted.kinds()
    for held in HELD:
        if wanted.fits(APP, held):
            assert wanted.may_fit(BARE)
            assert not isinstance(held, Descriptor) or type(held) in kinds
            mapped = isinstance(held, HeldFile) and held.role == "mapped"
            asks = any(word.name == "role" for word in wanted.words)
            assert wanted.asks_for_files or not (mapped and asks)
            of_process = all(word.of_process for word in wanted.words)
            assert of_process or not (wanted.is_of_descriptors and isinstance(held, HeldFile))


@given(EXPRESSIONS)
@settings(max_examples=300)
def test_a_complete_process_is_never_undecided_and_the_choice_is_that_of_each_alone(text):
    wanted = parse(text)
    assert {wanted.test(APP, held) for held in HELD} <= {True, False}
    copy = Process(**{name: getattr(APP, name) for name in APP.__struct_fields__})
    copy.descriptors, copy.files = [one for one in HELD if isinstance(one, Descriptor)], [CWD]
    whole = Process(**{name: getattr(copy, name) for name in copy.__struct_fields__})
    expected = [one for one in copy.descriptors if wanted.fits(whole, one)]
    files = [one for one in copy.files if wanted.fits(whole, one)]
    keeps = wanted.keeps(whole)
    found, _ = only(wanted, [copy], [])
    assert bool(found) == bool(expected or files or keeps)
    assert (copy.descriptors, copy.files) == (expected, files or None)


def test_a_process_that_is_meant_as_a_whole_stays_without_descriptors_and_one_that_holds_nothing_meant_does_not():
    unread, empty = Process(pid=1), Process(pid=2, descriptors=[])
    assert only(parse("pid in (1, 2)"), [unread, empty], [])[0] == [unread, empty]
    assert only(parse("pid in (1, 2) and fd >= 0"), [unread, empty], [])[0] == []
    assert (unread.descriptors, empty.descriptors) == (None, [])


def test_of_objects_those_stay_that_are_held_so_and_those_that_face_them():
    objects = [
        Object(id="listener", kind="tcp", holders=[]),
        Object(id="client", kind="tcp", holders=[], faces=["accepted"]),
        Object(id="accepted", kind="tcp", holders=[], faces=[]),
        Object(id="other", kind="pipe", holders=[]),
    ]

    def left(fd):
        names = ["listener", "client", "accepted", "other"]
        process = Process(pid=1, descriptors=[Pipe(fd=at, object=name) for at, name in enumerate(names)])
        return [one.id for one in only(parse(f"fd == {fd}"), [process], objects)[1]]

    assert [left(fd) for fd in range(4)] == [
        ["listener"], ["client", "accepted"], ["client", "accepted"], ["other"]
    ]  # fmt: skip


# any text


TOKENS = [
    *"== != < <= > >= =~ !~ in not and or exists true false ( ) [ ] , ! && || = fd name kind peers".split(),
    *'3 -1 10M 5min 1e9 "tcp" "(" \'x "\\" tcp.state threads.wait.model flags nonsense pid remote_address'.split(),
    '"10.0.0.0/8"',
]  # fmt: skip


@given(st.text() | st.lists(st.sampled_from(TOKENS), max_size=25).map(" ".join))
@settings(max_examples=600)
def test_any_text_is_an_expression_or_a_usage_error(text):
    try:
        wanted = parse(text)
    except UsageError:
        return
    wanted.kinds()
    wanted.may_fit(BARE)
    for held in HELD:
        assert wanted.test(APP, held) in (True, False)


@pytest.mark.parametrize(
    "text",
    ["(" * 99_999, "not " * 24_000 + "fd", "fd " * 33_000, "fd." * 33_000, '"' + "\\" * 99_990, "9" * 99_990],
)
def test_a_hostile_text_is_answered_at_once(text):
    began = time.process_time()
    told = ""
    try:
        parse(text)
    except UsageError as error:
        told = str(error)
    assert time.process_time() - began < 5
    assert len(told) < 800
