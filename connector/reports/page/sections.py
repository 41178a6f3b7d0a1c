"""The parts of the page that stand still: the result in words, the money at stake, the proof, what is around them."""

from collections.abc import Iterable, Mapping, Sequence
from urllib.parse import quote

from connector.domain.finding import Finding
from connector.domain.money import ZERO
from connector.domain.result import Reconciliation
from connector.reports import proof
from connector.reports.customers import Customers
from connector.reports.page.charts import Bar, Heads, bars
from connector.reports.page.markup import Html, element, together
from connector.reports.proof import SIGNS, TITLES
from connector.reports.sums import Stake, by_customer, by_kind, in_sum, measured, on_their_own, stakes
from connector.reports.wording import counted, grouped, money, plain, total

SHOWN_CUSTOMERS = 12


def opening(result: Reconciliation) -> Html:
    """The result and its proof in words, before anything else."""
    title, meaning = proof.RESULTS[result.result]
    reasons = [element("li", plain(reason)) for reason in result.because]
    proofs = [
        element(
            "p",
            f"{proof.vendor_proof(each)} {proof.ledger_proof(each)}",
            class_="holds" if proof.holds(each) else "lacks",
        )
        for each in sorted(result.conservation, key=lambda each: each.currency)
    ]
    links = [("#stake", "At stake"), ("#findings", "Findings"), ("#customers", "Customers"), ("#proof", "Proof")]
    links += [("#margins", "Margins")] * bool(result.margins) + [("#lines", "Lines")]
    return element(
        "header",
        element("p", proof.scope_words(result), class_="scope"),
        element("h1", title.capitalize(), class_=f"result {result.result}"),
        element("p", meaning, class_="meaning"),
        element("ul", *reasons, class_="reasons") if reasons else None,
        *proofs,
        *(element("p", sentence, class_="stakes") for sentence in proof.stake_words(result)),
        element("nav", *(element("a", text, href=href) for href, text in links), aria_label="On this page"),
    )


def at_stake(result: Reconciliation, keys: Customers, customers: Mapping[str, tuple[int, str]]) -> Html:
    """Money at stake by kind and by customer; differences and exposures side by side, never in one sum.

    `customers` gives number and name by key.
    """
    return element(
        "section",
        element("h2", "Money at stake"),
        element("div", *(_measure(result, measures, keys, customers) for measures in TITLES), class_="sides"),
        id="stake",
    )


def _measure(result: Reconciliation, measures: str, keys: Customers, customers: Mapping[str, tuple[int, str]]) -> Html:
    title, meaning = TITLES[measures]
    found = measured(result, measures)
    counted_in = in_sum(found)
    parts: list[Html] = []
    for each in stakes(counted_in):
        own = [finding for finding in counted_in if finding.currency == each.currency]
        parts += [
            _cards(measures, each),
            _by_kind(measures, own, each.currency),
            _by_customer(measures, own, keys, customers),
        ]
    apart = [
        element("p", f"Summed on its own: {each.kind.title}, {_amounts(measures, each.stakes)}.")
        for each in on_their_own(found)
    ]
    return element(
        "div",
        element("h3", title),
        element("p", f"{meaning} {counted(len(found), 'finding') if found else 'None'}.", class_="hint"),
        *parts,
        *apart,
        class_=f"measure {measures}",
    )


def _cards(measures: str, each: Stake) -> Html:
    losing, charging = SIGNS[measures]
    back = f", {grouped(each.recurring, each.currency)} of it every period" if each.recurring else ""
    cards = []
    if each.lost or not each.over:
        words = f"{losing}: {counted(each.losing, 'finding')}{back}"
        cards.append(_card("lost", money(each.lost, each.currency), words))
    if each.over:
        words = f"{charging}: {counted(each.charging, 'finding')}"
        cards.append(_card("over", money(each.over, each.currency), words))
    return element("dl", *cards, class_="cards")


def _card(sign: str, amount: str, words: str) -> Html:
    return element("div", element("dt", words), element("dd", amount), class_=f"card {sign}")


def _by_kind(measures: str, own: Sequence[Finding], currency: str) -> Html:
    rows = [
        Bar(
            each.kind.title,
            f"{len(each.findings):,}",
            each.stakes[0].lost,
            each.stakes[0].over,
            f"#kind-{quote(each.kind.name)}",
        )
        for each in by_kind(own)
    ]
    return bars(f"{TITLES[measures][0]} by kind, {currency}", Heads("Kind", *SIGNS[measures]), rows, currency)


