"""What the admin decided: the mapping, made of rules that know their file and line.

Shapes and words are those of the mapping files (docs: mapping reference). Ids are normalised: tenants,
subscriptions and entitlements lower case, products upper case, sku ids with four characters.
Periods of validity are half-open; None means open on that side.
"""

from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from enum import StrEnum

from connector.domain.errors import Place


class Category(StrEnum):
    """What kind of product a charge is for; decides how it is priced and proposed."""

    LICENSE = "license"
    AZURE = "azure"
    RESERVATION = "reservation"
    SAVINGS_PLAN = "savings_plan"
    SOFTWARE = "software"
    MARKETPLACE = "marketplace"


@dataclass(frozen=True, slots=True)
class Validity:
    """From when to when a rule holds: first day, and the day after the last; None = open."""

    start: date | None = None
    end: date | None = None

    def __contains__(self, day: date) -> bool:
        return (self.start is None or self.start <= day) and (self.end is None or day < self.end)


ALWAYS = Validity()


@dataclass(frozen=True, slots=True)
class Selector:
    """What a rule applies to; an empty selector is everything. Narrowness is subject, then product, then term."""

    subscription_id: str | None = None
    tenant_id: str | None = None
    group: str | None = None
    product_id: str | None = None
    sku_id: str | None = None
    category: Category | None = None
    term: str | None = None
    billing_plan: str | None = None
    promotion: str | None = None
    charge_type: str | None = None
    kind: str | None = None


@dataclass(frozen=True, slots=True)
class CustomerRule:
    """A tenant and the ledger customer it is billed to.

    `bills` is arrears or advance; `frequency` as_vendor, monthly, quarterly or annual; `hold` a reason or None.
    """

    name: str
    tenant_id: str
    ledger: str | None
    ledger_customer: str
    place: Place
    currency: str | None = None
    groups: tuple[str, ...] = ()
    bills: str = "arrears"
    frequency: str = "as_vendor"
    template: str | None = None
    purchase_order: str | None = None
    terms: str | None = None
    hold: str | None = None
    dimensions: tuple[tuple[str, str], ...] = ()
    validity: Validity = ALWAYS


@dataclass(frozen=True, slots=True)
class SubscriptionRule:
    """An exception: one subscription (or entitlement, resource group, tag) billed elsewhere, otherwise, or never."""

    place: Place
    subscription_id: str | None = None
    entitlement_id: str | None = None
    resource_group: str | None = None
    tag: str | None = None
    ledger: str | None = None
    ledger_customer: str | None = None
    item: str | None = None
    free_quantity: Decimal = Decimal(0)
    bill: str = "always"
    validity: Validity = ALWAYS
    committed_until: date | None = None


@dataclass(frozen=True, slots=True)
class ResellerRule:
    """A reseller that is billed instead of its tenants."""

    mpn_id: str
    ledger_customer: str
    place: Place
    ledger: str | None = None
    validity: Validity = ALWAYS


@dataclass(frozen=True, slots=True)
class ProductRule:
    """A product, sku or category and the ledger item it is billed as; `items` is by ledger name, "" = any ledger."""

    name: str
    selector: Selector
    items: tuple[tuple[str, str], ...]
    place: Place
    validity: Validity = ALWAYS

    def item(self, ledger: str) -> str | None:
        """The item in that ledger, or None if the rule names none for it."""
        items = dict(self.items)
        return items.get(ledger, items.get(""))


@dataclass(frozen=True, slots=True)
class Tier:
    """From this quantity on, this unit price."""

    start: Decimal
    unit_price: Decimal


@dataclass(frozen=True, slots=True)
class PriceRule:
    """How the sell price is made. Exactly one of the five ways is set.

    `markup_percent`: base × (1 + m/100); `margin_percent`: base ÷ (1 − m/100); `unit_price`: per month, or per billing
    cycle when `per` is "cycle"; `tiers`: unit price by quantity, `tier_mode` volume (all seats at the tier reached) or
    graduated (each seat at its own tier); `discount_from_list_percent`: list (price sheet ERP when `of` is retail)
    × (1 − d/100); `pass_through`: Microsoft's own amount. `of` None means the default for the category.
    """

    selector: Selector
    place: Place
    markup_percent: Decimal | None = None
    margin_percent: Decimal | None = None
    unit_price: Decimal | None = None
    per: str = "month"
    tiers: tuple[Tier, ...] = ()
    tier_mode: str = "volume"
    discount_from_list_percent: Decimal | None = None
    pass_through: bool = False
    of: str | None = None
    promotion: str | None = None
    change_at: str | None = None
    floor_margin_percent: Decimal | None = None
    priority: int = 0
    round_to: Decimal | None = None
    currency: str | None = None
    validity: Validity = ALWAYS

    def made_in(self, charged: str, sold: str) -> str:
        """The currency the price is made in: one of its own in its own or the customer's, else the charge's."""
        has_own = self.unit_price is not None or self.tiers
        return self.currency or sold if has_own else charged


@dataclass(frozen=True, slots=True)
class BundleRule:
    """Several products billed as one item; its quantity is that of the counted component."""

    name: str
    item: str
    unit_price: Decimal
    counts: Selector
    includes: tuple[Selector, ...]
    selector: Selector
    place: Place
    per: str = "month"
    validity: Validity = ALWAYS


