"""Columns that keep every digit and every moment: exact amounts, exact rates, and times that know they are UTC.

SQLite would turn decimals into binary fractions (0.1 × 1000 gives 99.99…), so amounts are whole numbers of the finest
unit there, and NUMERIC on PostgreSQL; sums and comparisons are exact on both.
"""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import MetaData, types
from sqlalchemy.engine import Dialect
from sqlalchemy.sql.operators import OperatorType
from sqlmodel import SQLModel

from connector.domain.money import EXACT

# Every constraint has a name, so that a later migration can speak of it.
METADATA = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
        "pk": "pk_%(table_name)s",
    }
)


class Row(SQLModel):
    """What all tables of the store have in common. Rows are not checked when made: they hold checked values only."""

    metadata = METADATA


class ExactDecimal(types.TypeDecorator[Decimal]):
    """An amount with a fixed number of decimals; a finer or larger one raises ValueError, a float TypeError.

    Adding, ordering and comparing in SQL are exact; products of two such columns belong into Python.
    """

    impl = types.Numeric
    cache_ok = True

    def __init__(self, precision: int = 18, scale: int = 6) -> None:
        if precision > 18:
            raise ValueError("64-bit integers hold 18 digits")
        super().__init__(precision, scale)
        self.precision, self.scale = precision, scale

    def load_dialect_impl(self, dialect: Dialect) -> types.TypeEngine[Any]:
        """Whole numbers on SQLite, NUMERIC elsewhere."""
        if dialect.name == "sqlite":
            return dialect.type_descriptor(types.BigInteger())
        return dialect.type_descriptor(types.Numeric(self.precision, self.scale))

    def process_bind_param(self, value: Any, dialect: Dialect) -> Any:
        """Check and store."""
        if value is None:
            return None
        amount = exact(value)
        units = amount.scaleb(self.scale, EXACT)
        if units != units.to_integral_value():
            raise ValueError(f"{amount} has more than {self.scale} decimals")
        if amount and amount.adjusted() >= self.precision - self.scale:
            raise ValueError(f"{amount} has more than {self.precision - self.scale} digits before the point")
        return int(units) if dialect.name == "sqlite" else amount

    def process_result_value(self, value: Any, dialect: Dialect) -> Decimal | None:
        """Give back, always with all its decimals."""
        if value is None:
            return None
        if dialect.name == "sqlite":
            return Decimal(int(value)).scaleb(-self.scale, EXACT)
        return exact(value).quantize(Decimal(1).scaleb(-self.scale), context=EXACT)

    def coerce_compared_value(self, op: OperatorType | None, value: Any) -> "ExactDecimal":
        """What it is compared with is an amount too."""
        return self


class DecimalText(types.TypeDecorator[Decimal]):
    """A unit price or rate with all its digits: text on SQLite (neither added nor ordered there), NUMERIC elsewhere."""

    impl = types.String
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> types.TypeEngine[Any]:
        """Text on SQLite, NUMERIC without limits elsewhere."""
        return dialect.type_descriptor(types.String() if dialect.name == "sqlite" else types.Numeric())

    def process_bind_param(self, value: Any, dialect: Dialect) -> Any:
        """Check and store."""
        if value is None:
            return None
        number = exact(value)
        return f"{number:f}" if dialect.name == "sqlite" else number

    def process_result_value(self, value: Any, dialect: Dialect) -> Decimal | None:
        """Give back."""
        return None if value is None else Decimal(value)


class UtcTime(types.TypeDecorator[datetime]):
    """A moment, always in UTC and aware of it; a naive one raises ValueError."""

    impl = types.DateTime
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> types.TypeEngine[Any]:
        """TIMESTAMP WITH TIME ZONE where there is one."""
        return dialect.type_descriptor(types.DateTime(timezone=dialect.name != "sqlite"))

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Check and store."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a moment needs its time zone")
        moment = value.astimezone(UTC)
        return moment.replace(tzinfo=None) if dialect.name == "sqlite" else moment

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Give back in UTC."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if dialect.name == "sqlite" else value.astimezone(UTC)


def exact(value: object) -> Decimal:
    """Take an int or a finite Decimal. Raises TypeError for anything else (floats above all), ValueError for NaN."""
    if isinstance(value, bool) or not isinstance(value, int | Decimal):
        raise TypeError("money must be a Decimal")
    number = Decimal(value)
    if not number.is_finite():
        raise ValueError(f"{number} is not finite")
    return number
