"""The manual pages are what the classes say now, and they are good mdoc."""

import runpy
import shutil
import subprocess
from pathlib import Path

import pytest

from fdscope.kinds import KINDS
from fdscope.model import kind_name
from fdscope.options import COMMANDS, OPTIONS

MAN = Path(__file__).parent.parent / "man"
PAGES = ("fdscope.1", "fdscope-json.5", "fdscope-kinds.7")


@pytest.mark.parametrize("name", PAGES)
def test_the_page_is_what_the_classes_say_now(name):
    wanted = runpy.run_path(str(MAN / "generate.py"))["pages"]()
    assert (MAN / name).read_text() == wanted[name], "run: python man/generate.py"


@pytest.mark.parametrize("name", PAGES)
def test_mandoc_finds_nothing_to_say(name):
    if shutil.which("mandoc") is None:
        pytest.skip("mandoc is not installed")
    told = subprocess.run(["mandoc", "-T", "lint", "-W", "warning", MAN / name], capture_output=True, text=True)
    assert told.stdout == ""


def test_the_manual_names_every_kind_command_and_option():
    kinds = (MAN / "fdscope-kinds.7").read_text()
    assert [name for kind in KINDS if f".Ss {(name := kind_name(kind))}\n" not in kinds] == []
    first = (MAN / "fdscope.1").read_text()
    assert [one.name for one in COMMANDS if f".It Cm {one.name}" not in first] == []
    assert [name for one in OPTIONS for name in one.names if f"Fl {name[1:]}" not in first] == []
