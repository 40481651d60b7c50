"""fdscope export: what processes hold and do as metrics, for Prometheus."""

from __future__ import annotations

from argparse import Namespace

from ..console import Console
from ..exporting import Exporter, Terms
from ..report.safe import printable
from ..selection import UsageError
from ..statuses import DONE, NOT_WRITTEN
from ._ending import held_back, in_good_order
from ._looking import chosen
from ._metrics import each_interval, once
from ._serving import Address, address, grouping_of, served, tls_of


def run(asked: Namespace, console: Console) -> int:
    """Looks once, or whenever somebody asks, until it is told to end."""
    terms, place, tls = _terms(asked), _place(asked), tls_of(asked)
    _must_have_client()
    try:
        with Exporter(terms, lambda line: console.say(f"fdscope: {printable(line)}")) as exporter:
            in_good_order()
            if asked.once:
                once(exporter, asked, console)
                return DONE
            exporter.metrics()  # what is wrong is seen now, and growth is told from here
            exporter.check()
            held_back()
            with served(exporter.metrics, place, tls, console):
                return DONE if each_interval(exporter, asked, console) else NOT_WRITTEN
    except KeyboardInterrupt:
        return DONE  # it was told to end, as every service is one day


def _terms(asked: Namespace) -> Terms:
    return Terms(
        grouping=grouping_of(asked.by),
        where=chosen(asked),
        proc=asked.proc,
        source=asked.source,
        timeout_s=asked.timeout,
        window_s=asked.window,
        most_series=asked.max_series,
        whole_lives=asked.once,
    )


def _place(asked: Namespace) -> Address | None:
    """Where to serve; None: nowhere."""
    if asked.once and asked.listen:
        raise UsageError("--once looks once and ends, and --listen goes on: give one of them")
    if asked.listen is None and (asked.once or asked.textfile):
        if asked.certfile or asked.client_ca:
            raise UsageError("certificates are for --listen, which is not asked for")
        return None
    return address(asked.listen or "127.0.0.1:9878")


def _must_have_client() -> None:
    try:
        import prometheus_client  # noqa: F401
    except ImportError:
        raise UsageError("export takes prometheus_client: pip install 'fdscope[export]'") from None
