"""Looks over both sides and the mapping: who and what is mapped, what is not, and what lies unused."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

from connector.domain import rules
from connector.domain.coverage import Coverage, LedgerParty, Money, VendorCustomer, VendorProduct
from connector.domain.money import trimmed
from connector.engine.mapping import Account, Book, Offer, Tie
from connector.engine.reconciliation.agreeing import VOID
from connector.engine.reconciliation.naming import Directory
from connector.engine.reconciliation.standing import CUSTOMER, ITEM, Record, known_records
from connector.ports import LineTables

_KEY = (
    "customer_id", "customer_name", "reseller_mpn_id", "subscription_id", "product_id", "sku_id", "product_name",
    "sku_name", "category", "term", "billing_plan", "promotion_id", "currency",
)  # fmt: skip
_NAMES = 5
_Sums = dict[str, Decimal]


@dataclass(slots=True)
class _Customer:
    names: Counter[str] = field(default_factory=Counter)
    billed: _Sums = field(default_factory=dict)
    at_risk: _Sums = field(default_factory=dict)
    account: Account | None = None
    unmapped: bool = False


@dataclass(slots=True)
class _Product:
    names: Counter[str] = field(default_factory=Counter)
    billed: _Sums = field(default_factory=dict)
    at_risk: _Sums = field(default_factory=dict)
    places: set[str] = field(default_factory=set)
    unmapped: bool = False
    ambiguous: bool = False
    lacking: str = ""


def survey(tables: LineTables, mapping: rules.Mapping, ledgers: tuple[str, ...]) -> Coverage:
    """Say what the mapping covers of the lines that were read. `ledgers` are the names given to the ledgers' files."""
    book = Book(mapping)
    directory = Directory(book, (), ledgers)
    customers: dict[str, _Customer] = defaultdict(_Customer)
    products: dict[tuple[str, str, str], _Product] = defaultdict(_Product)
    for row in _charges(tables):
        offer = _offer_of(row)
        if row["customer_id"]:
            _look_at_customer(customers[row["customer_id"]], row, offer, book)
        if row["customer_id"] not in book.internal:
            name = row["sku_name"] or row["product_name"] or ""
            # What bears no product id (Azure, in some files) is told by its name.
            _look_at_product(
                products[row["product_id"] or "", row["sku_id"] or "", "" if row["product_id"] else name],
                row,
                offer,
                book,
                directory,
            )
    parties, items = _ledger_side(tables, mapping, directory)
    used = {place for product in products.values() for place in (*product.places, product.lacking)}
    return Coverage(
        tuple(_customer(tenant, found, book) for tenant, found in sorted(customers.items())),
        tuple(_product(key, found) for key, found in sorted(products.items())),
        parties,
        items,
        tuple(_unused(mapping, frozenset(customers), used, parties)),
    )


def _charges(tables: LineTables) -> Iterable[dict[str, Any]]:
    charges = tables.table("charges")
    return tables.rows(
        charges.group_by(list(_KEY)).aggregate(
            amount=charges.subtotal.sum(), lines=charges.count(), latest=charges.charge_start.max()
        )
    )


def _offer_of(row: Mapping[str, Any]) -> Offer:
    return Offer(
        tenant_id=row["customer_id"],
        reseller_mpn_id=row["reseller_mpn_id"],
        subscription_id=row["subscription_id"],
        product_id=row["product_id"],
        sku_id=row["sku_id"],
        category=row["category"] or "",
        term=row["term"],
        billing_plan=row["billing_plan"],
        promotion_id=row["promotion_id"],
        cycle_start=row["latest"] or date(1970, 1, 1),
        term_start=None,
    )


def _look_at_customer(found: _Customer, row: Mapping[str, Any], offer: Offer, book: Book) -> None:
    found.names[row["customer_name"] or ""] += row["lines"]
    account = book.account(offer)
    exception = book.exception(offer)
    never = not isinstance(exception, Tie) and exception is not None and exception.bill == "never"
    if account is None and not never and row["customer_id"] not in book.internal:
        found.unmapped = True
        _add(found.at_risk, row)
    found.account = found.account or account
    _add(found.billed, row)


def _look_at_product(found: _Product, row: Mapping[str, Any], offer: Offer, book: Book, directory: Directory) -> None:
    found.names[row["sku_name"] or row["product_name"] or ""] += row["lines"]
    _add(found.billed, row)
    exception = book.exception(offer)
    if exception is not None and not isinstance(exception, Tie) and (exception.item or exception.bill == "never"):
        found.places.add(str(exception.place))
        return
    account = book.account(offer)
    if bundled := book.bundle(offer, account.rule if account else None):
        found.places.add(str(bundled[0].place))
        return
    rule = book.product(offer)
    if isinstance(rule, Tie):
        found.ambiguous = True
        found.places.update(rule.places)
    elif rule is None or (account and rule.item(directory.ledger(account.ledger)) is None):
        # A rule without an item in the customer's own ledger bills nothing there.
        found.unmapped = True
        found.lacking = found.lacking or (str(rule.place) if rule else "")
        _add(found.at_risk, row)
    else:
        found.places.add(str(rule.place))


