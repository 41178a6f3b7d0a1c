"""Courses of days worked out by hand from Microsoft's rules, each beside what looks like it and must not be told.

What came to be known is written as Partner Center, a price sheet, an audit record or a ledger shows it; for each day
stands what must be told: the kind, whether it is new, the money, and a part of the sentence.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from connector.adapters.files import read_any
from connector.domain.errors import Place
from connector.domain.finding import Finding
from connector.domain.rules import (
    CustomerRule,
    Internal,
    PriceRule,
    ProductRule,
    Selector,
    SubscriptionRule,
)
from connector.domain.rules import (
    Mapping as Rules,
)
from connector.domain.watched import Access, Debt, Edition, Lead, Spend
from connector.engine.mapping import Book
from connector.engine.watching import View, look_ahead
from connector.engine.watching.audit_reading import seat_changes
from connector.engine.watching.ledger_reading import prepaid
from connector.engine.watching.positions import places, positions
from connector.engine.watching.prices import Prices
from connector.engine.watching.reading import charged_last, sheet_rows, sightings_of
from connector.engine.watching.selling import Selling
from tests.golden.test_watches import (
    CHARGES,
    SHEET,
    audit_record,
    charge_line,
    sheet_line,
    subscription,
    subscription_id,
    tenant,
)

HERE = Place("mappings.yaml", 1)
EVERYTHING = frozenset({"subscriptions", "prices", "ledger", "audit", "azure", "debts", "accesses"})
Told = tuple[str, str, str, str]
"""Kind, new or same, impact, and a part of the sentence."""
DECEMBER = {
    "month": "2026-12",
    "rows": [["P1Y", "Monthly", "264.00", "2025-01-01"], ["P1M", "Monthly", "24.00", "2025-01-01"]],
}


def rules(*subscriptions: SubscriptionRule, **fixed: str) -> Rules:
    """Alpine, Bellows and Contoso at cost and a fifth; `fixed` are agreed prices a month, by tenant's digit."""
    return Rules(
        customers=tuple(
            CustomerRule(name, tenant(digit), "books", str(57 + digit), HERE, currency="USD")
            for digit, name in enumerate(("Alpine Ski House", "Bellows College", "Contoso"), 1)
        ),
        subscriptions=subscriptions,
        products=(ProductRule("Premium", Selector(product_id="CFQ7TTC0LCHC"), (("", "31"),), HERE),),
        prices=(
            PriceRule(Selector(), HERE, markup_percent=Decimal(20)),
            *(
                PriceRule(Selector(tenant_id=tenant(name[1:])), HERE, unit_price=Decimal(price),
                          floor_margin_percent=Decimal(5))
                for name, price in fixed.items()
            ),
        ),
    )  # fmt: skip


def seats(number: int, quantity: int, start: str, end: str, **more: Any) -> dict[str, Any]:
    """A subscription of the customer with the same digit, as Partner Center shows it."""
    return {
        "id": number,
        "customer": more.pop("customer", number),
        "seats": quantity,
        "start": start,
        "end": end,
        **more,
    }


def window(*batches: tuple[int, str]) -> dict[str, Any]:
    """Seats that can be given back until a moment."""
    details = [{"quantity": quantity, "allowedUntilDateTime": until} for quantity, until in batches]
    return {"refundableQuantity": {"totalQuantity": sum(one for one, _ in batches), "details": details}}


def next_term(quantity: int, cycle: str, term: str, **more: str) -> dict[str, Any]:
    """What is scheduled for the next term of Business Premium."""
    product = {"productId": "CFQ7TTC0LCHC", "skuId": "0002", "billingCycle": cycle, "termDuration": term, **more}
    return {"product": product, "quantity": quantity}


