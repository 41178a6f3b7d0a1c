"""A simulated blob store: exports lie there for whoever holds a signature, until the signature expires.

Words for faults (`app:WORD`): `cut-gzip` (the packed file ends early, though the answer is complete), `cut-member`
(it ends early between two packed parts, which unpacking alone cannot notice), `garbled` (a byte is wrong),
`expired` (the signature counts as out of date).
Source: Microsoft, "Get Blob", "Create a user delegation SAS".
"""

import base64
import gzip
import hashlib
import hmac
import io
import secrets
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import parse_qs, urlencode

from connector.sandbox.clock import SandboxClock
from connector.sandbox.messages import Request, Response

_PIECE = 256 * 1024
_MEMBER_LINES = 5000
_MAGIC = b"\x1f\x8b\x08"


class BlobStore:
    """Blobs by path, and the signatures that open a folder of them."""

    def __init__(self, clock: SandboxClock) -> None:
        self._clock = clock
        self._blobs: dict[str, bytes | Path] = {}
        self._key = secrets.token_bytes(32)
        self.leaks: list[str] = []
        """Paths that were asked for with somebody's access token in hand: it has no business here."""

    def put(self, path: str, content: bytes | Path) -> None:
        """Lay a blob down; a file is served from where it lies."""
        self._blobs[path.strip("/")] = content

    def has(self, path: str) -> bool:
        """Whether a blob lies there."""
        return path.strip("/") in self._blobs

    def signature(self, folder: str, life: timedelta) -> str:
        """The query that opens a folder from now on for so long."""
        now = self._clock.now()
        asked = {
            "skt": _stamp(now),
            "sv": "2021-12-02",
            "se": _stamp(now + life),
            "sr": "d",
            "sp": "rl",
            "sdd": str(len(folder.strip("/").split("/"))),
        }
        return urlencode(asked | {"sig": self._sign(folder, asked["se"])})

    def handle(self, request: Request) -> Response:
        """Give a blob to whoever holds a valid signature for its folder."""
        path = request.path.strip("/")
        if "authorization" in request.headers:
            self.leaks.append(path)
            return _error(400, "InvalidAuthenticationInfo", "Authentication information is not given in the correct "
                          "format. Check the value of Authorization header.")  # fmt: skip
        if request.method not in ("GET", "HEAD"):
            return _error(405, "UnsupportedHttpVerb", "The resource doesn't support specified Http Verb.")
        refused = self._refused(request, path)
        if refused is not None:
            return refused
        content = self._blobs.get(path)
        if content is None:
            return _error(404, "BlobNotFound", "The specified blob does not exist.")
        return _served(request, _twisted(content, request.twist))

    def refusal(self, request: Request, status: int, retry_after: str | None) -> Response:
        """The store's words for trouble of its own."""
        code = {429: "TooManyRequests", 503: "ServerBusy", 500: "InternalError"}.get(status, "OperationTimedOut")
        answer = _error(status, code, "The server is busy.")
        return Response(
            status, dict(answer.headers) | ({"Retry-After": retry_after} if retry_after else {}), answer.body
        )

    def _refused(self, request: Request, path: str) -> Response | None:
        asked = {name: values[0] for name, values in parse_qs(request.raw_query).items()}
        if "sig" not in asked or "se" not in asked:
            return _error(404, "ResourceNotFound", "The specified resource does not exist.")
        parts = path.split("/")
        depth = int(asked["sdd"]) if asked.get("sdd", "").isdigit() else len(parts) - 1
        if asked["sig"] != self._sign("/".join(parts[:depth]), asked["se"]):
            return _error(403, "AuthenticationFailed", "Signature did not match.")
        if request.twist == "expired" or _moment(asked["se"]) <= self._clock.now():
            return _error(403, "AuthenticationFailed", f"Signed expiry time [{asked['se']}] must be after signed start "
                          f"time [{_stamp(self._clock.now())}]")  # fmt: skip
        return None

    def _sign(self, folder: str, until: str) -> str:
        content = f"{folder.strip('/')}\n{until}".encode()
        return base64.b64encode(hmac.digest(self._key, content, "sha256")).decode()


