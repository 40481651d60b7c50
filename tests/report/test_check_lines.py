"""A Check as the lines of a monitoring plugin."""

import re

from hypothesis import given
from hypothesis import strategies as st
from made import HOST, KIND, process, snapshot

from fdscope.answers import Check, Finding, Limits, Metric
from fdscope.checking import Terms, check
from fdscope.frame import Rate
from fdscope.model import HeldFile, Limit, Problem
from fdscope.report.check import lines, misused, performance, plain
from fdscope.thresholds import expected, limits


def terms(listeners=None, by_default=False, **words):
    found = {name: limits(name, word) for name, word in ((key.replace("_", "-"), words[key]) for key in words)}
    return Terms(found, by_default, None if listeners is None else expected(listeners), listeners)


def holder(pid, name, count, soft=1000, **more):
    limit = Limit(soft=soft, hard=soft)
    return process(**{"pid": pid, "name": name, "descriptor_count": count, "descriptor_limit": limit, **more})


def told(*processes, of, problems=(), **more):
    return list(lines(check(snapshot(*processes, problems=problems), of, **more)))


SHARES = {"max_share": "0.8,0.95", "max_system_share": "0.8,0.95"}


def test_where_all_is_in_order_there_is_one_line_and_what_was_checked_by_default():
    assert told(
        holder(5, "web", 120), holder(6, "web", 20), holder(7, "b c", 5), of=terms(**SHARES, by_default=True)
    ) == [
        "FDSCOPE OK - 3 processes; web[5] has 120 descriptors of 1,000, 12 %; "
        "the machine has 1,500 of 100,000 open file descriptions, 2 % | "
        "'share'=12%;80;95;0;100 'share_web'=12%;80;95;0;100 'share_b_c'=0.5%;80;95;0;100 "
        "'system_share'=1.5%;80;95;0;100 'open_files'=1500;;;0;100000 'processes'=3;;;0\n",
        "no limit was given; checked were --max-share 0.8,0.95 --max-system-share 0.8,0.95\n",
    ]


def test_what_two_checks_say_alike_is_said_once():
    (line,) = told(holder(5, "web", 120), of=terms(max_share="0.8", max_descriptors="500"))
    assert line.startswith("FDSCOPE OK - 1 process; web[5] has 120 descriptors of 1,000, 12 % | ")


def test_one_finding_stands_in_the_first_line_and_several_each_in_its_own():
    of = terms(max_share="0.8,0.95")
    (line,) = told(holder(5, "web", 900), of=of)
    assert line.startswith(
        "FDSCOPE WARNING - web[5] has 900 descriptors of 1,000, 90 %; warning above 80 % | 'share'=90%"
    )
    found = told(holder(5, "web", 900), holder(6, "db", 999), of=of)
    assert found[0].startswith(
        "FDSCOPE CRITICAL - db[6] has 999 descriptors of 1,000, 100 %; critical above 95 % (and 1 more) | "
    )
    assert found[1:] == [
        "CRITICAL: db[6] has 999 descriptors of 1,000, 100 %; critical above 95 %\n",
        "WARNING: web[5] has 900 descriptors of 1,000, 90 %; warning above 80 %\n",
    ]


def test_lines_and_performance_data_are_bounded():
    many = [holder(pid, f"p{pid}", 990) for pid in range(1, 51)]
    found = told(*many, of=terms(max_share="0.8"))
    assert len(found) == 22
    assert found[-1] == "and 30 more findings; --json has them all\n"
    assert found[0].count("'share_") == 10


def test_a_name_can_break_neither_the_line_nor_the_performance_data():
    name = "a|b'=c\n\x1b[31m;\xff"
    found = told(
        holder(5, name, 990, soft=None), holder(6, name, 990), of=terms(max_share="0.8", max_descriptors="5")
    )
    assert len(found) == 4
    assert [line.count("|") for line in found] == [1, 0, 0, 0]
    assert [line for line in found if not line.rstrip("\n").isprintable()] == []
    assert r"a\x7cb'=c\n\x1b[31m;ÿ[6] has 990" in found[0]
    assert "'share_a_b__c___31m__'=99%;;80;0;100 " in found[0]


@given(st.text(max_size=600))
def test_any_text_becomes_one_line_without_a_bar(text):
    for line in (plain(text), misused(text).rstrip("\n")):
        assert line.isprintable()
        assert "|" not in line
        assert len(line) <= 420


