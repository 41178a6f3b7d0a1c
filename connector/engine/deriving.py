"""Writes down how an expected slice came about: how its charges were read, and the sums that gave its amount."""

from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from typing import Any

from connector.domain.derivation import Reading, Sum
from connector.domain.money import exponent, from_minor, trimmed
from connector.domain.period import ONE_DAY
from connector.engine.rates import UNIT_PLACES, Rate
from connector.engine.reconciliation.shapes import Slice

Row = Mapping[str, Any]
RateOf = Callable[[int], Rate | None]


def readings(rows: Sequence[Row]) -> tuple[Reading, ...]:
    """How each priced line of a slice was read."""
    return tuple(_reading(row) for row in rows)


def sums(piece: Slice, rows: Sequence[Row], rate_of: RateOf) -> tuple[Sum, ...]:
    """The sums that lead to a slice's amount; none where it has no price."""
    worth = from_minor(piece.worth, piece.currency)
    if piece.kind == "own":
        return (Sum("amount", _own(piece), worth, piece.currency),)
    if piece.status not in ("priced", "absorbed") or piece.item is None:
        return ()
    if piece.method == "seats" and rows:
        return (
            *_unit_prices(rows, rate_of, piece.currency),
            Sum("amount", _by_seats(piece, rows), worth, piece.currency),
        )
    if piece.method == "amount" and rows:
        return (Sum("amount", _by_amount(piece, rows, rate_of), worth, piece.currency),)
    return (Sum("amount", "0", worth, piece.currency),)


def _reading(row: Row) -> Reading:
    seats = not row["by_amount"]
    by_price = row["share_by"] == "price" and int(row["of_days"]) != 1
    scale = -6 if by_price else 0
    currency = row["currency"]
    micro = row["list_micro"] if row["on_list"] else row["net_micro"]
    return Reading(
        charge_type=row["charge_type"] or "",
        first=row["first"],
        last=row["next_start"] - ONE_DAY if row["next_start"] else None,
        quantity=_thousandths(row["milli_seats"]) if seats else None,
        billed_quantity=_thousandths(row["billable"]) if seats else None,
        list_price=_price(row["unit_price"], currency),
        net_price=_price(row["effective_unit_price"], currency),
        months=int(row["months"]),
        days=trimmed(Decimal(int(row["days"])).scaleb(scale), 0),
        of_days=trimmed(Decimal(int(row["of_days"])).scaleb(scale), 0),
        share_by=row["share_by"],
        base=trimmed(Decimal(int(micro)).scaleb(-6), exponent(currency)) if row["method"] == "amount" else None,
        cost=trimmed(row["subtotal"] or Decimal(0), exponent(currency)),
        currency=currency,
    )


def _unit_prices(rows: Sequence[Row], rate_of: RateOf, currency: str) -> tuple[Sum, ...]:
    """The price of a seat and cycle, or of all seats where each has its own tier; each once."""
    found: dict[Sum, None] = {}
    for row in rows:
        rate = rate_of(int(row["rate_id"]))
        if rate is None or not rate.arithmetic:
            continue
        if rate.whole:
            whole = trimmed(Decimal(rate.whole).scaleb(-UNIT_PLACES - 3), exponent(currency))
            found[Sum("price of all seats", rate.arithmetic, whole, currency)] = None
        else:
            found[Sum("unit price", rate.arithmetic, _unit(rate.unit, currency), currency)] = None
    return tuple(found)


def _by_seats(piece: Slice, rows: Sequence[Row]) -> str:
    """Unit price × seats × share, the halves of a seat change netted, rounded once."""
    terms = []
    for row in rows:
        share = _share(row)
        if row["whole"]:
            size = trimmed(Decimal(int(row["whole"])).scaleb(-UNIT_PLACES - 3), 0)
            terms.append((int(row["sign"]) < 0, f"{size:f}{share}"))
        elif row["billable"]:
            seats = abs(_thousandths(row["billable"]))
            terms.append((row["billable"] < 0, f"{_unit(int(row['unit']), piece.currency):f} × {seats:f}{share}"))
    return f"round({_added(terms)}, {exponent(piece.currency)})"


def _by_amount(piece: Slice, rows: Sequence[Row], rate_of: RateOf) -> str:
    """The rule's factor applied to each charge's amount, rounded charge by charge."""
    places = exponent(piece.currency)
    terms = []
    for row in rows:
        micro = int(row["list_micro"] if row["on_list"] else row["net_micro"])
        size = trimmed(Decimal(abs(micro)).scaleb(-6), exponent(row["currency"]))
        rate = rate_of(int(row["rate_id"]))
        factor = rate.arithmetic if rate and rate.arithmetic else "1"
        terms.append((micro < 0, f"round({size:f} × {factor}, {places})"))
    return _added(terms)


def _own(piece: Slice) -> str:
    if piece.method == "seats":
        unit = _unit(piece.unit, piece.currency)
        return f"round({unit:f} × {_thousandths(piece.seats):f}, {exponent(piece.currency)})"
    return f"{from_minor(piece.worth, piece.currency):f}"


def _share(row: Row) -> str:
    days, of_days = int(row["days"]), int(row["of_days"])
    if days == of_days:
        return ""
    scale = -6 if row["share_by"] == "price" else 0
    return f" × {_plain(Decimal(days).scaleb(scale))} / {_plain(Decimal(of_days).scaleb(scale))}"


def _added(terms: Sequence[tuple[bool, str]]) -> str:
    if not terms:
        return "0"
    (negative, first), *others = terms
    return ("0 − " if negative else "") + first + "".join(f" {'−' if less else '+'} {term}" for less, term in others)


def _unit(unit: int, currency: str) -> Decimal:
    return trimmed(Decimal(unit).scaleb(-UNIT_PLACES), exponent(currency))


def _thousandths(milli: Any) -> Decimal:
    return trimmed(Decimal(int(milli)).scaleb(-3), 0)


def _price(price: Decimal | None, currency: str) -> Decimal | None:
    return None if price is None else trimmed(price, exponent(currency))


def _plain(number: Decimal) -> str:
    return f"{trimmed(number, 0):f}"
