"""Knows which findings and lines belong to one customer: by ids on both sides, never by names."""

from collections.abc import Iterable

from connector.domain.finding import Finding
from connector.domain.line_rows import LineRow


class Customers:
    """Gives every finding and line the key of its customer.

    The customer in the ledger counts first. A tenant that is tied to exactly one of them is the same customer;
    one that is split over several, or tied to none, stands for itself. A name is the last resort.
    """

    def __init__(self, findings: Iterable[Finding], lines: Iterable[LineRow] = ()) -> None:
        tied: dict[str, set[str]] = {}
        for finding in findings:
            subject = finding.subject
            if subject.tenant_id and subject.ledger_customer:
                tied.setdefault(subject.tenant_id, set()).add(_in_ledger(subject.ledger, subject.ledger_customer))
        for row in lines:
            if row.tenant_id and row.ledger_customer:
                tied.setdefault(row.tenant_id, set()).add(_in_ledger(row.ledger, row.ledger_customer))
        self._one = {tenant: min(keys) for tenant, keys in tied.items() if len(keys) == 1}

    def of_finding(self, finding: Finding) -> str:
        """Return the key of a finding's customer, empty where there is none."""
        subject = finding.subject
        return self._key(subject.ledger, subject.ledger_customer, subject.tenant_id, subject.customer_name)

    def of_line(self, row: LineRow) -> str:
        """Return the key of a line's customer, empty where there is none."""
        return self._key(row.ledger, row.ledger_customer, row.tenant_id, row.customer)

    def _key(self, ledger: str | None, customer: str | None, tenant: str | None, name: str | None) -> str:
        if customer:
            return _in_ledger(ledger, customer)
        return self._one.get(tenant, tenant) if tenant else name or ""


def _in_ledger(ledger: str | None, customer: str) -> str:
    return f"{ledger or ''}\x1f{customer}"
