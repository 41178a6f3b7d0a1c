"""Trouble on the way to Microsoft, dealt by a seed: faults on the line, lists in disorder, sign-ins that end early."""

import json
import random
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from connector.sandbox.running import Running

# Where something can go wrong, and what only goes wrong there (the simulators' own words).
_PAGES = ("app:loop", "app:repeat", "app:empty", "app:end")
_MANIFEST = ("app:gone", "app:short-sas", "app:missing-blob", "app:fewer", "app:schema")
PLACES: dict[str, tuple[str, ...]] = {
    "GET /v1/customers": _PAGES,
    "GET /v1/customers/*/subscriptions": (),
    "GET /v1/auditrecords": _PAGES,
    "GET /v1/invoices": ("app:empty",),
    "POST /v1.0/reports/partners/billing/*": ("app:failed", "app:forever"),
    "GET /v1.0/reports/partners/billing/operations/*": _MANIFEST,
    "GET /v1.0/reports/partners/billing/manifests/*": _MANIFEST,
    "GET */billed*.json.gz": (
        "app:cut-gzip", "app:cut-member", "app:garbled", "app:expired", "status:403", "status:404",
    ),
    "GET */sales/pricesheets*": ("app:zip", "status:404"),
    "GET */sales/fxrates*": ("status:404",),
    "POST */oauth2/v2.0/token": (),
}  # fmt: skip
EVENTS = (
    "request_lost", "answer_lost", "reset", "reset:40", "cut:1", "cut:97", "cut:2000", "garbage", "garbage:503",
    "status:429:1", "status:429:57", "status:429", "status:500", "status:503:5", "status:401", "status:408",
)  # fmt: skip
LASTING = 40


@dataclass(frozen=True)
class Schedule:
    """Faults for one sync, and whether all sign-ins end meanwhile."""

    faults: tuple[dict[str, Any], ...]
    tokens_end: bool

    def __str__(self) -> str:
        return json.dumps([list(self.faults), self.tokens_end])

    @property
    def hides(self) -> bool:
        """Whether something is kept back without a trace, or said not to be there; only the next run can notice."""
        return any(
            fault["do"] in ("app:end", "app:cut-member")
            or (fault["do"] == "app:empty" and "invoices" in fault["on"])
            or (fault["do"] == "status:404" and "sales" in fault["on"])
            for fault in self.faults
        )


def schedule(seed: int) -> Schedule:
    """Deal a schedule: one to six faults, one in seven of them lasting."""
    chance = random.Random(seed)
    faults = []
    for _ in range(chance.randint(1, 6)):
        place = chance.choice(tuple(PLACES))
        event = chance.choice((*EVENTS, *PLACES[place] * 3))
        times = LASTING if chance.random() < 1 / 7 else chance.choice((1, 1, 1, 2, 3, 5))
        faults.append({"on": place, "nth": chance.choice((1, 1, 2, 3, 7)), "times": times, "do": event})
    return Schedule(tuple(faults), chance.random() < 0.2)


@contextmanager
def befalling(sandbox: Running, dealt: Schedule) -> Iterator[None]:
    """Let a schedule happen to the sandbox; afterwards all is calm again."""
    for fault in dealt.faults:
        sandbox.faults.add(**fault)
    if dealt.tokens_end:
        sandbox.tokens.expire_all()
    try:
        yield
    finally:
        sandbox.faults.clear()
