"""The whole chain: two exporters, a Prometheus with our rules that scrapes them each second, and what it says.

One exporter looks at processes of this test, of which one leaks; the other at a folder that looks like /proc. The
rules are those of deploy/, but that each `for` is of one second: nobody waits half an hour for a test.
"""

import contextlib
import html
import json
import re
import subprocess
import time
import urllib.error
import urllib.parse
import urllib.request
from collections import Counter

from children import DEADLINE_S, Child
from deployed import DASHBOARD, DEPLOY, RULES
from made_proc import Processes
from program import ENVIRONMENT, PROGRAM, found

from fdscope.model import kind_name

LEAKING = """
import resource, select
resource.setrlimit(resource.RLIMIT_NOFILE, (1000, 1000))
open("/proc/self/comm", "w").write(sys.argv[1])
tell()
while not select.select([HOLD], [], [], 0.1)[0]:
    os.dup(0)
"""

HOLDING = """
import socket, tempfile
open("/proc/self/comm", "w").write(sys.argv[1])
deleted = tempfile.TemporaryFile()
deleted.write(b"x" * 3_000_000)
deleted.flush()
listener = socket.create_server(("127.0.0.1", 0), backlog=4)
waiting = [socket.create_connection(listener.getsockname()) for _ in range(2)]
waiting[0].setblocking(False)
waiting[0].send(b"y" * 8_000_000)
waiting[1].send(b"z" * 777)
accepted = [listener.accept()[0] for _ in waiting]
waiting += [socket.create_connection(listener.getsockname()) for _ in range(2)]
ready(space=os.fstat(deleted.fileno()).st_blocks * 512)
"""


def until(condition):
    """What a condition answers, once that is something."""
    deadline = time.monotonic() + DEADLINE_S
    while not (answer := condition()):
        assert time.monotonic() < deadline, "the state was not reached"
        time.sleep(0.1)
    return answer


@contextlib.contextmanager
def serving(log, says, *words, **more):
    """A running program, and the address at which it serves, from what it `says` of that."""
    with open(log, "wb") as stream:
        process = subprocess.Popen(words, stdin=subprocess.DEVNULL, stdout=stream, stderr=stream, **more)

    def told():
        assert process.poll() is None, log.read_text()
        return re.search(says, log.read_text())

    try:
        yield process, until(told)[1]
    finally:
        process.terminate()
        try:
            process.wait(DEADLINE_S)
        finally:
            process.kill()


def exporter(log, *words):
    words = ["--listen", "127.0.0.1:0", "--source", "proc", "--window", "2s", *words]
    return serving(log, "http://(.*)/metrics", *PROGRAM, "export", *words, env=ENVIRONMENT)


