"""What runs the exporter: a unit of systemd, a container, a Kubernetes DaemonSet; and with which rights."""

import json
import os
import re
import shlex
import shutil
import subprocess
from pathlib import Path

import pytest
import yaml
from deployed import DEPLOY, unit
from program import ENVIRONMENT, PROGRAM

from fdscope.parsing import understood

LEAST = {"CAP_SYS_PTRACE", "CAP_DAC_READ_SEARCH"}
UNIT = "fdscope-export.service"
DROP_INS = {"bpf.conf": {"CAP_BPF", "CAP_PERFMON"}, "namespaces.conf": {"CAP_SYS_ADMIN"}}
CONTAINERFILE = (DEPLOY / "container" / "Containerfile").read_text()
MANIFESTS = {
    one["kind"]: one for one in yaml.safe_load_all((DEPLOY / "kubernetes" / "daemonset.yaml").read_text())
}
POD = MANIFESTS["DaemonSet"]["spec"]["template"]["spec"]
(IN_POD,) = POD["containers"]


def command():
    """The words of the unit after the program."""
    (line,) = unit(UNIT)["ExecStart"]
    program, *words = shlex.split(line)
    assert program == "/opt/fdscope/bin/fdscope"
    return words


def asked(words):
    """What they ask of the exporter."""
    name, *words = words
    assert name == "export"
    return understood(name, words)


def test_the_unit_has_the_two_capabilities_that_reading_takes():
    settings = unit(UNIT)
    for name in ("AmbientCapabilities", "CapabilityBoundingSet"):
        assert set(" ".join(settings[name]).split()) == LEAST
    assert settings["NoNewPrivileges"] == settings["DynamicUser"] == ["yes"]


@pytest.mark.parametrize("name", DROP_INS)
def test_a_drop_in_adds_the_capabilities_that_it_is_for(name):
    settings = unit(UNIT, name)
    for setting in ("AmbientCapabilities", "CapabilityBoundingSet"):
        assert set(" ".join(settings[setting]).split()) == LEAST | DROP_INS[name]


def test_the_unit_listens_where_the_example_of_prometheus_asks():
    listens = asked(command()).listen
    assert listens.startswith("127.0.0.1:")
    assert f'"{listens}"' in (DEPLOY / "prometheus" / "prometheus.yml").read_text()


def test_systemd_takes_the_unit_with_both_drop_ins(tmp_path):
    if shutil.which("systemd-analyze") is None:
        pytest.skip("systemd-analyze is not installed")
    file = tmp_path / UNIT
    program = shutil.which("true")
    text = (DEPLOY / "systemd" / UNIT).read_text().replace("/opt/fdscope/bin/fdscope", program)
    file.write_text(re.sub("(?m)^Documentation=.*", "", text))  # the manual may not be installed
    drop_ins = tmp_path / f"{UNIT}.d"
    drop_ins.mkdir()
    for name in DROP_INS:
        shutil.copy(DEPLOY / "systemd" / name, drop_ins)
    done = subprocess.run(["systemd-analyze", "verify", file], capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stderr) == (0, "")


OF_ANOTHER = """
open("/proc/self/comm", "w").write(sys.argv[1])
os.setgroups([])
os.setresgid(65533, 65533, 65533)
os.setresuid(65533, 65533, 65533)
libc.prctl(4, 1, 0, 0, 0)  # dumpable again, so that its files in /proc are its own
os.pipe()
ready()
"""


@pytest.mark.parametrize(
    ("capabilities", "is_read"),
    [
        ({"CAP_SYS_PTRACE"}, False),
        ({"CAP_DAC_READ_SEARCH"}, False),
        (LEAST, True),
    ],
    ids=["trace", "read", "both"],
)
def test_with_both_capabilities_and_no_fewer_the_unit_reads_processes_of_others(child, capabilities, is_read):
    if os.geteuid() != 0:
        pytest.skip("to start a process as another user takes root")
    name = "of-another"
    pid = child(OF_ANOTHER, name).pid
    words = command()
    at = words.index("--listen")
    words[at : at + 2] = ["--once", "--source", "proc", "--pid", f"{pid}"]
    held = ",".join(["-all", *("+" + one.removeprefix("CAP_").lower() for one in capabilities)])
    sets = [f"--inh-caps={held}", f"--ambient-caps={held}", f"--bounding-set={held}"]
    done = subprocess.run(
        ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", *sets, "--no-new-privs", *PROGRAM, *words],
        capture_output=True,
        env=ENVIRONMENT,
        text=True,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    assert f'fdscope_group_processes{{group="{name}"}} 1.0' in done.stdout
    assert f'fdscope_group_unread_processes{{group="{name}"}} {0.0 if is_read else 1.0}' in done.stdout
    # PIPE, HOLD, the two ends of a pipe, and standard error
    assert (f'fdscope_group_descriptors{{group="{name}",kind="pipe"}} 5.0' in done.stdout) == is_read


def test_the_container_copies_all_that_the_package_is_built_from():
    copied = " ".join(re.findall(r"(?m)^COPY (?!--from)(.*) /source", CONTAINERFILE)).split()
    assert set(copied) == {"pyproject.toml", "README.md", "LICENSE", "fdscope", "man"}
    assert asked(json.loads(re.search(r"(?m)^CMD (.*)$", CONTAINERFILE)[1])).listen == "127.0.0.1:9878"
    for one in re.findall(r"-f (\S+)", CONTAINERFILE):
        assert Path(DEPLOY.parent, one).is_file()


def test_the_daemon_set_looks_at_its_node_with_no_more_rights_than_the_unit():
    security = IN_POD["securityContext"]
    assert {f"CAP_{one}" for one in security["capabilities"]["add"]} == LEAST
    assert security["capabilities"]["drop"] == ["ALL"]
    assert POD["hostPID"] is True
    words = asked(IN_POD["args"])
    (mount,) = IN_POD["volumeMounts"]
    (volume,) = POD["volumes"]
    assert (mount["mountPath"], mount["name"], volume["hostPath"]["path"]) == (words.proc, volume["name"], "/proc")
    (port,) = IN_POD["ports"]
    assert words.listen == f"0.0.0.0:{port['containerPort']}"
    labels = MANIFESTS["DaemonSet"]["spec"]["template"]["metadata"]["labels"]
    assert MANIFESTS["DaemonSet"]["spec"]["selector"]["matchLabels"] == labels
    assert MANIFESTS["NetworkPolicy"]["spec"]["podSelector"]["matchLabels"] == labels
