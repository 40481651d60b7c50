"""What a command looks at: this machine now or a snapshot that was kept, and of it what the options choose."""

from __future__ import annotations

from argparse import Namespace
from typing import Any

from ..model import Snapshot
from ..selection import UsageError
from ..where import Expression


def chosen(asked: Namespace) -> Expression | None:
    """What the options of selection choose; None: everything.

    Raises:
        UsageError: one of them makes no sense.
    """
    if not is_choosing(asked):
        return None
    from ..asking import expression

    if getattr(asked, "from_", None):  # watch looks at this machine only
        from ..saved import net_namespace_of
        from ..saved import pids_of as pids_then

        kept = _kept(asked)
        return expression(asked, lambda word: pids_then(kept, word), lambda word: net_namespace_of(kept, word))
    from ..scanner import pids_of

    return expression(asked, lambda word: pids_of(word, asked.proc), lambda word: _net_namespace(word, asked.proc))


def _kept(asked: Namespace) -> Snapshot:
    """The snapshot that --from names, read once: standard input cannot be read twice."""
    if not hasattr(asked, "kept"):
        from ..saved import load

        asked.kept = load(asked.from_)
    kept: Snapshot = asked.kept
    return kept


def _net_namespace(word: str, proc: str) -> int:
    from ..kernel.netns import inode_of

    try:
        return inode_of(word, proc)
    except OSError as error:
        raise UsageError(
            f"no network namespace '{word[:60]}' can be looked at: {error.strerror}; --netns takes an "
            "inode number, a name that ip-netns(8) gave it, self, or pid:PID"
        ) from None


CHOOSING = (
    "where user pid process cgroup container netns kind fd name path ipv4 ipv6 listening deleted tree".split()
)


def is_choosing(asked: Namespace) -> bool:
    """Whether an option chooses some of all descriptors or processes."""
    return any(getattr(asked, name, None) for name in CHOOSING)


def look(asked: Namespace, targets: list[str], where: Expression | None = None, **how: Any) -> Snapshot:
    """A scan of these targets, or what a snapshot that was kept has of them.

    Args:
        asked: the options; those that say where to look count here.
        targets: words as `scanner.scan` takes them.
        where: what is chosen of what they hold.
        how: more of what `scanner.scan` takes.

    Raises:
        UsageError: as `scan` and `saved.load` raise it.
    """
    if asked.from_:
        from ..saved import part

        return part(_kept(asked), targets, where)
    from ..scanner import scan

    found: Snapshot = scan(targets, proc=asked.proc, timeout_s=asked.timeout, where=where, **how)
    return found
