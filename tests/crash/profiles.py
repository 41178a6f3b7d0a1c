"""What goes wrong in each profile of the simulation, and which ledgers can stand it."""

from tests.crash.network import LEDGERS, Profile

PROFILES = (
    Profile("request lost", request_lost=0.4),
    Profile("answer lost", answer_lost=0.4),
    Profile("late arrival", late=0.4),
    Profile("double delivery", twice=0.5, protected_only=True),
    Profile("throttled", throttled=0.4),
    Profile("server broken", broken=0.5),
    Profile("token expiry", token=0.3, answer_lost=0.1),
    Profile("killed", kill=0.12, late=0.1, answer_lost=0.1),
    Profile("stalled", stall=0.15, late=0.15),
    Profile("under way longer than it settles", late=0.5, settle=60, protected_only=True),
    Profile("planned again with other amounts", replanned=True, answer_lost=0.2),
    Profile("numbers taken by hand", person=0.3, answer_lost=0.1, late=0.1),
    Profile("restored", restore="before_posting", answer_lost=0.1, kill=0.02),
    Profile("restored and approved anew", restore="before_approval", answer_lost=0.1, kill=0.02),
    Profile(
        "everything", request_lost=0.1, answer_lost=0.1, late=0.1, never_sent=0.1, throttled=0.05, broken=0.1,
        look_fails=0.1, kill=0.05, stall=0.05, token=0.02,
    ),
)  # fmt: skip

BESIDE = frozenset(
    {
        "stalled", "under way longer than it settles", "planned again with other amounts", "numbers taken by hand",
        "restored and approved anew", "everything",
    }
)  # fmt: skip
"""Profiles that are not one fault alone; fewer schedules of them are lived through."""

PROTECTED = ("requestid", "number")


def pairs() -> list[tuple[str, Profile]]:
    """Every ledger with every profile it is made for: one without a guard needs each delivery to be the only one."""
    return [
        (sort, profile) for profile in PROFILES for sort in LEDGERS if not profile.protected_only or sort in PROTECTED
    ]
