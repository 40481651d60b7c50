"""No room of the package imports from a room above it or from one beside it that it must not know."""

import ast
import re
from pathlib import Path

import fdscope

HOUSE = Path(fdscope.__file__).parent

# What each room may import, besides itself. A room is a folder or a file of the package.
LEAVES = {
    "_version",
    "raw",
    "text",
    "fdinfo",
    "netlink",
    "quantity",
    "signals",
    "times",
    "console",
    "statuses",
    "syscalls",
    "debug",
    "options",
    "stages",
    "units",
    "quiet",
    "equivalents",
}
DATA = LEAVES | {"model", "answers", "changes", "frame", "pictures"}
ABOUT_DATA = {"links", "prospects", "switches", "selection", "tasks", "host", "wanted", "questions"} | {
    "stopped",
    "iomodels",
    "deadlocks",
    "held_up",
    "uses",
    "verdicts",
    "problems",
    "identity",
    "fields",
    "patterns",
    "difference",
    "growth",
    "meetings",
    "graph",
}
ASKING = {"vocabulary", "truth", "where", "asking", "thresholds", "measures", "groups", "parts"}
MAY = {
    **dict.fromkeys(LEAVES, LEAVES),
    "model": LEAVES | {"rows"},  # Snapshot.rows() asks, when it is called, the room that knows all fields
    "rows": DATA | ABOUT_DATA | ASKING,
    **dict.fromkeys(("answers", "changes", "frame"), LEAVES | {"model"}),
    "pictures": LEAVES | {"model", "answers"},
    **dict.fromkeys(ABOUT_DATA, DATA | ABOUT_DATA),
    "kernel": LEAVES,
    "kinds": DATA,
    **dict.fromkeys(ASKING, DATA | ABOUT_DATA | ASKING | {"kinds"}),
    "lab": DATA,
    "preferences": LEAVES | {"selection"},
    "parsing": LEAVES | {"selection", "preferences"},
    "completing": LEAVES,
    "progress": LEAVES,
    "gathering": DATA | ABOUT_DATA | {"kernel", "kinds"},
    "sources": DATA | ABOUT_DATA | {"kernel"},
    "opening": DATA | ABOUT_DATA | {"kernel"},
    "alone": DATA | ABOUT_DATA | ASKING | {"kernel"},
    "scanner": DATA | ABOUT_DATA | ASKING | {"opening", "kernel", "kinds", "gathering", "sources", "alone"},
    "search": DATA | ABOUT_DATA | ASKING | {"opening", "kernel", "kinds", "sources", "alone"},
    "describer": DATA | ABOUT_DATA | {"kernel", "kinds", "scanner"},
    "inventory": DATA | ABOUT_DATA | {"kernel", "describer"},
    "tally": DATA | ABOUT_DATA | {"kernel"},
    "subject": DATA | ABOUT_DATA | {"kernel", "describer", "inventory", "tally"},
    "targets": DATA | ABOUT_DATA | ASKING | {"kernel", "alone"},
    "timeline": DATA | ABOUT_DATA | ASKING | {"kernel", "opening", "watcher", "alone"},
    "watcher": DATA
    | ABOUT_DATA
    | ASKING
    | {"opening", "kernel", "describer", "subject", "targets", "sources", "alone"},
    "leaking": DATA | ABOUT_DATA | ASKING | {"opening", "kernel", "kinds", "targets", "alone"},
    "saved": DATA | ABOUT_DATA | {"kernel", "kinds"},
    "search_kept": DATA | ABOUT_DATA | ASKING | {"kinds"},
    "waiting": DATA | ABOUT_DATA | ASKING | {"opening", "scanner", "alone"},
    "figures": DATA | ABOUT_DATA | ASKING,
    "grouping": DATA | ABOUT_DATA,
    "metrics": DATA | ABOUT_DATA | {"figures"},
    "remembering": DATA | ABOUT_DATA | {"figures", "metrics"},
    "exporting": DATA
    | ABOUT_DATA
    | ASKING
    | {"opening", "kernel", "scanner", "alone", "figures", "grouping", "metrics", "remembering"},
    "checking": DATA | ABOUT_DATA | ASKING | {"watcher"},
    "aio": DATA | ABOUT_DATA | ASKING | {"scanner", "search", "waiting", "watcher"},
    "report": DATA | ABOUT_DATA | ASKING | {"kinds", "metrics"},
    "top": DATA | ABOUT_DATA | ASKING | {"report", "scanner", "watcher", "kernel"},
    "commands": DATA
    | ABOUT_DATA
    | ASKING
    | {"report", "scanner", "search", "search_kept", "saved", "waiting", "watcher", "checking", "leaking", "lab"}
    | {"timeline"}
    | {"kernel", "kinds", "completing", "opening", "exporting", "grouping", "metrics", "top"},
    "cli": DATA | ABOUT_DATA | {"report", "commands", "parsing", "progress"},
    "__init__": {"_version", "saved", "scanner", "search", "waiting", "watcher", "model", "answers", "frame"}
    | {"selection", "changes", "difference", "leaking"},
    "__main__": {"cli", "stages"},
}


