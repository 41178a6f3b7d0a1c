"""What passes between a client and a simulator: a request, an answer, and the record of both."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol, runtime_checkable

import msgspec

_EXACT = msgspec.json.Encoder(decimal_format="number")


@dataclass(frozen=True, slots=True)
class Request:
    """One request as a simulator sees it: `path` is decoded and without the query, header names are lower-case."""

    method: str
    path: str
    query: Mapping[str, list[str]] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    raw_query: str = ""
    origin: str = ""
    """Scheme, host and port the client called, for links in answers."""
    twist: str = ""
    """A fault the simulator itself is to play on this request (`app:WORD` among the faults), in its own words."""

    def first(self, name: str, default: str = "") -> str:
        """The first value of a query parameter, its name in any casing; `default` where it is missing."""
        for key, values in self.query.items():
            if key.lower() == name.lower() and values:
                return values[0]
        return default

    def json(self) -> Any:
        """The body as JSON, numbers as they are; raises ValueError when it is none."""
        return msgspec.json.decode(self.body)


@dataclass(frozen=True, slots=True)
class Response:
    """One answer; a body given piece by piece is sent in chunks, or as it is under a `Content-Length` of its own."""

    status: int
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes | Iterable[bytes] = b""

    def json(self) -> Any:
        """The body as JSON, for tests that ask a simulator without a socket."""
        return msgspec.json.decode(self.whole().removeprefix(b"\xef\xbb\xbf"))

    def whole(self) -> bytes:
        """The body in one piece; one given piece by piece is used up by this."""
        return self.body if isinstance(self.body, bytes) else b"".join(self.body)


def json_response(status: int, value: object, **headers: str) -> Response:
    """An answer in JSON, Decimals as exact numbers; `Retry_After="3"` becomes the header Retry-After."""
    named = {name.replace("_", "-"): text for name, text in headers.items()}
    return Response(status, {"Content-Type": "application/json; charset=utf-8", **named}, _EXACT.encode(value))


class App(Protocol):
    """A simulator: state behind one door."""

    def handle(self, request: Request) -> Response:
        """Act and answer; called from several threads at once."""
        ...


@runtime_checkable
class Refusing(Protocol):
    """A simulator that has its own words for a status somebody wants to see."""

    def refusal(self, request: Request, status: int, retry_after: str | None) -> Response:
        """The service's body for this status."""
        ...


@dataclass(frozen=True, slots=True)
class Exchange:
    """What was asked, when, what was answered (None: nothing), and which fault had its hand in it."""

    at: datetime
    request: Request
    response: Response | None
    fault: str | None = None
