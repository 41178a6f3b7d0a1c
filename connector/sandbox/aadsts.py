"""The refusals of the simulated Entra, each with its AADSTS number and Entra's own words for it.

Source: Microsoft, "Microsoft Entra authentication and authorization error codes".
"""

import secrets
from dataclasses import dataclass
from datetime import datetime
from uuid import uuid4

from connector.sandbox.messages import Response, json_response


@dataclass(frozen=True, slots=True)
class Kind:
    """One number: what OAuth calls it, the HTTP status, and the sentence, with {} for what it is about."""

    number: int
    error: str
    text: str
    status: int = 400
    suberror: str = ""


KINDS = {
    kind.number: kind
    for kind in (
        Kind(7000215, "invalid_client", "Invalid client secret provided. Ensure the secret being sent in the request "
             "is the client secret value, not the client secret ID, for a secret added to app '{}'.", 401),
        Kind(7000222, "invalid_client", "The provided client secret keys for app '{}' are expired. Visit the Azure "
             "portal to create new keys for your app: https://aka.ms/NewClientSecret, or consider using certificate "
             "credentials for added security: https://aka.ms/certCreds.", 401),
        Kind(7000218, "invalid_client", "The request body must contain the following parameter: 'client_assertion' or "
             "'client_secret'.", 401),
        Kind(700016, "unauthorized_client", "Application with identifier '{}' was not found in the directory. This can "
             "happen if the application has not been installed by the administrator of the tenant or consented to by "
             "any user in the tenant. You may have sent your authentication request to the wrong tenant."),
        Kind(700027, "invalid_client", "The certificate with identifier used to sign the client assertion is not "
             "registered on application. [Reason - The key was not found., Thumbprint of key used by client: '{}']",
             401),
        Kind(700021, "invalid_client", "Client assertion application identifier doesn't match 'client_id' parameter.",
             401),
        Kind(700023, "invalid_client", "Client assertion audience claim does not match Realm issuer. Review the "
             "documentation at https://docs.microsoft.com/azure/active-directory/develop/"
             "active-directory-certificate-credentials.", 401),
        Kind(700024, "invalid_client", "Client assertion is not within its valid time range. {}", 401),
        Kind(50027, "invalid_request", "JWT token is invalid or malformed. {}"),
        Kind(90002, "invalid_tenant", "Tenant '{}' not found. Check to make sure you have the correct tenant ID and "
             "are signing into the correct cloud. Check with your subscription administrator, this may happen if there "
             "are no active subscriptions for the tenant."),
        Kind(50059, "invalid_request", "No tenant-identifying information found in either the request or implied by "
             "any provided credentials."),
        Kind(65001, "invalid_grant", "The user or administrator has not consented to use the application with ID "
             "'{}'. Send an interactive authorization request for this user and resource.",
             suberror="consent_required"),
        Kind(65004, "authorization_declined", "User declined to consent to access the app."),
        Kind(50076, "invalid_grant", "Due to a configuration change made by your administrator, or because you moved "
             "to a new location, you must use multi-factor authentication to access '{}'.", suberror="basic_action"),
        Kind(50173, "invalid_grant", "The provided grant has expired due to it being revoked, a fresh auth token is "
             "needed. The user might have changed or reset their password. The grant was issued on '{}' and the "
             "TokensValidFrom date (before which tokens are not valid) for this user is later.",
             suberror="bad_token"),
        Kind(50057, "invalid_grant", "The user account is disabled. {}"),
        Kind(700082, "invalid_grant", "The refresh token has expired due to inactivity. The token was issued on {} "
             "and was inactive for 90.00:00:00.", suberror="bad_token"),
        Kind(9002313, "invalid_request", "Invalid request. Request is malformed or invalid. {}"),
        Kind(900144, "invalid_request", "The request body must contain the following parameter: '{}'."),
        Kind(70003, "unsupported_grant_type", "The app requested an unsupported grant type '{}'."),
        Kind(70011, "invalid_scope", "The provided request must include a 'scope' input parameter. The provided value "
             "for the input parameter 'scope' is not valid. The scope {} is not valid."),
        Kind(1002012, "invalid_scope", "The provided value for scope {} is not valid. Client credential flows must "
             "have a scope value with /.default suffixed to the resource identifier (application ID URI)."),
        Kind(500011, "invalid_resource", "The resource principal named {} was not found in the tenant. This can happen "
             "if the application has not been installed by the administrator of the tenant or consented to by any user "
             "in the tenant."),
        Kind(50011, "invalid_request", "The redirect URI '{}' specified in the request does not match the redirect "
             "URIs configured for the application."),
        Kind(70000, "invalid_grant", "Provided grant is invalid or malformed. {}"),
        Kind(70008, "invalid_grant", "The provided authorization code or refresh token has expired due to inactivity. "
             "Send a new interactive authorization request for this user and resource."),
        Kind(54005, "invalid_grant", "OAuth2 Authorization code was already redeemed, please retry with a new valid "
             "code or use an existing refresh token."),
        Kind(501481, "invalid_grant", "The Code_Verifier does not match the code_challenge supplied in the "
             "authorization request."),
        Kind(70016, "authorization_pending", "OAuth 2.0 device flow error. Authorization is pending. Continue "
             "polling."),
        Kind(70020, "expired_token", "The provided value for the input parameter 'device_code' is not valid. This "
             "device code has expired."),
        Kind(70018, "bad_verification_code", "Invalid verification code. {}"),
        Kind(90033, "temporarily_unavailable", "A transient error has occurred. Please try again.", 503),
        Kind(90055, "temporarily_unavailable", "The tenant '{}' has exceeded its throttling limit. Wait and try "
             "again.", 429),
    )
}  # fmt: skip


class Refused(Exception):
    """Entra says no; carries the number and what it is about."""

    def __init__(self, number: int, about: str = "") -> None:
        self.kind, self.about = KINDS[number], about
        super().__init__(number, about)


def refused(number: int, about: str, now: datetime, correlation_id: str = "") -> Response:
    """The body of a refusal."""
    kind = KINDS[number]
    trace, correlation = str(uuid4()), correlation_id or str(uuid4())
    stamp = f"{now:%Y-%m-%d %H:%M:%SZ}"
    words = f"AADSTS{number}: {kind.text.format(about)}"
    body: dict[str, object] = {
        "error": kind.error,
        "error_description": f"{words} Trace ID: {trace} Correlation ID: {correlation} Timestamp: {stamp}",
        "error_codes": [number],
        "timestamp": stamp,
        "trace_id": trace,
        "correlation_id": correlation,
        "error_uri": f"https://login.microsoftonline.com/error?code={number}",
    }
    if kind.suberror:
        body["suberror"] = kind.suberror
    headers = {"x_ms_request_id": trace, "x_ms_ests_server": f"2.1.{secrets.randbelow(9999)}.1 - WEULR1 ProdSlices"}
    return json_response(kind.status, body, Cache_Control="no-store, no-cache", **headers)
