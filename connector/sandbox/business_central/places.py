"""Finds what an address means: a list, one row, a part of a row, an action, a stream, or a count."""

import re
from dataclasses import dataclass, replace

from connector.sandbox.business_central.company import Company, Thing
from connector.sandbox.business_central.fields import is_guid
from connector.sandbox.business_central.kinds import KINDS
from connector.sandbox.business_central.pages import PAGES, Page
from connector.sandbox.business_central.refusals import Refused, bad_request, no_record, no_segment
from connector.sandbox.business_central.showing import part_rows

_SEGMENT = re.compile(r"([\w.$-]+)(?:\((.*)\))?")
_NAMESPACE = "Microsoft.NAV."
_TEMPLATES = {"customerPaymentJournals": "CASHRCPT"}


@dataclass(frozen=True, slots=True)
class Place:
    """Where a request goes. Without a `row` it is a list; `parent` and `above` are the row and page it is a part of."""

    page: Page
    address: str
    row: Thing | None = None
    above: Page | None = None
    parent: Thing | None = None
    action: str = ""
    stream: str = ""
    counts: bool = False
    filtered: bool = False


def segments_of(path: str) -> list[tuple[str, str | None]]:
    """The names of a path, each with the key in brackets behind it; raises Refused."""
    found = []
    for piece in path.strip("/").split("/"):
        match = _SEGMENT.fullmatch(piece)
        if match is None:
            raise no_segment(piece)
        found.append((match[1], match[2]))
    return found


def find_place(company: Company, segments: list[tuple[str, str | None]], address: str) -> Place:
    """What an address within a company means; raises Refused (404)."""
    name, key = segments[0]
    page = PAGES.get(name)
    if page is None:
        raise no_segment(name)
    place = Place(page, f"{address}/{name}")
    if key is not None:
        place = _row(company, place, key)
    for name, key in segments[1:]:
        place = _below(company, place, name, key)
    return place


def is_visible(page: Page, row: Thing, *, listed: bool) -> bool:
    """Whether a page shows a row of its table; journals list their default template only, yet find every one by id."""
    if page.name in _TEMPLATES:
        return bool(row.get("_template") == _TEMPLATES[page.name])
    if page.name in ("customerPayments", "journalLines"):
        return bool((row.get("_type") == "Payment") is (page.name == "customerPayments"))
    if page.name == "journals" and listed:
        return bool(row.get("_template") == "GENERAL")
    return True


def _row(company: Company, place: Place, key: str) -> Place:
    plain = key.removeprefix("id=").strip("'")
    if not is_guid(plain):
        raise Refused(400, "Application_InvalidGUID", f"Invalid format of GUID string: {key}.")
    plain = plain.lower()
    page = place.page
    if page.name == "pdfDocument" and place.parent is None:
        return _paper(company, place, plain)
    if page.name == "dimensionSetLines":
        row = company.one("dimensionSetLines", parentId=place.parent["id"] if place.parent else "", _dimension=plain)
    else:
        row = company.tables[page.table].get(plain)
    if row is None or not is_visible(page, row, listed=False):
        raise no_record(page.caption, plain)
    if place.parent is not None and page.parent and row[page.parent] != place.parent["id"]:
        raise no_record(page.caption, plain)
    return replace(place, row=row, address=f"{place.address}({plain})")


def _below(company: Company, place: Place, name: str, key: str | None) -> Place:
    if place.row is None:
        if name == "$count" and key is None:
            return replace(place, counts=True)
        raise no_segment(name)
    if name.startswith(_NAMESPACE):
        action = name.removeprefix(_NAMESPACE)
        if action not in place.page.actions:
            raise no_segment(name)
        return replace(place, action=action)
    part = place.page.parts.get(name)
    if part is None:
        known = place.page.fields.get(name)
        if known is None or known.kind != "stream":
            raise no_segment(name)
        return replace(place, stream=name, address=f"{place.address}/{name}")
    below = Place(PAGES[part.page], f"{place.address}/{name}", above=place.page, parent=place.row)
    if part.is_one:
        rows = part_rows(company, place.page, place.row, name)
        if not rows:
            raise no_segment(name)
        return replace(below, row=rows[0])
    return below if key is None else _row(company, below, key)


def _paper(company: Company, place: Place, key: str) -> Place:
    for kind in KINDS.values():
        row = company.tables[kind.page].get(key)
        if row is not None and "pdfDocument" in PAGES[kind.page].parts:
            paper = part_rows(company, PAGES[kind.page], row, "pdfDocument")[0]
            return replace(place, row=paper, above=PAGES[kind.page], parent=row)
    raise no_record("Attachment", key) if is_guid(key) else bad_request(key)
