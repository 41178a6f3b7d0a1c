"""Settles inside the query engine what agrees to the cent, so that a large month is not judged line by line."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

import ibis
import ibis.expr.types as ir

from connector.domain.money import trimmed
from connector.engine.alike import alike
from connector.engine.expecting import plain
from connector.engine.expecting.expecting import Rates
from connector.engine.expecting.keys import boundaries, price_keys
from connector.engine.expecting.normalising import normalise
from connector.engine.expecting.plain import PLAIN_KEY, PlainRates
from connector.engine.expecting.slices import place_of
from connector.engine.mapping import Book, by_usage
from connector.engine.reconciliation import agreeing
from connector.engine.reconciliation.agreeing import POOL
from connector.engine.reconciliation.naming import Directory
from connector.engine.reconciliation.shapes import Scope
from connector.engine.reconciliation.summing import Earned
from connector.engine.reconciliation.verdicts import Verdict
from connector.ports import LineTables

_ACCOUNTS = {
    "tenant_id": "string", "account": "int64", "stand_in": "int64", "ledger": "string",
    "ledger_customer": "string",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Settled:
    """What agrees: its verdicts and margins; and what is left on both sides to be judged.

    `answered` are settled ledger lines that a line left over may repeat; `checked` gives all settled charges as
    checks look at them. `positions` are whose charges are settled (customer_id, subscription_id), and where they are
    billed; `open_lines` say where the ledger lines stand that are not settled (source, line).
    """

    verdicts: tuple[Verdict, ...]
    margins: tuple[Earned, ...]
    rest: ir.Table
    rest_ledger: ir.Table
    answered: ir.Table
    checked: ir.Table | None
    positions: ir.Table
    open_lines: ir.Table


@dataclass(frozen=True, slots=True)
class Apart:
    """What is never settled here: items of the partner's own (ledger, customer, item), and customers that have a
    minimum or whose records are stale.
    """

    items: frozenset[tuple[str, str, str]]
    customers: frozenset[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Prepared:
    """Both sides brought to whole numbers: the charges with their offers, the ledger's lines with their items."""

    positions: ir.Table
    offers: ir.Table
    charges: ir.Table
    items: ir.Table
    buyers: ir.Table
    billed: ir.Table
    lines: ir.Table


def prepare(tables: LineTables, charges: ir.Table) -> Prepared:
    """Bring both sides to whole numbers, once for all runs over the same files."""
    whole = charges.drop("part") if "part" in charges.columns else charges
    ledger = tables.placed("ledger_lines")
    positions = tables.store("positions", plain.positions, whole)
    offers = tables.store("offers", plain.offers, whole)
    lines = tables.store("normalised", plain.normalised, whole, positions, offers)
    items = tables.store("sold_items", agreeing.sold_items, ledger)
    buyers = tables.store("buyers", agreeing.buyers, ledger)
    return Prepared(
        positions,
        offers,
        tables.store("plain_charges", plain.plain_charges, lines),
        items,
        buyers,
        tables.store("plain_billed", agreeing.billed_lines, ledger, positions, items, buyers),
        lines,
    )


