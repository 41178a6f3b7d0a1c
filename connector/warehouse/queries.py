"""Writes what the engine asks for in the query engine's words, and writes the same question only once.

Half the time of a small month goes into this writing. A service asks the same questions hour by hour.
"""

import sys
from collections.abc import Callable
from functools import cache, lru_cache
from hashlib import sha256
from pathlib import Path
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


def code_of(made: Callable[..., object]) -> str:
    """Tell a function of the engine from any other, and from itself in another version of our code."""
    return f"{made.__module__}.{made.__qualname__} {_code()}"


@cache
def _code() -> str:
    """The SHA-256, in hex, of all that a question of the engine can be made by."""
    house = Path(sys.modules["connector"].__path__[0])
    found = sha256()
    for path in sorted(path for part in ("domain", "engine") for path in (house / part).rglob("*.py")):
        found.update(path.read_bytes())
    return found.hexdigest()
