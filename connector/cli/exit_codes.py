"""The number a command ends with, so that scripts and schedulers know what happened."""

from collections.abc import Iterable
from enum import IntEnum


class ExitCode(IntEnum):
    """How a command ended, in the spirit of diff(1): 0 agreement, 1 differences, from 2 on trouble."""

    DONE = 0
    """Both sides agree, or the work is done."""
    FINDINGS = 1
    """There are findings, something to post, or a plan is held."""
    TROUBLE = 2
    """Wrong usage, unreadable input, or a result that is not audited."""
    CONFIG_INVALID = 3
    """The configuration or the mappings hold errors."""
    SIGN_IN_NEEDED = 4
    """A person has to sign in again."""
    SET_ASIDE = 5
    """Done, but some records were set aside."""
    LOCKED = 7
    """Another process is at the same work."""
    TRY_LATER = 75
    """Nothing was written; the same command may succeed later."""
    INTERRUPTED = 130
    """Someone pressed Ctrl-C."""


_GRAVEST_FIRST = (
    ExitCode.INTERRUPTED,
    ExitCode.CONFIG_INVALID,
    ExitCode.SIGN_IN_NEEDED,
    ExitCode.LOCKED,
    ExitCode.TRY_LATER,
    ExitCode.TROUBLE,
    ExitCode.SET_ASIDE,
    ExitCode.FINDINGS,
    ExitCode.DONE,
)


def gravest(codes: Iterable[ExitCode]) -> ExitCode:
    """Return the one code to end with where several hold; without any, the work is done."""
    present = set(codes)
    return next((code for code in _GRAVEST_FIRST if code in present), ExitCode.DONE)
