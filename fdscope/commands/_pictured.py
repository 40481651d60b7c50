"""What graph is asked to draw, and its drawing by Graphviz."""

from __future__ import annotations

from ..pictures import JOINS, NOT_USUAL, Graph
from ..selection import UsageError, nearest


def edges_of(wish: str | None) -> set[str] | None:
    """The kinds of edges that a value of --edges means; None: the usual ones.

    ``all`` is every kind, ``+LIST`` the usual ones and these.

    Raises:
        UsageError: there is no such kind, or none is named.
    """
    if wish is None:
        return None
    known = kinds()
    words = [word.strip() for word in wish.removeprefix("+").split(",") if word.strip()]
    for word in words:
        if word not in known and word != "all":
            hint = nearest(word, known, f"it takes all, or some of {', '.join(JOINS)}")
            raise UsageError(f"no edge is of kind '{word[:60]}': {hint}")
    if not words:
        raise UsageError(f"--edges takes kinds, as in --edges pipe,unix: {', '.join(JOINS)}; or all")
    if "all" in words:
        return set(known)
    return {*words, *(set(known) - set(NOT_USUAL) if wish.startswith("+") else ())}


def kinds() -> list[str]:
    """All kinds of edges: those that have a name of their own, and kinds of sockets that meet otherwise."""
    from ..kinds import KINDS
    from ..model import kind_name

    sockets = [kind_name(kind) for kind in KINDS if "facing_inodes" in kind.__struct_fields__]
    return list(dict.fromkeys([*JOINS, *sockets]))


def svg(graph: Graph) -> bytes:
    """The picture, drawn by Graphviz: in layers, or where there are too many nodes for that by force.

    Raises:
        UsageError: Graphviz is not installed, or could not draw it.
    """
    from ..kernel.graphviz import NotDrawnError, NotInstalledError, drawn
    from ..report.drawn import LARGE, dot

    program = "sfdp" if len(graph.nodes) > LARGE else "dot"
    try:
        return drawn("".join(dot(graph)).encode(), program=program)
    except NotInstalledError as error:
        raise UsageError(
            f"{error}: install graphviz, or take --format dot and draw it elsewhere, or --format mermaid"
        ) from None
    except NotDrawnError as error:
        raise UsageError(f"{error}: draw less, with a TARGET, --edges or --collapse name") from None
