"""Microsoft's exchange rates of a month: what one unit of a currency is worth in US dollars.

Source: Microsoft, "Get foreign exchange rates" (Partner Center). The month in the file is no month in Microsoft's own
example, so the one that was asked for counts where it is known.
"""

import re
from collections.abc import Iterator

import pyarrow as pa
import pyarrow.compute as pc

from connector.adapters.files.columns import Columns, Fields
from connector.adapters.files.formats import Format, Occasion, Role
from connector.adapters.files.reconciliation import code
from connector.adapters.files.samples import Shape
from connector.adapters.files.shaping import Rows, Shaping

_FIELDS = Fields(
    {"currency": ("CurrencyCode",), "usd_per_unit": ("USDPerUnit",), "month": ("Month",)},
    numbers=frozenset({"usd_per_unit"}),
)
_MONTH = re.compile(r"(\d{4})-?(\d{2})")


def _month(text: str) -> str | None:
    found = _MONTH.fullmatch(text.strip())
    return f"{found[1]}-{found[2]}" if found else None


def _shape(columns: Columns, occasion: Occasion) -> Iterator[Rows]:
    s = Shaping(columns)
    month = s.each("month", _month)
    if occasion.month is not None:
        month = pa.repeat(occasion.month, len(s))
    for row in pc.indices_nonzero(month.is_null()).to_pylist():
        s.fault(row, "Month", "is no month like 202610")
    table = {
        "month": month,
        "currency": s.each("currency", code, required=True),
        "usd_per_unit": s.number("usd_per_unit", required=True),
    }
    yield from s.rows("exchange_rates", table, ("month", "currency", "usd_per_unit"))


FORMAT = Format(
    name="exchange rates",
    role=Role.RECORDS,
    table="exchange_rates",
    fields=_FIELDS,
    signature=frozenset({"currency", "usd_per_unit", "month"}),
    required=(("currency",), ("usd_per_unit",)),
    shape=_shape,
    shapes=frozenset({Shape.CSV}),
)
