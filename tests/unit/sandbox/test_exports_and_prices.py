"""Graph's exports take their time and say how they ended, blobs open to a signature, price sheets have their forms."""

import gzip
import io
import json
import zipfile
import zlib
from dataclasses import replace
from pathlib import Path

import pytest
import requests

from connector.sandbox.directory import GRAPH, PARTNER_CENTER
from connector.sandbox.running import Running
from tests.unit.sandbox.caller import GRAPH_ROOT, Caller

SHEET = "pricesheets(Market='{}',PricesheetView='{}')/$value"


def billed(running: Running) -> str:
    return running.live.bills()[-1].id


def error(answer: requests.Response) -> tuple[int, str]:
    body = answer.json()["error"]
    assert set(body) == {"code", "message", "innerError"}
    return answer.status_code, body["code"]


def test_an_export_takes_its_time(caller: Caller, running: Running) -> None:
    ordered = caller.order("reconciliation/billed", invoiceId=billed(running), attributeSet="Full")
    assert (ordered.status_code, ordered.content) == (202, b"")
    seen = []
    for wait in (0, 6, 30, 10):
        running.clock.advance(wait)
        answer = caller.session.get(ordered.headers["Location"], headers=caller.headers(GRAPH))
        seen.append((answer.json()["status"], answer.headers.get("Retry-After")))
    assert seen == [("notStarted", "10"), ("running", "10"), ("running", "10"), ("succeeded", None)]
    running.clock.advance(8 * 24 * 3600)
    caller.forget_tokens()
    gone = caller.session.get(ordered.headers["Location"], headers=caller.headers(GRAPH))
    assert error(gone) == (410, "Gone")


def test_a_manifest_comes_in_both_shapes(caller: Caller, running: Running) -> None:
    shapes = set()
    for _ in range(2):
        location = caller.order("reconciliation/billed", invoiceId=billed(running)).headers["Location"]
        running.clock.advance(60)
        operation = caller.session.get(location, headers=caller.headers(GRAPH)).json()
        address = operation["resourceLocation@odata.navigationLink"]
        linked = caller.session.get(address, headers=caller.headers(GRAPH)).json()
        embedded = operation.get("resourceLocation")
        shapes.add(embedded is None)
        assert embedded is None or embedded["blobs"] == linked["blobs"]
        assert linked["id"] not in location
    assert shapes == {True, False}


def test_a_changed_charge_changes_the_tag(caller: Caller, running: Running) -> None:
    invoice = billed(running)
    first = caller.manifest("reconciliation/billed", invoiceId=invoice)
    assert caller.manifest("reconciliation/billed", invoiceId=invoice)["eTag"] == first["eTag"]
    first_line, *others = running.live.lines(invoice)
    running.live.restate(invoice, [replace(first_line, customer_name="Renamed"), *others])
    second = caller.manifest("reconciliation/billed", invoiceId=invoice)
    assert (second["eTag"] == first["eTag"], second["blobCount"]) == (False, first["blobCount"])


def test_basic_columns_only(caller: Caller, running: Running) -> None:
    full = json.loads(caller.export("reconciliation/billed", invoiceId=billed(running))[0])
    basic = json.loads(caller.export("reconciliation/billed", invoiceId=billed(running), attributeSet="basic")[0])
    assert set(full) - set(basic) == {
        "CustomerDomainName", "CustomerCountry", "MpnId", "Quantity", "PublisherId", "SubscriptionDescription",
        "UnitType", "AlternateId", "BillingFrequency", "PCToBCExchangeRateDate", "MeterDescription",
        "ProductQualifiers",
    }  # fmt: skip
    assert {name: full[name] for name in basic} == basic


@pytest.mark.parametrize(
    ("twist", "ending"),
    [("empty", ("failed", "5000")), ("failed", ("failed", "5001")), ("forever", ("running", None))],
)
def test_exports_that_fail(caller: Caller, running: Running, twist: str, ending: tuple[str, str | None]) -> None:
    running.faults.add(on="POST *export", do=f"app:{twist}")
    location = caller.order("usage/billed", invoiceId=billed(running)).headers["Location"]
    running.clock.advance(600)
    operation = caller.session.get(location, headers=caller.headers(GRAPH)).json()
    assert (operation["status"], operation.get("error", {}).get("code")) == ending


def test_what_graph_refuses(caller: Caller, running: Running) -> None:
    base = f"{running.config.graph}{GRAPH_ROOT}"
    export = f"{base}/reconciliation/billed/export"
    good, body = caller.headers(GRAPH), {"invoiceId": billed(running)}
    post = caller.session.post
    assert error(post(export, json=body)) == (401, "InvalidAuthenticationToken")
    other = {"Authorization": f"Bearer {caller.token(PARTNER_CENTER)}"}
    assert error(post(export, json=body, headers=other)) == (401, "InvalidAuthenticationToken")
    for wrong in ({}, {"invoiceId": ""}, {"invoiceId": "G1", "attributeSet": "most"}, {"invoiceId": "G1", "x": 1}):
        assert error(post(export, json=wrong, headers=good))[0] == 400
    unbilled = f"{base}/usage/unbilled/export"
    assert error(post(unbilled, json={"currencyCode": "USD", "billingPeriod": "next"}, headers=good))[0] == 400
    assert error(post(export, data="{}", headers=good))[0] == 415
    assert error(post(f"{export}?$top=5", json=body, headers=good))[0] == 400
    assert error(caller.session.get(export, headers=good))[0] == 405
    assert error(caller.session.get(f"{base}/operations/none", headers=good)) == (404, "NotFound")
    running.directory.registrations[running.config.client_id].roles[GRAPH] = set()
    caller.forget_tokens()
    assert error(post(export, json=body, headers=caller.headers(GRAPH))) == (403, "Authorization_RequestDenied")