@dataclass
class Settling:
    """One settling: `charges` are those in the scope (`part` marks what usage splits); `with_checked` asks for all.

    `sheet_starts` are the days on which rows of the price sheets begin to hold.
    """

    tables: LineTables
    charges: ir.Table
    book: Book
    directory: Directory
    rates: Rates
    apart: Apart
    scope: Scope
    sheet_starts: Sequence[date]
    with_checked: bool

    def settle(self) -> Settled:
        """Find what agrees, and give what does not as tables that the judgement piece by piece starts from."""
        tables = self.tables
        self._ready = prepare(tables, self.charges)
        self._numbers: dict[tuple[str, str], int] = {}
        self._stand_ins: dict[str, int] = {}
        self._accounts = tables.take("accounts", list(self._account_rows()), _ACCOUNTS)
        self._sold = {(row["item"], row["sold_currency"]): row["sold"] for row in tables.rows(self._ready.items)}
        due, traits = self._due()
        self._buyers = self._bought()
        billed = agreeing.in_accounts(self._ready.billed, self._buyers, self.scope)
        strange = billed.filter(billed.refers & billed.position.isnull()).select("account").distinct()
        strange = tables.keep("strange_accounts", strange)
        sides = self._marked(agreeing.compared(due, billed))
        sides = tables.keep("sides", agreeing.with_agreement(sides, traits, strange, self.scope))
        by_reference, differing = sides.filter(sides.agrees), tables.keep("differing", sides.filter(~sides.agrees))
        waiting = differing.filter(differing["lines"] > 0)
        unnamed = billed.filter(~billed.refers).join(self._ready.items.select("sold", "sold_currency"), "sold")
        pools = agreeing.agreed_in_pools(
            waiting.drop("agrees", "is_usage"), traits, unnamed, self._pools_apart(), self.scope
        )
        pools = tables.keep("agreed_pools", pools.select("account", "sold", "traits", "micro", "billed_lines"))
        columns = ["account", "position", "sold", "traits", "micro", "net_micro", "lines"]
        pooled = waiting.semi_join(pools, POOL)
        settled = by_reference.select(*columns).union(pooled.select(*columns))
        left = self._positions_left(waiting.anti_join(pools, POOL))
        rest_ledger, answered = self._ledger_left(differing, pools)
        return Settled(
            verdicts=(*self._vendor_verdicts(settled, traits), *self._ledger_verdicts(by_reference, pools, traits)),
            margins=tuple(self._margins(settled, traits)),
            rest=self._charges_left(left),
            rest_ledger=rest_ledger,
            answered=answered,
            checked=self._checked(settled) if self.with_checked else None,
            positions=self._placed(settled),
            open_lines=self._open_lines.select("source", "line"),
        )

    def _account_rows(self) -> Iterator[dict[str, Any]]:
        """One row for each customer that is alike others: where it is billed, and whose rates it shares."""
        for tenant, (rule, stand_in) in alike(self.book.mapping).items():
            key = self.directory.ledger(rule.ledger), rule.ledger_customer
            if key in self.apart.customers:
                continue
            yield {
                "tenant_id": tenant,
                "account": self._numbers.setdefault(key, len(self._numbers)),
                "stand_in": self._stand_ins.setdefault(stand_in, len(self._stand_ins)),
                "ledger": key[0],
                "ledger_customer": key[1],
            }

    def _due(self) -> tuple[ir.Table, ir.Table]:
        """What each plain charge comes to, and the traits by which positions are told apart."""
        tables, ready = self.tables, self._ready
        held = ready.positions.select("holder", "customer_id").distinct()
        standing = self._accounts.select("tenant_id", "account", "stand_in")
        holders = held.join(standing, held.customer_id == standing.tenant_id)
        self._holders = tables.keep("holders", holders.select("holder", "account", "stand_in"))
        lines = plain.in_accounts(ready.charges, self._holders, self.book.has_tiers())
        days = boundaries(self.book.mapping, self.sheet_starts)
        keyed = tables.keep("keyed_offers", plain.keyed_offers(lines, ready.offers, days))
        keys = sorted(tables.rows(keyed.select(*PLAIN_KEY).distinct()), key=str)
        rates = PlainRates(self.rates, self._sold, list(self._stand_ins))
        self._plain_rates = tables.take("plain_rates", rates.make(keys), rates.columns())
        traits = tables.take("traits", rates.traits(), plain.TRAITS)
        rated = tables.keep("rated_offers", plain.rated_offers(keyed, self._plain_rates))
        return plain.due_lines(lines, rated), traits

    def _bought(self) -> ir.Table:
        """Which account each of the ledger's customers is."""
        buyers = self._ready.buyers
        accounts = self._accounts
        there = accounts.select("account", at_ledger=accounts["ledger"], at_customer=accounts["ledger_customer"])
        there = there.distinct()
        bought = buyers.join(there, [buyers.ledger == there.at_ledger, buyers.customer_id == there.at_customer])
        return self.tables.keep("bought", bought.select("buyer", "account"))

    def _marked(self, sides: ir.Table) -> ir.Table:
        """Mark positions with rules of their own, of resellers, or split along usage: they are never plain."""
        charges, mapping, positions = self.charges, self.book.mapping, self._ready.positions
        special = []
        if named := sorted(self.book.named_subscriptions()):
            table = self.tables.take("named", ({"named": name} for name in named), {"named": "string"})
            special.append(positions.semi_join(table, [positions.subscription_id == table.named]))
        if resellers := [rule.mpn_id for rule in mapping.resellers]:
            special.append(_held_by(positions, charges.filter(charges.reseller_mpn_id.isin(resellers))))
        if any(by_usage(rule) for rule in mapping.subscriptions):
            special.append(_held_by(positions, charges.filter(charges.part.notnull())))
        for number, found in enumerate(special):
            kept = self.tables.keep(f"special_{number}", found.select("position"))
            sides = sides.mutate(flaw=ibis.ifelse(sides.position.isin(kept.position), 2, sides.flaw).cast("int64"))
        return sides

    def _pools_apart(self) -> ir.Table | None:
        """Accounts that exceptions and resellers bill to, and items of the partner's own."""
        mapping = self.book.mapping
        ledgers = {ledger for ledger, _ in self._numbers}
        wanted: set[tuple[int, int | None]] = set()
        targets = [(rule.ledger, rule.ledger_customer) for rule in mapping.subscriptions]
        targets += [(rule.ledger, rule.ledger_customer) for rule in mapping.resellers]
        for named, target in targets:
            for ledger in {self.directory.ledger(named)} if named else ledgers:
                account = self._numbers.get((ledger, target or ""))
                wanted |= {(account, None)} if account is not None else set()
        for ledger, customer, item in self.apart.items:
            account = self._numbers.get((ledger, customer))
            numbers = [number for (name, _), number in self._sold.items() if name == item]
            wanted |= {(account, number) for number in numbers if account is not None}
        rows = [{"account": account, "sold": sold} for account, sold in sorted(wanted, key=str)]
        return self.tables.take("pools_apart", rows, {"account": "int64", "sold": "int64"}) if rows else None

    def _positions_left(self, waiting: ir.Table) -> ir.Table:
        """The positions that are not settled: those that differ, and those of customers who are not alike others."""
        positions = self._ready.positions
        apart = positions.anti_join(self._holders, "holder")
        return self.tables.keep("left_positions", positions.semi_join(waiting, "position").union(apart))

    def _charges_left(self, left: ir.Table) -> ir.Table:
        """The charges of the positions that are left: few, and found by their rows."""
        rows = self._ready.lines.semi_join(left, "position").select("file_row").distinct()
        rows = self.tables.keep("left_rows", rows)
        return _of_positions(self.charges.semi_join(rows, "file_row").drop("file_row"), left)

    def _ledger_left(self, differing: ir.Table, pools: ir.Table) -> tuple[ir.Table, ir.Table]:
        """The ledger lines that are left, and the settled ones beside which some are left."""
        columns = ["buyer", "sold", "source", "line", "file_row"]
        left = agreeing.lines_left(self._ready.billed, self._buyers, differing, pools, self.scope)
        self._open_lines = left = self.tables.keep("ledger_left", left)
        beside = self._ready.billed.semi_join(left, ["buyer", "sold"]).anti_join(left, ["source", "line"])
        wanted = left.mutate(is_left=ibis.literal(True)).union(
            beside.select(*columns).mutate(is_left=ibis.literal(False))
        )
        wanted = wanted.select("is_left", "file_row", at_source=wanted.source, at_line=wanted.line)
        wanted = self.tables.keep("ledger_wanted", wanted)
        ledger = self.tables.placed("ledger_lines")
        found = ledger.semi_join(wanted.select("file_row").distinct(), "file_row").drop("file_row")
        found = found.join(wanted, [found.source == wanted.at_source, found.line == wanted.at_line])
        found = self.tables.keep("ledger_rest", found.drop("at_source", "at_line", "file_row"))
        return found.filter(found.is_left).drop("is_left"), found.filter(~found.is_left).drop("is_left")

    def _checked(self, settled: ir.Table) -> ir.Table:
        """All settled charges with their rates, made anew by whoever asks for them."""
        held = self._ready.positions.semi_join(settled, "position")
        lines = normalise(_of_positions(self.charges, held))
        there = self._accounts.select("stand_in", "ledger_customer", at_tenant="tenant_id")
        lines = lines.join(there, lines.customer_id == there.at_tenant)
        keyed = price_keys(lines, boundaries(self.book.mapping, self.sheet_starts), self.book.has_tiers())
        return plain.with_rates(keyed.mutate(place=place_of(keyed)), self._plain_rates).select(*CHECKED)

    def _placed(self, settled: ir.Table) -> ir.Table:
        """Whose charges are settled, and where they are billed, put together by whoever asks for it."""
        accounts: ir.Table = self._accounts.select("account", "ledger", "ledger_customer").distinct()
        items = self._ready.items.select("sold", "item")
        found = settled.select("position", "account", "sold").join(self._ready.positions, "position")
        found = found.join(accounts, "account").join(items, "sold")
        return found.select("customer_id", "subscription_id", "ledger", "ledger_customer", "item")

    def _vendor_verdicts(self, settled: ir.Table, traits: ir.Table) -> Iterator[Verdict]:
        lines = settled.join(traits, "traits")
        sums = lines.group_by("currency").aggregate(micro=lines.net_micro.sum(), count=lines["lines"].sum())
        for row in self.tables.rows(sums):
            yield Verdict("vendor", "billed", row["currency"], _amount(row["micro"]), "", 0, int(row["count"]))

    def _ledger_verdicts(self, by_reference: ir.Table, pools: ir.Table, traits: ir.Table) -> Iterator[Verdict]:
        columns = ["traits", "micro", "billed_lines"]
        lines = by_reference.select(*columns).union(pools.select(*columns)).join(traits, "traits")
        sums = lines.group_by("sell_currency").aggregate(micro=lines.micro.sum(), count=lines.billed_lines.sum())
        for row in self.tables.rows(sums):
            yield Verdict("ledger", "matched", row["sell_currency"], _amount(row["micro"]), "", 0, int(row["count"]))

    def _margins(self, settled: ir.Table, traits: ir.Table) -> Iterator[Earned]:
        """Revenue and cost of what is settled, per customer and category, where both are in one currency."""
        lines = settled.join(traits, "traits")
        lines = lines.filter(lines.currency == lines.sell_currency)
        sums = lines.group_by(["account", "category", "currency"]).aggregate(
            net_micro=lines.net_micro.sum().cast("int64"), micro=lines.micro.sum().cast("int64")
        )
        names: dict[int, str] = {}
        for (ledger, customer), account in self._numbers.items():
            names[account] = self.directory.customer_name(ledger, customer) or customer
        for row in self.tables.rows(sums):
            key = names[row["account"]], row["category"] or "license", row["currency"]
            yield key, row["micro"], row["net_micro"]


def _amount(micro: Any) -> Decimal:
    return trimmed(Decimal(int(micro)).scaleb(-6))


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


def _held_by(positions: ir.Table, charges: ir.Table) -> ir.Table:
    return _of_positions(positions, charges.select("customer_id", "subscription_id").distinct())


# The columns of priced lines that checks of all charges look at.
CHECKED = (
    "type", "charge_type", "subtotal", "currency", "first", "next_start", "place", "by_amount", "is_free",
    "promotion_id", "milli_seats", "product_id", "sku_id", "term", "billing_plan", "subscription_start", "months",
    "days", "of_days", "sign", "net_micro", "customer_id", "subscription_id", "customer_name", "product_name",
    "ledger", "ledger_customer", "item",
)  # fmt: skip
