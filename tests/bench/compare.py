"""Compares what fdscope, lsof, lsfd, ss and pidstat cost on the same load, and says which targets fdscope reaches.

    python3 -m venv .venv-bench && .venv-bench/bin/pip install .
    python tests/bench/compare.py --fdscope .venv-bench/bin/fdscope

Measure an installation of its own, without the development tools: an editable one reads a `.pth` file at
every start, and msgspec imports typing_extensions where it finds it.

The commands of a scenario run in turn, several rounds after a warm-up round; the medians are told. Ratios hold
better than times. Peak memory is the ru_maxrss of wait4(2), which counts what this process itself takes
(about 15 MB) as the least of any. Nothing here asserts: the exit status is 0 unless something could not run.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import shutil
import socket
import statistics
import subprocess
import sys
import time
from typing import NamedTuple

from load import Load

PROCESSES, EACH = 400, 250
CONNECTIONS = 5000
ONE = 19_000
THREADS = 1000
WATCHED, INTERVALS = 2000, 10
WAITING = 500
PEERS = ("lsof", "lsfd", "ss", "pidstat")
MEBIBYTE = 1 << 20
FLOOR = os.path.join(os.path.dirname(os.path.abspath(__file__)), "floor.py")


class CouldNotRun(Exception):
    """A command ended as it should not; the text says which, and how."""


class Cost(NamedTuple):
    """What a command took: medians over the rounds, or one run."""

    wall_s: float
    cpu_s: float
    """In user mode and in the kernel, with the children that it waited for."""
    peak_bytes: int


class Target(NamedTuple):
    """What was to be reached, and what was."""

    what: str
    limit: float
    reached: float
    unit: str = ""


def run(command, environment):
    """Runs a command, its answer thrown away."""
    began = time.monotonic()
    child = subprocess.Popen(
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        env=environment,
    )
    with child.stderr:
        said = child.stderr.read()
    _, status, usage = os.wait4(child.pid, 0)
    wall = time.monotonic() - began
    child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode:
        raise CouldNotRun(f"{' '.join(command)}: exit status {child.returncode}: {said.decode(errors='replace')}")
    return Cost(wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss * 1024)


def measure(commands, rounds, environment):
    """Name to median cost, of commands that run in turn."""
    runs = {name: [] for name in commands}
    for number in range(rounds + 1):
        for name, command in commands.items():
            cost = run(command, environment)
            if number:
                runs[name].append(cost)
    return {name: Cost(*map(statistics.median, zip(*costs, strict=True))) for name, costs in runs.items()}


THREADED = """
import os, sys, threading, time
threading.stack_size(65536)
number, nap = int(sys.argv[1]), sys.argv[2]
def rest():
    while True:
        time.sleep(float(nap) if nap else 3600)
for _ in range(number - 1):
    threading.Thread(target=rest, daemon=True).start()
