"""What is said of how an answer was found, to whoever listens: --debug."""

from __future__ import annotations

from collections.abc import Callable

listeners: list[Callable[[str], None]] = []


def tell(text: str) -> None:
    """Says some lines; nobody may be listening."""
    for listen in listeners:
        for line in text.splitlines():
            listen(line)
