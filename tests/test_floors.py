"""No room of the package imports from a room above it or from one beside it that it must not know."""

import ast
from pathlib import Path

import fdscope

HOUSE = Path(fdscope.__file__).parent

# What each room may import, besides itself. A room is a folder or a file of the package.
LEAVES = {"_version", "raw", "text", "fdinfo", "quantity", "signals", "times", "console", "statuses"}
DATA = LEAVES | {"model"}
ABOUT_DATA = {"links", "switches", "selection", "tasks", "host"}
MAY = {
    **dict.fromkeys(LEAVES, LEAVES),
    "model": LEAVES,
    **dict.fromkeys(ABOUT_DATA, DATA | ABOUT_DATA),
    "kernel": LEAVES,
    "kinds": DATA,
    "lab": DATA,
    "scanner": DATA | ABOUT_DATA | {"kernel", "kinds"},
    "report": DATA | ABOUT_DATA | {"kinds"},
    "commands": DATA | ABOUT_DATA | {"report", "scanner", "lab", "kernel", "kinds"},
    "cli": DATA | ABOUT_DATA | {"report", "commands"},
    "__init__": {"_version", "scanner", "model", "selection"},
    "__main__": {"cli"},
}


def imports(path: Path) -> list[tuple[int, str]]:
    """The rooms that a file imports from, each with its line."""
    here = path.relative_to(HOUSE).parts
    found = []
    for node in ast.walk(ast.parse(path.read_text())):
        if not isinstance(node, ast.ImportFrom):
            continue
        if node.level == 0 and (node.module or "").partition(".")[0] == "fdscope":
            found.append((node.lineno, f"(absolute) {node.module}"))
        if node.level and node.level == len(here):
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


def test_only_the_kernel_room_and_the_lab_touch_the_system():
    """open(), socket and ctypes belong to kernel/ and lab/."""
    wrong = []
    for path in sorted(HOUSE.rglob("*.py")):
        here = path.relative_to(HOUSE).parts
        if here[0] in ("kernel", "lab"):
            continue
        for node in ast.walk(ast.parse(path.read_text())):
            names = []
            if isinstance(node, ast.Import):
                names = [alias.name for alias in node.names]
            elif isinstance(node, ast.ImportFrom) and node.level == 0:
                names = [node.module]
            elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "open":
                names = ["open()"]
            for name in names:
                if name in ("socket", "ctypes", "open()"):
                    wrong.append(f"{'/'.join(here)}:{node.lineno} uses {name}")
    assert wrong == []
