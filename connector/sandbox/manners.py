"""How the simulated Microsoft behaves where the real one may behave one way or the other."""

from dataclasses import dataclass
from datetime import timedelta


@dataclass(slots=True)
class Manners:
    """Every choice can be changed while the sandbox runs; the defaults are the harder ones for a client."""

    strict_headers: bool = True
    """Partner Center: refuse calls without all headers the documentation lists; others' clients leave some out."""
    mfa_enforced: bool = True
    """Partner Center: refuse people's tokens that do not show a second factor (401, 900421)."""
    byte_order_mark: bool = True
    """Partner Center: begin every body with one."""
    malformed_links: bool = True
    """Partner Center: next links as broken as the documentation shows them."""
    odd_spellings: bool = True
    """Partner Center: numbers as text, other casings, seven digits of a second, totals that do not fit."""
    quota: int = 500
    """Partner Center: calls per minute for customers, subscriptions and orders each."""
    other_quota: int = 1000
    """Partner Center: calls per minute for everything else; not published, so this is a guess."""
    largest_page: int = 500
    """Partner Center: most customers or audit records on a page."""
    retired_status: int = 410
    """Partner Center: the answer of line items that have moved to Graph."""
    operation_takes: timedelta = timedelta(seconds=40)
    """Graph: from the request of an export to its manifest."""
    poll_after: int | None = 10
    """Graph: Retry-After of a running export, in seconds; None leaves it out."""
    result_shape: str = "both"
    """Graph: a finished export shows its manifest as a `link`, `embedded`, or `both` in turn."""
    manifest_life: timedelta = timedelta(days=7)
    """Graph: after this an operation and its manifest are gone (410)."""
    sas_life: timedelta = timedelta(hours=1)
    """Blobs: how long a signature is good for."""
    blobs_per_export: int = 3
    """Graph: into how many blobs an export is cut."""
    pricing_app_only: bool = False
    """Pricing: whether an application may fetch price sheets by itself; otherwise 400, as documented."""
    zip_on_deflate: bool = True
    """Pricing: `Accept-Encoding: deflate` is answered with a ZIP; a client that never asks gets plain CSV."""
