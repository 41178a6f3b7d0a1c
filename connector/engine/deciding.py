"""Says which rules decided about a charge, and for each which other rule would have won without it."""

from collections.abc import Callable, Iterator
from dataclasses import replace

from connector.domain.derivation import Decision
from connector.domain.rules import FxRule, PriceRule, Selector, SubscriptionRule, TaxRule
from connector.engine.mapping import Account, Book, Offer, Rule, Tie, find_item

Answer = tuple[str, str]
"""What holds, in words, and the place of the rule that says so; empty where none does."""


def decisions(book: Book, offer: Offer, currency: str, sold_in: str) -> Iterator[Decision]:
    """The rules that decided, in the order they are asked: customer, exception, bundle or item and price, tax, rate.

    `currency` is the charge's, `sold_in` the customer's.
    """
    for own in book.mapping.internal:
        if own.tenant_id == offer.tenant_id:
            yield Decision("customer", f"our own tenant, never billed ({own.reason})", str(own.place))
            return
    account = book.account(offer)
    if account is None:
        return
    ruling = _ruling(book, offer, account)
    yield _decided("customer", book, offer, ruling, _customer(book, offer), _customer)
    special = book.exception(offer)
    if isinstance(special, Tie):
        yield Decision("exception", *_tied(special))
        return
    if special is not None:
        yield Decision("exception", _exception_words(special), str(special.place), "no exception")
        if special.bill == "never":
            return
    bundled = book.bundle(offer, account.rule)
    if bundled is not None:
        yield _decided("bundle", book, offer, bundled[0], _item(book, offer), _item)
    else:
        product = book.product(offer)
        yield _decided("item", book, offer, None if isinstance(product, Tie) else product, _item(book, offer), _item)
        price = book.price(offer, account.rule)
        yield _decided("price", book, offer, None if isinstance(price, Tie) else price, _price(book, offer), _price)
        tax = book.tax(offer, account.rule)
        if tax is not None:
            yield _decided("tax", book, offer, tax, _tax(book, offer), _tax)
    if bundled is None and isinstance(price, PriceRule):
        currency = price.made_in(currency, sold_in)
    if currency != sold_in and bundled is None:
        rule = book.fx(currency, sold_in, offer.cycle_start)
        if rule is not None:
            yield Decision("exchange rate", _fx_words(rule), str(rule.place), *_without_fx(book, offer, rule))


def _decided(
    about: str, book: Book, offer: Offer, rule: Rule | None, answer: Answer, ask: Callable[[Book, Offer], Answer]
) -> Decision:
    if rule is None:
        return Decision(about, *answer)
    return Decision(about, *answer, *ask(book.without(rule), _offer_without(book, offer, rule)))


def _offer_without(book: Book, offer: Offer, rule: Rule) -> Offer:
    """The same offer where one rule is gone: exceptions that claim a part of a charge are named by their positions."""
    if offer.part is None or not isinstance(rule, SubscriptionRule):
        return offer
    gone = next(at for at, one in enumerate(book.mapping.subscriptions) if one is rule)
    left = [int(at) for at in offer.part.split(",") if int(at) != gone]
    return replace(offer, part=",".join(str(at - (at > gone)) for at in left) or None)


def _ruling(book: Book, offer: Offer, account: Account) -> Rule | None:
    """The rule that names the ledger customer: an exception, a reseller's, or the customer's own."""
    special = book.exception(offer)
    if isinstance(special, SubscriptionRule) and special.ledger_customer:
        return special
    resellers = (rule for rule in book.mapping.resellers if str(rule.place) == account.place)
    return next(resellers, account.rule)


def _customer(book: Book, offer: Offer) -> Answer:
    account = book.account(offer)
    if account is None:
        return "no customer: it would be unmapped", ""
    named = f" ({account.rule.name})" if account.rule else ""
    ledger = f" in {account.ledger}" if account.ledger else ""
    ended = ", whose rule has ended" if account.ended else ""
    return f"ledger customer {account.ledger_customer}{ledger}{named}{ended}", account.place


