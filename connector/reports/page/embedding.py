"""Puts findings, customers and lines into the page as compact JSON that cannot end the script it stands in.

Every text that repeats is written once and then named by its number, the most frequent by the smallest, so that
100,000 lines stay below 15 MB. Amounts are texts; the page never calculates with them.
"""

import json
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import chain, islice
from typing import Any

from connector.domain.finding import Figures, Finding
from connector.domain.kinds import DIFFERENCE, EXPOSURE
from connector.domain.line_rows import VENDOR, LineRow
from connector.domain.result import Reconciliation
from connector.reports.customers import Customers
from connector.reports.sums import in_order, in_sum, stakes
from connector.reports.wording import (
    customer_name,
    exact,
    grouped,
    impact,
    kind_of,
    number,
    period,
    plain,
    product_name,
)

MOST_LINES = 100_000
MOST_BYTES = 14_000_000
"""Beyond either, only lines that findings concern are put in."""

_SAFE = str.maketrans({"<": "\\u003c", ">": "\\u003e", "&": "\\u0026"})


@dataclass(frozen=True, slots=True)
class Embedded:
    """The JSON, how many lines it holds, and the customers in it by their keys: number and name."""

    json: str
    shown: int
    customers: Mapping[str, tuple[int, str]]
    keys: Customers


def embed(result: Reconciliation, lines: Collection[LineRow]) -> Embedded:
    """Return what the page's script reads."""
    for chosen in _choices(lines):
        embedded = _embedded(result, chosen)
        if len(embedded.json) <= MOST_BYTES:
            return embedded
    return _embedded(result, ())


