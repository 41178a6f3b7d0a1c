"""Partner earned credit that stops is told with what it was worth; what earned none, or is gone, or is free, is not."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path

import pytest

from connector.adapters.files import read_any
from connector.jobs.looking_azure import lost_credit
from connector.warehouse import Warehouse
from connector.warehouse.workspace import Workspace
from tests.golden.test_watches import USAGE, usage_line

Used = tuple[str, str, str, str, str]
"""Day, resource, what it cost, the percentage of earned credit, and that of Microsoft's own credit."""


def line(used: Used) -> str:
    day, resource, amount, percent, credit = used
    return usage_line([day, "1", resource, amount, percent]) + credit


@contextmanager
def reading(folder: Path, *usage: Used) -> Iterator[Workspace]:
    path = folder / "usage.csv"
    path.write_text("\n".join([USAGE, *map(line, usage)]) + "\n", encoding="utf-8")
    with Warehouse.temporary() as warehouse:
        warehouse.take_in(iter(read_any([path])))
        yield Workspace(warehouse)


WEB = ("2026-11-10", "/vm/web", "85.00", "15", "0")
COURSES: dict[str, tuple[tuple[Used, ...], str, list[tuple[str, str]]]] = {
    "none any more: 15 % of the 100.00 that are now paid in full": (
        (WEB, ("2026-12-03", "/vm/web", "60.00", "0", "0"), ("2026-12-04", "/vm/web", "40.00", "0", "0")),
        "2026-12-20", [("web", "15.00")],
    ),
    "not known before the day it was used without": (
        (WEB, ("2026-12-03", "/vm/web", "60.00", "0", "0")), "2026-12-02", [],
    ),
    "stopped within the month: what was paid since, 40.00": (
        (WEB, ("2026-12-03", "/vm/web", "51.00", "15", "0"), ("2026-12-04", "/vm/web", "40.00", "0", "0")),
        "2026-12-20", [("web", "6.00")],
    ),
    "earned again on the last day": (
        (WEB, ("2026-12-03", "/vm/web", "60.00", "0", "0"), ("2026-12-04", "/vm/web", "34.00", "15", "0")),
        "2026-12-20", [],
    ),
    "a resource that is gone": ((WEB, ("2026-12-03", "/vm/db", "60.00", "0", "0")), "2026-12-20", []),
    "one that never earned any": (
        (("2026-11-10", "/spot", "60.00", "0", "0"), ("2026-12-03", "/spot", "60.00", "0", "0")), "2026-12-20", [],
    ),
    "paid with Microsoft's own credit, which goes before": (
        (WEB, ("2026-12-03", "/vm/web", "100.00", "0", "100")), "2026-12-20", [],
    ),
    "a file that does not tell the credit": ((WEB, ("2026-12-03", "/vm/web", "60.00", "", "0")), "2026-12-20", []),
}  # fmt: skip


@pytest.mark.parametrize("name", COURSES)
def test_credit_is_lost_where_it_was_earned_and_is_no_more(tmp_path: Path, name: str) -> None:
    usage, on, told = COURSES[name]
    with reading(tmp_path, *usage) as tables:
        found = list(lost_credit(tables, date.fromisoformat(on)))
    assert [(one.what, f"{one.lost:.2f}") for one in found] == told
