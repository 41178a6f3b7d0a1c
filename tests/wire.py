"""A server that does exactly what a test says, byte by byte, over a real socket."""

import socket
import ssl
import struct
import threading
from collections.abc import Callable, Mapping
from types import TracebackType
from typing import Self

Deed = Callable[[socket.socket, bytes], None]


def answer(
    status: int,
    body: bytes = b"",
    headers: Mapping[str, str] | None = None,
    *,
    length: bool = True,
    stays: bool = False,
) -> bytes:
    """Return a whole HTTP answer; without `length` it ends when the connection does.

    The connection's end is announced, so that nobody sends the next request into it; `stays` keeps silent about it.
    """
    lines = [f"HTTP/1.1 {status} Said"]
    if length:
        lines.append(f"Content-Length: {len(body)}")
    if not stays:
        lines.append("Connection: close")
    lines += [f"{name}: {value}" for name, value in (headers or {}).items()]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


def say(content: bytes) -> Deed:
    """Answer with these bytes."""
    return lambda connection, _: connection.sendall(content)


def reset(connection: socket.socket, _: bytes) -> None:
    """Drop the connection the hard way."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.close()


def silence(connection: socket.socket, _: bytes) -> None:
    """Say nothing until the other side has gone."""
    connection.settimeout(5)
    connection.recv(1)


class Server:
    """Answers request n with deed n, and all after the last with the last; `requests` lists what came.

    A connection is kept for the next request unless the deed closed it or `close` is set.
    """

    def __init__(self, *deeds: Deed, tls: ssl.SSLContext | None = None, close: bool = True) -> None:
        self._deeds = deeds
        self._tls = tls
        self._close = close
        self.requests: list[bytes] = []
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.port = self._listening.getsockname()[1]
        scheme, host = ("https", "localhost") if tls else ("http", "127.0.0.1")
        self.url = f"{scheme}://{host}:{self.port}"

    def __enter__(self) -> Self:
        threading.Thread(target=self._serve, daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._listening.shutdown(socket.SHUT_RDWR)
        self._listening.close()

    def _serve(self) -> None:
        while True:
            try:
                connection, _ = self._listening.accept()
            except OSError:
                return
            threading.Thread(target=self._converse, args=(connection,), daemon=True).start()

    def _converse(self, connection: socket.socket) -> None:
        try:
            if self._tls:
                connection = self._tls.wrap_socket(connection, server_side=True)
            while request := _request(connection):
                self.requests.append(request)
                deed = self._deeds[min(len(self.requests), len(self._deeds)) - 1]
                deed(connection, request)
                if self._close:
                    break
        except OSError:
            pass
        finally:
            connection.close()


def _request(connection: socket.socket) -> bytes:
    """Read one request with its body."""
    content = b""
    while b"\r\n\r\n" not in content:
        piece = connection.recv(65536)
        if not piece:
            return b""
        content += piece
    head, _, body = content.partition(b"\r\n\r\n")
    length = next((int(line[15:]) for line in head.split(b"\r\n") if line.lower().startswith(b"content-length:")), 0)
    while len(body) < length:
        body += connection.recv(65536)
    return head + b"\r\n\r\n" + body
