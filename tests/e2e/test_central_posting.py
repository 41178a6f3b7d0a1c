"""What a person settles after Business Central refused to post a draft, by the real command line."""

import json
from collections.abc import Callable, Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from connector.cli.main import run
from connector.domain.posting import Posting
from connector.sandbox.business_central import Bookkeeper
from connector.sandbox.business_central.documents import delete_document
from connector.sandbox.business_central.kinds import KINDS
from tests.crash.central_office import ENVIRONMENT, Office, an_office, sign_in

Told = Callable[[list[str]], tuple[int, Any, str]]


@pytest.fixture
def office(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Office]:
    """An office whose documents over 200 euros need an approval, all drafts made and the third one refused."""
    for name, value in ENVIRONMENT.items():
        monkeypatch.setenv(name, value)
    with sign_in() as known, an_office(tmp_path / "office", known) as opened:
        monkeypatch.chdir(opened.folder)
        opened.app.company().setup.approval_from = Decimal(200)
        assert run([*opened.words, "--format", "json"]) == 1
        yield opened


@pytest.fixture
def told(capsys: pytest.CaptureFixture[str]) -> Told:
    def tell(words: list[str]) -> tuple[int, Any, str]:
        capsys.readouterr()
        code = run([*words, "--format", "json"])
        said = capsys.readouterr()
        return code, json.loads(said.out) if said.out else None, said.err

    return tell


def refused(office: Office) -> Posting:
    (found,) = [one for one in office.postings() if one.state not in ("verified", "cancelled")]
    return found


def settle(office: Office, how: str) -> list[str]:
    return ["resolve", refused(office).key, "--as", how, "--reason", "approved", "--by", "jane"]


def delete_draft(office: Office) -> None:
    company = office.app.company()
    with company.lock:
        delete_document(company, KINDS["salesInvoices"], company.row("salesInvoices", refused(office).remote_id or ""))


def test_a_draft_that_was_approved_is_posted_once_it_is_called_absent(office: Office, told: Told) -> None:
    draft = refused(office)
    Bookkeeper(office.app.company()).release(draft.remote_id or "")
    code, settled, _ = told(settle(office, "absent"))
    assert (code, settled["state"]) == (0, "ready")
    assert told(["post", "--wait"])[0] == 0
    assert office.wrong() == []
    assert draft.remote_id in [one.remote_id for one in office.postings()]


def test_a_draft_that_was_deleted_is_made_anew(office: Office, told: Told) -> None:
    delete_draft(office)
    office.app.company().setup.approval_from = None
    assert told(settle(office, "absent"))[0] == 0
    assert told(["post", "--wait"])[0] == 0
    assert office.wrong() == ["salesInvoices was deleted"]


def test_a_draft_is_neither_posted_nor_withdrawn(office: Office, told: Told) -> None:
    draft = refused(office)
    for how in (f"posted:{draft.remote_id}", "cancelled"):
        code, _, said = told(settle(office, how))
        assert code == 2
        assert "is a draft" in said
        assert "delete it there" in said
    assert refused(office) == draft
