"""Runs a job as a process of its own, so that what it needs of memory is given back when it ends."""

import contextlib
import itertools
import logging
import os
import re
import signal
import subprocess
import sys
import threading
from collections import deque
from collections.abc import Sequence

from connector.jobs.duty import Ended, Held
from connector.jobs.timetable import Job, Words

_log = logging.getLogger(__name__)
_LOOK = 1 / 5
_KEPT = 20
_GIVEN_UP = -1000
"""Stands for the exit code of one that we had to end ourselves; no signal has this number."""
_LOGGED = re.compile(r"\{|\d{4}-\d\d-\d\dT\S+ \[")
"""How a line of the log begins, as JSON and as text."""
_NOTING = ("note: ", "warning: ")
_TELLING = ("connector: ", "not audited: ", "not read: ", "not sent: ")


class Children:
    """Starts children as `before` + words. One that is asked to stop has `patience` seconds to come to an end."""

    def __init__(self, before: Sequence[str], *, patience: int = 150) -> None:
        self._before, self._patience = tuple(before), patience
        self._stopping = threading.Event()

    def run(self, job: Job, words: Words, held: Held) -> Ended:
        """Run a job to its end; ask it to stop where the slot is lost, or all are to stop."""
        if self._stopping.is_set():
            return Ended(130)
        # The program and its words are our own; nothing of it comes from outside, and no shell reads it.
        child = subprocess.Popen(  # noqa: S603
            (*self._before, *words),
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
            text=True, errors="replace", start_new_session=True,
        )  # fmt: skip
        lines: deque[str] = deque(maxlen=_KEPT)
        reader = threading.Thread(
            target=_pass_on, args=(child, job.name, lines), daemon=True, name=f"{job.name} output"
        )
        reader.start()
        code = self._wait(child, held)
        reader.join(timeout=5)
        said = next((line for line in reversed(lines) if line.startswith(_TELLING)), "")
        return Ended(
            130 if code in (-signal.SIGTERM, _GIVEN_UP) else code, said.removeprefix("connector: ") if code > 1 else ""
        )

    def stop(self) -> None:
        """Ask all children to stop; what they are at comes to an end."""
        self._stopping.set()

    def _wait(self, child: "subprocess.Popen[str]", held: Held) -> int:
        since_asked = itertools.count(0)
        asked = ended = False
        while True:
            try:
                code = child.wait(_LOOK)
                return _GIVEN_UP if ended and code < 0 else code
            except subprocess.TimeoutExpired:
                pass
            if not asked and (self._stopping.is_set() or held.lost.is_set()):
                asked = True
                child.send_signal(signal.SIGTERM)
            elif asked and next(since_asked) * _LOOK > self._patience:
                _log.warning("job %s did not come to an end in %s seconds", held.slot.job, self._patience)
                ended = True
                with contextlib.suppress(ProcessLookupError):
                    os.killpg(child.pid, signal.SIGKILL)


def _pass_on(child: "subprocess.Popen[str]", name: str, lines: "deque[str]") -> None:
    """Give what a child says on, and keep its last lines: its log as it is, and what it tells people as our own log.

    What it only notes (a rule that is not used) is for those who ask for everything.
    """
    if child.stderr is None:
        return
    with child.stderr:
        for line in child.stderr:
            told = line.rstrip("\n")
            lines.append(told)
            if _LOGGED.match(told):
                sys.stderr.write(line)
                sys.stderr.flush()
            elif told:
                level = logging.DEBUG if told.startswith(_NOTING) else logging.INFO
                _log.log(level, "job %s: %s", name, told)
