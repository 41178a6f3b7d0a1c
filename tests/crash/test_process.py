"""The real `connector post` is killed as kill -9 does, at every named step and at any moment, and started again.

The company is simulated, over real sockets; its outcome settles within seconds here. In the end each document is there
once, equal to the plan to the cent, and read back.
"""

import json
import os
import random
import signal
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.crash.forking import Forker
from tests.crash.office import ENVIRONMENT, Office, an_office
from tests.e2e.test_quickbooks_ledger import CHARGE

STEPS = (
    "run_frozen", "claimed", "looked_up", "intent_committed", "request_sent", "answered", "recorded", "read_back",
    "verified", "attached", "delivered",
)  # fmt: skip
EXTRAS = ("attached", "delivered")
MOMENTS = 20


def at_step(forker: Forker, office: Office, step: str) -> bool:
    """Let it die at a step, the second time it comes there; True when it did."""
    named = {**office.environment, "CONNECTOR_FAILPOINT": step if step == "run_frozen" else f"{step}:2"}
    return forker.run(office.folder, office.words, named) == -signal.SIGKILL


def while_asking(forker: Forker, office: Office) -> bool:
    """Kill it when an invoice has arrived at QuickBooks, which then makes it, and nobody is there for the answer."""
    office.watched.holding.clear()
    process = forker.start(office.folder, office.words, office.environment)
    assert office.watched.arrived.wait(60)
    process.kill()
    ended = process.wait()
    office.watched.holding.set()
    return ended == -signal.SIGKILL


def after(seconds: float) -> Callable[[Forker, Office], bool]:
    """Kill it some time after its start."""

    def kill(forker: Forker, office: Office) -> bool:
        process = forker.start(office.folder, office.words, office.environment)
        time.sleep(seconds)
        process.kill()
        process.wait()
        return True

    return kill


def scenarios() -> dict[str, Callable[[Forker, Office], bool]]:
    chance = random.Random(20)
    found: dict[str, Callable[[Forker, Office], bool]] = {
        step: (lambda forker, office, step=step: at_step(forker, office, step)) for step in STEPS
    }
    found["request_sent"] = while_asking
    for number in range(MOMENTS):
        seconds = chance.uniform(0.05, 1.2)
        found[f"moment {number} ({seconds:.2f} s)"] = after(seconds)
    return found


SCENARIOS = scenarios()


@pytest.fixture(scope="module")
def ends(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, list[str]]]:
    """What was wrong in the end of each scenario; they are lived through side by side, for most of it is waiting."""
    os.environ.update({**ENVIRONMENT, "QB_REFRESH": "none"})
    folder = tmp_path_factory.mktemp("offices")
    forker = Forker(folder)

    def live(number: int, name: str) -> list[str]:
        with an_office(folder / str(number), latency=0.02, extras=name in EXTRAS) as office:
            if name in EXTRAS:
                lines = office.folder / "lines.jsonl"
                lines.write_text(json.dumps(CHARGE) + "\n", encoding="utf-8")
                assert forker.run(office.folder, ["import", lines.name], office.environment) == 0
            if not SCENARIOS[name](forker, office):
                return ["it was not killed"]
            for _ in range(5):
                code = forker.run(office.folder, office.words, office.environment)
                if code != 75:
                    # On a busy machine the simulator may answer too late; whoever starts it tries again.
                    break
            told = (office.folder / "stderr.txt").read_text(encoding="utf-8")
            return [*office.wrong(), *([f"exit code {code}: {told}"] if code else [])]

    try:
        with ThreadPoolExecutor(8) as pool:
            results = pool.map(live, range(len(SCENARIOS)), SCENARIOS)
            yield dict(zip(SCENARIOS, results, strict=True))
    finally:
        forker.close()
        for name in (*ENVIRONMENT, "QB_REFRESH"):
            os.environ.pop(name, None)


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_a_killed_posting_is_ended_by_the_next(scenario: str, ends: dict[str, list[str]]) -> None:
    assert ends[scenario] == []
