"""Which tests are pure, so that to run them as one user is enough, and that they look at no live system."""

import os
import sys
from pathlib import Path

HERE = Path(__file__).parent

PURE = """
kernel/test_mounts.py kernel/test_parsers.py kernel/test_program_records.py kernel/test_states.py
kinds report deploy/test_dashboard.py
test_alone.py test_asking.py test_checking.py test_completing.py test_console.py test_deadlocks.py
test_difference.py test_figures.py test_floors.py test_graph.py test_grouping.py test_groups.py test_links.py
test_metrics.py test_patterns.py test_prospects.py
test_quantity.py test_reasons.py test_search_kept.py test_selection.py test_switches.py test_syscalls.py
test_tasks.py test_text.py test_thresholds.py test_times.py test_units.py test_verdicts.py test_wanted.py
test_where.py
""".split()
"""Folders and files of pure tests alone; every other test is run as root and as an unprivileged user."""

WITH_A_PEER = """
deploy/test_rules.py report/test_graph_drawn.py report/test_page_in_browser.py top/test_screens.py
""".split()
"""What another program, or textual, makes of text of ours: no more a matter of who runs it, but not guarded."""

SAME_FOR_ALL = """
bench commands/test_documents.py commands/test_help.py commands/test_layouts.py commands/test_mistakes.py
commands/test_tables.py live/test_completion.py live/test_equivalents.py live/test_export.py live/test_screen.py
live/test_top_screen.py top/test_pages.py test_manual.py test_readme.py test_saved.py test_vocabulary.py
""".split()
"""How answers are laid out, told of, completed and served, and what keys do: of processes that all may read."""

IN_A_CHAIN = ["deploy/test_prometheus.py"]
"""What is slow, since it takes servers, and looks at processes of its own, which everybody may read."""

NOT_PURE = ["kinds/test_files.py", "kinds/test_memfd.py"]
"""Files in these folders that look at the live system, too."""

_STARTS = set(
    "subprocess.Popen os.fork os.forkpty os.posix_spawn os.exec os.system os.kill os.killpg os.chmod os.chown "
    "socket.__new__ ctypes.dlopen".split()
)
_READS = {"open", "os.listdir", "os.scandir"}
_LIVE = ("/proc", "/sys", "/dev")

_guarded = False
_hooks: list = []


def is_pure(path: Path) -> bool:
    """Whether the tests of a file are pure."""
    names = {one.relative_to(HERE).as_posix() for one in (path, *path.parents) if one.is_relative_to(HERE)}
    return not names.isdisjoint(PURE) and names.isdisjoint([*WITH_A_PEER, *NOT_PURE])


def is_enough_once(path: Path) -> bool:
    """Whether to run the tests of a file as one user is enough."""
    listed = {HERE / name for name in (*WITH_A_PEER, *SAME_FOR_ALL, *IN_A_CHAIN)}
    return is_pure(path) or not listed.isdisjoint((path, *path.parents))


def guard(on: bool) -> None:
    """From now on whoever looks at the live system fails; or no longer does."""
    global _guarded  # noqa: PLW0603 - what listens is never taken away again, and must know
    if not _hooks:
        _hooks.append(_refuse)
        sys.addaudithook(_refuse)
    _guarded = on


def _refuse(event: str, arguments: tuple) -> None:
    if not _guarded:
        return
    touches = event in _STARTS
    if event in _READS and isinstance(arguments[0], (str, bytes)):
        touches = os.fsdecode(arguments[0]).startswith(_LIVE)
    if touches:
        raise AssertionError(f"{event} {arguments[:1]} in a test that tests/purity.py calls pure")
