"""A month fetched from the running sandbox gives the same truth as the files the generator writes."""

import json
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import requests

from connector.bootstrap import FilesRequest, reconciling
from connector.cli.demo import compare
from connector.cli.inputs import named_ledger
from connector.sandbox.clock import SandboxClock
from connector.sandbox.running import Deal, start
from connector.sandbox.scenario import generate
from tests.unit.sandbox.caller import Caller, exact

LOOKS = ((2026, 9, 29, 23, 30), (2026, 10, 31, 23, 30), (2026, 11, 9, 23, 30))


def look(caller: Caller, target: Path) -> None:
    """Write down every subscription of every customer as it is now."""
    now = caller.running.clock.now()
    with target.open("a", encoding="utf-8") as lines:
        for customer in caller.items("/customers"):
            for seen in exact(caller.api(f"/customers/{customer['id']}/subscriptions"))["items"]:
                seen |= {"customerId": customer["id"], "observedAt": now.isoformat()}
                lines.write(json.dumps(seen) + "\n")


def test_the_month_comes_out_the_same(tmp_path: Path) -> None:
    generate(40, 1, 11, tmp_path)
    truth = json.loads((tmp_path / "truth.json").read_text())
    given = truth["arguments"]
    fetched = tmp_path / "fetched"
    fetched.mkdir()
    clock = SandboxClock(datetime(2026, 9, 1, tzinfo=UTC))
    with start(Deal(seed=11), clock) as running, requests.Session() as session:
        session.trust_env = False
        caller = Caller(running, session)
        for moment in LOOKS:
            clock.advance_to(datetime(*moment, tzinfo=UTC))
            caller.forget_tokens()
            look(caller, fetched / "subscriptions.jsonl")
        for invoice in exact(caller.api("/invoices"))["items"]:
            id_ = invoice["id"]
            (fetched / f"{id_}.json").write_bytes(caller.api(f"/invoices/{id_}").content)
            for kind in ("reconciliation/billed", "usage/billed"):
                name = f"{id_}-{kind.split('/')[0]}.jsonl"
                if lines := caller.export(kind, invoiceId=id_):
                    (fetched / name).write_text("\n".join(lines) + "\n", encoding="utf-8")
        for market in ("US", "DE"):
            for month in ("202609", "202610"):
                view = f"pricesheets(Market='{market}',PricesheetView='updatedlicensebased')/$value"
                sheet = caller.sheet(f"{view}?timeline=history&month={month}")
                (fetched / f"prices-{market}-{month}.csv").write_bytes(sheet.content)
    request = FilesRequest(
        vendor=tuple(sorted([*fetched.glob("G*.jsonl"), *fetched.glob("G*.json")])),
        ledgers=tuple(named_ledger(text, tmp_path) for text in given["ledger"]),
        mappings=tmp_path / given["mappings"],
        subscriptions=(fetched / "subscriptions.jsonl",),
        price_sheets=tuple(sorted(fetched.glob("prices-*.csv"))),
    )
    with reconciling(request) as outcome:
        missed, invented = compare(truth["findings"], outcome.result.findings)
        assert (missed, invented) == ([], [])
        headers = {proof.currency: proof.vendor_header for proof in outcome.result.conservation}
        assert headers == {currency: Decimal(text) for currency, text in truth["vendor_totals"].items()}
