"""The copy of a company that reads with read-only intent may be answered from: what it held some seconds ago."""

from collections import defaultdict
from dataclasses import replace
from datetime import timedelta
from typing import Any

from connector.sandbox.business_central.company import Company, Thing


def behind(company: Company) -> Company:
    """The company as its replica has it: `replica_lag` seconds ago."""
    since = company.clock.now() - timedelta(seconds=company.behaviour.replica_lag)
    tables: dict[str, dict[str, Thing]] = defaultdict(dict, {page: dict(rows) for page, rows in company.tables.items()})
    for past in reversed(company.past):
        if past.at <= since:
            break
        if past.was is None:
            tables[past.page].pop(past.key, None)
        else:
            tables[past.page][past.key] = past.was
    indexes: dict[tuple[str, str], dict[Any, dict[str, None]]] = defaultdict(lambda: defaultdict(dict))
    copy = replace(company, tables=tables, indexes=indexes)
    copy.index_all()
    return copy
