"""A month from plan to ledger by the real command line, against a simulated QuickBooks company."""

import json
import threading
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from connector.adapters.clock import SystemClock
from connector.bootstrap.ledgers import taxed_lines
from connector.bootstrap.storing import open_store
from connector.cli.main import run
from connector.config.settings import read_settings
from connector.domain.document import Held, Plan
from connector.engine.posting_rules import marker
from connector.sandbox.quickbooks import Bookkeeper
from connector.sandbox.quickbooks.behaviour import Mail
from connector.sandbox.quickbooks.bookkeeper import Entry
from connector.sandbox.serving import Request, Response
from tests.crash.office import ENVIRONMENT, Office, an_office


@pytest.fixture
def office(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Office]:
    monkeypatch.setenv("QB_REFRESH", "none")
    for name, value in ENVIRONMENT.items():
        monkeypatch.setenv(name, value)
    with an_office(tmp_path / "office") as opened:
        monkeypatch.setenv("QB_REFRESH", opened.environment["QB_REFRESH"])
        monkeypatch.chdir(opened.folder)
        yield opened


def told(words: list[str], capsys: pytest.CaptureFixture[str]) -> tuple[int, Any]:
    capsys.readouterr()
    code = run([*words, "--format", "json"])
    return code, json.loads(capsys.readouterr().out)


def again(office: Office, **changes: Any) -> Plan:
    """Save the plan with other guards."""
    plan = Plan(office.plan.period, office.plan.documents, **changes)
    with open_store(read_settings(office.folder / "config.yaml"), SystemClock()) as store, store.work() as unit:
        unit.plans.save(plan)
    return plan


def configure(office: Office, before: str, after: str) -> None:
    file = office.folder / "config.yaml"
    text = file.read_text(encoding="utf-8")
    assert before in text
    file.write_text(text.replace(before, after), encoding="utf-8")


def test_a_plan_is_posted_once_however_often_it_is_asked_for(
    office: Office, capsys: pytest.CaptureFixture[str]
) -> None:
    code, first = told(office.words, capsys)
    assert code == 0
    assert [one["state"] for one in first["postings"]] == ["verified"] * 3
    assert told(office.words, capsys)[1]["postings"] == first["postings"]
    assert office.wrong() == []


def test_a_dry_run_says_what_would_be_sent_and_sends_nothing(
    office: Office, capsys: pytest.CaptureFixture[str]
) -> None:
    code, found = told([*office.words, "--dry-run"], capsys)
    assert code == 1
    assert [one["total"] for one in found["would_send"]] == ["73.54", "134.74", "195.94"]
    assert office.app.company().every("Invoice") == []


def test_only_one_customer_is_posted(office: Office, capsys: pytest.CaptureFixture[str]) -> None:
    assert told([*office.words, "--only", "Customer 2"], capsys)[0] == 0
    assert [one["TotalAmt"] for one in office.app.company().every("Invoice")] == [Decimal("134.74")]


def test_nobody_is_asked_where_nobody_is(office: Office, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["post", office.plan.plan_id]) == 2
    assert "add --yes" in capsys.readouterr().err


def test_in_review_a_month_alone_is_no_approval(office: Office, capsys: pytest.CaptureFixture[str]) -> None:
    code, found = told(["post", "--period", "2026-10", "--yes"], capsys)
    assert (code, [one["guard"] for one in found["held"]]) == (1, ["review"])
    configure(office, "mode: review", "mode: auto")
    assert told(["post", "--period", "2026-10", "--yes", "--wait"], capsys)[0] == 0


@pytest.mark.parametrize(
    ("before", "after", "guard"),
    [
        ("mode: review", "mode: off", "mode"),
        ("start: 2026-10", "start: 2026-11", "start"),
        ("settle: 5s", "settle: 5s\n  closed_until: 2026-10-31", "closed_books"),
        ("settle: 5s", "settle: 5s\n  limits: {documents: 2}", "documents"),
        ("settle: 5s", "settle: 5s\n  limits: {amount: 100}", "amount"),
    ],
)
def test_a_guard_holds_what_may_not_be_sent(
    office: Office, capsys: pytest.CaptureFixture[str], before: str, after: str, guard: str
) -> None:
    configure(office, before, after)
    code, found = told(office.words, capsys)
    assert code == 1
    assert {one["guard"] for one in found["held"]} == {guard}
    assert office.app.company().every("Invoice") == []


def test_the_settings_say_which_ledger_takes_how_many_taxed_lines(office: Office) -> None:
    assert taxed_lines(read_settings(office.folder / "config.yaml")) == {"books-us": 750}