def _choices(lines: Collection[LineRow]) -> Iterable[Sequence[LineRow]]:
    if len(lines) <= MOST_LINES:
        lines = tuple(lines)
        yield lines
    concerned = list(islice((row for row in lines if row.findings), MOST_LINES))
    yield concerned
    yield concerned[: MOST_LINES // 4]


def _embedded(result: Reconciliation, lines: Sequence[LineRow]) -> Embedded:
    findings = in_order(result.findings)
    keys = Customers(findings, lines)
    customers = _Numbered(findings, lines, keys)
    columns = _lines(lines)
    texts = _Texts(chain(*columns.values(), *(_texts_of(finding) for finding in findings)))
    document = {
        "kinds": {
            finding.kind: [kind_of(finding).title, kind_of(finding).meaning, kind_of(finding).advice]
            for finding in findings
        },
        "findings": [_finding(finding, customers, texts) for finding in findings],
        "lines": {
            "vendor": [int(row.side == VENDOR) for row in lines],
            "line": [row.line for row in lines],
            "customer": [customers.of_line(row) for row in lines],
            **{name: [texts.number(text) for text in column] for name, column in columns.items()},
        },
        "customers": customers.written(findings),
        "margins": [
            [
                plain(each.customer),
                plain(each.category),
                each.currency,
                exact(each.revenue, each.currency),
                exact(each.cost, each.currency),
                exact(each.margin, each.currency),
                "" if each.margin_percent is None else exact(each.margin_percent),
            ]
            for each in sorted(result.margins, key=lambda each: (each.customer, each.category, each.currency))
        ],
        "texts": texts.all(),
    }
    written = json.dumps(document, separators=(",", ":")).translate(_SAFE)
    return Embedded(written, len(lines), customers.by_key(), keys)


class _Texts:
    """Numbers texts, the most frequent first; 0 is the empty text."""

    def __init__(self, texts: Iterable[str]) -> None:
        counts = Counter(texts)
        del counts[""]
        self._numbers = {"": 0}
        for text, _ in sorted(counts.items(), key=lambda pair: (-pair[1], pair[0])):
            self._numbers[text] = len(self._numbers)

    def number(self, text: str) -> int:
        return self._numbers[text]

    def all(self) -> list[str]:
        return list(self._numbers)


class _Numbered:
    """Numbers customers; one that has no name yet takes the first it is met with."""

    def __init__(self, findings: Sequence[Finding], lines: Sequence[LineRow], keys: Customers) -> None:
        self._keys = keys
        self._numbers: dict[str, int] = {}
        self._names: list[str] = []
        self._ids: list[str] = []
        for finding in findings:
            self._meet(self._keys.of_finding(finding), customer_name(finding), finding.subject.ledger_customer)
        for row in lines:
            name = plain(row.customer or row.ledger_customer or row.tenant_id) or "no customer"
            self._meet(self._keys.of_line(row), name, row.ledger_customer)
        self._same = Counter(self._names)

    def _meet(self, key: str, name: str, ledger_customer: str | None) -> None:
        if key not in self._numbers:
            self._numbers[key] = len(self._names)
            self._names.append(name)
            self._ids.append(plain(ledger_customer))

    def of_finding(self, finding: Finding) -> int:
        return self._numbers[self._keys.of_finding(finding)]

    def of_line(self, row: LineRow) -> int:
        return self._numbers[self._keys.of_line(row)]

    def by_key(self) -> dict[str, tuple[int, str]]:
        return {key: (at, self._told_apart(at)) for key, at in self._numbers.items()}

    def _told_apart(self, at: int) -> str:
        """Return a customer's name, with the id in the ledger where another has the same name."""
        name, own_id = self._names[at], self._ids[at]
        return f"{name} ({own_id})" if self._same[name] > 1 and own_id else name

    def written(self, findings: Sequence[Finding]) -> list[list[Any]]:
        """Return name, id in the ledger, number of findings, and the stakes by measure and currency."""
        own: dict[int, list[Finding]] = {}
        for finding in findings:
            own.setdefault(self.of_finding(finding), []).append(finding)
        return [
            [
                self._told_apart(at),
                self._ids[at],
                len(own.get(at, ())),
                [
                    [int(measures == EXPOSURE), each.currency, *_both_signs(each.lost, each.over, each.currency)]
                    for measures in (DIFFERENCE, EXPOSURE)
                    for each in stakes(in_sum(each for each in own.get(at, ()) if each.measures == measures))
                ],
            ]
            for at in range(len(self._names))
        ]


def _both_signs(lost: Decimal, over: Decimal, currency: str) -> tuple[str, str]:
    return (exact(lost, currency) if lost else "", exact(over, currency) if over else "")


def _texts_of(finding: Finding) -> Iterable[str]:
    """The texts of a finding that stand elsewhere too."""
    yield from (plain(each.ref) for each in finding.evidence)
    yield from (text for _, text in _ids(finding))


def _ids(finding: Finding) -> list[tuple[str, str]]:
    subject = finding.subject
    return [
        (label, plain(text))
        for label, text in (
            ("subscription", subject.subscription_id),
            ("tenant", subject.tenant_id),
            ("ledger", subject.ledger),
            ("ledger customer", subject.ledger_customer),
            ("product", subject.product_id),
            ("sku", subject.sku_id),
            ("item", subject.item),
        )
        if text
    ]


def _finding(finding: Finding, customers: _Numbered, texts: _Texts) -> dict[str, Any]:
    subject, currency = finding.subject, finding.currency
    return {
        "id": finding.fingerprint,
        "kind": finding.kind,
        "exposure": int(finding.measures == EXPOSURE),
        "severity": finding.severity,
        "impact": exact(finding.impact, currency),
        "currency": currency,
        "words": impact(finding),
        "recurring": int(finding.recurring),
        "customer": customers.of_finding(finding),
        "product": product_name(finding),
        "item": plain(subject.item),
        "period": period(finding.first, finding.last),
        "expected": _figures(finding.expected, currency),
        "actual": _figures(finding.actual, currency),
        "causes": [
            [plain(each.cause).replace("_", " "), grouped(each.amount, currency), plain(each.text)]
            for each in finding.causes
        ],
        "evidence": [
            [each.source.replace("_", " "), texts.number(plain(each.ref)), each.line] for each in finding.evidence
        ],
        # Where it is the kind's own advice, the kind has it.
        "advice": "" if finding.advice == kind_of(finding).advice else plain(finding.advice),
        "ids": [[label, texts.number(text)] for label, text in _ids(finding)],
    }


def _figures(side: Figures, currency: str) -> list[str]:
    return [
        "" if side.quantity is None else number(side.quantity),
        "" if side.unit_price is None else number(side.unit_price, currency),
        "" if side.amount is None else grouped(side.amount, currency),
    ]


def _lines(lines: Sequence[LineRow]) -> dict[str, list[str]]:
    return {
        "document": [plain(row.document) for row in lines],
        "product": [plain(row.product or row.description) for row in lines],
        "item": [plain(row.item) for row in lines],
        "subscription": [plain(row.subscription_id) for row in lines],
        "period": [period(row.first, row.last) for row in lines],
        "quantity": ["" if row.quantity is None else exact(row.quantity) for row in lines],
        "price": ["" if row.unit_price is None else exact(row.unit_price, row.currency) for row in lines],
        "amount": [exact(row.amount, row.currency) for row in lines],
        "currency": [row.currency for row in lines],
        "verdict": [_verdict_words(row) for row in lines],
        "findings": [" ".join(row.findings) for row in lines],
    }


def _verdict_words(row: LineRow) -> str:
    ordered = sorted(row.verdicts, key=lambda each: (-abs(each[1]), each[0]))
    words = [(verdict.replace("_", " "), amount) for verdict, amount in ordered]
    if len(words) == 1:
        return words[0][0]
    return ", ".join(f"{verdict} {grouped(amount, row.currency)}" for verdict, amount in words)
