"""What the simulators answer has the fields and kinds of values of Microsoft's own samples.

Fields of a sample that the sandbox leaves out, and fields it adds, are named here one by one.
"""

import csv
import io
import json
import re
from collections import defaultdict
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import requests

from connector.sandbox.clock import SandboxClock
from connector.sandbox.directory import GRAPH, PARTNER_CENTER
from connector.sandbox.running import Deal, Running, start
from tests.unit.sandbox.caller import Caller, exact

SAMPLES = Path(__file__).resolve().parents[4] / "shared" / "samples" / "partner_center"
pytestmark = pytest.mark.skipif(not SAMPLES.is_dir(), reason="Microsoft's samples are not part of the repository")

Shape = dict[str, set[str]]


def shape_of(value: Any, path: str = "") -> Shape:
    """The kinds of values by path; all items of a list count as one."""
    found: defaultdict[str, set[str]] = defaultdict(set)
    if isinstance(value, dict):
        found[path].add("object")
        for name, inner in value.items():
            for deeper, kinds in shape_of(inner, f"{path}.{name}").items():
                found[deeper] |= kinds
    elif isinstance(value, list):
        found[path].add("list")
        for inner in value:
            for deeper, kinds in shape_of(inner, f"{path}[]").items():
                found[deeper] |= kinds
    else:
        found[path] |= kinds_of(value)
    return found


def kinds_of(value: Any) -> set[str]:
    if isinstance(value, bool):
        return {"bool"}
    if isinstance(value, str):
        if re.fullmatch(r"\d{4}-\d\d-\d\d ?T.*", value):
            return {"moment"}
        # Empty text stands for nothing, and numbers come as text or as numbers.
        is_number = re.fullmatch(r"-?\d+(\.\d+)?", value)
        return ({"number", "text"} if is_number else {"text"}) if value else {"nothing"}
    return {"nothing"} if value is None else {"number"}


def sample(name: str) -> Any:
    return json.loads((SAMPLES / name).read_text("utf-8-sig"))


@pytest.fixture(scope="module")
def caller() -> Iterator[Caller]:
    """A sandbox of a time when every route still answered: the invoice of January 2024 is just out."""
    clock = SandboxClock(datetime(2024, 2, 9, 8, tzinfo=UTC))
    with start(Deal(customers=40, last_month="2024-01", older=True), clock) as running, requests.Session() as session:
        session.trust_env = False
        yield Caller(running, session)


def new_commerce(caller: Caller) -> str:
    return next(bill.id for bill in caller.running.live.bills() if bill.id.startswith("G"))


def older(caller: Caller) -> str:
    return next(bill.id for bill in caller.running.live.bills() if bill.id.startswith("D"))


def path_of(name: str, caller: Caller) -> list[str]:
    """The paths to ask for, several where one alone does not have every field."""
    live = caller.running.live
    customers = [f"/customers/{customer.tenant_id}" for customer in live.customers()]
    plan = next(plan for plan, _ in live.world.metered)
    azure = f"/customers/{plan.customer.tenant_id}/subscriptions/{plan.subscription_id}"
    converted = next(
        f"/customers/{line.tenant_id}/subscriptions/{line.subscription_id}"
        for line in live.world.charges[live.world.month]
        if line.charge_type == "convert" and line.eup < 0
    )
    billed, items = f"/invoices/{new_commerce(caller)}", "lineitems?invoicelineitemtype="
    legacy = f"/invoices/{older(caller)}"
    picture = live.subscriptions(live.customers()[3].tenant_id)[0]
    hanging = next(course for course in live.courses.values() if "parentSubscriptionId" in course.looks[0])
    parent = f"/customers/{hanging.tenant_id}/subscriptions/{hanging.looks[0]['parentSubscriptionId']}"
    return {
        "customers": ["/customers?size=4"],
        "customer": customers,
        "company": [f"{customer}/profiles/company" for customer in customers],
        "billing": [f"{customer}/profiles/billing" for customer in customers],
        "qualifications": [f"{customer}/qualifications" for customer in customers],
        "subscriptions": [f"{customer}/subscriptions" for customer in customers],
        "subscription": [f"{customers[3]}/subscriptions/{picture['id']}"],
        "plan": [azure],
        "addon": [f"/customers/{hanging.tenant_id}/subscriptions/{hanging.id}"],
        "addons": [f"{parent}/addons"],
        "order": [f"{customers[3]}/orders/{picture['orderId']}"],
        "transitions": [f"{converted}/transitions"],
        "entitlements": [f"{azure}/azureEntitlements"],
        "orders": [f"{customer}/orders" for customer in customers],
        "invoices": ["/invoices?size=1"],
        "invoice": [billed],
        "summaries": ["/invoices/summaries"],
        "summary": ["/invoices/summary"],
        "estimates": ["/invoices/estimates/links?currencycode=usd"],
        "office": [f"{legacy}/{items}billinglineitems&provider=office&size=2"],
        "azure": [f"{legacy}/{items}billinglineitems&provider=azure&size=2"],
        "onetime": [f"{billed}/{items}billinglineitems&provider=onetime&size=200"],
        "daily": [f"{billed}/{items}usagelineitems&provider=onetime"],
        "audit": ["/auditrecords?startDate=2023-12-01&size=400"],
    }[name]


