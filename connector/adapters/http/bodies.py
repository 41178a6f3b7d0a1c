"""Reads what a service sends: never more than is allowed, never cut without noticing, numbers exactly as written."""

import json
import re
import zlib
from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import Any, Protocol

from connector.adapters.http.gzips import Cut, OverLimit, gunzip

CHUNK = 256 * 1024


class Raw(Protocol):
    """A body as it comes over the wire."""

    def read1(self, amt: int, *, decode_content: bool) -> bytes:
        """At most that many bytes, as soon as there are some; none at the end."""
        ...


class OutOfTime(Exception):
    """A body took longer than allowed as a whole."""


def chunks(raw: Raw, *, limit: int, monotonic: Callable[[], float], until: float) -> Iterator[bytes]:
    """Yield a body as sent, piece by piece; raises OverLimit and OutOfTime, however slowly it drips."""
    size = 0
    while piece := raw.read1(CHUNK, decode_content=False):
        size += len(piece)
        if size > limit:
            raise OverLimit
        yield piece
        if monotonic() > until:
            raise OutOfTime


def unpacked(body: bytes, encoding: str, *, limit: int) -> bytes:
    """Undo a Content-Encoding; raises Cut where the packed body is incomplete or damaged, OverLimit for a bomb."""
    if not body:
        return body  # as of 204 and HEAD, whatever encoding they name
    names = [name.strip().lower() for name in encoding.split(",") if name.strip()]
    for name in reversed(names):
        if name in {"gzip", "x-gzip"}:
            body = b"".join(gunzip(iter([body]), limit=limit))
        elif name == "deflate":
            body = _inflate(body, limit)
        elif name != "identity":
            raise Cut(f"packed as {name}, which was not asked for")
    return body


def _inflate(body: bytes, limit: int) -> bytes:
    """Undo `deflate`, which some send with and some without zlib's header, and Partner Center's pricing as a ZIP."""
    if body.startswith(b"PK\x03\x04"):
        return body
    for bits in (zlib.MAX_WBITS, -zlib.MAX_WBITS):
        unzip = zlib.decompressobj(bits)
        try:
            out = unzip.decompress(body, limit + 1)
        except zlib.error:
            continue
        if len(out) > limit:
            raise OverLimit
        if not unzip.eof:
            raise Cut("incomplete deflate")
        return out
    raise Cut("damaged deflate")


def text_of(body: bytes, charset: str | None = None) -> str:
    """Decode a body: UTF-8 with or without a mark unless another character set is named; never fails."""
    if body.startswith(b"\xef\xbb\xbf"):
        return body[3:].decode("utf-8", errors="replace")
    try:
        return body.decode(charset or "utf-8", errors="replace")
    except LookupError:
        return body.decode("utf-8", errors="replace")


def parse(text: str) -> Any:
    """Read JSON with exact numbers; raises ValueError for anything else, NaN and endless numbers included."""
    try:
        return json.loads(text, parse_float=Decimal, parse_constant=_no_number)
    except RecursionError:
        raise ValueError("nested too deeply") from None


def written(value: Any) -> str:
    """Return a value as JSON with Decimals as exact numbers."""
    if isinstance(value, Decimal):
        if not value.is_finite():
            raise ValueError(f"{value} cannot be written as a number")
        return format(value, "f")
    if isinstance(value, dict):
        return "{" + ",".join(f"{json.dumps(str(k))}:{written(v)}" for k, v in value.items()) + "}"
    if isinstance(value, (list, tuple)):
        return "[" + ",".join(map(written, value)) + "]"
    if value is None or isinstance(value, (str, bool, int)):
        return json.dumps(value)
    raise TypeError(f"{type(value).__name__} has no exact form in JSON")


def _no_number(name: str) -> Any:
    raise ValueError(f"{name} is no number")


_SECRETS = (
    re.compile(r"(?P<keep>\b(?:Bearer|Basic)\s+)[A-Za-z0-9._~+/=-]{6,}", re.I),
    re.compile(r"(?P<keep>\b(?:sig|code|client_secret|client_assertion|\w*_token|password)[\"']?\s*[=:]\s*[\"']?)"
               r"[^&\s\"'<>,}]+", re.I),
    re.compile(r"(?P<keep>)\beyJ[A-Za-z0-9_-]{4,}\.[A-Za-z0-9_.-]+"),
)  # fmt: skip
_LONGEST_TEXT = 500


def quoted(text: str) -> str:
    """Return a service's own words fit for a message: one line, not too long, nothing that looks like a secret."""
    line = " ".join("".join(c if c.isprintable() else " " for c in text).split())
    for pattern in _SECRETS:
        line = pattern.sub(r"\g<keep>***", line)
    return line if len(line) <= _LONGEST_TEXT else line[:_LONGEST_TEXT] + "…"
