"""Reads all records of an entity page by page, and notices when the pages moved while it was reading."""

from collections.abc import Iterator, Mapping
from typing import Any, Protocol

from connector.adapters.quickbooks.language import PAGE, select
from connector.adapters.quickbooks.values import Body, parts, text
from connector.domain.errors import Unavailable

_ROUNDS = 3


class Asking(Protocol):
    """Who answers queries."""

    def query(self, words: str) -> Mapping[str, Any]:
        """The QueryResponse."""
        ...


class Moved(Exception):
    """A record before the place where a page ended is gone, so that the next page begins too late."""


def read_all(client: Asking, entity: str, *conditions: str, page: int = PAGE) -> list[Body]:
    """All records that fulfil the conditions, in the order of their ids, each once.

    Positions shift when a record is deleted meanwhile. So each page begins with the record that ended the one before;
    where it is another, everything is read again. Raises Unavailable where that happens over and over.
    """
    for _ in range(_ROUNDS):
        try:
            return list(_pages(client, entity, conditions, page))
        except Moved:
            continue
    raise Unavailable(f"QuickBooks: {entity} records are deleted while they are read; try again when it is quieter.")


def _pages(client: Asking, entity: str, conditions: tuple[str, ...], page: int) -> Iterator[Body]:
    start, last = 1, ""
    seen: set[str] = set()
    while True:
        found = parts(client.query(select(entity, *conditions, start=start, most=page)), entity)
        ids = [id_of(one) for one in found]
        if last and (not ids or ids[0] != last):
            raise Moved
        new = [one for one, its_id in zip(found, ids, strict=True) if its_id not in seen]
        yield from new
        seen.update(ids)
        if len(found) < page:
            return
        if not new:
            raise Unavailable(f"QuickBooks sends the same page of {entity} again and again; try again later.")
        start, last = start + len(found) - 1, ids[-1]


def id_of(body: Body) -> str:
    """A record's id; a recurring template wears it one level further in."""
    own = text(body.get("Id"))
    return own or next((text(inner.get("Id")) for inner in body.values() if isinstance(inner, Mapping)), "")
