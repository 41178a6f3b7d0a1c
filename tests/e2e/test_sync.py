"""Fetching against the sandbox: what comes of it, what a second run changes, and how it is told."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from connector.bootstrap import configured, reconcile_files
from connector.bootstrap.storing import open_store
from connector.cli.main import run
from connector.cli.sync import _Line
from connector.domain.extraction import Extraction, Part
from connector.domain.result import Reconciliation
from connector.sandbox.messages import Request, Response
from connector.sandbox.running import Deal
from connector.warehouse import Warehouse
from tests.builders import MadeUp, differences_from_truth, make_world
from tests.fetching import Office, office

DEAL = Deal(customers=8, months=1, seed=5)
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


def test_a_credit_note_of_last_month_is_not_taken_for_its_invoice(tmp_path: Path) -> None:
    """Until the invoice is out, what last month will bill is asked for as well."""
    note = {
        "id": "G099999999", "documentType": "Credit Note", "amendsOf": "G005003000", "invoiceType": "OneTime",
        "invoiceDate": "2026-11-02T00:00:00Z", "billingPeriodStartDate": "2026-10-01T00:00:00Z",
        "billingPeriodEndDate": "2026-10-31T23:59:59Z", "totalCharges": -1, "paidAmount": 0, "currencyCode": "USD",
    }  # fmt: skip
    with office(tmp_path, Deal(customers=2, seed=5), at=datetime(2026, 11, 3, tzinfo=UTC)) as own:
        center = own.sandbox.partner_center
        handle = center.handle

        def handling(request: Request) -> Response:
            answer = handle(request)
            if request.path != "/v1/invoices" or request.first("offset", "0") != "0":
                return answer
            body = json.loads(answer.whole().removeprefix(b"\xef\xbb\xbf"))
            return Response(200, answer.headers, json.dumps({**body, "items": [*body["items"], note]}).encode())

        center.handle = handling  # type: ignore[method-assign]
        own.sync(Part.INVOICES)
        asked = [one.request for one in own.sandbox.servers["graph"].exchanges if "unbilled" in one.request.path]
        assert {one.json()["billingPeriod"] for one in asked} == {"current", "last"}


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


def test_a_month_that_was_half_seen_is_not_audited(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither where a customer could not be read, nor where an invoice's lines could not; only until they are."""
    world = make_world(tmp_path / "world", 13, customers=4)
    with office(tmp_path / "office", Deal(customers=4, seed=13)) as own:
        for name, value in own.environment.items():
            monkeypatch.setenv(name, value)

        def result() -> Reconciliation:
            wanted = replace(
                world.request(), vendor=(), subscriptions=(), price_sheets=(), totals={}, taxes={}, month=None
            )
            return reconcile_files(configured(wanted, own.settings, own_mapping=True)).result

        bad = own.sandbox.live.customers()[1].tenant_id
        own.sandbox.faults.add(on=f"GET /v1/customers/{bad}/subscriptions", times=0, do="status:500")
        own.sync()
        half = result()
        stale = [one.subject.tenant_id for one in half.findings if one.kind == "stale_source"]
        assert (stale, half.result) == ([bad], "not_audited")
        own.sandbox.faults.clear()
        own.sync()
        assert result().because == ()

        # The lines miss the invoice's total by what Microsoft wrote on the PDF alone, and asking again fails.
        own.sandbox.faults.add(on="POST */reconciliation/billed/export", nth=2, times=0, do="app:failed")
        other = Office(tmp_path / "other", own.sandbox)
        other.folder.mkdir()
        other.configure()
        other.sign_in()
        other.sync()
        own.folder = other.folder
        (bill,) = own.sandbox.live.bills()
        assert [why.partition(":")[0] for why in result().because if "lines of" in why] == [f"lines of {bill.id}"]