class Course:
    """What comes to be known day by day, and what a look at the end of a day tells."""

    def __init__(self, folder: Path, mapping: Rules | None = None, **lead: Any) -> None:
        self.folder, self.mapping, self.lead = folder, mapping or rules(), Lead(**lead)
        self.rows: dict[str, list[dict[str, Any]]] = {}
        self.parts: dict[str, Any] = {}
        self.known: set[str] = set()

    def knows(self, on: str, **day: Any) -> "Course":
        """What comes to be known on a day."""
        if "subscriptions" in day:
            self._read(
                "subscriptions", on, "jsonl", [json.dumps(subscription(one, on)) for one in day["subscriptions"]]
            )
        for sheet in day.get("sheets", ()):
            edition = {"edition_market": "US", "edition_view": "updatedlicensebased", "edition_month": sheet["month"]}
            text = [SHEET, *(sheet_line(row) for row in sheet["rows"])]
            self._read("prices", on, "csv", text, {**edition, "edition_seen_at": f"{on}T04:00:00Z"})
        if "charges" in day:
            self._read("charges", on, "csv", [CHARGES, *map(charge_line, day["charges"])])
        if "audit" in day:
            self._read("audit_records", on, "jsonl", [json.dumps(audit_record(one)) for one in day["audit"]])
        for name in ("debts", "spend", "accesses", "lines"):
            if name in day:
                self.parts[name] = [*self.parts.get(name, ()), (date.fromisoformat(on), tuple(day[name]))]
        return self

    def _read(self, table: str, on: str, kind: str, text: Iterable[str], more: Mapping[str, str] | None = None) -> None:
        path = self.folder / f"{table}-{on}-{len(self.rows.get(table, ()))}.{kind}"
        path.write_text("\n".join(text) + "\n", encoding="utf-8")
        for found, batch in read_any([path]):
            assert found == table, batch.to_pylist()
            own = [{**row, **(more or {}), "known_on": date.fromisoformat(on)} for row in batch.to_pylist()]
            self.rows.setdefault(table, []).extend(own)

    def _seen(self, table: str, on: date) -> list[dict[str, Any]]:
        return [row for row in self.rows.get(table, ()) if row["known_on"] <= on]

    def _last(self, name: str, on: date) -> tuple[Any, ...]:
        some = [own for known, own in self.parts.get(name, ()) if known <= on]
        return tuple(some[-1]) if some else ()

    def view(self, on: date) -> View:
        """What is known at the end of a day."""
        sightings = sightings_of(self._seen("subscriptions", on), (), on)
        held = tuple(states[-1] for states in sightings.values())
        sheets = self._seen("prices", on)
        names = ("edition_market", "edition_view", "edition_month", "edition_seen_at")
        editions = {tuple(row[name] for name in names) for row in sheets}
        prices = Prices(sheet_rows(sheets), (Edition(*one) for one in sorted(editions)))
        selling = Selling(Book(self.mapping), lambda _: "USD", lambda *_: None, "USD")
        charged = charged_last(self._seen("charges", on))
        long: dict[str, list[Any]] = {}
        for one in prepaid(self._last("lines", on)):
            long.setdefault(one.subscription_id, []).append(one)
        ledger = lambda name: name or "books"  # noqa: E731
        return View(
            on, self.lead, held, sightings, prices, selling, charged,
            positions=positions(held, charged, selling, ledger, on), places=places(held, selling, ledger, on),
            prepaid={name: tuple(some) for name, some in long.items()},
            seat_changes=tuple(one for one in seat_changes(self._seen("audit_records", on)) if one.on <= on),
            debts=self._last("debts", on), spend=self._last("spend", on), accesses=self._last("accesses", on),
            seen=EVERYTHING,
        )  # fmt: skip

    def tells(self, on: str, *told: Told, only: str = "") -> "Course":
        """Look at the end of a day, and hold what is told against what was worked out."""
        found: list[Finding] = [
            one for one in look_ahead(self.view(date.fromisoformat(on))) if not only or one.kind == only
        ]
        seen = [
            (one.kind, "same" if one.fingerprint in self.known else "new", f"{one.impact:.2f}", one.causes[0].text)
            for one in found
        ]
        self.known = {one.fingerprint for one in found}
        wanted = sorted(told, key=lambda one: (one[0], one[2], one[3]))
        got = sorted(seen, key=lambda one: (one[0], one[2], one[3]))
        assert [one[:3] for one in got] == [one[:3] for one in wanted], f"on {on}: {got}"
        for (*_, text), (*_, says) in zip(got, wanted, strict=True):
            assert says in text, f"on {on}: {text}"
        return self


