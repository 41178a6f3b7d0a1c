"""Takes verified notices in, each once, and asks for the looks that they suggest."""

import hashlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import StrEnum


class Hint(StrEnum):
    """What should be looked at again soon."""

    SUBSCRIPTIONS = "subscriptions"
    INVOICES = "invoices"
    USAGE = "usage"
    LEDGER = "ledger"


@dataclass(frozen=True, slots=True)
class Notice:
    """A notice that was verified: an id of its own, and what it suggests to look at (None: nothing)."""

    notice_id: str
    hint: Hint | None


@dataclass(frozen=True, slots=True)
class Desk:
    """Where notices arrive. `keep` remembers them and asks for the looks, all or nothing; how many were new."""

    keep: Callable[[str, tuple[Notice, ...]], int]

    def take(self, source: str, notices: Iterable[Notice]) -> int:
        """Take notices in; how many were new."""
        given = tuple(notices)
        return self.keep(source, given) if given else 0


def fingerprint(*parts: str) -> str:
    """An id for a notice that brings none."""
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()
