"""The real `connector post` is killed while it posts into Business Central, which knows no request a second time.

In the end each document is there once and posted, equal to the plan to the cent, and no draft is left. `make crash`
dies at more places than `make test`.
"""

import os
import signal
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.crash.central_office import ENVIRONMENT, Office, an_office, sign_in
from tests.crash.forking import Forker

STEPS = ("looked_up", "intent_committed", "answered", "recorded", "read_back")
"""Those at which both steps of a document stop; test_process.py dies at all of them."""
Death = Callable[[Forker, Office], bool]


def at_step(name: str, nth: int) -> Death:
    """Let it die at a step, when it comes there for the nth time."""

    def die(forker: Forker, office: Office) -> bool:
        named = {**office.environment, "CONNECTOR_FAILPOINT": f"{name}:{nth}"}
        return forker.run(office.folder, office.words, named) == -signal.SIGKILL

    return die


def while_asking(path: str) -> Death:
    """Kill it when a request has arrived, which is then carried out, and nobody is there for the answer."""

    def die(forker: Forker, office: Office) -> bool:
        office.watched.waits_for = path
        office.watched.holding.clear()
        process = forker.start(office.folder, office.words, office.environment)
        assert office.watched.arrived.wait(20)
        process.kill()
        ended = process.wait()
        office.watched.holding.set()
        return ended == -signal.SIGKILL

    return die


# The second time is a draft's, the fifth a posting's: three documents are on their way.
DEATHS = {"answered 2": at_step("answered", 2), "intent_committed 5": at_step("intent_committed", 5)}
if "CONNECTOR_SCHEDULES" in os.environ:
    DEATHS |= {f"{name} {nth}": at_step(name, nth) for name in STEPS for nth in (2, 5) if name != "read_back"}
    DEATHS["read_back 2"] = at_step("read_back", 2)
DEATHS["a draft arrives"] = while_asking("/salesInvoices")
DEATHS["a posting arrives"] = while_asking("/Microsoft.NAV.post")


@pytest.fixture(scope="module")
def ends(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, list[str]]]:
    """What was wrong in the end of each death; they are died side by side, for most of it is waiting."""
    os.environ.update(ENVIRONMENT)
    folder = tmp_path_factory.mktemp("offices")
    forker = Forker(folder)
    with sign_in() as known, ThreadPoolExecutor(6) as pool:

        def live(number: int, name: str) -> list[str]:
            with an_office(folder / str(number), known, latency=0.02) as office:
                if not DEATHS[name](forker, office):
                    return ["it was not killed"]
                for _ in range(5):
                    code = forker.run(office.folder, office.words, office.environment)
                    if code != 75:
                        break
                told = (office.folder / "stderr.txt").read_text(encoding="utf-8")
                return [*office.wrong(), *([f"exit code {code}: {told}"] if code else [])]

        try:
            yield dict(zip(DEATHS, pool.map(live, range(len(DEATHS)), DEATHS), strict=True))
        finally:
            forker.close()
            for name in ENVIRONMENT:
                os.environ.pop(name, None)


@pytest.mark.parametrize("death", DEATHS)
def test_a_killed_posting_is_ended_by_the_next(death: str, ends: dict[str, list[str]]) -> None:
    assert ends[death] == []
