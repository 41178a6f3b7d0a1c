"""What is settled inside the query engine comes to the same result as judging everything piece by piece."""

import dataclasses
import json
from decimal import Decimal
from pathlib import Path

import pytest

from connector.bootstrap import FilesRequest, reconcile_files
from connector.domain.result import Reconciliation
from connector.jobs import request as job
from connector.sandbox.scenario import generate


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
    # Lines that agree are not cut into slices, so only their number may differ.
    verdicts = tuple(dataclasses.replace(total, slices=0) for total in outcome.result.verdicts)
    return dataclasses.replace(outcome.result, verdicts=verdicts)


@pytest.mark.parametrize(("seed", "months", "defects"), [(1, 1, True), (2, 3, True), (3, 1, False)])
def test_settling_first_changes_nothing(
    seed: int, months: int, defects: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    generate(40, months, seed, tmp_path, defects=defects)
    assert _run(tmp_path, 0, monkeypatch) == _run(tmp_path, 10**9, monkeypatch)
