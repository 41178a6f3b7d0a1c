"""What the engine keeps for the expressions that follow, and for the runs that follow."""

import os
import signal
from decimal import Decimal
from pathlib import Path
from threading import Timer
from typing import Any

import ibis.expr.types as ir
import pytest

from connector.warehouse import Warehouse, queries
from connector.warehouse.workspace import Workspace
from tests.unit.warehouse.test_warehouse import batch, charge


class Doubling:
    """Doubles the lines' subtotals, and counts how often it is asked to."""

    def __init__(self) -> None:
        self.asked, self.__qualname__ = 0, "doubled"

    def __call__(self, charges: ir.Table) -> ir.Table:
        self.asked += 1
        return charges.select(doubled=charges.subtotal * 2)


def doubled(warehouse: Warehouse, doubling: Doubling) -> list[dict[str, Any]]:
    workspace = Workspace(warehouse)
    return list(workspace.rows(workspace.store("doubled", doubling, workspace.table("charges"))))


def test_what_is_stored_is_made_once_for_the_same_lines_and_code(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    doubling = Doubling()
    with Warehouse(tmp_path) as warehouse:
        warehouse.take_in(iter([batch("charges", charge("G1", "0.10"))]))
        assert doubled(warehouse, doubling) == doubled(warehouse, doubling) == [{"doubled": Decimal("0.20")}]
        assert doubling.asked == 1
        warehouse.take_in(iter([batch("charges", charge("G1", "0.30"))]))
        assert doubled(warehouse, doubling) == [{"doubled": Decimal("0.60")}]
        assert doubling.asked == 2
        monkeypatch.setattr(queries, "_code", lambda: "of another version")
        assert doubled(warehouse, doubling) == [{"doubled": Decimal("0.60")}]
        assert doubling.asked == 3


def test_what_is_stored_beside_lines_that_go_is_kept_in_the_engine() -> None:
    with Warehouse.temporary() as warehouse:
        warehouse.take_in(iter([batch("charges", charge("G1", "0.10"))]))
        assert doubled(warehouse, Doubling()) == [{"doubled": Decimal("0.20")}]
        assert not (warehouse.folder / "derived").exists()


def test_a_query_that_is_interrupted_ends_as_ctrl_c_does() -> None:
    """The engine has words of its own for it, which would be taken for a fault of the program."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        with Warehouse.temporary() as warehouse:
            workspace = Workspace(warehouse)
            # It asks for signals only after some dozens of batches.
            many = workspace.take("many", ({"n": n} for n in range(400_000)), {"n": "int64"})
            few = workspace.take("few", ({"m": m} for m in range(4_000)), {"m": "int64"})
            pairs = many.cross_join(few)
            slow = pairs.aggregate(sum=(pairs.n * pairs.m % 7).sum())
            for ask in (lambda: list(workspace.rows(slow)), lambda: workspace.keep("kept", slow)):
                Timer(0.3, os.kill, (os.getpid(), signal.SIGINT)).start()
                with pytest.raises(KeyboardInterrupt):
                    ask()
    finally:
        signal.signal(signal.SIGINT, before)
