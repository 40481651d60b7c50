"""A descriptor as a picture: table entry, open file description, object, and who else is at the latter two."""

from __future__ import annotations

from collections.abc import Sequence

from ..model import Descriptor, Holder, Process, kind_name
from .safe import printable
from .style import Style, columns

MOST_WIDE = 100
"""The picture grows no wider; what does not fit into it stands below it."""
SIDE_BY_SIDE = 64
"""With fewer columns than these the boxes stand below each other."""

_MOST = 4
_UNICODE = {"tl": "┌", "tr": "┐", "bl": "└", "br": "┘", "h": "─", "v": "│", "out": "├", "to": "──▶", "up": "▲"}
_ASCII = {"tl": "+", "tr": "+", "bl": "+", "br": "+", "h": "-", "v": "|", "out": "|", "to": "-->", "up": "^"}


def picture(process: Process, descriptor: Descriptor, style: Style) -> list[str]:
    """The lines of the picture, each with its end of line."""
    width = min(style.width or MOST_WIDE, MOST_WIDE)
    heads = (
        f"{printable(process.name or '?')} [{process.pid}]",
        "open file description",
        kind_name(type(descriptor)),
    )
    boxes = (_entry(descriptor), _open_file(descriptor), [printable(descriptor.describe())])
    below: tuple[list[str], ...] = (
        [],
        _around_open_file(process, descriptor),
        _around_object(process, descriptor),
    )
    if width < SIDE_BY_SIDE:
        return _below_each_other(heads, boxes, below, width, style)
    return _side_by_side(heads, boxes, below, width, style)


def _entry(descriptor: Descriptor) -> list[str]:
    lines = [f"fd {descriptor.fd}"]
    if descriptor.tid is not None:
        lines.append(f"of thread {descriptor.tid}")
    if "cloexec" in (descriptor.flags or ()):
        lines.append("close-on-exec")
    return lines


def _open_file(descriptor: Descriptor) -> list[str]:
    flags = [printable(flag) for flag in descriptor.flags or () if flag not in ("cloexec", "largefile")]
    access = descriptor.access or ("not known" if descriptor.flags is None else "neither r nor w")
    lines = [" ".join([access, *flags])]
    if descriptor.position is not None:
        lines.append(f"position {descriptor.position:,}")
    return lines


def _around_open_file(process: Process, descriptor: Descriptor) -> list[str]:
    sharing = descriptor.shared_with or []
    total = descriptor.shared_total or len(sharing)
    watching = [f"epoll {_other(one, process)}" for one in descriptor.watched_by or ()]
    watchers = descriptor.watched_total or len(watching)
    return _few([_other(one, process) for one in sharing], total) + _few(watching, watchers)


def _around_object(process: Process, descriptor: Descriptor) -> list[str]:
    peers = descriptor.peers or []
    if descriptor.other_end is not None:
        return [f"({descriptor.other_end.replace('-', ' ')})"]
    return _few([_other(one, process) for one in peers], descriptor.peers_total or len(peers))


def _other(one: Holder, process: Process) -> str:
    number = f"fd {one.fd}"
    return number if one.pid == process.pid else f"{printable(one.process or '?')}[{one.pid}] {number}"


def _few(lines: list[str], total: int) -> list[str]:
    shown = lines[:_MOST]
    return shown + ([f"and {total - len(shown):,} more"] if total > len(shown) else [])


def _side_by_side(
    heads: Sequence[str], boxes: Sequence[list[str]], below: Sequence[list[str]], width: int, style: Style
) -> list[str]:
    marks = _UNICODE if style.unicode else _ASCII
    room = width - 1 - 2 * len(marks["to"])
    widths: list[int] = []
    for place, most in enumerate((22, 26, room)):
        natural = 4 + max(columns(line) for line in (heads[place], *boxes[place]))
        widths.append(max(min(natural, most, room - sum(widths)), 8))
    texts = [_folded(box, inner - 4, 3, style) for box, inner in zip(boxes, widths, strict=True)]
    height = max(map(len, texts))
    gap = " " * len(marks["to"])
    starts = [1, 1 + widths[0] + len(gap), 1 + widths[0] + widths[1] + 2 * len(gap)]

    titles = (style.title(_padded(style.cut(f" {head}", w), w)) for head, w in zip(heads, widths, strict=True))
    lines = [" " + gap.join(titles)]
    lines.append(" " + gap.join(f"{marks['tl']}{marks['h'] * (w - 2)}{marks['tr']}" for w in widths))
    for row in range(height):
        line = " "
        for place, (text, w) in enumerate(zip(texts, widths, strict=True)):
            inside = _padded(text[row] if row < len(text) else "", w - 4)
            leads = row == 0 and place < 2
            right = marks["out"] + marks["to"] if leads else marks["v"] + gap
            line += f"{marks['v']} {inside} {right}"
        lines.append(line)
    lines.append(" " + gap.join(f"{marks['bl']}{marks['h'] * (w - 2)}{marks['br']}" for w in widths))
    lines += _branches(below, starts, [starts[2], width], marks, style)
    return [line.rstrip() + "\n" for line in lines]


def _branches(
    below: Sequence[list[str]], starts: Sequence[int], ends: Sequence[int], marks: dict[str, str], style: Style
) -> list[str]:
    """Who else is at the second and at the third box, below them."""
    columns_ = []
    for place in (1, 2):
        items = below[place]
        room = ends[place - 1] - starts[place] - 6
        branch = [marks["up"]] if items else []
        for number, item in enumerate(items):
            corner = marks["bl"] if number == len(items) - 1 else marks["out"]
            branch.append(f"{corner}{marks['h']} {style.cut(item, max(room, 4))}")
        columns_.append(branch)
    lines = []
    for row in range(max(map(len, columns_))):
        line = ""
        for place, branch in enumerate(columns_):
            if row < len(branch):
                line = _padded(line, starts[place + 1] + 2) + branch[row]
        lines.append(line)
    return lines


def _below_each_other(
    heads: Sequence[str], boxes: Sequence[list[str]], below: Sequence[list[str]], width: int, style: Style
) -> list[str]:
    down, left = ("│", "▼"), "◀─"
    if not style.unicode:
        down, left = ("|", "v"), "<-"
    lines: list[str] = []
    for place, head in enumerate(heads):
        if place:
            lines += [f"  {mark}" for mark in down]
        lines.append(style.title(style.cut(head, width)))
        lines += [style.cut(f"  {line}", width) for line in boxes[place]]
        lines += [style.cut(f"  {left} {line}", width) for line in below[place]]
    return [line.rstrip() + "\n" for line in lines]


def _folded(lines: Sequence[str], width: int, most: int, style: Style) -> list[str]:
    """Lines of at most `width` columns, broken at blanks where there are any; the rest is cut off."""
    found: list[str] = []
    for line in lines:
        part = ""
        for word in line.split(" "):
            if part and columns(part) + 1 + columns(word) > width and len(found) < most - 1:
                found.append(style.cut(part, width))
                part = word
            else:
                part = f"{part} {word}" if part else word
        found.append(style.cut(part, width))
    return found


def _padded(text: str, width: int) -> str:
    return text + " " * max(width - columns(text), 0)