OLD = ["P1Y", "Monthly", "264.00", "2025-01-01", "CFQ7TTC0LCHC:0002", "2026-12-31"]
RISES = {
    "month": "2027-01",
    "rows": [OLD, ["P1Y", "Monthly", "277.20", "2027-01-01"], ["P1M", "Monthly", "24.00", "2025-01-01"]],
}
AHEAD = "price_change_ahead"


def test_a_dearer_sheet_reaches_whoever_renews_at_the_first_renewal_after_it(tmp_path: Path) -> None:
    """264.00 becomes 277.20 a year from 1 January: 1.10 a seat and month, for 10 seats that renew on 1 May.

    Twins: 5 seats whose renewal is switched off, 7 by the month (whose price stays), and the sheet that comes again.
    """
    course = Course(tmp_path).knows(
        "2026-12-01",
        sheets=[DECEMBER],
        subscriptions=[
            seats(1, 10, "2026-05-01", "2027-04-30"),
            seats(2, 5, "2026-05-01", "2027-04-30", autoRenewEnabled=False),
            seats(3, 7, "2026-12-01", "2026-12-31", termDuration="P1M"),
        ],
    )
    course.tells("2026-12-01")
    course.knows("2026-12-02", sheets=[RISES])
    told = "from 1 Jan 2027 Microsoft 365 Business Premium costs +5 %: 1 customer, 10 seats, 11.00 USD a month"
    course.tells("2026-12-02", (AHEAD, "new", "11.00", told))
    course.knows("2026-12-09", sheets=[RISES])
    course.tells(
        "2026-12-09", (AHEAD, "same", "11.00", "keep their price until their term ends, the last on 30 Apr 2027")
    )
    course.tells("2027-03-31", (AHEAD, "same", "11.00", told))
    # On 1 May it has renewed; Microsoft shows it a day later.
    course.tells("2027-05-01")
    course.knows("2027-05-02", subscriptions=[seats(1, 10, "2027-05-01", "2028-04-30")]).tells("2027-05-02")


def test_a_fixed_price_that_falls_under_its_floor_is_named_and_one_that_bears_it_is_not(tmp_path: Path) -> None:
    """At 23.10 a month, 24.00 leaves 3.75 % (floor 5 %: under), 30.00 leaves 23 %."""
    course = Course(tmp_path, rules(t1="24.00", t2="30.00"))
    course.knows("2026-12-02", sheets=[DECEMBER, RISES], subscriptions=[
        seats(1, 10, "2026-05-01", "2027-04-30"), seats(2, 4, "2026-06-01", "2027-05-31"),
        seats(3, 1, "2026-07-01", "2027-06-30"),
    ])  # fmt: skip
    course.tells("2026-12-02", (
        AHEAD, "new", "16.50",
        "your rules pass it on for 1, this 1 has a fixed price and falls under its floor: Alpine Ski House, "
        "1 has a fixed price that can bear it",
    ))  # fmt: skip


def test_a_cheaper_sheet_is_told_as_what_is_saved_and_other_plans_and_markets_are_not(tmp_path: Path) -> None:
    """The monthly plan falls from 264.00 to 252.00; the yearly plan, which nobody holds, rises."""
    falls = {"month": "2027-01", "rows": [
        ["P1Y", "Monthly", "252.00", "2027-01-01"], ["P1Y", "Annual", "999.00", "2027-01-01"],
        ["P1Y", "Monthly", "264.00", "2025-01-01", "CFQ7TTC0LCHC:0002", "2026-12-31"],
    ]}  # fmt: skip
    course = Course(tmp_path).knows("2026-12-02", sheets=[DECEMBER, falls], subscriptions=[
        seats(1, 10, "2026-05-01", "2027-04-30")])  # fmt: skip
    course.tells("2026-12-02", (AHEAD, "new", "-10.00", "costs -4.5 %"))


