"""Azure of a made-up year: what a customer uses day by day, what is seen of it when, and what must be told of it."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal

from connector.sandbox.history.contracts import later, tenant
from connector.sandbox.scenario.money import rounded

SEEN = (6, 11, 16, 21, 26)
"""The days of a month on which its usage so far is read; the whole month is read on the first day of the next one."""
COLUMNS = (
    "CustomerId,CustomerName,InvoiceNumber,ProductId,SkuId,SkuName,ProductName,SubscriptionId,ChargeStartDate,"
    "ChargeEndDate,UsageDate,MeterId,MeterName,MeterCategory,Unit,ResourceGroup,ResourceURI,ChargeType,UnitPrice,"
    "Quantity,BillingPreTaxTotal,BillingCurrency,PricingPreTaxTotal,PricingCurrency,Tags,EffectiveUnitPrice,"
    "PCToBCExchangeRate,EntitlementId,EntitlementDescription,PartnerEarnedCreditPercentage,CreditPercentage"
)
METER = "8e7c1a2b-6f5d-4f0e-9a0d-1f8a3c0a7e11"
HISTORY, LEAST, ABOVE, RECENT = 6, 3, Decimal("1.5"), 30
_WEB, _BOTH = Decimal("0.4"), ("web", "db")


@dataclass(slots=True)
class Azure:
    """A customer's Azure plan: its cost by month (first day), and the month from which on a resource earns no credit.

    `limit` is what the partner set as too much.
    """

    customer: int
    months: dict[date, Decimal] = field(default_factory=dict)
    limit: Decimal | None = None
    unearned: date | None = None

    @property
    def id(self) -> str:
        """Its id at Microsoft."""
        return f"e4b4a0c7-5c0f-4f5d-8d6e-{self.customer:012d}"

    @property
    def tenant_id(self) -> str:
        """Its customer's tenant."""
        return tenant(self.customer)

    def used(self, month: date) -> list[tuple[date, str, Decimal]]:
        """The month's usage: last day of each span that is read together, resource, amount."""
        days = [month.replace(day=day - 1) for day in SEEN] + [later(month, 1) - timedelta(days=1)]
        found = []
        for name, whole in ((_BOTH[0], rounded(self.months[month] * _WEB)), (_BOTH[1], None)):
            own = whole if whole is not None else self.months[month] - rounded(self.months[month] * _WEB)
            each = rounded(own / len(days))
            amounts = [each] * (len(days) - 1) + [own - each * (len(days) - 1)]
            found += [(day, name, amount) for day, amount in zip(days, amounts, strict=True)]
        return sorted(found)

    def known(self, month: date, day: date) -> Decimal:
        """What was known on a day of a month's cost."""
        return sum((amount for end, _, amount in self.used(month) if end < day), Decimal(0))

    def lines(self, month: date, day: date, invoice: str) -> Iterator[str]:
        """The rows of daily usage of a month that were there on a day."""
        for end, name, amount in self.used(month):
            if end >= day:
                continue
            earned = 0 if name == _BOTH[0] and self.unearned is not None and month >= self.unearned else 15
            cells = {
                "CustomerId": tenant(self.customer), "CustomerName": f"Customer {self.customer}",
                "InvoiceNumber": invoice, "ProductId": "DZH318Z0BPS6", "SkuId": "0001", "SubscriptionId": self.id,
                "ChargeStartDate": f"{month}", "ChargeEndDate": f"{later(month, 1) - timedelta(days=1)}",
                "UsageDate": f"{end}", "MeterId": METER, "MeterName": "D2 v3", "MeterCategory": "Virtual Machines",
                "ResourceGroup": "rg", "ResourceURI": f"/subscriptions/x/rg/{name}", "ChargeType": "new",
                "UnitPrice": f"{amount}", "Quantity": "1", "BillingPreTaxTotal": f"{amount}",
                "BillingCurrency": "USD", "PricingPreTaxTotal": f"{amount}", "PricingCurrency": "USD",
                "EffectiveUnitPrice": f"{amount}", "PCToBCExchangeRate": "1", "EntitlementId": self.id,
                "EntitlementDescription": "Production", "PartnerEarnedCreditPercentage": f"{earned}",
            }  # fmt: skip
            yield ",".join(cells.get(name, "") for name in COLUMNS.split(","))

    def told_on(self, day: date) -> Iterator[str]:
        """The kinds that must be told of it on a day."""
        months = sorted(self.months)
        for month in months:
            if month <= day < later(month, 1) + timedelta(days=RECENT) and self._is_high(month, day):
                yield "azure_spend_high"
        seen = [month for month in months if self.known(month, day)]
        if self.unearned is not None and seen and seen[-1] == self.unearned:
            yield "partner_earned_credit_lost"

    def _is_high(self, month: date, day: date) -> bool:
        amount = self.known(month, day)
        if not amount:
            return False
        if self.limit is not None:
            return amount > self.limit
        before = sorted(
            known for one in self.months if later(month, -HISTORY) <= one < month and (known := self.known(one, day))
        )
        if len(before) < LEAST:
            return False
        half = len(before) // 2
        usual = before[half] if len(before) % 2 else (before[half - 1] + before[half]) / 2
        return amount > usual * ABOVE
