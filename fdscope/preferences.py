"""FDSCOPE_OPTIONS: the options that somebody always wants, ahead of those on the command line. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from .options import OPTIONS, Option, options_of
from .selection import UsageError, nearest

VARIABLE = "FDSCOPE_OPTIONS"
_EXAMPLE = f"as in {VARIABLE}='--wide --color never'"
_BY_NAME = {name: one for one in OPTIONS for name in one.names}


def preferred(text: str, command: str) -> list[tuple[Option, str]]:
    """The options in `text` that a command takes, each with the one word that it is written as: ``--color=never``.

    Those of other commands are left out, so that one text serves all.

    Raises:
        UsageError: a word of it is no option of any command, or is no option at all.
    """
    import shlex  # costs 3 ms, which only those pay who have wishes

    try:
        words = shlex.split(text)
    except ValueError as error:
        raise UsageError(f"{VARIABLE} cannot be read ({error}): quote as in a shell, {_EXAMPLE}") from None
    found = []
    for known, word in _options(words):
        own = next((one for one in options_of(command) if one.names[0] == known.names[0]), None)
        if own is not None and _fits(own, word):
            found.append((own, word))
    return found


def _fits(option: Option, word: str) -> bool:
    """Whether a value is one for this command, where an option of its name takes others for other commands."""
    value = word.partition("=")[2]
    others = [one for one in OPTIONS if one.names[0] == option.names[0] and one is not option]
    return value in option.choices or not any(value in one.choices for one in others)


def _options(words: list[str]) -> Iterator[tuple[Option, str]]:
    left = iter(words)
    for word in left:
        if word.startswith("--"):
            name, joined, value = word.partition("=")
            option = _known(name)
            yield option, _word(option, value if joined else None, left)
        elif len(word) > 1 and word.startswith("-"):
            yield from _letters(word[1:], left)
        else:
            raise UsageError(
                f"{VARIABLE} holds '{word[:60]}', which is no option: it takes options only, {_EXAMPLE}"
            )


def _letters(letters: str, left: Iterator[str]) -> Iterator[tuple[Option, str]]:
    """Short options, several of which may stand behind one minus; the value of the last may stand beside it."""
    while letters:
        option, letters = _known("-" + letters[0]), letters[1:]
        value = letters.removeprefix("=") if option.value and letters else None
        yield option, _word(option, value, left)
        if option.value:
            return


def _known(name: str) -> Option:
    if name not in _BY_NAME:
        hint = nearest(name, _BY_NAME, "'fdscope help options' lists those that there are")
        raise UsageError(f"{VARIABLE} holds '{name[:60]}', an option that no command knows: {hint}")
    return _BY_NAME[name]


def _word(option: Option, value: str | None, left: Iterator[str]) -> str:
    name = option.names[0]
    if not option.value:
        if value is not None:
            raise UsageError(f"{VARIABLE}: {name} takes no value: leave '{value[:60]}' out")
        return name
    if value is None and not option.bare:
        value = next(left, None)
        if value is None:
            raise UsageError(f"{VARIABLE}: {name} takes a value, {option.value}: {option.help}")
    return f"{name}={value or ''}"
