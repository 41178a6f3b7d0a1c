"""Answers questions about lists, page by page: `$filter`, `$select`, `$expand`, `$orderby`, `$top` and `$count`."""

import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from urllib.parse import urlencode

import msgspec

from connector.sandbox.business_central.company import INDEXED, Company, Thing
from connector.sandbox.business_central.fields import Field
from connector.sandbox.business_central.filters import Filter, read_filter
from connector.sandbox.business_central.pages import PAGES, Page
from connector.sandbox.business_central.places import Place, is_visible
from connector.sandbox.business_central.refusals import Refused, bad_query, stopped
from connector.sandbox.business_central.showing import View, key_of, shown

LARGEST_PAGE = 20_000
_KNOWN = (
    "$filter", "$select", "$expand", "$orderby", "$top", "$skip", "$count", "$skiptoken", "$schemaversion", "aid",
    "company", "tenant", "$format",
)  # fmt: skip
_NEEDS_PARENT = {
    "salesInvoiceLines": "You must specify an Id or a Document Id to get the lines.",
    "salesCreditMemoLines": "You must specify an Id or a Document Id to get the lines.",
    "purchaseInvoiceLines": "You must specify an Id or a Document Id to get the lines.",
    "purchaseCreditMemoLines": "You must specify an Id or a Document Id to get the lines.",
    "dimensionSetLines": "You must specify a parentId to get the dimension set lines.",
    "attachments": "You must specify a parentId to get the attachments.",
    "documentAttachments": "You must specify a parentId to get the attachments.",
    "pdfDocument": "You must specify a document id in order to get the PDF.",
}


@dataclass(frozen=True, slots=True)
class Question:
    """What a request asks of a list; `page_size` is what the client prefers."""

    query: Mapping[str, list[str]]
    page_size: int = LARGEST_PAGE

    def option(self, name: str) -> str:
        """A query option as it was sent; empty where it was not."""
        return (self.query.get(name) or [""])[0]

    def check(self) -> None:
        """Refuse options that OData does not know; those of others are passed over."""
        for name in self.query:
            if name.startswith("$") and name not in _KNOWN:
                raise bad_query(f"The query parameter '{name}' is not supported.")


def view_of(page: Page, question: Question) -> View:
    """Which fields and parts are wanted; raises Refused for those the page does not have."""
    return _view(page, question.option("$select"), question.option("$expand"))


def answer_list(company: Company, place: Place, question: Question, context: str) -> dict[str, Any]:
    """A page of a list as JSON, with the link to the next one."""
    question.check()
    page, view = place.page, view_of(place.page, question)
    rows = found_rows(company, place, question)
    made: dict[str, Any] = {"@odata.context": context}
    if question.option("$count") == "true":
        made["@odata.count"] = len(rows)
    order = _order(page, question.option("$orderby"))
    rows = _sorted(rows, order)
    token = question.option("$skiptoken")
    rows = _after(rows, order, token) if token else rows[_whole(question, "$skip") :]
    top = question.option("$top")
    wanted = rows[: _whole(question, "$top")] if top else rows
    here = wanted[: question.page_size]
    address = place.address
    made["value"] = [shown(company, page, row, view, f"{address}({key_of(page, row)})") for row in here]
    if len(wanted) > len(here):
        made["@odata.nextLink"] = _next(place, question, order, here[-1], len(here))
    return made


def found_rows(company: Company, place: Place, question: Question) -> list[Thing]:
    """The rows of a list that pass the filter, in no particular order."""
    page, text = place.page, question.option("$filter")
    newer = question.option("$schemaversion") == "2.1"
    wanted = read_filter(page, text, newer=newer) if text else Filter(lambda row: True)
    if place.parent is None and page.name in _NEEDS_PARENT and not ({page.parent, "id"} & set(wanted.equal)):
        raise stopped(_NEEDS_PARENT[page.name])
    rows = _candidates(company, place, wanted)
    listed = "templateDisplayName" not in wanted.equal
    return [row for row in rows if is_visible(page, row, listed=listed) and wanted.test(row)]


def _candidates(company: Company, place: Place, wanted: Filter) -> list[Thing]:
    page = place.page
    if place.parent is not None and page.parent:
        return company.those(page.table, page.parent, place.parent["id"])
    if "id" in wanted.equal and page.name != "dimensionSetLines":
        row = company.tables[page.table].get(wanted.equal["id"])
        return [row] if row is not None else []
    for name in INDEXED.get(page.table, ()):
        if name in wanted.equal:
            return company.those(page.table, name, wanted.equal[name])
    return list(company.tables[page.table].values())


