"""Families of samples to the text that Prometheus reads, through prometheus_client."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

from ..metrics import Family, Metric

if TYPE_CHECKING:
    from prometheus_client.metrics_core import Metric as Collected

_UNITS = ("bytes", "seconds", "ratio")


def collected(families: Iterable[Family]) -> Iterator[Collected]:
    """The same as prometheus_client has them."""
    from prometheus_client.metrics_core import Metric as Collected

    for metric, samples in families:
        sampled, name = _sampled(metric), metric.name.removesuffix("_info")
        unit = name.rpartition("_")[2]
        found = Collected(name, metric.help, metric.type, unit if unit in _UNITS else "")
        for labels, value in samples:
            found.add_sample(sampled, labels, value)
        if samples:
            yield found


def _sampled(metric: Metric) -> str:
    """The name that the samples of a metric have."""
    return metric.name + "_total" if metric.type == "counter" else metric.name


class Registry:
    """What prometheus_client asks for metrics: one answer, made before."""

    def __init__(self, families: Iterable[Family]) -> None:
        self._families = list(families)

    def collect(self) -> Iterable[Any]:
        """All metrics."""
        return collected(self._families)

    def restricted_registry(self, names: Iterable[str]) -> Registry:
        """Those of these names alone, as ``/metrics?name[]=fdscope_series`` asks."""
        wanted = set(names)
        return Registry(one for one in self._families if wanted & {one.metric.name, _sampled(one.metric)})


def text(families: Iterable[Family]) -> bytes:
    """In the text format that node_exporter's textfile collector and promtool take."""
    from prometheus_client import generate_latest

    return generate_latest(Registry(families))
