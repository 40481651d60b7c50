r"""What goes to a terminal: nothing that it would obey, and the original can always be told."""

import re

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from fdscope.report.safe import printable
from fdscope.text import text

_ESCAPE = re.compile(r"\\(?:([\\ntr])|x([0-9a-f]{2})|u([0-9a-f]{4})|U([0-9a-f]{8}))")
_SHORT = {"\\": "\\", "n": "\n", "t": "\t", "r": "\r"}


def told(printed):
    """The string that `printable` made this from: the rule that its docstring gives, turned round."""

    def character(match):
        short, byte, four, eight = match.groups()
        if short:
            return _SHORT[short]
        if byte and 0x20 <= int(byte, 16) < 0x7F:
            return match[0]  # never an escape: the character could have been printed
        if byte:
            return chr(int(byte, 16) + (0xDC00 if int(byte, 16) >= 0x80 else 0))
        return chr(int(four or eight, 16))

    return _ESCAPE.sub(character, printed)


HOSTILE = [
    ("plain", "plain"),
    ("a b", "a b"),
    ("naïve 日本 🦉", "naïve 日本 🦉"),
    ("a\nb", "a\\nb"),
    ("a\tb\rc", "a\\tb\\rc"),
    ("\x1b[31mred", "\\x1b[31mred"),
    ("\x00\x7f", "\\x00\\x7f"),
    ("\x9b31m", "\\u009b31m"),
    (text(b"\x9b31m"), "\\x9b31m"),
    (text(b"caf\xe9"), "caf\\xe9"),
    ("moc\u202egnp.exe", "moc\\u202egnp.exe"),
    ("\u2066\u2069\u061c\u200e\ufeff", "\\u2066\\u2069\\u061c\\u200e\\ufeff"),
    ("soft\u00adhyphen", "soft\\u00adhyphen"),
    ("no\u00a0break", "no\\u00a0break"),
    ("tag\U000e0041", "tag\\U000e0041"),
    ("\uffff\U00010000", "\\uffff\U00010000"),
    ("looks\\x7flike", "looks\\\\x7flike"),
    ("private\ue000", "private\\ue000"),
    ("C:\\dir", "C:\\dir"),
    ("C:\\dir\n", "C:\\\\dir\\n"),
    ("system\\x2dfsck.slice", "system\\x2dfsck.slice"),
    ("looks\\nlike", "looks\\\\nlike"),
    ("looks\\x1blike", "looks\\\\x1blike"),
    ("looks\\u202elike", "looks\\\\u202elike"),
    ("\\\\server", "\\\\\\\\server"),
]


@pytest.mark.parametrize(("string", "printed"), HOSTILE)
def test_what_a_terminal_would_obey_is_told_as_an_escape(string, printed):
    assert printable(string) == printed
    assert told(printed) == string


ODD = st.text(st.one_of(st.characters(), st.sampled_from("\\xu0123456789abcdefnrtU\n\x1b\u202e\udcff\udc80\x80")))


@given(ODD)
@example("\udfff")
@example("\\\\n")
def test_nothing_that_is_not_printable_comes_out_and_the_original_can_be_told(string):
    printed = printable(string)
    assert printed.isprintable()
    assert told(printed) == string


@given(st.binary())
def test_bytes_of_any_sort_can_be_printed(data):
    assert printable(text(data)).isprintable()


@given(ODD)
def test_escaping_is_only_done_where_it_is_needed(string):
    if string.isprintable() and "\\" not in string:
        assert printable(string) == string
