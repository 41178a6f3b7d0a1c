"""A plan on a terminal, read like a diff: what will be created, what is held, what is blocked and why."""

from collections.abc import Iterable, Iterator, Sequence

from connector.domain.document import CREDIT_MEMO, Change, Document, DocumentLine, Plan
from connector.domain.effect import Effect
from connector.reports.plan_sums import FATES, account, change_words, changes, fates, margin_of, sum_of, totals
from connector.reports.terminal import both_ends, wrapped
from connector.reports.wording import counted, money, number, plain, total

SHOWN_DOCUMENTS = 200
SHOWN_LINES = 6
SHOWN_BLOCKED = 100


def to_table(plan: Plan, effects: Sequence[Effect] | None = None) -> str:
    """Write a plan as plain text at most 100 columns wide."""
    lines = [*_head(plan), *_documents(plan), *_held(plan), *_blocked(plan), *_fates(plan)]
    if effects is not None:
        lines += _effects(effects)
    lines += [line for note in plan.notes for line in wrapped(f"Note: {plain(note)}", hang="      ")]
    return "\n".join(line.rstrip() for line in lines) + "\n"


def _head(plan: Plan) -> Iterator[str]:
    yield f"PLAN {plan.plan_id}   {plan.period}"
    if not plan.documents:
        yield "Nothing to bill: everything that can be billed is billed."
    for currency, net, count in totals(plan.documents):
        yield f"  {counted(count, 'document')} to create, {money(net, currency)} net of tax"
    if plan.held:
        yield f"  HELD: {counted(len(plan.held), 'reason')} below; nothing is posted until a person decides"
    yield ""


def _documents(plan: Plan) -> Iterator[str]:
    changed = changes(plan)
    for document in plan.documents[:SHOWN_DOCUMENTS]:
        yield from _document(document, changed.get(account(document)))
    left = plan.documents[SHOWN_DOCUMENTS:]
    if left:
        sums = ", ".join(money(net, currency) for currency, net, _ in totals(left))
        yield f"… and {counted(len(left), 'more document')}: {sums}. All are in --format json, html or xlsx."
        yield ""


def _document(document: Document, change: Change | None) -> Iterator[str]:
    sign = "-" if document.kind == CREDIT_MEMO else "+"
    kind = "credit memo" if document.kind == CREDIT_MEMO else "invoice"
    extra = f", supplement {document.sequence}" if document.sequence > 1 else ""
    who = plain(document.customer_name) or document.customer
    where = f"{document.ledger} {document.customer}".strip()
    yield from both_ends(f"{sign} {who} ({where})", money(document.net, document.currency))
    about = [f"{kind}{extra} of {document.day}"]
    if document.covers:
        about.append(f"for {document.covers}")
    if document.split:
        about.append(f"for {plain(document.split)}")
    if document.reverses:
        about.append(f"takes back {document.reverses}")
    if document.corrects:
        about.append(f"in place of {', '.join(document.corrects)}")
    _, margin = margin_of(document)
    if margin is not None:
        about.append(f"margin {money(margin, document.currency)}")
    about.append(change_words(change))
    yield from wrapped(" · ".join(about), indent="    ")
    for line in document.lines[:SHOWN_LINES]:
        yield from _line(document, line)
    left = document.lines[SHOWN_LINES:]
    if left:
        rest = total(line.amount for line in left) * (-1 if document.kind == CREDIT_MEMO else 1)
        yield from both_ends(f"      … and {counted(len(left), 'more line')}", money(rest, document.currency))
    if document.rate_note:
        yield from wrapped(f"exchange: {document.rate_note}", indent="    ")
    yield ""


def _line(document: Document, line: DocumentLine) -> Iterator[str]:
    sign = -1 if document.kind == CREDIT_MEMO else 1
    yield from both_ends(f"      {plain(line.description)}", money(line.amount * sign, document.currency))


def _held(plan: Plan) -> Iterator[str]:
    if not plan.held:
        return
    yield "HELD until a person decides"
    for one in plan.held:
        about = f" [{one.key}]" if one.key else " [the whole plan]"
        yield from wrapped(f"! {one.guard}: {plain(one.text)}{about}", indent="  ", hang="      ")
    yield ""


def _blocked(plan: Plan) -> Iterator[str]:
    if not plan.blocked:
        return
    yield "BLOCKED: not billed, at Microsoft's cost"
    for one in plan.blocked[:SHOWN_BLOCKED]:
        who = plain(one.customer_name or one.tenant_id) or "no customer"
        what = plain(one.product_name or one.product_id)
        yield from both_ends(f"  ~ {one.reason}: {who}, {what}", money(one.cost, one.currency))
        told = f", finding {', '.join(one.findings)}" if one.findings else ""
        yield from wrapped(f"{plain(one.text)}{told}", indent="      ")
    left = plan.blocked[SHOWN_BLOCKED:]
    if left:
        yield f"  … and {len(left):,} more; all are in --format json, html or xlsx."
    yield ""


def _fates(plan: Plan) -> Iterator[str]:
    currency = ""
    for fate, own, amount in fates(plan):
        if own != currency:
            currency = own
            yield f"Where Microsoft's {money(sum_of(plan, currency), currency)} go"
        yield f"  {fate:<14}{money(amount, own):>22}   {FATES.get(fate, fate)}"
    if currency:
        yield ""


def _effects(effects: Iterable[Effect]) -> Iterator[str]:
    found = list(effects)
    yield "WHAT THE EDIT OF THE MAPPING CHANGES for the whole month, billed already or not"
    if not found:
        yield "  nothing"
    for one in found:
        who = plain(one.customer_name) or one.customer or "what is billed to nobody"
        yield from both_ends(
            f"  {'+' if one.difference >= 0 else '-'} {who} ({f'{one.ledger} {one.customer}'.strip()})",
            f"{number(one.difference, one.currency)} {one.currency}",
        )
        yield f"      {money(one.old, one.currency)} becomes {money(one.new, one.currency)}"
        if one.old_blocked != one.new_blocked:
            old, new = money(one.old_blocked, one.currency), money(one.new_blocked, one.currency)
            yield f"      blocked at cost: {old} becomes {new}"
    yield ""
