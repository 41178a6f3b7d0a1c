"""Compares what Business Central made of a draft with what was sent, to the cent, before anything is posted."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

from connector.adapters.business_central.translate import Page
from connector.adapters.business_central.values import Body, amount_or_zero, flag, key, option, parts, text
from connector.adapters.http.bodies import parse
from connector.domain.ledger import RemoteDocument
from connector.domain.money import EXACT, ZERO, exponent, round_half_up

_COMMENT = "Comment"


@dataclass(frozen=True, slots=True)
class Meant:
    """What a payload says: the party, the currency, and the amounts of the lines that carry one."""

    party: str
    currency: str
    amounts: tuple[Decimal, ...]

    @property
    def total(self) -> Decimal:
        """The sum of the lines."""
        return sum(self.amounts, ZERO)


def meant(page: Page, payload: str) -> Meant:
    """Read a payload of ours."""
    body = parse(payload)
    currency = text(body.get("currencyCode"))
    return Meant(text(body.get(f"{page.party}Number")), currency, tuple(_amounts(page, body, currency)))


def differences(page: Page, payload: str, found: RemoteDocument, body: Body) -> tuple[str, ...]:
    """In what a draft differs from its payload, in words with what to do; empty where it is equal to the cent."""
    want = meant(page, payload)
    there = [page.sign * line.amount for line in found.lines if line.kind == "sale"]
    told: list[str] = []
    for name, ours, theirs in (
        (page.party, want.party, found.party),
        ("currency", want.currency, found.currency),
        ("lines", len(want.amounts), len(there)),
        ("total", want.total, page.sign * found.net),
    ):
        if ours != theirs:
            told.append(f"{name}: expected {_word(ours)}, found {_word(theirs)}")
    if len(want.amounts) == len(there) and Counter(want.amounts) != Counter(there):
        lost = sorted((Counter(want.amounts) - Counter(there)).elements())
        new = sorted((Counter(there) - Counter(want.amounts)).elements())
        told.append(f"line amounts: expected {', '.join(map(_word, lost))}, found {', '.join(map(_word, new))}")
    if told and flag(body.get("pricesIncludeTax")):
        told.append("the customer's prices include tax: switch Prices Including VAT off on the customer's card")
    return tuple(told)


def overwritten(page: Page, payload: str, body: Body) -> tuple[tuple[str, str, Decimal], ...]:
    """The lines whose price Business Central worked out anew: id, version and the price they are to have.

    None where the lines differ in anything else, for then a price alone would not put it right.
    """
    ours = [line for line in parts(parse(payload), page.lines) if not _is_text(line)]
    theirs = [line for line in parts(body, page.lines) if not _is_text(line)]
    if len(ours) != len(theirs):
        return ()
    found = []
    for our, their in zip(ours, theirs, strict=True):
        if any(_plain(our.get(name)) != _plain(their.get(name)) for name in ("lineObjectNumber", "quantity")):
            return ()
        price = amount_or_zero(our.get(page.price))
        if price != amount_or_zero(their.get(page.price)):
            found.append((key(their.get("id")), text(their.get("@odata.etag")), price))
    return tuple(found)


def _is_text(line: Body) -> bool:
    return option(line.get("lineType")) == _COMMENT


def _plain(value: object) -> object:
    return amount_or_zero(value) if isinstance(value, int | Decimal) else text(value)


def _amounts(page: Page, body: Body, currency: str) -> Iterator[Decimal]:
    for line in parts(body, page.lines):
        if not _is_text(line):
            product = EXACT.multiply(amount_or_zero(line.get("quantity")), amount_or_zero(line.get(page.price)))
            yield round_half_up(product, exponent(currency))


def _word(value: object) -> str:
    return f"{value:f}" if isinstance(value, Decimal) else str(value or "none")