def _view(page: Page, select: str, expand: str) -> View:
    chosen = tuple(name.strip() for name in select.split(",") if name.strip()) if select not in ("", "*") else ()
    for name in chosen:
        if name not in page.fields and name not in page.parts:
            raise bad_query(f"Could not find a property named '{name}' on type 'Microsoft.NAV.{page.kind}'.")
    parts = {}
    for written in _split(expand, ","):
        name, _, inner = written.strip().partition("(")
        part = page.parts.get(name.strip())
        if part is None:
            raise bad_query(f"Could not find a property named '{name.strip()}' on type 'Microsoft.NAV.{page.kind}'.")
        options = dict(one.strip().split("=", 1) for one in _split(inner.removesuffix(")"), ";") if "=" in one)
        below = PAGES[part.page]
        parts[part.name] = _view(below, options.get("$select", ""), options.get("$expand", ""))
    return View(tuple(name for name in chosen if name in page.fields) or ((" ",) if chosen else ()), parts)


def _split(text: str, sign: str) -> Iterator[str]:
    """Split at a sign, but not within brackets."""
    depth, piece = 0, ""
    for letter in text:
        depth += (letter == "(") - (letter == ")")
        if letter == sign and depth == 0:
            yield piece
            piece = ""
        else:
            piece += letter
    if piece.strip():
        yield piece


def _order(page: Page, text: str) -> list[tuple[Field, bool]]:
    order = []
    for written in filter(None, (one.strip() for one in text.split(","))):
        name, _, way = written.partition(" ")
        known = page.fields.get(name)
        if known is None or known.is_variable or way.strip() not in ("", "asc", "desc"):
            raise bad_query(f"The property '{name}' cannot be used in the $orderby query option.")
        order.append((known, way.strip() == "desc"))
    return order or [(page.fields[page.order], False)]


def _sorted(rows: list[Thing], order: list[tuple[Field, bool]]) -> list[Thing]:
    rows = sorted(rows, key=lambda row: str(row["id"]))
    for known, falls in reversed(order):
        rows.sort(key=lambda row: row.get(known.name, known.blank), reverse=falls)
    return rows


def _after(rows: list[Thing], order: list[tuple[Field, bool]], token: str) -> list[Thing]:
    """The rows behind the last one of the page before, wherever that has gone meanwhile."""
    try:
        *values, last = msgspec.json.decode(urlsafe_b64decode(token.encode()))
        marks = [_read(known, value) for (known, _), value in zip(order, values, strict=True)]
    except (ValueError, msgspec.DecodeError):
        raise Refused(400, "SkipTokenIsNoLongerValid", "The skip token is no longer valid.") from None

    def is_behind(row: Thing) -> bool:
        for (known, falls), mark in zip(order, marks, strict=True):
            value = row.get(known.name, known.blank)
            if value != mark:
                return bool((value > mark) is not falls)
        return bool(str(row["id"]) > last)

    return [row for row in rows if is_behind(row)]


def _next(place: Place, question: Question, order: list[tuple[Field, bool]], last: Thing, given: int) -> str:
    values = [_written(last.get(known.name, known.blank)) for known, _ in order]
    token = urlsafe_b64encode(msgspec.json.encode([*values, str(last["id"])])).decode()
    kept = {name: values[0] for name, values in question.query.items() if name not in ("$skiptoken", "aid", "$skip")}
    if "$top" in kept:
        kept["$top"] = str(int(kept["$top"]) - given)
    return f"{place.address}?{urlencode({**kept, 'aid': 'FIN', '$skiptoken': token}, safe='$')}"


def _written(value: Any) -> Any:
    return value.isoformat() if isinstance(value, date) else str(value) if isinstance(value, Decimal) else value


def _read(known: Field, value: Any) -> Any:
    match known.kind:
        case "dt":
            return datetime.fromisoformat(value).astimezone(UTC) if not value.startswith("0001") else known.blank
        case "date":
            return date.fromisoformat(value)
        case "dec":
            return Decimal(value)
    return value


def _whole(question: Question, name: str) -> int:
    text = question.option(name)
    if not re.fullmatch(r"\d*", text):
        raise bad_query(f"The value of {name} must be a whole number, not '{text}'.")
    return int(text or 0)


def page_size_of(headers: Mapping[str, str]) -> int | None:
    """The page size a client prefers, at most 20,000; None where it says nothing."""
    found = re.search(r"odata\.maxpagesize\s*=\s*(\d+)", headers.get("prefer", ""), re.IGNORECASE)
    return min(max(1, int(found[1])), LARGEST_PAGE) if found else None
