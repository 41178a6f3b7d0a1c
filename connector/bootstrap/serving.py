"""Runs the service: the schedule with its jobs, and the pages; starts, reloads and stops both without a loose end."""

import logging
import sys
import threading
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from connector.bootstrap.pages import router_of
from connector.bootstrap.recording import record
from connector.bootstrap.rotating import is_changing, rotate_keys
from connector.bootstrap.shared_folder import refuse_another_folder
from connector.bootstrap.starting import checked_settings, notify, obstacles, refuse
from connector.bootstrap.storing import open_store
from connector.bootstrap.timetable import jobs_of
from connector.domain.errors import ConnectorError, InvalidConfig

if TYPE_CHECKING:
    from connector.config.settings import Settings
    from connector.jobs.duty import Duty, Ended, Held
    from connector.jobs.timetable import Job, Words
    from connector.ports import Clock
    from connector.service.wire import Router
    from connector.store import Store

_log = logging.getLogger(__name__)
_EVERY = 15
"""Seconds between two looks round."""
_TICK = 5


@dataclass(frozen=True, slots=True)
class Ways:
    """How the service does its work: the clock, the commands there are, and how a child begins (before its words)."""

    file: Path
    commands: Collection[str]
    child: Sequence[str] = ()
    clock: "Clock | None" = None
    every: float = _EVERY
    lease: int = 15

    @property
    def before(self) -> tuple[str, ...]:
        """What a child's command line begins with."""
        return tuple(self.child) or (sys.executable, "-m", "connector", "--config", str(self.file))


class Service:
    """The service, opened. Raises InvalidConfig with everything that is wrong at once."""

    def __init__(self, ways: Ways) -> None:
        from connector.adapters.clock import SystemClock
        from connector.jobs.children import Children
        from connector.jobs.schedule import Schedule
        from connector.service.listening import Listener

        self._ways = ways
        self.clock = ways.clock or SystemClock()
        self.settings = checked_settings(ways.file)
        refuse(obstacles(self.settings, self.clock))
        self._reloaded = True
        self._stack = ExitStack()
        self.store: Store = self._stack.enter_context(open_store(self.settings, self.clock))
        with ExitStack() as undone:
            undone.callback(self._stack.close)
            refuse_another_folder(self.settings, self.store)
            self._seal_anew()
            undone.pop_all()
        self.children: Children = Children(ways.before)
        self.duty: Duty = self._duty(self.settings)
        self.schedule: Schedule = Schedule(
            self.duty, jitter=self.settings.schedule.jitter.total_seconds(), every=ways.every
        )
        self.listener: Listener = Listener(self.settings.http.listen, self._answer)
        self._router = self._routed()

    @property
    def port(self) -> int:
        """The port it listens on."""
        return self.listener.port

    def start(self) -> None:
        """Begin to answer and to work."""
        self.schedule.start()
        self.listener.start()
        _log.info("the service is at work", extra={"jobs": list(self.duty.jobs), "port": self.port})
        notify("READY=1")

    def wait(self, stopping: threading.Event, reload: threading.Event) -> None:
        """Work until asked to stop; reload the settings when asked to."""
        while not stopping.wait(_TICK if not reload.is_set() else 0):
            if self.beats():
                notify("WATCHDOG=1")
            if reload.is_set():
                reload.clear()
                self.reload()

    def reload(self) -> bool:
        """Take new settings into force where they are good; else go on with those of before, and say so."""
        notify("RELOADING=1")
        try:
            settings = checked_settings(self._ways.file)
            self._refuse_unchangeable(settings)
            refuse(obstacles(settings, self.clock, listens=False))
        except ConnectorError as failure:
            self._reloaded = False
            found = len(failure.problems) if isinstance(failure, InvalidConfig) else 1
            count = "a problem" if found == 1 else f"{found} problems"
            _log.warning("the settings were not reloaded (%s); those of before stay in force: %s", count, failure)
            notify("READY=1")
            return False
        self.settings, self._reloaded = settings, True
        self.duty = self._duty(settings)
        self.schedule.swap(self.duty, jitter=settings.schedule.jitter.total_seconds())
        self._router = self._routed()
        _log.warning("the settings were reloaded", extra={"jobs": list(self.duty.jobs)})
        notify("READY=1")
        return True

    def stop(self) -> None:
        """Begin nothing more, let what is under way come to its end, and close."""
        notify("STOPPING=1")
        self.children.stop()
        self.schedule.stop()
        self.listener.stop()
        self._stack.close()
        _log.info("the service has stopped")

    def beats(self) -> bool:
        """Whether the schedule still looks round."""
        looked = self.schedule.looked_at
        return looked is not None and self.clock.monotonic() - looked < 3 * self._ways.every + 30

    def lacks(self) -> tuple[str, ...]:
        """What keeps the service from its work."""
        found = [] if self._reloaded else ["the newest settings hold errors; those of before are in force"]
        try:
            needed = [owner for owner, (_, needed) in self.store.tokens.standing().items() if needed]
        except ConnectorError:
            return (*found, "the database cannot be read")
        if self.duty.hindered:
            found.append("no job can begin, as the database cannot be written; the log says why")
        if needed:
            found.append(f"a person has to sign in again for {len(needed)} of the accounts")
        return tuple(found)

    def _seal_anew(self) -> None:
        """While the secret key is changed, seal every sign-in with the new one, so that the old one can go."""
        if is_changing(self.settings):
            count = rotate_keys(self.settings, self.store, "job:serve").sign_ins
            _log.warning("%s sign-ins are sealed with the new secret_key", count)

    def _refuse_unchangeable(self, settings: "Settings") -> None:
        """What the running process holds on to cannot change under it."""
        for name in ("database", "state"):
            if getattr(settings, name) != getattr(self.settings, name):
                raise ConnectorError(f"{settings.file}: {name} has changed, which needs a restart.")
        if settings.http.listen != self.settings.http.listen:
            raise ConnectorError(f"{settings.file}: http.listen has changed, which needs a restart.")
        if settings.secret_key != self.settings.secret_key:
            raise ConnectorError(f"{settings.file}: secret_key has changed, which needs a restart.")

    def _duty(self, settings: "Settings") -> "Duty":
        from connector.jobs.duty import Duty

        jobs = jobs_of(settings, self.store, self._ways.commands)
        return Duty(
            self.store, self.clock, jobs, ZoneInfo(settings.schedule.timezone), self._run, lease=self._ways.lease,
            heard=partial(record, settings, self.store, self.clock),
        )  # fmt: skip

    def _run(self, job: "Job", words: "Words", held: "Held") -> "Ended":
        return self.children.run(job, words, held)

    def _routed(self) -> "Router":
        from connector.service.health import Vitals

        vitals = Vitals(self.beats, self.lacks, _version())
        return router_of(
            self.settings, self.store, self.clock, vitals, self.schedule.next_times, lambda: self._reloaded,
            self.schedule.nudge,
        )  # fmt: skip

    def _answer(self, environ: Mapping[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        # The pages of a reload answer from the next request on.
        return self._router(environ, start_response)


def _version() -> str:
    from importlib.metadata import PackageNotFoundError, version

    try:
        return version("csp-ledger-connector")
    except PackageNotFoundError:
        return "0"