def test_a_guard_of_the_plan_is_released_by_its_name_and_that_is_kept(
    office: Office, capsys: pytest.CaptureFixture[str]
) -> None:
    key = office.plan.documents[0].key
    plan = again(office, held=(Held("change", "twice as much as the month before", key),))
    words = ["post", plan.plan_id, "--yes", "--wait", "--by", "jane"]
    code, found = told(words, capsys)
    assert (code, len(found["postings"]), found["held"][0]["key"]) == (1, 2, key)
    assert told([*words, "--release", "change"], capsys)[0] == 0
    assert office.wrong() == []
    with open_store(read_settings(office.folder / "config.yaml"), SystemClock()) as store, store.look() as unit:
        assert [(one.by, one.released) for one in unit.approvals.approvals(plan.plan_id)] == [
            ("jane", ()),
            ("jane", ("change",)),
        ]
        assert {entry.action for entry in unit.audit.entries()} == {"approve"}


def test_the_books_that_quickbooks_closed_hold_as_well(office: Office, capsys: pytest.CaptureFixture[str]) -> None:
    office.app.company().close_books(office.plan.period.last)
    code, found = told(office.words, capsys)
    assert (code, {one["guard"] for one in found["held"]}) == (1, {"closed_books"})


def test_without_our_own_numbers_nothing_is_posted_and_the_setting_is_named(
    office: Office, capsys: pytest.CaptureFixture[str]
) -> None:
    office.app.company().prefer("SalesFormsPrefs", CustomTxnNumbers=False)
    assert run(office.words) == 2
    assert "Custom transaction numbers" in capsys.readouterr().err
    assert office.app.company().every("Invoice") == []


