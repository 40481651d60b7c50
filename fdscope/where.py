"""The language of ``--where``: which descriptors are meant, said by their fields. Pure; Python evaluates nothing.

::

    expression = all ("or" all)*            all   = one ("and" one)*
    one        = "not" one | "(" expression ")" | "exists" FIELD | FIELD | FIELD operator value | value "in" FIELD
    operator   = "==" "!=" "<" "<=" ">" ">=" "=~" "!~" "in" "not in"
    value      = 'text' | "text" | 10M | 5min | true | false | FIELD | "(" value, value … ")"

``not`` binds closest, then ``and``, then ``or``; ``! && ||`` are the same. Text stands in quotes of either sort,
in which a backslash stands before a quote or another backslash; any other is itself, as patterns need it. ``10M``
of a size in bytes is 10 MiB, as ``10MiB``, and ``10MB`` ten millions; ``5min`` is turned into the unit of the
field, and of plain numbers ``50k`` is 50,000. A word of a protocol is the same in capitals or not, with ``_`` or
``-``: ``state == "time_wait"``. An address is the same however it is written, and whether IPv4 or IPv6 carries it;
it may be ``in "10.0.0.0/8"``.

A comparison with what is not there is false, also ``!=`` and ``not in``; ``not`` turns it round. Of a list it is
enough that one element fits, of ``!=``, ``!~`` and ``not in`` that none does. A field alone is true if it is there
and neither false, 0 nor empty. What is true or false and was left out counts as false, where it could be told.

What is known decides as early as it can (Kleene's three values): an expression may be asked of a process whose
descriptors have not been read, and of a kind before there is a descriptor of it.

A regular expression is Python's own, and is given all the time that it takes: whoever writes ``(a+)+$`` waits.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

from .kinds import KINDS
from .kinds._socket import address
from .model import Descriptor, HeldFile, Object, Process
from .quiet import quiet
from .selection import UsageError, nearest
from .truth import (
    MAPPED,
    NOTHING,
    UNKNOWN,
    Test,
    all_true,
    any_true,
    asks,
    asks_none,
    is_said,
    is_there,
    negated,
    reader,
)
from .units import COUNTS, SIZES, TIMES
from .vocabulary import Held, Word, parts_of, word
from .wanted import MAPPED_IPV4, plain

_TOKEN = re.compile(
    r"""\s*(?:
        (?P<text>"(?:\\.|[^"\\])*" | '(?:\\.|[^'\\])*')
      | (?P<number>-?[0-9]+(?:\.[0-9]+)?)(?P<unit>[A-Za-zµ]*)
      | (?P<name>[A-Za-z_][\w-]*(?:\.[\w-]+)*)
      | (?P<sign>==|!=|<=|>=|=~|!~|&&|\|\||[<>!(),\[\]])
      | (?P<strange>\S)
    )""",
    re.VERBOSE | re.ASCII | re.DOTALL,
)

ROLES = ("cwd", "root", "exe", "mapped")
"""How a file is held without a descriptor."""
_SAME = {"&&": "and", "||": "or", "!": "not", "[": "(", "]": ")"}
_COMPARISONS = ("==", "!=", "<", "<=", ">", ">=", "=~", "!~", "in")
_OWN_WORDS = ("and", "or", "not", "in", "exists", "true", "false")
_MOST, _DEEPEST, _SHOWN = 100_000, 100, 200

_NANOSECONDS = {unit: round(seconds * 1e9) for unit, seconds in TIMES.items()}
"""Of units of time; whole, as 1e-6 / 1e-9 is not 1000."""


class Expression(NamedTuple):
    """An expression that was understood."""

    text: str
    test: Test
    words: tuple[Word, ...]
    """The fields that it asks for."""

    def fits(self, process: Process, held: Held) -> bool:
        """Whether it is true of something that a process holds."""
        return self.test(process, held) is True

    def may_fit(self, process: Process) -> bool:
        """Whether it may be true of something that a process holds; nothing has been read but the process."""
        return self.test(process, None) is not False

    def keeps(self, process: Process) -> bool:
        """Whether it is true of a process as a whole: it asks for nothing but the process."""
        return all(one.of_process for one in self.words) and self.test(process, NOTHING) is True

    def kinds(self) -> tuple[type[Descriptor], ...]:
        """The kinds of which it may be true."""
        return tuple(kind for kind in KINDS if self.test(None, kind) is not False)

    @property
    def asks_for_files(self) -> bool:
        """Whether it asks for files that memory is mapped from: it names a role, and may be true of this one."""
        paths = {one.path for one in self.words}
        return ("files", "role") in paths or (("role",) in paths and self.test(None, MAPPED) is not False)

    @property
    def is_of_descriptors(self) -> bool:
        """Whether a bare scan tells all that it asks for: no file without a descriptor, no limit or namespace."""
        fields = {one.path[:1] for one in self.words if one.of_process}
        of_process = len(self.words) == sum(one.of_process for one in self.words)
        return fields.isdisjoint(_NOT_BARE) and (of_process or self.test(None, HeldFile) is False)

    @property
    def asks_for_whole(self) -> bool:
        """Whether it asks for what only all descriptors of a process tell together."""
        return any(one.of_process and (one.path[:1] in _OF_ALL or one.path[:2] == _WAIT) for one in self.words)


_OF_ALL = (("descriptors",), ("descriptor_count",), ("descriptor_kinds",))
_WAIT = ("threads", "wait")
_NOT_BARE = (("descriptor_limit",), ("namespaces",), ("files",))


def parse(text: str) -> Expression:
    """The expression that a text means.

        >>> from fdscope.kinds.regular import Regular
        >>> from fdscope.model import Process
        >>> wanted = parse("user != 'root' and size_bytes > 10M and name =~ '[.]log$'")
        >>> [one.name for one in wanted.words]
        ['user', 'size_bytes', 'name']
        >>> wanted.may_fit(Process(pid=7, user="root"))
        False
        >>> log = Regular(fd=3, name="/var/log/x.log", size_bytes=11 << 20)
        >>> wanted.fits(Process(pid=7, user="www-data"), log), wanted.fits(Process(pid=7), log)
        (True, False)

    Raises:
        UsageError: it is none; the message says where and why.
    """
    if len(text) > _MOST:
        raise UsageError(f"--where: an expression of {len(text):,} characters is too long; it may have {_MOST:,}")
    parser = _Parser(text)
    test = parser.whole()
    return Expression(text, test, tuple(dict.fromkeys(parser.words)))


def all_of(expressions: list[Expression]) -> Expression | None:
    """One that is true where all of these are; None: there are none."""
    if len(expressions) < 2:
        return expressions[0] if expressions else None
    return Expression(
        " and ".join(f"({one.text})" for one in expressions),
        all_true([one.test for one in expressions]),
        tuple(dict.fromkeys(word for one in expressions for word in one.words)),
    )


def only(wanted: Expression, processes: list[Process], joined: list[Object]) -> tuple[list[Process], list[Object]]:
    """Of these processes and objects those that are meant; takes the rest out of the processes.

    A process stays if it holds something that is meant, or if it is meant as a whole. An object stays if it is
    held so, or if it faces one that is.
    """
    found = []
    names: set[str | None] = set()
    for process in processes:
        keeps = wanted.keeps(process)
        descriptors, files = _fitting(wanted, process)
        process.descriptors = None if process.descriptors is None else descriptors
        process.files = files or None
        if keeps or descriptors or files:
            found.append(process)
            names.update(one.object for one in descriptors)
    faced = {other for one in joined if one.id in names for other in one.faces}
    return found, [one for one in joined if one.id in names or one.id in faced or not names.isdisjoint(one.faces)]


def _fitting(wanted: Expression, process: Process) -> tuple[list[Descriptor], list[HeldFile]]:
    """What a process holds that is meant; where its kind alone decides, a descriptor is not looked at."""
    test = wanted.test
    kinds: dict[type[Descriptor], bool | None] = {}
    found = []
    for one in process.descriptors or ():
        kind = type(one)
        if kind not in kinds:
            kinds[kind] = test(process, kind)
        answer = kinds[kind]
        if answer or (answer is None and test(process, one)):
            found.append(one)
    return found, [one for one in process.files or () if test(process, one)]


def quoted(text: str) -> str:
    """A text as the language writes it."""
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


_ORDER: dict[str, Callable[[Any, Any], bool]] = {
    "==": lambda one, other: bool(one == other),
    "<": lambda one, other: bool(one < other),
    "<=": lambda one, other: bool(one <= other),
    ">": lambda one, other: bool(one > other),
    ">=": lambda one, other: bool(one >= other),
}


def _fits(sign: str, wanted: Any) -> Callable[[Any], bool]:
    """Whether a value compares so with one that is wanted; what cannot be compared does not."""
    if sign == "==":
        return lambda value: bool(value == wanted)
    compare, kinds = _ORDER[sign], (str,) if isinstance(wanted, str) else (int, float)
    return lambda value: isinstance(value, kinds) and compare(value, wanted)


def _plain(text: str) -> str:
    """A word of a protocol without what means nothing in it: TIME_WAIT is time-wait."""
    return text.lower().replace("_", "-")


def _is_address(of: Word) -> bool:
    """Whether it is an address of a socket."""
    return of.name.endswith("_address")


def _spellings(text: str) -> Iterator[str]:
    """An address as fields have it: as it is, and one of IPv4 also as a socket of IPv6 has it."""
    import ipaddress  # costs 5 ms, which only an address pays

    try:
        found = plain(ipaddress.ip_address(text).packed)
    except ValueError:  # that of a family of its own
        yield text
        return
    yield address(found)
    if len(found) == 4:
        yield address(MAPPED_IPV4 + found)


def _is_plain(of: Word) -> bool:
    """Whether its value is one number or one text."""
    return of.form in ("integer", "number", "string") or of.form.startswith('"')


def _sort(of: Word) -> str:
    """What its values are, or the elements of its lists: ``number``, ``boolean``, ``text``, or ``object``."""
    form = of.form.removeprefix("list of ").removesuffix("s")
    if form in ("integer", "number"):
        return "number"
    return form if form == "boolean" else "text" if form == "string" or form.startswith('"') else "object"


def pattern(text: str, *, any_case: bool = False) -> Callable[[str], Any]:
    """What looks for a regular expression in a text.

    Raises:
        ValueError: it is none; the message says why.
    """
    try:
        with quiet():  # what a later Python would read otherwise is no concern of the user
            return re.compile(text, re.IGNORECASE if any_case else 0).search
    except (re.error, ValueError, OverflowError, RecursionError) as error:
        raise ValueError(str(error)) from None


def _no_number(field: Word, text: str) -> str:
    """What to write instead of a text that a number is compared with."""
    if text in ROLES:
        return f'{text} is no number but a role: write role == "{text}"'
    if text.lstrip("-").isdigit():
        return f"{field.name} is a number, and stands without quotes"
    return f"{field.name} is a number, which '{text[:60]}' is not"


# what is written


class _Number(NamedTuple):
    amount: float
    unit: str
    text: str

    def as_of(self, of: Word) -> float:
        """The number in the unit that a field is in.

        Raises:
            UsageError: it is in a unit that the field cannot be in.
        """
        if not self.unit:
            return self.amount
        if of.unit in TIMES:
            if self.unit in TIMES:
                return self.amount * _NANOSECONDS[self.unit] / _NANOSECONDS[of.unit]
            what, units = "a time", "ns, us, ms, s, min, h, d"
        else:
            known = SIZES if of.unit else COUNTS
            if self.unit in known:
                return self.amount * known[self.unit]
            what, units = ("a size in bytes", "K, M, G, KiB, KB") if of.unit else ("a plain number", "k, M, G")
        raise UsageError(f"--where: {of.name} is {what}, which '{self.text}' is not; its units are {units}")


class _Parser:
    """One reading of one text."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._tokens = list(self._scanned())
        self._at = 0
        self._depth = 0
        self.words: list[Word] = []

    def _scanned(self) -> Iterator[tuple[str, Any, int]]:
        for found in _TOKEN.finditer(self._text):
            sort = next(name for name in ("text", "number", "name", "sign", "strange") if found[name] is not None)
            place = found.start(sort)
            value: Any = found[sort]
            if sort == "text":
                value = re.sub(r"\\([\"'\\])", r"\1", value[1:-1])
            elif sort == "number":
                value = self._number(found["number"], found["unit"], place)
            elif sort == "sign":
                value = _SAME.get(value, value)
            elif sort == "name" and value.lower() in _OWN_WORDS:
                sort, value = "sign", value.lower()
            elif sort == "strange":
                hint = " (a comparison is ==, a pattern =~)" if value == "=" else ""
                hint = " (a quote is not closed)" if value in "\"'" else hint
                raise self._wrong(f"'{value}' means nothing{hint}", place)
            yield sort, value, place
        yield "end", "", len(self._text)

    def _number(self, digits: str, unit: str, place: int) -> _Number:
        amount = float(digits) if "." in digits or len(digits) > 30 else int(digits)
        if unit and unit not in SIZES and unit not in TIMES and unit not in COUNTS:
            raise self._wrong(
                f"'{digits}{unit}' is no number with a unit (10M, 5min, 2k); text stands in quotes", place
            )
        return _Number(amount, unit, digits + unit)

    def _wrong(self, why: str, place: int) -> UsageError:
        first = max(0, min(place - _SHOWN // 2, len(self._text) - _SHOWN))
        shown = self._text[first : first + _SHOWN]
        cut = "…" * (first > 0), "…" * (first + _SHOWN < len(self._text))
        return UsageError(f"--where: {why}, at character {place + 1} of: {shown.join(cut)}")

    # tokens

    def _next(self) -> tuple[str, Any, int]:
        token = self._tokens[self._at]
        self._at = min(self._at + 1, len(self._tokens) - 1)
        return token

    def _peek(self, ahead: int = 0) -> tuple[str, Any]:
        return self._tokens[min(self._at + ahead, len(self._tokens) - 1)][:2]

    def _takes(self, *signs: str) -> bool:
        if self._peek() in [("sign", sign) for sign in signs]:
            self._at += 1
            return True
        return False

    def _must_take(self, sign: str, why: str) -> None:
        if not self._takes(sign):
            sort, value, place = self._tokens[self._at]
            instead = "the end" if sort == "end" else f"'{getattr(value, 'text', value)}'"
            raise self._wrong(f"{why}, not {instead}", place)

    # the grammar

    def whole(self) -> Test:
        if self._peek()[0] == "end":
            raise UsageError(
                "--where takes an expression, as in: --where 'kind == \"tcp\" and remote_port == 443'"
            )
        test = self._or()
        sort, value, place = self._tokens[self._at]
        if sort != "end":
            hint = nearest(value, _OWN_WORDS[:4], "") if sort == "name" else ""
            told = f"'{getattr(value, 'text', value)}' is one too many; parts are joined by 'and' and 'or'"
            raise self._wrong(f"{told}: {hint}" if hint else told, place)
        return test

    def _or(self) -> Test:
        self._depth += 1
        if self._depth > _DEEPEST:
            raise self._wrong(
                f"more than {_DEEPEST} brackets within each other: take some out", self._tokens[self._at][2]
            )
        tests = [self._and()]
        while self._takes("or"):
            tests.append(self._and())
        self._depth -= 1
        return tests[0] if len(tests) == 1 else any_true(tests)

    def _and(self) -> Test:
        tests = [self._one()]
        while self._takes("and"):
            tests.append(self._one())
        return tests[0] if len(tests) == 1 else all_true(tests)

    def _one(self) -> Test:
        turned = False
        while self._takes("not"):
            turned = not turned
        test = self._positive()
        return negated(test) if turned else test

    def _positive(self) -> Test:
        if self._takes("exists"):
            return is_there(self._field("exists"), lambda value: value is not None)
        if self._takes("("):
            test = self._or()
            self._must_take(")", "a bracket is to be closed here")
            return test
        if self._peek()[0] in ("text", "number"):
            return self._element()
        field = self._field("an expression")
        turned = self._peek() == ("sign", "not") and self._peek(1) == ("sign", "in")
        self._at += turned
        sort, sign = self._peek()
        if sort == "sign" and sign in _COMPARISONS:
            self._at += 1
            return self._in(field, turned=turned) if sign == "in" else self._comparison(field, sign)
        return is_there(field, bool)

    def _field(self, of_what: str) -> Word:
        sort, value, place = self._next()
        if sort != "name":
            told = "the end" if sort == "end" else f"'{getattr(value, 'text', value)}'"
            raise self._wrong(f"{of_what} takes a field, not {told}", place)
        try:
            found = word(value)
        except UsageError as error:
            raise self._wrong(str(error), place) from None
        self.words.append(found)
        return found

    def _element(self) -> Test:
        """``"nonblock" in flags``: an element of a list, or a part of a text."""
        sort, value, place = self._next()
        turned = self._takes("not")
        self._must_take("in", "a value comes after a field and a comparison, or before 'in' and a field")
        field = self._field("'in'")
        if field.form.startswith("list of"):
            test = asks(field, self._fitting(field, "==", (sort, value, place)))
        elif sort == "text" and _sort(field) == "text":
            test = asks(field, lambda held: isinstance(held, str) and value in held)
        else:
            instead = value.text if sort == "number" else quoted(value)
            raise self._wrong(f"{field.name} is neither a list nor text: write {field.name} == {instead}", place)
        return negated(test) if turned else test

    def _comparison(self, field: Word, sign: str) -> Test:
        self._must_be_plain(field)
        if sign in ("=~", "!~"):
            return (asks_none if sign == "!~" else asks)(field, self._pattern(field))
        sort, value, place = self._next()
        if sort == "name":
            return self._fields(field, sign, value, place)
        if (sort, value) in (("sign", "true"), ("sign", "false")):
            if _sort(field) != "boolean" or sign not in ("==", "!="):
                raise self._wrong(f"{field.name} is not true or false: compare it with a number or text", place)
            return is_said(field, (value == "true") == (sign == "=="))
        if sign == "!=":
            return asks_none(field, self._fitting(field, "==", (sort, value, place)))
        return asks(field, self._fitting(field, sign, (sort, value, place)))

    def _must_be_plain(self, field: Word) -> None:
        """Refuses to compare what is made of other fields."""
        if _sort(field) == "object":
            told = f"{field.name} is made of other fields: name one of {', '.join(parts_of(field)) or 'its keys'}"
            raise self._wrong(told, self._tokens[self._at - 1][2])

    def _fitting(self, field: Word, sign: str, token: tuple[str, Any, int]) -> Callable[[Any], bool]:
        """Whether a value of a field compares so with what is written."""
        wanted = self._wanted(field, sign, token)
        if sign == "==" and _is_address(field):
            return frozenset(_spellings(wanted)).__contains__
        if field.any_case:
            fits = _fits(sign, _plain(wanted))
            return lambda held: fits(_plain(held))
        return _fits(sign, wanted)

    def _wanted(self, field: Word, sign: str, token: tuple[str, Any, int]) -> Any:
        """What is written, as a value that this field could have."""
        sort, value, place = token
        is_of = _sort(field)
        if sort not in ("number", "text"):
            told = "the end" if sort == "end" else f"'{value}'"
            quotes = f'; text stands in quotes: "{value}"' if sort == "name" else ""
            raise self._wrong(f"{field.name} is compared with a value, not {told}{quotes}", place)
        if is_of == "boolean":
            raise self._wrong(f"{field.name} is true or false: write {field.name} or not {field.name}", place)
        if sort == "number":
            if is_of == "text":
                raise self._wrong(f'{field.name} is text: write {field.name} {sign} "{value.text}"', place)
            return value.as_of(field)
        if is_of == "number":
            raise self._wrong(_no_number(field, value), place)
        if field.choices and not field.any_case and sign == "==" and value not in field.choices:
            hint = nearest(value, field.choices, f"it is one of {', '.join(field.choices)}")
            raise self._wrong(f"{field.name} is never '{value[:60]}': {hint}", place)
        return value

    def _fields(self, field: Word, sign: str, name: str, place: int) -> Test:
        """One field compared with another."""
        try:
            other = word(name)
        except UsageError as error:
            hint = f'{error}; text stands in quotes: {field.name} {sign} "{name}"'
            raise self._wrong(_no_number(field, name) if field.is_number else hint, place) from None
        if not _is_plain(field) or not _is_plain(other) or field.is_number != other.is_number:
            hint = (
                f'{field.name} and {name} cannot be compared; text stands in quotes: {field.name} {sign} "{name}"'
            )
            raise self._wrong(hint, place)
        self.words.append(other)
        compare = _ORDER.get(sign, lambda one, two: bool(one != two))
        first, second = reader(field), reader(other)

        def test(process: Process | None, held: Held | type | None) -> bool | None:
            one, two = first(process, held), second(process, held)
            if one is None or two is None:
                return False
            if one is UNKNOWN or two is UNKNOWN:
                return None
            return compare(one, two)

        return test

    def _pattern(self, field: Word) -> Callable[[Any], bool]:
        sort, value, place = self._next()
        if sort != "text":
            raise self._wrong(f"'=~' takes a regular expression in quotes, as in {field.name} =~ \"^a\"", place)
        try:
            search = pattern(value, any_case=field.any_case)
        except ValueError as error:
            told = f"'{value[:60]}' is no regular expression: {error}; [(] is a plain bracket"
            raise self._wrong(told, place) from None
        return lambda held: search(held if isinstance(held, str) else str(held)) is not None

    def _in(self, field: Word, *, turned: bool) -> Test:
        """``kind in ("tcp", "udp")``, ``remote_address in "10.0.0.0/8"``; `turned`: ``not in``."""
        self._must_be_plain(field)
        asking = asks_none if turned else asks
        sort, value, place = self._tokens[self._at]
        if sort == "text" and _is_address(field):
            self._at += 1
            return asking(field, self._network(value, place))
        self._must_take("(", f"'in' takes a list, as in {field.name} in (1, 2), or after a text a field")
        wanted = [self._wanted(field, "==", self._next())]
        while self._takes(","):
            wanted.append(self._wanted(field, "==", self._next()))
        self._must_take(")", "a list ends with a bracket; values are joined by commas")
        if field.any_case:
            words = frozenset(map(_plain, wanted))
            return asking(field, lambda held: _plain(held) in words)
        if _is_address(field):
            wanted = [text for one in wanted for text in _spellings(one)]
        return asking(field, frozenset(wanted).__contains__)

    def _network(self, text: str, place: int) -> Callable[[Any], bool]:
        import ipaddress

        try:
            network = ipaddress.ip_network(text, strict=False)
        except ValueError:
            raise self._wrong(f"'{text[:60]}' is no network, as 10.0.0.0/8 is one", place) from None

        def fits(held: Any) -> bool:
            try:
                address = ipaddress.ip_address(held)
            except ValueError:
                return False
            mapped = getattr(address, "ipv4_mapped", None)  # an IPv4 address that an IPv6 socket speaks to
            return address in network or (mapped is not None and mapped in network)

        return fits
