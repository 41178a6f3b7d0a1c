"""What the simulators show is what the generator writes: line for line, look for look, and at the right time."""

import csv
import gzip
import json
from collections import Counter
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from connector.sandbox.clock import SandboxClock
from connector.sandbox.live import LiveWorld
from connector.sandbox.live.courses import seen_at
from connector.sandbox.running import Running
from connector.sandbox.scenario import generate
from connector.sandbox.scenario.sheets import USAGE_COLUMNS
from connector.sandbox.scenario.world import World
from tests.unit.sandbox.caller import Caller, exact

NOT_SHOWN = ("customerId", "observedAt")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("world")
    generate(40, 2, 7, made)
    return made


def billed(folder: Path) -> list[str]:
    return [path.name.removesuffix(".json") for path in sorted((folder / "invoices").glob("*.json"))]


def test_reconciliation_exports_hold_the_lines_of_the_files(folder: Path, caller: Caller) -> None:
    for invoice in billed(folder):
        written = gzip.decompress((folder / "vendor" / f"{invoice}.jsonl.gz").read_bytes()).decode().splitlines()
        fetched = caller.export("reconciliation/billed", invoiceId=invoice, attributeSet="full")
        assert Counter(fetched) == Counter(written)


def test_usage_exports_hold_the_rows_of_the_files(folder: Path, caller: Caller) -> None:
    for path in sorted((folder / "usage").glob("*.csv")):
        with path.open(encoding="utf-8", newline="") as source:
            written = [tuple(as_number(row[name]) for name in USAGE_COLUMNS) for row in csv.DictReader(source)]
        lines = caller.export("usage/billed", invoiceId=path.stem)
        rows = [json.loads(line, parse_float=Decimal, parse_int=Decimal) for line in lines]
        fetched = [tuple(as_number(as_us_day(row[name])) for name in USAGE_COLUMNS) for row in rows]
        assert Counter(fetched) == Counter(written)
        assert fetched


def as_number(cell: Any) -> Any:
    try:
        return Decimal(cell)
    except (ArithmeticError, TypeError, ValueError):
        return cell


def as_us_day(cell: Any) -> Any:
    if cell is None:
        return ""
    if isinstance(cell, str) and cell.endswith("T00:00:00Z"):
        year, month, day = cell[:10].split("-")
        return f"{int(month)}/{int(day)}/{year}"
    return cell


def test_invoices_and_price_sheets_are_those_of_the_files(folder: Path, running: Running, caller: Caller) -> None:
    running.manners.odd_spellings = False
    for invoice in billed(folder):
        written = json.loads((folder / "invoices" / f"{invoice}.json").read_text(), parse_float=Decimal)
        for spelled in (invoice, f"OneTime-{invoice}"):
            assert exact(caller.api(f"/invoices/{spelled}")) == written
    for path in sorted((folder / "prices").glob("*.csv")):
        month, market = path.stem.replace("-", "")[:6], path.stem[-2:]
        view = f"pricesheets(Market='{market}',PricesheetView='updatedlicensebased')/$value"
        fetched = caller.sheet(f"{view}?timeline=history&month={month}").text
        with path.open(encoding="utf-8", newline="") as source:
            assert list(csv.reader(fetched.splitlines())) == list(csv.reader(source))


def test_older_months_have_the_same_lines_as_line_items(tmp_path: Path) -> None:
    import requests

    from connector.sandbox.running import Deal, start

    generate(40, 1, 3, tmp_path, last_month="2024-01")
    with start(Deal(seed=3, last_month="2024-01")) as running, requests.Session() as session:
        session.trust_env = False
        caller = Caller(running, session)
        running.manners.odd_spellings = False
        for invoice in billed(tmp_path):
            written = json.loads((tmp_path / "vendor-v1" / f"{invoice}.json").read_text())["items"]
            path = f"/invoices/{invoice}/lineitems?provider=OneTime&invoicelineitemtype=BillingLineItems"
            fetched = caller.items(path, size=7)
            assert Counter(map(json.dumps, fetched)) == Counter(map(json.dumps, written))
            assert caller.export("reconciliation/billed", invoiceId=invoice) == []


@pytest.mark.parametrize("seed", [1, 2])
def test_subscriptions_are_at_every_look_as_the_look_saw_them(seed: int) -> None:
    from connector.sandbox.scenario import make_world

    live = LiveWorld(make_world(40, 2, seed), SandboxClock(datetime(2026, 11, 9, tzinfo=UTC)))
    for course in live.courses.values():
        assert [state.since for state in course.states] == sorted({state.since for state in course.states})
        for look in course.looks:
            wanted = {name: value for name, value in look.items() if name not in NOT_SHOWN}
            assert course.at(seen_at(look)) == wanted


def test_seats_change_on_the_day_of_the_charge(world: World) -> None:
    clock = SandboxClock(datetime(2026, 10, 1, tzinfo=UTC))
    live = LiveWorld(world, clock)
    changes = 0
    for line in world.charges[world.month]:
        if line.charge_type not in ("addQuantity", "removeQuantity") or line.eup < 0:
            continue
        course = live.courses[line.subscription_id]
        evening = datetime(line.ordered.year, line.ordered.month, line.ordered.day, 23, tzinfo=UTC)
        before, after = course.at(evening - timedelta(days=1)), course.at(evening)
        assert before is not None
        assert after is not None
        assert after["quantity"] == int(line.quantity) != before["quantity"]
        changes += 1
    assert changes > 5


def test_bills_come_out_on_the_seventh_and_are_unbilled_before(running: Running, world: World) -> None:
    clock = SandboxClock(datetime(2026, 10, 15, 12, tzinfo=UTC))
    live = LiveWorld(world, clock)
    assert {bill.month.number for bill in live.bills()} == {9}
    open_lines = live.unbilled("usd", "current")
    assert open_lines
    assert all(line.invoice == "" and line.ordered.day <= 14 for line in open_lines)
    assert live.unbilled("usd", "last") == []
    assert 0 < len(live.unbilled_usage("usd", "current")) < len(live.usage(world.invoice(world.month, "USD")))
    clock.advance_to(datetime(2026, 11, 3, tzinfo=UTC))
    shown = live.unbilled("usd", "last")
    assert sum(line.subtotal for line in shown) == sum(
        line.subtotal for line in world.charges[world.month] if line.currency == "USD"
    )
    clock.advance_to(datetime(2026, 11, 7, 9, 30, tzinfo=UTC))
    assert {bill.month.number for bill in live.bills()} == {9, 10}
    assert live.unbilled("usd", "last") == []


def test_every_change_by_people_leaves_a_record_that_comes_late(world: World) -> None:
    clock = SandboxClock(datetime(2026, 11, 9, tzinfo=UTC))
    live = LiveWorld(world, clock)
    records = live.records()
    assert len({record.content["id"] for record in records}) == len(records)
    kinds = {record.content["operationType"] for record in records}
    assert kinds == {"create_order", "update_subscription", "upgrade_subscription", "ready_invoice"}
    assert {record.readable - record.happened for record in records} == {timedelta(minutes=4), timedelta(hours=5)}
    changed = next(record for record in records if record.content["operationType"] == "update_subscription")
    assert json.loads(changed.content["resourceNewValue"])["ProductType"]["Id"] == "OnlineServicesNCE"
