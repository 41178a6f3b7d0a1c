"""Makes the lines of documents of pieces, as the customer's template says: what makes a line, and what it reads.

Quantity × unit price, rounded half up, is the amount of every line that has both; where no unit price of few digits
gives the amount (mixed prices or days, usage, credits), the line has the amount only.
"""

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, fields
from datetime import date
from decimal import Decimal
from functools import cache
from itertools import chain
from operator import attrgetter

from connector.domain.document import DocumentLine, in_order
from connector.domain.money import ZERO, exponent, from_minor, round_half_up, trimmed
from connector.domain.period import Period
from connector.domain.rules import Template
from connector.engine.planning.pieces import Piece, is_item
from connector.engine.rates import UNIT_PLACES

# Ledgers keep unit prices with five decimals or more.
_FINEST = 5
CATEGORIES = {
    "license": "Licences", "azure": "Azure", "reservation": "Reservations", "savings_plan": "Savings plans",
    "software": "Software", "marketplace": "Marketplace", "own": "Services",
}  # fmt: skip
_PLACEHOLDER = re.compile(r"\{(\w+)\}")
_ORDER = ("license", "software", "marketplace", "azure", "reservation", "savings_plan", "own")

_cost_of = attrgetter("cost")

TaxOf = Callable[[Piece], tuple[str | None, Decimal | None]]


@dataclass(frozen=True, slots=True)
class Layout:
    """How one customer's lines are made: its template, and the tax code of each piece.

    On a credit memo (`gives_back`) descriptions read as its amounts do: positive for what is given back. Of a quarter
    or year (`by_month`) every month has lines of its own, so that each can be compared with what Microsoft charged.
    """

    template: Template
    tax_of: TaxOf
    customer_name: str
    gives_back: bool = False
    by_month: bool = False


def lines_of(pieces: Iterable[Piece], layout: Layout) -> list[DocumentLine]:
    """The lines of one document, numbered from 1, in an order that does not depend on how the pieces came."""
    groups: dict[tuple[object, ...], list[Piece]] = defaultdict(list)
    for piece in pieces:
        groups[_line_key(piece, layout)].append(piece)
    made = [_line(run, layout) for group in groups.values() for run in _runs(group)]
    shown = [line for line in made if line.amount or layout.template.zero_lines == "show"]
    return numbered(shown)


def numbered(lines: Iterable[DocumentLine]) -> list[DocumentLine]:
    """Put lines in order and number them."""
    ordered = sorted(lines, key=_line_order)
    return [DocumentLine(number, *_all_but_number(line)) for number, line in enumerate(ordered, 1)]


# A large plan has so many lines that `replace`, which asks for each field by its name, takes its time.
_all_but_number = attrgetter(*(each.name for each in fields(DocumentLine) if each.name != "number"))


def _line_order(line: DocumentLine) -> tuple[object, ...]:
    place = _ORDER.index(line.category) if line.category in _ORDER else len(_ORDER)
    return (
        place, line.product, line.item or "", line.reference, line.amount < 0, line.first or date.min,
        line.last or date.min, line.amount, line.description, line.slices,
    )  # fmt: skip


def _line_key(piece: Piece, layout: Layout) -> tuple[object, ...]:
    """What pieces must share to stand on one line."""
    of, template = piece.of, layout.template
    month = piece.period.start.replace(day=1) if layout.by_month and not is_item(of) else None
    always = of.item, *layout.tax_of(piece), piece.worth < 0, of.cost_currency, of.customer_id, piece.late, month
    if is_item(of):
        # Of one rule; the months of a quarter or year stand together.
        return "item", *always, of.source, of.line
    if of.kind == "own":
        return "own", *always, piece.refs
    if of.category == "azure":
        return "usage", *always, of.is_credit, *_usage_key(piece, template.usage)
    if template.lines == "per_charge":
        return "charge", *always, piece.refs
    if template.lines == "per_category":
        return "category", *always, of.category
    if template.lines == "per_product":
        return "product", *always, of.product_id, of.sku_id, *_price_key(piece)
    return "subscription", *always, of.subscription_id, of.product_id, of.sku_id, *_price_key(piece)


def _runs(group: Sequence[Piece]) -> Iterator[list[Piece]]:
    """The pieces of a line; months of an own item that do not follow each other stand on several."""
    if not is_item(group[0].of):
        yield list(group)
        return
    run: list[Piece] = []
    for piece in sorted(group, key=attrgetter("period", "refs")):
        if run and run[-1].period.end != piece.period.start:
            yield run
            run = []
        run.append(piece)
    yield run


def _price_key(piece: Piece) -> tuple[object, ...]:
    """Seats of one price and the same days stand together, so that quantity × unit price is the amount."""
    of = piece.of
    if not piece.is_whole or of.method != "seats":
        return ()
    share = (1, 1) if of.days == of.of_days else (of.days, of.of_days)
    return of.unit, piece.period, share


def _usage_key(piece: Piece, usage: str) -> tuple[object, ...]:
    if usage == "one_line":
        return ()
    if usage == "by_meter":
        return (piece.group or piece.of.product_name, piece.of.sku_id)
    if usage == "by_subscription":
        return (piece.group or piece.of.subscription_id,)
    return (piece.group,)


