"""What must be looked at for a check, and of whom it says that they are gone or could not be judged. Pure."""

import sys
from pathlib import Path

import pytest
from msgspec.structs import replace

from fdscope.checking import Terms, check, how_to_look, nobody
from fdscope.frame import Rate
from fdscope.kinds import KINDS
from fdscope.model import Limit, Problem, kind_name
from fdscope.thresholds import expected, limits
from fdscope.where import parse

sys.path.insert(0, str(Path(__file__).parent / "report"))
from made import KIND, process, snapshot


def terms(*words, listeners=None):
    """The terms of ``--max-share 0.8``, in pairs of words without the minuses."""
    found = {name: limits(name, word) for name, word in zip(words[::2], words[1::2], strict=True)}
    return Terms(found, False, None if listeners is None else expected(listeners), listeners)


def holder(pid, **more):
    limit = Limit(soft=1000, hard=1000)
    return process(**{"pid": pid, "name": "web", "descriptor_count": 5, "descriptor_limit": limit, **more})


SHARE, DELETED, GROWTH = ("max-share", "0.8"), ("no-deleted-over", "1G"), ("max-growth", "10/s")


@pytest.mark.parametrize(
    ("of", "where", "asked", "brief", "mapped"),
    [
        (terms(*SHARE), None, None, True, False),
        (terms(*SHARE), "user == 'ann'", "user == 'ann'", True, False),
        (terms(*SHARE), "fd > 2", "fd > 2", False, False),
        (terms(*SHARE), "role == 'mapped'", "role == 'mapped'", False, True),
        (terms(*DELETED), None, "(deleted)", False, True),
        (terms(*DELETED), "uid == 0", "(uid == 0) and ((deleted))", False, True),
        (terms(*DELETED, *SHARE), None, None, False, True),
        (terms(*DELETED, *GROWTH), "uid == 0", "uid == 0", False, True),
        (terms("max-backlog-share", "1"), None, '(state == "LISTEN")', False, False),
    ],
)
def test_no_more_is_looked_at_than_is_judged(of, where, asked, brief, mapped):
    found, how = how_to_look(of, None if where is None else parse(where))
    assert (found and found.text) == asked
    assert how == {"brief": brief, "mapped": mapped, "peers": False, "waits": False}


def test_for_listeners_all_is_looked_at_that_others_can_reach():
    where, _ = how_to_look(terms(listeners="22"), None)
    listening = KIND["tcp"](fd=3, state="LISTEN"), KIND["unix"](fd=3, state="LISTEN"), KIND["vsock"](fd=3)
    datagrams = KIND["udp"](fd=3), KIND["udplite"](fd=3)
    others = KIND["tcp"](fd=3, state="ESTABLISHED"), KIND["unix"](fd=3), KIND["regular"](fd=3)
    held = (*listening, *datagrams, *others)
    assert [one for one in held if where.fits(process(), one)] == [*listening, *datagrams]
    assert {kind_name(kind) for kind in where.kinds()} == {
        kind_name(kind) for kind in KINDS if "state" in kind.__struct_fields__
    }


def findings(taken, of, **more):
    """The level, process and text of each."""
    return [(one.level, one.pid, one.text) for one in check(taken, of, **more).findings]


def unjudged(*problems, of=None, **more):
    """The findings about processes of which these problems are told."""
    return findings(snapshot(holder(5), problems=problems), of or terms(*DELETED), **more)


def refused(pid, what="descriptors", reason="permission-denied", **more):
    return Problem(pid=pid, what=what, reason=reason, **more)


def test_what_was_asked_about_and_is_another_process_by_now_is_gone():
    gone = Problem(pid=9, what="process", reason="pid-reused")
    assert unjudged(gone, of=terms(*SHARE)) == [("critical", 9, "no process has the pid 9")]


