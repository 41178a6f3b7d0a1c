"""The simulated Partner Center refuses what the real one refuses, pages as it pages, and counts the calls."""

import json
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
import requests

from connector.sandbox.clock import SandboxClock
from connector.sandbox.directory import GRAPH, PARTNER_CENTER, RETIRED
from connector.sandbox.running import Deal, Running, start
from tests.unit.sandbox.caller import Caller, exact

STRANGER = "99999999-8888-7777-6666-555555555555"


def code(answer: requests.Response) -> tuple[int, str]:
    body = exact(answer)
    assert set(body) == {"code", "description", "data", "source"}
    return answer.status_code, body["code"]


def ask(caller: Caller, token: str) -> requests.Response:
    headers = caller.headers(PARTNER_CENTER) | {"Authorization": f"Bearer {token}"}
    return caller.session.get(f"{caller.running.config.api}/v1/customers", headers=headers)


def test_every_body_begins_with_a_mark_and_carries_its_ids(caller: Caller) -> None:
    answer = caller.api("/customers?size=3")
    assert answer.content.startswith(b"\xef\xbb\xbf{")
    assert answer.headers["MS-RequestId"] == answer.request.headers["MS-RequestId"]
    assert answer.headers["MS-CorrelationId"] == answer.request.headers["MS-CorrelationId"]
    assert answer.headers["MS-CV"]


def test_who_may_not_read(caller: Caller, running: Running) -> None:
    assert code(ask(caller, "")) == (401, "400")
    assert code(ask(caller, "made-up")) == (401, "800001")
    assert code(ask(caller, caller.token(GRAPH))) == (401, "800001")
    assert code(ask(caller, caller.token(RETIRED))) == (401, "900420")
    form = caller.app_form(PARTNER_CENTER) | {
        "grant_type": "refresh_token",
        "refresh_token": running.refresh_token(mfa=False),
    }
    without_mfa = caller.post_token(**form).json()["access_token"]
    assert code(ask(caller, without_mfa)) == (401, "900421")
    running.manners.mfa_enforced = False
    assert ask(caller, without_mfa).status_code == 200
    good = caller.token(PARTNER_CENTER)
    assert ask(caller, good).status_code == 200
    running.clock.advance(3601)
    assert code(ask(caller, good)) == (401, "800001")


def test_headers_are_looked_at(caller: Caller, running: Running) -> None:
    address = f"{running.config.api}/v1/customers"
    whole = caller.headers(PARTNER_CENTER)
    for name in ("MS-Contract-Version", "MS-RequestId", "MS-CorrelationId"):
        without = {key: text for key, text in whole.items() if key != name}
        assert code(caller.session.get(address, headers=without)) == (400, "3000")
    assert code(caller.session.get(address, headers=whole | {"MS-Contract-Version": "v9"})) == (400, "3000")
    assert code(caller.session.get(address, headers=whole | {"Accept": "text/html"})) == (400, "3000")
    running.manners.strict_headers = False
    bare = {"Authorization": whole["Authorization"]}
    assert caller.session.get(address, headers=bare).status_code == 200
    assert code(caller.session.get(address, headers=bare | {"MS-RequestId": "7"})) == (400, "3000")


def test_nobody_writes(caller: Caller, running: Running) -> None:
    tenant = running.live.customers()[0].tenant_id
    address = f"{running.config.api}/v1/customers/{tenant}"
    assert code(caller.session.delete(address, headers=caller.headers(PARTNER_CENTER))) == (403, "900308")


def test_pages_hold_everybody_once(caller: Caller, running: Running) -> None:
    everybody = [customer["id"] for customer in caller.items("/customers", size=7)]
    assert sorted(everybody) == sorted(customer.tenant_id for customer in running.live.customers())
    body = exact(caller.api("/customers?size=7"))
    following = body["links"]["next"]
    assert following["uri"] == "/customers?size=7?seekOperation=Next"
    assert following["headers"] == [{"key": "MS-ContinuationToken", "value": body["continuationToken"]}]
    assert body["totalCount"] == 7
    token = body["continuationToken"]
    assert code(caller.api("/customers?size=7&seekOperation=Next")) == (400, "3000")
    headers = {"MS-ContinuationToken": token}
    assert code(caller.api("/customers?size=7", **headers)) == (400, "3000")
    assert code(caller.api("/auditrecords?size=7&seekOperation=Next", **headers)) == (400, "3000")
    assert code(caller.api("/customers?seekOperation=Next", **{"MS-ContinuationToken": "bm8="})) == (400, "3000")


