"""Partner Center's collections and the ways they are cut into pages: by a token one hands back, or by an offset.

Words for faults (`app:WORD`): `loop` (the next page is this one again, for ever), `repeat` (this page once more
under the next token), `empty` (a page without items and yet a next one), `end` (the next page is kept back).
Source: Microsoft, "Paging" and the samples of its collections.
"""

import base64
import json
from collections.abc import Sequence
from typing import Any
from urllib.parse import urlencode

from connector.sandbox.manners import Manners
from connector.sandbox.messages import Request
from connector.sandbox.partner_center.refusals import Problem

_TOKEN = "MS-ContinuationToken"  # noqa: S105 - the name of a header


def link(uri: str, headers: Sequence[dict[str, str]] = ()) -> dict[str, Any]:
    """A link as Partner Center writes it: relative, without the version."""
    return {"uri": uri, "method": "GET", "headers": list(headers)}


def collection(
    items: Sequence[Any], links: dict[str, dict[str, Any]] | None = None, total: int | None = None
) -> dict[str, Any]:
    """The envelope of a collection; `total` is whatever is to be said there, which is not always the truth."""
    body: dict[str, Any] = {"totalCount": len(items) if total is None else total, "items": list(items)}
    if links:
        body["links"] = links
    return body | {"attributes": {"objectType": "Collection"}}


def sought(
    request: Request, keys: Sequence[str], page: int, manners: Manners
) -> tuple[list[int], dict[str, dict[str, Any]], str | None]:
    """One page by token: the positions on it, its links, and the token of the next page.

    `keys` names every item, in order; the token remembers the last one given, so that a collection which changes
    between two pages loses nothing. Raises Problem for a token nobody gave out.
    """
    asked = _query(request)
    start = _after(request, keys)
    if request.twist == "empty":
        positions: list[int] = []
    else:
        positions = list(range(start, min(start + page, len(keys))))
    own = f"{_path(request)}?{urlencode(asked)}" if asked else _path(request)
    links = {"self": link(own)}
    last = start + len(positions)
    if last >= len(keys) or request.twist == "end":
        return positions, links, None
    if request.twist in ("loop", "repeat"):
        # The token leads back to the start of this page; `repeat` is over once the fault is.
        last = start
    token = _written(keys[last - 1] if last else "", request)
    next_uri = _malformed(request, asked) if manners.malformed_links else f"{own}&seekOperation=Next"
    links["next"] = link(next_uri, [{"key": _TOKEN, "value": token}])
    return positions, links, token


def by_offset(request: Request, count: int, page: int, manners: Manners) -> tuple[range, dict[str, dict[str, Any]]]:
    """One page by size and offset, and its links."""
    size = number(request, "size", page, page)
    offset = number(request, "offset", 0, 10_000_000)
    asked = {name: texts[0] for name, texts in request.query.items() if name.lower() not in ("size", "offset")}
    own = f"{_path(request)}?{urlencode(asked)}&" if asked else f"{_path(request)}?"
    links = {"self": link(f"{own}size={size}&offset={offset}")}
    end = min(offset + size, count)
    if end < count and request.twist != "end":
        is_lost = manners.malformed_links and "lineitems" in request.path.lower()
        following = offset if request.twist == "loop" else end
        links["next"] = link(f"{own}size={size}&offset={'' if is_lost else following}")
    return range(offset, max(offset, end)) if request.twist != "empty" else range(0), links


def number(request: Request, name: str, default: int, largest: int) -> int:
    """A whole number from the query; raises Problem where it is none."""
    text = request.first(name)
    if not text:
        return default
    if not text.isdigit():
        raise Problem(400, "3000", f"{name} must be a number, not {text}")
    return max(1 if name == "size" else 0, min(int(text), largest))


def wanted(request: Request) -> dict[str, str]:
    """The filter of a request: Field, Value and Operator; empty without one."""
    text = request.first("filter")
    if not text:
        return {}
    try:
        found = json.loads(text)
        return {name: str(found[name]) for name in ("Field", "Value", "Operator")}
    except (ValueError, KeyError, TypeError):
        raise Problem(400, "3000", "the filter must be JSON with Field, Value and Operator") from None


def _after(request: Request, keys: Sequence[str]) -> int:
    seeks = request.first("seekOperation").lower() == "next"
    token = request.headers.get(_TOKEN.lower(), "")
    if not seeks and not token:
        return 0
    if not token:
        raise Problem(400, "3000", f"seekOperation=Next needs the header {_TOKEN}")
    if not seeks:
        raise Problem(400, "3000", f"the header {_TOKEN} needs seekOperation=Next")
    try:
        content = json.loads(base64.b64decode(token.partition(",")[0], validate=True))
        last, of = content["last"], content["of"]
    except (ValueError, KeyError, TypeError):
        raise Problem(400, "3000", f"{_TOKEN} is not one that was given out") from None
    if of != _fingerprint(request):
        raise Problem(400, "3000", f"{_TOKEN} was given out for another query")
    if not last:
        return 0
    if last in keys:
        return keys.index(last) + 1
    return next((place for place, key in enumerate(keys) if key > last), len(keys))


def _written(last: str, request: Request) -> str:
    content = json.dumps({"last": last, "of": _fingerprint(request)})
    return base64.b64encode(content.encode()).decode() + ",0d81c700-98b4-4b13-9129-ffd5620f72e7"


def _fingerprint(request: Request) -> str:
    asked = sorted((name.lower(), text.lower()) for name, text in _query(request).items() if name.lower() != "size")
    return json.dumps([request.path.lower(), asked])


def _query(request: Request) -> dict[str, str]:
    return {name: texts[0] for name, texts in request.query.items() if name.lower() != "seekoperation"}


def _path(request: Request) -> str:
    return request.path.removeprefix("/v1")


def _malformed(request: Request, asked: dict[str, str]) -> str:
    """The next link as the documentation prints it: a second question mark, and a letter lost on the way."""
    spelled = {
        ("nvoicelineitemtype" if name.lower() == "invoicelineitemtype" else name): text for name, text in asked.items()
    }
    return f"{_path(request)}?{urlencode(spelled)}?seekOperation=Next"
