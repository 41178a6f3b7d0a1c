"""What is seen of a dealt year on each day, in the vendors' own forms, and what the ledger holds."""

import json
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from connector.sandbox.history.azure import COLUMNS as USAGE_COLUMNS
from connector.sandbox.history.azure import SEEN, Azure
from connector.sandbox.history.contracts import MONTHS, Contract, later, tenant, term_price
from connector.sandbox.history.year import BILLED, END, START, Customer, Year, sold_at
from connector.sandbox.history.year import MONTHS as YEAR
from connector.sandbox.scenario.calendar import ONE_DAY
from connector.sandbox.scenario.money import rounded

CHARGE_COLUMNS = (
    "CustomerId,CustomerName,InvoiceNumber,OrderId,OrderDate,ProductId,SkuId,AvailabilityId,SkuName,ProductName,"
    "ChargeType,UnitPrice,Quantity,Subtotal,TaxTotal,Total,Currency,SubscriptionId,ChargeStartDate,ChargeEndDate,"
    "TermAndBillingCycle,EffectiveUnitPrice,BillableQuantity,BillingFrequency,PricingCurrency,PCToBCExchangeRate,"
    "SubscriptionStartDate,SubscriptionEndDate,ReferenceId,PromotionId,PublisherName,PriceAdjustmentDescription"
)
_TERMS = {
    ("P1Y", "monthly"): "One-Year commitment for monthly/yearly billing",
    ("P1Y", "annual"): "One-Year commitment for yearly billing",
    ("P1M", "monthly"): "One-Month commitment for monthly billing",
}
PROMOTED = Decimal("0.85")


@dataclass(frozen=True, slots=True)
class Line:
    """A line of the ledger's invoice."""

    number: str
    issued: date
    contract: Contract
    customer: Customer
    quantity: int
    price: Decimal
    first: date
    last: date
    is_credit: bool = False


@dataclass(frozen=True, slots=True)
class TemplateVersion:
    """A recurring template as it is from a day on; closed where `is_open` is false."""

    contract: Contract
    customer: Customer
    since: date
    price: Decimal
    quantity: int
    is_open: bool


@dataclass(frozen=True, slots=True)
class Bill:
    """An invoice of the ledger with its balance from a day on."""

    number: str
    customer: Customer
    since: date
    due: date
    balance: Decimal


@dataclass(slots=True)
class Day:
    """What comes to be known on a day."""

    on: date
    subscriptions: list[dict[str, Any]] = field(default_factory=list)
    sheets: list[tuple[str, str]] = field(default_factory=list)
    invoices: list[tuple[str, str]] = field(default_factory=list)
    audit: list[dict[str, Any]] = field(default_factory=list)
    lines: list[Line] = field(default_factory=list)
    templates: list[TemplateVersion] = field(default_factory=list)
    items: list[tuple[str, Decimal]] = field(default_factory=list)
    bills: list[Bill] = field(default_factory=list)
    usage: list[str] = field(default_factory=list)
    names: list[tuple[str, str]] = field(default_factory=list)
    merged: list[Customer] = field(default_factory=list)
    azure: list[tuple[Customer, date, Decimal]] = field(default_factory=list)


def days_of(year: Year) -> list[Day]:
    """The days on which something new is seen, in order; the first one shows all there is."""
    found: dict[date, Day] = {}

    def on(day: date) -> Day:
        return found.setdefault(max(day, START), Day(max(day, START)))

    for contract in year.contracts:
        for day in sorted(_turns(contract)):
            if contract.bought <= day <= END:
                on(day).subscriptions.append(record(year, contract, day))
    for seen, of_month, text in year.market.editions(later(START, -1), YEAR + 1):
        on(seen).sheets.append((of_month, text))
    for count in range(-1, YEAR):
        month = later(START, count)
        on(year.invoiced_on(month)).invoices.append((f"G0{month:%Y%m}", _invoice(year, month)))
    for number, (day, ordered, before, after, application) in enumerate(year.orders):
        on(day).audit.append(_audit(year.contracts[ordered - 1], number, day, before, after, application))
    for day, where, what in _elsewhere(year):
        getattr(on(day), where).append(what)
    on(START).subscriptions.extend(_plan(one) for one in year.azure)
    return [found[day] for day in sorted(found) if day <= END]


