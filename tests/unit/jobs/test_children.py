"""Jobs as processes of their own: how each end of one is understood."""

import signal
import sys
import threading
from datetime import UTC, datetime

from connector.domain.crontab import read_line
from connector.domain.slot import Slot
from connector.jobs.children import Children
from connector.jobs.duty import Ended, Held
from connector.jobs.timetable import Job

JOB = Job("audit", read_line("0 * * * *"), "sync", lambda _: ())
DEAF = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); time.sleep(60)"


def held() -> Held:
    return Held(Slot("audit", datetime(2026, 11, 26, tzinfo=UTC)))


def test_one_that_is_killed_by_the_machine_says_so_and_one_that_we_ended_was_interrupted() -> None:
    own = Children((sys.executable, "-c"))
    assert own.run(JOB, (f"import os; os.kill(os.getpid(), {int(signal.SIGKILL)})",), held()) == Ended(-9)
    assert own.run(JOB, (f"import os; os.kill(os.getpid(), {int(signal.SIGTERM)})",), held()) == Ended(130)


def test_one_that_does_not_stop_in_time_is_ended_and_was_interrupted() -> None:
    own, mine = Children((sys.executable, "-c"), patience=0), held()
    threading.Timer(1, mine.lost.set).start()
    assert own.run(JOB, (DEAF,), mine) == Ended(130)
