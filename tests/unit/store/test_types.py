"""Amounts, rates and moments come back from either database digit for digit."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import Column, Engine, Integer, MetaData, Table, create_engine, func, insert, select
from sqlalchemy.exc import StatementError
from sqlalchemy.pool import StaticPool

from connector.store.types import DecimalText, ExactDecimal, UtcTime

AMOUNTS = st.integers(-(10**18) + 1, 10**18 - 1).map(lambda units: Decimal(units).scaleb(-6))
RATES = st.decimals(allow_nan=False, allow_infinity=False, min_value=-(10**12), max_value=10**12, places=22)
MOMENTS = st.datetimes(
    min_value=datetime(1970, 1, 1),  # noqa: DTZ001 - hypothesis adds the zone
    max_value=datetime(2200, 1, 1),  # noqa: DTZ001
    timezones=st.sampled_from([UTC, timezone(timedelta(hours=5, minutes=30)), timezone(timedelta(hours=-8))]),
)

KINDS = Table(
    "kinds", MetaData(),
    Column("id", Integer, primary_key=True),
    Column("amount", ExactDecimal()), Column("cents", ExactDecimal(18, 2)), Column("rate", DecimalText()),
    Column("moment", UtcTime()),
)  # fmt: skip


@pytest.fixture(scope="module", params=["sqlite", "postgres"])
def engine(request: pytest.FixtureRequest) -> Iterator[Engine]:
    if request.param == "sqlite":
        made = create_engine("sqlite://", poolclass=StaticPool)
    else:
        made = create_engine(request.getfixturevalue("postgres").replace("postgresql:", "postgresql+psycopg:"))
    KINDS.drop(made, checkfirst=True)
    KINDS.create(made)
    yield made
    KINDS.drop(made)
    made.dispose()


def stored(engine: Engine, rows: list[dict[str, Any]]) -> list[Any]:
    """Write rows, read them back, and leave nothing."""
    with engine.connect() as connection:
        connection.execute(insert(KINDS), [{"id": at, **row} for at, row in enumerate(rows)])
        found = list(connection.execute(select(KINDS).order_by(KINDS.c.id)))
        connection.rollback()
    return found


@settings(max_examples=50)
@given(st.lists(st.tuples(AMOUNTS, RATES, MOMENTS), min_size=1, max_size=20))
def test_every_digit_comes_back(engine: Engine, rows: list[tuple[Decimal, Decimal, datetime]]) -> None:
    found = stored(engine, [{"amount": a, "rate": r, "moment": m} for a, r, m in rows])
    assert [(row.amount, row.rate, row.moment) for row in found] == rows
    assert all(row.moment.tzinfo is UTC and str(row.amount.as_tuple().exponent) == "-6" for row in found)


@settings(max_examples=50)
@given(st.lists(AMOUNTS.map(lambda amount: amount / 1000).map(lambda a: a.quantize(Decimal("0.000001"))), min_size=1))
def test_sums_order_and_comparison_in_sql_are_exact(engine: Engine, amounts: list[Decimal]) -> None:
    with engine.connect() as connection:
        connection.execute(insert(KINDS), [{"id": at, "amount": amount} for at, amount in enumerate(amounts)])
        total = connection.execute(select(func.sum(KINDS.c.amount))).scalar_one()
        ordered = list(connection.execute(select(KINDS.c.amount).order_by(KINDS.c.amount)).scalars())
        same = connection.execute(select(func.count()).where(KINDS.c.amount == amounts[0])).scalar_one()
        larger = connection.execute(select(func.count()).where(KINDS.c.amount > amounts[0])).scalar_one()
        connection.rollback()
    assert total == sum(amounts)
    assert ordered == sorted(amounts)
    assert same == amounts.count(amounts[0])
    assert larger == sum(amount > amounts[0] for amount in amounts)


def test_the_facts_own_numbers(engine: Engine) -> None:
    amounts = ["19.99", "-0.000001", "123456789012.345678", "0", "999999999999.999999"]
    rates = ["0.000000123456789012345", "9007199254740993.00", "1234567890123456789012345", "0.0132", "-1"]
    found = stored(engine, [{"amount": Decimal(a), "rate": Decimal(r)} for a, r in zip(amounts, rates, strict=True)])
    assert [row.amount for row in found] == [Decimal(a) for a in amounts]
    assert [row.rate for row in found] == [Decimal(r) for r in rates]
    assert stored(engine, [{"cents": 5}])[0].cents == Decimal("5.00")
    assert stored(engine, [{"amount": None, "rate": None, "moment": None}])[0].amount is None


@pytest.mark.parametrize(
    ("column", "value", "words"),
    [
        ("amount", 0.1, "must be a Decimal"),
        ("rate", 0.1, "must be a Decimal"),
        ("amount", True, "must be a Decimal"),
        ("amount", Decimal("NaN"), "not finite"),
        ("rate", Decimal("Infinity"), "not finite"),
        ("amount", Decimal("0.0000001"), "more than 6 decimals"),
        ("cents", Decimal("0.001"), "more than 2 decimals"),
        ("amount", Decimal(10) ** 12, "more than 12 digits"),
        ("moment", datetime(2026, 1, 1), "time zone"),  # noqa: DTZ001
    ],
)
def test_what_would_lose_something_is_refused(engine: Engine, column: str, value: object, words: str) -> None:
    with pytest.raises(StatementError, match=words):
        stored(engine, [{column: value}])


def test_eighteen_digits_are_the_most() -> None:
    with pytest.raises(ValueError, match="18 digits"):
        ExactDecimal(19, 2)
