"""Requests for metrics to answers, through prometheus_client: a WSGI application (PEP 3333)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from ..metrics import Family
from .exposition import Registry

PATH = "/metrics"
_HEADER = "HTTP_X_PROMETHEUS_SCRAPE_TIMEOUT_SECONDS"
_PATIENCE = 0.9
"""Of the time that Prometheus gives a scrape so much may pass until something is answered."""
_HOME = (
    b"<!doctype html><html lang=en><meta charset=utf-8><title>fdscope</title>"
    b'<h1>fdscope</h1><p><a href="metrics">Metrics</a></html>\n'
)

Metrics = Callable[[float | None], list[Family] | None]
Start = Callable[[str, list[tuple[str, str]]], object]


def application(metrics: Metrics) -> Callable[[Mapping[str, Any], Start], Iterable[bytes]]:
    """What a server asks.

    Args:
        metrics: gives them within so many seconds; None: within the time that is usual.
    """

    def answer(asked: Mapping[str, Any], start: Start) -> Iterable[bytes]:
        path, is_read = asked.get("PATH_INFO", ""), asked.get("REQUEST_METHOD") == "GET"
        if path in ("", "/") and is_read:
            start("200 OK", [("Content-Type", "text/html; charset=utf-8")])
            return [_HOME]
        if path != PATH:
            return _said("404 Not Found", f"metrics are at {PATH}", start)
        if not is_read:
            return _baked(Registry(()), asked, start)  # which says what it takes
        found = metrics(patience(asked.get(_HEADER)))
        if found is None:
            return _said("503 Service Unavailable", "no look at the processes has ended well so far", start)
        return _baked(Registry(found), asked, start)

    return answer


def _baked(registry: Any, asked: Mapping[str, Any], start: Start) -> Iterable[bytes]:
    from prometheus_client import make_wsgi_app

    answer: Iterable[bytes] = make_wsgi_app(registry)(asked, start)
    return answer


def patience(header: str | None) -> float | None:
    """How long an answer may take by what Prometheus says; None: it does not say."""
    try:
        seconds = float(header or "")
    except ValueError:
        return None
    return seconds * _PATIENCE if 0 < seconds < float("inf") else None


def _said(status: str, line: str, start: Start) -> Iterable[bytes]:
    start(status, [("Content-Type", "text/plain; charset=utf-8")])
    return [line.encode() + b"\n"]
