"""Settles inside the query engine what agrees to the cent, so that a large month is not judged line by line."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

import ibis
import ibis.expr.types as ir

from connector.domain.money import trimmed
from connector.domain.result import Margin
from connector.engine.alike import alike
from connector.engine.expecting import plain
from connector.engine.expecting.expecting import Rates
from connector.engine.expecting.keys import boundaries
from connector.engine.expecting.normalising import normalise
from connector.engine.expecting.plain import SEAT_KEY, USAGE_KEY, PlainRates
from connector.engine.mapping import Book
from connector.engine.reconciliation import agreeing
from connector.engine.reconciliation.agreeing import AT, POOL
from connector.engine.reconciliation.judging import Verdict
from connector.engine.reconciliation.naming import Directory
from connector.engine.reconciliation.shapes import Scope
from connector.ports import LineTables

_ACCOUNTS = {
    "tenant_id": "string", "account": "int64", "standing_for": "string", "ledger": "string",
    "ledger_customer": "string", "name": "string",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Settled:
    """What agrees: its verdicts and margins; and what is left on both sides to be judged.

    `answered` are settled ledger lines that a line left over may repeat; `checked` gives all settled charges as
    checks look at them.
    """

    verdicts: tuple[Verdict, ...]
    margins: tuple[Margin, ...]
    rest: ir.Table
    rest_ledger: ir.Table
    answered: ir.Table
    checked: ir.Table


@dataclass(frozen=True, slots=True)
class Apart:
    """What is never settled here: items of the partner's own (ledger, customer, item), customers with a minimum."""

    items: frozenset[tuple[str, str, str]]
    customers: frozenset[tuple[str, str]]


def settle(
    tables: LineTables,
    charges: ir.Table,
    book: Book,
    directory: Directory,
    rates: Rates,
    apart: Apart,
    scope: Scope,
    sheet_starts: Sequence[date],
) -> Settled:
    """Find what agrees, and give what does not as the tables that the judgement piece by piece starts from.

    `charges` are those in the scope; the ones that usage splits have a `part`.
    """
    return _Settling(tables, charges, book, directory, rates, apart, scope, sheet_starts).result()


def prepare(tables: LineTables, charges: ir.Table) -> tuple[ir.Table, ir.Table, ir.Table]:
    """Bring both sides to whole numbers, once for all runs over the same files: positions, charges, ledger lines."""
    whole = charges.drop("part") if "part" in charges.columns else charges
    numbered = tables.store("positions", plain.positions(whole))
    lines = tables.store("plain_charges", plain.plain_charges(whole, numbered))
    billed = tables.store("plain_billed", agreeing.billed_lines(tables.table("ledger_lines"), numbered))
    return numbered, lines, billed


