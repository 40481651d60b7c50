"""A topic's text becomes blocks, and these a page of the manual."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fdscope.report.style import Style
from fdscope.report.topic import Example, Heading, Item, Paragraph, mdoc, parse, terminal

TEXT = """\
tea - what to drink

Tea is made of leaves. It is
drunk hot.

SORTS

  green       a sort
              of tea
  "black"     another
  made in a pot
              for many

EXAMPLES

Make some:

    $ tea --pot 'a b' | drink
    .hot
    $ tea
"""


def test_a_text_is_taken_apart():
    topic = parse(TEXT)
    assert topic == (
        "tea",
        "what to drink",
        (
            Paragraph("Tea is made of leaves. It is drunk hot."),
            Heading("SORTS"),
            Item("green", "a sort of tea"),
            Item('"black"', "another"),
            Item("made in a pot", "for many"),
            Heading("EXAMPLES"),
            Paragraph("Make some:"),
            Example("tea --pot 'a b' | drink", (".hot",)),
            Example("tea", ()),
        ),
    )


def test_a_page_is_made_of_it():
    assert "".join(mdoc(parse(TEXT))) == (
        ".Sh DESCRIPTION\nTea is made of leaves.\nIt is drunk hot.\n"
        ".Sh SORTS\n.Bl -tag -width Ds\n.It \\&green\na sort of tea\n.It \\&\\(dqblack\\(dq\nanother\n"
        ".It \\&made \\&in \\&a \\&pot\nfor many\n.El\n"
        ".Sh EXAMPLES\nMake some:\n"
        ".Bd -literal -offset indent\n$ tea --pot 'a b' | drink\n\\&.hot\n.Ed\n"
        ".Bd -literal -offset indent\n$ tea\n.Ed\n"
    )


def test_a_terminal_shows_it_as_it_is_with_bold_headings():
    assert "".join(terminal(TEXT, Style())) == TEXT
    bold = "".join(terminal(TEXT, Style(colour=True)))
    for line in ("tea - what to drink", "SORTS", "EXAMPLES"):
        bold = bold.replace(f"\x1b[1m{line}\x1b[0m\n", f"{line}\n", 1)
    assert bold == TEXT


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("tea", "first line"),
        ("tea - x\n\n    $ tea\n hot", "hot"),
        ("tea - x\n\n  a  b\n c", " c"),
        ("tea - x\n\na\n  b  c\nd", "d"),
        ("tea - x\n\n a", "one blank"),
    ],
)
def test_another_form_is_refused(text, named):
    with pytest.raises(ValueError, match=named):
        parse(text)


def test_lines_behind_four_blanks_without_a_command_are_shown_as_they_are():
    topic = parse('tea - x\n\n    pour("tea")\n      slowly')
    assert topic.blocks == (Example("", ('pour("tea")', "  slowly")),)
    assert "".join(mdoc(topic)).endswith('.Bd -literal -offset indent\npour("tea")\n  slowly\n.Ed\n')


@given(st.text(alphabet="aB $-.\n\\'\"(", max_size=80))
def test_any_text_is_a_topic_or_refused(text):
    try:
        topic = parse("a - b\n\n" + text)
    except ValueError:
        return
    assert "".join(mdoc(topic)).endswith("\n")
