"""A web server on one address, made by prometheus_client: threads that answer, TLS if that is wanted."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

_SILENT_S = 10.0
"""A client that says nothing, or takes nothing, for so long is left."""


class Tls(NamedTuple):
    """Files in PEM form."""

    certificate: str
    key: str
    client_authority: str | None = None
    """Who must have signed the certificate of a client; None: clients need none."""


class Server:
    """The server, which answers from now on. Close it, or use it in a `with` statement."""

    def __init__(
        self, application: Callable[[Any, Any], Iterable[bytes]], host: str, port: int, tls: Tls | None = None
    ) -> None:
        """Begins to listen.

        Args:
            application: what is asked (WSGI, PEP 3333).
            host: an address of this machine, or a name of one.
            port: the port; 0: any that is free.
            tls: how to prove who this is; None: everything is told in the clear.

        Raises:
            OSError: the address is taken, or none of this machine's; or a file of `tls` cannot be used.
            ImportError: there is no prometheus_client.
        """
        from prometheus_client import CollectorRegistry, start_http_server

        more: dict[str, Any] = {}
        if tls is not None:
            more = {
                "certfile": tls.certificate,
                "keyfile": tls.key,
                "client_cafile": tls.client_authority,
                "client_auth_required": tls.client_authority is not None,
            }
        self._server, self._thread = start_http_server(port, host, CollectorRegistry(), **more)
        self._server.set_app(application)
        if tls is not None:  # else a client that says nothing would keep all others from being accepted
            self._server.socket.do_handshake_on_connect = False  # type: ignore[attr-defined]  # of ssl.SSLSocket
        told = self._server.handle_error

        def left(request: Any, client: Any) -> None:
            """A client that is silent, has gone or has no certificate is not worth twenty lines in a journal."""
            if not isinstance(sys.exc_info()[1], OSError):
                told(request, client)

        self._server.handle_error = left  # type: ignore[assignment]
        handler: Any = self._server.RequestHandlerClass
        self._server.RequestHandlerClass = type("Handler", (handler,), {"timeout": _SILENT_S})
        self.port: int = self._server.server_port

    def __enter__(self) -> Server:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Answers nobody any more."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()
