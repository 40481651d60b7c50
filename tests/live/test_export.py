"""The program exports metrics of live processes: served, written to a file, or printed."""

import http.client
import os
import re
import signal
import socket
import ssl
import subprocess
import threading
import time

import pytest
from bpf_here import needs_bpf
from children import until
from made_proc import Processes
from program import ENVIRONMENT, PROGRAM, found, run, within

from fdscope.commands._serving import Address, address
from fdscope.report.safe import printable
from fdscope.selection import UsageError


def parsed(text):
    """Samples by name and labels, by the parsers that prometheus_client has."""
    if text.endswith("# EOF\n"):
        from prometheus_client.openmetrics.parser import text_string_to_metric_families as families
    else:
        from prometheus_client.parser import text_string_to_metric_families as families
    samples = {}
    for family in families(text):
        for sample in family.samples:
            labels = sorted(sample.labels.items(), key=lambda label: (label[0] != "group", label))
            key = (sample.name.removeprefix("fdscope_"), *(value for _, value in labels))
            assert key not in samples
            samples[key] = sample.value
    return samples


def once(*words):
    done = run("export", "--once", *words)
    assert (done.returncode, done.stderr) == (0, b"")
    return parsed(done.stdout.decode())


class Exporter:
    """The running program, ended by the test."""

    def __init__(self, *words):
        self.process = subprocess.Popen(
            [*PROGRAM, "export", "--listen", "127.0.0.1:0", *words],
            env=ENVIRONMENT,
            stdin=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
        )
        self.said = []
        while not self.said or "metrics are at" not in self.said[-1]:
            self.said.append(self.process.stderr.readline().decode())
            assert self.said[-1], self.said
        self.port = int(re.search(r":(\d+)/metrics\n$", self.said[-1])[1])

    def get(self, path="/metrics", method="GET", context=None, **headers):
        """Status and text."""
        if context is None:
            connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        else:
            connection = http.client.HTTPSConnection("127.0.0.1", self.port, timeout=60, context=context)
        try:
            connection.request(
                method, path, headers={name.replace("_", "-"): value for name, value in headers.items()}
            )
            answer = connection.getresponse()
            return answer.status, answer.read().decode()
        finally:
            connection.close()

    def metrics(self, **headers):
        status, text = self.get(**headers)
        assert status == 200, text
        return parsed(text)

    def end(self, number=signal.SIGTERM):
        """Exit status, and what it said after its first line."""
        self.process.send_signal(number)
        try:
            return self.process.wait(30), self.process.communicate(timeout=30)[1].decode()
        finally:
            self.process.kill()
            self.process.stderr.close()


@pytest.fixture
def exporter():
    running = []

    def start(*words):
        running.append(Exporter(*words))
        return running[-1]

    yield start
    for one in running:
        if one.process.poll() is None:
            one.end()


PIPES = """
pipes = [os.pipe() for _ in range(4)]
os.write(pipes[0][1], b"x" * 1000)
ready(name=open("/proc/self/comm").read().strip())
"""


def test_what_a_process_holds_is_told_of_its_group_and_promtool_finds_no_fault(child):
    one = child(PIPES)
    done = run("export", "--once", "--pid", str(one.pid))
    assert (done.returncode, done.stderr) == (0, b"")
    told, group = parsed(done.stdout.decode()), one.told["name"]
    assert told["group_processes", group] == told["group_threads", group] == 1
    assert told["group_descriptors", group, "pipe"] == 2 + 8 + 1  # its own two, these, and standard error
    assert told["group_descriptors", group, "char-device"] == 2
    assert 0 < told["group_descriptor_share_ratio", group] < 1
    assert told["group_context_switches_total", group, "voluntary"] > 0
    assert told["group_waiting_threads", group, "blocking"] == 1
    assert told["scans_total", "done"] == 1
    assert told["series",] == len(told)
    checked = subprocess.run([found("promtool"), "check", "metrics"], input=done.stdout, capture_output=True)
    assert (checked.returncode, checked.stdout, checked.stderr) == (0, b"", b"")


@needs_bpf
def test_what_waits_in_a_pipe_is_told_where_bpf_tells_it(child):
    one = child(PIPES)
    told, group = once("--pid", str(one.pid), "--source", "bpf"), one.told["name"]
    assert told["group_queue_bytes", group, "receive", "pipe"] == 1000
    assert told["group_queue_bytes", group, "send", "pipe"] == 1000