def test_the_command_tells_what_it_did(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with office(tmp_path, Deal(customers=3)) as own, pytest.MonkeyPatch.context() as patch:
        patch.setattr("connector.adapters.clock.SystemClock", lambda *_: own.sandbox.clock)
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


@pytest.mark.parametrize("part", [Part.AUDIT, Part.PRICES])
def test_a_part_can_be_fetched_alone(tmp_path: Path, part: Part) -> None:
    with office(tmp_path, Deal(customers=2)) as own:
        told = own.sync(part)
        assert {step.part for step in told.steps} <= {part}
        assert not told.troubles
        # One that fails must not be hidden by another that works.
        with open_store(own.settings, own.sandbox.clock) as store, store.look() as unit:
            assert (unit.runs.jobs(), unit.leases.held(part)) == ((part.value,), None)
            assert unit.leases.held("sync") is not None


def test_between_whole_rounds_only_those_are_looked_at_that_somebody_touched(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The audit records lead to every change of three days; whoever was not touched is not asked for."""
    monkeypatch.setattr("connector.jobs.extract_subscriptions._ALWAYS_ALL", 0)
    monkeypatch.setattr("connector.jobs.extract_subscriptions._SWEEP_EVERY", timedelta(days=30))
    with office(tmp_path / "a", Deal(customers=12, seed=4), at=datetime(2026, 10, 6, tzinfo=UTC)) as own:
        own.sync(Part.AUDIT, Part.SUBSCRIPTIONS)
        own.sandbox.clock.advance_to(datetime(2026, 10, 9, tzinfo=UTC))
        before = len(own.sandbox.servers["api"].exchanges)
        told = own.sync(Part.AUDIT, Part.SUBSCRIPTIONS)
        asked = [one.request.path for one in own.sandbox.servers["api"].exchanges[before:]]
        looked_at = sum(path.endswith("/subscriptions") for path in asked)
        assert 0 < looked_at < 12
        assert "that are due looked at" in told.steps[1].text
        whole = Office(tmp_path / "b", own.sandbox)
        whole.folder.mkdir()
        whole.configure()
        whole.sign_in()
        whole.sync(Part.SUBSCRIPTIONS)
        assert set(whole.contents()["subscriptions"]) <= set(own.contents()["subscriptions"])


def test_one_customer_that_stays_unreadable_does_not_make_every_round_a_whole_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is asked for each time; the others are left in peace until the next day, for the sake of the quota."""
    monkeypatch.setattr("connector.jobs.extract_subscriptions._ALWAYS_ALL", 0)
    with office(tmp_path, Deal(customers=6, seed=4), at=datetime(2026, 10, 6, tzinfo=UTC)) as own:
        bad = own.sandbox.live.customers()[0].tenant_id
        own.sandbox.faults.add(on=f"GET /v1/customers/{bad}/subscriptions", times=0, do="status:400")
        own.sync(Part.AUDIT, Part.SUBSCRIPTIONS)
        own.sandbox.clock.advance(3_600)
        before = len(own.sandbox.servers["api"].exchanges)
        told = own.sync(Part.AUDIT, Part.SUBSCRIPTIONS)
        asked = [one.request.path for one in own.sandbox.servers["api"].exchanges[before:]]
        looked_at = [path for path in asked if path.endswith("/subscriptions")]
        assert f"/v1/customers/{bad}/subscriptions" in looked_at
        assert len(looked_at) < 6
        assert [trouble.subject for trouble in told.troubles] == [f"customer {bad}"]


def test_a_republished_price_sheet_is_kept_beside_the_first(tmp_path: Path) -> None:
    with office(tmp_path, Deal(customers=2)) as own:
        own.sync(Part.PRICES)
        first = own.contents()["prices"]
        pricing = own.sandbox.pricing
        handle = pricing.handle

        def dearer(request: Request) -> Response:
            answer = handle(request)
            if "updatedlicensebased" not in request.path or answer.status != 200:
                return answer
            return Response(answer.status, answer.headers, answer.whole() + answer.whole().splitlines()[-1] + b"\r\n")

        pricing.handle = dearer  # type: ignore[method-assign]
        own.sandbox.clock.advance(86_400)
        told = own.sync(Part.PRICES)
        assert any("republished" in step.text for step in told.steps)
        assert len(own.contents()["prices"]) > len(first)
        assert set(first) <= set(own.contents()["prices"])
        with Warehouse(own.warehouse) as warehouse:
            sheets = [origin for _, origin in warehouse.origins() if origin.get("view") == "updatedlicensebased"]
        hashes = {origin["sheet_hash"] for origin in sheets if origin["month"] == "2026-10"}
        assert len(hashes) == 2


def test_progress_is_shown_on_a_terminal_only(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    line = _Line()
    line.show(Part.SUBSCRIPTIONS, "customers", 5, 10)
    assert capsys.readouterr().err == ""
    monkeypatch.setattr("sys.stderr.isatty", lambda: True)
    line = _Line()
    line.show(Part.SUBSCRIPTIONS, "customers", 5, 1000)
    line.show(Part.SUBSCRIPTIONS, "customers", 6, 1000)
    line.clear()
    shown = capsys.readouterr().err.split("\r")
    assert shown[:2] == ["", "subscriptions: 5 of 1,000 customers"]
    assert [text.strip() for text in shown[2:]] == ["", ""]
