"""What ``fdscope export`` takes from words: an address, certificates, a way to group; and the server."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import NamedTuple

from ..console import Console
from ..grouping import WORDS, Grouping, grouping
from ..kernel.serving import Server, Tls
from ..metrics import Family
from ..report.safe import printable
from ..selection import UsageError, nearest


class Address(NamedTuple):
    """Where to listen."""

    host: str
    port: int

    def __str__(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"

    @property
    def is_loopback(self) -> bool:
        """Whether nobody outside of the machine can come to it."""
        return self.host in ("::1", "localhost") or self.host.startswith("127.")


def address(word: str) -> Address:
    """An address in the form HOST:PORT, or [HOST]:PORT of IPv6.

    Raises:
        UsageError: it has another form; no host is not taken for all.
    """
    host, colon, port = word.rpartition(":")
    if host.startswith("[") and host.endswith("]"):
        host = host[1:-1]
    elif ":" in host:
        raise UsageError(f"--listen takes an address of IPv6 in brackets, as [::1]:9878, not '{word[:60]}'")
    if not colon or not (port.isascii() and port.isdigit() and len(port) < 6 and int(port) < 65536):
        raise UsageError(f"--listen takes HOST:PORT, as 127.0.0.1:9878, not '{word[:60]}'")
    if not host:
        raise UsageError(f"--listen takes a host, too: 127.0.0.1:{port}, or 0.0.0.0:{port} for the whole network")
    return Address(host, int(port))


def tls_of(asked: Namespace) -> Tls | None:
    """The certificates that are asked for; None: none are."""
    if not (asked.certfile or asked.keyfile or asked.client_ca):
        return None
    if not (asked.certfile and asked.keyfile):
        raise UsageError("TLS takes both --certfile and --keyfile")
    return Tls(asked.certfile, asked.keyfile, asked.client_ca)


def grouping_of(word: str) -> Grouping:
    """How to group, by a word of `grouping.WORDS` or by a file."""
    if word in WORDS:
        return grouping(word, None, printable)
    return grouping(word, _table(word), printable)


def _table(path: str) -> dict[str, object]:
    from ..kernel.whole import content

    try:
        import tomllib
    except ImportError:  # before Python 3.11
        try:
            import tomli as tomllib  # type: ignore[import-not-found, no-redef]
        except ImportError:
            raise UsageError("--by FILE takes tomli: pip install 'fdscope[export]'") from None
    try:
        return tomllib.loads(content(path).decode())
    except OSError as error:
        hint = nearest(path, WORDS, f"--by takes {', '.join(WORDS)}, or a TOML file")
        raise UsageError(f"cannot read '{path[:60]}' ({error.strerror}): {hint}") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise UsageError(f"{path}: no TOML: {error}") from None


@contextmanager
def served(
    metrics: Callable[[float | None], list[Family] | None],
    place: Address | None,
    tls: Tls | None,
    console: Console,
) -> Iterator[None]:
    """Serves metrics, and says where; if that is anywhere.

    Raises:
        UsageError: that cannot be done there, or with these certificates.
    """
    if place is None:
        yield
        return
    from ..report.web import PATH, application

    try:
        server = Server(application(metrics), *place, tls)
    except OSError as error:
        why = error.strerror or str(error)
        raise UsageError(f"cannot serve at {place}: {why}; --listen takes another address or port") from None
    with server:
        place = place._replace(port=server.port)
        console.say(f"fdscope: metrics are at {'http' if tls is None else 'https'}://{place}{PATH}")
        if tls is None and not place.is_loopback:
            console.say("fdscope: whoever reaches it can read them: TLS is off (--certfile, --keyfile)")
        yield
