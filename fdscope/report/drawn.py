r"""A graph in the languages that other programs draw: DOT of Graphviz, and Mermaid.

Names are hostile: in DOT a quote and a backslash are escaped, and ``&`` begins an entity (the DOT language,
"Quoted strings"); in Mermaid every character that might mean something is an entity by its number, and what means
something even so is parted. Nodes are called n0, n1, …, so that no name can be a keyword.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping

from ..pictures import Graph, GraphNode
from .joined import Line, asides, circles, lines_of, named
from .safe import printable

LARGE = 100
"""Past so many nodes lines of force place them: layers of so many take minutes."""

_RED = "#c62828"
_COLOURS = {
    "pipe": "#1565c0",
    "unix": "#2e7d32",
    "tcp": "#6a1b9a",
    "udp": "#8e24aa",
    "shared-memory": "#b26a00",
    "pty": "#607d8b",
    "listener": "#607d8b",
    "inherited": "#9e9e9e",
}
_DASHED = ("listener", "inherited", "shared-memory")
_LEGEND = "arrow: data flows this way only · red: a thread waits in a blocking call · ellipse: an address"


def dot(graph: Graph) -> Iterator[str]:
    """Lines of DOT."""
    ids = {node.id: f"n{number}" for number, node in enumerate(graph.nodes)}
    font = 'fontname="Helvetica,Arial,sans-serif"'
    yield "digraph fdscope {\n"
    yield f'  graph [rankdir=LR, {font}, fontsize=9, fontcolor="#616161", labelloc=b, ranksep=0.6, nodesep=0.2,'
    curves = "line" if len(graph.nodes) > LARGE else "true"
    yield f" overlap=prism, splines={curves}, outputorder=edgesfirst, label={_quoted(_below(graph))}];\n"
    yield f'  node [{font}, fontsize=11, shape=box, style="rounded,filled", color="#90a4ae", fillcolor="#f5f7f8",'
    yield ' margin="0.12,0.06", height=0.3];\n'
    yield f"  edge [{font}, fontsize=9, arrowsize=0.6];\n"
    for node in graph.nodes:
        yield f"  {ids[node.id]} [{', '.join(_node(node))}];\n"
    lines = lines_of(graph)
    near = _neighbours(lines)
    for line in lines:
        abreast = ["constraint=false"] * _is_abreast(line, near)
        yield f"  {ids[line.one.id]} -> {ids[line.other.id]} [{', '.join([*_edge(line), *abreast])}];\n"
    yield "}\n"


def _neighbours(lines: Iterable[Line]) -> Mapping[str, set[str]]:
    found: defaultdict[str, set[str]] = defaultdict(set)
    for line in lines:
        found[line.one.id].add(line.other.id)
        found[line.other.id].add(line.one.id)
    return found


def _is_abreast(line: Line, near: Mapping[str, set[str]]) -> bool:
    """Whether the two have one place in the order of things, as workers of one master: so they get one layer."""
    one, other = line.one, line.other
    if any(edge.directed for edge in line.edges) or near[one.id].isdisjoint(near[other.id]):
        return False
    alike = (one.form, one.label, one.title) == (other.form, other.label, other.title)
    return alike or all(edge.kind in _DASHED for edge in line.edges)


def _below(graph: Graph) -> str:
    return "\n".join([*map(printable, circles(graph.cycles)), _LEGEND])


def _node(node: GraphNode) -> Iterator[str]:
    yield f"label={_quoted(chr(10).join(map(printable, _words(node))))}"
    if node.form == "address":
        yield 'shape=ellipse, fillcolor="#fffde7"'
    if node.form == "group" and (node.processes or 0) > 1:
        yield "peripheries=2"
    if node.in_cycle:
        yield f'color="{_RED}", penwidth=2'
    elif node.target:
        yield 'fillcolor="#e3f2fd", color="#1565c0"'


def _words(node: GraphNode) -> list[str]:
    """Its name, what it calls itself, and what is not drawn of it; not yet safe."""
    return [named(node), *([node.title] if node.title else []), *asides(node)]


def _label(line: Line) -> str:
    """Kinds, what waits, and in words what is red besides."""
    found = [", ".join(line.kinds())]
    found += [one for one in [", ".join(line.queues("▶", "◀"))] if one]
    if line.blocked:
        found.append("blocked: " + ", ".join(_shortly(node) for node in line.blocked))
    return "\n".join([*found, *["cycle"] * line.in_cycle])


def _shortly(node: GraphNode) -> str:
    return printable(node.label) if node.pid is None else f"[{node.pid}]"


def _edge(line: Line) -> Iterator[str]:
    kinds = {edge.kind for edge in line.edges}
    colour = _COLOURS.get(line.edges[0].kind, "#455a64")
    if line.blocked or line.in_cycle:
        colour = _RED
        yield f"penwidth={2 if line.in_cycle else 1.4}"
    elif kinds <= set(_DASHED):
        yield "style=dashed"
    yield f'label={_quoted(_label(line))}, color="{colour}", fontcolor="{colour}"'
    if not line.forth:
        flows = all(edge.directed for edge in line.edges)
        yield "dir=back" if line.back else "dir=both" if flows else "dir=none"


def _quoted(text: str) -> str:
    r"""A string of DOT; what is between lines of `text` becomes a line break, so that it must be `printable`.

    >>> _quoted('a"b\\N &lt;')
    '"a\\"b\\\\N &amp;lt;"'
    """
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("&", "&amp;")
    return '"' + escaped.replace("\n", "\\n") + '"'


def mermaid(graph: Graph) -> Iterator[str]:
    """Lines of a Mermaid flowchart."""
    ids = {node.id: f"n{number}" for number, node in enumerate(graph.nodes)}
    yield "flowchart LR\n"
    for node in graph.nodes:
        opening, closing = ("([", "])") if node.form == "address" else ("[", "]")
        yield f'  {ids[node.id]}{opening}"{"<br>".join(map(_entities, _words(node)))}"{closing}\n'
    red = []
    for number, line in enumerate(lines_of(graph)):
        label = "<br>".join(_entities(part) for part in _label(line).split("\n"))
        if line.back:
            line = line.turned()
        flows = all(edge.directed for edge in line.edges)
        arrow = "-->" if line.forth else "<-->" if flows else "---"
        yield f'  {ids[line.one.id]} {arrow}|"{label}"| {ids[line.other.id]}\n'
        red += [str(number)] * bool(line.blocked or line.in_cycle)
    if red:
        yield f"  linkStyle {','.join(red)} stroke:{_RED},color:{_RED}\n"
    for node in graph.nodes:
        if node.in_cycle:
            yield f"  style {ids[node.id]} stroke:{_RED},stroke-width:3px\n"


MOST_OF_MERMAID = 499
"""It draws no more lines, unless whoever starts it sets `maxEdges`: a picture cannot ask for more."""


def too_many(graph: Graph) -> Iterator[str]:
    """What to say of a flowchart that Mermaid refuses to draw."""
    lines = len(lines_of(graph))
    if lines > MOST_OF_MERMAID:
        yield (
            f"Mermaid draws no more than {MOST_OF_MERMAID} lines unless its maxEdges is raised, and these are "
            f"{lines:,}: draw less, with a TARGET, --edges or --collapse name"
        )


_PLAIN = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789 .,:_/-+=()")


_EVEN_AS_ENTITIES = {"\\n": "\\\u200bn", "$": "$\u200b", ":fa-": ":\u200bfa-"}
"""A new line, a formula and an icon to Mermaid, also as entities; so something invisible parts them."""


def _entities(text: str) -> str:
    """`text` between quotes of Mermaid.

    >>> _entities('end" --> x')
    'end#34; --#62; x'
    """
    safe = printable(text)
    for meaning, harmless in _EVEN_AS_ENTITIES.items():
        safe = safe.replace(meaning, harmless)
    return "".join(
        one if one in _PLAIN or (ord(one) > 127 and one.isprintable()) else f"#{ord(one)};" for one in safe
    )
