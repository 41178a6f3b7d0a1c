"""A process that runs one job at its moments, slowly: `python -m tests.unit.jobs.worker URL FILE SECONDS`.

Each run writes a line into FILE when it begins and one when it ends, with the process id.
"""

import os
import sys
import time
from datetime import UTC
from pathlib import Path

from connector.adapters.clock import SystemClock
from connector.domain.crontab import read_line
from connector.jobs.duty import Duty, Ended, Held
from connector.jobs.timetable import Job, Words
from connector.store import Store


def main(url: str, file: str, seconds: str) -> None:
    def run(job: Job, words: Words, held: Held) -> Ended:
        place = f"{held.slot.scheduled_for.isoformat()} {os.getpid()}"
        with Path(file).open("a") as out:
            out.write(f"begun {place}\n")
        time.sleep(float(seconds))
        with Path(file).open("a") as out:
            out.write(f"ended {place}\n")
        return Ended(0)

    # Once a year: a moment that comes while a test runs would be one more run than the test asked for.
    jobs = [Job("job", read_line("0 0 1 2 *"), "lane", lambda slot: ("job",), at_first=False)]
    with Store.open(url, clock=SystemClock()) as store:
        duty = Duty(store, SystemClock(), jobs, UTC, run, lease=2)
        print("ready", flush=True)
        while True:
            duty.turn()
            time.sleep(0.02)


if __name__ == "__main__":
    main(*sys.argv[1:])
