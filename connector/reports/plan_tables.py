"""A plan as tables of typed cells, and as a workbook of them: typed numbers and days, and text that stays text."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence

from connector.domain.document import CREDIT_MEMO, Plan
from connector.domain.effect import Effect
from connector.domain.money import Money
from connector.reports.plan_sums import FATES, account, changes, fates, margin_of, totals
from connector.reports.tables import Cell, Table
from connector.reports.workbook import write_sheets

_DOCUMENTS = (
    "customer", "ledger", "ledger_customer", "kind", "sequence", "split", "document_date", "first_day", "last_day",
    "total", "currency", "cost", "margin", "month_before", "change", "change_percent", "terms", "purchase_order",
    "exchange", "corrects", "held", "key",
)  # fmt: skip
_LINES = (
    "customer", "key", "line", "item", "description", "quantity", "unit_price", "amount", "currency", "first_day",
    "last_day", "subscription_id", "tax_code", "cost", "cost_currency", "refunds", "formula", "rules",
)  # fmt: skip
_BLOCKED = ("reason", "customer", "tenant_id", "product", "product_id", "cost", "currency", "text", "findings")


def to_xlsx(plan: Plan, effects: Sequence[Effect] | None = None) -> bytes:
    """Write a plan as a workbook; equal plans give equal bytes."""
    return write_sheets(f"Plan {plan.plan_id}", plan.period.last, tables(plan, effects))


def tables(plan: Plan, effects: Sequence[Effect] | None = None) -> Iterator[tuple[str, Table]]:
    """Title and table of each sheet."""
    yield "Plan", Table("plan", ("what", "value", "currency", "documents"), _summary(plan))
    yield "Documents", Table("documents", _DOCUMENTS, _documents(plan))
    yield "Lines", Table("lines", _LINES, _lines(plan))
    if plan.held:
        rows: Iterable[tuple[Cell, ...]] = ((one.guard, one.text, one.key or "the whole plan") for one in plan.held)
        yield "Held", Table("held", ("guard", "text", "key"), rows)
    if plan.blocked:
        yield "Blocked", Table("blocked", _BLOCKED, _blocked(plan))
    yield (
        "Microsoft's money",
        Table(
            "fates",
            ("fate", "meaning", "amount", "currency"),
            (
                (fate, FATES.get(fate, fate), Money(amount, currency), currency)
                for fate, currency, amount in fates(plan)
            ),
        ),
    )
    if effects is not None:
        yield "Edit of the mapping", Table("effects", _EFFECTS, _effects(effects))


_EFFECTS = (
    "customer", "ledger", "ledger_customer", "old", "new", "difference", "currency", "old_blocked", "new_blocked",
)  # fmt: skip


def _summary(plan: Plan) -> Iterator[tuple[Cell, ...]]:
    yield ("Plan", plan.plan_id, None, None)
    yield ("Period", str(plan.period), None, None)
    for currency, net, count in totals(plan.documents):
        yield ("To create, net of tax", Money(net, currency), currency, count)
    for name, value in plan.inputs.items():
        yield (f"Made from {name}", value, None, None)
    for note in plan.notes:
        yield ("Note", note, None, None)


def _documents(plan: Plan) -> Iterator[tuple[Cell, ...]]:
    changed = changes(plan)
    guards: dict[str, list[str]] = defaultdict(list)
    for one in plan.held:
        guards[one.key].append(one.guard)
    for document in plan.documents:
        currency = document.currency
        cost, margin = margin_of(document)
        change = changed.get(account(document))
        before = change.before if change else None
        yield (
            document.customer_name,
            document.ledger,
            document.customer,
            document.kind.replace("_", " "),
            document.sequence,
            document.split,
            document.day,
            document.period.start,
            document.period.last,
            Money(document.net, currency),
            currency,
            None if cost is None else Money(cost, currency),
            None if margin is None else Money(margin, currency),
            None if before is None else Money(before, currency),
            None if change is None or before is None else Money(change.total - before, currency),
            change.percent if change else None,
            document.terms,
            document.purchase_order,
            document.rate_note,
            document.reverses or ", ".join(document.corrects),
            ", ".join(sorted({*guards[""], *guards[document.key]})),
            document.key,
        )


def _lines(plan: Plan) -> Iterator[tuple[Cell, ...]]:
    for document in plan.documents:
        sign = -1 if document.kind == CREDIT_MEMO else 1
        for line in document.lines:
            yield (
                document.customer_name,
                document.key,
                line.number,
                line.item,
                line.description,
                None if line.quantity is None else line.quantity * sign,
                None if line.unit_price is None else Money(line.unit_price, document.currency),
                Money(line.amount * sign, document.currency),
                document.currency,
                line.first,
                line.last,
                line.reference,
                line.tax_code,
                Money(line.cost, line.cost_currency),
                line.cost_currency,
                line.refunds,
                line.formula,
                ", ".join(line.places),
            )


def _blocked(plan: Plan) -> Iterator[tuple[Cell, ...]]:
    for one in plan.blocked:
        yield (
            one.reason,
            one.customer_name,
            one.tenant_id,
            one.product_name,
            one.product_id,
            Money(one.cost, one.currency),
            one.currency,
            one.text,
            ", ".join(one.findings),
        )


def _effects(effects: Iterable[Effect]) -> Iterator[tuple[Cell, ...]]:
    for one in effects:
        amounts = (one.old, one.new, one.difference)
        yield (
            one.customer_name,
            one.ledger,
            one.customer,
            *(Money(amount, one.currency) for amount in amounts),
            one.currency,
            Money(one.old_blocked, one.currency),
            Money(one.new_blocked, one.currency),
        )