ENDING_THREAD = """
import threading, time
def work():
    for _ in range(2000):
        time.sleep(0)
    for _ in range(500):
        time.sleep(1e-6)
thread = threading.Thread(target=work)
thread.start()
thread.join()
ready(name=open("/proc/self/comm").read().strip())
"""


@needs_bpf
def test_switches_of_threads_that_have_ended_are_counted_where_bpf_tells_them(child):
    one = child(ENDING_THREAD)
    key = ("group_context_switches_total", one.told["name"], "voluntary")
    assert once("--pid", str(one.pid))[key] >= 500
    assert once("--pid", str(one.pid), "--source", "proc")[key] < 500


def test_groups_are_made_by_the_patterns_of_a_file(child, tmp_path):
    one = child(PIPES, "queue=mail")
    path = tmp_path / "map.toml"
    path.write_text("otherwise = 'user'\n[[group]]\nname = 'w-{queue}'\ncommand = 'queue=(?P<queue>[a-z]+)'\n")
    told = once("--by", str(path), "--pid", str(one.pid))
    assert {key[1] for key in told if key[0] == "group_processes"} == {"w-mail"}


def test_names_that_would_break_the_form_come_out_as_escapes(tmp_path):
    made = Processes(tmp_path)
    names = ['a"b', "c\\", "d\\n", "e{}=,", "é", "f\x1b[31m"]
    for pid, name in enumerate(names, 1):
        made.begin(pid, name)
    made.begin(50, "odd")
    (tmp_path / "50" / "stat").write_bytes((tmp_path / "50" / "stat").read_bytes().replace(b"odd", b'\xff"\n} 7'))
    done = run("export", "--once", "--proc", str(tmp_path))
    assert (done.returncode, done.stderr) == (0, b"")
    told = parsed(done.stdout.decode())
    groups = {key[1] for key in told if key[0] == "group_processes"}
    assert groups == {*map(printable, names), '\\xff"\\n} 7'}
    checked = subprocess.run([found("promtool"), "check", "metrics"], input=done.stdout, capture_output=True)
    assert (checked.returncode, checked.stdout, checked.stderr) == (0, b"", b"")


GROWING = """
import time
name = open("/proc/self/comm").read().strip()
tell(name=name)
while True:
    os.dup(0)
    time.sleep(0.02)
"""


def test_it_serves_both_forms_and_tells_growth_and_ends_when_it_is_told_to(child, exporter):
    one = child(GROWING)
    running, group = exporter("--pid", str(one.pid), "--window", "0.8s", "--source", "proc"), one.told["name"]
    seen = {}

    def grows():
        seen.update(running.metrics(Accept="application/openmetrics-text; version=1.0.0"))
        return seen.get(("group_descriptor_growth_per_second", group), 0) > 0

    until(grows)
    assert seen["group_time_to_limit_seconds", group] > 0
    assert seen["scan_timestamp_seconds",] == pytest.approx(time.time(), abs=60)
    assert seen["scans_total", "done"] >= 3
    assert seen["scan_cpu_seconds_total",] > 0
    status, text = running.get("/")
    assert (status, '<a href="metrics">' in text) == (200, True)
    assert running.get("/no")[0] == 404
    assert [running.get(method=one)[0] for one in ("POST", "HEAD", "DELETE")] == [405] * 3
    status, text = running.get("/metrics?name[]=fdscope_series&name[]=fdscope_scans_total")
    assert (status, {name for name, *_ in parsed(text)}) == (200, {"series", "scans_total"})
    with open(f"/proc/{running.process.pid}/task/{running.process.pid}/children") as file:
        helpers = file.read().split()
    assert helpers
    assert running.end() == (0, "")
    assert [pid for pid in helpers if os.path.exists(f"/proc/{pid}")] == []


TICKING = """
import time
tell()
while True:
    time.sleep(0.01)
"""


def test_switches_are_counted_from_the_first_look_and_stay_when_a_process_ends(child, exporter, tmp_path):
    first, second = child(TICKING, "mark-of-group"), child(PIPES, "mark-of-group")
    until(lambda: voluntary_of(first) > 100)
    before_all = voluntary_of(first)
    path = tmp_path / "map.toml"
    path.write_text("[[group]]\nname = 'two'\ncommand = 'mark-of-group'\n")
    running = exporter("--pid", f"{first.pid},{second.pid}", "--by", str(path), "--source", "proc")
    key = ("group_context_switches_total", "two", "voluntary")
    until(lambda: running.metrics()[key] > 20)
    before, seen = running.metrics(), voluntary_of(first)
    assert before["group_processes", "two"] == 2
    assert before[key] <= seen - before_all
    first.end()
    after = {}

    def is_alone():
        after.update(running.metrics())
        return after["group_processes", "two"] == 1

    until(is_alone)
    assert after[key] >= before[key]


