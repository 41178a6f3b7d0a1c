"""Listens for HTTP requests while the service runs: few threads, bounded requests, no patience with slow ones."""

import logging
import socket
import threading
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from waitress.server import create_server
from waitress.wasyncore import close_all

from connector.domain.errors import ConnectorError
from connector.service.wire import LONGEST_BODY

_THREADS = 4
_SLOWEST = 10
"""Seconds without a byte after which a connection is closed."""


def address_of(listen: str) -> tuple[str, int]:
    """The host and port of `HOST:PORT`."""
    host, _, port = listen.rpartition(":")
    return host.strip("[]"), int(port)


def obstacle(listen: str) -> str | None:
    """Why nobody can listen there; None where it is free."""
    try:
        _bound(listen).close()
    except OSError as failure:
        return f"http.listen {listen}: {failure.strerror or failure}; name another address or port"
    return None


def _bound(listen: str) -> socket.socket:
    host, port = address_of(listen)
    family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
    found = socket.socket(family, kind, protocol)
    try:
        found.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        found.bind(address)
    except OSError:
        found.close()
        raise
    return found


class Listener:
    """A server in a thread of its own. Port 0 takes a free one; `port` says which."""

    def __init__(self, listen: str, app: Callable[[Mapping[str, Any], Callable[..., Any]], Iterable[bytes]]) -> None:
        logging.getLogger("waitress.queue").setLevel(logging.ERROR)
        try:
            place = _bound(listen)
        except OSError as failure:
            raise ConnectorError(
                f"http.listen {listen}: {failure.strerror or failure}; name another address or port."
            ) from None
        self.port = int(place.getsockname()[1])
        self._server = create_server(
            app, sockets=[place], threads=_THREADS, ident=None, connection_limit=100,
            channel_timeout=_SLOWEST, cleanup_interval=5, max_request_body_size=LONGEST_BODY,
            max_request_header_size=32 * 1024, clear_untrusted_proxy_headers=True,
        )  # fmt: skip
        self._thread = threading.Thread(target=self._server.run, daemon=True, name="http")

    def start(self) -> None:
        """Begin to answer."""
        self._thread.start()

    def stop(self) -> None:
        """Take nothing more in, and let go of the address."""
        if self._thread.is_alive():
            # Closed by the thread that looks at the sockets; from here it would look at one that is gone. An answer
            # may have woken it just now, so it must not find the wish before its bell, which it closes, was rung.
            trigger = self._server.trigger
            with trigger.lock:
                trigger.thunks.append(self._close)
                trigger.pull_trigger()
            self._thread.join(timeout=5)
        else:
            self._close()
        self._server.task_dispatcher.shutdown()

    def _close(self) -> None:
        close_all(self._server._map, ignore_all=True)  # noqa: SLF001 - the only list of what is open
