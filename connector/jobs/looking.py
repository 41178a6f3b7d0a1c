"""Reads what a watch looks at out of the tables: what is held, charged, priced and billed, as known on a day."""

from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any

from connector.domain import rules
from connector.domain.watched import Access, Charged, Edition, Held, Lead
from connector.engine.expecting.expecting import retail_prices
from connector.engine.mapping import Book
from connector.engine.reconciliation.naming import Directory
from connector.engine.watching import View
from connector.engine.watching.audit_reading import ORDERS, UPDATES, seat_changes
from connector.engine.watching.positions import places, positions
from connector.engine.watching.prices import Prices
from connector.engine.watching.reading import charged_last, sheet_rows, sightings_of
from connector.engine.watching.selling import Selling
from connector.jobs.looking_azure import lost_credit, spend
from connector.jobs.looking_ledger import debts_of, look_at_ledger
from connector.jobs.request import Request
from connector.jobs.side_sums import SideSums
from connector.ports import DatedTables

_CYCLE_STARTS = ("new", "renew", "cyclecharge", "convert", "changebillingplan")


@dataclass(frozen=True, slots=True)
class Asked:
    """What to watch: the day, how far ahead, the home currency ("" not known), ledgers by name, and known accesses.

    `immediate` are kinds that mails tell at once; None: nobody is told by mail. `planned` are the ledgers we post to.
    """

    on: date
    lead: Lead = field(default_factory=Lead)
    home: str = ""
    ledgers: tuple[str, ...] = ()
    accesses: tuple[Access, ...] | None = None
    immediate: tuple[str, ...] | None = None
    planned: frozenset[str] = frozenset()


def look(tables: DatedTables, mapping: rules.Mapping, asked: Asked) -> View:
    """Read everything that a watch looks at."""
    request = Request(ledgers=asked.ledgers)
    book = Book(mapping)
    directory = Directory(book, SideSums(tables, request).ledger(), asked.ledgers)
    sightings = sightings_of(
        tables.rows(tables.table("subscriptions")), tables.rows(tables.table("customers")), asked.on
    )
    held = tuple(states[-1] for states in sightings.values())
    wanted = {one.product_id for state in held for one in (state.offered, state.after_renewal) if one.product_id}
    dated = tables.dated("prices")
    sheet = list(tables.rows(dated.filter(dated.product_id.isin(sorted(wanted))))) if wanted else []
    editions = dated.select("edition_market", "edition_view", "edition_month", "edition_seen_at").distinct()
    prices = Prices(
        sheet_rows(sheet),
        (
            Edition(
                row["edition_market"] or "", row["edition_view"] or "", row["edition_month"] or "",
                row["edition_seen_at"] or "",
            )
            for row in tables.rows(editions)
        ),
    )  # fmt: skip
    selling = Selling(book, directory.currency, retail_prices(sheet), asked.home)
    charged = charged_last(tables.rows(_last_cycles(tables, asked.on)))
    held = tuple(_named(one, charged.get(one.subscription_id)) for one in held)
    ledger = look_at_ledger(tables, asked.on, asked.lead.recent)
    records = tables.table("audit_records")
    changes = tuple(seat_changes(tables.rows(records.filter(records.operation.isin((*UPDATES, *ORDERS))))))
    spent, debts = spend(tables, asked.on), tuple(debts_of(tables, asked.on, ledger.merged))
    there = {
        "subscriptions": held, "prices": prices.known, "ledger": ledger.there, "audit": changes, "azure": spent,
        "debts": ledger.documents, "accesses": asked.accesses is not None,
    }  # fmt: skip
    return View(
        on=asked.on,
        lead=asked.lead,
        held=held,
        sightings=sightings,
        prices=prices,
        selling=selling,
        charged=charged,
        positions=positions(held, charged, selling, directory.ledger, asked.on, ledger.customer),
        price_moves=ledger.moves,
        prepaid=ledger.prepaid,
        places=places(held, selling, directory.ledger, asked.on, ledger.customer),
        templates=ledger.templates,
        billed=ledger.billed,
        last_invoice=ledger.last_invoice,
        planned=asked.planned,
        seat_changes=tuple(one for one in changes if one.on <= asked.on),
        spend=spent,
        lost_credit=tuple(lost_credit(tables, asked.on)) if spent else (),
        debts=debts,
        accesses=asked.accesses or (),
        seen=frozenset(name for name, seen in there.items() if seen),
    )


def _named(held: Held, charged: Charged | None) -> Held:
    """A subscription with its customer's name, by Microsoft's lines where the list of customers has none."""
    return replace(held, customer_name=charged.customer_name) if charged and held.customer_name is None else held


def _last_cycles(tables: DatedTables, on: date) -> Any:
    """The charges of each licence's last whole cycle that has begun."""
    charges = tables.table("charges")
    starts = charges.charge_type.fill_null("").lower().replace(" ", "").replace("_", "").isin(_CYCLE_STARTS)
    whole = charges.filter(
        starts
        & (charges.category == "license")
        & charges.subscription_id.notnull()
        & charges.charge_start.notnull()
        & (charges.charge_start <= on)
        & (charges.effective_unit_price >= 0)
    )
    latest = whole.group_by("subscription_id").mutate(newest=whole.charge_start.max())
    return latest.filter(latest.charge_start == latest.newest).drop("newest")