@pytest.mark.parametrize(
    ("twist", "times", "given", "seen"),
    [("loop", 6, 40 + 6 * 7, 40), ("repeat", 1, 47, 40), ("empty", 1, 40, 40), ("end", 1, 7, 7)],
)
def test_pages_go_wrong_on_demand(
    caller: Caller, running: Running, twist: str, times: int, given: int, seen: int
) -> None:
    running.faults.add(on="GET /v1/customers", do=f"app:{twist}", times=times)
    found = caller.items("/customers", size=7)
    assert (len(found), len({customer["id"] for customer in found})) == (given, seen)


def test_customers_are_found_by_name(caller: Caller, running: Running) -> None:
    wanted = running.live.customers()[5]
    choice = json.dumps({"Field": "CompanyName", "Value": wanted.name[:12], "Operator": "starts_with"})
    answer = caller.session.get(
        f"{running.config.api}/v1/customers", params={"filter": choice}, headers=caller.headers(PARTNER_CENTER)
    )
    assert wanted.tenant_id in {customer["id"] for customer in exact(answer)["items"]}
    assert code(caller.api("/customers?filter=nonsense")) == (400, "3000")


def test_what_is_not_there(caller: Caller, running: Running) -> None:
    tenant = running.live.customers()[0].tenant_id
    assert code(caller.api(f"/customers/{STRANGER}")) == (403, "20002")
    assert code(caller.api("/customers/7")) == (400, "3000")
    assert code(caller.api(f"/customers/{tenant}/subscriptions/{STRANGER}")) == (404, "20003")
    assert code(caller.api(f"/customers/{tenant}/orders/{STRANGER}")) == (404, "20000")
    assert code(caller.api("/invoices/G000000000")) == (404, "1000")
    assert code(caller.api("/nothing")) == (404, "1000")
    running.live.leave(tenant, running.clock.now() + timedelta(hours=1))
    assert caller.api(f"/customers/{tenant.upper()}").status_code == 200
    running.clock.advance(3600)
    caller.forget_tokens()
    assert code(caller.api(f"/customers/{tenant}/subscriptions")) == (403, "20002")
    assert tenant not in {customer["id"] for customer in caller.items("/customers")}


def test_five_hundred_calls_a_minute(running: Running, caller: Caller) -> None:
    allowance = running.partner_center.gate.allowances["orders"]
    for _ in range(allowance.limit):
        assert allowance.take() is None
    tenant = running.live.customers()[0].tenant_id
    refused = caller.api(f"/customers/{tenant}/orders")
    assert refused.status_code == 429
    assert exact(refused) == {"statusCode": 429, "message": "Rate limit is exceeded. Try again in 60 seconds."}
    assert caller.api(f"/customers/{tenant}/subscriptions").status_code == 200
    running.clock.advance(int(refused.headers["Retry-After"]))
    assert caller.api(f"/customers/{tenant}/orders").status_code == 200
    running.faults.add(on="GET /v1/invoices", do="status:429:3")
    other = caller.api("/invoices")
    assert (code(other), other.headers["Retry-After"]) == ((429, "429"), "3")


def test_subscriptions_are_shown_with_all_that_hangs_on_them(caller: Caller, running: Running) -> None:
    spellings: set[bool] = set()
    totals: set[bool] = set()
    transitions = 0
    for customer in running.live.customers():
        listed = exact(caller.api(f"/customers/{customer.tenant_id}/subscriptions"))
        totals.add(listed["totalCount"] == len(listed["items"]))
        for shown in listed["items"]:
            spellings.add(shown["id"].islower())
            assert shown["links"]["self"]["uri"].endswith(shown["id"].lower())
            one = exact(caller.api(f"/customers/{customer.tenant_id}/subscriptions/{shown['id']}"))
            assert one == shown
    assert spellings == totals == {True, False}
    for line in running.world.charges[running.world.month]:
        if line.charge_type == "convert" and line.eup < 0:
            path = f"/customers/{line.tenant_id}/subscriptions/{line.subscription_id}/transitions"
            (moved,) = exact(caller.api(path))["transition"]
            assert moved["Events"][0]["status"] == "Started "
            transitions += 1
    assert transitions
    plan = next(plan for plan, _ in running.world.metered)
    path = f"/customers/{plan.customer.tenant_id}/subscriptions/{plan.subscription_id}"
    assert exact(caller.api(f"{path}/azureEntitlements"))["items"][0]["id"] == plan.entitlement_id
    assert exact(caller.api(f"{path}/addons"))["items"] == []