LINKS_OF_COLLECTIONS = {".links", ".links.self", ".links.self.uri", ".links.self.method", ".links.self.headers"}
PAGING = {".links.next", ".links.next.uri", ".links.next.method", ".links.next.headers"}
TOKEN = {".links.next.headers[]", ".links.next.headers[].key", ".links.next.headers[].value", ".continuationToken"}
RECEIPTS = {"taxReceipts", "taxReceipts[]", "taxReceipts[].id", "taxReceipts[].taxReceiptPdfDownloadLink"}
MISPRINTS = {"items[].attributes/objectType", "items[].invoiceLineItemTypce"}
ORDER_LINKS = {"items[].attributes.etag", "items[].lineItems[].links.provisioningStatus"}
LICENCES = "pricesheets(Market='US',PricesheetView='updatedlicensebased')/$value"
METERS = "pricesheets(Market='US',PricesheetView='azure_consumption')/$value"
DOCUMENTS = [
    ("customers_list_01_response.json", "customers", set()),
    ("customer_by_id_01_response.json", "customer", set()),
    ("customer_company_profile_01_response.json", "company", set()),
    ("customer_billing_profile_01_response.json", "billing", set()),
    ("customer_qualification_01_response.repaired.json", "qualifications", set()),
    ("subscriptions_list_01_response.json", "subscriptions", set()),
    ("subscriptions_by_order_01_response.json", "subscriptions", set()),
    ("subscriptions_by_mpn_01_response.json", "subscriptions", set()),
    ("subscription_by_id_01_response.json", "plan", {"links.offer", "attributes.etag"}),
    ("subscription_by_id_02_response.json", "addon", set()),
    ("subscription_addons_01_response.json", "addons", {"items[].entitlementId"}),
    ("subscription_change_quantity_04_response.repaired.json", "subscription", {"refundOptions", "refundableQuantity"}),
    ("subscription_transitions_01_response.json", "transitions", set()),
    ("azure_entitlements_01_response.json", "entitlements", set()),
    (
        "orders_list_01_response.repaired.json",
        "orders",
        {"items[].attributes.etag", "items[].lineItems[].links.provisioningStatus"},
    ),
    ("invoices_list_01_response.json", "invoices", {f"items[].{name}" for name in RECEIPTS} | {"items[].amendments"}),
    ("invoice_by_id_01_response.json", "invoice", RECEIPTS),
    ("invoice_summaries_01_response.json", "summaries", set()),
    ("invoice_summary_balance_01_response.json", "summary", set()),
    ("invoice_estimate_links_01_response.json", "estimates", set()),
    ("invoice_lineitems_01_response.json", "office", set()),
    ("invoice_lineitems_02_response.json", "azure", set()),
    ("invoice_lineitems_04_response.repaired.json", "onetime", MISPRINTS),
    ("invoice_unbilled_recon_onetime_01_response.repaired.json", "onetime", MISPRINTS),
    ("invoice_unbilled_recon_onetime_02_response.repaired.json", "onetime", MISPRINTS),
    ("invoice_billed_daily_usage_02_response.json", "daily", set()),
    ("invoice_unbilled_daily_usage_01_response.json", "daily", MISPRINTS),
    ("audit_records_01_response.json", "audit", set()),
    ("throttling_and_audit_02_response.repaired.json", "audit", set()),
]


