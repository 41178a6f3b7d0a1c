"""Whole numbers of decimals: what is proven is exact, and what is stored is written alike in every process."""

import os
import subprocess
import sys
from collections.abc import Iterator
from decimal import ROUND_HALF_UP, Decimal, localcontext

import ibis
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connector.engine.expecting.whole import proven, whole
from connector.warehouse import Warehouse

MICRO = 1_000_000
STORED = pa.decimal128(38, 22)
amounts = st.one_of(
    st.decimals(-(10**12), 10**12, places=2),
    st.decimals(-(10**6), 10**6, places=6),
    st.decimals(-(10**4), 10**4, places=7),
    st.decimals(-(10**12), 10**12, places=22),
)


@pytest.fixture(scope="module")
def bench() -> Iterator[Warehouse]:
    with Warehouse.temporary() as warehouse:
        yield warehouse


def read(bench: Warehouse, given: list[Decimal | None]) -> list[dict[str, int | None]]:
    bench.connection.con.register("amounts", pa.table({"amount": pa.array(given, STORED)}))
    table = proven(ibis.table({"amount": "decimal(38, 22)"}, name="amounts"), exact=("amount", MICRO))
    return bench.rows(table.select("exact", whole=whole(table.amount, MICRO)))


@settings(max_examples=30, deadline=None)
@given(st.lists(amounts, min_size=1, max_size=50))
def test_what_is_proven_is_exactly_the_amount(bench: Warehouse, given: list[Decimal]) -> None:
    with localcontext(prec=60):
        for amount, row in zip(given, read(bench, [*given]), strict=True):
            millionths = amount * MICRO
            assert row["whole"] == millionths.quantize(Decimal(1), ROUND_HALF_UP)
            if row["exact"] is None:
                assert millionths % 1 or abs(millionths) >= 10**12, amount
            else:
                assert row["exact"] == millionths


def test_nothing_is_proven_of_what_is_unknown_or_too_large(bench: Warehouse) -> None:
    largest = Decimal("9223372036854.775807")
    assert read(bench, [None]) == [{"exact": None, "whole": None}]
    assert [row["whole"] for row in read(bench, [largest, -largest])] == [2**63 - 1, 1 - 2**63]


def test_what_is_stored_is_told_by_the_same_words_in_every_process() -> None:
    program = (
        "import ibis\n"
        "from connector.engine.expecting import plain\n"
        "from connector.engine.reconciliation.agreeing import billed_lines, buyers, sold_items\n"
        "from connector.warehouse.tables import named\n"
        "charges = named('charges').mutate(file_row=ibis.literal(0).cast('int64'))\n"
        "ledger = named('ledger_lines').mutate(file_row=ibis.literal(0).cast('int64'))\n"
        "held = plain.positions(charges)\n"
        "lines = plain.normalised(charges, held, plain.offers(charges))\n"
        "print(ibis.to_sql(plain.plain_charges(lines), 'duckdb'))\n"
        "print(ibis.to_sql(billed_lines(ledger, held, sold_items(ledger), buyers(ledger)), 'duckdb'))\n"
    )
    told = {
        subprocess.run(
            [sys.executable, "-c", program], env={**os.environ, "PYTHONHASHSEED": seed}, capture_output=True, check=True
        ).stdout
        for seed in ("1", "2")
    }
    assert len(told) == 1
