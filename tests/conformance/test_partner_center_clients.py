"""Clients written by others find nothing odd about the simulated Microsoft: a Node package, and MSAL itself."""

import json
import os
import subprocess
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msal
import pytest
import requests

from connector.sandbox.clock import SandboxClock
from connector.sandbox.directory import GRAPH, PARTNER_CENTER, PRICING
from connector.sandbox.manners import Manners
from connector.sandbox.running import Running, start
from tests.conformance.node_package import Missing, fetched

HOSTS = {"https://login.microsoftonline.com": "authority", PARTNER_CENTER: "api", PRICING: "pricing"}


@pytest.fixture(scope="module")
def running() -> Iterator[Running]:
    # Others' clients leave some documented headers out, and look at the real time.
    with start(clock=SandboxClock(), manners=Manners(strict_headers=False)) as made:
        made.directory.device_interval = 1
        yield made


@pytest.fixture
def session(running: Running) -> Iterator[requests.Session]:
    with requests.Session() as made:
        made.trust_env = False
        made.verify = str(running.config.ca_file)
        yield made


@pytest.fixture(scope="module")
def listed(running: Running) -> dict[str, Any]:
    try:
        folder = fetched()
    except Missing as reason:
        pytest.skip(str(reason))
    config = running.config
    own = {"clientId": config.client_id, "clientSecret": config.client_secret}
    settings = {
        "hosts": {host: getattr(config, name) for host, name in HOSTS.items()},
        "tenant": config.tenant_domain,
        "ways": {"app": own, "person": own | {"refreshToken": config.refresh_token}},
        "wrong": own | {"clientSecret": "wrong"},
        "look": 8,
        "priceType": "NewCommerceExperience",
    }
    words = ["node", str(Path(__file__).with_name("partner_center.cjs")), str(folder), json.dumps(settings)]
    kept = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    environment = kept | {"NODE_EXTRA_CA_CERTS": str(config.ca_file)}
    done = subprocess.run(words, capture_output=True, text=True, timeout=120, env=environment, check=False)
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    return found


@pytest.mark.parametrize("way", ["app", "person"])
def test_the_node_package_lists_customers_subscriptions_and_invoices(
    listed: dict[str, Any], running: Running, way: str
) -> None:
    found, live = listed[way], running.live
    assert {customer["id"] for customer in found["customers"]} == {one.tenant_id for one in live.customers()}
    assert len(found["subscriptions"]) == 8
    for tenant_id, subscriptions in found["subscriptions"].items():
        seen = {one["id"].lower(): (one["quantity"], one["status"]) for one in subscriptions}
        assert seen == {str(one["id"]): (one["quantity"], one["status"]) for one in live.subscriptions(tenant_id)}
    assert {invoice["id"] for invoice in found["invoices"]} == {bill.id for bill in live.bills()}
    assert found["document"] == "%PDF-"


def test_the_node_package_reads_a_price_sheet(listed: dict[str, Any]) -> None:
    rows = listed["person"]["sheet"]
    assert {row["Market"] for row in rows} == {"US"}
    assert all(row["UnitPrice"] and row["ERP Price"] for row in rows)


def test_the_node_package_repeats_why_it_was_refused(listed: dict[str, Any]) -> None:
    assert listed["refused"].startswith("AADSTS7000215")


def application(running: Running, session: requests.Session, credential: Any) -> msal.ConfidentialClientApplication:
    return msal.ConfidentialClientApplication(
        running.config.client_id,
        client_credential=credential,
        authority=f"{running.config.authority}/{running.config.tenant_id}",
        instance_discovery=False,
        http_client=session,
    )


def scopes(resource: str) -> list[str]:
    return [f"{resource}/.default"]


def test_msal_signs_in_with_a_secret_and_with_a_certificate(running: Running, session: requests.Session) -> None:
    pem = running.config.certificate_file.read_text(encoding="ascii")
    private, _, public = pem.partition("-----BEGIN CERTIFICATE")
    ways = [
        running.config.client_secret,
        {"private_key": private, "thumbprint": running.credentials.sha1_thumbprint},
        {"private_key": private, "public_certificate": "-----BEGIN CERTIFICATE" + public},
    ]
    for credential in ways:
        got = application(running, session, credential).acquire_token_for_client(scopes(GRAPH))
        granted = running.tokens.find(got["access_token"])
        assert granted is not None
        assert granted.is_app_only
        assert granted.roles == {"PartnerBilling.Read.All"}


def test_msal_renews_a_sign_in_for_every_service(running: Running, session: requests.Session) -> None:
    app, refresh = application(running, session, running.config.client_secret), running.refresh_token()
    for resource in (PARTNER_CENTER, PRICING, GRAPH):
        got = app.acquire_token_by_refresh_token(refresh, scopes(resource))
        assert got["refresh_token"] != refresh
        granted = running.tokens.find(got["access_token"])
        assert granted is not None
        assert (granted.person, granted.audience, granted.mfa) == (running.config.user, resource, True)
        refresh = got["refresh_token"]


def test_msal_waits_for_a_device_code(running: Running, session: requests.Session) -> None:
    app = msal.PublicClientApplication(
        running.config.client_id,
        authority=f"{running.config.authority}/{running.config.tenant_id}",
        instance_discovery=False,
        http_client=session,
    )
    flow = app.initiate_device_flow(scopes(PARTNER_CENTER))
    assert flow["verification_uri"].startswith(running.config.authority)
    friend = threading.Thread(target=approve_on_the_page, args=(running, flow["verification_uri"], flow["user_code"]))
    friend.start()
    got = app.acquire_token_by_device_flow(flow)
    friend.join()
    assert got["id_token_claims"]["preferred_username"] == running.config.user
    assert running.directory.refresh_tokens[got["refresh_token"]].mfa


def approve_on_the_page(running: Running, page: str, code: str) -> None:
    """What a person does on another screen, some time later."""
    time.sleep(0.1)
    with requests.Session() as browser:
        browser.trust_env = False
        browser.verify = str(running.config.ca_file)
        assert "<form" in browser.get(page).text
        assert browser.post(page, data={"code": code, "who": running.config.user}).status_code == 200
