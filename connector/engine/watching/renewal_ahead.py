"""Terms that renew soon, with what is then bought and what it commits to."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

from connector.domain.finding import Figures, Finding
from connector.domain.money import ZERO
from connector.domain.watched import CYCLES, MONTHS, Held, Offered
from connector.engine.watching import View
from connector.engine.watching.prices import Timeline, monthly
from connector.engine.watching.telling import about, count, day_of, money, of_sheet, of_subscription, percent, tell

KIND = "renewal_ahead"
NEEDS = ("subscriptions",)
_TERMS = {"P1M": "a month", "P1Y": "a year", "P3Y": "three years", "P5Y": "five years"}


def watch(view: View) -> Iterable[Finding]:
    """One finding per subscription and term that ends soon and renews.

    A term of one month renews every month without anybody deciding: it is told only where a trial becomes paid or
    something is planned to change. The impact is the cost of the whole next term.
    """
    for held in view.held:
        renewal = held.renewal
        if renewal is None or held.by_usage or view.selling.is_ours(held):
            continue
        is_long = held.offered.term not in (None, "P1M") and not held.is_trial
        if not is_long and not held.is_trial and not _changes(held):
            continue
        lead = view.lead.renewal if is_long else view.lead.short_renewal
        if view.on < renewal <= view.on + timedelta(days=lead):
            yield _told(view, held)


def _told(view: View, held: Held) -> Finding:
    renewal = held.renewal or view.on
    then, quantity, currency = held.after_renewal, held.quantity_after_renewal, view.currency(held)
    timeline = view.prices.timeline(then, currency, held.country, quantity)
    row = timeline.at(renewal) if timeline else None
    each = monthly(row) if row else _last_paid(view, held) if then == held.offered else None
    months = MONTHS.get(then.term or "", 1)
    amount = each * months * quantity if each is not None else ZERO
    currency = row.currency if row else currency
    cost = f"for {money(amount, currency)}" if each is not None else "at a price that is not known"
    what = "becomes paid" if held.is_trial else "renews"
    term = _TERMS.get(then.term or "", "a term")
    text = (
        f"{held.name} {what} on {day_of(renewal)} with {count(quantity, 'seat')} for {term} {cost}"
        f"{_changed(held, then)}{_dearer(timeline, held, each)}; it can be changed until "
        f"{day_of(renewal - timedelta(days=1))}"
    )
    key = held.subscription_id, renewal.isoformat()
    evidence = [of_subscription(held), *([of_sheet(row)] if row else [])]
    return replace(
        tell(KIND, key, amount, currency, about(held, view.selling, view.on), text, (renewal, None), evidence),
        expected=Figures(quantity, each, amount if each is not None else None),
        actual=Figures(quantity=held.quantity),
    )


def _last_paid(view: View, held: Held) -> Decimal | None:
    """The list price of the last cycle a month, where no sheet tells the next."""
    charged = view.charged.get(held.subscription_id)
    return charged.listed / CYCLES.get(charged.billing_plan or "", 1) if charged else None


def _changes(held: Held) -> bool:
    return held.after_renewal != held.offered or held.quantity_after_renewal != held.quantity


def _changed(held: Held, then: Offered) -> str:
    """What is planned to be other than now, in words."""
    now = held.offered
    parts = []
    if held.quantity_after_renewal != held.quantity:
        parts.append(f"{count(held.quantity, 'seat')} now")
    if (then.product_id, then.sku_id) != (now.product_id, now.sku_id):
        parts.append(f"as another product ({then.product_id}:{then.sku_id})")
    if then.term != now.term:
        parts.append(f"a term of {then.term} after {now.term}")
    if then.billing_plan != now.billing_plan and now.billing_plan is not None:
        parts.append(f"billed {then.billing_plan} after {now.billing_plan}")
    return f" (planned: {', '.join(parts)})" if parts else ""


def _dearer(timeline: Timeline | None, held: Held, each: Decimal | None) -> str:
    """How much the next term costs more than the running one, where sheets tell both."""
    before = (
        timeline.at(held.term_start) if timeline and held.term_start and held.after_renewal == held.offered else None
    )
    if before is None or each is None or monthly(before) == each:
        return ""
    return f", {percent(monthly(before), each)} against the running term"
