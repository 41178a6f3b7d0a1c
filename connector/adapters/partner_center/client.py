"""Partner Center's interface over HTTP: its headers, its ways of turning pages, and pages that lead nowhere.

Sources: Microsoft, "Partner Center REST headers", "API throttling guidance" (facts: Partner Center §2). Next links in
Microsoft's answers are malformed more often than not, so our own query is repeated and only the token is taken.
"""

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from connector.adapters.entra import explained_by_api
from connector.adapters.http import PARTNER_CENTER, Api, Quota, Refused, Session
from connector.domain.errors import ConnectorError
from connector.ports import Clock

HEADERS = {"MS-Contract-Version": "v1", "X-Locale": "en-US"}
MOST_PAGES = 100_000
CALLS_A_MINUTE = 500
_AT_ONCE = 8
# How services speak of a place behind the end of a list.
_BEYOND = (400, 404, 416)
_TOKEN = "ms-continuationtoken"  # noqa: S105 - the name of a header

Item = Mapping[str, Any]


class LostInPages(ConnectorError):
    """A list cannot be read to its end: a page came again, a page is none, or there is no end to them."""


@dataclass(frozen=True, slots=True)
class Quotas:
    """What Microsoft allows per resource: 500 calls a minute for customers and for subscriptions, each."""

    customers: Quota
    subscriptions: Quota

    @classmethod
    def of(cls, clock: Clock, *, at_once: int = _AT_ONCE, calls: int = CALLS_A_MINUTE) -> "Quotas":
        """The limits that Microsoft publishes, or others: so many calls a minute, so many at once."""
        return cls(Quota(calls, 60, clock, at_once), Quota(calls, 60, clock, at_once))


class PartnerCenterClient:
    """Asks Partner Center, page after page. Raises the failures of adapters.http, refusals in words for an admin."""

    def __init__(self, api: Api, quotas: Quotas) -> None:
        self._api, self.quotas = api, quotas

    @classmethod
    def at(
        cls, base: str, session: Session, bearer: Any, *, quotas: Quotas, person: bool = False, patience: Any = None
    ) -> "PartnerCenterClient":
        """Open Partner Center at an address; for a `person` it is asked to say whether the sign-in proved MFA."""
        headers = HEADERS | ({"ValidateMfa": "true"} if person else {})
        forget = getattr(bearer, "forget", None)
        api = Api(
            f"{base}/v1", session, bearer, tracing=PARTNER_CENTER, headers=headers, forget=forget, patience=patience
        )
        return cls(api, quotas)

    def get(self, path: str, params: Mapping[str, str | int] | None = None, *, quota: Quota | None = None) -> Any:
        """Read one answer."""
        return self._ask(path, params, {}, quota)

    def seek(
        self, path: str, params: Mapping[str, str | int], *, quota: Quota | None = None, twice: int = 0
    ) -> Iterator[list[Item]]:
        """Yield the pages of a list that goes on by continuation tokens.

        A page may come `twice` so often, where whoever reads it knows its items by an id. Raises LostInPages.
        """
        watch, token = _Watch(path, twice), ""
        while True:
            headers = {"MS-ContinuationToken": token} if token else {}
            query = {**params, "seekOperation": "Next"} if token else dict(params)
            body = self._ask(path, query, headers, quota)
            yield watch.page(body)
            token = next_token(body)
            if not token:
                return
            watch.token(token)

    def turn(self, path: str, params: Mapping[str, str | int], *, size: int) -> Iterator[list[Item]]:
        """Yield the pages of a list that goes on by offset. Raises LostInPages.

        How long a page can be is not published for all lists, so one that is shorter than asked for is followed too:
        to an empty one, to a refusal, or to the same one again where a list has but one page.
        """
        watch, offset, before = _Watch(path), 0, None
        while True:
            try:
                body = self.get(path, {**params, "size": size, "offset": offset})
            except Refused as refused:
                if before is not None and refused.status in _BEYOND:
                    return
                raise
            if before is not None and isinstance(body, Mapping) and body.get("items") == before:
                return
            items = watch.page(body)
            if not items:
                return
            yield items
            offset += len(items)
            before = items if len(items) < size and not has_next(body) else None

    def _ask(
        self, path: str, params: Mapping[str, str | int] | None, headers: Mapping[str, str], quota: Quota | None
    ) -> Any:
        try:
            return self._api.get(path, params, headers, quota=quota).json()
        except Refused as refused:
            told = explained_by_api(refused)
            if told is refused:
                raise
            raise told from refused


class _Watch:
    """Notices a list that goes round in circles: a token of before, or the same page right after itself too often."""

    def __init__(self, path: str, twice: int = 0) -> None:
        self._path, self._twice = path, twice
        self._tokens: set[str] = set()
        self._last = ""
        self._before = b""
        self._pages = 0

    def page(self, body: Any) -> list[Item]:
        items = body.get("items") if isinstance(body, Mapping) else None
        if not isinstance(items, list) or not all(isinstance(item, Mapping) for item in items):
            raise LostInPages(f"{self._path}: Partner Center's answer holds no list of items; try again later.")
        content = hashlib.sha256(json.dumps(items, sort_keys=True, default=str).encode()).digest()
        if items and content == self._before and not self._again():
            raise LostInPages(f"{self._path}: the same page came twice, so the list cannot be read to its end.")
        self._before = content
        self._pages += 1
        if self._pages > MOST_PAGES:
            raise LostInPages(f"{self._path}: more than {MOST_PAGES} pages came, which is no list any more.")
        return items

    def token(self, token: str) -> None:
        if token in self._tokens and not (token == self._last and self._again()):
            raise LostInPages(f"{self._path}: the list leads back to a page of before, so it has no end.")
        self._tokens.add(token)
        self._last = token

    def _again(self) -> bool:
        """Let a page come once more, where that does no harm."""
        self._twice -= 1
        return self._twice >= 0


def next_token(body: Mapping[str, Any]) -> str:
    """Return the token of the next page: the link's header, else the one in the body; "" where there is none."""
    link = _next_link(body)
    headers = link.get("headers")
    for header in headers if isinstance(headers, list) else []:
        if isinstance(header, Mapping) and str(header.get("key", "")).lower() == _TOKEN:
            return str(header.get("value") or "")
    return str(body.get("continuationToken") or "")


def has_next(body: Mapping[str, Any]) -> bool:
    """Whether an answer speaks of a next page."""
    return bool(_next_link(body))


def _next_link(body: Mapping[str, Any]) -> Mapping[str, Any]:
    links = body.get("links")
    link = links.get("next") if isinstance(links, Mapping) else None
    return link if isinstance(link, Mapping) else {}


def safe(name: str) -> str:
    """Write an id into a path, so that nothing in it can lead elsewhere."""
    return quote(name, safe="")