@pytest.mark.parametrize(("name", "route", "left_out"), DOCUMENTS, ids=[name for name, _, _ in DOCUMENTS])
def test_answers_have_the_fields_of_the_samples(caller: Caller, name: str, route: str, left_out: set[str]) -> None:
    wanted, given = shape_of(sample(name)), defaultdict(set)
    for path in path_of(route, caller):
        answer = caller.api(path)
        assert answer.status_code == 200, answer.text
        for place, kinds in shape_of(exact(answer)).items():
            given[place] |= kinds
        caller.running.clock.advance(1)
    free = LINKS_OF_COLLECTIONS | PAGING | TOKEN
    missing = {
        place
        for place in wanted
        if place not in given
        and place not in free
        and not any(place.lstrip(".").startswith(known) for known in left_out)
    }
    assert missing == set()
    odd = {
        place: (sorted(wanted[place]), sorted(given[place]))
        for place in wanted.keys() & given.keys()
        if wanted[place] != {"nothing"} and not (wanted[place] | {"nothing"}) & given[place]
    }
    assert odd == {}


def test_refusals_have_the_shape_of_the_sample(caller: Caller) -> None:
    caller.running.faults.add(on="GET /v1/customers", do="status:429:57")
    assert exact(caller.api("/customers")) == sample("throttling_and_audit_01_response.json")


def test_graph_has_the_shapes_of_the_samples() -> None:
    with start(Deal(customers=40)) as running, requests.Session() as session:
        session.trust_env = False
        caller = Caller(running, session)
        running.manners.result_shape = "link"
        invoice = running.live.bills()[-1].id
        location = caller.order("reconciliation/billed", invoiceId=invoice).headers["Location"]
        headers = caller.headers(GRAPH)
        found = {"running": session.get(location, headers=headers).json()}
        running.clock.advance(60)
        found["succeeded"] = session.get(location, headers=headers).json()
        nothing = caller.order("usage/billed", invoiceId="G000000000").headers["Location"]
        running.clock.advance(60)
        found["failed"] = session.get(nothing, headers=headers).json()
        for name, body in found.items():
            wanted = sample(f"graph_v1_operation_{name}.json")
            assert body.pop("@odata.context")
            assert shape_of(body) == shape_of(wanted)
            assert body["@odata.type"] == wanted["@odata.type"]
            assert body["createdDateTime"][-1] != "Z"
            assert re.fullmatch(r".*\.\d{7}Z", body["lastActionDateTime"])
        manifest = caller.manifest("reconciliation/billed", invoiceId=invoice)
        assert shape_of(manifest) == shape_of(sample("graph_v1_manifest.json"))
        asked = (SAMPLES / "graph_v1_export_billed_reconciliation.http.txt").read_text(encoding="utf-8")
        pattern = re.search(r"Location: https://graph.microsoft.com(/\S+/)[0-9a-f-]{36}", asked)
        assert pattern
        assert location.startswith(running.config.graph + pattern[1])


@pytest.mark.parametrize(
    ("name", "path", "more"),
    [
        (
            "price_sheet_nce_license.csv",
            "pricesheets(Market='US',PricesheetView='updatedlicensebased')/$value",
            ["Segment"],
        ),
        ("price_sheet_azure_consumption.csv", METERS, []),
        ("fx_rates.csv", "fxrates(Month='202401')/$value", []),
        ("offer_matrix.csv", "offermatrix(Month='202401')/$value", []),
    ],
)
def test_tables_have_the_columns_of_the_samples(caller: Caller, name: str, path: str, more: list[str]) -> None:
    wanted = next(csv.reader(io.StringIO((SAMPLES / name).read_text("utf-8-sig"))))
    given = caller.sheet(path).text
    assert next(csv.reader(io.StringIO(given))) == [cell.strip() for cell in wanted] + more
    assert given.startswith('"')


@pytest.mark.parametrize(
    ("name", "kind"),
    [("recon_nce_header_47.csv", "reconciliation"), ("recon_daily_rated_usage_header_55.csv", "usage")],
)
def test_exports_have_the_columns_of_the_files(running: Running, name: str, kind: str) -> None:
    wanted = next(csv.reader(io.StringIO((SAMPLES / name).read_text("utf-8-sig"))))
    with requests.Session() as session:
        session.trust_env = False
        invoice = running.world.invoice(running.world.month, "USD")
        lines = Caller(running, session).export(f"{kind}/billed", invoiceId=invoice)
    assert list(json.loads(lines[0])) == wanted


def test_tokens_have_the_shape_of_the_samples(caller: Caller) -> None:
    form = caller.app_form(PARTNER_CENTER) | {"resource": PARTNER_CENTER}
    given = caller.post_token("oauth2/token", **form).json()
    assert shape_of(given) == shape_of(sample("auth_01_response.json"))
    form |= {"grant_type": "refresh_token", "refresh_token": caller.running.refresh_token()}
    renewed = shape_of(caller.post_token("oauth2/token", **form).json())
    assert set(shape_of(sample("auth_sam_02_response.json"))) <= set(renewed)
