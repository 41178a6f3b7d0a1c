"""What the partner's rules say of a subscription: whom it is billed to, at which price, and what a dearer one means."""

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from fractions import Fraction

from connector.domain.rules import CustomerRule
from connector.domain.watched import CYCLES, MONTHS, Charged, Held, Offered
from connector.engine.mapping import Account, Book, Offer, Tie, find_item
from connector.engine.pricing import Pricer
from connector.engine.rates import UNIT_PLACES, PricePoint, Rate

PASSED_ON, BORNE, UNDER_FLOOR, NO_RULE = "passed on", "borne", "under the floor", "no rule"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What becomes of a dearer cost: `fate` is one of the four words above; `sold` is the price a seat and month."""

    fate: str
    sold: Decimal | None = None


class Selling:
    """The rules, asked about subscriptions. `home` is the currency Microsoft bills the partner in ("" not known)."""

    def __init__(
        self,
        book: Book,
        ledger_currency: Callable[[str | None], str | None],
        retail: Callable[[Offer, str, date], Decimal | None],
        home: str = "",
    ) -> None:
        self.book, self.home = book, home
        self._pricer = Pricer(book, ledger_currency, retail)
        self._rules: dict[str, list[CustomerRule]] = defaultdict(list)
        for rule in book.mapping.customers:
            self._rules[rule.tenant_id].append(rule)

    def is_ours(self, held: Held) -> bool:
        """Whether a subscription is the partner's own, which nobody is billed for."""
        return held.customer_id in self.book.internal

    def customer_name(self, tenant_id: str, day: date) -> str | None:
        """The name that the mapping gives a tenant."""
        rules = self._rules.get(tenant_id, ())
        return next((rule.name for rule in rules if day in rule.validity), rules[0].name if rules else None)

    def account(self, held: Held, day: date) -> Account | None:
        """Whom a subscription is billed to on a day."""
        return self.book.account(_offer(held, held.offered, day, day))

    def rate(self, held: Held, offered: Offered, day: date, term_price: Decimal, currency: str) -> Rate:
        """What the rules make of a price of the whole term, for a cycle that begins with a term on a day."""
        months = MONTHS.get(offered.term or "", 1)
        cycle = CYCLES.get(offered.billing_plan or "", 1)
        each = term_price * cycle / months
        point = PricePoint(currency, None, None, each, each, Fraction(1), False, False, False, held.quantity)
        return self._pricer.rate(_offer(held, offered, day, day), point)

    def item(self, held: Held, ledger: str, day: date) -> str | None:
        """The item of a ledger that a subscription is billed on, where one rule says so."""
        return self.item_of(held, held.offered, ledger, day)

    def item_of(self, held: Held, offered: Offered, ledger: str, day: date) -> str | None:
        """The item of a ledger that something on offer would be billed on for a subscription."""
        offer = _offer(held, offered, day, held.term_start or day)
        product, special = self.book.product(offer), self.book.exception(offer)
        if product is None or isinstance(product, Tie) or isinstance(special, Tie):
            return None
        return find_item(product, special, ledger)

    def current_rate(self, held: Held, charged: Charged) -> Rate:
        """What the rules make of a subscription's last whole cycle."""
        offered = Offered(
            held.offered.product_id, held.offered.sku_id, charged.term or held.offered.term,
            charged.billing_plan or held.offered.billing_plan,
        )  # fmt: skip
        offer = replace(
            _offer(held, offered, charged.first, held.term_start or charged.first), promotion_id=charged.promotion_id
        )
        point = PricePoint(
            charged.currency, None, None, charged.listed, charged.effective, Fraction(1), False, False,
            not charged.effective, held.quantity,
        )  # fmt: skip
        return self._pricer.rate(offer, point)

    def agreed_end(self, held: Held, day: date) -> tuple[date, str] | None:
        """The end of the commitment that the mapping says was agreed with the customer, and where it says so."""
        special = self.book.exception(_offer(held, held.offered, day, day))
        if special is None or isinstance(special, Tie) or special.committed_until is None:
            return None
        return special.committed_until, str(special.place)

    def outcome(self, held: Held, day: date, before: Decimal, after: Decimal, currency: str) -> Outcome:
        """What becomes of a price of the term that rises (or falls) for a subscription that renews on a day."""
        offered = held.after_renewal
        then = self.rate(held, offered, day, after, currency)
        if then.status != "priced" or then.method != "seats":
            return Outcome(PASSED_ON if then.status in ("priced", "absorbed") else NO_RULE)
        now = self.rate(held, offered, day, before, currency)
        cycle = CYCLES.get(offered.billing_plan or "", 1)
        sold = Decimal(then.unit).scaleb(-UNIT_PLACES) / cycle
        if now.unit != then.unit:
            return Outcome(PASSED_ON, sold)
        if then.currency != currency:
            return Outcome(BORNE, sold)
        margin = sold - after / MONTHS.get(offered.term or "", 1)
        return Outcome(UNDER_FLOOR if margin < sold * (then.floor or 0) / 100 else BORNE, sold)


def _offer(held: Held, offered: Offered, cycle_start: date, term_start: date) -> Offer:
    return Offer(
        tenant_id=held.customer_id, reseller_mpn_id=None, subscription_id=held.subscription_id,
        product_id=offered.product_id, sku_id=offered.sku_id, category="azure" if held.by_usage else "license",
        term=offered.term, billing_plan=offered.billing_plan, promotion_id=None, cycle_start=cycle_start,
        term_start=term_start,
    )  # fmt: skip
