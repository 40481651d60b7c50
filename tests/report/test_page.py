"""The page as text: nothing foreign in it can be obeyed, all data is there, and it asks for nothing."""

import base64
import hashlib
import json
import re
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st
from made import KIND, process, snapshot

import fdscope
from fdscope.frame import Timeline
from fdscope.held_up import kept
from fdscope.model import Holder, Peer, Problem
from fdscope.report.page import SCRIPTS, Asked, page
from fdscope.report.page.held import in_words
from fdscope.report.page.shared import Words, in_script, safe
from fdscope.report.safe import printable
from fdscope.text import text

FOLDER = Path(fdscope.__file__).parent / "report" / "page" / "parts"
PARTS = {path.name: path.read_text() for path in FOLDER.iterdir()}


def drawn(*processes, problems=(), timeline=None, asked=("fdscope report", None)):
    taken = snapshot(*processes, problems=problems)
    waits = kept(taken, {one.pid for one in processes}, taken.problems)
    return page(taken, waits, None, timeline, Asked(*asked), PARTS).decode()


def data_of(drawn_page):
    (told,) = re.findall(r'<script type="application/json" id="data">(.*?)</script>', drawn_page, re.S)
    return json.loads(told)


def test_every_part_is_used_once():
    assert sorted(PARTS) == sorted([*(f"{name}.js" for name in SCRIPTS), "page.html", "page.css"])


def test_the_policy_names_the_one_script_and_the_one_style_that_are_there():
    whole = drawn(process())
    (policy,) = re.findall(r'<meta http-equiv="Content-Security-Policy" content="([^"]*)">', whole)
    (style,) = re.findall(r"<style>(.*?)</style>", whole, re.S)
    (script,) = re.findall(r"<script>(.*?)</script>", whole, re.S)

    def digest(one):
        return base64.b64encode(hashlib.sha256(one.encode()).digest()).decode()

    assert policy.split("; ") == [
        "default-src 'none'",
        f"script-src 'sha256-{digest(script)}'",
        f"style-src 'sha256-{digest(style)}'",
        "img-src data:",
        "base-uri 'none'",
        "form-action 'none'",
    ]
    assert "%" not in re.sub(r"data:image/svg[^\"]*|[0-9]%|\s%\s", "", whole.partition("<style>")[0])


def test_nothing_in_it_is_asked_for_elsewhere_or_written_as_markup():
    whole = "".join(PARTS.values())
    addresses = set(re.findall(r"https?://[^\s'\"`)]+", whole))
    assert addresses == {"http://www.w3.org/2000/svg"}  # the name of a language, which nobody fetches
    for word in ("innerHTML", "outerHTML", "insertAdjacent", "document.write", "eval(", "Function(", "fetch("):
        assert word not in whole
    assert not re.search(r"\son[a-z]+=[\"']|\sstyle=|<link[^>]*href=\"(?!data:)", PARTS["page.html"])


@given(st.binary(max_size=40))
def test_whatever_a_name_is_it_ends_no_element_and_can_be_told_back(name):
    words = Words()
    number = words.of(text(name))
    encoded = in_script(json.dumps(words.texts, ensure_ascii=False).encode())
    assert not set("<>&\u2028\u2029") & set(encoded)
    assert json.loads(encoded)[number] == printable(text(name))
    assert words.of(text(name)) == number
    assert all(one.isprintable() for one in words.texts)


def test_hostile_names_stand_in_the_data_and_nowhere_as_markup():
    name = text(b"</script><script>alert(1)</script>\n\xe2\x80\xae\xff\"'")
    held = [KIND["regular"](fd=3, name=name, access="r")]
    one = process(name=name, command=[name], user=name, cgroup=name, descriptors=held)
    whole = drawn(one, problems=[Problem(what="x", reason="failed", detail=name)], asked=(name, name))
    assert whole.count("<script") == whole.count("</script>") == 2
    data = re.search(r'id="data">(.*?)</script>', whole, re.S)[1]
    assert whole.replace(data, "").count("alert(1)") == 0
    assert not set("<>&") & set(data)
    shown = "</script><script>alert(1)</script>\\n\\u202e\\xff\"'"
    told = data_of(whole)
    assert shown in told["words"]
    assert told["about"]["command"] == told["about"]["kept"] == shown


