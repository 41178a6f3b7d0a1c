"""No secret reaches the log, whatever way it tries."""

import json
import logging
import warnings
from collections.abc import Iterator

import pytest

from connector.cli import logs

CANARY = "cAnArY7f3kQ9zW"


@pytest.fixture(autouse=True)
def _restored() -> Iterator[None]:
    root = logging.getLogger()
    before = (list(root.handlers), root.level)
    yield
    root.handlers[:], level = before
    root.setLevel(level)
    logging.captureWarnings(capture=False)


@pytest.fixture(params=list(logs.LogFormat))
def log_format(request: pytest.FixtureRequest) -> logs.LogFormat:
    logs.configure(request.param, 2)
    return request.param


def said(capsys: pytest.CaptureFixture[str], log_format: logs.LogFormat) -> str:
    text = capsys.readouterr().err
    assert text
    if log_format is logs.LogFormat.JSON:
        assert all({"event", "level", "ts"} <= json.loads(line).keys() for line in text.splitlines())
    return text


@pytest.mark.parametrize(
    "text",
    [
        f"Authorization: Bearer {CANARY}",
        f"GET https://blob.example/part-0.json.gz?sv=2020&sig={CANARY}%2Fabc&se=x",
        f"proxy http://user:{CANARY}@proxy:3128 refused",
        f'{{"refresh_token":"{CANARY}","x":1}}',
        f"grant_type=refresh_token&refresh_token={CANARY}&x=1",
        f"client_secret={CANARY}",
        f"eyJhbGciOiJI.{CANARY}.sig",
    ],
)
def test_what_looks_like_a_secret_is_blotted_out(
    text: str, log_format: logs.LogFormat, capsys: pytest.CaptureFixture[str]
) -> None:
    logging.getLogger("urllib3.connectionpool").warning(text)
    shown = said(capsys, log_format)
    assert CANARY not in shown
    assert "***" in shown


def test_what_stands_under_a_secret_name_is_blotted_out(
    log_format: logs.LogFormat, capsys: pytest.CaptureFixture[str]
) -> None:
    extra = {"request": {"client_secret": CANARY, "tries": [{"accessToken": CANARY}]}, "run": "r1"}
    logging.getLogger("connector.test").info("asked", extra=extra)
    shown = said(capsys, log_format)
    assert CANARY not in shown
    assert "r1" in shown


def test_a_known_secret_is_blotted_out_wherever_it_turns_up(capsys: pytest.CaptureFixture[str]) -> None:
    logs.configure(logs.LogFormat.JSON, 2)
    secret = f"{CANARY}/+known"
    logs.redaction.hide([secret])
    try:
        raise ValueError(f"bad {secret}")
    except ValueError:
        logging.getLogger("connector.test").exception("failed with %s", secret)
    logging.getLogger("msal").warning("https://x.example/cAnArY7f3kQ9zW%2F%2Bknown")
    with warnings.catch_warnings():
        warnings.simplefilter("always")
        warnings.warn(f"deprecated {secret}", stacklevel=1)
    shown = said(capsys, logs.LogFormat.JSON)
    assert CANARY not in shown
    assert len(shown.splitlines()) == 3


def test_a_traceback_shows_no_values(log_format: logs.LogFormat, capsys: pytest.CaptureFixture[str]) -> None:
    local = CANARY + CANARY
    try:
        raise ValueError(len(local))
    except ValueError:
        logging.getLogger("connector.test").exception("failed")
    shown = said(capsys, log_format)
    assert "Traceback" in shown
    assert CANARY not in shown.replace("local = CANARY + CANARY", "")


def test_ordinary_words_stay() -> None:
    text = "charge 42 of customer Alpine Ski House, 12.50 USD, https://learn.example/page?id=7"
    assert logs.redaction.text(text) == text
