"""Links of paths: where they lead, and that no byte of a name gets out as it is."""

import re
from urllib.parse import unquote_to_bytes

import pytest
from hypothesis import given
from hypothesis import strategies as st
from made import KIND, process

from fdscope.model import HeldFile
from fdscope.report.columns import chosen
from fdscope.report.linked import Places, encoded, linked
from fdscope.report.process import rows_of
from fdscope.report.style import Style, columns
from fdscope.report.table import draw
from fdscope.text import text

HERE = Places("box", 7)
LINK = re.compile(r"\x1b]8;;([^\x1b]*)\x1b\\([^\x1b]*)\x1b]8;;\x1b\\")


@given(st.binary())
def test_a_path_is_encoded_byte_by_byte_and_can_be_had_back(data):
    told = encoded(text(data))
    assert re.fullmatch(r"(?:[A-Za-z0-9._~/-]|%[0-9A-F]{2})*", told)
    assert unquote_to_bytes(told) == data


def address(held, mount_namespace=7):
    namespaces = None if mount_namespace is None else {"mnt": mount_namespace}
    return HERE.address(process(namespaces=namespaces), held)


FILE = {"fd": 3, "name": "/a b", "deleted": False, "mount_point": "/"}


def test_a_file_that_has_a_name_here_can_be_opened():
    assert address(KIND["regular"](**FILE)) == "file://box/a%20b"
    assert address(KIND["directory"](**FILE | {"name": "/m/x", "mount_point": "/m"})) == "file://box/m/x"
    assert address(HeldFile(role="cwd", name="/\udcff\x1b", deleted=False)) == "file://box/%FF%1B"
    hostile = Places("a\x1b;b", 7).address(process(namespaces={"mnt": 7}), KIND["regular"](**FILE))
    assert hostile == "file://a%1B%3Bb/a%20b"


@pytest.mark.parametrize(
    "held",
    [
        KIND["regular"](**FILE | {"deleted": True}),
        KIND["regular"](**FILE | {"deleted": None}),
        KIND["regular"](**FILE | {"name_removed": True}),
        KIND["regular"](**FILE | {"name": None}),
        KIND["regular"](**FILE | {"name": "(unreachable)/a"}),
        KIND["regular"](**FILE | {"mount_point": "/elsewhere"}),
        KIND["regular"](**FILE | {"mount_point": None}),
        KIND["regular"](**FILE | {"name": "/mx", "mount_point": "/m"}),
        KIND["mqueue"](fd=3, name="/q", deleted=False, mount_point="/dev/mqueue"),
        KIND["memfd"](fd=3, name="/memfd:a", deleted=False, mount_point="/"),
        KIND["pipe"](fd=3, name="pipe:[5]"),
        KIND["unix"](fd=3, name="/run/x"),
        HeldFile(role="exe", name="/bin/a", deleted=True),
        HeldFile(role="exe", name="/bin/a"),
    ],
)
def test_what_has_no_name_here_can_not(held):
    assert address(held) is None


@pytest.mark.parametrize("mount_namespace", [8, None])
def test_a_path_of_another_mount_namespace_may_be_another_file(mount_namespace):
    assert address(KIND["regular"](**FILE), mount_namespace) is None


@given(st.text(max_size=12), st.integers(10, 60), st.booleans())
def test_a_link_takes_no_room(name, width, is_last):
    value = linked(f"/{name}, 5 B", f"/{name}", "file://box/x")
    rows = [[3, *([5, value] if is_last else [value, 5])], [100, "ü", "c"]]
    style = Style(width=width)
    plain = [[str(one) if isinstance(one, str) else one for one in row] for row in rows]
    headers = ["FD", "NAME", "WHAT"]
    without = list(draw(headers, plain, style=style))
    told = list(draw(headers, rows, style=style))
    assert [LINK.sub(r"\2", line) for line in told] == without
    assert sum("\x1b" in line for line in told) == 1
    (found,) = LINK.finditer("".join(told))
    assert found[1] == "file://box/x"
    assert columns(found[2]) <= columns(without[1])


def test_the_path_is_the_link_and_only_for_terminals():
    one = process(namespaces={"mnt": 7})
    row = (one, KIND["regular"](**FILE | {"name": "/a\n"}, size_bytes=5))
    style = Style(places=HERE)
    (line,) = rows_of([row], chosen("fd,what,name", ()), None, style, show_headers=False)
    link = "\x1b]8;;file://box/a%0A\x1b\\/a\\n\x1b]8;;\x1b\\"
    assert line == f"3  {link}, 5 B  {link}\n"
    for form in ("csv", "tsv", "markdown", "html"):
        assert "\x1b" not in "".join(rows_of([row], chosen("fd,what,name", ()), None, style, form=form))
    assert "\x1b" not in "".join(rows_of([row], chosen("fd,kind", ()), None, style))
