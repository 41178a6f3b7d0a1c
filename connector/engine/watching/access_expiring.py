"""Sign-ins, secrets, certificates and agreements of the connector that end soon, so that it would see nothing more."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import date, timedelta

from connector.domain.finding import Evidence, Finding, Subject
from connector.domain.money import ZERO
from connector.engine.watching import View
from connector.engine.watching.telling import day_of, tell

KIND = "access_expiring"
NEEDS = ("accesses",)
_SOON, _VERY_SOON = 14, 3


def watch(view: View) -> Iterable[Finding]:
    """One finding per access and day it ends; one that has ended, or needs a person, is told until it is renewed.

    It becomes graver two weeks and again three days before the end, so that nobody is told only once.
    """
    for access in view.accesses:
        if access.ends is not None and access.ends > view.on + timedelta(days=view.lead.access):
            continue
        when = "has ended" if access.ends is None or access.ends < view.on else f"ends on {day_of(access.ends)}"
        why = f"; {access.why}" if access.why else ""
        of = f" of {access.name}" if access.name else ""
        text = f"{access.what}{of} {when}{why}"
        ends = access.ends.isoformat() if access.ends else ""
        key, evidence = (access.name, access.what, ends), [Evidence("mapping", access.name or access.what)]
        found = tell(KIND, key, ZERO, view.selling.home, Subject(), text, (access.ends, None), evidence)
        yield replace(found, severity=_severity(access.ends, view.on))


def _severity(ends: date | None, on: date) -> str:
    left = (ends - on).days if ends is not None else 0
    return "info" if left > _SOON else "warning" if left > _VERY_SOON else "critical"