def test_a_descriptor_is_told_with_all_its_fields_and_ends():
    held = KIND["pipe"](
        fd=3,
        name="pipe:[5]",
        access="r",
        flags=["cloexec", "largefile"],
        inode=5,
        peers=[Peer(pid=7, fd=1, process="cat", kind="pipe")],
        peers_total=9,
        shared_with=[Holder(pid=42, fd=4)],
        shared_total=1,
    )
    told = data_of(drawn(process(descriptors=[held], files=None)))
    words = told["words"]
    ((number, fd, role, kind, access, flags, what, details, relations, totals, missing),) = told["held"]["rows"]
    assert (number, fd, words[role], words[access], words[flags], words[missing]) == (0, 3, "", "r", "cloexec", "")
    assert told["held"]["kinds"][kind] == {
        "name": "pipe",
        "verbs": ["read", "write", "poll"],
        "unit": "a byte stream",
        "named": False,
    }
    assert words[what] == held.describe()
    fields = told["held"]["fields"]
    assert dict(zip(map(fields.__getitem__, details[::2]), details[1::2], strict=True)) == {
        "name": [words.index("pipe:[5]")],
        "inode": 5,
    }
    assert told["held"]["sentences"][fields.index("inode")] == "inode number"
    assert relations == [[0, 7, 1, words.index("cat")], [1, 42, 4, 0]]
    assert totals == [9, 1, 0]


def test_a_number_that_javascript_would_not_keep_is_a_text():
    held = KIND["regular"](fd=3, name="/a", position=(1 << 53) + 1, inode=(1 << 53) - 1)
    told = data_of(drawn(process(descriptors=[held], files=None)))
    details = told["held"]["rows"][0][7]
    assert [told["words"][one[0]] for one in details[1::2] if isinstance(one, list)][1] == str((1 << 53) + 1)
    assert (1 << 53) - 1 in details


def test_a_process_is_told_with_what_is_not_known_left_empty():
    told = data_of(drawn(process(), process(pid=43, descriptors=None, descriptor_limit=None, memory=None)))
    first, second = (dict(zip(told["columns"], row, strict=True)) for row in told["processes"])
    assert (first["pid"], first["soft"], first["hard"], first["voluntary"]) == (42, 10, 2000, 1234)
    assert told["words"][first["name"]] == "web\\x1b"
    assert told["words"][first["command"]] == "/bin/web\\n -x"
    assert (second["soft"], second["resident"]) == (None, None)


def test_waits_are_told_as_on_a_terminal():
    told = data_of(drawn(process()))
    (wait,) = told["waits"]
    words = told["words"]
    assert [wait[0], wait[2]] == [42, 42]
    assert [words[one] for one in wait[4:8]] == ["blocking", "input", "read", ""]
    assert words[wait[10]] == "3 pipe:[5], read end"
    assert wait[11:] == [[3], [], 0]


def test_a_timeline_is_told_as_it_is():
    line = Timeline(
        began_at="2026-11-23T05:02:00.000Z",
        elapsed_s=[1.0],
        switches_per_s=[5.0],
        open_files=[None],
        processes=[],
        processes_total=1,
        interrupted=True,
    )
    told = data_of(drawn(process(), timeline=line))["timeline"]
    assert (told["elapsed_s"], told["switches_per_s"], told["open_files"]) == ([1.0], [5.0], [None])
    assert told["interrupted"] is True
    assert data_of(drawn(process()))["timeline"] is None


def test_any_value_is_told_in_words():
    assert (
        in_words([Holder(pid=1, fd=2), Holder(pid=3, fd=4, process="a")]) == "pid 1, fd 2; pid 3, fd 4, process a"
    )
    assert (in_words(True), in_words(False), in_words(["a", "b"])) == ("yes", "no", "a, b")
    assert safe({"a\n": ["\x1b", 1, None]}) == {"a\\n": ["\\x1b", 1, None]}
