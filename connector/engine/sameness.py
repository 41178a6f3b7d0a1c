"""Compares a document as we froze it with what stands in the ledger: customer, currency, lines, total and tax."""

from collections import Counter, defaultdict
from collections.abc import Iterable
from decimal import Decimal

from connector.domain.document import BILL, GIVES_BACK, OF_THE_VENDOR, VENDOR_CREDIT, Document
from connector.domain.ledger import TEXT, RemoteDocument
from connector.domain.money import ZERO, exponent, round_half_up


def has_marker(remote: RemoteDocument, marker: str) -> bool:
    """Whether a document bears our mark; some ledgers keep it in capitals only."""
    return bool(marker) and remote.marker.upper() == marker.upper()


def is_alike(document: Document, remote: RemoteDocument) -> bool:
    """Whether a document without our mark could still be ours: same customer and same net amount."""
    same_way = (document.kind == VENDOR_CREDIT) == (_kind_of(remote) == VENDOR_CREDIT)
    return remote.party == document.customer and _net(remote) == document.total and same_way


def differences(document: Document, remote: RemoteDocument) -> tuple[str, ...]:
    """In what a document in the ledger differs from what we meant, in words; empty where it is equal to the cent.

    Compared are kind, customer, currency, net total, the amounts of the lines that carry an item, and the tax where the
    rules say how much it is.
    """
    found: list[str] = []
    _unlike(found, "kind", document.kind, _kind_of(remote))
    _unlike(found, "customer", document.customer, remote.party)
    _unlike(found, "currency", document.currency, remote.currency)
    if remote.status == "void":
        found.append("it is void")
    _unlike(found, "total", document.total, _net(remote))
    meant, there = _amounts_of(document, remote)
    if len(meant) != len(there):
        _unlike(found, "lines", len(meant), len(there))
    elif Counter(meant) != Counter(there):
        lost = (Counter(meant) - Counter(there)).elements()
        new = (Counter(there) - Counter(meant)).elements()
        found.append(f"line amounts: expected {_amounts(lost)}, found {_amounts(new)}")
    taxes = expected_taxes(document)
    tax = _turned(remote, remote.tax, remote.net)
    if taxes and tax not in taxes:
        _unlike(found, "tax", min(taxes), tax)
    return tuple(found)


def lost_amounts(document: Document, remote: RemoteDocument) -> tuple[Decimal, ...]:
    """Amounts of our lines that are not on the document any more."""
    meant, there = _amounts_of(document, remote)
    return tuple((Counter(meant) - Counter(there)).elements())


def _amounts_of(document: Document, remote: RemoteDocument) -> tuple[list[Decimal], list[Decimal]]:
    """The amounts of the lines on both sides, without lines of text."""
    meant = [line.amount for line in document.lines if line.item is not None or document.kind in OF_THE_VENDOR]
    sign = sum((line.amount for line in remote.lines), ZERO)
    return meant, [_turned(remote, line.amount, sign) for line in remote.lines if line.kind != TEXT]


def expected_taxes(document: Document) -> frozenset[Decimal]:
    """What the tax may be: rounded line by line or per rate, as ledgers do either; empty where the rules do not say."""
    lines = [line for line in document.lines if line.amount]
    if not lines or any(line.tax_percent is None for line in lines):
        return frozenset()
    places = exponent(document.currency)
    sums: dict[Decimal, Decimal] = defaultdict(lambda: ZERO)
    by_line = ZERO
    for line in lines:
        percent = line.tax_percent or ZERO
        sums[percent] += line.amount
        by_line += round_half_up(line.amount * percent / 100, places)
    by_rate = sum((round_half_up(net * percent / 100, places) for percent, net in sums.items()), ZERO)
    return frozenset({by_line, by_rate})


def _net(remote: RemoteDocument) -> Decimal:
    return _turned(remote, remote.net, remote.net)


def _turned(remote: RemoteDocument, amount: Decimal, sign: Decimal) -> Decimal:
    """An amount as our documents have it: what gives back is positive, however the ledger signs it."""
    return -amount if _kind_of(remote) in GIVES_BACK and sign < 0 else amount


def _kind_of(remote: RemoteDocument) -> str:
    """What a document in the ledger is to us: a bill below zero is a vendor credit."""
    return VENDOR_CREDIT if remote.kind == BILL and remote.net < 0 else remote.kind


def _unlike(found: list[str], name: str, meant: object, there: object) -> None:
    if meant != there:
        found.append(f"{name}: expected {_word(meant)}, found {_word(there)}")


def _word(value: object) -> str:
    return f"{value:f}" if isinstance(value, Decimal) else str(value or "none")


def _amounts(amounts: Iterable[Decimal]) -> str:
    return ", ".join(f"{amount:f}" for amount in sorted(amounts)[:5])
