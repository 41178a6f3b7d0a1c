"""Every file under posted/ is a small ledger beside what we posted into it; the checks must find what it says, no more.

`why` shows the arithmetic. `posted` are documents as they were frozen (all reached the ledger on 2 November at noon),
`ledger` what was read of it on the 3rd (`read_at` where it was another time). `ours` names the number of the posted
document whose mark a ledger document bears. `rebill` is a plan that would bill anew.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from connector.domain.document import Document, DocumentLine, Plan
from connector.domain.ledger import DISCOUNT, RemoteDocument, RemoteLine
from connector.domain.period import Period
from connector.domain.posted import Posted
from connector.domain.posting import State
from connector.engine.checks import posted_checks
from connector.engine.planning.drifting import drifts_of
from connector.engine.posted_view import PostedView, VendorInvoice
from connector.engine.posting_rules import marker
from connector.reports.mail.reasons_de import left_in_english

EXHIBITS = Path(__file__).parent / "posted"
PAGES = Path(__file__).parents[2] / "docs" / "findings"
OCTOBER = Period.month("2026-10")
NOON = datetime(2026, 11, 2, 12, tzinfo=UTC)
exhibits = pytest.mark.parametrize("exhibit", sorted(EXHIBITS.glob("*.json")), ids=lambda path: path.stem)


def a_document(told: Mapping[str, Any]) -> Document:
    lines = tuple(
        DocumentLine(number, item, "Business Premium", Decimal(amount))
        for number, (item, amount) in enumerate(told["lines"], 1)
    )
    return Document(
        "books-us", told["customer"], "Alpine Ski House", OCTOBER, "USD", told["kind"], lines,
        date.fromisoformat(told.get("day", "2026-10-31")), sequence=told.get("sequence", 1),
    )  # fmt: skip


def a_remote(told: Mapping[str, Any], marks: Mapping[str, str]) -> RemoteDocument:
    lines = [RemoteLine(str(n), item, "", Decimal(amount)) for n, (item, amount) in enumerate(told["lines"], 1)]
    if "discount" in told:
        lines.append(RemoteLine(str(len(lines) + 1), None, "Discount", Decimal(told["discount"]), kind=DISCOUNT))
    total = Decimal(told["total"]) if "total" in told else sum((line.amount for line in lines), Decimal(0))
    return RemoteDocument(
        told["id"], "0", told["kind"], told["number"], told["customer"], date.fromisoformat(told["day"]), "USD", total,
        Decimal(0), total, told["status"], tuple(lines), marker=marks.get(told.get("ours", ""), ""),
        next_day=date.fromisoformat(told["next_day"]) if "next_day" in told else None,
        linked=tuple((kind, key) for kind, key in told.get("linked", ())),
    )  # fmt: skip


def a_view(told: Mapping[str, Any]) -> PostedView:
    documents = {one["number"]: a_document(one) for one in told["posted"]}
    marks = {number: marker(document.key) for number, document in documents.items()}
    posted = tuple(
        Posted(documents[one["number"]], State.VERIFIED, one["number"], one["id"], marks[one["number"]], NOON)
        for one in told["posted"]
    )
    anew = tuple(
        replace(
            a_document(one),
            reverses=documents[one["reverses"]].key if "reverses" in one else "",
            corrects=tuple(documents[number].key for number in one.get("corrects", ())),
        )
        for one in told.get("rebill", ())
    )
    return PostedView(
        posted,
        {("books-us", one["kind"], one["id"]): a_remote(one, marks) for one in told["ledger"]},
        {"books-us": datetime.fromisoformat(told.get("read_at", "2026-11-03T05:00:00+00:00"))},
        {"books-us": date.fromisoformat(told["closed_until"])} if "closed_until" in told else {},
        {"books-us": "56"} if "invoices" in told else {},
        tuple(VendorInvoice(one["invoice"], "USD", Decimal(one["total"]), OCTOBER) for one in told.get("invoices", ())),
        drifts_of(Plan(OCTOBER, anew), Plan(OCTOBER, ())),
        {("books-us", former): now for former, now in told.get("merged", {}).items()},
    )


@exhibits
def test_the_checks_find_what_the_exhibit_says(exhibit: Path) -> None:
    told = json.loads(exhibit.read_text(encoding="utf-8"))
    found = [finding for check in posted_checks() for finding in check.compare(a_view(told))]
    assert [(one.kind, f"{one.impact:f}") for one in found] == [
        (one["kind"], one["impact"]) for one in told["expected"]
    ]
    for finding in found:
        assert sum(cause.amount for cause in finding.causes) == finding.impact
        assert [piece for cause in finding.causes for piece in left_in_english(cause.text)] == []
        if finding.kind not in ("posted_into_closed_period",) and finding.expected.amount is not None:
            assert finding.evidence or finding.kind == "changed_after_posting" or not told["ledger"]


@exhibits
def test_a_page_shows_the_amounts_of_its_exhibit(exhibit: Path) -> None:
    told = json.loads(exhibit.read_text(encoding="utf-8"))
    for one in told["expected"]:
        if one["kind"] == exhibit.stem:
            page = (PAGES / f"{exhibit.stem}.md").read_text(encoding="utf-8")
            example = re.split(r"^## ", page, flags=re.M)[1]
            assert f"{abs(Decimal(one['impact'])):,}" in example


def test_every_kind_that_the_checks_find_has_its_exhibit() -> None:
    told = {one["kind"] for path in EXHIBITS.glob("*.json") for one in json.loads(path.read_text("utf-8"))["expected"]}
    assert told == {check.KIND for check in posted_checks()}