def test_a_monthly_term_is_reached_by_its_own_price_within_a_month(tmp_path: Path) -> None:
    """24.00 becomes 25.00 from 1 January: 3 seats from 15 January on, when their next month begins."""
    rises = {"month": "2027-01", "rows": [["P1M", "Monthly", "24.00", "2025-01-01", "CFQ7TTC0LCHC:0002", "2026-12-31"],
                                          ["P1M", "Monthly", "25.00", "2027-01-01"]]}  # fmt: skip
    course = Course(tmp_path).knows("2026-12-20", sheets=[DECEMBER, rises], subscriptions=[
        seats(3, 3, "2026-12-15", "2027-01-14", termDuration="P1M")])  # fmt: skip
    course.tells("2026-12-20", (AHEAD, "new", "3.00", "from 1 Jan 2027"))
    course.tells("2027-01-14", (AHEAD, "same", "3.00", "from 1 Jan 2027"))
    course.tells("2027-01-15")


REPUBLISHED = "price_sheet_republished"


def test_a_corrected_sheet_is_told_for_what_is_held_and_the_same_sheet_again_is_not(tmp_path: Path) -> None:
    """December's 264.00 becomes 270.00 on the 10th: 0.50 a seat and month, 10 seats; in sight for 30 days."""
    corrected = {
        "month": "2026-12",
        "rows": [["P1Y", "Monthly", "270.00", "2025-01-01"], ["P1M", "Monthly", "24.00", "2025-01-01"]],
    }
    course = Course(tmp_path).knows("2026-12-01", sheets=[DECEMBER], subscriptions=[
        seats(1, 10, "2026-05-01", "2027-04-30")])  # fmt: skip
    course.knows("2026-12-05", sheets=[{**DECEMBER, "rows": DECEMBER["rows"][::-1]}]).tells("2026-12-05")
    course.knows("2026-12-10", sheets=[corrected])
    said = "the sheet of 2026-12 was corrected on 10 Dec 2026"
    course.tells("2026-12-09", only=REPUBLISHED).tells(
        "2026-12-10", (REPUBLISHED, "new", "5.00", said), only=REPUBLISHED
    )
    course.knows("2026-12-11", sheets=[corrected]).tells(
        "2026-12-11", (REPUBLISHED, "same", "5.00", said), only=REPUBLISHED
    )
    course.tells("2027-01-08", (REPUBLISHED, "same", "5.00", said), only=REPUBLISHED)
    course.tells("2027-01-09", only=REPUBLISHED)


CLOSES = "cancellation_window_closing"


def test_each_batch_of_seats_has_its_own_window_and_is_told_while_it_can_be_used(tmp_path: Path) -> None:
    """Ten seats bought on 1 December, five more on the 6th; each can be given back for seven days.

    From 9 December to 30 November are 11 months and 22 of November's 30 days: 10 x 22.00 x 11.7333 = 2,581.33. From
    14 December: 11 months and 17 of 30 days: 5 x 22.00 x 11.5667 = 1,272.33. Twins: a term of a month, a window that
    was closed when it was first seen.
    """
    bought = seats(1, 10, "2026-12-01", "2027-11-30", **window((10, "2026-12-08T09:12:44.1234567Z")))
    month = seats(2, 9, "2026-12-01", "2026-12-31", termDuration="P1M", **window((9, "2026-12-08T09:12:44Z")))
    closed = seats(3, 2, "2026-11-01", "2027-10-31", **window((2, "2026-11-08T09:00:00Z")))
    course = Course(tmp_path).knows("2026-12-01", sheets=[DECEMBER], subscriptions=[bought, month, closed])
    said = "all 10 seats of Microsoft 365 Business Premium can be given back until 8 Dec 2026"
    course.tells("2026-12-04").tells("2026-12-05", (CLOSES, "new", "2581.33", said))
    more = seats(1, 15, "2026-12-01", "2027-11-30", **window((10, "2026-12-08T09:12:44Z"), (5, "2026-12-13T10:00:00Z")))
    course.knows("2026-12-06", subscriptions=[more])
    course.tells("2026-12-08", (CLOSES, "same", "2581.33", "10 seats of")).tells("2026-12-09")
    course.tells("2026-12-10", (CLOSES, "new", "1272.33", "5 seats of Microsoft 365 Business Premium"))
    course.tells("2026-12-13", (CLOSES, "same", "1272.33", "until 13 Dec 2026")).tells("2026-12-14")