def voluntary_of(child):
    with open(f"/proc/{child.pid}/status") as file:
        return int(re.search(r"(?m)^voluntary_ctxt_switches:\s+(\d+)", file.read())[1])


def test_a_scrape_is_answered_in_time_while_a_look_hangs(tmp_path, exporter):
    """A file that is never told stands for a kernel that does not answer."""
    made = Processes(tmp_path)
    made.begin(7, "web")
    running = exporter("--proc", str(tmp_path), "--timeout", "1")
    before = running.metrics()
    (tmp_path / "7" / "stat").unlink()
    os.mkfifo(tmp_path / "7" / "stat")
    found_late = {}

    def is_late():
        began = time.monotonic()
        found_late.update(running.metrics(X_Prometheus_Scrape_Timeout_Seconds="0.5"))
        assert time.monotonic() - began < 10  # not the 1,000 s that it could be
        return found_late["scans_total", "late"] > 0

    until(is_late)
    assert found_late["group_processes", "web"] == 1
    assert found_late["scan_timestamp_seconds",] >= before["scan_timestamp_seconds",]
    assert running.end()[0] == 0


def test_before_any_look_has_ended_it_says_so(tmp_path, exporter):
    made = Processes(tmp_path)
    made.begin(7, "web")
    (tmp_path / "7" / "stat").unlink()
    os.mkfifo(tmp_path / "7" / "stat")
    running = exporter("--proc", str(tmp_path), "--timeout", "0.2")
    assert running.get() == (503, "no look at the processes has ended well so far\n")


def test_clients_that_say_nothing_keep_nobody_waiting(exporter, tmp_path):
    openssl = found("openssl")
    certificate, key = tmp_path / "cert.pem", tmp_path / "key.pem"
    wish = "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=here -addext".split()
    written = ["subjectAltName=IP:127.0.0.1", "-keyout", str(key), "-out", str(certificate)]
    subprocess.run([openssl, *wish, *written], check=True, capture_output=True)
    words = ("--certfile", str(certificate), "--keyfile", str(key), "--client-ca", str(certificate))
    running = exporter("--pid", str(os.getpid()), *words)
    assert "https://" in running.said[-1]
    context = ssl.create_default_context(cafile=str(certificate))
    with socket.create_connection(("127.0.0.1", running.port)), pytest.raises((ssl.SSLError, OSError)):
        running.get(context=context)  # without a certificate of its own
    context.load_cert_chain(certificate, key)
    with socket.create_connection(("127.0.0.1", running.port)):
        assert running.get(context=context)[0] == 200
    with socket.create_connection(("127.0.0.1", running.port)) as plain:
        plain.sendall(b"GET /metrics HTTP/1.0\r\n\r\n")
        assert b"fdscope" not in plain.recv(100)
    assert running.end() == (0, "")


