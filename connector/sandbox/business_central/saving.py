"""Creates, changes and deletes rows as the API asks: bodies are checked strictly, and rows may be nested."""

import json
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from connector.sandbox.business_central import cards, dimensions, documents, filing, journals, lines
from connector.sandbox.business_central.company import Company, Thing
from connector.sandbox.business_central.kinds import BY_LINES, KINDS
from connector.sandbox.business_central.pages import PAGES, Page
from connector.sandbox.business_central.places import Place
from connector.sandbox.business_central.refusals import bad_request, no_property, not_allowed, read_only, stopped
from connector.sandbox.business_central.sums import settle

_JOURNALS = ("journals", "customerPaymentJournals")
_JOURNAL_LINES = ("journalLines", "customerPayments")


def decoded(body: bytes) -> dict[str, Any]:
    """A body as JSON with exact numbers; raises Refused."""
    try:
        value = json.loads(body.decode("utf-8-sig"), parse_float=Decimal)
    except (ValueError, UnicodeDecodeError):
        raise bad_request("Invalid Request Body") from None
    if not isinstance(value, dict):
        raise bad_request("Invalid Request Body")
    return value


def create(company: Company, place: Place, body: Mapping[str, Any]) -> Thing:
    """A new row of a list, with the rows nested in the body; raises Refused."""
    if "C" not in place.page.may:
        raise not_allowed("POST", place.page.name, "Collection")
    row = _create(company, place.page, place.above, place.parent, body, nested=False)
    return company.tables[place.page.table].get(row["id"], row)


def change(company: Company, place: Place, body: Mapping[str, Any]) -> Thing:
    """A row with other values; raises Refused."""
    page, old = place.page, place.row
    assert old is not None  # noqa: S101 - a PATCH leads to a row
    if "U" not in page.may:
        raise not_allowed("PATCH", page.name, "Entity")
    values, nested = _checked(page, body)
    if nested:
        raise bad_request(f"Nested rows of '{next(iter(nested))}' cannot be changed together with '{page.kind}'.")
    if page.name in KINDS:
        documents.change_document(company, KINDS[page.name], old, values)
    elif page.name in BY_LINES:
        kind = BY_LINES[page.name]
        lines.change_line(company, kind, old, values)
        settle(company, kind, old["documentId"])
    elif page.name == "dimensionSetLines":
        return dimensions.change_dimension(company, _parent_page(place), old, values)
    elif page.name in filing.PAGES_OF_FILES:
        filing.change_file(company, page.name, old, values)
    elif page.name in _JOURNAL_LINES:
        journals.change_journal_line(company, page, old, values)
    elif page.name in _JOURNALS:
        journals.change_journal(company, page, old, values)
    elif page.name == "defaultDimensions":
        cards.change_default(company, old, values)
    else:
        cards.change_card(company, page, old, values)
    return company.tables[page.table][old["id"]]


def delete(company: Company, place: Place) -> None:
    """Delete a row; raises Refused."""
    page, old = place.page, place.row
    assert old is not None  # noqa: S101 - a DELETE leads to a row
    if "D" not in page.may:
        raise not_allowed("DELETE", page.name, "Entity")
    if page.name in KINDS:
        documents.delete_document(company, KINDS[page.name], old)
    elif page.name in BY_LINES:
        kind = BY_LINES[page.name]
        lines.delete_line(company, kind, old)
        settle(company, kind, old["documentId"])
    elif page.name == "dimensionSetLines":
        dimensions.drop_dimension(company, _parent_page(place), old)
    else:
        cards.delete_card(company, page, old)


def _create(
    company: Company, page: Page, above: Page | None, parent: Thing | None, body: Mapping[str, Any], *, nested: bool
) -> Thing:
    values, below = _checked(page, body)
    if page.name in KINDS:
        row = documents.create_document(company, KINDS[page.name], values)
    elif page.name in BY_LINES:
        kind = BY_LINES[page.name]
        document = parent or company.tables[kind.page].get(values.get("documentId", ""))
        if document is None:
            raise stopped('You must specify a "documentId" in the request body.')
        row = lines.create_line(company, kind, document, values)
    elif page.name == "dimensionSetLines":
        if above is None or parent is None:
            raise stopped("Dimension set lines are created within the row they belong to.")
        row = dimensions.create_dimension(company, above.name, parent["id"], values)
    elif page.name in filing.PAGES_OF_FILES:
        row = filing.create_file(company, page.name, above.name if above else "", parent, values)
    elif page.name in _JOURNALS:
        row = journals.create_journal(company, page, values)
    elif page.name in _JOURNAL_LINES:
        row = journals.create_journal_line(company, page, parent, values)
    elif page.name == "defaultDimensions":
        row = cards.create_default(company, above.name if above else "", parent, values)
    else:
        row = cards.create_card(company, page, values)
    for name, rows in below.items():
        inner = PAGES[page.parts[name].page]
        for one in rows:
            _create(company, inner, page, row, one, nested=True)
    if page.name in KINDS:
        settle(company, KINDS[page.name], row["id"])
    if page.name in BY_LINES and not nested:
        settle(company, BY_LINES[page.name], row["documentId"])
    return row


def _checked(page: Page, body: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, list[Any]]]:
    """The fields of a body as they are kept, in the order of the body, and the rows nested in it; raises Refused."""
    values: dict[str, Any] = {}
    nested: dict[str, list[Any]] = {}
    for name, value in body.items():
        if name.startswith("@"):
            continue
        known, part = page.fields.get(name), page.parts.get(name)
        if known is not None:
            if known.read_only or known.kind in ("dt", "stream"):
                raise read_only(name)
            values[name] = known.take(value)
        elif part is not None and not part.is_one and "C" in PAGES[part.page].may:
            if not isinstance(value, list) or not all(isinstance(one, dict) for one in value):
                raise bad_request(f"The property '{name}' must be a list of '{PAGES[part.page].kind}'.")
            nested[name] = value
        else:
            raise no_property(name, page.kind)
    return values, nested


def _parent_page(place: Place) -> str:
    if place.above is None:
        raise stopped("Dimension set lines are changed within the row they belong to.")
    return place.above.name