def _add(sums: _Sums, row: Mapping[str, Any]) -> None:
    currency = row["currency"] or ""
    sums[currency] = sums.get(currency, Decimal(0)) + (row["amount"] or Decimal(0))


def _money(sums: _Sums) -> Money:
    return tuple((currency, trimmed(amount)) for currency, amount in sorted(sums.items()))


def _usual(names: Counter[str]) -> str:
    """The name that most lines bear; of equally many the first in the alphabet."""
    return min(names.items(), key=lambda pair: (-pair[1], pair[0]))[0] if names else ""


def _usual_ones(names: Counter[str]) -> tuple[str, ...]:
    """The names that most lines bear, a few of them."""
    return tuple(sorted((name for name in names if name), key=lambda name: (-names[name], name))[:_NAMES])


def _customer(tenant: str, found: _Customer, book: Book) -> VendorCustomer:
    account = None if found.unmapped else found.account
    return VendorCustomer(
        tenant,
        _usual(found.names),
        _money(found.at_risk if found.unmapped else found.billed),
        account.ledger if account else None,
        account.ledger_customer if account else None,
        account.place if account else "",
        tenant in book.internal or (account is None and not found.unmapped),
    )


def _product(key: tuple[str, str, str], found: _Product) -> VendorProduct:
    places = () if found.unmapped else tuple(sorted(found.places))
    sums = found.at_risk if found.unmapped else found.billed
    return VendorProduct(key[0], key[1], _usual(found.names), _money(sums), places, found.ambiguous, found.lacking)


def _ledger_side(
    tables: LineTables, mapping: rules.Mapping, directory: Directory
) -> tuple[tuple[LedgerParty, ...], tuple[LedgerParty, ...]]:
    lines = tables.table("ledger_lines")
    lines = lines.filter(lines.status.fill_null("").lower().strip().notin(VOID))
    customers: dict[tuple[str, str], set[str]] = defaultdict(set)
    items: dict[tuple[str, str], set[str]] = defaultdict(set)
    accounts: list[Any] = [*mapping.customers, *mapping.resellers, *mapping.subscriptions]
    for rule in accounts:
        if rule.ledger_customer:
            customers[directory.ledger(rule.ledger), rule.ledger_customer].add(str(rule.place))
    for ledger in directory.ledgers:
        for product in mapping.products:
            if item := product.item(ledger):
                items[ledger, item].add(str(product.place))
        billing: list[Any] = [*mapping.subscriptions, *mapping.bundles, *mapping.own_items, *mapping.minimums]
        for rule in billing:
            if rule.item:
                items[ledger, rule.item].add(str(rule.place))
    records = tables.table("ledger_records")
    known = known_records(tables.rows(records.filter(records.kind.isin((CUSTOMER, ITEM)))))
    return (
        _parties(_summed(tables, lines, "customer_id", "customer_name"), customers, _of_kind(known, CUSTOMER)),
        _parties(_summed(tables, lines, "item_id", "description"), items, _of_kind(known, ITEM)),
    )


def _of_kind(records: Mapping[tuple[str, str, str], Record], kind: str) -> dict[tuple[str, str], Record]:
    return {(ledger, record_id): record for (ledger, its, record_id), record in records.items() if its == kind}


def _summed(tables: LineTables, lines: Any, key: str, name: str) -> Iterable[dict[str, Any]]:
    grouped = lines.group_by(["ledger", key, name, "currency"]).aggregate(
        amount=lines.amount.sum(), lines=lines.count()
    )
    return tables.rows(grouped.select("ledger", "currency", "amount", "lines", id=grouped[key], name=grouped[name]))


def _parties(
    rows: Iterable[Mapping[str, Any]],
    used: Mapping[tuple[str, str], set[str]],
    records: Mapping[tuple[str, str], Record],
) -> tuple[LedgerParty, ...]:
    """Whom or what the ledger has: by its lines, and by its records where those were read.

    A record bears its own name before those on the lines; one that is inactive and that no rule uses is no choice.
    """
    names: dict[tuple[str, str], Counter[str]] = defaultdict(Counter)
    sums: dict[tuple[str, str], _Sums] = defaultdict(dict)
    for row in rows:
        key = row["ledger"] or "", row["id"] or ""
        names[key][row["name"] or ""] += row["lines"]
        _add(sums[key], row)
    for key, record in records.items():
        if record.active and not record.gone:
            names[key][record.name] = max(names[key].values(), default=0) + 1
        elif key not in used:
            names.pop(key, None)
    return tuple(
        LedgerParty(
            *key,
            _usual_ones(names[key]),
            _money(sums[key]),
            tuple(sorted(used.get(key, ()))),
        )
        for key in sorted(names)
        if key[1]
    )


def _unused(
    mapping: rules.Mapping, charged: frozenset[str], used: set[str], parties: Iterable[LedgerParty]
) -> Iterable[str]:
    there = {party.id for party in parties if party.billed}
    for customer in mapping.customers:
        if customer.tenant_id not in charged:
            yield f"{customer.place}: customer {customer.name} has no charges in these files"
        elif customer.ledger_customer not in there:
            yield f"{customer.place}: ledger customer {customer.ledger_customer} has no lines in these files"
    for product in mapping.products:
        if str(product.place) not in used:
            yield f"{product.place}: product {product.name} has no charges in these files"