def _item(book: Book, offer: Offer) -> Answer:
    account = book.account(offer)
    ledger = (account.ledger if account else None) or ""
    special = book.exception(offer)
    exception = None if isinstance(special, Tie) else special
    bundled = book.bundle(offer, account.rule if account else None)
    if bundled is not None:
        bundle, counted = bundled
        part = "which counts this product" if counted else "which includes this product"
        return f"bundle {bundle.name}, item {bundle.item} at {bundle.unit_price:f} a {bundle.per}, {part}", str(
            bundle.place
        )
    if exception is not None and exception.item:
        return f"item {exception.item}", str(exception.place)
    product = book.product(offer)
    if isinstance(product, Tie):
        return _tied(product)
    item = None if product is None else find_item(product, exception, ledger)
    if product is None or item is None:
        return "no item: it would be unmapped", ""
    return f"item {item} ({product.name}; {_scope(product.selector)})", str(product.place)


def _price(book: Book, offer: Offer) -> Answer:
    account = book.account(offer)
    rule = book.price(offer, account.rule if account else None)
    if rule is None:
        return "no price: it would be unpriced", ""
    return _tied(rule) if isinstance(rule, Tie) else (_price_words(rule), str(rule.place))


def _tax(book: Book, offer: Offer) -> Answer:
    account = book.account(offer)
    rule = book.tax(offer, account.rule if account else None)
    return ("tax would not be judged", "") if rule is None else (_tax_words(rule), str(rule.place))


def _without_fx(book: Book, offer: Offer, rule: FxRule) -> Answer:
    other = book.without(rule).fx(rule.source_currency, rule.target_currency, offer.cycle_start)
    return ("no exchange rate: it would be unpriced", "") if other is None else (_fx_words(other), str(other.place))


def _tied(tie: Tie) -> Answer:
    return f"a tie of {' and '.join(tie.places)}", ""


def _price_words(rule: PriceRule) -> str:
    ways = (
        ("passed through", rule.pass_through or None),
        ("markup_percent", rule.markup_percent),
        ("margin_percent", rule.margin_percent),
        ("discount_from_list_percent", rule.discount_from_list_percent),
        ("unit_price", rule.unit_price),
    )
    words = [name if value is True else f"{name} {value:f}" for name, value in ways if value is not None]
    if rule.tiers:
        steps = ", ".join(f"{tier.unit_price:f} from {tier.start:f}" for tier in rule.tiers)
        words = [f"{rule.tier_mode} prices {steps}"]
    words += [f"a {rule.per}"] * bool(rule.unit_price is not None or rule.tiers)
    words += [f"of {rule.of}"] * bool(rule.of)
    words += [f"rounded to {rule.round_to:f}"] if rule.round_to is not None else []
    return f"{' '.join(words)} ({_scope(rule.selector)})"


def _tax_words(rule: TaxRule) -> str:
    percent = "no percentage" if rule.tax_percent is None else f"{rule.tax_percent:f} %"
    return f"{percent} tax ({_scope(rule.selector)})"


def _fx_words(rule: FxRule) -> str:
    fixed = f" {rule.rate:f}" if rule.rate is not None else ""
    margin = f" and {rule.margin_percent:f} %" if rule.margin_percent else ""
    return f"{rule.source_currency} to {rule.target_currency}: {rule.source} rate{fixed}{margin}"


def _exception_words(rule: SubscriptionRule) -> str:
    meant = (
        ("subscription", rule.subscription_id),
        ("entitlement", rule.entitlement_id),
        ("resource group", rule.resource_group),
        ("tag", rule.tag),
    )
    does = (
        ("ledger customer", rule.ledger_customer),
        ("item", rule.item),
        ("free quantity", f"{rule.free_quantity:f}" if rule.free_quantity else None),
        ("bill", rule.bill if rule.bill != "always" else None),
    )
    told = ", ".join(f"{name} {value}" for name, value in does if value) or "nothing of its own"
    return f"{told} (for {', '.join(f'{name} {value}' for name, value in meant if value)})"


def _scope(selector: Selector) -> str:
    names = (
        "subscription_id", "tenant_id", "group", "product_id", "sku_id", "category", "term", "billing_plan",
        "promotion",
    )  # fmt: skip
    parts = [f"{name} {value}" for name in names if (value := getattr(selector, name)) is not None]
    return f"for {', '.join(parts)}" if parts else "for everything"
