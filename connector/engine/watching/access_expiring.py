"""Sign-ins, secrets, certificates and agreements of the connector that end soon, so that it would see nothing more."""

from collections.abc import Iterable
from datetime import timedelta

from connector.domain.finding import Evidence, Finding, Subject
from connector.domain.money import ZERO
from connector.engine.watching import View
from connector.engine.watching.telling import day_of, tell

KIND = "access_expiring"
NEEDS = ("accesses",)


def watch(view: View) -> Iterable[Finding]:
    """One finding per access and day it ends; one that has ended, or needs a person, is told until it is renewed."""
    for access in view.accesses:
        if access.ends is not None and access.ends > view.on + timedelta(days=view.lead.access):
            continue
        when = "has ended" if access.ends is None or access.ends < view.on else f"ends on {day_of(access.ends)}"
        why = f"; {access.why}" if access.why else ""
        of = f" of {access.name}" if access.name else ""
        text = f"{access.what}{of} {when}{why}"
        ends = access.ends.isoformat() if access.ends else ""
        key, evidence = (access.name, access.what, ends), [Evidence("mapping", access.name or access.what)]
        yield tell(KIND, key, ZERO, view.selling.home, Subject(), text, (access.ends, None), evidence)
