"""One client's connection: reads its requests, asks the simulator, sends the answers or the trouble."""

import socket
import struct
from collections.abc import Iterable
from email.utils import formatdate
from http.server import BaseHTTPRequestHandler
from typing import TYPE_CHECKING, cast
from urllib.parse import parse_qs, unquote, urlsplit

from connector.sandbox.faults import Fault
from connector.sandbox.messages import Request, Response

if TYPE_CHECKING:
    from connector.sandbox.serving import Listener

_PAGE = b"<!DOCTYPE html><html><head><title>Sorry</title></head><body><h1>We will be back soon</h1></body></html>"
_LARGEST = 64 * 1024 * 1024


class Conversation(BaseHTTPRequestHandler):
    """Speaks HTTP/1.1 with keep-alive; everything it says goes out in as few packets as possible."""

    protocol_version = "HTTP/1.1"
    server_version = "sandbox"
    sys_version = ""
    disable_nagle_algorithm = True
    wbufsize = 64 * 1024
    timeout = 120

    def do_GET(self) -> None:
        """Any method: they differ for the simulator only."""
        request = self._request()
        listener = cast("Listener", self.server)
        if request is None:
            return
        fault = listener.faults.strike(request.method, request.path, request.raw_query)
        response = listener.meet(request, fault)
        if response is None:
            self.close_connection = True
            if fault is not None and fault.name == "reset":
                self._reset()
        else:
            self._send(response, fault)

    do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = do_OPTIONS = do_GET  # noqa: N815

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing: the exchanges are on record."""

    def date_time_string(self, timestamp: float | None = None) -> str:
        """The service's own time, which is the sandbox's."""
        return formatdate(cast("Listener", self.server).clock.now().timestamp(), usegmt=True)

    def _request(self) -> Request | None:
        try:
            body = self._body()
        except (ValueError, OSError):
            self.close_connection = True
            self.send_error(400)
            return None
        target = urlsplit(self.path)
        headers = {name.lower(): text for name, text in self.headers.items()}
        scheme = "https" if cast("Listener", self.server).secure else "http"
        return Request(
            method=self.command,
            path=unquote(target.path),
            query=parse_qs(target.query, keep_blank_values=True),
            headers=headers,
            body=body,
            raw_query=target.query,
            origin=f"{scheme}://{headers.get('host', 'localhost')}",
        )

    def _body(self) -> bytes:
        if "chunked" in self.headers.get("Transfer-Encoding", "").lower():
            return b"".join(self._chunks())
        length = int(self.headers.get("Content-Length") or 0)
        if not 0 <= length <= _LARGEST:
            raise ValueError("a body of that length is not read")
        body = self.rfile.read(length)
        if len(body) != length:
            raise ValueError("the request ended early")
        return body

    def _chunks(self) -> Iterable[bytes]:
        while size := int(self.rfile.readline().split(b";")[0], 16):
            yield self.rfile.read(size)
            self.rfile.readline()
        while self.rfile.readline().strip():
            pass

    def _send(self, response: Response, fault: Fault | None) -> None:
        status, headers, body = response.status, dict(response.headers), response.body
        if fault is not None and fault.name == "garbage":
            status, headers, body = int(fault.number() or 200), {"Content-Type": "text/html"}, _PAGE
        lower = {name.lower() for name in headers}
        bare = status in (204, 304) or status < 200
        chunked = not bare and not isinstance(body, bytes) and "content-length" not in lower
        if chunked:
            headers["Transfer-Encoding"] = "chunked"
        elif isinstance(body, bytes) and not bare and "content-length" not in lower:
            headers["Content-Length"] = str(len(body))
        self.send_response(status)
        for name, text in headers.items():
            self.send_header(name, text)
        if self.close_connection and "connection" not in lower:
            self.send_header("Connection", "close")
        self.end_headers()
        if bare or self.command == "HEAD":
            return
        left = _left(fault)
        for piece in (body,) if isinstance(body, bytes) else body:
            if left is not None and len(piece) >= left:
                self._write(piece[:left], chunked)
                self._break_off(fault)
                return
            self._write(piece, chunked)
            left = None if left is None else left - len(piece)
        if chunked:
            self.wfile.write(b"0\r\n\r\n")

    def _write(self, piece: bytes, chunked: bool) -> None:
        if chunked and piece:
            self.wfile.write(b"%x\r\n%b\r\n" % (len(piece), piece))
        else:
            self.wfile.write(piece)

    def _break_off(self, fault: Fault | None) -> None:
        self.close_connection = True
        self.wfile.flush()
        if fault is not None and fault.name == "reset":
            self._reset()

    def _reset(self) -> None:
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        cast("Listener", self.server).forget(self.connection)


def _left(fault: Fault | None) -> int | None:
    if fault is None or fault.name not in ("cut", "reset") or fault.number() is None:
        return None
    return int(fault.number() or 0)
