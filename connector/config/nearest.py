"""Finds the name a person probably meant when they wrote one that does not exist."""

from collections.abc import Iterable
from difflib import get_close_matches

_MOST_KNOWN = 1000
"""Among more names than this the search would take longer than the hint is worth."""


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """Return "; did you mean 'x'?" for the nearest known name, or nothing when none is near."""
    by_lower = {candidate.lower(): candidate for candidate in known}
    if name.lower() in by_lower:
        return f"; did you mean '{by_lower[name.lower()]}'?"
    if len(by_lower) > _MOST_KNOWN:
        return ""
    close = get_close_matches(name.lower(), by_lower, n=1, cutoff=0.7)
    return f"; did you mean '{by_lower[close[0]]}'?" if close else ""


def misspelt(name: str, known: Iterable[str]) -> str | None:
    """Return the one known name that differs by a single slip of the keyboard: case, separators, a letter.

    Names that differ in a digit or in a part of one letter (team-a, team-b) are different names, not slips.
    """
    return next((other for other in sorted(known) if other != name and _is_slip(name, other)), None)


def _is_slip(one: str, other: str) -> bool:
    if _bare(one) == _bare(other):
        return True
    if min(len(one), len(other)) < 4:
        return False
    if len(one) == len(other):
        differ = [at for at in range(len(one)) if one[at] != other[at]]
        return (
            len(differ) == 2
            and differ[1] == differ[0] + 1
            and one[differ[0]] == other[differ[1]]
            and one[differ[1]] == other[differ[0]]
        )
    longer, shorter = (one, other) if len(one) > len(other) else (other, one)
    return len(longer) == len(shorter) + 1 and any(
        longer[at].isalpha() and longer[:at] + longer[at + 1 :] == shorter for at in range(1, len(longer) - 1)
    )


def _bare(name: str) -> str:
    return "".join(character for character in name.lower() if character.isalnum())
