"""What is settled inside the query engine comes to the same result as judging everything piece by piece."""

import dataclasses
import json
from decimal import Decimal
from pathlib import Path

import pytest

from connector.adapters.files import read_ledger, read_vendor
from connector.bootstrap import FilesRequest, reconcile_files
from connector.config.mappings import read_mappings
from connector.domain.result import Reconciliation
from connector.jobs import request as job
from connector.jobs.reconcile import reconcile
from connector.sandbox.scenario import generate
from connector.warehouse import Warehouse
from connector.warehouse.workspace import Workspace


def _run(world: Path, settle_from: int, monkeypatch: pytest.MonkeyPatch) -> Reconciliation:
    given = json.loads((world / "truth.json").read_text(encoding="utf-8"))["arguments"]
    whole = job.Request

    def request(*values: object, **named: object) -> job.Request:
        return dataclasses.replace(whole(*values, **named), settle_from=settle_from)  # type: ignore[arg-type]

    monkeypatch.setattr(job, "Request", request)
    outcome = reconcile_files(
        FilesRequest(
            vendor=tuple(world / path for path in given["vendor"]),
            ledgers=tuple((text.partition("=")[0], world / text.partition("=")[2]) for text in given["ledger"]),
            mappings=world / given["mappings"],
            subscriptions=tuple(world / path for path in given["subscriptions"]),
            price_sheets=tuple(world / path for path in given["price_sheet"]),
            totals={currency: Decimal(amount) for currency, amount in given["vendor_total"].items()},
        )
    )
    monkeypatch.undo()
    return _without_slices(outcome.result)


def _without_slices(result: Reconciliation) -> Reconciliation:
    """Lines that agree are not cut into slices, so only their number may differ."""
    verdicts = tuple(dataclasses.replace(total, slices=0) for total in result.verdicts)
    return dataclasses.replace(result, verdicts=verdicts)


@pytest.mark.parametrize(("seed", "months", "defects"), [(1, 1, True), (2, 3, True), (3, 1, False)])
def test_settling_first_changes_nothing(
    seed: int, months: int, defects: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    generate(40, months, seed, tmp_path, defects=defects)
    # The mapping's names are those that people know; Microsoft's are others.
    customers = tmp_path / "mappings" / "customers.yaml"
    customers.write_text(customers.read_text(encoding="utf-8").replace('name: "', 'name: "Our '), encoding="utf-8")
    assert _run(tmp_path, 0, monkeypatch) == _run(tmp_path, 10**9, monkeypatch)


def test_what_one_run_stores_for_the_next_changes_nothing(tmp_path: Path) -> None:
    generate(40, 1, 4, tmp_path)
    given = json.loads((tmp_path / "truth.json").read_text(encoding="utf-8"))["arguments"]
    mapping = read_mappings(tmp_path / given["mappings"])
    with Warehouse(tmp_path / "warehouse") as warehouse:
        warehouse.take_in(iter(read_vendor([tmp_path / path for path in given["vendor"]])))
        for name, _, path in (text.partition("=") for text in given["ledger"]):
            warehouse.take_in(iter(read_ledger(name, [tmp_path / path])))
        made, again, piece_by_piece = (
            _without_slices(reconcile(Workspace(warehouse), mapping, job.Request(settle_from=settle_from)))
            for settle_from in (0, 0, 10**9)
        )
    assert made.findings
    assert made == again == piece_by_piece
