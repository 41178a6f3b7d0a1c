"""The tables' columns as the readers build them: text, days, exact numbers, counts and flags."""

from decimal import Decimal
from functools import cache

import pyarrow as pa

from connector.domain.tables import NUMBER_PRECISION, NUMBER_SCALE, TABLES

EXACT_NUMBER = pa.decimal128(NUMBER_PRECISION, NUMBER_SCALE)
NOTHING = pa.scalar(Decimal(0), EXACT_NUMBER)
# JSON numbers are first read this wide: Arrow's narrower JSON reader wraps around silently where a number is too big.
WIDE_NUMBER = pa.decimal256(76, 38)

_TYPES = {
    "text": pa.string(),
    "day": pa.date32(),
    "number": EXACT_NUMBER,
    "count": pa.int64(),
    "flag": pa.bool_(),
}


@cache
def schema(table: str) -> pa.Schema:
    """Return the columns of one of the domain's tables, in their order."""
    return pa.schema([(name, _TYPES[kind]) for name, kind in TABLES[table].items()])
