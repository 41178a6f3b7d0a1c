"""How QuickBooks' answers stand on the wire: JSON with exact numbers, XML for those who did not ask for JSON."""

import json
from collections.abc import Mapping
from decimal import Decimal
from typing import Any
from xml.sax.saxutils import escape

import msgspec

from connector.sandbox.messages import Request, Response
from connector.sandbox.quickbooks.refusals import invalid_property

_EXACT = msgspec.json.Encoder(decimal_format="number")
VERSION = "2026.1"


def encoded(value: object) -> bytes:
    """JSON, Decimals as numbers with all their digits."""
    return _EXACT.encode(value)


def decoded(body: bytes) -> dict[str, Any]:
    """A JSON object with exact numbers; raises Refused for what is none."""
    try:
        value = json.loads(body.decode("utf-8-sig"), parse_float=Decimal, parse_int=Decimal)
    except (UnicodeDecodeError, ValueError):
        raise invalid_property("Unexpected token in the request body, which") from None
    if not isinstance(value, dict):
        raise invalid_property("Can not deserialize the request body, which")
    return value


def answered(request: Request, status: int, body: bytes, tid: str, **headers: str) -> Response:
    """An answer with the headers Intuit sends; the body turns into XML where the request accepts no JSON."""
    kind = "application/json;charset=utf-8" if status == 200 else "application/json"
    if "json" not in request.headers.get("accept", "") and request.first("format") != "json":
        kind = "application/xml;charset=utf-8"
        body = b'<?xml version="1.0" encoding="UTF-8" standalone="yes"?>' + _xml("IntuitResponse", json.loads(body))
    named = {name.replace("_", "-"): text for name, text in headers.items()}
    return Response(status, {"Content-Type": kind, "intuit_tid": tid, "QBO-Version": VERSION, **named}, body)


def _xml(name: str, value: Any) -> bytes:
    if isinstance(value, Mapping):
        inner = b"".join(
            b"".join(_xml(key, one) for one in each) if isinstance(each, list) else _xml(key, each)
            for key, each in value.items()
        )
        return f"<{name}>".encode() + inner + f"</{name}>".encode()
    text = "" if value is None else str(value).lower() if isinstance(value, bool) else str(value)
    return f"<{name}>{escape(text)}</{name}>".encode()