def _elsewhere(year: Year) -> Iterator[tuple[date, str, Any]]:
    """What the ledger, the files of usage and the list of customers show: the day, the part of it, and what it is."""
    yield from ((line.issued, "lines", line) for line in lines_of(year))
    yield from ((version.since, "templates", version) for version in _templates(year))
    prices = [(START, Decimal("19.00")), *year.item_prices.get("33", [])]
    yield from ((day, "items", ("33", price)) for day, price in prices)
    yield from ((bill.since, "bills", bill) for bill in _bills(year))
    yield from ((day, "usage", text) for day, text in _usage(year))
    for one in year.azure:
        for count in range(-1, YEAR):
            # Usage is billed by its amount, another one each month.
            month = later(START, count)
            amount = rounded(one.months[month] * Decimal("1.2"))
            yield year.billed_on(month), "azure", (year.customers[one.customer], month, amount)
    for customer in year.customers:
        for day in (START, customer.renamed):
            if day is not None:
                yield day, "names", (tenant(customer.number), customer.name_on(day))
        if customer.merged is not None:
            yield customer.merged, "merged", customer


def _turns(contract: Contract) -> set[date]:
    """The days on which it becomes other than it was."""
    # Microsoft shows some renewals a day late.
    late = timedelta(days=contract.number % 4 == 0)
    renewed = (day if day == contract.bought else day + late for day in contract.renewals(END))
    turns = {max(START, contract.bought), *(day for day, _ in contract.seats), *renewed}
    turns |= {day for pair in contract.suspended for day in (pair[0], pair[1] + ONE_DAY)}
    turns |= {day for day in (contract.gone, contract.back, contract.auto_off) if day is not None}
    if contract.planned is not None:
        turns.add(contract.planned[0])
    if contract.ends:
        turns.add(contract.term_on(END)[1] + ONE_DAY)
    if contract.becomes is not None:
        turns.add(contract.becomes[0])
    return {day for day in turns if day >= START}


def record(year: Year, contract: Contract, day: date) -> dict[str, Any]:
    """A subscription as Partner Center shows it on a day."""
    first, last = contract.term_on(day)
    thing, status, trial = contract.thing_on(day), contract.status_on(day), contract.trial_on(day)
    found: dict[str, Any] = {
        "customerId": contract.tenant_id, "observedAt": f"{day}T03:00:00Z", "id": contract.id,
        "offerId": f"{thing.product_id}:{thing.sku_id}:CFQ7TTC0K5J2", "friendlyName": thing.name,
        "quantity": contract.quantity_on(day), "unitType": "Licenses", "creationDate": f"{contract.bought}T09:00:00Z",
        "effectiveStartDate": f"{first}T00:00:00Z", "commitmentEndDate": f"{last}T00:00:00Z", "status": status,
        "autoRenewEnabled": status == "active" and contract.renews_on(day), "billingType": "license",
        "billingCycle": "none" if trial else contract.plan, "termDuration": "P1M" if trial else contract.term,
        "isTrial": trial,
    }  # fmt: skip
    windows = contract.windows_on(day) if contract.term == "P1Y" and status == "active" else {}
    if windows:
        details = [{"quantity": n, "allowedUntilDateTime": f"{until}T23:00:00Z"} for until, n in windows.items()]
        found["refundableQuantity"] = {"totalQuantity": sum(windows.values()), "details": details}
    if contract.promotion and first == contract.bought:
        found["promotionId"] = contract.promotion
    planned = (
        contract.becomes[1] if contract.becomes and first == contract.bought and day >= contract.becomes[0] else None
    )
    if contract.planned is not None and contract.planned[0] <= day and contract.quantity_on(day) != contract.planned[1]:
        product = {
            "productId": thing.product_id, "skuId": thing.sku_id, "billingCycle": contract.plan,
            "termDuration": contract.term,
        }  # fmt: skip
        found["scheduledNextTermInstructions"] = {"product": product, "quantity": contract.planned[1]}
    if trial or planned:
        then = planned or thing
        product = {
            "productId": then.product_id,
            "skuId": then.sku_id,
            "billingCycle": "monthly",
            "termDuration": contract.term,
        }
        found["scheduledNextTermInstructions"] = {"product": product, "quantity": contract.quantity_on(day)}
    return found


