"""A simulated Entra: discovery, tokens, device codes and sign-in pages for the partner's tenant.

    directory = Directory(tenant_id, "northwind.onmicrosoft.com")
    entra = Entra(directory, Tokens(clock), clock)
    Server(entra, clock=clock, tls=Authority())         # MSAL insists on TLS

People approve a device code on the page `/devicelogin`; tests call `directory.approve(user_code)`.
"""

import html
from collections.abc import Mapping
from urllib.parse import parse_qs, urlencode

from connector.sandbox.aadsts import Refused, refused
from connector.sandbox.clock import SandboxClock
from connector.sandbox.directory import Directory
from connector.sandbox.grants import Granting
from connector.sandbox.messages import Request, Response, json_response
from connector.sandbox.tokens import Tokens, public_keys

_PAGE = """<!DOCTYPE html><html lang="en"><head><meta charset="utf-8"><title>Sandbox sign-in</title></head>
<body><h1>{title}</h1>{body}</body></html>"""


class Entra:
    """The sign-in service; nothing in it is real."""

    def __init__(self, directory: Directory, tokens: Tokens, clock: SandboxClock) -> None:
        self.directory, self.clock = directory, clock
        self._granting = Granting(directory, tokens, clock)

    def handle(self, request: Request) -> Response:
        """Answer as Entra does; every refusal carries its AADSTS number."""
        try:
            return self._route(request)
        except Refused as no:
            return refused(no.kind.number, no.about, self.clock.now(), request.headers.get("client-request-id", ""))

    def refusal(self, request: Request, status: int, retry_after: str | None) -> Response:
        """Entra's own words for trouble on its side."""
        answer = refused(90055 if status == 429 else 90033, self.directory.tenant_id, self.clock.now())
        headers = dict(answer.headers) | ({"Retry-After": retry_after} if retry_after is not None else {})
        return Response(status, headers, answer.body)

    def _route(self, request: Request) -> Response:
        path = request.path.strip("/")
        if path == "devicelogin":
            return self._device_page(request)
        tenant, _, rest = path.partition("/")
        if rest.lower() == "discovery/instance":
            return self._instances(request)
        if not self.directory.is_tenant(tenant):
            raise Refused(90002, tenant)
        match (request.method, rest.lower()):
            case ("GET", "v2.0/.well-known/openid-configuration" | ".well-known/openid-configuration"):
                return self._discovery(request, tenant, "/v2.0" if rest.startswith("v2.0") else "")
            case ("GET", "discovery/v2.0/keys" | "discovery/keys"):
                return json_response(200, public_keys())
            case ("POST", "oauth2/v2.0/token" | "oauth2/token"):
                answer = self._granting.grant(request, tenant, first_version="v2.0" not in rest)
                return json_response(200, answer, Cache_Control="no-store, no-cache", Pragma="no-cache")
            case ("POST", "oauth2/v2.0/devicecode" | "oauth2/devicecode"):
                return self._device_code(request)
            case ("GET" | "POST", "oauth2/v2.0/authorize" | "oauth2/authorize"):
                return self._authorize(request)
        return json_response(404, {"error": "not_found", "error_description": f"There is no {request.path} here."})

    def _discovery(self, request: Request, tenant: str, version: str) -> Response:
        own = self.directory.tenant_id if tenant not in ("common", "organizations") else "{tenantid}"
        base = f"{request.origin}/{tenant}"
        endpoints = f"{base}/oauth2{version}"
        return json_response(
            200,
            {
                "token_endpoint": f"{endpoints}/token",
                "token_endpoint_auth_methods_supported": [
                    "client_secret_post", "private_key_jwt", "client_secret_basic", "self_signed_tls_client_auth",
                ],
                "jwks_uri": f"{base}/discovery/v2.0/keys",
                "response_modes_supported": ["query", "fragment", "form_post"],
                "subject_types_supported": ["pairwise"],
                "id_token_signing_alg_values_supported": ["RS256"],
                "response_types_supported": ["code", "id_token", "code id_token", "id_token token"],
                "scopes_supported": ["openid", "profile", "email", "offline_access"],
                "issuer": f"{request.origin}/{own}{version}" if version else f"https://sts.windows.net/{own}/",
                "request_uri_parameter_supported": False,
                "userinfo_endpoint": "https://graph.microsoft.com/oidc/userinfo",
                "authorization_endpoint": f"{endpoints}/authorize",
                "device_authorization_endpoint": f"{endpoints}/devicecode",
                "http_logout_supported": True,
                "frontchannel_logout_supported": True,
                "end_session_endpoint": f"{endpoints}/logout",
                "claims_supported": ["sub", "iss", "aud", "exp", "iat", "nonce", "preferred_username", "name", "tid"],
                "tenant_region_scope": "EU",
                "cloud_instance_name": "microsoftonline.com",
                "cloud_graph_host_name": "graph.windows.net",
                "msgraph_host": "graph.microsoft.com",
                "rbac_url": "https://pas.windows.net",
            },
        )  # fmt: skip

    def _instances(self, request: Request) -> Response:
        host = request.headers.get("host", "localhost")
        tenant = f"{request.origin}/{self.directory.tenant_id}/v2.0/.well-known/openid-configuration"
        alike = {"preferred_network": host, "preferred_cache": host, "aliases": [host]}
        return json_response(200, {"tenant_discovery_endpoint": tenant, "api-version": "1.1", "metadata": [alike]})

    def _device_code(self, request: Request) -> Response:
        form = _form(request)
        client_id = form.get("client_id", "")
        if client_id not in self.directory.registrations:
            raise Refused(700016, client_id) if client_id else Refused(900144, "client_id")
        scope = form.get("scope") or (form["resource"] + "/.default" if "resource" in form else "")
        if not scope:
            raise Refused(900144, "scope")
        code = self.directory.ask_elsewhere(client_id, scope, self.clock.now())
        page = f"{request.origin}/devicelogin"
        words = f"use a web browser to open the page {page} and enter the code {code.user_code} to authenticate."
        return json_response(
            200,
            {
                "user_code": code.user_code,
                "device_code": code.device_code,
                "verification_uri": page,
                "expires_in": 900,
                "interval": self.directory.device_interval,
                "message": f"To sign in, {words}",
            },
        )

    def _device_page(self, request: Request) -> Response:
        form = _form(request)
        if request.method != "POST":
            code = html.escape(request.first("otc"), quote=True)
            fields = f'<p><label>Code <input name="code" value="{code}" autofocus></label></p>' + self._choice()
            return _page(200, "Enter the code", f'<form method="post">{fields}</form>')
        verdict = "declined" if "decline" in form else "approved"
        if not self.directory.approve(form.get("code", ""), form.get("who", ""), verdict=verdict):
            return _page(400, "That code didn't work", "<p>Nobody waits with this code, or it was used before.</p>")
        return _page(200, "Done", f"<p>The sign-in is {verdict}. You can close this page.</p>")

    def _authorize(self, request: Request) -> Response:
        asked = {**{name: values[0] for name, values in request.query.items()}, **_form(request)}
        registration = self.directory.registrations.get(asked.get("client_id", ""))
        if registration is None:
            raise Refused(700016, asked.get("client_id", ""))
        redirect = asked.get("redirect_uri", "")
        if not any(redirect == known or redirect.startswith(f"{known}:") for known in registration.redirects):
            raise Refused(50011, redirect)
        if "who" not in asked:
            hidden = "".join(
                f'<input type="hidden" name="{html.escape(name, quote=True)}" value="{html.escape(text, quote=True)}">'
                for name, text in asked.items()
            )
            return _page(200, "Pick an account", f'<form method="post">{hidden}{self._choice()}</form>')
        answer = {"state": asked["state"]} if "state" in asked else {}
        if "decline" in asked:
            answer |= {"error": "access_denied", "error_description": "AADSTS65004: User declined to consent."}
        else:
            person = self.directory.people[asked["who"]]
            now, challenge = self.clock.now(), asked.get("code_challenge", "")
            code = self.directory.signed_in(person, registration.client_id, redirect, now, challenge)
            answer |= {"code": code.text, "session_state": person.object_id}
        return Response(302, {"Location": f"{redirect}?{urlencode(answer)}"})

    def _choice(self) -> str:
        names = "".join(f"<option>{html.escape(name)}</option>" for name in self.directory.people)
        buttons = "<button>Sign in</button> <button name=decline value=1>Decline</button>"
        return f"<p><label>Account <select name=who>{names}</select></label></p><p>{buttons}</p>"


def _form(request: Request) -> Mapping[str, str]:
    if request.method != "POST":
        return {}
    return {name: values[0] for name, values in parse_qs(request.body.decode(), keep_blank_values=True).items()}


def _page(status: int, title: str, body: str) -> Response:
    text = _PAGE.format(title=title, body=body).encode()
    return Response(status, {"Content-Type": "text/html; charset=utf-8", "Cache-Control": "no-store"}, text)
