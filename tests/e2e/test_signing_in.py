"""Signing in and looking before the first run: every trouble is told in one sentence with what to do."""

import re
import time
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from connector.bootstrap.authorizing_microsoft import Looked, look_at_microsoft, sign_in_at_microsoft
from connector.cli.main import run
from connector.domain.errors import SignInNeeded
from connector.sandbox.running import Deal
from tests.fetching import Office, office


@pytest.fixture(scope="module")
def own(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    with office(tmp_path_factory.mktemp("office"), Deal(customers=2)) as found:
        yield found


def looks(own: Office) -> dict[str, Looked]:
    return {look.name: look for look in look_at_microsoft(own.settings, clock=own.sandbox.clock)}


def test_all_is_well(own: Office) -> None:
    assert {name: look.problem for name, look in looks(own).items()} == dict.fromkeys(
        ("Partner Center", "Microsoft Graph", "Partner Center pricing", "clock"), ""
    )


def test_a_person_signs_in_with_a_code(tmp_path: Path) -> None:
    with office(tmp_path, Deal(customers=2)) as own:
        shown: list[str] = []

        def show(sentence: str) -> None:
            shown.append(sentence)
            code = sentence.partition("enter the code ")[2].partition(";")[0]
            assert own.sandbox.approve(code)

        told = list(sign_in_at_microsoft(own.settings, show, own.sandbox.clock))
        assert told[0].startswith("Signed in as admin@")
        assert told[1] == "Partner Center pricing: ready"
        assert "minutes" in shown[0]


def test_nobody_signs_in(tmp_path: Path) -> None:
    with office(tmp_path, Deal(customers=2)) as own, pytest.raises(SignInNeeded, match="again"):
        list(sign_in_at_microsoft(own.settings, lambda _: None, own.sandbox.clock))


def wrong_secret(own: Office) -> None:
    own.environment["PC_SECRET"] = "no-such-secret"


def sign_in_of_nobody(own: Office) -> None:
    (own.folder / "state" / "connector.db").unlink()


def no_permission(own: Office) -> None:
    own.sandbox.faults.add(on="GET /v1/customers", times=0, do="status:403")


def sign_in_without_mfa(own: Office) -> None:
    own.sign_in(mfa=False)


def no_network(own: Office) -> None:
    own.sandbox.faults.add(on="GET /v1/customers", times=0, do="request_lost")


TROUBLES: dict[str, tuple[Callable[[Office], Any], str, str, int]] = {
    "wrong secret": (wrong_secret, "Partner Center", "client secret of app .* is wrong", 3),
    "nobody signed in": (sign_in_of_nobody, "Partner Center pricing", "run `connector auth partner-center`", 4),
    "no second factor": (sign_in_without_mfa, "Partner Center pricing", "multi-factor", 2),
    "refused": (no_permission, "Partner Center", "admin agents group", 2),
    "no network": (no_network, "Partner Center", "connection", 75),
}


@pytest.mark.parametrize(("spoil", "name", "sentence", "exit_code"), TROUBLES.values(), ids=TROUBLES)
def test_a_trouble_is_told(
    tmp_path: Path, spoil: Callable[[Office], Any], name: str, sentence: str, exit_code: int
) -> None:
    with office(tmp_path, Deal(customers=2)) as own:
        spoil(own)
        look = looks(own)[name]
        assert look.exit_code == exit_code
        assert re.search(sentence, look.problem), look.problem
        assert "\n" not in look.problem


class Late:
    """A clock nine minutes behind the sandbox's."""

    def __init__(self, own: Office) -> None:
        self._own = own

    def now(self) -> datetime:
        return self._own.sandbox.clock.now() - timedelta(minutes=9)

    def monotonic(self) -> float:
        return time.monotonic()

    def sleep(self, seconds: float) -> None:
        raise AssertionError(f"nothing is to be waited for, not even {seconds} seconds")


def test_a_clock_that_is_wrong_is_told(own: Office) -> None:
    found = {look.name: look for look in look_at_microsoft(own.settings, clock=Late(own))}
    assert "9 minutes behind" in found["clock"].problem


def test_the_command_ends_with_the_gravest(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with office(tmp_path, Deal(customers=2)) as own, pytest.MonkeyPatch.context() as patch:
        patch.setattr("connector.adapters.clock.SystemClock", lambda *_: own.sandbox.clock)
        patch.chdir(tmp_path)
        for name, value in own.environment.items():
            patch.setenv(name, value)
        (tmp_path / "mappings" / "all.yaml").write_text("customers: []\n", encoding="utf-8")
        assert run(["check", "--online"]) == 0
        assert "Microsoft Graph: signed in as the app" in capsys.readouterr().out
        sign_in_of_nobody(own)
        assert run(["check", "--online", "--format", "json"]) == 4