def cycles(contract: Contract, month: date) -> Iterator[tuple[date, date]]:
    """First and last day of the cycles that Microsoft charges in a month."""
    for start in contract.renewals(later(month, 1) - ONE_DAY):
        if contract.is_trial and start == contract.bought:
            continue
        count, length = (1, MONTHS[contract.term]) if contract.plan == "annual" else (MONTHS[contract.term], 1)
        for nth in range(count):
            first = later(start, nth * length)
            if month <= first < later(month, 1) and contract.status_on(first) in ("active", "suspended"):
                yield first, later(first, length) - ONE_DAY


def cost(year: Year, contract: Contract, first: date, seen: date) -> tuple[Decimal, Decimal]:
    """The monthly price of the term a cycle belongs to, listed and after its promotion."""
    started, _ = contract.term_on(first)
    listed = year.market.price(contract.thing_on(first), started, seen)
    if contract.term == "P1M":
        listed = term_price(listed, "P1M")
    promoted = contract.promotion is not None and started == contract.bought
    return listed, rounded(listed * PROMOTED) if promoted else listed


def _invoice(year: Year, month: date) -> str:
    rows = [CHARGE_COLUMNS]
    for contract in year.contracts:
        for first, last in cycles(contract, month):
            listed, effective = cost(year, contract, first, started_seen(contract, first))
            months, quantity = (12 if contract.plan == "annual" else 1), contract.quantity_on(first)
            thing, (started, ended) = contract.thing_on(first), contract.term_on(first)
            cells = {
                "CustomerId": contract.tenant_id, "CustomerName": year.customer_of(contract).name_on(later(month, 1)),
                "InvoiceNumber": f"G0{month:%Y%m}", "OrderId": f"order-{contract.number}", "OrderDate": f"{first}",
                "ProductId": thing.product_id, "SkuId": thing.sku_id, "ProductName": thing.name,
                "ChargeType": "cycleCharge", "UnitPrice": listed * months, "Quantity": quantity, "TaxTotal": 0,
                "Subtotal": effective * months * quantity, "Total": effective * months * quantity, "Currency": "USD",
                "SubscriptionId": contract.id, "ChargeStartDate": f"{first}", "ChargeEndDate": f"{last}",
                "TermAndBillingCycle": _TERMS[contract.term, contract.plan], "EffectiveUnitPrice": effective * months,
                "BillableQuantity": quantity, "PricingCurrency": "USD", "PCToBCExchangeRate": 1,
                "BillingFrequency": contract.plan.capitalize(), "SubscriptionStartDate": f"{started}",
                "SubscriptionEndDate": f"{ended}", "PublisherName": "Microsoft Corporation",
                "PromotionId": contract.promotion if effective != listed else "",
            }  # fmt: skip
            rows.append(",".join(f'"{cells.get(name, "")}"' for name in CHARGE_COLUMNS.split(",")))
    return "\n".join(rows) + "\n"


def started_seen(contract: Contract, first: date) -> date:
    """The day whose sheets decided the price of the term a cycle belongs to."""
    return contract.term_on(first)[0]


def lines_of(year: Year) -> Iterator[Line]:
    """What people billed by hand, month by month, after Microsoft's invoice had come."""
    for count in range(-1, YEAR):
        month = later(START, count)
        issued = year.billed_on(month)
        for contract in year.contracts:
            customer = year.customer_of(contract)
            silent = year.silent.get(contract.number)
            if customer.by_template:
                continue
            for first, last in cycles(contract, month):
                if silent is not None and silent[0] <= first <= silent[1]:
                    continue
                _, effective = cost(year, contract, first, started_seen(contract, first))
                months = 12 if contract.plan == "annual" else 1
                ends = last + timedelta(days=31) if contract.number in year.misdated else last
                price = sold_at(year, contract, effective * months)
                price = year.line_prices.get(contract.number, {}).get(month, price)
                number = f"{customer.ledger_id}-{contract.number}-{month:%Y%m}"
                made = Line(number, issued, contract, customer, contract.quantity_on(first), price, first, ends)
                yield made
                if month in year.credited.get(contract.number, ()):
                    yield replace(made, number=f"{number}C", issued=issued + timedelta(days=3), is_credit=True)