class Chain:
    """All that stands between processes and alerts, and how Prometheus is asked."""

    def __init__(self, stack, folder):
        self.leak = _child(stack, LEAKING, "leaky")
        self.holder = _child(stack, HOLDING, "holding")
        recorded = Processes(_made(folder / "proc"))
        recorded.begin(10, "web")
        recorded.holds(10, ["/dev/null", "pipe:[5]", "pipe:[6]"])
        recorded.begin(11, "web", soft=10)
        recorded.holds(11, ["socket:[7]", *["/var/log/web"] * 8])
        recorded.begin(12, "a<b>'")
        mine = f"{self.leak.pid},{self.holder.pid}"
        _, self.live = stack.enter_context(exporter(folder / "live", "--pid", mine))
        self.looks_at_tree, self.tree = stack.enter_context(
            exporter(folder / "tree", "--proc", str(recorded.folder))
        )
        short, waits = re.subn(r"(?m)^( +for: ).*", r"\g<1>1s", RULES.read_text())
        assert waits
        (folder / "rules.yml").write_text(short)
        settings = (RULES.parent / "prometheus.yml").read_text()
        settings = settings.replace("30s", "1s").replace('"127.0.0.1:9878"', f'"{self.live}", "{self.tree}"')
        (folder / "prometheus.yml").write_text(settings)
        _, self.address = stack.enter_context(
            serving(
                folder / "log",
                r'msg="Listening on" address=(\S+)',
                found("prometheus"),
                f"--config.file={folder}/prometheus.yml",
                f"--storage.tsdb.path={folder}/data",
                f"--web.console.templates={DEPLOY}/prometheus/consoles",
                f"--web.console.libraries={folder}/none",
                "--web.listen-address=127.0.0.1:0",
            )
        )
        until(self.is_ready)

    def is_ready(self):
        """Whether it answers: it listens before it does, and turns away who asks meanwhile."""
        try:
            return self.get("/-/ready")
        except urllib.error.HTTPError:
            return False

    def get(self, path, **words):
        """What is at a path, as text."""
        query = urllib.parse.urlencode(words)
        with urllib.request.urlopen(f"http://{self.address}{path}?{query}", timeout=20) as answer:
            return answer.read().decode()

    def ask(self, expression):
        """What an expression comes to now, as a list of labels and value."""
        answer = json.loads(self.get("/api/v1/query", query=expression))
        assert answer["status"] == "success"
        assert answer["data"]["resultType"] == "vector"
        return [(one["metric"], float(one["value"][1])) for one in answer["data"]["result"]]

    def curves(self, expression):
        """What it came to in the last minute, as a graph would draw it."""
        now = time.time()
        path = "/api/v1/query_range"
        answer = json.loads(self.get(path, query=expression, start=now - 60, end=now, step=1))
        assert answer["status"] == "success"
        return answer["data"]["result"]

    def by(self, label, metric):
        """The last values of a metric by one of its labels; a scrape that comes too late leaves a gap."""
        return {labels[label]: value for labels, value in self.ask(f"last_over_time({metric}[1m])")}

    def alerts(self):
        """The alerts that fire, by name and group; and what they say."""
        alerts = json.loads(self.get("/api/v1/alerts"))["data"]["alerts"]
        return {
            (one["labels"]["alertname"], one["labels"].get("group")): one["annotations"]
            for one in alerts
            if one["state"] == "firing"
        }


def _made(folder):
    folder.mkdir()
    return folder


def _child(stack, source, name):
    child = Child(source, name)
    stack.callback(child.end)
    return child


def test_prometheus_with_our_rules_and_pages_tells_what_is_true_and_alerts_of_a_leak(tmp_path):
    """One test, for all of it stands on one Prometheus."""
    found("prometheus")
    with contextlib.ExitStack() as stack:
        chain = Chain(stack, tmp_path)
        fires_for_the_leak_and_for_nothing_but_what_is_wrong(chain)
        tells_of_a_recorded_tree_to_the_last_descriptor(chain)
        tells_of_a_live_process_as_it_is(chain)
        answers_every_expression_of_the_dashboard(chain)
        shows_the_same_on_its_page(chain)
        fires_for_an_exporter_that_has_ended(chain)


def fires_for_the_leak_and_for_nothing_but_what_is_wrong(chain):
    wanted = {
        ("FdscopeLimitWithinAnHour", "leaky"),
        ("FdscopeLimitWithinMinutes", "leaky"),
        ("FdscopeNearLimit", "web"),
    }
    until(lambda: wanted <= chain.alerts().keys())
    alerts = chain.alerts()
    assert alerts.keys() - wanted <= {("FdscopeExporterDown", None)}  # for a moment, where a machine is too busy
    assert alerts["FdscopeLimitWithinMinutes", "leaky"]["next"] == "fdscope leaks --for 10s -- 'leaky'"


def tells_of_a_recorded_tree_to_the_last_descriptor(chain):
    of = f'{{instance="{chain.tree}",group="web"}}'
    kinds = chain.by("kind", f"fdscope_group_descriptors{of}")
    assert kinds == {"unknown": 9, "pipe": 2, "socket": 1}  # a tree does not tell what its files are
    figures = {
        "processes": 2,
        "unread_processes": 0,
        "descriptor_limit": 10,
        "descriptor_share_ratio": 0.9,
        "descriptor_growth_per_second": 0,
    }
    for name, value in figures.items():
        assert chain.by("group", f"fdscope_group_{name}{of}") == {"web": value}, name
    assert chain.by("group", f"fdscope_group_time_to_limit_seconds{of}") == {}