class _Settling:
    def __init__(
        self,
        tables: LineTables,
        charges: ir.Table,
        book: Book,
        directory: Directory,
        rates: Rates,
        apart: Apart,
        scope: Scope,
        sheet_starts: Sequence[date],
    ) -> None:
        self._tables, self._charges, self._scope = tables, charges, scope
        self._book, self._directory, self._apart = book, directory, apart
        self._numbers: dict[tuple[str, str], int] = {}
        self._accounts = tables.take("accounts", list(self._account_rows()), _ACCOUNTS)
        self._rates = PlainRates(rates)
        self._days = boundaries(book.mapping, sheet_starts)

    def result(self) -> Settled:
        tables = self._tables
        numbered, lines, stored = prepare(tables, self._charges)
        due = tables.keep("due", self._due(lines, numbered))
        billed = agreeing.in_accounts(stored, self._accounts, self._scope)
        both = agreeing.sides_of(due, billed)
        both = agreeing.Both(due, tables.keep("named", both.named), tables.keep("pooled", both.pooled))
        by_reference = tables.keep("agreed_by_reference", agreeing.agreed_by_reference(both, billed, self._scope))
        taken = [
            (self._numbers[ledger, customer], item)
            for ledger, customer, item in self._apart.items
            if (ledger, customer) in self._numbers
        ]
        pools = tables.keep(
            "agreed_pools",
            agreeing.agreed_in_pools(both, by_reference, self._accounts_apart(), taken, self._scope),
        )
        in_pools = due.anti_join(by_reference, AT).semi_join(pools, POOL)
        columns = list(due.columns)
        settled = tables.keep("settled", ibis.union(by_reference.select(*columns), in_pools.select(*columns)))
        left = tables.keep("left_positions", numbered.anti_join(settled, "position"))
        rest_ledger, answered = self._rest_of_ledger(stored, billed, by_reference, pools)
        return Settled(
            verdicts=(*self._vendor_verdicts(settled), *self._ledger_verdicts(by_reference, pools)),
            margins=tuple(self._margins(settled)),
            rest=_of_positions(self._charges, left),
            rest_ledger=rest_ledger,
            answered=answered,
            checked=self._checked(numbered.semi_join(settled, "position")),
        )

    def _account_rows(self) -> Iterator[dict[str, Any]]:
        """One row for each customer that is alike others: where it is billed, and whose rates it shares."""
        for tenant, (rule, stand_in) in alike(self._book.mapping).items():
            ledger = self._directory.ledger(rule.ledger)
            account = self._numbers.setdefault((ledger, rule.ledger_customer), len(self._numbers))
            yield {
                "tenant_id": tenant, "account": account, "standing_for": stand_in, "ledger": ledger,
                "ledger_customer": rule.ledger_customer, "name": rule.name,
            }  # fmt: skip

    def _due(self, lines: ir.Table, numbered: ir.Table) -> ir.Table:
        """What each position comes to, with the item and currency it is billed in."""
        by_quantity = self._book.has_tiers()
        usage = plain.usage_of(lines, self._accounts, self._days)
        seats = plain.seats_of(lines, self._accounts, self._days, by_quantity)
        usage = plain.with_rates(usage, self._made("usage_rates", usage, USAGE_KEY, "amount"), USAGE_KEY)
        seats = plain.with_rates(seats, self._made("seat_rates", seats, SEAT_KEY, "seats"), SEAT_KEY)
        of_usage = self._tables.keep("due_usage", plain.usage_positions(usage))
        of_seats = self._tables.keep("due_seats", plain.seat_positions(seats))
        mixed = of_seats.semi_join(of_usage, "position").select("position")
        due = ibis.union(of_usage, of_seats.select(*of_usage.columns))
        odd = [mixed, *self._special(numbered)]
        due = due.mutate(odd=ibis.ifelse((due.traits == due.other_traits) & (due.odd == 0), 0, 1).cast("int64"))
        for positions in odd:
            due = due.mutate(odd=ibis.ifelse(due.position.isin(positions.position), 1, due.odd).cast("int64"))
        traits = self._tables.take("traits", self._rates.traits(), plain.TRAITS)
        known = traits.rename(of_traits="traits")
        joined = due.left_join(known, [due.traits == known.of_traits]).drop("of_traits", "other_traits")
        return joined

    def _made(self, name: str, lines: ir.Table, key: tuple[str, ...], method: str) -> ir.Table:
        keys = sorted(self._tables.rows(plain.keys_of(lines, key)), key=str)
        return self._tables.take(name, self._rates.make(keys, key, method), PlainRates.columns(key))

    def _special(self, numbered: ir.Table) -> Iterator[ir.Table]:
        """Positions with rules of their own, of resellers, or split along usage."""
        named = sorted(self._book.named_subscriptions())
        if named:
            rows = ({"named": name} for name in named)
            table = self._tables.take("named_subscriptions", rows, {"named": "string"})
            yield numbered.filter(numbered.subscription_id.isin(table.named)).select("position")
        charges = self._charges
        resellers = [rule.mpn_id for rule in self._book.mapping.resellers]
        if resellers:
            yield _numbers_of(numbered, charges.filter(charges.reseller_mpn_id.isin(resellers)))
        if any(rule.entitlement_id or rule.resource_group or rule.tag for rule in self._book.mapping.subscriptions):
            yield _numbers_of(numbered, charges.filter(charges.part.notnull()))

    def _accounts_apart(self) -> ir.Table | None:
        """Accounts with a minimum, and those that exceptions and resellers bill to."""
        mapping = self._book.mapping
        wanted = set(self._apart.customers)
        targets = [(rule.ledger, rule.ledger_customer) for rule in (*mapping.subscriptions, *mapping.resellers)]
        ledgers = {ledger for ledger, _ in self._numbers}
        for ledger, customer in targets:
            if customer:
                wanted |= {(name, customer) for name in ({self._directory.ledger(ledger)} if ledger else ledgers)}
        rows = [{"account": self._numbers[key]} for key in sorted(wanted) if key in self._numbers]
        return self._tables.take("accounts_apart", rows, {"account": "int64"}) if rows else None

    def _rest_of_ledger(
        self, stored: ir.Table, billed: ir.Table, by_reference: ir.Table, pools: ir.Table
    ) -> tuple[ir.Table, ir.Table]:
        """The ledger lines that are left, and the settled ones beside which some are left."""
        there = ["ledger", "source", "line"]
        named = billed.filter(billed.refers).anti_join(by_reference, AT)
        pooled = billed.filter(~billed.refers).anti_join(pools, POOL)
        accounts = self._accounts.select(at_ledger="ledger", at_customer="ledger_customer").distinct()
        outside = stored.filter(stored.is_void | (stored["last"] < ibis.literal(self._scope.start)))
        strangers = stored.anti_join(
            accounts, [stored.ledger == accounts.at_ledger, stored.customer_id == accounts.at_customer]
        ).filter(lambda t: ~t.is_void & (t["last"] >= ibis.literal(self._scope.start)))
        columns = ["customer_id", "item", *there]
        rest = ibis.union(*(table.select(*columns) for table in (named, pooled, outside, strangers)))
        rest = self._tables.keep("rest_billed", rest)
        beside = ["ledger", "customer_id", "item"]
        repeated = stored.semi_join(rest.select(*beside).distinct(), beside).anti_join(rest, there)
        ledger = self._tables.table("ledger_lines").mutate(at=lambda t: t.ledger.fill_null(""))
        repeated = self._tables.keep("beside_billed", repeated.select(*there))
        found = [
            ledger.semi_join(lines, [ledger["at"] == lines.ledger, "source", "line"]).drop("at")
            for lines in (rest, repeated)
        ]
        return found[0], found[1]

    def _checked(self, held: ir.Table) -> ir.Table:
        """All settled charges with their rates, made anew by whoever asks for them."""
        lines = normalise(_of_positions(self._charges, held)).mutate(plain=ibis.literal(True))
        there = self._accounts.select(
            "account", "standing_for", "ledger", "ledger_customer", "name", at_tenant="tenant_id"
        )
        lines = lines.join(there, lines.customer_id == there.at_tenant)
        lines = plain.price_keys(lines, self._days, self._book.has_tiers())
        items = []
        for name, key, by_amount in (("usage_rates", USAGE_KEY, True), ("seat_rates", SEAT_KEY, False)):
            rates = ibis.table(PlainRates.columns(key), name=name)
            part = lines.filter(lines.by_amount if by_amount else ~lines.by_amount)
            priced = plain.with_rates(part, rates, key)
            known = ibis.table(plain.TRAITS, name="traits").select("item", of_traits="traits")
            items.append(priced.join(known, priced.traits == known.of_traits).select(*CHECKED))
        return ibis.union(*items)

    def _vendor_verdicts(self, settled: ir.Table) -> Iterator[Verdict]:
        sums = settled.group_by("currency").aggregate(amount=settled.cost.sum(), count=settled["lines"].sum())
        for row in self._tables.rows(sums):
            yield Verdict("vendor", "billed", row["currency"], trimmed(row["amount"]), "", 0, int(row["count"]))

    def _ledger_verdicts(self, by_reference: ir.Table, pools: ir.Table) -> Iterator[Verdict]:
        columns = ["sell_currency", "ledger_amount", "ledger_lines"]
        both = ibis.union(by_reference.select(*columns), pools.select(*columns))
        sums = both.group_by("sell_currency").aggregate(
            amount=both.ledger_amount.sum(), count=both.ledger_lines.sum()
        )
        for row in self._tables.rows(sums):
            yield Verdict("ledger", "matched", row["sell_currency"], trimmed(row["amount"]), "", 0, int(row["count"]))

    def _margins(self, settled: ir.Table) -> Iterator[Margin]:
        """Revenue and cost of what is settled, per customer and category, where both are in one currency."""
        sums = settled.group_by(["account", "category", "currency", "sell_currency"]).aggregate(
            cost=settled.cost.sum(), micro=settled.micro.sum()
        )
        names: dict[int, str] = {}
        for row in self._tables.rows(self._accounts.select("account", "name", "ledger_customer")):
            names.setdefault(row["account"], row["name"] or row["ledger_customer"])
        for row in self._tables.rows(sums):
            if row["currency"] != row["sell_currency"]:
                continue
            revenue, cost = trimmed(Decimal(int(row["micro"])).scaleb(-6)), trimmed(row["cost"])
            category = row["category"] or "license"
            yield Margin(names[row["account"]], category, row["currency"], revenue, cost, revenue - cost, None)


def _of_positions(charges: ir.Table, held: ir.Table) -> ir.Table:
    """The charges of some positions."""
    there = held.select(at_customer="customer_id", at_subscription="subscription_id")
    return charges.semi_join(
        there,
        [
            charges.customer_id.identical_to(there.at_customer),
            charges.subscription_id.identical_to(there.at_subscription),
        ],
    )


def _numbers_of(numbered: ir.Table, charges: ir.Table) -> ir.Table:
    return _of_positions(numbered, charges.select("customer_id", "subscription_id").distinct()).select("position")


# The columns of priced lines that checks of all charges look at.
CHECKED = (
    "type", "charge_type", "subtotal", "currency", "first", "next_start", "source", "line", "by_amount", "is_free",
    "promotion_id", "milli_seats", "product_id", "sku_id", "term", "billing_plan", "subscription_start", "months",
    "days", "of_days", "sign", "net_micro", "customer_id", "subscription_id", "customer_name", "product_name",
    "ledger", "ledger_customer", "item",
)  # fmt: skip


def checked_columns(priced: ir.Table) -> ir.Table:
    """The columns of priced lines that checks of all charges look at."""
    return priced.select(*CHECKED)

