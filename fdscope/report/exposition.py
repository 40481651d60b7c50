"""Families of samples to the text that Prometheus reads, through prometheus_client."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

from ..metrics import Family

if TYPE_CHECKING:
    from prometheus_client.metrics_core import Metric as Collected

_UNITS = ("bytes", "seconds", "ratio")


def collected(families: Iterable[Family]) -> Iterator[Collected]:
    """The same as prometheus_client has them."""
    from prometheus_client.metrics_core import Metric as Collected

    for (name, type_, help_), samples in families:
        name, suffix = name.removesuffix("_info"), {"counter": "_total", "info": "_info"}.get(type_, "")
        unit = name.rpartition("_")[2]
        found = Collected(name, help_, type_, unit if unit in _UNITS else "")
        for labels, value in samples:
            found.add_sample(name + suffix, labels, value)
        if samples:
            yield found


class Registry:
    """What prometheus_client asks for metrics: one answer, made before."""

    def __init__(self, families: Iterable[Family]) -> None:
        self._families = list(families)

    def collect(self) -> Iterable[Any]:
        """All metrics."""
        return collected(self._families)


def text(families: Iterable[Family]) -> bytes:
    """In the text format that node_exporter's textfile collector and promtool take."""
    from prometheus_client import generate_latest

    return generate_latest(Registry(families))
