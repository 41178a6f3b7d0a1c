"""As many documents in a time as Business Central allows, and not one call that it has to turn away.

`make bench` has the same for a thousand invoices (tests/bench/central.py); here the limits are smaller, and the clock
is the simulator's own.
"""

from pathlib import Path

from tests.bench.central import Pace, paced


def test_five_at_once_are_kept_busy(tmp_path: Path) -> None:
    found = paced(tmp_path, invoices=10, calls=6000, latency=2000, quiet=0.2)
    assert_well(found, 10)


def test_the_window_is_used_up_and_waited_for(tmp_path: Path) -> None:
    found = paced(tmp_path, invoices=20, calls=150, latency=100, quiet=0.01)
    assert_well(found, 20)


def assert_well(found: Pace, invoices: int) -> None:
    assert found.turned_away == 0
    assert found.at_once <= 5
    assert found.verified == invoices
    assert found.share >= 0.9, found