def test_orders_tell_how_each_subscription_was_bought(caller: Caller, running: Running) -> None:
    customer = running.live.customers()[3]
    orders = exact(caller.api(f"/customers/{customer.tenant_id}/orders"))["items"]
    bought = {line["subscriptionId"] for order in orders for line in order["lineItems"]}
    assert bought == {str(one["id"]) for one in running.live.subscriptions(customer.tenant_id)}
    assert exact(caller.api(f"/customers/{customer.tenant_id}/orders/{orders[0]['id']}")) == orders[0]


def test_invoices_by_size_and_offset(caller: Caller, running: Running) -> None:
    first = exact(caller.api("/invoices?size=3&offset=0"))
    assert first["links"]["next"]["uri"] == "/invoices?size=3&offset=3"
    rest = exact(caller.api("/invoices?size=3&offset=3"))
    assert "next" not in rest["links"]
    ids = [invoice["id"] for page in (first, rest) for invoice in page["items"]]
    assert ids == [bill.id for bill in reversed(running.live.bills())]
    note = running.live.credit(ids[0], Decimal("12.50"))
    credited = exact(caller.api(f"/invoices/{note.id}"))
    assert (credited["documentType"], credited["amendsOf"]) == ("credit_note", ids[0])
    assert credited["totalCharges"] == Decimal("-12.50")
    balance = {
        each["currencyCode"]: each["balanceAmount"] for each in exact(caller.api("/invoices/summaries"))["items"]
    }
    for currency, amount in balance.items():
        assert amount == sum(bill.gross for bill in running.live.bills() if bill.currency == currency)
    assert caller.api(f"/invoices/{ids[0]}/documents/statement", Accept="application/pdf").content.startswith(b"%PDF")


def test_line_items_of_newer_months_have_moved_to_graph(caller: Caller, running: Running) -> None:
    invoice = running.live.bills()[0].id
    asked = "provider=onetime&invoicelineitemtype=billinglineitems"
    assert code(caller.api(f"/invoices/{invoice}/lineitems?{asked}")) == (410, "1000")
    assert code(caller.api(f"/invoices/unbilled/lineitems?{asked}&currencycode=usd&period=current")) == (410, "1000")
    assert code(caller.api(f"/invoices/{invoice}/lineitems?provider=onetime")) == (400, "3000")


def test_the_older_kind_keeps_its_line_items() -> None:
    with start(Deal(customers=8, older=True)) as running, requests.Session() as session:
        session.trust_env = False
        caller = Caller(running, session)
        (bill,) = (bill for bill in running.live.bills() if bill.id.startswith("D"))
        shown = exact(caller.api(f"/invoices/Recurring-{bill.id}"))
        assert shown["invoiceType"].lower() == "recurring"
        totals = {"office": "totalForCustomer", "azure": "postTaxTotal"}
        found: dict[str, list[dict[str, Any]]] = {}
        for provider in totals:
            path = f"/invoices/{bill.id}/lineitems?provider={provider}&invoicelineitemtype=BillingLineItems&size=2"
            page = exact(caller.api(path))
            assert page["links"]["next"]["uri"].endswith("size=2&offset=")
            found[provider] = exact(caller.api(path.replace("size=2", "size=2000")))["items"]
        gross = sum(item[totals[provider]] for provider, items in found.items() for item in items)
        assert gross == bill.gross == shown["totalCharges"]


def test_audit_records_go_back_ninety_days() -> None:
    clock = SandboxClock(datetime(2026, 11, 9, 8, tzinfo=UTC))
    with start(clock=clock) as running, requests.Session() as session:
        session.trust_env = False
        caller = Caller(running, session)
        found = caller.items("/auditrecords?startDate=2026-10-01", size=20)
        days = [record["operationDate"] for record in found]
        assert days == sorted(days, reverse=True)
        assert len({record["id"] for record in found}) == len(found) > 20
        assert code(caller.api("/auditrecords?startDate=2026-08-01")) == (400, "3000")
        assert caller.api("/auditrecords?startDate=2026-08-11").status_code == 200
        assert code(caller.api("/auditrecords?startDate=soon")) == (400, "3000")
        tenant = next(record["customerId"] for record in found if "customerId" in record)
        choice = json.dumps({"Field": "CustomerId", "Value": tenant.upper(), "Operator": "equals"})
        own = caller.items(f"/auditrecords?startDate=2026-10-01&filter={choice}")
        assert own == [record for record in found if record.get("customerId") == tenant]
