"""Fetching against the sandbox: what comes of it, what a second run changes, and how it is told."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from connector.bootstrap import reconcile_files
from connector.cli.main import run
from connector.domain.extraction import Extraction, Part
from connector.sandbox.running import Deal
from tests.builders import MadeUp, differences_from_truth, make_world
from tests.fetching import Office, office

DEAL = Deal(customers=12, months=1, seed=5)
LOOKS = (
    datetime(2026, 9, 29, 23, 45, tzinfo=UTC),
    datetime(2026, 10, 31, 23, 45, tzinfo=UTC),
    datetime(2026, 11, 9, 8, tzinfo=UTC),
)


@dataclass(frozen=True)
class Autumn:
    """A world, the connector that looked at it three times, and what each look brought."""

    world: MadeUp
    office: Office
    looks: tuple[Extraction, ...]


@pytest.fixture(scope="module")
def autumn(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Autumn]:
    folder = tmp_path_factory.mktemp("autumn")
    world = make_world(folder / "world", DEAL.seed, customers=DEAL.customers)
    with office(folder / "office", DEAL, at=LOOKS[0]) as own:
        own.configure(own_lines="more_markets: [DE]")
        looks = []
        for moment in LOOKS:
            own.sandbox.clock.advance_to(moment)
            looks.append(own.sync())
        yield Autumn(world, own, tuple(looks))


def test_a_month_that_was_fetched_is_reconciled_like_its_files(autumn: Autumn) -> None:
    """Every injected defect is found in what three looks at the live world brought, and nothing else."""
    request = replace(
        autumn.world.request(),
        vendor=(), subscriptions=(), price_sheets=(), totals={}, taxes={}, stored=autumn.office.warehouse,
    )  # fmt: skip
    result = reconcile_files(request).result
    assert differences_from_truth(autumn.world.truth, result.findings) == ([], [])
    assert (result.result, result.because) == (autumn.world.truth["result"], ())
    assert [one.vendor_header for one in result.conservation] == [
        one.vendor_header for one in autumn.world.reconcile().result.conservation
    ]


def test_nothing_was_missed(autumn: Autumn) -> None:
    assert [(look.troubles, look.left, look.set_aside) for look in autumn.looks] == [((), (), 0)] * 3
    tables = autumn.office.contents()
    assert all(
        tables[name]
        for name in tables.keys()
        - {"set_aside", "transitions", *(name for name in tables if name.startswith("ledger_"))}
    )


def test_a_second_run_writes_nothing(autumn: Autumn) -> None:
    before = autumn.office.files()
    told = autumn.office.sync()
    assert not any(step.changed for step in told.steps)
    assert (sum(told.written.values()), autumn.office.files()) == (0, before)


def test_unbilled_lines_go_when_the_invoice_is_out(autumn: Autumn) -> None:
    assert "unbilled reconciliation" in " ".join(step.text for step in autumn.looks[1].steps)
    invoices = {row[0] for row in autumn.office.contents()["charges"]}
    assert None not in invoices
    assert len(invoices) == 2


def test_the_history_of_a_subscription_has_a_row_for_each_change(autumn: Autumn) -> None:
    history: dict[str, list[tuple[object, ...]]] = {}
    for row in autumn.office.contents()["subscriptions"]:
        history.setdefault(row[1], []).append(row)
    assert max(map(len, history.values())) == 3
    assert all(len(rows) == len(set(rows)) for rows in history.values())


def test_a_past_run_is_repeated(autumn: Autumn, capsys: pytest.CaptureFixture[str]) -> None:
    """As known on the last of October there was no invoice yet, and in September nothing at all."""
    folder, world = autumn.office.folder, autumn.world.folder
    given = autumn.world.truth["arguments"]["ledger"]
    ledgers = [word for text in given for word in ("--ledger", text.replace("=", f"={world}/", 1))]
    words = ["reconcile", *ledgers, "--mappings", str(world / "mappings"), "--format", "json"]
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        for name, value in autumn.office.environment.items():
            patch.setenv(name, value)
        assert run([*words, "--as-known-on", "2026-11-09"]) == 1
        assert len(json.loads(capsys.readouterr().out)["scope"]["vendor_invoices"]) == 2
        assert run([*words, "--as-known-on", "2026-10-31"]) in (1, 2)
        assert json.loads(capsys.readouterr().out)["scope"]["vendor_invoices"] == []
        assert run([*words, "--as-known-on", "2026-09-29"]) == 2
        assert "no invoice lines of what was known before 2026-09-30" in capsys.readouterr().err
        assert run([*words, "--as-known-on", "yesterday"]) == 2
        assert run([*words, "--as-known-on", "2026-11-09", "--vendor", "x.json"]) == 2


def test_the_command_tells_what_it_did(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with office(tmp_path, Deal(customers=3)) as own, pytest.MonkeyPatch.context() as patch:
        patch.setattr("connector.adapters.clock.SystemClock", lambda: own.sandbox.clock)
        patch.chdir(tmp_path)
        for name, value in own.environment.items():
            patch.setenv(name, value)
        assert run(["sync", "--only", "invoices", "--only", "subscriptions"]) == 0
        told = capsys.readouterr()
        assert "3 customers listed" in told.out
        assert "lines of G0" in told.out
        assert "\r" not in told.err
        assert run(["sync", "--format", "json"]) == 0
        document = json.loads(capsys.readouterr().out)
        assert document["schema"] == "connector.sync/1"
        assert document["written"].get("charges", 0) == 0
        assert run(["sync"]) == 0
        assert "nothing new" in capsys.readouterr().out


@pytest.mark.parametrize("part", [part for part in Part if part is not Part.LEDGER])
def test_a_part_can_be_fetched_alone(tmp_path: Path, part: Part) -> None:
    with office(tmp_path, Deal(customers=2)) as own:
        told = own.sync(part)
        assert {step.part for step in told.steps} <= {part}
        assert not told.troubles
