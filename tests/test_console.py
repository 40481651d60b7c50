"""Where the program speaks: text in the encoding that is there, colours and width as they are wished."""

import io

import pytest

from fdscope.console import Console, NotWrittenError


class Terminal(io.BytesIO):
    def isatty(self):
        return True


def console(out=None, encoding="utf-8", **environment):
    return Console(io.BytesIO() if out is None else out, io.BytesIO(), encoding=encoding, environment=environment)


def test_what_the_encoding_cannot_express_becomes_an_escape():
    out = io.BytesIO()
    one = console(out, "ascii")
    one.write("é日🦉\n")
    one.write_bytes(b"\xff")
    assert out.getvalue() == b"\\xe9\\u65e5\\U0001f989\n\xff"
    assert [console(encoding=name).is_unicode for name in ("utf-8", "UTF8", "utf-16", "ascii", "latin-1")] == [
        True,
        True,
        True,
        False,
        False,
    ]


@pytest.mark.parametrize(
    ("environment", "on_a_terminal", "elsewhere"),
    [
        ({}, True, False),
        ({"TERM": "xterm"}, True, False),
        ({"TERM": "dumb"}, False, False),
        ({"NO_COLOR": "1", "FORCE_COLOR": "1"}, False, False),
        ({"NO_COLOR": ""}, True, False),
        ({"FORCE_COLOR": "1"}, True, True),
        ({"FORCE_COLOR": "", "TERM": "dumb"}, False, False),
    ],
)
def test_colours_are_as_the_terminal_and_the_environment_have_it(environment, on_a_terminal, elsewhere):
    terminal, file = console(Terminal(), **environment), console(**environment)
    assert (terminal.colour(), file.colour()) == (on_a_terminal, elsewhere)
    assert [one.colour(wish) for one in (terminal, file) for wish in ("always", "never")] == [True, False] * 2


def test_a_width_is_told_of_terminals_alone():
    assert console(COLUMNS="70").width is None
    assert console(Terminal(), COLUMNS="70").width == 70
    assert all(console(Terminal(), COLUMNS=word).width > 0 for word in ("", "0", "-1", "wide"))


def test_what_is_said_to_a_closed_stream_is_lost_and_what_is_answered_is_not():
    class Full(io.BytesIO):
        def write(self, _):
            raise OSError(28, "No space left on device")

        def flush(self):
            self.write(b"")

    one = Console(Full(), Full(), encoding="utf-8", environment={})
    one.say("nobody hears it")
    for answer in (lambda: one.write("a"), lambda: one.write_bytes(b"a"), one.flush):
        with pytest.raises(NotWrittenError, match="No space left on device"):
            answer()


@pytest.mark.parametrize(
    ("environment", "takes_them"),
    [
        ({}, False),
        ({"TERM": "xterm-256color"}, False),
        ({"TERM": "xterm-kitty"}, True),
        ({"TERM": "foot-extra"}, True),
        ({"TERM": "alacritty"}, True),
        ({"VTE_VERSION": "5000"}, False),
        ({"VTE_VERSION": "5001"}, True),
        ({"VTE_VERSION": "7200", "TERM": "dumb"}, False),
        ({"VTE_VERSION": "7200", "STY": "1.pts"}, False),
        ({"VTE_VERSION": "7200", "TMUX": "/tmp/x"}, False),
        ({"TMUX": "/tmp/x", "TERM_PROGRAM": "tmux", "TERM_PROGRAM_VERSION": "3.3a"}, False),
        ({"TMUX": "/tmp/x", "TERM_PROGRAM": "tmux", "TERM_PROGRAM_VERSION": "3.4"}, True),
        ({"TMUX": "/tmp/x", "TERM_PROGRAM": "tmux", "TERM_PROGRAM_VERSION": "next-3.5"}, False),
        ({"TERM_PROGRAM": "iTerm.app", "TERM_PROGRAM_VERSION": "3.0.15"}, False),
        ({"TERM_PROGRAM": "iTerm.app", "TERM_PROGRAM_VERSION": "3.10"}, True),
        ({"TERM_PROGRAM": "vscode", "TERM_PROGRAM_VERSION": "1.71.2"}, False),
        ({"TERM_PROGRAM": "vscode", "TERM_PROGRAM_VERSION": "1.100.0"}, True),
        ({"TERM_PROGRAM": "WezTerm"}, True),
        ({"TERM_PROGRAM": "Apple_Terminal"}, False),
        ({"KONSOLE_VERSION": "200400"}, False),
        ({"KONSOLE_VERSION": "220401"}, True),
        ({"KONSOLE_VERSION": "x"}, False),
        ({"WT_SESSION": "a"}, True),
        ({"KITTY_WINDOW_ID": "1", "TERM": "tmux-256color"}, False),
        ({"DOMTERM": "a", "FORCE_HYPERLINK": "0"}, False),
    ],
)
def test_links_are_for_terminals_that_are_known_to_take_them(environment, takes_them):
    assert console(Terminal(), **environment).hyperlinks() == takes_them
    assert not console(**environment).hyperlinks()
    assert [console(**environment).hyperlinks(wish) for wish in ("always", "never")] == [True, False]


def test_links_can_be_forced_by_the_environment():
    assert [console(FORCE_HYPERLINK=word).hyperlinks() for word in ("", "1", "0")] == [True, True, False]
    assert not console(FORCE_HYPERLINK="1").hyperlinks("never")