def _by_customer(
    measures: str, own: Sequence[Finding], keys: Customers, customers: Mapping[str, tuple[int, str]]
) -> Html:
    currency = own[0].currency
    sums = by_customer(own, currency, keys.of_finding)
    rows = [
        Bar(customers[key][1], f"{each.count:,}", each.lost, each.over, f"#customer-{customers[key][0]}")
        for key, each in sums[:SHOWN_CUSTOMERS]
    ]
    rest = [each for _, each in sums[SHOWN_CUSTOMERS:]]
    if rest:
        lost, over = total(each.lost for each in rest), total(each.over for each in rest)
        rows.append(Bar(f"{len(rest):,} others", f"{sum(each.count for each in rest):,}", lost, over, "#customers"))
    title = f"{TITLES[measures][0]} by customer, {currency}"
    return bars(title, Heads("Customer", *SIGNS[measures]), rows, currency)


def _amounts(measures: str, found: Iterable[Stake]) -> str:
    losing, charging = SIGNS[measures]
    parts = []
    for each in found:
        parts += [f"{losing.lower()} {money(each.lost, each.currency)}"] * bool(each.lost)
        parts += [f"{charging.lower()} {money(each.over, each.currency)}"] * bool(each.over)
    return " and ".join(parts) or "no amount"


def places() -> Html:
    """The places where the script puts findings and customers; without a script, where to look instead."""
    without = element(
        "noscript",
        element("p", "This browser runs no scripts. The workbook and the CSV files have every finding and line."),
    )
    return together(
        element("section", element("h2", "Findings"), without, element("div", id="findings-list"), id="findings"),
        element("section", element("h2", "Customers"), element("div", id="customers-list"), id="customers"),
    )


def proofs(result: Reconciliation) -> Html:
    """Where every cent of both sides went, what tolerances hid, and what else must be known."""
    parts: list[Html] = []
    for currency in sorted({each.currency for each in result.verdicts}):
        for side, title in (("vendor", "Where Microsoft's charges went"), ("ledger", "What stands behind your lines")):
            rows = [
                Bar(
                    f"{each.verdict.replace('_', ' ')}: {meaning}",
                    f"{each.slices:,}",
                    max(each.amount, ZERO),
                    max(-each.amount, ZERO),
                )
                for each, meaning in proof.fates(result, side, currency)
            ]
            if rows:
                parts.append(
                    bars(f"{title}, {currency}", Heads("Verdict", "Amount", "Credits", "Slices"), rows, currency)
                )
    hidden = [
        element("li", f"{counted(each.count, 'difference')} of {each.kind}: {money(each.amount, each.currency)}")
        for each in sorted(result.suppressed)
    ]
    notes = [element("li", plain(note)) for note in result.notes]
    return element(
        "section",
        element("h2", "Proof"),
        element("p", "Every line, or part of one (a slice), of both sides has exactly one verdict.", class_="hint"),
        element("div", *parts, class_="sides"),
        together(element("h3", "Kept silent by your tolerances"), element("ul", *hidden)) if hidden else None,
        together(element("h3", "Notes"), element("ul", *notes)) if notes else None,
        id="proof",
    )


def margins(result: Reconciliation) -> Html | None:
    """The place of the margins, where there are any."""
    if not result.margins:
        return None
    return element("section", element("h2", "Margins"), element("div", id="margins-list"), id="margins")


def lines(shown: int, there_are: int, lines_file: str) -> Html:
    """The place of the lines, and where to find those that are not in the page."""
    link = element("a", plain(lines_file), href=f"./{quote(lines_file, safe='', errors='replace')}")
    if not there_are:
        words = together("The lines are not in this page.")
    elif shown < there_are:
        words = together(f"{shown:,} of {there_are:,} lines are in this page, those that findings concern.")
    else:
        words = together(f"All {there_are:,} lines of both sides.")
    if lines_file:
        words = together(words, " All of them, for a spreadsheet: ", link)
    return element(
        "section",
        element("h2", "Lines"),
        element("p", words, class_="hint"),
        element("div", id="lines-list"),
        id="lines",
    )


def closing(run_id: str) -> Html:
    """How to read the signs, and which run this was."""
    return element(
        "footer",
        element(
            "p",
            "An amount you lose is billed too low or paid too much; an over-charge is billed too high. What has no "
            "selling price is valued at Microsoft's cost.",
        ),
        element("p", f"Run {plain(run_id)}. Made by csp-ledger-connector."),
    )