def tells_of_a_live_process_as_it_is(chain):
    of = f'{{instance="{chain.live}",group="holding"}}'
    process, _ = chain.holder.scan(source="proc")
    held = process.descriptors
    kinds = Counter(kind_name(type(one)) for one in held)
    assert chain.by("kind", f"fdscope_group_descriptors{of}") == kinds
    assert chain.by("group", f"fdscope_group_deleted_bytes{of}") == {"holding": chain.holder.told["space"]}
    assert chain.by("group", f"fdscope_group_backlog_connections{of}") == {"holding": 2}
    assert chain.by("group", f"fdscope_group_backlog_share_ratio{of}") == {"holding": 0.5}
    queues = {
        direction: sum(getattr(one, f"{direction}_queue_bytes", None) or 0 for one in held)
        for direction in ("receive", "send")
    }
    assert queues["receive"] > 777
    assert queues["send"] > 0
    assert chain.by("direction", f"fdscope_group_queue_bytes{of[:-1]},kind='tcp'}}") == queues
    leaking = f'fdscope_group_context_switches_total{{instance="{chain.live}",group="leaky",type="voluntary"}}'
    until(lambda: chain.by("type", leaking)["voluntary"] > 0)
    assert chain.by("type", leaking)["voluntary"] <= chain.leak.scan(source="proc")[0].context_switches.voluntary
    assert chain.by("model", f"fdscope_group_waiting_threads{of}") == {"blocking": 1}


CHOSEN = {"$instance": ".*", "$group": ".*", "$__range": "1m", "$__rate_interval": "1m"}
"""What Grafana puts into an expression where all is chosen."""


def answers_every_expression_of_the_dashboard(chain):
    board = json.loads(DASHBOARD.read_text())
    for panel in board["panels"]:
        for target in panel.get("targets", ()):
            expression = target["expr"]
            for variable, value in CHOSEN.items():
                expression = expression.replace(variable, value)
            assert "$" not in expression
            ask = chain.ask if target.get("instant") else chain.curves
            assert until(lambda ask=ask, expression=expression: ask(expression))
    for variable in board["templating"]["list"][1:]:
        metric, label = re.fullmatch(r"label_values\((.*), (\w+)\)", variable["definition"]).groups()
        assert label in chain.ask(metric.replace("$instance", ".*"))[0][0]


def rows(page):
    """The rows of all tables of a page, as what stands in their cells."""
    return [
        [html.unescape(re.sub("<[^>]*>", "", f"<{cell}")).strip() for cell in re.split("<t[hd]\\b", row)[1:]]
        for row in re.findall("(?s)<tr>(.*?)(?=<tr>|</tbody>|</thead>)", page)
    ]


def shows_the_same_on_its_page(chain):
    def shown():
        found = rows(chain.get("/consoles/fdscope.html"))
        return found if ["web", chain.tree, "", "90%", "10", "12", "2", "0", "\N{EN DASH}"] in found else None

    found = until(shown)
    assert ["FdscopeNearLimit", "web", chain.tree, "warning", "firing"] in found
    assert ["holding", chain.live, "", "50%", "2"] in found
    assert ["holding", chain.live, f"{chain.holder.told['space'] / 2**20:.4g}MiB"] in found
    assert any(row[:2] == ["a<b>'", chain.tree] for row in found)
    page = chain.get("/consoles/fdscope.html", instance=chain.tree)
    assert "<b>" not in page
    assert {row[1] for row in rows(page) if row[0] in ("web", "holding")} == {chain.tree}
    assert "No exporter was scraped" in chain.get("/consoles/fdscope.html", instance='"} or up{job!="')


def fires_for_an_exporter_that_has_ended(chain):
    chain.looks_at_tree.terminate()
    of = f'ALERTS{{alertname="FdscopeExporterDown",alertstate="firing",instance="{chain.tree}"}}'
    until(lambda: chain.ask(of))
