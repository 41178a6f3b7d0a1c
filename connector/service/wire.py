"""Takes HTTP requests apart and puts answers together, within bounds; who answers is decided by the path."""

import json
import logging
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from http import HTTPStatus
from typing import Any
from urllib.parse import parse_qs

from connector.domain.errors import ConnectorError

_log = logging.getLogger(__name__)
LONGEST_BODY = 2 * 1024 * 1024
_MOST_FIELDS = 50
_ALWAYS = (
    ("X-Content-Type-Options", "nosniff"),
    ("X-Frame-Options", "DENY"),
    ("Referrer-Policy", "no-referrer"),
    ("Cache-Control", "no-store"),
    ("Cross-Origin-Resource-Policy", "same-origin"),
)
# Pages that bring a policy of their own narrow this further.
_POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; form-action 'self'; frame-ancestors 'none'"


@dataclass(frozen=True, slots=True)
class Request:
    """What was asked: header names are in lower case, the body is as it came."""

    method: str
    path: str
    query: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""

    def form(self) -> dict[str, list[str]]:
        """The fields of a form that was sent."""
        try:
            return parse_qs(self.body.decode("ascii"), max_num_fields=_MOST_FIELDS, encoding="utf-8")
        except ValueError:
            return {}


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer."""

    status: int = 200
    body: bytes = b""
    content_type: str = "text/plain; charset=utf-8"
    headers: Sequence[tuple[str, str]] = ()


def text(words: str, status: int = 200, **headers: str) -> Reply:
    """An answer in plain words."""
    return Reply(status, f"{words}\n".encode(), headers=[(n.replace("_", "-"), v) for n, v in headers.items()])


def page(html: str, status: int = 200) -> Reply:
    """A page."""
    return Reply(status, html.encode(), "text/html; charset=utf-8")


def as_json(value: Any, status: int = 200) -> Reply:
    """A JSON document."""
    return Reply(status, f"{json.dumps(value, ensure_ascii=False)}\n".encode(), "application/json")


Answering = Callable[[Request], Reply]


@dataclass(frozen=True, slots=True)
class Place:
    """Who answers below a path (or at it alone, where it does not end in a slash), and to which methods."""

    path: str
    answer: Answering
    methods: tuple[str, ...] = ("GET",)


class Router:
    """Gives each request to the place it is for. Fits WSGI."""

    def __init__(self, places: Iterable[Place]) -> None:
        self._places = sorted(places, key=lambda place: -len(place.path))

    def answer(self, request: Request) -> Reply:
        """Answer one request; never raises."""
        place = next((one for one in self._places if _is_at(request.path, one.path)), None)
        if place is None:
            return text("There is nothing here.", 404)
        method = "GET" if request.method == "HEAD" else request.method
        if method not in place.methods:
            return text(f"Only {' and '.join(place.methods)} is answered here.", 405, Allow=", ".join(place.methods))
        try:
            return place.answer(replace(request, method=method))
        except ConnectorError as trouble:
            # What stands in the way may name hosts and files, which are nobody's business outside.
            _log.warning("%s could not be answered: %s", place.path, trouble)
            return text("This cannot be answered just now; the log says why.", 503, Retry_After="30")
        except Exception as fault:  # noqa: BLE001 - a page's fault must not end the service, nor show its inside
            _log.warning("a fault of the program at %s", place.path, exc_info=fault)
            return text("The program failed by a fault of its own; the log says more.", 500)

    def __call__(self, environ: Mapping[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        """Answer as WSGI has it."""
        reply = self._taken(environ)
        names = {name.lower() for name, _ in reply.headers}
        policy = () if "content-security-policy" in names else (("Content-Security-Policy", _POLICY),)
        headers = [
            ("Content-Type", reply.content_type), ("Content-Length", str(len(reply.body))),
            *_ALWAYS, *policy, *reply.headers,
        ]  # fmt: skip
        start_response(f"{reply.status} {HTTPStatus(reply.status).phrase}", headers)
        return [] if environ["REQUEST_METHOD"] == "HEAD" else [reply.body]

    def _taken(self, environ: Mapping[str, Any]) -> Reply:
        length = environ.get("CONTENT_LENGTH") or "0"
        if not length.isdecimal() or int(length) > LONGEST_BODY:
            return text("The body is too large.", 413)
        body = environ["wsgi.input"].read(int(length)) if int(length) else b""
        headers = {
            name.removeprefix("HTTP_").replace("_", "-").lower(): value
            for name, value in environ.items()
            if name.startswith("HTTP_") or name == "CONTENT_TYPE"
        }
        query = {
            name: values[-1]
            for name, values in parse_qs(
                environ.get("QUERY_STRING", ""), keep_blank_values=True, max_num_fields=_MOST_FIELDS
            ).items()
        }
        path = environ.get("PATH_INFO", "").encode("latin-1").decode("utf-8", "replace")
        return self.answer(Request(environ["REQUEST_METHOD"], path, query, headers, body))


def _is_at(path: str, place: str) -> bool:
    return path.startswith(place) if place.endswith("/") else path == place
