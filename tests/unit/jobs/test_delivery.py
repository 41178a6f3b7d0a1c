"""An e-mail whose answer was lost is for a person where the ledger does not say whether it was sent."""

from dataclasses import replace
from datetime import date
from decimal import Decimal
from types import SimpleNamespace
from typing import Any

import pytest

from connector.domain.ledger import RemoteDocument
from connector.domain.posting import DELIVERY, Posting, Stamp, State
from connector.engine.posting_rules import Absent, Other, Ours
from connector.jobs.carriers import DeliveryCarrier

STAMP = Stamp("C-1", "r", "CONNECTOR-1", "invoice")
DOCUMENT = Posting("k", "books", "p", "f", STAMP, "", Decimal(1), "EUR", 1, State.VERIFIED, "post", remote_id="7")
MAIL = replace(DOCUMENT, what=DELIVERY, about="k", state=State.READY, step="deliver")


def carrier(emailed: bool | None) -> DeliveryCarrier:
    remote = RemoteDocument(
        "7", "1", "invoice", "R-1", "C10", date(2026, 11, 1), "EUR", Decimal(1), Decimal(0), Decimal(1), "open",
        emailed=emailed,
    )  # fmt: skip
    ledger: Any = SimpleNamespace(read=lambda kind, key: remote)
    return DeliveryCarrier(ledger)


@pytest.mark.parametrize(
    ("emailed", "state", "sight"),
    [
        (True, State.UNKNOWN, Ours), (False, State.UNKNOWN, Absent), (False, State.READY, Absent),
        (None, State.READY, Absent), (None, State.UNKNOWN, Other),
    ],
)  # fmt: skip
def test_what_is_known_of_a_mail(emailed: bool | None, state: State, sight: type[object]) -> None:
    assert isinstance(carrier(emailed).look(replace(MAIL, state=state), DOCUMENT), sight)


@pytest.mark.parametrize(("emailed", "done"), [(True, ()), (None, ()), (False, None)])
def test_a_mail_that_the_ledger_took_is_done_unless_it_says_otherwise(emailed: bool | None, done: object) -> None:
    assert carrier(emailed).read(MAIL, DOCUMENT)[0] == done
