"""A plan as one page for the browser: what will be created for whom, what is held and what is blocked, and why."""

import base64
import hashlib
from collections.abc import Iterable, Sequence
from importlib import resources

from connector.domain.document import CREDIT_MEMO, Change, Document, Plan
from connector.domain.effect import Effect
from connector.reports import page
from connector.reports.page.markup import Html, element, raw
from connector.reports.plan_sums import FATES, account, change_words, changes, fates, margin_of, sum_of, totals
from connector.reports.wording import counted, money, number, plain

MOST_DOCUMENTS = 2_000


def to_html(plan: Plan, effects: Sequence[Effect] | None = None) -> str:
    """Write the page. It holds its own style, runs no script and asks for nothing from the network."""
    style = resources.files(page).joinpath("page.css").read_text(encoding="utf-8")
    allowed = "sha256-" + base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    policy = f"default-src 'none'; style-src '{allowed}'; base-uri 'none'; form-action 'none'"
    head = element(
        "head",
        element("meta", charset="utf-8"),
        element("meta", http_equiv="Content-Security-Policy", content=policy),
        element("meta", name="viewport", content="width=device-width, initial-scale=1"),
        element("meta", name="color-scheme", content="light dark"),
        element("meta", name="referrer", content="no-referrer"),
        element("title", f"Plan {plan.plan_id} · {plan.period}"),
        element("style", raw(style)),
    )
    parts = [_documents(plan), _held(plan), _blocked(plan), _fates(plan)]
    if effects is not None:
        parts.append(_effects(effects))
    body = element("body", _opening(plan), element("main", *parts))
    text = "<!DOCTYPE html>\n" + str(element("html", head, body, lang="en")) + "\n"
    return text.encode("utf-8", "replace").decode("utf-8")


def _opening(plan: Plan) -> Html:
    sums = [
        element("p", f"{counted(count, 'document')} to create, {money(net, currency)} net of tax.", class_="stakes")
        for currency, net, count in totals(plan.documents)
    ]
    held = f"Held for {counted(len(plan.held), 'reason')}; nothing is posted until a person decides."
    return element(
        "header",
        element("p", f"Plan {plan.plan_id}", class_="scope"),
        element("h1", str(plan.period)),
        *(sums or [element("p", "Nothing to bill: everything that can be billed is billed.", class_="meaning")]),
        element("p", held, class_="lacks") if plan.held else None,
        *(element("p", plain(note), class_="hint") for note in plan.notes),
    )


def _documents(plan: Plan) -> Html | None:
    if not plan.documents:
        return None
    shown = plan.documents[:MOST_DOCUMENTS]
    left = len(plan.documents) - len(shown)
    changed = changes(plan)
    more = element("p", f"{counted(left, 'more document')}: see the workbook or the JSON.") if left else None
    return element(
        "section",
        element("h2", "Documents"),
        *(_document(one, changed.get(account(one))) for one in shown),
        more,
        id="documents",
    )


def _document(document: Document, change: Change | None) -> Html:
    kind = "Credit memo" if document.kind == CREDIT_MEMO else "Invoice"
    _, margin = margin_of(document)
    # Closed, too, it tells the documents of one customer apart, and what is new in them.
    brief = [
        f"{kind} of {document.day}",
        f"supplement {document.sequence}" if document.sequence > 1 else "",
        change_words(change),
    ]
    about = [
        f"for {document.covers}" if document.covers else "",
        f"for {plain(document.split)}" if document.split else "",
        f"in place of {', '.join(document.corrects)}" if document.corrects else "",
        f"takes back {document.reverses}" if document.reverses else "",
        f"margin {money(margin, document.currency)}" if margin is not None else "",
        f"terms {plain(document.terms)}" if document.terms else "",
        f"purchase order {plain(document.purchase_order)}" if document.purchase_order else "",
        f"exchange {document.rate_note}" if document.rate_note else "",
    ]
    sign = -1 if document.kind == CREDIT_MEMO else 1
    rows = [
        (
            line.item or "",
            plain(line.description),
            number(None if line.quantity is None else line.quantity * sign),
            number(line.unit_price, document.currency),
            money(line.amount * sign, document.currency),
        )
        for line in document.lines
    ]
    who = plain(document.customer_name) or document.customer
    return element(
        "details",
        element(
            "summary",
            f"{who} ({document.customer}): {money(document.net, document.currency)} ",
            element("span", " · ".join(filter(None, brief)), class_="hint"),
        ),
        element("p", " · ".join(filter(None, about)), class_="hint") if any(about) else None,
        _table(("Item", "Description", "Quantity", "Unit price", "Amount"), rows, numbers=(2, 3, 4)),
    )


def _held(plan: Plan) -> Html | None:
    if not plan.held:
        return None
    rows = [(one.guard, plain(one.text), one.key or "the whole plan") for one in plan.held]
    return element("section", element("h2", "Held"), _table(("Guard", "Why", "Document"), rows, numbers=()), id="held")


def _blocked(plan: Plan) -> Html | None:
    if not plan.blocked:
        return None
    rows = [
        (
            one.reason,
            plain(one.customer_name or one.tenant_id) or "no customer",
            plain(one.product_name or one.product_id),
            plain(one.text) + (f" ({', '.join(one.findings)})" if one.findings else ""),
            money(one.cost, one.currency),
        )
        for one in plan.blocked
    ]
    heads = ("Reason", "Customer", "Product", "Why", "Cost")
    return element("section", element("h2", "Blocked"), _table(heads, rows, numbers=(4,)), id="blocked")


def _fates(plan: Plan) -> Html | None:
    found = fates(plan)
    if not found:
        return None
    rows = [(fate, FATES.get(fate, fate), money(amount, currency)) for fate, currency, amount in found]
    rows += [
        ("all", "all of Microsoft's lines", money(sum_of(plan, currency), currency))
        for currency in sorted({currency for _, currency, _ in found})
    ]
    heads = ("Fate", "Meaning", "Amount")
    return element("section", element("h2", "Where Microsoft's money goes"), _table(heads, rows, numbers=(2,)))


def _effects(effects: Iterable[Effect]) -> Html:
    rows = [
        (
            plain(one.customer_name) or one.customer,
            money(one.old, one.currency),
            money(one.new, one.currency),
            money(one.difference, one.currency),
            money(one.old_blocked, one.currency),
            money(one.new_blocked, one.currency),
        )
        for one in effects
    ]
    heads = ("Customer", "Old", "New", "Difference", "Blocked before", "Blocked now")
    return element(
        "section",
        element("h2", "What the edit of the mapping changes"),
        _table(heads, rows, numbers=(1, 2, 3, 4, 5)) if rows else element("p", "Nothing."),
        id="effects",
    )


def _table(heads: Sequence[str], rows: Iterable[Sequence[str]], numbers: Sequence[int]) -> Html:
    def cell(kind: str, place: int, text: str, **more: str) -> Html:
        return element(kind, text, class_="number" if place in numbers else None, **more)

    head = element("tr", *(cell("th", place, text, scope="col") for place, text in enumerate(heads)))
    body = (element("tr", *(cell("td", place, text) for place, text in enumerate(row))) for row in rows)
    return element("table", element("thead", head), element("tbody", *body))
