"""What a command looks at: this machine now or a snapshot that was kept, and of it what the options choose."""

from __future__ import annotations

from argparse import Namespace
from typing import Any

from ..model import Snapshot
from ..options import NOT_WITH_FROM, OPTIONS
from ..selection import UsageError, nearest
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
        from ..parts import net_namespace_of
        from ..parts import pids_of as pids_then

        whole = kept(asked)
        return expression(asked, lambda word: pids_then(whole, word), lambda word: net_namespace_of(whole, word))
    from ..scanner import pids_of

    _must_be_users(asked.user)
    return expression(asked, lambda word: pids_of(word, asked.proc), lambda word: _net_namespace(word, asked.proc))


def nothing_fits(asked: Namespace) -> str:
    """What to say where nothing was chosen; of the mapped files of a snapshot also why."""
    told = "nothing that could be read fits what the options choose"
    told += f" of {', '.join(asked.targets[:3])}" if asked.targets else ""
    where = chosen(asked) if asked.from_ else None
    if where is not None and where.asks_for_files and not _has_mappings(kept(asked)):
        told += "; files that memory is mapped from are in a snapshot only if it was taken with --mapped"
    return told


def _has_mappings(snapshot: Snapshot) -> bool:
    return any(one.role == "mapped" for process in snapshot.processes for one in process.files or ())


def _must_be_users(values: list[str]) -> None:
    """Raises UsageError if a name that --user was given is that of no account on this machine."""
    for name in (word.strip() for value in values for word in value.split(",")):
        if name and not name.isdigit():
            from ..kernel.users import is_user, names

            if not is_user(name):
                hint = nearest(name, names(), "give a name that getent(1) passwd lists, or a number")
                raise UsageError(f"no user is called '{name[:60]}': {hint}")


def kept(asked: Namespace) -> Snapshot:
    """The snapshot that --from names, whole; read once, as standard input cannot be read twice.

    Raises:
        UsageError: it is none, or an option was given that only a look at this machine has.
    """
    if not hasattr(asked, "kept"):
        for option in OPTIONS:
            name = option.names[0]
            value = getattr(asked, name.removeprefix("--").replace("-", "_"), None)
            if name in NOT_WITH_FROM and value not in (None, False, option.default):
                raise UsageError(f"{name} does not go with --from: {NOT_WITH_FROM[name]}")
        from ..saved import load

        shown = "standard input" if asked.from_ == "-" else asked.from_
        say = getattr(asked, "say", lambda _: None)
        asked.kept = load(asked.from_, lambda: say(f"waiting for a snapshot from {shown}"))
    found: Snapshot = asked.kept
    return found


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
        from ..parts import part

        return part(kept(asked), targets, where, lineage=how.get("lineage", False))
    from ..scanner import scan

    found: Snapshot = scan(targets, proc=asked.proc, timeout_s=asked.timeout, where=where, **how)
    return found
