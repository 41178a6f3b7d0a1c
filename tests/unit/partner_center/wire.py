"""Partner Center's adapter against the simulators, one piece at a time."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from connector.adapters.partner_center import PartnerCenterSource
from connector.bootstrap.partner_center import PassingTokens, microsoft, open_source
from connector.sandbox.running import Deal, Running
from tests.fetching import Office, office


@contextmanager
def opened(folder: Path, deal: Deal | None = None, **options: Any) -> Iterator[tuple[PartnerCenterSource, Running]]:
    """A source that reads a sandbox."""
    with office(folder, deal or Deal(customers=5), **options) as own:
        yield source_of(own), own.sandbox


def source_of(own: Office, *, at_once: int = 8, calls: int = 500) -> PartnerCenterSource:
    """The source that the settings of an office open; price sheets as the app, so that nobody need sign in."""
    own.sandbox.manners.pricing_app_only = True
    own.configure()
    text = (own.folder / "config.yaml").read_text(encoding="utf-8").replace("pricing: app_user", "pricing: app")
    (own.folder / "config.yaml").write_text(text, encoding="utf-8")
    with_ = microsoft(own.settings, PassingTokens(), own.sandbox.clock)
    return open_source(own.settings, with_, at_once=at_once, calls=calls)
