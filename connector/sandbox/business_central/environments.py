"""A customer's or partner's environments: each has companies, and applications that somebody has let in."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from connector.sandbox.business_central.company import Company
from connector.sandbox.business_central.fields import is_guid, shown_moment
from connector.sandbox.business_central.refusals import Refused

AUDIENCE = "https://api.businesscentral.dynamics.com"
ROLE = "API.ReadWrite.All"
_NOBODY = "00000000-0000-0000-0000-000000000001"


@dataclass(slots=True)
class Application:
    """An entry of the page "Microsoft Entra applications". Without permission sets it may do nothing."""

    client_id: str
    enabled: bool = True
    may_write: bool = True
    may_read: bool = True


@dataclass(slots=True)
class Environment:
    """An environment of a tenant; `applications` None lets every application of the tenant in."""

    name: str
    tenant_id: str
    companies: dict[str, Company] = field(default_factory=dict)
    kind: str = "Production"
    country: str = "DE"
    applications: dict[str, Application] | None = None

    def add(self, *companies: Company) -> None:
        """More companies."""
        for company in companies:
            self.companies[company.id] = company

    def company(self, key: str | None) -> Company:
        """A company by its id or name; raises Refused (404)."""
        wanted = (key or "").strip("'")
        by_name = (company for company in self.companies.values() if company.name == wanted)
        found = self.companies.get(wanted.lower()) if is_guid(wanted) else next(by_name, None)
        if found is None:
            no = f"Cannot process the request because the company '{wanted}' cannot be found."
            raise Refused(404, "Internal_CompanyNotFound", no)
        return found

    def listed(self) -> list[dict[str, Any]]:
        """The companies as the API lists them."""
        return [_shown(company) for company in self.companies.values()]

    def admits(self, client_id: str) -> Application | None:
        """The entry of an application; None where it is not let in."""
        if self.applications is None:
            return Application(client_id)
        found = self.applications.get(client_id)
        return found if found is not None and found.enabled else None


def listed(environments: Iterable[Environment], origin: str, version: str) -> list[dict[str, Any]]:
    """The environments of a tenant as the service lists them."""
    made = []
    for one in environments:
        entry = {
            "aadTenantId": one.tenant_id,
            "applicationFamily": "BusinessCentral",
            "type": one.kind,
            "name": one.name,
            "countryCode": one.country,
            "webServiceUrl": origin,
            "webClientLoginUrl": f"https://businesscentral.dynamics.com/{one.tenant_id}/{one.name}",
        }
        if version == "admin":
            entry |= {"friendlyName": one.name, "status": "Active", "applicationVersion": "28.0.0.0"}
        made.append(entry)
    return made


def _shown(company: Company) -> dict[str, Any]:
    return {
        "id": company.id,
        "systemVersion": "28.0.46665.0",
        "timestamp": company.version,
        "name": company.name,
        "displayName": company.display_name or company.name,
        "businessProfileId": "",
        "systemCreatedAt": shown_moment(company.opened),
        "systemCreatedBy": _NOBODY,
        "systemModifiedAt": shown_moment(company.opened),
        "systemModifiedBy": _NOBODY,
    }
