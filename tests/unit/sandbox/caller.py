"""The plainest client there can be, so that the simulators are asked over real sockets by nobody's library."""

import gzip
import json
from decimal import Decimal
from typing import Any
from uuid import uuid4

import requests

from connector.sandbox.directory import GRAPH, PARTNER_CENTER, PRICING
from connector.sandbox.running import Running

GRAPH_ROOT = "/v1.0/reports/partners/billing"


class Caller:
    """Signs in and asks; every answer is given back as it came."""

    def __init__(self, running: Running, session: requests.Session) -> None:
        self.running, self.session = running, session
        self._tokens: dict[tuple[str, bool], str] = {}

    def post_token(self, path: str = "oauth2/v2.0/token", **form: str) -> requests.Response:
        config = self.running.config
        address = f"{config.authority}/{form.pop('tenant', config.tenant_id)}/{path}"
        return self.session.post(address, data=form, verify=str(config.ca_file))

    def app_form(self, resource: str) -> dict[str, str]:
        config = self.running.config
        return {
            "grant_type": "client_credentials",
            "client_id": config.client_id,
            "client_secret": config.client_secret,
            "scope": f"{resource}/.default",
        }

    def token(self, resource: str, *, person: bool = False) -> str:
        if (resource, person) not in self._tokens:
            form = self.app_form(resource)
            if person:
                form |= {"grant_type": "refresh_token", "refresh_token": self.running.refresh_token()}
            answer = self.post_token(**form)
            assert answer.status_code == 200, answer.text
            self._tokens[resource, person] = str(answer.json()["access_token"])
        return self._tokens[resource, person]

    def forget_tokens(self) -> None:
        self._tokens.clear()

    def headers(self, resource: str, *, person: bool = False, **more: str) -> dict[str, str]:
        own = {"Authorization": f"Bearer {self.token(resource, person=person)}"}
        if resource == PARTNER_CENTER:
            guid = str(uuid4())
            own |= {
                "Accept": "application/json",
                "MS-Contract-Version": "v1",
                "MS-RequestId": guid,
                "MS-CorrelationId": guid,
            }
        return own | more

    def api(self, path: str, *, person: bool = False, **more: str) -> requests.Response:
        return self.session.get(
            f"{self.running.config.api}/v1{path}", headers=self.headers(PARTNER_CENTER, person=person, **more)
        )

    def items(self, path: str, size: int = 0) -> list[dict[str, Any]]:
        """All items of a collection paged by token."""
        found: list[dict[str, Any]] = []
        joined = path + ("&" if "?" in path else "?") + (f"size={size}" if size else "")
        token = ""
        while True:
            extra = {"MS-ContinuationToken": token} if token else {}
            answer = self.api(joined + ("&seekOperation=Next" if token else ""), **extra)
            assert answer.status_code == 200, answer.text
            body = exact(answer)
            found += body["items"]
            token = body.get("continuationToken", "")
            if not token:
                return found

    def order(self, kind: str, **body: str) -> requests.Response:
        address = f"{self.running.config.graph}{GRAPH_ROOT}/{kind}/export"
        return self.session.post(address, json=body, headers=self.headers(GRAPH))

    def manifest(self, kind: str, **body: str) -> dict[str, Any]:
        location = self.order(kind, **body).headers["Location"]
        self.running.clock.advance(60)
        operation = self.session.get(location, headers=self.headers(GRAPH)).json()
        if operation["status"] == "failed" and operation["error"]["code"] == "5000":
            return {"blobCount": 0, "blobs": []}
        assert operation["status"] == "succeeded", operation
        if "resourceLocation" in operation:
            embedded: dict[str, Any] = operation["resourceLocation"]
            return embedded
        address = operation["resourceLocation@odata.navigationLink"]
        linked: dict[str, Any] = self.session.get(address, headers=self.headers(GRAPH)).json()
        return linked

    def export(self, kind: str, **body: str) -> list[str]:
        """Every line of an export, as text."""
        manifest = self.manifest(kind, **body)
        assert manifest["blobCount"] == len(manifest["blobs"])
        lines: list[str] = []
        for blob in manifest["blobs"]:
            answer = self.session.get(f"{manifest['rootDirectory']}/{blob['name']}?{manifest['sasToken']}")
            assert answer.status_code == 200, answer.text
            lines += gzip.decompress(answer.content).decode().splitlines()
        return lines

    def sheet(self, path: str, *, person: bool = True, encoding: str = "identity") -> requests.Response:
        headers = self.headers(PRICING, person=person, **{"Accept-Encoding": encoding})
        return self.session.get(f"{self.running.config.pricing}/v1.0/sales/{path}", headers=headers)


def exact(answer: requests.Response) -> Any:
    """The body with every digit, whatever mark it begins with."""
    return json.loads(answer.content.decode("utf-8-sig"), parse_float=Decimal)
