"""Keeps access tokens until shortly before they end, in memory and encrypted in the store for the next start."""

import json
import logging
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from connector.domain.errors import ConnectorError
from connector.ports import Clock, Token, Tokens

_LOG = logging.getLogger(__name__)

MARGIN = timedelta(minutes=5)
"""A token this close to its end is not used any more: a call that carries it must still arrive in time."""


@dataclass(frozen=True, slots=True)
class Access:
    """An access token and when it ends (UTC)."""

    value: str = field(repr=False)
    expires_at: datetime


class Kept:
    """The access tokens of one app, by name (who signs in, for which scope); not safe for threads by itself."""

    def __init__(self, tokens: Tokens, owner: str, clock: Clock) -> None:
        self._tokens = tokens
        self._owner = owner
        self._clock = clock
        self._known: dict[str, Access] = {}

    def find(self, name: str) -> str | None:
        """Return the token if it is known here and will hold for a while."""
        access = self._known.get(name)
        return access.value if access and access.expires_at - MARGIN > self._clock.now() else None

    def reload(self) -> None:
        """Take over what this or another process has kept, where it holds longer than what is known."""
        try:
            token = self._tokens.load(self._owner)
        except ConnectorError:
            return  # sealed with a key we do not have any more: it is asked for anew
        for name, access in _read(token.value if token else "").items():
            mine = self._known.get(name)
            if mine is None or mine.expires_at < access.expires_at:
                self._known[name] = access

    def keep(self, name: str, access: Access) -> None:
        """Remember a token, and keep it for the next process."""
        self._known[name] = access
        self._save()

    def forget(self, name: str, value: str) -> None:
        """Drop a token the service did not take, unless there is another by now."""
        self.reload()
        if (access := self._known.get(name)) and access.value == value:
            del self._known[name]
            self._save()

    def drop(self, prefix: str) -> None:
        """Drop all tokens whose name begins so, here and for the next process."""
        self.reload()
        self._known = {name: access for name, access in self._known.items() if not name.startswith(prefix)}
        self._save()

    def _save(self) -> None:
        now = self._clock.now()
        self._known = {name: access for name, access in self._known.items() if access.expires_at > now}
        text = json.dumps({name: [a.value, a.expires_at.isoformat()] for name, a in sorted(self._known.items())})
        latest = max((access.expires_at for access in self._known.values()), default=None)
        token = Token(owner=self._owner, kind="access", value=text, expires_at=latest, updated_at=now)
        try:
            self._tokens.save(self._owner, token)
        except ConnectorError as error:
            # Without the store (no key, no room) the next process asks anew; this one can go on.
            _LOG.warning("An access token could not be kept for the next start: %s", error)


def _read(text: str) -> dict[str, Access]:
    """Read what was kept; what cannot be read is worth nothing, since tokens can be had anew."""
    found = {}
    try:
        for name, (value, expires_at) in json.loads(text or "{}").items():
            found[str(name)] = Access(str(value), datetime.fromisoformat(expires_at).astimezone(UTC))
    except (ValueError, TypeError, AttributeError):
        return {}
    return found
