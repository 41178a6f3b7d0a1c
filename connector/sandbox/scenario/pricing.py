"""What a customer should pay by the price rules, worked out as a witness independent of the connector."""

from dataclasses import dataclass
from decimal import Decimal

from connector.sandbox.scenario.money import CENT, part, quotient, rounded
from connector.sandbox.scenario.subscriptions import Slice, Subscription

MONTHS_IN_CYCLE = {"monthly": 1, "annual": 12}


@dataclass(frozen=True, slots=True)
class Policy:
    """One price rule: its form, its number and the cost it starts from; `of_usage` always spells that out."""

    form: str
    value: Decimal = Decimal(0)
    of: str = "net"
    promotion: str = "pass_on"
    per_cycle: bool = False
    round_to: Decimal = CENT
    tiers: tuple[tuple[int, Decimal], ...] = ()
    floor: Decimal | None = None
    of_usage: bool = False

    def unit_price(self, subscription: Subscription, quantity: int) -> Decimal:
        """Price of a seat per billing cycle, rounded once."""
        if self.form == "unit_price":
            months = 1 if self.per_cycle else MONTHS_IN_CYCLE[subscription.plan]
            return rounded(self.value * months, self.round_to)
        if self.form == "volume":
            return [price for start, price in self.tiers if quantity >= start][-1]
        return rounded(self.on_amount(self._cost(subscription)), self.round_to)

    def on_amount(self, cost: Decimal) -> Decimal:
        """The rule applied to a cost, unrounded."""
        if self.form == "markup_percent":
            return cost * (100 + self.value) / 100
        if self.form == "margin_percent":
            return quotient(cost * 100, 100 - self.value)
        if self.form == "discount_from_list_percent":
            return cost * (100 - self.value) / 100
        if self.form == "pass_through":
            return cost
        raise ValueError(f"the price form {self.form!r} does not apply to an amount")

    def _cost(self, subscription: Subscription) -> Decimal:
        if self.of == "retail":
            return subscription.product.retail(subscription.customer.charged_in, subscription.term, subscription.plan)
        return subscription.unit_price if self.promotion == "keep" else subscription.net_price

    def amount(self, piece: Slice, free: int = 0) -> Decimal:
        """What the customer owes for a slice, rounded once."""
        if self.form == "pass_through":
            return piece.cost
        quantity = piece.quantity - free
        if self.form == "graduated":
            return part(self._graduated(quantity), piece.days, piece.basis).quantize(CENT)
        price = self.unit_price(piece.subscription, quantity)
        return rounded(part(price * quantity, piece.days, piece.basis))

    def _graduated(self, quantity: int) -> Decimal:
        total = Decimal(0)
        for index, (start, price) in enumerate(self.tiers):
            following = self.tiers[index + 1][0] if index + 1 < len(self.tiers) else quantity + 1
            total += price * max(0, min(quantity, following - 1) - start + 1)
        return total

    def rule(self) -> dict[str, object]:
        """The rule as the mapping YAML spells it, without its `for`."""
        if self.tiers:
            spelled: dict[str, object] = {
                "tiers": self.form,
                "unit_price": [{"from": Decimal(start), "is": price} for start, price in self.tiers],
            }
        elif self.form == "pass_through":
            spelled = {"pass_through": True}
        else:
            spelled = {self.form: self.value}
        if self.form == "unit_price" and self.per_cycle:
            spelled["per"] = "cycle"
        if self.of != "net" or self.of_usage:
            spelled["of"] = self.of
        if self.promotion != "pass_on":
            spelled["promotion"] = self.promotion
        if self.round_to != CENT:
            spelled["round_to"] = self.round_to
        if self.floor is not None:
            spelled["floor_margin_percent"] = self.floor
        return spelled


def _percent(form: str, value: str, **options: str) -> Policy:
    return Policy(form, Decimal(value), of=options.get("of", "net"))


LICENCE_POLICIES = {
    "gold": Policy("markup_percent", Decimal(18), floor=Decimal(5)),
    "silver": _percent("margin_percent", "20"),
    "managed": _percent("markup_percent", "15"),
    "taxed": _percent("markup_percent", "22"),
    "europe": Policy("markup_percent", Decimal(16), round_to=Decimal("0.05")),
    "europe-gold": _percent("margin_percent", "18"),
}
USAGE_POLICIES = {
    "gold": _percent("markup_percent", "10", of="list"),
    "silver": Policy("markup_percent", Decimal(12), of_usage=True),
    "fixed": _percent("margin_percent", "8", of="list"),
    "managed": Policy("pass_through"),
    "taxed": _percent("markup_percent", "5", of="list"),
    "europe": _percent("markup_percent", "10", of="list"),
    "europe-gold": Policy("pass_through"),
}
RESERVATION_POLICY = _percent("markup_percent", "10")


def fixed_price(monthly_cost: Decimal) -> Decimal:
    """The price list of the group `fixed`: about a third above cost, in halves."""
    return rounded(monthly_cost * Decimal("1.35") + Decimal("0.5"), Decimal("0.50"))