@given(st.lists(st.builds(Metric, label=st.text(), value=st.floats(0, 1e12), crit=st.none() | st.floats(0, 1e9))))
def test_performance_data_has_the_form_that_is_agreed_on(metrics):
    for one in performance(metrics).split():
        assert re.fullmatch(r"'[A-Za-z0-9_.:/@+-]*'=[0-9.]+(;[0-9.]*){0,4}", one)


def test_the_kernel_the_dead_and_those_without_a_limit_are_near_none():
    of = terms(max_share="0.8")
    some = [
        holder(1, "kthreadd", None, kernel_thread=True),
        holder(2, "gone", None, state="zombie"),
        holder(3, "free", 10**6, soft=None),
    ]
    assert told(*some, of=of) == ["FDSCOPE OK - 1 process | 'processes'=1;;;0\n"]


def test_what_was_not_told_is_unknown_unless_something_is_known_to_be_wrong():
    of = terms(max_share="0.8")
    vanished = [Problem(pid=8, what="descriptors", reason="vanished")]
    hidden, left = holder(7, "hidden", None), holder(8, "left", None)
    assert told(hidden, left, holder(5, "web", 10), of=of, problems=vanished)[0].startswith(
        "FDSCOPE UNKNOWN - process 7 could not be judged: --max-share takes what the kernel does not tell; "
        "3 processes; web[5] has 10 descriptors of 1,000, 1 % | "
    )
    assert told(hidden, holder(5, "web", 990), of=of)[1:] == [
        "CRITICAL: web[5] has 990 descriptors of 1,000, 99 %; critical above 80 %\n",
        "UNKNOWN: process 7 could not be judged: --max-share takes what the kernel does not tell\n",
    ]


def test_a_process_of_which_a_limit_is_not_told_is_unknown_though_one_of_its_descriptors_went_away():
    of = terms(max_descriptors="5")
    went = [Problem(pid=7, fd=3, what="descriptor", reason="vanished")]
    (line,) = told(holder(7, "web", 3, descriptor_limit=None), of=of, problems=went)
    assert line.startswith("FDSCOPE UNKNOWN - process 7 could not be judged: --max-descriptors takes what ")


def test_who_may_have_none_has_too_many():
    (line,) = told(holder(5, "web", 3, soft=0), of=terms(max_share="0.8"))
    assert line.startswith("FDSCOPE CRITICAL - web[5] has 3 descriptors of 0, 300 %; critical above 80 %")
    full = KIND["tcp"](fd=3, state="LISTEN", object="socket:[1]", backlog=2, backlog_limit=0)
    (line,) = told(holder(5, "web", 3, descriptors=[full]), of=terms(max_backlog_share="1"))
    assert ", 200 %; critical above 100 %" in line


def test_descriptors_that_could_not_be_read_matter_only_where_each_counts():
    problems = [Problem(pid=pid, what="descriptors", reason="permission-denied") for pid in (7, 8, 9)]
    of = terms(no_deleted_over="1G")
    refused = "2 processes could not be judged: permission denied"
    asked = []

    def holds_nothing(pids):
        asked.append(pids)
        return {8}

    (line,) = told(of=of, problems=problems, holds_nothing=holds_nothing)
    assert line == f"FDSCOPE UNKNOWN - {refused}; 0 deleted files hold 0 B | 'deleted'=0B;;1073741824;0\n"
    assert asked == [[7, 8, 9]]
    (line,) = told(holder(7, "web", 10), of=terms(max_share="0.8"), problems=problems)
    assert line.startswith("FDSCOPE OK - ")


def test_a_process_that_is_not_there_is_critical_and_a_thread_is_its_process():
    of = terms(max_share="0.8")
    gone = Problem(what="process", reason="no-such-process", detail="no process is called 'x|y'")
    assert told(of=of, problems=[gone]) == [
        "FDSCOPE CRITICAL - no process is called 'x\\x7cy' | 'processes'=0;;;0\n"
    ]
    gone = Problem(pid=9, what="process", reason="no-such-process")
    assert told(of=of, problems=[gone])[0].startswith("FDSCOPE CRITICAL - no process has the pid 9 | ")
    thread = Problem(pid=9, what="process", reason="no-such-process", detail="9 is a thread of process 5")
    assert told(holder(5, "web", 10), of=of, problems=[thread])[0].startswith("FDSCOPE OK")
    assert told(holder(5, "web", 10), of=terms(max_growth="1"), rates=[])[0].startswith(
        "FDSCOPE CRITICAL - web[5] has ended while it was measured | "
    )


