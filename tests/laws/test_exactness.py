"""Law 4: from text to text no digit is lost and no float is made on the way."""

import ast
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import ibis.expr.types as ir
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connector.domain.money import MixedCurrencies, Money
from connector.warehouse.workspace import Workspace
from tests.builders import ROOT, MadeUp, Month, ledger_line, vendor_line

EXACT_ROOMS = ("domain", "engine", "jobs")
# The schedule and its duty count seconds and know no money.
SECONDS = ("schedule.py", "duty.py")


def floats_in(path: Path) -> Iterator[str]:
    """Yield where a file writes, names or asks for a float."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        match node:
            case ast.Constant(value=float()) | ast.Name(id="float"):
                yield f"{path}:{node.lineno}"
            case ast.Constant(value="float32" | "float64" | "double"):
                yield f"{path}:{node.lineno}"


def test_no_float_is_written_where_money_is() -> None:
    paths = [path for room in EXACT_ROOMS for path in (ROOT / "connector" / room).rglob("*.py")]
    assert len(paths) > len(SECONDS)
    assert [where for path in paths if path.name not in SECONDS for where in floats_in(path)] == []


def test_no_column_of_a_run_is_a_float(world: MadeUp, monkeypatch: pytest.MonkeyPatch) -> None:
    kept: dict[str, Any] = {}
    keep = Workspace.keep

    def listen(self: Workspace, name: str, expression: ir.Table) -> ir.Table:
        table = keep(self, name, expression)
        cursor = self._warehouse.connection.raw_sql(f'DESCRIBE "{name}"')
        kept[name] = {column: kind for column, kind, *_ in cursor.fetchall()}
        return table

    monkeypatch.setattr(Workspace, "keep", listen)
    world.reconcile()
    assert {"priced_lines", "expected"} <= set(kept)
    floats = [(name, column) for name, columns in kept.items() for column, kind in columns.items() if "DOUBLE" in kind]
    floats += [(name, column) for name, columns in kept.items() for column, kind in columns.items() if "FLOAT" in kind]
    assert not floats


@settings(max_examples=8)
@given(st.lists(st.decimals(-(10**9), 10**9, places=2), min_size=1, max_size=30), st.randoms(use_true_random=False))
def test_the_header_is_compared_to_the_last_digit(
    tmp_path_factory: pytest.TempPathFactory, amounts: list[Decimal], chance: Any
) -> None:
    folder = tmp_path_factory.mktemp("digits")
    rows = [
        vendor_line(ChargeType="customerCredit", Subtotal=f"{amount:f}", Total=f"{amount:f}", EffectiveUnitPrice="0")
        for amount in amounts
    ]
    # Copies of one line are one mistake of the reader's; an order of its own keeps each apart.
    rows = [{**row, "OrderId": f"{number:012}"} for number, row in enumerate(rows)]
    month = Month(folder, vendor=rows).write()
    truth = {"vendor": ["vendor.csv"], "ledger": ["=ledger.csv"], "mappings": "mappings"}
    total = sum(amounts, Decimal(0))
    for off, is_reached in ((Decimal(0), True), (Decimal("0.01"), False)):
        world = MadeUp(month.folder, {"arguments": {**truth, "vendor_total": {"USD": str(total + off)}}})
        kinds = {finding.kind for finding in world.reconcile().result.findings}
        assert ("incomplete_vendor_file" not in kinds) == is_reached


@pytest.mark.parametrize(
    ("unit", "quantity", "days", "sell"),
    [
        # 19.90 + 20 % = 23.88; × 7 × 16/31 = 86.2761… → 86.28
        ("19.90", "7", 16, "86.28"),
        # 2.675 + 20 % = 3.21, a price of three decimals at its cent
        ("2.675", "1", 31, "3.21"),
        # 1.1125 + 20 % = 1.335 → 1.34 by half up, 1.33 as a float
        ("1.1125", "1", 31, "1.34"),
        # 8.3375 + 20 % = 10.005 → 10.01 by half up
        ("8.3375", "3", 31, "30.03"),
    ],
)
def test_prices_are_rounded_half_up_by_name(tmp_path: Path, unit: str, quantity: str, days: int, sell: str) -> None:
    start = 32 - days
    effective = (Decimal(unit) * days / 31).quantize(Decimal("0.0000000001"))
    cost = (Decimal(unit) * days / 31 * int(quantity)).quantize(Decimal("0.01"))
    line = vendor_line(
        UnitPrice=unit, EffectiveUnitPrice=f"{effective:f}", Quantity=quantity, BillableQuantity=quantity,
        ChargeStartDate=f"10/{start}/2026", Subtotal=str(cost), Total=str(cost), ChargeType="new",
        SubscriptionStartDate=f"10/{start}/2026" if days == 31 else "3/1/2026",
    )  # fmt: skip
    billed = ledger_line(quantity=quantity, unit_price="", amount=sell, service_start=f"2026-10-{start:02}")
    month = Month(tmp_path, vendor=[line], ledger=[billed], totals={"USD": str(cost)}).write()
    arguments = {"vendor": ["vendor.csv"], "ledger": ["=ledger.csv"], "mappings": "mappings"}
    world = MadeUp(month.folder, {"arguments": {**arguments, "vendor_total": month.totals}})
    result = world.reconcile().result
    assert (result.result, result.findings, result.suppressed) == ("reconciled", (), ())


def test_two_currencies_raise() -> None:
    with pytest.raises(MixedCurrencies):
        Money(Decimal(1), "USD") + Money(Decimal(1), "EUR")