def test_a_window_that_ends_with_midnight_is_open_on_the_day_before_and_not_on_the_day(tmp_path: Path) -> None:
    """Until 2026-12-09T00:00:00Z seats can be given back on the 8th for the last time; so too in another time zone."""
    for number, until in enumerate(("2026-12-09T00:00:00Z", "2026-12-08T16:00:00-08:00", "2026-12-09T00:00:00"), 1):
        folder = tmp_path / str(number)
        folder.mkdir()
        course = Course(folder).knows("2026-12-01", subscriptions=[
            seats(1, 10, "2026-12-02", "2027-12-01", **window((10, until)))])  # fmt: skip
        course.tells("2026-12-04").tells("2026-12-05", (CLOSES, "new", "0.00", "until 8 Dec 2026"))
        course.tells("2026-12-08", (CLOSES, "same", "0.00", "until 8 Dec 2026")).tells("2026-12-09")


def test_what_is_given_back_or_suspended_in_its_window_is_over(tmp_path: Path) -> None:
    one = seats(1, 10, "2026-12-01", "2027-11-30", **window((10, "2026-12-08T09:12:44Z")))
    course = (
        Course(tmp_path).knows("2026-12-01", subscriptions=[one]).tells("2026-12-06", (CLOSES, "new", "0.00", "all 10"))
    )
    course.knows("2026-12-07", subscriptions=[{**one, "status": "deleted", "autoRenewEnabled": False}]).tells(
        "2026-12-07"
    )


RENEWS = "renewal_ahead"


def test_a_renewal_is_told_thirty_days_ahead_once_and_not_when_it_is_switched_off(tmp_path: Path) -> None:
    """The term ends on 31 December (inclusive): the renewal is on 1 January, told from 2 December; 10 x 264.00.

    Twins: a monthly term, one that is suspended (which switches renewal off), and the term after.
    """
    course = Course(tmp_path).knows("2026-11-20", sheets=[DECEMBER], subscriptions=[
        seats(1, 10, "2026-01-01", "2026-12-31"), seats(2, 5, "2026-12-01", "2026-12-31", termDuration="P1M"),
        seats(3, 5, "2026-01-01", "2026-12-31", status="suspended", autoRenewEnabled=False),
    ])  # fmt: skip
    said = "renews on 1 Jan 2027 with 10 seats for a year for 2,640.00 USD; it can be changed until 31 Dec 2026"
    course.tells("2026-12-01").tells("2026-12-02", (RENEWS, "new", "2640.00", said))
    course.tells("2026-12-31", (RENEWS, "same", "2640.00", said)).tells("2027-01-01")
    course.knows("2027-01-02", subscriptions=[seats(1, 10, "2027-01-01", "2027-12-31")]).tells("2027-01-02")
    course.tells("2027-12-02", (RENEWS, "new", "2640.00", "renews on 1 Jan 2028"))
    course.knows("2027-12-03", subscriptions=[seats(1, 10, "2027-01-01", "2027-12-31", autoRenewEnabled=False)])
    course.tells("2027-12-03")


def test_a_renewal_with_fewer_seats_says_so_and_a_trial_that_becomes_paid_is_told_a_week_ahead(tmp_path: Path) -> None:
    """Planned are 6 seats for three years at 700.00; the trial's 25 seats cost 24.00 a month from 15 December on."""
    sheet = {"month": "2026-12", "rows": [["P3Y", "Annual", "700.00", "2025-01-01"], *DECEMBER["rows"]]}
    planned, paid = next_term(6, "annual", "P3Y"), next_term(25, "monthly", "P1M")
    course = Course(tmp_path).knows("2026-12-02", sheets=[sheet], subscriptions=[
        seats(1, 10, "2026-01-01", "2026-12-31", scheduledNextTermInstructions=planned),
        seats(2, 25, "2026-11-15", "2026-12-14", termDuration="P1M", isTrial=True, scheduledNextTermInstructions=paid),
    ])  # fmt: skip
    first = (
        RENEWS,
        "new",
        "4200.00",
        "with 6 seats for three years for 4,200.00 USD (planned: 10 seats now, a term of P3Y",
    )
    course.tells("2026-12-07", first)
    course.tells("2026-12-08", (RENEWS, "same", *first[2:]), (RENEWS, "new", "600.00", "becomes paid on 15 Dec 2026"))


