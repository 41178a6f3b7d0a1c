"""Posting uses the ledger's quota nearly to the full and is never turned away; `make bench` does it with 1,000."""

from pathlib import Path

from tests.bench.posting import post


def test_two_hundred_invoices_use_nine_tenths_of_the_quota(tmp_path: Path) -> None:
    found = post(200, tmp_path)
    assert (found.verified, found.turned_away) == (200, 0)
    assert found.share >= 0.9
