"""Changes the key that seals the sign-ins: seals all anew with the new one, or proves that the old one can go."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from connector.domain.errors import ConnectorError

if TYPE_CHECKING:
    from connector.config.settings import Settings
    from connector.store import Store


@dataclass(frozen=True, slots=True)
class Rotated:
    """How many sign-ins there are, and whether they were sealed anew (else: each was opened with the one key)."""

    sign_ins: int
    anew: bool


def rotate_keys(settings: "Settings", store: "Store", by: str) -> Rotated:
    """With two keys, seal every sign-in with the first; with one, open every sign-in, and change nothing.

    Raises ConnectorError without a key, and where a sign-in does not open.
    """
    if settings.secret_key is None:
        raise ConnectorError(f"{settings.file}: there is no secret_key, so nothing is sealed.")
    if is_changing(settings):
        return Rotated(store.tokens.rotate_keys(by), anew=True)
    owners = store.tokens.owners()
    for owner in owners:
        store.tokens.load(owner)
    return Rotated(len(owners), anew=False)


def is_changing(settings: "Settings") -> bool:
    """Whether the settings name two keys: the new one, and the one of before."""
    key = settings.secret_key
    return key is not None and "," in key.reveal()
