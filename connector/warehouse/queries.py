"""Writes what the engine asks for in the query engine's words, and writes the same question only once.

Half the time of a small month goes into this writing. A service asks the same questions hour by hour.
"""

from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import ibis.expr.operations as ops
    import ibis.expr.types as ir


def written(expression: "ir.Table") -> str:
    """Write an expression as DuckDB's SQL."""
    return _written(expression.op())


@lru_cache(maxsize=256)
def _written(operation: "ops.Node") -> str:
    # An expression holds nothing but names, columns with their types, and constants: equal ones mean the same in
    # every warehouse, and no connection is needed to write them.
    from ibis.backends.duckdb import Backend

    sql: str = Backend().compile(operation.to_expr())
    return sql
