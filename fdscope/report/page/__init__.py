"""A report as one HTML page that stands by itself: its style, its programs and its data are within it.

Nothing in it asks for anything on a network. A Content-Security-Policy (CSP level 3) within it allows the one
script and the one style sheet that it has, by their digests, and nothing else.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ...answers import Waits
from ...frame import Timeline
from ...model import Snapshot
from .. import document
from .content import Asked, content
from .shared import in_script

SCRIPTS = tuple("data elements table processes descriptors matrix layout graph waits plots overview begin".split())
"""The parts of the script, in the order in which they need each other."""

__all__ = ["SCRIPTS", "Asked", "page"]


def page(
    snapshot: Snapshot,
    waits: Waits,
    graph: Any,
    timeline: Timeline | None,
    asked: Asked,
    parts: Mapping[str, str],
) -> bytes:
    """The page.

    Args:
        snapshot: what was looked at.
        waits: what its threads wait for.
        graph: who talks to whom; None: that is not shown.
        timeline: switches and descriptors over time; None: nobody watched.
        asked: how it was asked for.
        parts: the texts that a page is made of, by their names: page.html, page.css, and the parts of its script.
    """
    data = in_script(document.encode(content(snapshot, waits, graph, timeline, asked)))
    style = parts["page.css"]
    script = '"use strict";\n(() => {\n' + "\n".join(parts[f"{name}.js"] for name in SCRIPTS) + "})();\n"
    policy = (
        f"default-src 'none'; script-src 'sha256-{_digest(script)}'; style-src 'sha256-{_digest(style)}'; "
        "img-src data:; base-uri 'none'; form-action 'none'"
    )
    filled = parts["page.html"]
    for name, text in (("POLICY", policy), ("STYLE", style), ("SCRIPT", script), ("DATA", data)):
        before, mark, after = filled.partition(f"%{name}%")
        assert mark, f"page.html has no place for {name}"
        # what has been filled in may hold a mark: only what follows is searched for the next one
        filled = before + text + after
    return filled.encode()


def _digest(text: str) -> str:
    """The base64 of the SHA-256 of what stands between the tags of an element."""
    from base64 import b64encode
    from hashlib import sha256  # OpenSSL takes 5 ms to load

    return b64encode(sha256(text.encode()).digest()).decode()
