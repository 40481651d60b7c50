"""What stands in the overview, the report of a process and the doctor's."""

import json
import re

from program import run, text

import fdscope


def test_the_version_is_the_packages():
    assert text("--version") == f"fdscope {fdscope.__version__}\n"


def test_the_overview_has_its_parts():
    done = run()
    assert done.returncode == 0
    told = done.stdout.decode()
    for part in (
        "descriptors by kind",
        "most descriptors",
        "nearest to their limit",
        "most context switches",
        "context switches since boot",
        "open file descriptions in the kernel",
    ):
        assert part in told


def test_the_report_warns_above_80_percent_of_the_soft_limit(child):
    one = child(
        """
import resource
resource.setrlimit(resource.RLIMIT_NOFILE, (20, 20))
ready(held=[os.dup(0) for _ in range(13)])
"""
    )
    told = text(str(one.pid))
    assert re.search(r"18 of 20 \(hard limit 20\) .* 90 %  above 80 %: .*Too many open files", told)


def test_reports_on_several_processes_follow_one_another(holder, lab):
    told = text(str(holder.pid), str(lab.pid))
    heads = [int(pid) for pid in re.findall(r"(?:^|\n\n)\S+ \[(\d+)\]", told)]
    assert heads == sorted([holder.pid, lab.pid])


def test_doctor_tells_what_it_found_and_what_it_would_give():
    findings = json.loads(text("doctor", "--json"))["findings"]
    assert [one["name"] for one in findings][:2] == ["proc", "bpf files"]
    assert all(one["found"] and one["gives"] for one in findings)
    (ptrace,) = [one for one in findings if one["name"] == "CAP_SYS_PTRACE"]
    with open("/proc/self/status") as status:
        (effective,) = [int(line.split()[1], 16) for line in status if line.startswith("CapEff")]
    assert ptrace["available"] == bool(effective >> 19 & 1)
    table = text("doctor")
    assert [one["name"] for one in findings if one["name"] not in table] == []
