"""The options that choose, as one expression of `fdscope.where`: ``--fd 0-2`` is ``fd >= 0 and fd <= 2``. Pure.

What several options say must all be true; of the values of one option one must.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from .kinds import KINDS
from .model import kind_name
from .selection import UsageError, nearest
from .where import ROLES, Expression, all_of, parse, pattern, quoted

_INTERNET = 'kind in ("tcp", "udp", "udplite", "icmp", "raw")'
_GLOB = re.compile(r"\*\*/|\*\*|\*|\?|\[!?\]?[^]/]*\]|[^*?\[]+|\[")

Pids = Callable[[str], Sequence[int]]
"""The processes that a word means."""
NetNamespaces = Callable[[str], int]
"""The inode number of the network namespace that a word means."""


def expression(asked: Any, pids: Pids, net_namespace: NetNamespaces) -> Expression | None:
    """What the options of a command line choose; None: nothing is chosen, all is meant.

    Args:
        asked: the options, by their long names, each a list of the values that were given.
        pids: tells the processes that a word of --tree means.
        net_namespace: tells the network namespace that a word of --netns means.

    Raises:
        UsageError: a value makes no sense.
    """
    found = [parse(text) for text in asked.where]
    found += [parse(text) for text in texts(asked, pids, net_namespace)]
    return all_of(found)


def texts(asked: Any, pids: Pids, net_namespace: NetNamespaces) -> list[str]:
    """The shorthands, each as the expression that it stands for; raises what `expression` raises."""
    found = [of(values) for name, of in _OF_VALUES.items() if (values := getattr(asked, name, None))]
    found += [text for name, text in _OF_FLAGS.items() if getattr(asked, name, False)]
    versions = [text for name, text in _OF_VERSIONS.items() if getattr(asked, name, False)]
    found += [_any(versions)] if versions else []
    if asked.tree:
        found.append(_tree(pids(asked.tree)))
    if getattr(asked, "netns", None):
        found.append(_any(_netns(net_namespace(word)) for word in _words("--netns", asked.netns)))
    return found


def _words(option: str, values: Iterable[str]) -> list[str]:
    """The parts of comma-separated values."""
    found = [word.strip() for value in values for word in value.split(",") if word.strip()]
    if not found:
        raise UsageError(f"{option} takes a value, or several with commas between them")
    return found


def _any(texts: Iterable[str]) -> str:
    return " or ".join(f"({text})" for text in texts)


def _user(values: list[str]) -> str:
    return _any(
        f"uid == {word}" if _is_number(word) else f"user == {quoted(word)}" for word in _words("--user", values)
    )


def _pid(values: list[str]) -> str:
    words = _words("--pid", values)
    for word in words:
        if not _is_number(word):
            raise UsageError(
                f"--pid takes process ids, not '{word[:60]}'; names are for --process, or stand alone"
            )
    return f"pid in ({', '.join(words)})"


def _process(values: list[str]) -> str:
    return _any(f"process =~ {_regex('--process', value)}" for value in values)


def _name(values: list[str]) -> str:
    return _any(f"name =~ {_regex('--name', value)}" for value in values)


def _regex(option: str, value: str) -> str:
    if not value:
        raise UsageError(
            f"{option} takes a regular expression, as in {option} '^a'; an empty one is found everywhere"
        )
    try:
        pattern(value)
    except ValueError as error:
        told = f"{option}: '{value[:60]}' is no regular expression: {error}"
        raise UsageError(f"{told}; a backslash before a sign takes its meaning away") from None
    return quoted(value)


def _kind(values: list[str]) -> str:
    known = [kind_name(kind) for kind in KINDS]
    words = _words("--kind", values)
    for word in words:
        if word not in known:
            raise UsageError(
                f"there is no kind '{word[:60]}': {nearest(word, known, 'they are ' + ', '.join(known))}"
            )
    return f"kind in ({', '.join(map(quoted, words))})"


def _fd(values: list[str]) -> str:
    found = []
    for word in _words("--fd", values):
        first, dash, last = word.partition("-")
        if word in ROLES:
            found.append(f"role == {quoted(word)}")
        elif not dash and _is_number(first):
            found.append(f"fd == {first}")
        elif dash and _is_number(first) and (not last or (_is_number(last) and int(first) <= int(last))):
            found.append(f"fd >= {first}" + (f" and fd <= {last}" if last else ""))
        else:
            raise UsageError(
                f"--fd takes numbers, ranges and {', '.join(ROLES)}, as in 0-2,7,100-,cwd; not '{word[:60]}'"
            )
    return _any(found)


def _path(values: list[str]) -> str:
    for value in values:
        if not value:
            raise UsageError("--path takes a pattern of paths, as in --path '/var/log/**'")
        try:
            pattern(glob(value))
        except ValueError:
            raise UsageError(
                f"--path: a range in '{value[:60]}' ends before it begins; in brackets stand characters and "
                "ranges, as in [a-z_], and a bracket that is meant as such: [[]"
            ) from None
    wanted = quoted("|".join(glob(value) for value in values))
    # path: of a unix socket the file that it is bound to
    return f"name =~ {wanted} or (path =~ {wanted} and not abstract)"


def glob(path: str) -> str:
    """A pattern of paths as a regular expression: ``*`` and ``?`` stop at a slash, ``**`` does not.

    A pattern that ends in a slash means all that is below; one that does not begin with a slash may begin in any
    directory.
    """
    found = ["^" if path[:1] == "/" else "^(?:.*/)?"]
    for piece in _GLOB.findall(path + "**" * path.endswith("/")):
        if piece == "**/":
            found.append("(?:.*/)?")
        elif piece == "**":
            found.append(".*")
        elif piece in ("*", "?"):
            found.append("[^/]" + piece.replace("?", ""))
        elif piece[0] == "[" and piece not in ("[", "[]", "[!]", "[^]"):
            inner = piece[1:-1].replace("\\", "\\\\")
            found.append(f"[^{inner[1:]}]" if inner[0] == "!" else f"[{inner}]")
        else:
            found.append(re.escape(piece))
    return "(?s:" + "".join(found) + r"\Z)"


def _cgroup(values: list[str]) -> str:
    found = []
    for word in _words("--cgroup", values):
        path = "/" + word.strip("/")
        found.append(f"cgroup =~ {quoted('^' + re.escape(path.rstrip('/')) + '(?:/|$)')}")
    return _any(found)


def _container(values: list[str]) -> str:
    return _any(f"container =~ {quoted('^' + re.escape(word))}" for word in _words("--container", values))


def _tree(pids: Sequence[int]) -> str:
    listed = ", ".join(map(str, pids))
    return f"pid in ({listed}) or ancestors in ({listed})"


def _netns(inode: int) -> str:
    """Of sockets their own namespace counts, of all else that of the process."""
    return f"net_namespace == {inode} or (not exists net_namespace and namespaces.net == {inode})"


def _is_number(word: str) -> bool:
    return word.isascii() and word.isdigit() and len(word) <= 10


_OF_VALUES: dict[str, Callable[[list[str]], str]] = {
    "user": _user,
    "pid": _pid,
    "process": _process,
    "cgroup": _cgroup,
    "container": _container,
    "kind": _kind,
    "fd": _fd,
    "name": _name,
    "path": _path,
}
_OF_VERSIONS = {  # a raw socket's protocol is that of its packets, so that an address says more
    "ipv4": f'{_INTERNET} and (local_address !~ ":" or '
    '(not exists local_address and exists protocol and protocol !~ "v6$"))',
    "ipv6": f'{_INTERNET} and (local_address =~ ":" or (not exists local_address and protocol =~ "v6$"))',
}
"""Both together mean sockets of either."""
_OF_FLAGS = {
    "listening": 'state == "LISTEN"',
    "deleted": "deleted",
}