def _templates(year: Year) -> Iterator[TemplateVersion]:
    for contract in year.contracts:
        customer = year.customer_of(contract)
        if not customer.by_template:
            continue
        prices = [(max(START, contract.bought), customer.fixed), *year.template_prices.get(contract.number, [])]
        for since, price in prices:
            yield TemplateVersion(contract, customer, since, price, contract.quantity_on(since), is_open=True)
        if customer.merged is not None:
            yield TemplateVersion(
                contract, customer, customer.merged, prices[-1][1], contract.quantity_on(customer.merged), is_open=True
            )
        closed = year.template_ends.get(contract.number)
        if closed is not None:
            yield TemplateVersion(contract, customer, closed, prices[-1][1], 0, is_open=False)


def _bills(year: Year) -> Iterator[Bill]:
    for count in range(YEAR):
        issued = later(START, count).replace(day=BILLED)
        for customer in year.customers:
            due, number = issued + timedelta(days=30), f"INV-{customer.number}-{issued:%Y%m}"
            paid = due - timedelta(days=5)
            if customer.unpaid is not None and customer.unpaid[0] == issued:
                paid = customer.unpaid[1]
            yield Bill(number, customer, issued, due, Decimal("500.00"))
            if paid <= END:
                yield Bill(number, customer, paid, due, Decimal("0.00"))


def _usage(year: Year) -> Iterator[tuple[date, str]]:
    """Files of daily usage: what is not invoiced yet again and again, and once what is; the former stays there then."""
    first = min((month for one in year.azure for month in one.months), default=START)
    past, month = [], first
    while month < START:
        past += [line for one in year.azure for line in one.lines(month, START, f"G0{month:%Y%m}")]
        month = later(month, 1)
    yield START, "\n".join([USAGE_COLUMNS, *past])
    for count in range(YEAR):
        month = later(START, count)
        for day in [*(month.replace(day=day) for day in SEEN), later(month, 1)]:
            shown = [line for one in year.azure for line in one.lines(month, day, "")]
            before = later(month, -1)
            if before >= START and day < year.invoiced_on(before):
                shown += [line for one in year.azure for line in one.lines(before, day, "")]
            yield day, "\n".join([USAGE_COLUMNS, *shown])
        invoice = [line for one in year.azure for line in one.lines(month, later(month, 1), f"G0{month:%Y%m}")]
        yield year.invoiced_on(month), "\n".join([USAGE_COLUMNS, *invoice])


def _plan(one: Azure) -> dict[str, Any]:
    """An Azure plan as Partner Center shows it."""
    return {
        "customerId": tenant(one.customer), "observedAt": f"{START}T03:00:00Z", "id": one.id,
        "offerId": "DZH318Z0BPS6:0001:DZH318Z0BMTX", "friendlyName": "Azure plan", "quantity": 1,
        "unitType": "Usage-based", "creationDate": "2025-01-01T09:00:00Z", "effectiveStartDate": "2025-01-01T00:00:00Z",
        "commitmentEndDate": "9999-12-14T00:00:00Z", "status": "active", "autoRenewEnabled": True,
        "billingType": "usage", "billingCycle": "monthly", "termDuration": "P1M", "isTrial": False,
    }  # fmt: skip


def _audit(contract: Contract, number: int, day: date, before: int, after: int, application: str) -> dict[str, Any]:
    old, new = ({"Id": contract.id, "Quantity": seats, "Status": "active"} for seats in (before, after))
    return {
        "id": f"{contract.tenant_id}_{number}", "customerId": contract.tenant_id, "resourceType": "subscription",
        "userPrincipalName": "jane@fabrikam.example", "applicationId": application,
        "operationType": "update_subscription", "operationDate": f"{day}T02:00:00Z", "operationStatus": "succeeded",
        "resourceOldValue": json.dumps(old), "resourceNewValue": json.dumps(new), "customizedData": [],
    }  # fmt: skip


def grouped(lines: Iterator[Line]) -> dict[int, list[Line]]:
    """Lines by contract."""
    found: dict[int, list[Line]] = defaultdict(list)
    for line in lines:
        found[line.contract.number].append(line)
    return found
