"""The report on one process, word for word."""

import pytest
from made import KIND, process, snapshot

from fdscope.model import HeldFile, Limit, Problem, Process
from fdscope.report.columns import USUAL, chosen
from fdscope.report.process import header, report
from fdscope.report.style import Style

WHOLE = r"""
web\x1b [42]  /bin/web\n -x
  user ann · started 2026-11-23 04:00:00 UTC (1 h 2 min ago) · parent 1 · sleeping · 2 threads
  descriptors 2 of 10 (hard limit 2,000)  ####................ 20 %
  switches    1,234 voluntary, 5 involuntary (sum over 2 threads; threads already gone are not in it)
  memory      1.0 MiB resident, 3.0 MiB virtual
  cgroup      /docker/a\tb, container a\tb

descriptors
  FD  KIND     ACCESS  FLAGS    WHAT
   3  pipe     r       cloexec  pipe:[5], read end
   4  regular  rw      append   /a, 2.0 KiB, at 7

threads
  TID  NAME   STATE     CPU  VOLUNTARY  INVOLUNTARY  CODE            IN
   42  web    sleeping    1       1200            4  libc.so.6+0x1f  read(3), blocking
   43  w\x1b

held without a descriptor
  ROLE    WHAT
  cwd     /home, deleted
  exe     /bin/web, 2.0 KiB
  mapped  /lib, 1.0 KiB, 4.0 KiB mapped r--p r-xp

everything is a file?
  KIND     HELD  READ  WRITE  SEEK  POLL  MAP  MOVES                NAMED
  pipe        1  yes   yes    -     yes   -    a byte stream        -
  regular     1  yes   yes    yes   -     yes  bytes at a position  yes

  1 of 2 descriptors has no name in any file system; all but 1 can be polled.

could not be read
  fdinfo of descriptor 9: not understood (the kernel's text is not in a form that fdscope knows)
"""
PLAIN = Style(unicode=False)
PROBLEM = Problem(what="fdinfo", reason="not-understood", pid=42, fd=9)


def lines(one, style=PLAIN, problems=()):
    return "".join(report(one, problems, snapshot(one), chosen(None, USUAL), None, style)).splitlines()


def test_a_process_is_told_whole():
    assert lines(process(), problems=[PROBLEM]) == WHOLE.strip("\n").splitlines()


def test_what_is_not_known_is_left_out():
    assert lines(Process(pid=7)) == ["? [7]", "  0 threads", "  descriptors unknown how many"]
    told = lines(
        Process(pid=7, uid=0, kernel_thread=True, descriptor_count=0, descriptor_limit=Limit(), descriptors=[])
    )
    assert told == [
        "? [7]",
        "  user 0 · a thread of the kernel",
        "  descriptors 0 of unlimited (hard limit unlimited)",
    ]


def test_a_thread_with_a_table_of_its_own_has_a_table_of_its_own_in_the_report():
    own = [KIND["pipe"](fd=3, name="pipe:[5]", tid=tid) for tid in (None, 43, 44)]
    told = lines(process(descriptors=own, files=None))
    assert [line for line in told if line.startswith("descriptors")] == [
        "descriptors",
        r"descriptors of thread 43 (w\x1b), which has its own descriptor table",
        "descriptors of thread 44 (?), which has its own descriptor table",
    ]


@pytest.mark.parametrize(("held", "warned"), [(7, False), (8, False), (9, True), (12, True)])
def test_it_is_warned_of_above_80_percent_of_the_soft_limit(held, warned):
    line = lines(process(descriptor_count=held, descriptors=None, files=None))[2]
    assert line.startswith(f"  descriptors {held} of 10 (hard limit 2,000)  ")
    assert line.endswith('%  above 80 %: at 10 open(2) fails, "Too many open files"') == warned


def test_a_limit_of_nothing_has_no_share():
    told = lines(process(descriptor_limit=Limit(soft=0, hard=0), descriptors=None, files=None))
    assert told[2] == "  descriptors 2 of 0 (hard limit 0)"


def test_a_clock_that_was_put_back_gives_no_age_below_zero():
    line = lines(process(started_at="2026-11-23T06:00:00Z", descriptors=None, files=None))[1]
    assert "started 2026-11-23 06:00:00 UTC (0 s ago)" in line


def test_on_a_terminal_the_command_is_cut_and_never_to_less_than_20_columns():
    one = process(name="web", command=["x" * 100])
    first = [next(header(one, snapshot(one), Style(unicode=False, width=width))) for width in (60, 10)]
    assert first == ["web [42]  " + "x" * 47 + "...\n", "web [42]  " + "x" * 17 + "...\n"]


def test_a_file_that_could_not_be_asked_for_is_told_by_its_name_if_it_has_one():
    told = lines(process(descriptors=None, files=[HeldFile(role="exe", name="a\nb"), HeldFile(role="root")]))
    assert told[-2:] == [r"  exe   a\nb", "  root  a path too long to be told"]