def test_who_ends_while_it_is_measured_is_gone_if_it_was_asked_about_by_its_number():
    taken = snapshot(holder(5), holder(6))
    rates = [Rate(6, "web", 0.0, 0.0, 0.0)]
    ended = [("critical", 5, "web[5] has ended while it was measured")]
    assert findings(replace(taken, targets=["5", "6"]), terms(*GROWTH), rates=rates) == ended
    assert findings(replace(taken, targets=["web"]), terms(*GROWTH), rates=rates) == []
    assert findings(replace(taken, targets=["web"]), terms(*GROWTH), rates=[])[:1] == ended
    assert findings(replace(taken, targets=["5", "6"]), terms(*SHARE)) == []


def test_where_no_process_is_chosen_that_is_critical_only_for_what_is_judged_of_processes():
    taken = replace(snapshot(), where="user == 'ann'")
    nobody_there = [("critical", None, "no process is there that the options choose")]
    assert findings(taken, terms(*SHARE)) == nobody_there
    assert findings(taken, terms(*DELETED)) == []
    assert findings(snapshot(), terms(*SHARE)) == []


def test_only_what_may_hide_a_descriptor_leaves_a_doubt():
    doubt = [("unknown", 7, "process 7 could not be judged: permission denied")]
    assert unjudged(refused(7)) == doubt
    assert unjudged(refused(7, "sockets")) == doubt
    assert unjudged(refused(7, "cwd")) == unjudged(refused(7, reason="vanished")) == []
    for reason, told in (("timed-out", "timed out"), ("not-understood", "not understood")):
        assert unjudged(refused(7, "descriptor", reason)) == [
            ("unknown", 7, f"process 7 could not be judged: {told}")
        ]
    assert unjudged(refused(None, "sockets of network namespace 5")) == [
        ("unknown", None, "sockets of network namespace 5: permission denied")
    ]
    assert unjudged(refused(7), refused(8), refused(9, reason="timed-out")) == [
        ("unknown", 7, "2 processes could not be judged: permission denied"),
        ("unknown", 9, "process 9 could not be judged: timed out"),
    ]


def test_descriptors_matter_where_they_are_judged_or_chosen_by():
    assert unjudged(refused(7), of=terms(*SHARE)) == []
    assert unjudged(refused(7), of=terms(*SHARE), where=parse("uid == 0")) == []
    assert [level for level, *_ in unjudged(refused(7), of=terms(*SHARE), where=parse("fd > 2"))] == ["unknown"]


def test_who_holds_nothing_leaves_no_doubt():
    dead = [holder(7, state="zombie"), holder(8, state="dead"), holder(9, kernel_thread=True)]
    taken = snapshot(*dead, problems=[refused(pid) for pid in (7, 8, 9)])
    assert findings(taken, terms(*DELETED)) == []
    assert nobody(taken) == {7, 8, 9}
    assert unjudged(refused(7), holds_nothing=set) == []


def test_the_worst_is_found_first_whichever_limit_was_named_first():
    file = KIND["regular"](fd=3, name="/a", deleted=True, filesystem="ext4", allocated_bytes=9)
    one = holder(5, descriptor_count=900, descriptors=[file])
    found = findings(snapshot(one), terms("max-share", "0.8,0.95", "no-deleted-over", "1"))
    assert [level for level, *_ in found] == ["critical", "warning"]


def test_performance_data_have_the_highest_of_each_name_and_small_shares_as_they_are():
    def metrics(*counts):
        few = [holder(pid, descriptor_count=count) for pid, count in enumerate(counts, 5)]
        return {one.label: one.value for one in check(snapshot(*few), terms(*SHARE)).metrics}

    assert metrics(20, 120, 40) == {"share": 12.0, "share_web": 12.0, "processes": 3}
    few = holder(5, descriptor_count=3, descriptor_limit=Limit(soft=1 << 20, hard=1 << 20))
    assert check(snapshot(few), terms(*SHARE)).metrics[0].value == pytest.approx(300 / (1 << 20))


def test_what_went_away_while_it_was_read_is_no_problem_of_the_answer():
    problems = [refused(7), refused(8, reason="vanished")]
    assert check(snapshot(problems=problems), terms(*SHARE)).problems == problems[:1]