PROMOTION = "promotion_ending"


def test_a_promotion_that_ends_with_the_term_is_told_unless_it_goes_on(tmp_path: Path) -> None:
    """19.80 are paid instead of 22.00: 2.20 for 10 seats a month; the other's next term has the promotion again."""
    promotion = "39NFJQT1PJQB:0001:39NFJQT1Q5KN"
    again = next_term(10, "monthly", "P1Y", promotionId=promotion)
    charge = {
        "customer": "1", "id": "1", "UnitPrice": "22.00", "Quantity": "10", "BillableQuantity": "10",
        "Subtotal": "198.00", "EffectiveUnitPrice": "19.80", "ChargeStartDate": "11/1/2026",
        "ChargeEndDate": "11/30/2026", "PromotionId": promotion,
    }  # fmt: skip
    course = Course(tmp_path).knows("2026-11-20", sheets=[DECEMBER], charges=[charge], subscriptions=[
        seats(1, 10, "2026-01-01", "2026-12-31", promotionId=promotion),
        seats(2, 10, "2026-01-01", "2026-12-31", promotionId=promotion, scheduledNextTermInstructions=again),
        seats(3, 10, "2026-01-01", "2026-12-31", promotionId=promotion, autoRenewEnabled=False),
    ])  # fmt: skip
    course.tells("2026-12-01", only=PROMOTION)
    said = "ends on 1 Jan 2027: 10 seats, 22.00 USD a month"
    course.tells("2026-12-02", (PROMOTION, "new", "22.00", said), only=PROMOTION).tells("2027-01-01", only=PROMOTION)


OUTSIDE = "seats_changed_outside"


def test_seats_changed_outside_are_told_with_who_and_when_and_over_when_they_are_back(tmp_path: Path) -> None:
    """Max adds 5 to Alpine's 10 by hand: 5 x 22.00. Twins: the usual way, what failed, and what is undone by hand."""
    desk, web = "Order Desk", "Partner Center Web"
    failed = {
        **audit_record(["2026-12-03T11:00:00Z", 2, 2, 5, 50, "eve@fabrikam.example", web]),
        "operationStatus": "failed",
    }
    course = Course(tmp_path, usual_applications=("order desk",)).knows(
        "2026-12-03", sheets=[DECEMBER],
        subscriptions=[seats(1, 15, "2026-05-01", "2027-04-30"), seats(2, 7, "2026-05-01", "2027-04-30")],
        audit=[["2026-12-03T09:30:00Z", 1, 1, 10, 15, "max@fabrikam.example", web],
               ["2026-12-03T10:00:00Z", 2, 2, 5, 7, "jane@fabrikam.example", desk]],
    )  # fmt: skip
    course._read("audit_records", "2026-12-03", "jsonl", [json.dumps(failed)])
    said = "changed Microsoft 365 Business Premium on 3 Dec 2026 through Partner Center Web: from 10 seats to 15 seats"
    course.tells("2026-12-02", only=OUTSIDE).tells("2026-12-03", (OUTSIDE, "new", "110.00", said))
    course.tells("2027-01-01", (OUTSIDE, "same", "110.00", said)).tells("2027-01-02")
    # By hand again, and back where it was: two changes by hand that come to nothing.
    course.knows("2026-12-20", subscriptions=[seats(1, 10, "2026-05-01", "2027-04-30")],
                 audit=[["2026-12-20T09:30:00Z", 1, 1, 15, 10, "max@fabrikam.example", web]])  # fmt: skip
    course.tells("2026-12-21")


DIFFERS = "commitment_date_differs"