def _line(group: Sequence[Piece], layout: Layout) -> DocumentLine:
    first = group[0]
    of, currency = first.of, first.of.currency
    amount = from_minor(sum(piece.worth for piece in group), currency)
    quantity, unit_price = quantity_and_price(group, amount)
    days = (
        first.period
        if len(group) == 1
        else Period(min(piece.period.start for piece in group), max(piece.period.end for piece in group))
    )
    refs = tuple(chain.from_iterable(piece.refs for piece in group))
    refs = refs if is_item(of) else in_order(refs)
    subscriptions = {piece.of.subscription_id for piece in group}
    reference = (subscriptions.pop() if len(subscriptions) == 1 else None) or ""
    product = product_of(group, layout.template)
    tax_code, tax_percent = layout.tax_of(first)
    sign = -1 if layout.gives_back else 1
    values = {
        "product": product,
        "quantity": "" if quantity is None else f"{trimmed(quantity * sign, 0):f}",
        "unit_price": "" if unit_price is None else f"{unit_price:f}",
        "amount": f"{amount * sign if amount else amount:f}",
        "currency": currency,
        "period": str(days),
        "first": str(days.start),
        "last": str(days.last),
        "subscription": reference,
        "customer": layout.customer_name,
        "category": CATEGORIES.get(of.category, of.category),
    }
    return DocumentLine(
        number=0,
        item=of.item,
        description=described(layout.template.description, values, first.late),
        amount=amount,
        quantity=quantity,
        unit_price=unit_price,
        first=days.start,
        last=days.last,
        reference=reference,
        tax_code=tax_code,
        tax_percent=tax_percent,
        cost=sum(map(_cost_of, refs), ZERO),
        cost_currency=of.cost_currency,
        slices=refs,
        formula="; ".join(sorted({piece.rate.formula for piece in group if piece.rate and piece.rate.formula})),
        places=tuple(sorted({place for piece in group if piece.rate for place in piece.rate.places})),
        product=product,
        category=of.category,
    )


def quantity_and_price(group: Sequence[Piece], amount: Decimal) -> tuple[Decimal | None, Decimal | None]:
    """The seats and the price of one that give the amount exactly, or neither.

    Months of an own item that stand together are as many seats at the price of all of them.
    """
    first, currency = group[0], group[0].of.currency
    group = group[:1] if is_item(first.of) else group
    if not all(p.is_whole and p.of.method == "seats" and p.of.seats for p in group) or not _alike(group):
        return None, None
    quantity = Decimal(sum(piece.of.seats for piece in group)).scaleb(-3)
    if not quantity or (quantity < 0) != (amount < 0):
        return None, None
    places = exponent(currency)
    for price in _prices(Decimal(first.of.unit).scaleb(-UNIT_PLACES), amount, quantity, places):
        if price and round_half_up(quantity * price, places) == amount:
            return trimmed(quantity, 0), trimmed(price, places)
    return None, None


def _prices(listed: Decimal, amount: Decimal, quantity: Decimal, places: int) -> Iterator[Decimal]:
    """The price of the rule, and where it does not give the amount, what the amount comes to for one."""
    yield listed
    part = abs(amount / quantity)
    for digits in range(places, _FINEST + 1):
        yield round_half_up(part, digits)


def _alike(group: Sequence[Piece]) -> bool:
    """Whether pieces are of one price and for the same share of the same days."""
    first, *others = group
    return all(
        (one.of.unit, one.period) == (first.of.unit, first.period)
        and one.of.days * first.of.of_days == first.of.days * one.of.of_days
        for one in others
    )


def product_of(group: Sequence[Piece], template: Template) -> str:
    """What a line is for, in words."""
    first = group[0].of
    if first.category == "azure":
        names = sorted({piece.group for piece in group if piece.group})
        what = "Azure credit" if first.is_credit else "Azure usage"
        return f"{what}, {', '.join(names)}" if names else what
    if first.kind != "own" and template.lines == "per_category":
        return CATEGORIES.get(first.category, first.category)
    bundles = {piece.rate.bundle for piece in group if piece.rate and piece.rate.bundle}
    names = sorted(bundles or {piece.of.product_name or piece.of.product_id or "" for piece in group})
    text = ", ".join(name for name in names if name)
    return f"Credit: {text}" if first.is_credit else text


@cache
def _parts(template: str) -> tuple[tuple[tuple[str, ...], tuple[str, ...]], ...]:
    """What stands between the commas of a description: its texts, and the names that stand between these."""
    split = [_PLACEHOLDER.split(part) for part in template.split(", ")]
    return tuple((tuple(part[::2]), tuple(part[1::2])) for part in split)


def described(template: str, values: dict[str, str], late: str = "") -> str:
    """Fill a description; what stands between commas is left out where it names something that the line has not."""
    parts = []
    for texts, names in _parts(template):
        words = [values.get(name, "") for name in names]
        if all(words):
            # Texts and words by turns: there is one text more.
            parts.append("".join(chain.from_iterable(zip(texts, [*words, ""], strict=True))))
    text = " ".join(", ".join(parts).split()) or values["product"]
    return f"{text} ({late})" if late else text
