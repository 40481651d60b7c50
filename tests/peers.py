"""Lines of lsof, lsfd, fuser, ss and fdscope, run in a shell; what they say as rows by process and place.

A place is the number of a descriptor, or ``cwd``, ``root``, ``exe`` or ``mapped``.
"""

import csv
import io
import json
import os
import re
import shlex
import subprocess
from types import SimpleNamespace

from program import ENVIRONMENT, PROGRAM, found

from fdscope.cli import main
from fdscope.console import Console

PLACES = {
    "cwd": "cwd",
    "rtd": "root",
    "root": "root",
    "txt": "exe",
    "exe": "exe",
    "mem": "mapped",
    "DEL": "mapped",
}
PLACES |= {"mapped": "mapped", "shm": "mapped"}


def place(word):
    """A place by the word that a peer has for it; None: it is none."""
    return int(word) if str(word).isdigit() else PLACES.get(word)


class Shell:
    """Runs lines; `fdscope` in them is this very program."""

    def __init__(self, folder):
        program = folder / "fdscope"
        program.write_text(f'#!/bin/sh\nexec {shlex.join(PROGRAM)} "$@"\n')
        program.chmod(0o755)
        self.environment = {**ENVIRONMENT, "PATH": f"{folder}:{os.environ['PATH']}", "LC_ALL": "C.UTF-8"}
        self.inside = []
        """What a line is run by, as to be in another mount namespace."""
        self.done = {}
        self._seen = set()

    def run(self, line):
        """What came of a line: status and streams. One of fdscope is run within this process, which saves a
        start each time, but for the first of each command and those that take a shell.
        """
        words = shlex.split(line)
        takes_shell = self.inside or words[0] != "fdscope" or "$(" in line or ">/" in line
        if takes_shell or words[1] not in self._seen:
            self._seen.add(words[1])
            return self.run_apart(line)
        out, err = io.BytesIO(), io.BytesIO()
        status = main(words[1:], Console(out, err, environment=self.environment))
        return SimpleNamespace(returncode=status, stdout=out.getvalue(), stderr=err.getvalue())

    def run_apart(self, line):
        """The finished process of a line."""
        words = [*self.inside, "sh", "-c", line]
        return subprocess.run(
            words, stdin=subprocess.DEVNULL, capture_output=True, env=self.environment, timeout=60
        )

    def output(self, line):
        """What a line wrote; each line is run once."""
        key = (*self.inside, line)
        if key not in self.done:
            self.done[key] = self.run(line)
        return self.done[key]


def theirs(shell, line):
    """The rows of a line of a peer."""
    tool = line.partition(" ")[0]
    found(tool)
    return {"lsof": lsof, "lsfd": lsfd, "ss": ss, "fuser": fuser}[tool](shell, line)


def lsof(shell, line):
    """Rows by process and place, with the fields of lsof(8) by their letters; or processes alone."""
    if " -t " in line:
        return pids(shell, line)
    size = "s" if " -s " in f"{line} " else "o"  # one excludes the other
    done = shell.output(line.replace("lsof", f"lsof -n -P -w -F pcgRLufaGtDi{size}kPTn0", 1))
    rows, process = [], {}
    for record in done.stdout.split(b"\n"):
        fields = [(one[:1].decode(), one[1:].decode(errors="replace")) for one in record.split(b"\0") if one]
        told = dict(fields)
        told |= {f"T{value[:2]}": value[3:] for letter, value in fields if letter == "T"}
        if "p" in told:
            process = told
        elif "f" in told and place(told["f"]) is not None:
            rows.append(((int(process["p"]), place(told["f"])), {**process, **told, "name": told.get("n")}))
    return rows


def lsfd(shell, line):
    """Rows by process and place, with the columns by their names in small letters."""
    if " -o " not in line:
        line = line.replace("lsfd", "lsfd -o PID,ASSOC,TYPE,NAME", 1)
    if re.search(" -[nru] ", line):
        return as_table(shell.output(line.replace(" -o PID,ASSOC,TYPE,NAME", "")).stdout, pid=1, where=3)
    done = shell.output(line.replace("lsfd", "lsfd -J", 1))
    rows = json.loads(done.stdout.decode(errors="replace") or '{"lsfd": []}')["lsfd"]
    wheres = [place(one.get("assoc", one.get("fd"))) for one in rows]
    return [((one["pid"], where), one) for one, where in zip(rows, wheres, strict=True) if where is not None]


def ss(shell, line):
    """Rows by process and descriptor, with the text of the line."""
    done = shell.output(line.replace("ss", "ss -p -n -O -H", 1))
    assert done.returncode == 0, done.stderr
    rows = []
    for text in done.stdout.decode(errors="replace").splitlines():
        for pid, fd in re.findall(r"pid=(\d+),fd=(\d+)", text):
            rows.append(((int(pid), int(fd)), {"line": text}))
    return rows


def fuser(shell, line):
    """Processes alone."""
    return pids(shell, line)


def pids(shell, line):
    """Rows by process alone."""
    return [((int(word), None), {}) for word in shell.output(line).stdout.split()]


def ours(shell, line):
    """The rows of a line of fdscope."""
    if " --pids " in f"{line} ":
        return pids(shell, line)
    form = "csv" if " --columns " in line else "json"
    is_table = re.search("--format|--no-headers|--wide", line)
    more = "--format csv" if form == "csv" else "" if is_table or "json" in line else "--json"
    command = "fdscope who" if line.startswith("fdscope who") else "fdscope"
    if command == "fdscope" and "peers" not in line:
        more += " --no-peers"
    line = line.replace(command, f"{command} {more}", 1)
    done = shell.output(line)
    assert done.returncode in (0, 1, 3), done.stderr.decode()
    if form == "csv":
        rows = list(csv.DictReader(io.StringIO(done.stdout.decode())))
        return [((int(one["pid"]), place(one["fd"])), one) for one in rows]
    if "--ndjson" in line:
        lines = [json.loads(one) for one in done.stdout.splitlines()]
        return [((one["pid"], one.get("fd", one.get("role"))), one) for one in lines if "problem" not in one]
    if is_table:
        return as_table(done.stdout, pid=0, where=2)
    told = json.loads(done.stdout)
    if "uses" in told:
        uses = [{**one, **(one.get("descriptor") or one.get("file") or {})} for one in told["uses"]]
        return [((one["pid"], one.get("fd", one.get("role"))), one) for one in uses]
    return [
        ((process["pid"], held.get("fd", held.get("role"))), {"process": process.get("name"), **held})
        for process in told["processes"]
        for held in (*process.get("descriptors", ()), *process.get("files", ()))
    ]


def as_table(told, pid, where):
    """Rows of a table, of which these columns are process and place; heads are left out."""
    rows = [line.split() for line in told.decode(errors="replace").splitlines()]
    rows = [row for row in rows if len(row) > where]
    return [((int(row[pid]), int(row[where])), {}) for row in rows if row[pid].isdigit() and row[where].isdigit()]
