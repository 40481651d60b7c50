"""The machine at a glance, word for word."""

from made import HOST, process, snapshot, switches

from fdscope.model import Host, Limit, Problem, Process
from fdscope.report.overview import overview
from fdscope.report.style import Style

WHOLE = r"""
box\x1b  Linux 6.18
  4 CPUs in 1 socket · load 0.50 1.00 2.25 · 2.0 GiB of 8.0 GiB memory available · up 1 d 5 h
  2 processes, 2 threads, 1 kernel thread, 11 descriptors
  1,500 open file descriptions in the kernel, at most 100,000
  123,456 context switches since boot

descriptors by kind
  KIND     HELD  SHARE
  pipe        2  ##########.......... 50 %
  eventfd     1  #####............... 25 %
  regular     1  #####............... 25 %

most descriptors
  PID  HELD  USER  PROCESS
   50     9  7     db
   42     2  ann   web\x1b

nearest to their limit
  PID  HELD  SOFT LIMIT  PROCESS  SHARE
   50     9          10  db       #########. 90 %  near its limit
   42     2          10  web\x1b  ##........ 20 %

most context switches  since each began, over the threads that live now
  PID  VOLUNTARY  INVOLUNTARY  THREADS  PROCESS
   50       1000          500        1  db
   42       1234            5        2  web\x1b

could not be read
  exe of 2 processes: vanished (the process, thread or descriptor went away while it was read)
"""
DB = Process(
    pid=50,
    name="db",
    uid=7,
    descriptor_count=9,
    descriptor_limit=Limit(soft=10, hard=10),
    context_switches=switches(1000, 500),
    descriptor_kinds={"pipe": 1, "eventfd": 1},
)
PLAIN = Style(unicode=False)


def lines(*arguments, **more):
    return "".join(overview(snapshot(*arguments, **more), PLAIN)).splitlines()


def test_a_machine_is_told_whole():
    kernel = Process(pid=2, name="kthreadd", kernel_thread=True, descriptor_count=0)
    problems = [Problem(what="exe", reason="vanished", pid=pid) for pid in (42, 50)]
    web = process(descriptor_kinds={"pipe": 1, "regular": 1})
    assert lines(kernel, web, DB, problems=problems) == WHOLE.strip("\n").splitlines()


def test_what_is_not_known_of_a_machine_is_left_out():
    told = lines(host=Host())
    assert told[:3] == ["this machine  Linux ?", "  ", "  0 processes, 0 threads, 0 kernel threads, 0 descriptors"]
    assert "could not be read" not in told


def test_each_list_shows_the_eight_that_are_first():
    many = [
        Process(
            pid=pid,
            name=f"p{pid}",
            descriptor_count=pid,
            descriptor_limit=Limit(soft=100, hard=100),
            context_switches=switches(pid, 0),
        )
        for pid in range(1, 21)
    ]
    told = lines(*many, host=HOST)
    heads = [place for place, line in enumerate(told) if line.startswith("  PID")]
    shown = [[int(line.split()[0]) for line in told[head + 1 : head + 9]] for head in heads]
    assert shown == [list(range(20, 12, -1))] * 3
    assert [told[head + 9 : head + 10] for head in heads] == [[""], [""], []]