print("ready", flush=True)
sys.stdin.read()
"""


class Threads:
    """A process of many threads that do nothing but sleep, for a day or for `nap` seconds; gives its pid."""

    def __init__(self, number, nap):
        self._words = [str(number), "" if nap is None else str(nap)]

    def __enter__(self):
        self._process = subprocess.Popen(
            [sys.executable, "-I", "-c", THREADED, *self._words], stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )
        if not self._process.stdout.readline():
            raise CouldNotRun("a process of so many threads cannot be started here")
        return str(self._process.pid)

    def __exit__(self, *_):
        self._process.kill()
        self._process.communicate()


class PingPong:
    """Two processes that pass a byte to and fro over two pipes, as fast as they can or with `work` in between.

    On one CPU, if they are `pinned`: then each byte takes two context switches and no wake-up of another CPU.
    """

    def __init__(self, pinned=False, work=0):
        self._pinned = pinned
        self._work = work

    def __enter__(self):
        first, second = os.pipe(), os.pipe()
        self.pids = []
        for reader, writer in ((first[0], second[1]), (second[0], first[1])):
            pid = os.fork()
            if not pid:
                for number in {*first, *second} - {reader, writer}:
                    os.close(number)
                if self._pinned:
                    os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
                while os.read(reader, 1):
                    for _ in range(self._work):
                        pass
                    os.write(writer, b".")
                os._exit(0)
            self.pids.append(str(pid))
        os.write(first[1], b".")
        for number in (*first, *second):
            os.close(number)
        return self

    def __exit__(self, *_):
        for pid in map(int, self.pids):
            os.kill(pid, 9)
            os.waitpid(pid, 0)

    def rate(self):
        """Voluntary context switches of both, a second, over two seconds."""
        before, began = self._switches(), time.monotonic()
        time.sleep(2)
        return (self._switches() - before) / (time.monotonic() - began)

    def _switches(self):
        found = 0
        for pid in self.pids:
            with open(f"/proc/{pid}/status") as status:
                found += next(int(line.split()[1]) for line in status if line.startswith("voluntary"))
        return found


class Bench:
    """The scenarios, and what they found."""

    def __init__(self, fdscope, rounds):
        self._fdscope = fdscope
        self._rounds = rounds
        self._python = os.path.join(os.path.dirname(fdscope), "python")
        if not os.path.exists(self._python):
            self._python = sys.executable
        self._environment = {key: word for key, word in os.environ.items() if not key.startswith("PYTHON")}
        self._peers = {peer: path for peer in PEERS if (path := shutil.which(peer))}
        for peer in set(PEERS) - self._peers.keys():
            print(f"{peer} is not installed: it is left out")
        self.targets = []

    def _measure(self, title, commands, rounds=None):
        costs = measure(commands, rounds or self._rounds, self._environment)
        first = next(iter(costs.values()))
        print(f"\n{title}")
        print(f"  {'':<24}{'wall':>10}{'CPU':>10}{'peak':>10}   first/this: wall   CPU  peak")
        for name, cost in costs.items():
            ratios = [mine / its if its else float("nan") for mine, its in zip(first, cost, strict=True)]
            print(
                f"  {name:<24}{cost.wall_s * 1000:>7.0f} ms{cost.cpu_s * 1000:>7.0f} ms"
                f"{cost.peak_bytes / MEBIBYTE:>6.0f} MiB   {'':<11}"
                + "".join(f"{ratio:>6.2f}" for ratio in ratios),
                flush=True,
            )
        return costs

    def _with_peers(self, fdscope, lsof, lsfd):
        """The commands: fdscope's, then those of the peers that are here."""
        peers = {"lsof": ["-n", "-P", *lsof], "lsfd": ["-J", *lsfd]}
        commands = {" ".join(["fdscope", *fdscope]): [self._fdscope, *fdscope]}
        for peer, words in peers.items():
            if peer in self._peers:
                commands[peer] = [self._peers[peer], *words]
        return commands

    def _against_lsof(self, what, limit, costs):
        if "lsof" in costs:
            mine, its = next(iter(costs.values())), costs["lsof"]
            self.targets.append(Target(f"{what}: wall time, in that of lsof", limit, mine.wall_s / its.wall_s))

    def _of_machine(self):
        """All that a machine holds; with and without who is at the other ends, which the peers do not look for."""
        commands = self._with_peers(["--json", "--no-peers", "--source", "proc"], [], [])
        return {**commands, "fdscope --json": [self._fdscope, "--json", "--source", "proc"]}

    def machine(self):
        """All that a machine of 100,000 descriptors holds, and of 50,000; and a small process among them.

        The same again beside a process of a thousand threads: lsof lists the files of each thread, fdscope those
        of a table once.
        """
        with Load(processes=PROCESSES // 2, descriptors=EACH) as load:
            half = self._measure(f"machine, {load.descriptors:,} descriptors", self._of_machine())
        with Load(processes=PROCESSES, descriptors=EACH) as load:
            whole = self._measure(f"machine, {load.descriptors:,} descriptors", self._of_machine())
            self._small_process(f"a small process beside {load.descriptors:,} descriptors of others", "--no-peers")
            self._ends(load)
        with Load(processes=PROCESSES, descriptors=EACH, threads=THREADS) as load:
            title = f"machine, {load.descriptors:,} descriptors and a thousand threads"
            threaded = self._measure(title, self._of_machine())
        self._against_lsof("machine with a thousand threads", 0.75, threaded)
        self._against_lsof("machine without threads", 0.75, whole)
        mine, before = (next(iter(costs.values())) for costs in (whole, half))
        self.targets.append(Target("machine: peak memory", 200, mine.peak_bytes / MEBIBYTE, " MiB"))
        self.targets.append(Target("twice the descriptors: wall time", 2.2, mine.wall_s / before.wall_s))
        self.targets.append(Target("twice the descriptors: peak memory", 2.2, mine.peak_bytes / before.peak_bytes))

    def bpf(self):
        """The whole machine by the bpf source, as root: everything, at a glance, who, and watched."""
        rounds = self._rounds + 2
        with Load(processes=PROCESSES, descriptors=EACH * 4) as load:
            title = f"{load.descriptors:,} descriptors by bpf"
            large = self._measure(title, {"fdscope --json": [self._fdscope, "--json", "--source", "bpf"]}, 3)
        with socket.create_server(("127.0.0.1", 0)) as server, Load(processes=PROCESSES, descriptors=EACH) as load:
            port = server.getsockname()[1]
            title = f"{load.descriptors:,} descriptors by bpf: "
            peers = self._with_peers([], [], [])
            commands = {
                "fdscope --json": [self._fdscope, "--json", "--source", "bpf"],
                "fdscope --json --no-peers": [self._fdscope, "--json", "--no-peers", "--source", "bpf"],
                **{name: words for name, words in peers.items() if name in PEERS},
            }
            whole = self._measure(title + "everything as JSON", commands, rounds)
            glance = {"fdscope (the overview)": [self._fdscope, "--source", "bpf"]}
            glance |= {"lsof": peers["lsof"]} if "lsof" in peers else {}
            self._against_lsof("the overview", 0.2, self._measure(title + "at a glance", glance, rounds))
            held = os.path.join(os.path.dirname(os.__file__), "os.py")
            with open(held):
                for what, words, asked in (
                    (":PORT", [f":{port}"], ["-i", f":{port}"]),
                    ("/path", [held], [held]),
                ):
                    commands = {f"fdscope who {what}": [self._fdscope, "who", *words]}
                    if "lsof" in self._peers:
                        commands["lsof"] = [self._peers["lsof"], "-n", "-P", *asked]
                    costs = self._measure(title + f"who {what}", commands, rounds)
                    self._against_lsof(f"who {what}", 0.25, costs)
            watch = [self._fdscope, "watch", "--source", "bpf", "--count", str(INTERVALS)]
            (cost,) = self._measure(title + "watched for 10 s", {"fdscope watch": watch}, 1).values()
        self._against_lsof("everything as JSON", 0.35, whole)
        name = "fdscope --json --no-peers"
        if "lsof" in whole:
            what = "everything as JSON but peers: wall time, in that of lsof"
            self.targets.append(Target(what, 0.35, whole[name].wall_s / whole["lsof"].wall_s))
        first = whole["fdscope --json"]
        (more,) = large.values()
        self.targets.append(Target("four times the descriptors: wall time", 4.4, more.wall_s / first.wall_s))
        self.targets.append(Target("everything as JSON: peak memory", 250, first.peak_bytes / MEBIBYTE, " MiB"))
        self.targets.append(Target("watch of the whole machine: CPU", 0.1, cost.cpu_s / INTERVALS))
        self._switching()

    def _switching(self):
        """What a pair that is switched 200,000 times a second loses while each of its switches is counted."""
        alone, counted = [], []
        with PingPong(pinned=True, work=120) as pair:
            for _ in range(self._rounds + 2):
                alone.append(pair.rate())
                watching = subprocess.Popen(
                    [self._fdscope, "watch", "--source", "bpf", "--ndjson", *pair.pids],
                    stdout=subprocess.DEVNULL,
                    env=self._environment,
                )
                time.sleep(0.5)
                counted.append(pair.rate())
                watching.terminate()
                watching.wait()
        rate, with_watch = statistics.median(alone), statistics.median(counted)
        print(f"\na pair on one CPU: {rate:,.0f} voluntary switches/s, each one counted {with_watch:,.0f}")
        self.targets.append(Target("switches lost to being counted, as a share", 0.1, 1 - with_watch / rate))

    def _ends(self, load):
        """A process and who is at its other ends: a small one, and one of those that hold the load."""
        with subprocess.Popen(["sleep", "infinity"], stdin=subprocess.DEVNULL) as child:
            try:
                for what, pid in (
                    ("a small process", str(child.pid)),
                    ("a process like the others", str(load.pids[0])),
                ):
                    title = f"{what} and its ends among {load.descriptors:,} descriptors"
                    commands = {"fdscope --json PID": [self._fdscope, "--json", pid]}
                    if "lsof" in self._peers:
                        commands["lsof"] = [self._peers["lsof"], "-n", "-P", "-p", pid, "+E"]
                    self._against_lsof(title, 0.5, self._measure(title, commands))
            finally:
                child.kill()

    def sockets(self):
        """All sockets and who holds them."""
        with Load(processes=10, descriptors=CONNECTIONS // 5, only="connection"):
            commands = {"fdscope who tcp: udp:": [self._fdscope, "who", "tcp:", "udp:"]}
            if "ss" in self._peers:
                commands["ss"] = [self._peers["ss"], "-tunap"]
            if "lsof" in self._peers:
                commands["lsof"] = [self._peers["lsof"], "-i", "-n", "-P"]
            commands["reading alone (floor.py)"] = [self._python, "-I", FLOOR, "sockets"]
            costs = self._measure(f"{CONNECTIONS:,} connections", commands, self._rounds * 2)
        mine = next(iter(costs.values()))
        for peer, limit in (("ss", 1.5), ("lsof", 1)):
            if peer in costs:
                what = f"{CONNECTIONS:,} connections: wall time, in that of {peer}"
                self.targets.append(Target(what, limit, mine.wall_s / costs[peer].wall_s))

    def large_process(self):
        """One process with as many descriptors as it may have."""
        with Load(processes=1, descriptors=ONE) as load:
            pid = str(load.pids[0])
            commands = self._with_peers(["--json", "--no-peers", pid], ["-p", pid], ["-p", pid])
            commands = {name.replace(pid, "PID"): command for name, command in commands.items()}
            commands["reading alone (floor.py)"] = [self._python, "-I", FLOOR, pid]
            costs = self._measure(f"one process, {ONE:,} descriptors", commands, self._rounds * 2)
        self._against_lsof("one process", 0.7, costs)

    def watch(self):
        """One process of 2,000 threads that sleep, then of as many that are switched twice a second.

        And what a workload that switches as fast as it can loses while it is watched.
        """
        for what, nap in (("sleep", None), ("wake twice a second", 0.5)):
            with Threads(WATCHED, nap) as pid:
                commands = {"fdscope watch PID": [self._fdscope, "watch", "--count", str(INTERVALS), pid]}
                by_proc = [self._fdscope, "watch", "--source", "proc", "--count", str(INTERVALS), pid]
                if "pidstat" in self._peers:
                    commands["pidstat"] = [self._peers["pidstat"], "-wt", "-p", pid, "1", str(INTERVALS)]
                title = f"{INTERVALS} intervals of 1 s, {WATCHED:,} threads that {what}"
                commands["fdscope, by proc"] = by_proc
                costs = self._measure(title, commands, max(self._rounds // 2, 1))
            if "pidstat" in costs:
                mine, its = costs["fdscope watch PID"], costs["pidstat"]
                self.targets.append(Target(f"{title}: CPU time, in that of pidstat", 0.5, mine.cpu_s / its.cpu_s))
        alone, watched = [], []
        with PingPong() as pair:
            for _ in range(self._rounds):
                alone.append(pair.rate())
                watching = subprocess.Popen(
                    [self._fdscope, "watch", "--source", "proc", "--ndjson", *pair.pids],
                    stdout=subprocess.DEVNULL,
                    env=self._environment,
                )
                time.sleep(0.5)
                watched.append(pair.rate())
                watching.terminate()
                watching.wait()
        rate, with_watch = statistics.median(alone), statistics.median(watched)
        print(
            f"\na pair that passes a byte to and fro: {rate:,.0f} voluntary switches/s, watched {with_watch:,.0f}"
        )
        spread = (max(alone) - min(alone)) / rate
        print(f"  the rates of {self._rounds} rounds without a watch lie {spread:.0%} apart")
        self.targets.append(
            Target("switches lost to being watched, as a share", round(spread, 2), 1 - with_watch / rate)
        )

    def waits(self):
        """What 500 threads wait for, beyond what it takes to start."""
        with Threads(WAITING, None) as pid:
            commands = {
                "fdscope waits PID": [self._fdscope, "waits", pid],
                "fdscope waits --no-peers": [self._fdscope, "waits", "--no-peers", pid],
                "fdscope --version": [self._fdscope, "--version"],
            }
            costs = self._measure(f"{WAITING} threads that wait", commands, self._rounds * 3)
        mine, _, start = costs.values()
        what = f"waits of {WAITING} threads: wall time after start"
        self.targets.append(Target(what, 150, (mine.wall_s - start.wall_s) * 1000, " ms"))

    def small_process(self):
        """A small process on a machine that is quiet but for it."""
        self._small_process("a small process")

    def _small_process(self, title, *options):
        with subprocess.Popen(["sleep", "infinity"], stdin=subprocess.DEVNULL) as child:
            try:
                pid = str(child.pid)
                commands = {
                    "fdscope --json PID": [self._fdscope, "--json", *options, pid],
                    "fdscope PID": [self._fdscope, *options, pid],
                    "python -I -c pass": [self._python, "-I", "-c", "pass"],
                }
                peers = self._with_peers([], ["-p", pid], ["-p", pid])
                commands.update((name, words) for name, words in peers.items() if name != "fdscope")
                costs = self._measure(title, commands, self._rounds * 6)
            finally:
                child.kill()
        bare = costs["python -I -c pass"].wall_s
        for name, limit in (("fdscope --json PID", 5), ("fdscope PID", 9)):
            what = f"{title}: {name}, in a bare interpreter"
            self.targets.append(Target(what, limit, costs[name].wall_s / bare))


SCENARIOS = ("bpf", "machine", "large_process", "small_process", "sockets", "waits", "watch")


def main():
    parser = argparse.ArgumentParser(description="Compares what fdscope, lsof and lsfd cost.")
    beside = os.path.join(os.path.dirname(sys.executable), "fdscope")
    parser.add_argument("--fdscope", default=beside, help="the program to measure (default: %(default)s)")
    parser.add_argument("--rounds", type=int, default=5, help="of the largest scenarios; small ones take more")
    parser.add_argument("scenario", nargs="*", help=f"{', '.join(SCENARIOS)}; default: all")
    asked = parser.parse_args()
    bench = Bench(asked.fdscope, asked.rounds)
    status = 0
    for name in asked.scenario or SCENARIOS:
        try:
            getattr(bench, name)()
        except (CouldNotRun, OSError, RuntimeError) as error:
            print(f"{name} could not run: {error}", file=sys.stderr)
            status = 1
    print(f"\n{'target':<76}{'at most':>10}{'reached':>10}")
    for one in bench.targets:
        sign = "" if one.reached <= one.limit else "   missed"
        print(f"{one.what:<76}{one.limit:>10}{one.reached:>10.2f}{one.unit}{sign}")
    return status


if __name__ == "__main__":
    with contextlib.suppress(KeyboardInterrupt):
        sys.exit(main())
    sys.exit(130)