def packed(lines: Iterable[str]) -> bytes:
    """JSON Lines in several packed parts one after the other, as big exports are."""
    raw = io.BytesIO()
    for member in _members(lines):
        with gzip.GzipFile(filename="", mode="wb", fileobj=raw, mtime=0, compresslevel=1) as target:
            target.write("".join(f"{line}\n" for line in member).encode())
    return raw.getvalue()


def _members(lines: Iterable[str]) -> Iterator[Sequence[str]]:
    """A first part of a few lines, so that even a small blob has two, then long ones."""
    member: list[str] = []
    limit = 10
    for line in lines:
        member.append(line)
        if len(member) == limit:
            yield member
            member, limit = [], _MEMBER_LINES
    if member:
        yield member


def _twisted(content: bytes | Path, twist: str) -> bytes | Path:
    if twist not in ("cut-gzip", "cut-member", "garbled"):
        return content
    whole = content.read_bytes() if isinstance(content, Path) else content
    if twist == "cut-gzip":
        return whole[: len(whole) * 2 // 3]
    if twist == "cut-member":
        second = whole.find(_MAGIC, 3)
        return whole[:second] if second > 0 else whole
    middle = len(whole) // 2
    return whole[:middle] + bytes([whole[middle] ^ 0xFF]) + whole[middle + 1 :]


def _served(request: Request, content: bytes | Path) -> Response:
    size = content.stat().st_size if isinstance(content, Path) else len(content)
    headers = {
        "Content-Type": "application/octet-stream",
        "Accept-Ranges": "bytes",
        "x-ms-blob-type": "BlockBlob",
        "x-ms-version": "2021-12-02",
        "x-ms-request-id": secrets.token_hex(16),
        "ETag": f'"0x{_digest(content)}"',
    }
    first, last, status = 0, size - 1, 200
    span = request.headers.get("range", request.headers.get("x-ms-range", ""))
    if span.startswith("bytes="):
        start, _, end = span[6:].partition("-")
        if not start.isdigit() or int(start) >= size:
            return _error(416, "InvalidRange", "The range specified is invalid for the current size of the resource.")
        first, last, status = int(start), min(int(end) if end.isdigit() else last, last), 206
        headers["Content-Range"] = f"bytes {first}-{last}/{size}"
    headers["Content-Length"] = str(last - first + 1)
    return Response(status, headers, _pieces(content, first, last))


def _pieces(content: bytes | Path, first: int, last: int) -> bytes | Iterator[bytes]:
    return content[first : last + 1] if isinstance(content, bytes) else _from_file(content, first, last - first + 1)


def _from_file(path: Path, first: int, count: int) -> Iterator[bytes]:
    with path.open("rb") as source:
        source.seek(first)
        while count > 0 and (piece := source.read(min(_PIECE, count))):
            count -= len(piece)
            yield piece


def _digest(content: bytes | Path) -> str:
    if isinstance(content, Path):
        known = f"{content}{content.stat().st_mtime_ns}".encode()
        return hashlib.sha256(known).hexdigest()[:15].upper()
    return hashlib.sha256(content).hexdigest()[:15].upper()


def _error(status: int, code: str, text: str) -> Response:
    body = f'\ufeff<?xml version="1.0" encoding="utf-8"?><Error><Code>{code}</Code><Message>{text}</Message></Error>'
    headers = {"Content-Type": "application/xml", "x-ms-error-code": code, "x-ms-request-id": secrets.token_hex(16)}
    return Response(status, headers, body.encode())


def _stamp(moment: datetime) -> str:
    return f"{moment:%Y-%m-%dT%H:%M:%SZ}"


def _moment(text: str) -> datetime:
    try:
        return datetime.fromisoformat(text).astimezone(UTC)
    except ValueError:
        return datetime.min.replace(tzinfo=UTC)
