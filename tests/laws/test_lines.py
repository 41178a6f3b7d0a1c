"""Laws 1 and 2, line by line: each line's verdicts sum to it, and all lines' verdicts are the result's."""

import csv
import dataclasses
import random
from collections import Counter, defaultdict
from collections.abc import Iterable
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connector.bootstrap import reconciling
from connector.domain.line_rows import LEDGER, VENDOR, LineRow
from connector.domain.result import Reconciliation
from connector.engine.reconciliation.apportioning import share_out
from connector.jobs import request as job
from tests.builders import MadeUp, ledger_rows, make_world, vendor_rows
from tests.laws.test_conservation import net, rework_ledger, rework_vendor, sums

Key = tuple[str, str, str]


def lines_of(
    world: MadeUp, monkeypatch: pytest.MonkeyPatch, settle_from: int, *more: Path
) -> tuple[Reconciliation, list[LineRow]]:
    """The result and all lines, with the query engine settling from so many charges on."""
    whole = job.Request

    def request(*values: object, **named: object) -> job.Request:
        return dataclasses.replace(whole(*values, **named), settle_from=settle_from)  # type: ignore[arg-type]

    with monkeypatch.context() as patch:
        patch.setattr(job, "Request", request)
        vendor = (*sorted((world.folder / "vendor").iterdir()), *more)
        with reconciling(world.request(vendor=vendor, month=None)) as outcome:
            lines = list(outcome.lines)
            assert len(lines) == len(outcome.lines)
            assert lines == list(outcome.lines)
            return outcome.result, lines


def by_verdict(triples: Iterable[tuple[str, str, str, Decimal]]) -> dict[Key, Decimal]:
    total: dict[Key, Decimal] = defaultdict(Decimal)
    for side, verdict, currency, amount in triples:
        total[side, verdict, currency] += amount
    return {key: amount for key, amount in total.items() if amount}


def hold(result: Reconciliation, lines: list[LineRow]) -> None:
    """Each line is covered, and together they are the result."""
    for row in lines:
        assert row.verdicts, row
        assert sum((amount for _, amount in row.verdicts), Decimal(0)) == row.amount, row
    told = by_verdict((v.side, v.verdict, v.currency, v.amount) for v in result.verdicts)
    assert by_verdict((r.side, name, r.currency, amount) for r in lines for name, amount in r.verdicts) == told
    fingerprints = {finding.fingerprint for finding in result.findings}
    assert {one for row in lines for one in row.findings} <= fingerprints


@pytest.mark.parametrize("seed", range(6))
def test_the_verdicts_of_the_lines_are_those_of_the_result(
    seed: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = make_world(tmp_path, 300 + seed, customers=24, months=1 + seed % 2)
    chance = random.Random(seed)
    rework_ledger(tmp_path, chance, 4 * seed)
    rework_vendor(tmp_path, chance, 2 * seed)
    shown = []
    for settle_from in (10**9, 0):
        result, lines = lines_of(world, monkeypatch, settle_from)
        hold(result, lines)
        charges = [row for row in lines if row.side == VENDOR]
        assert sums((row.currency, str(row.amount)) for row in charges) == sums(
            (row["Currency"], row["Subtotal"]) for row in vendor_rows(tmp_path)
        )
        billed = [row for row in lines if row.side == LEDGER]
        assert Counter((row.document, row.currency, row.amount) for row in billed) == Counter(
            (row["document_number"], row["currency"], Decimal(net(row))) for row in ledger_rows(tmp_path)
        )
        shown.append(lines)
    # Where there is only one verdict, both ways tell it of the same lines.
    apart = [
        (one, other)
        for one, other in zip(*shown, strict=True)
        if (one.verdicts, one.item) != (other.verdicts, other.item)
    ]
    assert all(len(one.verdicts) > 1 or len(other.verdicts) > 1 for one, other in apart), apart[:3]
    assert [row.findings for row in shown[0]] == [row.findings for row in shown[1]]


def test_every_finding_about_lines_leads_to_them(world: MadeUp, monkeypatch: pytest.MonkeyPatch) -> None:
    result, lines = lines_of(world, monkeypatch, 0)
    led_to = {one for row in lines for one in row.findings}
    without = [finding for finding in result.findings if finding.fingerprint not in led_to]
    # An own item that is not billed has neither a charge nor a line.
    shown = [f for f in without if any(each.source in (VENDOR, LEDGER) for each in f.evidence)]
    assert {finding.kind for finding in shown} <= {"record_set_aside", "incomplete_vendor_file"}
    of_kind = {finding.fingerprint: finding.kind for finding in result.findings}
    for row in lines:
        kinds = {of_kind[one] for one in row.findings}
        names = {name for name, _ in row.verdicts}
        assert not names & {"unbilled", "orphan", "over_billed", "unmapped", "unpriced", "unassigned"} or kinds, row


def test_what_is_accepted_is_absorbed_line_by_line(copy: MadeUp, monkeypatch: pytest.MonkeyPatch) -> None:
    result, _ = lines_of(copy, monkeypatch, 10**9)
    taken = [f for f in result.findings if f.kind in ("unbilled_charge", "orphan_billing", "unmapped_customer")]
    accepted = "".join(f"- {{finding: {f.fingerprint}, reason: agreed, by: jane}}\n" for f in taken)
    (copy.folder / copy.truth["arguments"]["mappings"] / "accepted.yaml").write_text(f"accepted:\n{accepted}")
    after, lines = lines_of(copy, monkeypatch, 10**9)
    assert len(after.findings) == len(result.findings) - len(taken)
    hold(after, lines)
    assert any(name == "absorbed" for row in lines for name, _ in row.verdicts if row.side == LEDGER)


def test_azure_charges_split_along_their_usage_stay_whole(copy: MadeUp, monkeypatch: pytest.MonkeyPatch) -> None:
    (usage, *_) = sorted((copy.folder / "usage").iterdir())
    with usage.open(encoding="utf-8-sig", newline="") as file:
        groups = sorted({row["ResourceGroup"] for row in csv.DictReader(file) if row.get("ResourceGroup")})
    rules = "".join(f'- {{resource_group: {name}, ledger_customer: "77{at}"}}\n' for at, name in enumerate(groups[:2]))
    (copy.folder / copy.truth["arguments"]["mappings"] / "split.yaml").write_text(f"subscriptions:\n{rules}")
    for settle_from in (0, 10**9):
        result, lines = lines_of(copy, monkeypatch, settle_from, usage)
        hold(result, lines)
        assert any(len(row.verdicts) > 1 and row.side == VENDOR for row in lines)


amounts = st.decimals(-(10**6), 10**6, places=2)


@given(st.lists(amounts, min_size=1, max_size=8), st.lists(amounts, max_size=4))
def test_sharing_out_keeps_the_sums_of_rows_and_columns(rows: list[Decimal], some: list[Decimal]) -> None:
    columns = [*some, sum(rows, Decimal(0)) - sum(some, Decimal(0))]
    table = share_out(rows, columns)
    assert [sum(row, Decimal(0)) for row in table] == rows
    assert [sum((row[at] for row in table), Decimal(0)) for at in range(len(columns))] == columns


def test_a_netted_change_is_shared_out_in_proportion() -> None:
    refund, charge = Decimal("-80.00"), Decimal("120.00")
    table = share_out([refund, charge], [Decimal("30.00"), Decimal("10.00")])
    assert table == ((Decimal("-60.00"), Decimal("-20.00")), (Decimal("90.00"), Decimal("30.00")))
