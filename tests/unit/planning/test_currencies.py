"""Documents in another currency than Microsoft's, at the ledger's own exchange rate."""

import json
from decimal import Decimal
from pathlib import Path

from connector.bootstrap.opening import opened
from connector.domain.document import Plan
from connector.domain.tables import LEDGER_RECORDS
from connector.jobs.overlay import Overlay
from connector.jobs.plan import PlanRequest, plan
from tests.builders import MAPPING, Month, ledger_line
from tests.plans import START, request_of

IN_EUROS = MAPPING.replace("currency: USD}", "currency: EUR}") + "fx: [{from: USD, to: EUR, source: ledger}]\n"
_TYPES = {"flag": "boolean", "number": "decimal(38, 10)", "day": "date", "whole": "int64"}


def plan_with(folder: Path, *rates: tuple[str, str]) -> Plan:
    """Plan October for a customer in euros; `rates` are the ledger's for a dollar, with their days."""
    month = Month(folder, mapping=IN_EUROS, ledger=[ledger_line(status="void")]).write()
    rows = [
        {
            **dict.fromkeys(LEDGER_RECORDS), "ledger": "", "kind": "exchange_rate", "record_id": f"USD {day}",
            "observed_at": "2026-11-02", "active": True, "gone": False, "currency": "USD",
            "facts": json.dumps({"rate": rate, "day": day, "home": "EUR"}),
        }
        for rate, day in rates
    ]  # fmt: skip
    columns = {name: _TYPES.get(kind, "string") for name, kind in LEDGER_RECORDS.items()}
    with opened(request_of(month)) as ((tables, mapping, wanted), _, _):
        known = Overlay(tables, {"ledger_records": tables.take("known_records", rows, columns)})
        return plan(known, mapping, PlanRequest(wanted, START))


def test_the_ledgers_rate_of_the_months_last_day_counts_and_is_stated(tmp_path: Path) -> None:
    made = plan_with(tmp_path, ("0.90", "2026-09-30"), ("0.92", "2026-10-31"), ("0.95", "2026-11-01"))
    (document,) = made.documents
    assert (document.currency, document.total) == ("EUR", Decimal("220.80"))
    assert document.rate_note == "USD to EUR × 0.92 (the rate of the ledger of 2026-10-31)"


def test_without_a_rate_in_the_ledger_the_charge_is_blocked_and_says_what_to_do(tmp_path: Path) -> None:
    made = plan_with(tmp_path)
    assert made.documents == ()
    assert [(one.reason, one.cost, one.text) for one in made.blocked] == [
        (
            "unpriced",
            Decimal("200.00"),
            "no rule gives a price (no ledger exchange rate from USD to EUR is at hand; enter one there and read it, "
            "or write another source)",
        )
    ]