def test_a_commitment_is_held_against_what_was_agreed_or_billed_ahead(tmp_path: Path) -> None:
    """Alpine agreed on 31 March, Bellows was billed ahead until 31 May; Contoso's line is that of the term before."""
    agreed = SubscriptionRule(HERE, subscription_id(1), committed_until=date(2027, 3, 31))

    def line(number: int, first: str, last: str) -> dict[str, Any]:
        return {
            "reference": subscription_id(number), "service_start": date.fromisoformat(first), "status": "open",
            "service_end": date.fromisoformat(last), "document_type": "invoice", "document_number": f"INV-{number}",
            "source": "books", "line": 1, "row_hash": "",
        }  # fmt: skip

    course = Course(tmp_path, rules(agreed)).knows(
        "2026-12-01",
        subscriptions=[seats(1, 10, "2026-05-01", "2027-04-30"), seats(2, 5, "2026-05-01", "2027-04-30"),
                       seats(3, 5, "2026-11-01", "2027-10-31")],
        lines=[line(2, "2026-06-01", "2027-05-31"), line(3, "2025-11-01", "2026-10-31")],
    )  # fmt: skip
    course.tells(
        "2026-12-01",
        (
            DIFFERS,
            "new",
            "0.00",
            "until 30 Apr 2027 at Microsoft, and until 31 Mar 2027 by your mapping: 30 days longer",
        ),
        (DIFFERS, "new", "0.00", "until 31 May 2027 by document INV-2: 31 days shorter at Microsoft"),
    )
    # Bellows' end is aligned at Microsoft: it is over, Alpine's stays.
    course.knows("2026-12-10", subscriptions=[seats(2, 5, "2026-05-01", "2027-05-31")])
    course.tells("2026-12-10", (DIFFERS, "same", "0.00", "31 Mar 2027"))


UNPAID = "unpaid_while_charged"


def test_debts_are_told_beyond_the_policy_less_credits_and_only_while_something_runs(tmp_path: Path) -> None:
    """240.00 due on 1 November are 30 days late on 1 December, and beyond that on the 2nd; a credit of 40.00 is open.

    Twins: Bellows' credit covers it, Contoso holds nothing that runs.
    """

    def debt(customer: str, number: str, balance: str, due: str = "2026-11-01", kind: str = "invoice") -> Debt:
        return Debt("books", customer, None, number, kind, date.fromisoformat(due), Decimal(balance), "USD")

    running = [seats(1, 10, "2026-05-01", "2027-04-30"), seats(2, 5, "2026-05-01", "2027-04-30")]
    gone = seats(3, 5, "2026-05-01", "2027-04-30", status="deleted")
    debts = [
        debt("58", "I1", "240.00"), debt("58", "C1", "-40.00", kind="credit_memo"),
        debt("58", "I9", "99.00", "2026-12-15"),
        debt("59", "I2", "100.00"), debt("59", "C2", "-100.00", kind="credit_memo"), debt("60", "I3", "70.00"),
    ]  # fmt: skip
    course = Course(tmp_path).knows("2026-11-20", subscriptions=[*running, gone], debts=debts)
    said = "1 invoice overdue, the oldest since 1 Nov 2026: 200.00 USD, while 1 subscription runs on"
    course.tells("2026-12-01", only=UNPAID).tells("2026-12-02", (UNPAID, "new", "200.00", said), only=UNPAID)
    course.knows("2026-12-05", debts=debts[1:]).tells("2026-12-05", only=UNPAID)


ENDS = "access_expiring"


def test_an_access_is_told_before_its_end_and_until_it_is_renewed(tmp_path: Path) -> None:
    course = Course(tmp_path).knows("2026-11-01", accesses=[Access("", "agreement", date(2026, 12, 31))])
    course.tells("2026-11-30").tells("2026-12-01", (ENDS, "new", "0.00", "agreement ends on 31 Dec 2026"))
    course.tells("2026-12-31", (ENDS, "same", "0.00", "ends on 31 Dec 2026"))
    course.tells("2027-01-01", (ENDS, "same", "0.00", "has ended"))
    course.knows("2027-01-02", accesses=[Access("", "agreement", date(2027, 12, 31))]).tells("2027-01-02")


