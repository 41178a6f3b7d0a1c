"""Keeps the sign-ins at Microsoft and at the ledgers sealed, with one writer each.

The value before the newest stays until the newest worked once: an answer that was lost on its way costs no sign-in.
"""

import hashlib
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from datetime import datetime
from pathlib import Path
from threading import Lock, get_ident

from sqlalchemy import Connection, Engine, text
from sqlalchemy.exc import SQLAlchemyError
from sqlmodel import Field, Session, col, select

from connector.domain.errors import Locked
from connector.ports import Clock, Token
from connector.store.audit_trail import StoredAudit
from connector.store.locks import advisory_lock, file_lock
from connector.store.sealing import Sealer
from connector.store.types import Row, UtcTime

_PATIENCE = 60
_FORMER = "/previous"


class TokenRow(Row, table=True):
    """A sign-in; `sealed` and `sealed_previous` can be read with the key only."""

    __tablename__ = "token"

    owner: str = Field(primary_key=True)
    kind: str
    sealed: str
    sealed_previous: str | None = None
    expires_at: datetime | None = Field(default=None, sa_type=UtcTime)
    hard_expires_at: datetime | None = Field(default=None, sa_type=UtcTime)
    state: str = "ok"
    updated_at: datetime = Field(sa_type=UtcTime)


class StoredTokens:
    """The sign-ins of all owners, each read and written in a unit of work of its own."""

    def __init__(
        self, work: Callable[[], AbstractContextManager[Session]], look: Callable[[], AbstractContextManager[Session]],
        lone: Engine, *, where: str, file: Path | None, sealer: Sealer, clock: Clock,
    ) -> None:  # fmt: skip
        self._work, self._look, self._lone = work, look, lone
        self._where, self._file, self._sealer, self._clock = where, file, sealer, clock
        self._held: dict[str, tuple[int, Connection | None]] = {}
        self._guard = Lock()

    def load(self, owner: str) -> Token | None:
        """The sign-in of an owner. Raises ConnectorError where the key does not open it."""
        with self._look() as session:
            row = session.get(TokenRow, owner)
        return self._token(row) if row else None

    def owners(self) -> tuple[str, ...]:
        """All that have a sign-in."""
        with self._look() as session:
            return tuple(session.exec(select(TokenRow.owner).order_by(col(TokenRow.owner))))

    def standing(self) -> dict[str, tuple[datetime | None, bool]]:
        """Until when each sign-in holds at the longest, and whether a person has to sign in again; needs no key."""
        with self._look() as session:
            rows = session.exec(select(TokenRow.owner, TokenRow.hard_expires_at, TokenRow.state))
            return {owner: (until, state == "sign_in_needed") for owner, until, state in rows}

    def save(self, owner: str, token: Token) -> None:
        """Write a sign-in durably; it is on disk when this returns.

        Whoever refreshes holds the owner from before the load to after the save; without, it is held for the save
        alone. Raises Locked where the hold was lost meanwhile, ConnectorError without a key.
        """
        if token.owner != owner:
            raise ValueError(f"a sign-in of {token.owner} is not one of {owner}")
        with nullcontext() if self._holds(owner) else self.holding(owner):
            seal = self._sealer.seal
            former = token.previous
            row = TokenRow(
                owner=owner, kind=token.kind, sealed=seal(token.value, owner=owner, kind=token.kind),
                sealed_previous=None if former is None
                else seal(former, owner=owner, kind=token.kind + _FORMER),
                expires_at=token.expires_at, hard_expires_at=token.hard_expires_at, state=token.state,
                updated_at=self._clock.now(),
            )  # fmt: skip
            with self._work() as session:
                session.merge(row)

    def worked(self, owner: str) -> None:
        """The newest value was accepted: let go of the one before it."""
        with self._work() as session:
            row = session.get(TokenRow, owner)
            if row is not None and row.sealed_previous is not None:
                row.sealed_previous = None
                session.add(row)

    def rotate_keys(self, by: str) -> int:
        """Seal every sign-in anew with the first key, all or none, and write down who had it done; how many there are.

        Raises ConnectorError where one opens with none of the keys.
        """
        with self._work() as unit:
            rows = unit.exec(select(TokenRow)).all()
            for row in rows:
                row.sealed = self._sealer.rotate(row.sealed, owner=row.owner)
                if row.sealed_previous is not None:
                    row.sealed_previous = self._sealer.rotate(row.sealed_previous, owner=row.owner)
                unit.add(row)
            StoredAudit(unit, self._clock).add(
                by, "rotate keys", "secret_key", self._sealer.mark, detail={"sign_ins": str(len(rows))}
            )
            return len(rows)

    @contextmanager
    def holding(self, owner: str) -> Iterator[None]:
        """Be the only one, among threads and processes, who refreshes an owner's sign-in.

        A process that is killed loses the hold at once. Raises Locked after a minute, or where the same thread holds
        the owner already.
        """
        refusal = f"{self._where}: another process has been signing in for {owner} for a minute; try again."
        with self._guard:
            if owner in self._held and self._held[owner][0] == get_ident():
                raise Locked(f"{owner} is being signed in already.")
        name = hashlib.sha256(owner.encode()).hexdigest()[:16]
        if self._file is not None:
            place = self._file.with_name(f"{self._file.name}.token-{name}.lock")
            lock: AbstractContextManager[Connection | None] = file_lock(place, refusal, patience=_PATIENCE)
        else:
            lock = advisory_lock(self._lone, f"token/{name}", refusal, patience=_PATIENCE)
        with lock as connection:
            with self._guard:
                self._held[owner] = (get_ident(), connection)
            try:
                yield
            finally:
                with self._guard:
                    del self._held[owner]

    def _holds(self, owner: str) -> bool:
        with self._guard:
            thread, connection = self._held.get(owner, (0, None))
        if thread != get_ident():
            return False
        if connection is not None:
            try:
                connection.execute(text("SELECT 1"))
                connection.commit()
            except SQLAlchemyError:
                raise Locked(f"{self._where}: the hold on the sign-in of {owner} was lost; try again.") from None
        return True

    def _token(self, row: TokenRow) -> Token:
        unseal = self._sealer.unseal
        former = row.sealed_previous
        return Token(
            row.owner, row.kind, unseal(row.sealed, owner=row.owner, kind=row.kind), row.expires_at,
            row.hard_expires_at,
            None if former is None else unseal(former, owner=row.owner, kind=row.kind + _FORMER),
            "ok" if row.state == "ok" else "sign_in_needed", row.updated_at,
        )  # fmt: skip