def test_rates_are_judged_of_those_that_were_there_before():
    rates = [Rate(5, "web", 800.0, 400.5, 12.5), Rate(6, "new", 9e9, 9e9, 9e9), Rate(7, "db", 1.0, 0.0, -3.0)]
    of = terms(max_switches="1k/s", max_involuntary="1k/s,2k/s", max_growth="10/s,")
    found = told(holder(5, "web", 10), holder(7, "db", 10), of=of, rates=rates, measured_s=2.0)
    assert found == [
        "FDSCOPE CRITICAL - web[5] is switched 1,200 times a second; critical above 1,000/s (and 1 more) | "
        "'switches'=1200.5;;1000;0 'involuntary'=400.5;1000;2000;0 'growth'=12.5;10 'processes'=2;;;0\n",
        "CRITICAL: web[5] is switched 1,200 times a second; critical above 1,000/s\n",
        "WARNING: web[5] opens 12.5 descriptors a second more than it closes; warning above 10/s\n",
    ]
    untold = [Rate(5, "web", 1, 1, None), Rate(9, "new", 1, 1, None)]
    (line,) = told(holder(5, "web", 10), of=terms(max_growth="1"), rates=untold)
    assert line.startswith("FDSCOPE UNKNOWN - process 5 could not be judged: --max-growth takes what ")


def test_deleted_files_count_once_by_their_blocks_and_memory_is_none():
    regular, memfd = KIND["regular"], KIND["memfd"]

    def file(fd, inode, **more):
        facts = {"name": f"/d/{inode}|", "device": "8:1", "filesystem": "ext4", "deleted": True}
        return regular(fd=fd, inode=inode, **{**facts, **more})

    first = holder(
        5,
        "web",
        9,
        descriptors=[
            file(3, 1, allocated_bytes=4096, size_bytes=1 << 40),
            file(4, 2, allocated_bytes=1 << 20),
            file(5, 3, allocated_bytes=1 << 30, deleted=None),
            file(6, 4, allocated_bytes=1 << 30, filesystem=None, name="/i915"),
            memfd(fd=7, name="m", inode=5, device="0:1", allocated_bytes=1 << 30),
        ],
        files=[
            HeldFile(role="mapped", name="/d/2|", inode=2, device="8:1", deleted=True, allocated_bytes=1 << 20),
            HeldFile(role="mapped", name="/d/1|", deleted=True, mapped_bytes=1 << 30),
            HeldFile(role="mapped", name="/d/6", deleted=True, mapped_bytes=8192),
            HeldFile(role="mapped", name="/d/7", deleted=True, mapped_bytes=4096),
            HeldFile(role="mapped", name="/dev/zero", deleted=True, mapped_bytes=1 << 30),
            HeldFile(role="exe", name="/memfd:x", deleted=True, mapped_bytes=1 << 30),
            HeldFile(role="mapped", name="/SYSV00000000", deleted=True, mapped_bytes=1 << 30),
            HeldFile(role="mapped", name="/SYSV0", device="0:1", inode=7, deleted=True, allocated_bytes=1 << 30),
        ],
    )
    second = holder(6, "other", 9, descriptors=[file(3, 2, allocated_bytes=1 << 20)], files=None)
    assert told(first, second, of=terms(no_deleted_over="1M,1G")) == [
        "FDSCOPE WARNING - 4 deleted files hold 1.0 MiB, 1.0 MiB of it /d/2\\x7c of web[5]; "
        "warning above 1.0 MiB | "
        "'deleted'=1064960B;1048576;1073741824;0\n"
    ]


def sockets(*made):
    return [one(object=f"socket:[{number}]") for number, one in enumerate(made)]


