"""The manual pages are what the classes say now, and they are good mdoc."""

import re
import runpy
import shutil
import subprocess
from pathlib import Path

import pytest

from fdscope.commands.completion import SCRIPTS
from fdscope.kinds import KINDS
from fdscope.model import kind_name
from fdscope.options import COMMANDS, OPTIONS, options_of

MAN = Path(__file__).parent.parent / "man"
PAGES = sorted(path.name for path in MAN.glob("*.[0-9]"))


def test_every_command_and_every_topic_has_a_page():
    wanted = runpy.run_path(str(MAN / "generate.py"))["pages"]()
    assert sorted(wanted) == PAGES, "run: python man/generate.py"
    assert [one.name for one in COMMANDS if f"fdscope-{one.name}.1" not in PAGES] == []


def test_every_page_and_completion_is_installed_where_it_is_looked_for():
    """By the lines of pyproject.toml, in which a folder cannot stand: the sections differ."""
    listed = (MAN.parent / "pyproject.toml").read_text()
    wanted = [f'"man/{name}" = "share/man/man{name[-1]}/{name}"' for name in PAGES]
    places = {
        "fdscope.bash": "bash-completion/completions/fdscope",
        "_fdscope": "zsh/site-functions/_fdscope",
        "fdscope.fish": "fish/vendor_completions.d/fdscope.fish",
    }
    assert sorted(SCRIPTS.values()) == sorted(places)
    wanted += [f'"fdscope/completions/{name}" = "share/{place}"' for name, place in places.items()]
    assert [line for line in wanted if f"\n{line}\n" not in listed] == []
    assert [line for line in listed.splitlines() if line.startswith('"man/') and line not in wanted] == []


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
    for one in COMMANDS:
        page = (MAN / f"fdscope-{one.name}.1").read_text()
        assert [
            name for option in options_of(one.name) for name in option.names if f"Fl {name[1:]}" not in page
        ] == []


def test_every_page_that_is_named_exists():
    """Of ours; of those of others nobody knows where they are."""
    named = {
        (name, section, page)
        for page in PAGES
        for name, section in re.findall(r"\b(fdscope[a-z-]*)(?: |\()([157])\b", (MAN / page).read_text())
    }
    assert [one for one in sorted(named) if f"{one[0]}.{one[1]}" not in PAGES] == []