def test_blobs_open_to_a_signature_for_an_hour(caller: Caller, running: Running) -> None:
    manifest = caller.manifest("reconciliation/billed", invoiceId=billed(running))
    address = f"{manifest['rootDirectory']}/{manifest['blobs'][0]['name']}"
    signed, get = f"{address}?{manifest['sasToken']}", caller.session.get
    whole = get(signed)
    assert gzip.decompress(whole.content)
    assert get(signed, headers={"Range": "bytes=5-9"}).content == whole.content[5:10]
    assert get(signed, headers={"Range": "bytes=5-"}).status_code == 206
    assert get(address).status_code == 404
    assert get(signed.replace("sig=", "sig=A")).status_code == 403
    assert get(signed.replace("part-00000", "part-00009")).status_code == 404
    assert get(signed, headers=caller.headers(GRAPH)).status_code == 400
    assert running.blobs.leaks
    running.clock.advance(3601)
    late = get(signed)
    assert (late.status_code, late.headers["x-ms-error-code"]) == (403, "AuthenticationFailed")


@pytest.mark.parametrize("twist", ["cut-gzip", "cut-member", "garbled"])
def test_blobs_go_wrong_on_demand(caller: Caller, running: Running, twist: str) -> None:
    manifest = caller.manifest("reconciliation/billed", invoiceId=billed(running))
    signed = f"{manifest['rootDirectory']}/{manifest['blobs'][0]['name']}?{manifest['sasToken']}"
    whole = gzip.decompress(caller.session.get(signed).content)
    running.faults.add(on="GET *part-00000*", do=f"app:{twist}")
    spoiled = caller.session.get(signed).content
    if twist == "cut-member":
        assert whole.startswith(gzip.decompress(spoiled))
        assert gzip.decompress(spoiled) != whole
    else:
        with pytest.raises((OSError, EOFError, zlib.error)):
            gzip.decompress(spoiled)


def test_manifests_go_wrong_on_demand(caller: Caller, running: Running) -> None:
    found = {}
    for twist in ("missing-blob", "fewer", "schema", "short-sas"):
        running.manners.result_shape = "link"
        running.faults.clear()
        running.faults.add(on="GET *manifests/*", do=f"app:{twist}")
        found[twist] = caller.manifest("reconciliation/billed", invoiceId=billed(running))
    assert [len(each["blobs"]) - each["blobCount"] for each in found.values()] == [0, -1, 0, 0]
    assert found["schema"]["schemaVersion"] == "99"
    missing = found["missing-blob"]
    address = f"{missing['rootDirectory']}/{missing['blobs'][-1]['name']}?{missing['sasToken']}"
    assert caller.session.get(address).status_code == 404


def test_prepared_blobs_are_served_from_the_disk(caller: Caller, running: Running, tmp_path: Path) -> None:
    path = tmp_path / "big.json.gz"
    path.write_bytes(gzip.compress(b'{"InvoiceNumber":"G1"}\n' * 1000))
    running.graph.prepared["billedreconciliation", "G1"] = [path, path]
    assert len(caller.export("reconciliation/billed", invoiceId="G1")) == 2000


def test_price_sheets_by_time_view_and_form(caller: Caller, running: Running) -> None:
    licences = SHEET.format("US", "updatedlicensebased")
    plain = caller.sheet(licences)
    assert plain.headers["Content-Disposition"] == "attachment; filename=sheets.csv"
    assert "Content-Encoding" not in plain.headers
    assert plain.content.startswith(b'"ProductTitle","ProductId"')
    packed = caller.sheet(licences, encoding="deflate")
    assert packed.content.startswith(b"PK\x03\x04")
    with zipfile.ZipFile(io.BytesIO(packed.content)) as archive:
        assert archive.read("sheets.csv") == plain.content
    assert caller.sheet(f"{licences}?timeline=future").status_code == 404
    assert caller.sheet(f"{licences}?timeline=history&month=202610").status_code == 200
    assert caller.sheet(f"{licences}?timeline=history&month=202001").status_code == 404
    assert caller.sheet(f"{licences}?timeline=history").status_code == 400
    assert caller.sheet(SHEET.format("US", "everything")).status_code == 400
    assert caller.sheet(SHEET.format("ZZ", "updatedlicensebased")).status_code == 400
    assert b"payG-1" in caller.sheet(SHEET.format("DE", "azure_consumption")).content
    running.pricing.republished["updatedlicensebased", "US", "202611"] = b"corrected"
    assert caller.sheet(licences).content == b"corrected"
    rates = caller.sheet("fxrates(Month='202610')/$value").text.splitlines()
    assert rates[0] == '"CurrencyCode","USDPerUnit","Month"'
    assert caller.sheet("fxrates(Month='202701')/$value").status_code == 404
    assert caller.sheet("offermatrix(Month='202610')/$value").status_code == 200


def test_price_sheets_are_for_people(caller: Caller, running: Running) -> None:
    licences = SHEET.format("US", "updatedlicensebased")
    assert caller.sheet(licences, person=False).status_code == 400
    running.manners.pricing_app_only = True
    assert caller.sheet(licences, person=False).status_code == 200
    headers = {"Authorization": f"Bearer {caller.token(GRAPH)}"}
    address = f"{running.config.pricing}/v1.0/sales/{licences}"
    assert caller.session.get(address, headers=headers).status_code == 401
