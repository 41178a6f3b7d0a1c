"""Made-up results for the reports' tests: a usual month, a hostile one, an empty one, and thousands of lines."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

from connector.domain.finding import Cause, Evidence, Figures, Finding, Subject
from connector.domain.kinds import KINDS
from connector.domain.line_rows import LineRow
from connector.domain.result import Conservation, Margin, Reconciliation, Suppressed, VerdictTotal

FIRST, LAST = date(2026, 10, 1), date(2026, 10, 31)

HOSTILE = (
    "=cmd|' /C calc'!A0",
    "＝1+1",
    "\t=1+1",
    "@SUM(A1)",
    "+49 30 123",
    "-2+3",
    "<script>alert(1)</script>",
    "</script><img src=x onerror=alert(1)>",
    "\u202eevil\u202c name",
    "https://example.com/?q=a&b=\"'",
    "line\nbreak\x1b[31m",
    "<!--<script>",
    "株式会社アルパイン",
    "half a pair \ud83d",
)


def finding(
    kind: str, impact: str, name: str, product: str = "Microsoft 365 Business Premium", number: int = 1, **more: object
) -> Finding:
    """A finding with everything a report shows."""
    described = KINDS[kind]
    made = Finding(
        kind=kind,
        measures=described.measures,
        severity=described.severity,
        impact=Decimal(impact),
        currency="USD",
        subject=Subject(
            tenant_id=f"5d1f0c9e-8a55-4d5e-9a53-{number:012d}",
            customer_name=name,
            ledger="books-us",
            ledger_customer=str(50 + number),
            subscription_id=f"9d7d1f3d-c8de-461c-db6d-{number:012d}",
            product_id="CFQ7TTC0LCHC",
            sku_id="0002",
            product_name=product,
            item="31",
        ),
        key=(kind, str(number)),
        valued_at=described.valued_at,
        first=FIRST,
        last=LAST,
        expected=Figures(Decimal(10), Decimal("22.00"), Decimal("220.00")),
        actual=Figures(Decimal(8), Decimal("22.00"), Decimal("176.00")),
        causes=(Cause("quantity", Decimal(impact), "10 seats due, 8 billed"),),
        evidence=(Evidence("vendor", "lines.csv", 17, "ab12"), Evidence("ledger", "ledger.csv", 4, "cd34")),
        advice=described.advice,
    )
    return replace(made, **more)  # type: ignore[arg-type]


def month() -> Reconciliation:
    """A usual month: some money lost, some over-charged, some at risk."""
    return Reconciliation(
        result="differences",
        because=(),
        start=FIRST,
        last=LAST,
        invoices=("G012345678",),
        conservation=(
            Conservation(
                "USD",
                Decimal("128412.77"),
                Decimal("126000.00"),
                Decimal("2425.27"),
                Decimal("-12.50"),
                Decimal("126000.00"),
                Decimal("150000.10"),
                Decimal("150000.10"),
            ),
        ),
        verdicts=(
            VerdictTotal("ledger", "matched", "USD", 1200, Decimal("149000.10")),
            VerdictTotal("ledger", "over_billed", "USD", 3, Decimal("1000.00")),
            VerdictTotal("vendor", "billed", "USD", 1300, Decimal("120000.00")),
            VerdictTotal("vendor", "unbilled", "USD", 12, Decimal("4000.00")),
            VerdictTotal("vendor", "unmapped", "USD", 5, Decimal("2000.00")),
        ),
        findings=(
            finding("quantity_under_billed", "44.00", "Alpine Ski House", recurring=True),
            finding("unbilled_charge", "3112.40", "Contoso", "Azure plan", 2, actual=Figures()),
            finding("duplicate_billing", "-410.00", "Fabrikam", number=3),
            finding("unmapped_customer", "2000.00", "Woodgrove Bank", number=4),
            finding("unbilled_charge", "12.00", "Alpine Ski House", "Visio", 5),
        ),
        suppressed=(Suppressed("price_differs", "USD", 3, Decimal("0.02")),),
        margins=(
            Margin("Contoso", "azure", "USD", Decimal("1200"), Decimal("1000"), Decimal("200"), Decimal("16.67")),
            Margin("Fabrikam", "license", "USD", Decimal(0), Decimal("5.5"), Decimal("-5.5"), None),
        ),
        notes=("2 ledger lines of September are not judged: invoice G011 is missing",),
    )


def hostile() -> Reconciliation:
    """A month in which every name tries to do something."""
    found = tuple(finding("price_differs", "1.00", name, name, number) for number, name in enumerate(HOSTILE))
    margins = tuple(Margin(name, name, "USD", Decimal(2), Decimal(1), Decimal(1), Decimal(50)) for name in HOSTILE)
    return replace(month(), findings=found, margins=margins, notes=HOSTILE, invoices=HOSTILE, because=HOSTILE)


def many(count: int = 500) -> Reconciliation:
    """A large month: so many findings, of fewer customers and of every kind."""
    kinds = list(KINDS)
    found = tuple(
        finding(
            kinds[at % len(kinds)], f"{(at * 37) % 1000 - 300}.{at % 100:02d}", f"Customer {at % 90:05d}", number=at
        )
        for at in range(count)
    )
    return replace(month(), findings=found)


def nothing() -> Reconciliation:
    """No lines, no findings, nothing to prove."""
    return Reconciliation("not_audited", ("there are no lines",), None, None, (), (), (), (), (), ())


KNOWN = ("Alpine Ski House", "Contoso", "Fabrikam", "Woodgrove Bank")


def lines(count: int, names: Sequence[str] = ()) -> tuple[LineRow, ...]:
    """So many lines, half of each side, of a twentieth as many customers and of five products."""
    found = [each.fingerprint for each in month().findings]
    return tuple(_line(number, max(4, count // 20), names or KNOWN, found) for number in range(count))


def _line(number: int, customers: int, names: Sequence[str], found: Sequence[str]) -> LineRow:
    vendor, customer = bool(number % 2), number // 2 % customers
    amount = Decimal(number % 40) * Decimal("17.05")
    return LineRow(
        side="vendor" if vendor else "ledger",
        document="G012345678" if vendor else f"INV-{number // 20}",
        line=number,
        customer=names[customer] if customer < len(names) else f"Customer {customer:05d}",
        product=names[number % len(names)] if names is not KNOWN else f"Microsoft product {number % 5}",
        item="31" if number % 5 == 0 else f"{number % 5}",
        first=FIRST + timedelta(days=number % 28),
        last=LAST,
        quantity=Decimal(number % 40),
        amount=amount,
        currency="USD",
        ledger="books-us",
        ledger_customer=str(51 + customer),
        subscription_id=f"9d7d1f3d-c8de-461c-db6d-{number // 4:012d}",
        unit_price=Decimal("17.05") if number % 9 else Decimal("15.2318190513534"),
        verdicts=(("unbilled", amount - 1), ("billed", Decimal(1)))
        if number % 17 == 0
        else ((("billed" if vendor else "matched"), amount),),
        findings=(found[number % len(found)],) if number % 50 == 0 else (),
    )