def imports(path: Path) -> list[tuple[int, str]]:
    """The rooms that a file imports from, each with its line."""
    here = path.relative_to(HOUSE).parts
    found = []
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            modules = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            modules = [node.module]
        else:
            modules = []
        found += [(node.lineno, f"(absolute) {name}") for name in modules if name.partition(".")[0] == "fdscope"]
        if isinstance(node, ast.ImportFrom) and node.level and node.level == len(here):
            names = [node.module.split(".")[0]] if node.module else [alias.name for alias in node.names]
            found += [(node.lineno, name) for name in names]
    return found


def test_imports_point_down():
    wrong = []
    for path in sorted(HOUSE.rglob("*.py")):
        here = path.relative_to(HOUSE).parts
        room = here[0].removesuffix(".py")
        for line, there in imports(path):
            if there != room and there not in MAY[room]:
                wrong.append(f"{'/'.join(here)}:{line} imports {there}")
    assert wrong == []


MODULES = "ctypes fcntl mmap multiprocessing pathlib psutil pwd select shutil socket subprocess tempfile threading"
CALLS = "open io.open os.open os.read os.stat os.lstat os.fstat os.readlink os.listdir os.scandir os.walk os.fork"
SYSTEM = {f"import {name}" for name in MODULES.split()} | {f"{name}()" for name in CALLS.split()}

# What another room has to do with the system, and why.
ALLOWED = {
    "kinds/__init__.py uses os.listdir()",  # its own folder: a kind is known by being there
    "top/reading.py uses import threading",  # what looks must not keep the screen waiting
}


def uses(path: Path) -> list[tuple[int, str]]:
    """What a file imports from outside or calls, by name, each with its line."""
    found = []
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found += [(node.lineno, f"import {alias.name.partition('.')[0]}") for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            found.append((node.lineno, f"import {node.module.partition('.')[0]}"))
        elif isinstance(node, ast.Call):
            found.append((node.lineno, f"{ast.unparse(node.func)}()"))
    return found


def test_only_the_kernel_room_and_the_lab_touch_the_system():
    """Files, processes and sockets belong to kernel/ and lab/; bytes that were read go everywhere."""
    wrong = []
    for path in sorted(HOUSE.rglob("*.py")):
        here = path.relative_to(HOUSE).parts
        if here[0] not in ("kernel", "lab"):
            wrong += [f"{'/'.join(here)}:{line} uses {name}" for line, name in uses(path) if name in SYSTEM]
    assert [one for one in wrong if re.sub(":[0-9]+", "", one) not in ALLOWED] == []


def test_kinds_read_no_clock():
    wrong = [
        f"{path.name}:{line} uses {name}"
        for path in sorted(HOUSE.glob("kinds/*.py"))
        for line, name in uses(path)
        if name in ("import time", "import datetime")
    ]
    assert wrong == []