def test_nothing_goes_on_after_our_own_numbers_were_switched_off(
    office: Office, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was approved before and never sent would get a number that nobody could find again."""
    company, handle = office.app.company(), office.watched.handle

    def refusing(request: Request) -> Response:
        is_write = request.method == "POST" and request.path.endswith("/invoice")
        return office.app.refusal(request, 403, None) if is_write else handle(request)

    with monkeypatch.context() as away:
        away.setattr(office.watched, "handle", refusing)
        assert run(office.words) == 4
    assert {one.state.value for one in office.postings()} == {"ready"}
    company.prefer("SalesFormsPrefs", CustomTxnNumbers=False)
    capsys.readouterr()
    assert run(["post"]) == 2
    assert "Custom transaction numbers" in capsys.readouterr().err
    assert company.every("Invoice") == []


def test_a_plan_that_was_tampered_with_is_refused(office: Office, capsys: pytest.CaptureFixture[str]) -> None:
    with open_store(read_settings(office.folder / "config.yaml"), SystemClock()) as store, store.work() as unit:
        unit.connection().exec_driver_sql("UPDATE plan SET content = replace(content, '61.20', '6.12')")
    assert run(office.words) == 2
    assert "was changed after it was saved" in capsys.readouterr().err


def test_what_the_ledger_refuses_waits_for_a_person_and_goes_out_once_put_right(
    office: Office, capsys: pytest.CaptureFixture[str]
) -> None:
    item = office.plan.documents[0].lines[0].item or ""
    finance = Bookkeeper(office.app.company())
    finance.deactivate(item, entity="Item")
    code, found = told(office.words, capsys)
    assert (code, {one["state"] for one in found["postings"]}) == (1, {"rejected"})
    code, found = told(["status"], capsys)
    assert (code, len(found["waiting_for_a_person"])) == (1, 3)
    finance.edit(item, entity="Item", Active=True)
    for one in found["waiting_for_a_person"]:
        assert run(["resolve", one["key"], "--as", "absent", "--reason", "active again", "--by", "joe"]) == 0
    assert told(["post", "--wait"], capsys)[0] == 0
    assert office.wrong() == []


def test_the_ledger_is_asked_before_a_person_is_believed(office: Office, capsys: pytest.CaptureFixture[str]) -> None:
    document = office.plan.documents[0]
    company, finance = office.app.company(), Bookkeeper(office.app.company())
    assert told(office.words, capsys)[0] == 0
    invoice = next(one for one in company.every("Invoice") if marker(document.key) in one["PrivateNote"])
    with open_store(read_settings(office.folder / "config.yaml"), SystemClock()) as store, store.work() as unit:
        unit.connection().exec_driver_sql("UPDATE posting SET state = 'parked' WHERE key = ?", (document.key,))
    for meant in ("absent", "cancelled"):
        capsys.readouterr()
        assert run(["resolve", document.key, "--as", meant, "--reason", "I say so"]) == 2
        assert f"posted:{invoice['Id']}" in capsys.readouterr().err
    finance.edit_line(invoice["Id"], 1, Description="by hand")
    assert run(["resolve", document.key, "--as", f"posted:{invoice['Id']}", "--reason", "seen it", "--by", "joe"]) == 0
    assert told(["post", "--wait"], capsys)[0] == 0
    assert office.wrong() == []


def test_after_a_restore_the_same_plan_finds_its_documents(office: Office, capsys: pytest.CaptureFixture[str]) -> None:
    state = office.folder / "state"
    saved = {path.name: path.read_bytes() for path in state.glob("connector.db*")}
    assert told(office.words, capsys)[0] == 0
    for path in state.glob("connector.db*"):
        path.unlink()
    for name, content in saved.items():
        (state / name).write_bytes(content)
    # One customer first, so that a series that began anew would number them otherwise.
    assert told([*office.words, "--only", "Customer 3"], capsys)[0] == 0
    assert told(office.words, capsys)[0] == 0
    assert office.wrong() == []


def test_a_number_that_a_person_took_is_left_to_them(office: Office, capsys: pytest.CaptureFixture[str]) -> None:
    finance = Bookkeeper(office.app.company())
    customer = finance.customer("Somebody else")
    item = office.plan.documents[0].lines[0].item or ""
    finance.invoice(customer, [Entry(item, "by hand", Decimal(10))], DocNumber="CSP-000002")
    assert told(office.words, capsys)[0] == 0
    numbers = sorted(one["DocNumber"] for one in office.app.company().every("Invoice"))
    assert numbers == ["CSP-000001", "CSP-000002", "CSP-000003", "CSP-000004"]


def test_a_mail_that_quickbooks_refused_is_asked_for_by_another_request_once_a_person_says_so(
    office: Office, capsys: pytest.CaptureFixture[str]
) -> None:
    """QuickBooks gives its first answer to a request that it knows again, refusals too."""
    configure(office, "deliver: false", "deliver: true")
    company = office.app.company()
    company.mails += [Mail("Invoice", str(number), "ap@example.com", company.now()) for number in range(40)]
    code, found = told([*office.words, "--only", "Customer 1"], capsys)
    assert (code, [(one["what"], one["outcome"]) for one in found["postings"]]) == (
        1, [("document", "done"), ("delivery", "person")]
    )  # fmt: skip
    (mail,) = [one for one in office.postings() if one.state == "rejected"]
    assert (mail.what, "limit of e-mails" in mail.said) == ("delivery", True)
    del company.mails[:]
    assert told(["resolve", mail.key, "--as", "absent", "--reason", "a new day", "--by", "jane"], capsys)[0] == 0
    assert told(["post", "--wait"], capsys)[0] == 0
    assert [one.state for one in office.postings()] == ["verified", "verified"]
    assert len(company.mails) == 1


def test_a_company_whose_subscription_ended_is_not_asked_for_every_document(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """QuickBooks lets such a company be read, and refuses whatever is written."""
    monkeypatch.setenv("QB_REFRESH", "none")
    for name, value in ENVIRONMENT.items():
        monkeypatch.setenv(name, value)
    with an_office(tmp_path / "office", customers=8) as office:
        monkeypatch.setenv("QB_REFRESH", office.environment["QB_REFRESH"])
        monkeypatch.chdir(office.folder)
        handle, company = office.watched.handle, office.app.company()
        lock = threading.Lock()

        def handled(request: Request) -> Response:
            with lock:
                company.suspended = request.method == "POST" and request.path.endswith("/invoice")
                return handle(request)

        monkeypatch.setattr(office.watched, "handle", handled)
        code, found = told(office.words, capsys)
        assert code == 75
        assert "renew the subscription of the company" in found["ledgers"]["books-us"]["trouble"]
        states = [one.state.value for one in office.postings()]
        assert 1 <= states.count("rejected") <= 4
        assert states.count("ready") == 8 - states.count("rejected")
        monkeypatch.setattr(office.watched, "handle", handle)
        company.suspended = False
        for one in office.postings():
            if one.state == "rejected":
                assert told(["resolve", one.key, "--as", "absent", "--reason", "paid", "--by", "jane"], capsys)[0] == 0
        assert told(["post", "--wait"], capsys)[0] == 0
        assert office.wrong() == []