@dataclass(frozen=True, slots=True)
class OwnItemRule:
    """A service of the partner's own: billed monthly, quarterly, annually (`frequency`), or `once` in a month."""

    selector: Selector
    item: str
    description: str
    unit_price: Decimal
    place: Place
    quantity: Decimal = Decimal(1)
    frequency: str = "monthly"
    once: date | None = None
    validity: Validity = ALWAYS


@dataclass(frozen=True, slots=True)
class MinimumRule:
    """At least this amount a month for what is selected; the top-up is billed on its item or the category's."""

    selector: Selector
    amount: Decimal
    place: Place
    item: str | None = None
    validity: Validity = ALWAYS


@dataclass(frozen=True, slots=True)
class Template:
    """How documents look: lines per charge, subscription, product or category; usage detail; splits.

    `annex` is the workbook attached to each document: none, itemised, or with_cost (with cost and margin).
    """

    name: str
    place: Place
    lines: str = "per_subscription"
    description: str = "{product}, {quantity} × {unit_price}, {period}"
    usage: str = "by_resource_group"
    split_by: str = "none"
    zero_lines: str = "hide"
    annex: str = "itemised"


@dataclass(frozen=True, slots=True)
class TaxRule:
    """The tax code, and the percentage expected on the ledger's lines where given."""

    selector: Selector
    place: Place
    tax_code: str | None = None
    tax_percent: Decimal | None = None
    validity: Validity = ALWAYS


@dataclass(frozen=True, slots=True)
class FxRule:
    """How an amount crosses from one currency to another: the vendor's rate, the ledger's, or a fixed `rate`."""

    source_currency: str
    target_currency: str
    source: str
    place: Place
    rate: Decimal | None = None
    margin_percent: Decimal = Decimal(0)
    validity: Validity = ALWAYS


@dataclass(frozen=True, slots=True)
class Tolerance:
    """Differences of a kind or customer up to this amount, percentage or number of days are kept silent."""

    selector: Selector
    place: Place
    amount: Decimal | None = None
    percent: Decimal | None = None
    days: int | None = None


@dataclass(frozen=True, slots=True)
class Accepted:
    """A finding that someone decided to live with, until a date (last day) or for good."""

    finding: str
    reason: str
    by: str
    place: Place
    until: date | None = None


@dataclass(frozen=True, slots=True)
class Internal:
    """A tenant of the partner's own: its charges are absorbed, never billed."""

    tenant_id: str
    reason: str
    place: Place


@dataclass(frozen=True, slots=True)
class Adjustment:
    """An amount on Microsoft's invoice that its lines do not carry, with its reason and author."""

    invoice: str
    amount: Decimal
    currency: str
    reason: str
    by: str
    place: Place


@dataclass(frozen=True, slots=True)
class ExportProfile:
    """How to read a ledger's or distributor's own export file.

    `like` names a profile whose settings hold where this one says nothing. `reads` is ledger or vendor; `ledger` the
    only ledger it is for. `columns` names for each of our columns the file's, the preferred first; `fixed` gives what
    no column says; `words` the file's words and ours. `leave_out` names rows that are no lines, by a column's words;
    `skip` texts (with * for anything) in the first cell of rows that mean nothing; `totals` the beginnings of rows
    that sum up. `grouped_by` is the column that a heading above the lines stands for. `customers` and `items` say what
    exact names (or numbers) of the file stand for. None, empty: see the reference of mapping files.
    """

    name: str
    place: Place
    header_row: int | None = None
    columns: tuple[tuple[str, tuple[str, ...]], ...] = ()
    dates: str | None = None
    decimal: str | None = None
    customers_by: str | None = None
    items_by: str | None = None
    like: str | None = None
    reads: str | None = None
    ledger: str | None = None
    titles: tuple[str, ...] = ()
    fixed: tuple[tuple[str, str], ...] = ()
    words: tuple[tuple[str, tuple[tuple[str, str], ...]], ...] = ()
    leave_out: tuple[tuple[str, tuple[str, ...]], ...] = ()
    skip: tuple[str, ...] = ()
    totals: tuple[str, ...] = ()
    grouped_by: str | None = None
    customers: tuple[tuple[str, str], ...] = ()
    items: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Mapping:
    """Everything the admin wrote, checked; `digest` identifies the exact text it was read from."""

    customers: tuple[CustomerRule, ...] = ()
    subscriptions: tuple[SubscriptionRule, ...] = ()
    resellers: tuple[ResellerRule, ...] = ()
    products: tuple[ProductRule, ...] = ()
    prices: tuple[PriceRule, ...] = ()
    bundles: tuple[BundleRule, ...] = ()
    own_items: tuple[OwnItemRule, ...] = ()
    minimums: tuple[MinimumRule, ...] = ()
    templates: tuple[Template, ...] = ()
    taxes: tuple[TaxRule, ...] = ()
    fx: tuple[FxRule, ...] = ()
    tolerances: tuple[Tolerance, ...] = ()
    accepted: tuple[Accepted, ...] = ()
    internal: tuple[Internal, ...] = ()
    adjustments: tuple[Adjustment, ...] = ()
    exports: tuple[ExportProfile, ...] = ()
    warnings: tuple[str, ...] = field(default=(), compare=False)
    digest: str = field(default="", compare=False)
