"""What should have been billed, taken as the ledger, agrees with Microsoft's lines: only exposures are left."""

from pathlib import Path

import pytest

from connector.bootstrap import expecting
from connector.reports.ledger_csv import to_ledger_csv
from tests.builders import MadeUp, make_world, tell


def expected_ledgers(world: MadeUp, folder: Path) -> tuple[tuple[str, Path], ...]:
    """The lines that should have been, in a file for each ledger."""
    request = world.request()
    with expecting(request) as (due, _, _):
        lines = list(due.lines())
        day = due.scope.audited[-1].last
    written = []
    for name in sorted({name for name, _ in request.ledgers}):
        path = folder / f"expected-{name}.csv"
        path.write_text("".join(to_ledger_csv((line for line in lines if line.ledger == name), day)), encoding="utf-8")
        written.append((name, path))
    assert {line.ledger for line in lines} <= {name for name, _ in written}
    return tuple(written)


@pytest.mark.parametrize("seed", range(8))
def test_reconciling_what_should_have_been_leaves_no_difference(seed: int, tmp_path: Path) -> None:
    world = make_world(tmp_path / "world", 400 + seed, customers=24, months=1 + seed % 2)
    result = world.reconcile(ledgers=expected_ledgers(world, tmp_path)).result
    left = [finding for finding in result.findings if finding.measures == "difference"]
    assert left == [], [tell(finding) for finding in left]
    assert not any("do not sum" in reason for reason in result.because)
    assert {total.verdict for total in result.verdicts if total.side == "ledger"} == {"matched"}
    assert "unbilled" not in {total.verdict for total in result.verdicts if total.amount}
