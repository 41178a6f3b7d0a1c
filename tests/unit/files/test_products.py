"""What Microsoft's free texts say of a product: its category, term and billing plan."""

import pyarrow as pa
import pytest

from connector.adapters.files import products


@pytest.mark.parametrize(
    ("text", "term"),
    [
        ("One-Year commitment for monthly/yearly billing", "P1Y"),
        ("One-Month commitment for monthly billing", "P1M"),
        ("One-Month commitment for trial", "P1M"),
        ("Three-Year commitment for monthly/3 years/yearly billing", "P3Y"),
        ("1 Year Subscription", "P1Y"),
        ("3 Years", "P3Y"),
        ("P3Y", "P3Y"),
        ("payG-1", None),
        ("30 Days Trial", None),
        ("", None),
    ],
)
def test_terms(text: str, term: str | None) -> None:
    assert products.term(text) == term


@pytest.mark.parametrize(
    ("cycle", "frequency", "plan"),
    [
        ("One-Year commitment for monthly/yearly billing", "Monthly", "monthly"),
        ("One-Year commitment for monthly/yearly billing", "Annual", "annual"),
        ("One-Year commitment for monthly/yearly billing", "", "?"),
        ("One-Year commitment for yearly billing", "", "annual"),
        ("One-Month commitment for monthly billing", "", "monthly"),
        ("One-Month commitment for trial", "", None),
        ("", "OneTime", "one_time"),
        ("", "", None),
    ],
)
def test_billing_plans(cycle: str, frequency: str, plan: str | None) -> None:
    assert products.billing_plan(f"{cycle}\n{frequency}") == plan


@pytest.mark.parametrize(
    ("term", "start", "end", "term_end", "plan"),
    [
        ("P1Y", "2026-10-01", "2026-10-31", "2027-02-28", "monthly"),
        ("P1Y", "2026-03-01", "2027-02-28", "2027-02-28", "annual"),
        ("P1Y", "2027-02-10", "2027-02-28", "2027-02-28", "monthly"),
        ("P3Y", "2026-03-01", "2029-02-28", "2029-02-28", "triennial"),
        ("P3Y", "2028-03-01", "2029-02-28", "2029-02-28", "annual"),
    ],
)
def test_plans_the_texts_leave_open_are_told_by_the_length(
    term: str, start: str, end: str, term_end: str, plan: str
) -> None:
    days = [pa.array([day]).cast(pa.date32()) for day in (start, end, term_end)]
    assert products.settled_plan(pa.array(["?"]), pa.array([term]), *days).to_pylist() == [plan]


@pytest.mark.parametrize(
    ("written", "publisher", "cycle", "description", "end", "category"),
    [
        ("", "Microsoft Corporation", "One-Year commitment for monthly/yearly billing", "", "10/31/2026", "license"),
        ("", "Microsoft Corporation", "One-Month commitment for trial", "", "10/31/2026", "license"),
        ("", "Microsoft", "", "Azure plan", "10/31/2026", "azure"),
        ("", "Microsoft", "1 Year Reservation", "", "10/31/2026", "reservation"),
        ("", "Microsoft", "3 Year Savings Plan", "", "10/31/2026", "savings_plan"),
        ("", "Microsoft", "1 Year Subscription", "", "10/31/2026", "software"),
        ("", "Microsoft", "", "", "", "software"),
        ("", "Test Networks, Inc.", "1 Year Subscription", "", "10/31/2026", "marketplace"),
        ("", "", "", "Pay-As-You-Go", "10/31/2026", "azure"),
        ("Azure", "Microsoft", "One-Year commitment", "", "", "azure"),
        ("Azure Reservations", "Microsoft", "", "", "", "reservation"),
        ("License-based services", "Microsoft", "", "", "", "license"),
        ("Perpetual software", "Microsoft", "", "", "", "software"),
    ],
)
def test_categories(written: str, publisher: str, cycle: str, description: str, end: str, category: str) -> None:
    assert products.category("\n".join((written, publisher, cycle, description, end))) == category
