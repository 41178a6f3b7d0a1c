"""Remembers in a database what the connector did, what it found, and how far it read.

`Store.open(url, key=…, clock=…)`, then `with store.work() as work:` for each unit of work.

New tables: one module `store/<name>.py` with its `…Row(Row, table=True)` (money as `ExactDecimal`, prices and
rates as `DecimalText`, moments as `UtcTime` through `sa_type=`), a class `Stored…(session, clock)` that gives out
frozen values of the domain and never rows, and a Protocol for it in ports.py. Then

1. import the module below, so that the migrations are compared with it;
2. write `migrations/versions/v<number>_<what>.py`, whose `down_revision` is the newest there is; the failing
   tests/unit/store/test_migrating.py prints the operations that are missing. A migration that was released is never
   changed again. Two that were written at the same time may both follow the same one: the upgrade goes to all heads;
3. give it a property in work.py, or make it with `Stored…(work, work.clock)`.
"""

from connector.store import (
    alerts,
    audit_trail,
    bindings,
    calls,
    finding_rows,
    leases,
    once,
    plans,
    posting_rows,
    runs,
    slots,
    tokens,
    watermarks,
)
from connector.store.opening import Store
from connector.store.work import Work

__all__ = [
    "Store",
    "Work",
    "alerts",
    "audit_trail",
    "bindings",
    "calls",
    "finding_rows",
    "leases",
    "once",
    "plans",
    "posting_rows",
    "runs",
    "slots",
    "tokens",
    "watermarks",
]