HIGH = "azure_spend_high"


def spent(customer: int, month: str, amount: str) -> Spend:
    return Spend(tenant(customer), None, date.fromisoformat(f"{month}-01"), Decimal(amount), "USD")


@pytest.mark.parametrize(
    ("amount", "limit", "told"),
    [
        ("164.99", None, None),
        ("165.01", None, ("55.01", "against the usual 110.00 USD a month")),
        ("500.01", "500", ("0.01", "above your limit of 500.00 USD")),
        ("400.00", "500", ("290.00", "against the usual 110.00 USD a month")),
        ("130.00", "500", None),
        ("130.00", "125", ("5.00", "above your limit of 125.00 USD")),
    ],
)
def test_spend_is_high_above_its_limit_or_above_its_own_history(
    tmp_path: Path, amount: str, limit: str | None, told: tuple[str, str] | None
) -> None:
    """The usual month is the median of 100, 120 and 110; half above it, 165.00, is still usual."""
    limits = ((tenant(1), Decimal(limit)),) if limit else ()
    history = [spent(1, f"2026-{nth:02}", value) for nth, value in ((9, "100"), (10, "120"), (11, "110"))]
    course = Course(tmp_path, spend_limits=limits).knows(
        "2026-12-20", spend=[*history, spent(1, "2026-12", amount), spent(2, "2026-12", "9999.00")]
    )
    course.tells("2026-12-20", *([(HIGH, "new", *told)] if told else []))


def test_what_is_the_partners_own_is_never_told(tmp_path: Path) -> None:
    ours = replace(rules(), internal=(Internal(tenant(1), "our own", HERE),))
    course = Course(tmp_path, ours, usual_applications=("order desk",)).knows(
        "2026-12-02", sheets=[DECEMBER, RISES], spend=[spent(1, "2026-12", "9999.00")],
        subscriptions=[seats(1, 10, "2026-01-01", "2026-12-31", **window((10, "2026-12-04T09:00:00Z")))],
        audit=[["2026-12-02T09:30:00Z", 1, 1, 5, 10, "max@fabrikam.example", "Partner Center Web"]],
    )  # fmt: skip
    course.tells("2026-12-02")


def test_a_preview_that_is_taken_back_or_corrected_before_its_month_was_never_in_use(tmp_path: Path) -> None:
    """January's preview says 277.20, then 270.00 (0.50 more than now), then 264.00: only what is ahead changes."""
    course = Course(tmp_path).knows("2026-12-02", sheets=[DECEMBER, RISES], subscriptions=[
        seats(1, 10, "2026-05-01", "2027-04-30")])  # fmt: skip
    course.tells("2026-12-02", (AHEAD, "new", "11.00", "costs +5 %"))
    course.knows("2026-12-10", sheets=[{"month": "2027-01", "rows": [OLD, ["P1Y", "Monthly", "270.00", "2027-01-01"]]}])
    course.tells("2026-12-10", (AHEAD, "same", "5.00", "costs +2.3 %"))
    course.knows("2026-12-15", sheets=[{"month": "2027-01", "rows": [OLD, ["P1Y", "Monthly", "264.00", "2027-01-01"]]}])
    course.tells("2026-12-15")


def test_a_sheet_corrected_in_its_month_is_told_though_it_was_a_preview_before(tmp_path: Path) -> None:
    """January's 277.20 is in use from the 1st; on the 12th it becomes 271.20 for all of January: 0.50 less for 4 seats.

    Contoso's term began in January at what was then the price.
    """
    course = Course(tmp_path).knows("2026-12-02", sheets=[DECEMBER, RISES], subscriptions=[
        seats(3, 4, "2027-01-05", "2028-01-04")])  # fmt: skip
    corrected = {"month": "2027-01", "rows": [OLD, ["P1Y", "Monthly", "271.20", "2027-01-01"]]}
    course.knows("2027-01-12", sheets=[corrected])
    course.tells("2027-01-12", (REPUBLISHED, "new", "-2.00", "271.20 USD a term instead of 277.20 USD"))
