"""What is to be told, as it is written down between the moment it happened and the mail that tells it."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from connector.domain.finding import Finding
from connector.domain.money import to_decimal
from connector.domain.result import Conservation, Reconciliation
from connector.reports.finding_reading import finding_of
from connector.reports.result_json import to_document
from connector.reports.wording import exact


@dataclass(frozen=True, slots=True)
class News:
    """A change of a finding: new, worse or resolved, why, and its money before and after in all its scopes.

    `finding` is as last told in `scope`.
    """

    fingerprint: str
    change: str
    why: str
    before: Decimal
    after: Decimal
    scope: str
    finding: Finding


@dataclass(frozen=True, slots=True)
class Notice:
    """Something of the service itself: a kind of `domain.alert.NOTICES`, facts by name, and sentences."""

    kind: str
    facts: Mapping[str, str] = field(default_factory=dict)
    texts: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class MonthNews:
    """A month that was judged, with its proof; `workbook` is the path of the file to attach, `whole`: lines and all."""

    scope: str
    result: str
    because: tuple[str, ...]
    invoices: tuple[str, ...]
    proofs: tuple[Conservation, ...]
    workbook: str = ""
    whole: bool = True


Told = News | Notice | MonthNews


def news_text(news: Mapping[str, str], finding: str) -> str:
    """Write down a change: `news` holds fingerprint, change, why, before, after and scope; `finding` is its JSON."""
    return json.dumps({"what": "finding", **news, "finding": json.loads(finding)}, ensure_ascii=False)


def notice_text(notice: Notice) -> str:
    """Write down a notice."""
    return json.dumps(
        {"what": "notice", "kind": notice.kind, "facts": dict(notice.facts), "texts": list(notice.texts)},
        ensure_ascii=False,
    )


def month_text(result: Reconciliation, scope: str, *, workbook: str = "", whole: bool = True) -> str:
    """Write down that a month was judged."""
    document = to_document(result, "")
    return json.dumps(
        {
            "what": "month",
            "scope": scope,
            "result": result.result,
            "because": list(result.because),
            "invoices": sorted(result.invoices),
            "conservation": document["conservation"],
            "workbook": workbook,
            "whole": whole,
        },
        ensure_ascii=False,
    )


def read(text: str) -> Told:
    """Read what was written down."""
    written: dict[str, Any] = json.loads(text)
    if written["what"] == "notice":
        return Notice(written["kind"], written["facts"], tuple(written["texts"]))
    if written["what"] == "month":
        return MonthNews(
            written["scope"],
            written["result"],
            tuple(written["because"]),
            tuple(written["invoices"]),
            tuple(_proof(one) for one in written["conservation"]),
            written["workbook"],
            written["whole"],
        )
    return News(
        written["fingerprint"],
        written["change"],
        written["why"],
        to_decimal(written["before"]),
        to_decimal(written["after"]),
        written["scope"],
        finding_of(written["finding"]),
    )


def changed(fingerprint: str, change: str, why: str, before: Decimal, after: Decimal, scope: str) -> dict[str, str]:
    """The facts of a change for `news_text`."""
    return {
        "fingerprint": fingerprint, "change": change, "why": why, "before": exact(before), "after": exact(after),
        "scope": scope,
    }  # fmt: skip


def _proof(one: Mapping[str, str | None]) -> Conservation:
    header = one["vendor_header"]

    def amount(name: str) -> Decimal:
        return to_decimal(one[name])

    return Conservation(
        str(one["currency"]), None if header is None else to_decimal(header), amount("vendor_lines"),
        amount("vendor_tax"), amount("adjustments"), amount("verdicts"), amount("ledger_lines"),
        amount("ledger_verdicts"),
    )  # fmt: skip
