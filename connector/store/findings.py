"""Keeps findings with their life, and tells what a run changed: new, worse, resolved or as before."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import date
from decimal import Decimal, localcontext

from sqlalchemy import UpdateBase
from sqlmodel import Session, col, delete, insert, select, update

from connector.domain import standing as lives
from connector.domain.errors import ConnectorError
from connector.domain.money import EXACT, ZERO
from connector.domain.standing import Acceptance, Change, FindingEvent, Life, Standing, Step, Telling
from connector.ports import Clock
from connector.store.finding_rows import FindingEventRow, FindingRow, TellingRow

# What fits into one question with room to spare, on either database.
_MANY = 500


class StoredFindings:
    """The findings in one unit of work."""

    def __init__(self, session: Session, clock: Clock) -> None:
        self._session, self._clock = session, clock

    def record(
        self, scope: str, tellings: Iterable[Telling], *, run_id: str = "",
        judged: Callable[[Standing], bool] = lambda _: True,
    ) -> tuple[Step, ...]:  # fmt: skip
        """Keep what a run found in a scope, and return what that changed, finding by finding.

        `scope` is what the run looked at, such as a month; findings of other scopes stay as they are. Those of the
        scope that were not told are resolved, unless `judged` says that the run could not have seen them.
        """
        now = self._clock.now()
        found = {telling.fingerprint: telling for telling in tellings}
        before = self._standings([*found, *self._told_in(scope)])
        steps = [lives.told(before.get(name), telling, scope, now) for name, telling in found.items()]
        steps += [
            lives.untold(one, scope, now)
            for name, one in before.items()
            if name not in found and scope in one.told and judged(one)
        ]
        steps.sort(key=lambda step: step.standing.fingerprint)
        self._keep(steps, before, scope, run_id)
        return tuple(steps)

    def get(self, fingerprint: str) -> Standing | None:
        """A finding by its fingerprint, or by the first digits of it. Raises ConnectorError where these fit several."""
        start = fingerprint.rstrip("…").lower()
        fits = col(FindingRow.fingerprint).startswith(start, autoescape=True)
        names = self._session.exec(select(FindingRow.fingerprint).where(fits).limit(2)).all()
        if len(names) > 1 and start not in names:
            raise ConnectorError(f"Several findings begin with {start}; give more digits of the one that is meant.")
        return self._standings([start if start in names else names[0]]).popitem()[1] if names and start else None

    def all(self, *, life: Life | None = None, kind: str | None = None) -> tuple[Standing, ...]:
        """All findings (of a life, of a kind), by fingerprint."""
        wanted = select(FindingRow.fingerprint)
        if life is not None:
            wanted = wanted.where(FindingRow.life == life.value)
        if kind is not None:
            wanted = wanted.where(FindingRow.kind == kind)
        found = self._standings(self._session.exec(wanted).all())
        return tuple(found[name] for name in sorted(found))

    def sums(self, life: Life = Life.OPEN) -> dict[tuple[str, str], tuple[int, Decimal]]:
        """How many findings of a life there are, and their money, by kind and currency."""
        found: dict[tuple[str, str], tuple[set[str], list[Decimal]]] = {}
        rows = self._session.exec(
            select(FindingRow.kind, TellingRow.currency, TellingRow.fingerprint, col(TellingRow.impact))
            .join(TellingRow, col(TellingRow.fingerprint) == col(FindingRow.fingerprint))
            .where(FindingRow.life == life.value)
        )
        for kind, currency, fingerprint, impact in rows:
            names, impacts = found.setdefault((kind, currency), (set(), []))
            names.add(fingerprint)
            impacts.append(impact)
        with localcontext(EXACT):
            return {key: (len(names), sum(impacts, ZERO)) for key, (names, impacts) in sorted(found.items())}

    def accept(self, fingerprint: str, *, reason: str, by: str, until: date | None = None) -> Standing:
        """Let a finding stay as large as it is, through a day or for good. Raises ConnectorError for one not there."""
        before = self._known(fingerprint)
        if before.life is Life.RESOLVED:
            raise ConnectorError(f"The finding {before.fingerprint} is resolved; there is nothing to accept.")
        after = lives.accepted(before, reason=reason, by=by, at=self._clock.now(), until=until)
        self._settle(before, after, "accepted", why=reason, by=by)
        return after

    def reopen(self, fingerprint: str, *, reason: str, by: str) -> Standing:
        """Take an acceptance back. Raises ConnectorError for a finding that is not there or not accepted."""
        before = self._known(fingerprint)
        if before.life is not Life.ACCEPTED:
            raise ConnectorError(f"The finding {before.fingerprint} is {before.life}, not accepted.")
        after = lives.reopened(before)
        self._settle(before, after, "reopened", why=reason, by=by)
        return after

    def expire(self, *, kept: tuple[str, ...] = (), run_id: str = "") -> tuple[Step, ...]:
        """Open again what was accepted until a day that is over, save what begins with one of `kept`."""
        today = self._clock.now().date()
        over = (FindingRow.life == Life.ACCEPTED.value, col(FindingRow.accepted_until) < today)
        names = [name for name in self._session.exec(select(FindingRow.fingerprint).where(*over))
                 if not name.startswith(kept)]  # fmt: skip
        steps = []
        for _, before in sorted(self._standings(names).items()):
            step = Step(Change.NEW, lives.ENDED, before.impact, lives.reopened(before))
            self._settle(before, step.standing, step.change.value, why=step.why, run_id=run_id)
            steps.append(step)
        return tuple(steps)

    def events(self, *, after: int = 0, fingerprint: str | None = None) -> Iterator[FindingEvent]:
        """The changes behind a number (of one finding), oldest first."""
        number = col(FindingEventRow.number)
        wanted = select(FindingEventRow).where(number > after).order_by(number)
        if fingerprint is not None:
            wanted = wanted.where(FindingEventRow.fingerprint == fingerprint)
        for row in self._session.exec(wanted):
            yield FindingEvent(
                row.number or 0, row.fingerprint, row.at, row.change, row.why, row.by, row.scope, row.before,
                row.after, row.currency, row.run_id,
            )  # fmt: skip

    def _told_in(self, scope: str) -> Sequence[str]:
        return self._session.exec(select(TellingRow.fingerprint).where(TellingRow.scope == scope)).all()

    def _known(self, fingerprint: str) -> Standing:
        found = self.get(fingerprint)
        if found is None:
            raise ConnectorError(f"There is no finding {fingerprint}; `connector findings list` shows them.")
        return found

    def _standings(self, names: Iterable[str]) -> dict[str, Standing]:
        wanted, found = list(dict.fromkeys(names)), {}
        for at in range(0, len(wanted), _MANY):
            some = wanted[at : at + _MANY]
            told: dict[str, list[TellingRow]] = defaultdict(list)
            for telling in self._session.exec(select(TellingRow).where(col(TellingRow.fingerprint).in_(some))):
                told[telling.fingerprint].append(telling)
            for row in self._session.exec(select(FindingRow).where(col(FindingRow.fingerprint).in_(some))):
                found[row.fingerprint] = _standing(row, told[row.fingerprint])
        return found

    def _keep(self, steps: Sequence[Step], before: Mapping[str, Standing], scope: str, run_id: str) -> None:
        """Write all at once: one by one, ten thousand findings would take minutes."""
        now, put = self._clock.now(), self._put
        fresh = [step.standing.fingerprint not in before for step in steps]
        put(insert(FindingRow), [_life(step.standing) for step, new in zip(steps, fresh, strict=True) if new])
        put(update(FindingRow), [_life(step.standing) for step, new in zip(steps, fresh, strict=True) if not new])
        added: list[dict[str, object]] = []
        again: list[dict[str, object]] = []
        gone: list[str] = []
        for name, told in ((step.standing.fingerprint, step.standing.told.get(scope)) for step in steps):
            if told is None:
                gone.append(name)
                continue
            row = {
                "fingerprint": name, "scope": scope, "severity": told.severity, "impact": told.impact,
                "currency": told.currency, "text": told.text, "run_id": run_id, "told_at": now,
            }  # fmt: skip
            (again if name in before and scope in before[name].told else added).append(row)
        put(insert(TellingRow), added)
        put(update(TellingRow), again)
        for at in range(0, len(gone), _MANY):
            names = col(TellingRow.fingerprint).in_(gone[at : at + _MANY])
            self._session.exec(delete(TellingRow).where(names, col(TellingRow.scope) == scope))
        events = [
            self._event(step.standing, step.change.value, step.before, why=step.why, scope=scope, run_id=run_id)
            for step in steps
            if step.change is not Change.UNCHANGED
        ]
        put(insert(FindingEventRow), events)
        self._session.expire_all()

    def _settle(
        self, before: Standing, after: Standing, change: str, *, why: str, by: str = "", run_id: str = ""
    ) -> None:  # fmt: skip
        self._put(update(FindingRow), [_life(after)])
        event = self._event(after, change, before.impact, why=why, by=by, run_id=run_id)
        self._put(insert(FindingEventRow), [event])
        self._session.expire_all()

    def _put(self, statement: UpdateBase, rows: list[dict[str, object]]) -> None:
        if rows:
            self._session.exec(statement, params=rows)

    def _event(
        self, one: Standing, change: str, before: Decimal, *, why: str, by: str = "", scope: str = "",
        run_id: str = "",
    ) -> dict[str, object]:  # fmt: skip
        return {
            "fingerprint": one.fingerprint, "at": self._clock.now(), "change": change, "why": why, "by": by,
            "scope": scope, "before": before, "after": one.impact, "currency": one.currency, "run_id": run_id,
        }  # fmt: skip


def _life(one: Standing) -> dict[str, object]:
    yes = one.acceptance
    return {
        "fingerprint": one.fingerprint, "kind": one.kind, "measures": one.measures, "severity": one.severity,
        "currency": one.currency, "life": one.life.value, "first_seen": one.first_seen, "last_seen": one.last_seen,
        "resolved_at": one.resolved_at, "returns": one.returns, "accepted_reason": yes.reason if yes else None,
        "accepted_by": yes.by if yes else None, "accepted_at": yes.at if yes else None,
        "accepted_until": yes.until if yes else None, "accepted_low": yes.low if yes else None,
        "accepted_high": yes.high if yes else None,
    }  # fmt: skip


def _standing(row: FindingRow, told: Iterable[TellingRow]) -> Standing:
    acceptance = None
    if row.accepted_at is not None:
        acceptance = Acceptance(
            row.accepted_reason or "", row.accepted_by or "", row.accepted_at, row.accepted_until,
            row.accepted_low or ZERO, row.accepted_high or ZERO,
        )  # fmt: skip
    tellings = {
        each.scope: Telling(
            row.fingerprint, row.kind, row.measures, each.severity, each.impact, each.currency, each.text
        )
        for each in sorted(told, key=lambda each: each.scope)
    }
    return Standing(
        row.fingerprint, row.kind, row.measures, row.severity, row.currency, Life(row.life), row.first_seen,
        row.last_seen, tellings, acceptance, row.resolved_at, row.returns,
    )  # fmt: skip