def test_listeners_are_judged_once_whoever_holds_them():
    def tcp(**facts):
        return lambda **more: KIND["tcp"](fd=3, **facts, **more)

    def other(kind, **facts):
        return lambda **more: KIND[kind](fd=3, **facts, **more)

    held = sockets(
        tcp(state="LISTEN", local_address="0.0.0.0", local_port=80, backlog=9, backlog_limit=10),
        tcp(state="LISTEN", local_address="::1", local_port=22),
        tcp(state="ESTABLISHED", local_address="0.0.0.0", local_port=81, remote_address="10.0.0.1", remote_port=1),
        other("udp", state="UNCONNECTED", local_address="0.0.0.0", local_port=53),
        other("udp", state="ESTABLISHED", local_address="0.0.0.0", local_port=54, remote_address="10.0.0.1"),
        other("udp"),
        other("unix", state="LISTEN", path="/run/a\n|", backlog=1, backlog_limit=2),
    )
    parent, worker = holder(5, "web", 9, descriptors=held), holder(6, "web", 9, descriptors=held[:1])
    of = terms("22,unix:/tmp/*", max_backlog_share="0.5,0.8")
    assert told(parent, worker, of=of) == [
        "FDSCOPE CRITICAL - web[5] lets 9 of 10 connections wait at LISTEN 0.0.0.0:80, 9 of 10 waiting, 90 %; "
        "critical above 80 % (and 3 more) | 'backlog_share'=90%;50;80;0;100 'listeners_unexpected'=3;;0;0\n",
        "CRITICAL: web[5] lets 9 of 10 connections wait at LISTEN 0.0.0.0:80, 9 of 10 waiting, 90 %; "
        "critical above 80 %\n",
        "CRITICAL: web[5] and 1 other listen, unexpected, at tcp 0.0.0.0:80\n",
        "CRITICAL: web[5] listens, unexpected, at udp 0.0.0.0:53\n",
        "CRITICAL: web[5] listens, unexpected, at unix /run/a\\n\\x7c\n",
    ]
    assert told(parent, worker, of=terms("22,80,udp:53")) == [
        "FDSCOPE OK - 4 listeners, all expected | 'listeners_unexpected'=0;;0;0\n"
    ]


def test_a_listener_of_a_process_that_holds_it_twice_has_one_holder():
    twice = [KIND["udplite"](fd=fd, object="socket:[1]", local_address="::", local_port=5) for fd in (3, 4)]
    (line,) = told(holder(5, "web", 2, descriptors=twice), of=terms("none"))
    assert line.startswith("FDSCOPE CRITICAL - web[5] listens, unexpected, at udp [::]:5")


def test_of_vsock_sockets_the_kernel_may_not_tell_whether_they_listen():
    def line(**facts):
        held = [KIND["vsock"](fd=3, object="socket:[1]", **facts)]
        return told(holder(5, "web", 2, descriptors=held), of=terms("22"))[0].partition(" | ")[0]

    assert line(state="LISTEN", local_port=99).startswith(
        "FDSCOPE CRITICAL - web[5] listens, unexpected, at vsock "
    )
    assert line(state="ESTABLISHED") == line(local_port=99) == "FDSCOPE OK - no listeners were seen"
    assert (
        line()
        == line(state="LISTEN")
        == (
            "FDSCOPE UNKNOWN - process 5 could not be judged: the kernel does not tell where its vsock sockets "
            "listen; no listeners were seen"
        )
    )


def test_a_machine_that_does_not_tell_its_open_files_is_unknown():
    silent = type(HOST)(hostname="box")
    found = check(snapshot(host=silent), terms(max_system_share="0.8"))
    assert (found.status, found.summary) == (
        "unknown",
        "sys/fs/file-nr: --max-system-share takes what the kernel does not tell",
    )


def test_the_document_has_limits_findings_and_what_was_measured():
    of = terms(max_share="0.8,0.95", by_default=True)
    assert check(snapshot(holder(5, "web", 900)), of) == Check(
        schema="fdscope.check/1",
        fdscope=check(snapshot(), of).fdscope,
        taken_at="2026-11-23T05:02:00.500Z",
        status="warning",
        summary="web[5] has 900 descriptors of 1,000, 90 %; warning above 80 %",
        processes_total=1,
        limits=[Limits(check="max-share", warn=0.8, crit=0.95)],
        by_default=True,
        findings=[
            Finding(
                check="max-share",
                level="warning",
                pid=5,
                process="web",
                value=0.9,
                warn=0.8,
                crit=0.95,
                text="web[5] has 900 descriptors of 1,000, 90 %; warning above 80 %",
            )
        ],
        metrics=[
            Metric(label="share", value=90.0, unit="%", warn=80.0, crit=95.0, min=0, max=100),
            Metric(label="share_web", value=90.0, unit="%", warn=80.0, crit=95.0, min=0, max=100),
            Metric(label="processes", value=1, min=0),
        ],
        problems=[],
    )