def test_many_may_ask_at_once(exporter):
    running, answers = exporter("--pid", str(os.getpid())), []
    threads = [threading.Thread(target=lambda: answers.append(running.get()[0])) for _ in range(12)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert answers == [200] * 12
    assert running.metrics()["scans_total", "done"] <= 1 + 12


def test_an_address_that_is_taken_is_told_in_a_line():
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        done = run("export", "--listen", f"127.0.0.1:{port}", "--pid", str(os.getpid()))
    told = f"cannot serve at 127.0.0.1:{port}: Address already in use; --listen takes another address or port"
    assert (done.returncode, done.stdout, done.stderr.decode()) == (2, b"", f"fdscope: {told}\n")


def test_a_file_is_written_again_and_again(child, tmp_path):
    path = tmp_path / "fdscope.prom"
    one = child(PIPES)
    words = ("export", "--textfile", str(path), "--interval", "0.1", "--pid", str(one.pid))
    process = subprocess.Popen([*PROGRAM, *words], env=ENVIRONMENT, stderr=subprocess.PIPE)
    try:

        def done():
            return parsed(path.read_text())["scans_total", "done"] if path.exists() else 0

        until(lambda: done() >= 1)
        first = done()
        until(lambda: done() > first)
        process.send_signal(signal.SIGINT)
        assert process.wait(30) == 0
        assert process.stderr.read() == b""
    finally:
        process.kill()
        process.stderr.close()
    assert os.listdir(tmp_path) == ["fdscope.prom"]


def test_a_file_that_cannot_be_written_is_told(tmp_path):
    path = tmp_path / "no" / "a.txt"
    done = run("export", "--once", "--textfile", str(path), "--pid", str(os.getpid()))
    told = (
        "fdscope: node_exporter reads only files whose names end with .prom\n"
        f"fdscope: the answer could not be written: {path}: No such file or directory\n"
    )
    assert (done.returncode, done.stdout, done.stderr.decode()) == (4, b"", told)


@pytest.mark.parametrize(
    ("word", "meant", "is_loopback"),
    [
        ("127.0.0.1:9878", Address("127.0.0.1", 9878), True),
        ("localhost:0", Address("localhost", 0), True),
        ("[::1]:9878", Address("::1", 9878), True),
        ("0.0.0.0:80", Address("0.0.0.0", 80), False),
        ("[::]:80", Address("::", 80), False),
        ("host.example:65535", Address("host.example", 65535), False),
    ],
)
def test_addresses(word, meant, is_loopback):
    assert address(word) == meant
    assert meant.is_loopback is is_loopback
    assert str(meant) == word


@pytest.mark.parametrize(
    ("word", "hint"),
    [
        ("9878", "HOST:PORT"),
        (":9878", "takes a host, too: 127.0.0.1:9878, or 0.0.0.0:9878 for the whole network"),
        ("::1:9878", "in brackets"),
        ("127.0.0.1:99999", "HOST:PORT"),
        ("127.0.0.1:x", "HOST:PORT"),
        ("127.0.0.1:", "HOST:PORT"),
        ("", "HOST:PORT"),
    ],
)
def test_no_addresses(word, hint):
    with pytest.raises(UsageError, match=re.escape(hint)):
        address(word)


@pytest.mark.parametrize(
    ("words", "hint"),
    [
        (["--once", "--listen", "127.0.0.1:0"], "--once looks once and ends, and --listen goes on"),
        (["--certfile", "x"], "TLS takes both --certfile and --keyfile"),
        (["--once", "--certfile", "x", "--keyfile", "x"], "certificates are for --listen"),
        (["--by", "unti"], "cannot read 'unti' (No such file or directory): did you mean 'unit'?"),
        (["--by", "/proc/self/status"], "/proc/self/status: no TOML: "),
        (["--where", "kind == 'tcp'"], "export chooses processes by what they are"),
        (["--proc", "/no"], "cannot use '/no' as /proc"),
        (["--max-series", "x"], "--max-series takes a whole number above 0"),
        (["--window", "x"], "--window takes a number of seconds"),
        (["web"], "export takes no words beside its options"),
    ],
)
def test_what_makes_no_sense_is_told(words, hint):
    must_be_refused(within("export", *words), hint)


@pytest.mark.parametrize(
    ("words", "hint"),
    [
        (["--certfile", "/no", "--keyfile", "/no"], "cannot serve at 127.0.0.1:"),
        (["--proc", "/proc/self", "--source", "bpf"], "the bpf source cannot be used"),
    ],
)
def test_what_turns_out_to_be_impossible_is_told(words, hint):
    must_be_refused(run("export", "--listen", "127.0.0.1:0", "--pid", str(os.getpid()), *words), hint)


def must_be_refused(done, hint):
    assert (done.returncode, done.stdout) == (2, b"")
    assert hint in done.stderr.decode()
    assert done.stderr.count(b"\n") == 1


def test_without_prometheus_client_it_says_what_to_install():
    program = "import sys; sys.modules['prometheus_client'] = None; from fdscope.cli import main; sys.exit(main())"
    done = subprocess.run([*PROGRAM[:1], "-c", program, "export", "--once"], capture_output=True, timeout=60)
    told = b"fdscope: export takes prometheus_client: pip install 'fdscope[export]'\n"
    assert (done.returncode, done.stdout, done.stderr) == (2, b"", told)


def test_when_the_process_that_begins_looks_is_killed_it_ends_and_says_so(exporter):
    running = exporter("--pid", str(os.getpid()))
    with open(f"/proc/{running.process.pid}/task/{running.process.pid}/children") as file:
        (helper,) = map(int, file.read().split())
    os.kill(helper, signal.SIGKILL)
    told = running.process.communicate(timeout=30)[1].decode()
    assert told == "fdscope: the process that begins looks has been killed, and this one ends, too\n"
    assert running.process.returncode == 4
