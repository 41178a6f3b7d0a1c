"""An Entra of a few lines that answers what a test says, over TLS, and a store of tokens in memory."""

import base64
import json
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

from connector.adapters.entra import ClientSecret, Credential, EntraSignIn
from connector.adapters.http import Network
from connector.ports import Token
from connector.sandbox.authority import Authority
from tests.clocks import JumpingClock
from tests.wire import Server, answer

TENANT = "11111111-2222-3333-4444-555555555555"
CLIENT = "99999999-8888-7777-6666-555555555555"
PARTNER_CENTER = "https://api.partnercenter.microsoft.com/.default"
GRAPH = "https://graph.microsoft.com/.default"

Said = tuple[int, Mapping[str, Any]]


def refused(code: int, error: str = "invalid_grant", status: int = 400) -> Said:
    """Return a refusal as Entra words it."""
    text = f"AADSTS{code}: Words of Entra.\r\nTrace ID: t-1\r\nCorrelation ID: c-1\r\nTimestamp: 2026-11-23 12:00:00Z"
    return status, {
        "error": error,
        "error_description": text,
        "error_codes": [code],
        "trace_id": "t-1",
        "correlation_id": "c-1",
    }


def granted(token: str = "at-1", refresh: str | None = None, **more: Any) -> Said:
    """Return a grant."""
    body = {"token_type": "Bearer", "expires_in": 3599, "access_token": token, **more}
    return 200, body | ({"refresh_token": refresh} if refresh else {})


def jwt(**claims: Any) -> str:
    """Return a token whose claims can be read; its signature is none."""
    parts = [json.dumps(part).encode() for part in ({"alg": "none"}, claims)]
    return ".".join([*(base64.urlsafe_b64encode(part).rstrip(b"=").decode() for part in parts), "sig"])


@dataclass
class Entra:
    """Answers token requests with `says` in their order, the last one for ever; `asked` lists the forms."""

    says: list[Said] = field(default_factory=lambda: [granted()])
    discovery: Said | None = None
    headers: dict[str, str] = field(default_factory=dict)
    asked: list[dict[str, str]] = field(default_factory=list)
    discovered: int = 0
    device: Said = (
        200,
        {
            "device_code": "canary-device",
            "user_code": "ABC-123",
            "verification_uri": "https://microsoft.com/devicelogin",
            "expires_in": "900",
            "interval": "5",
        },
    )
    url: str = ""
    delay: float = 0.0
    under_way: int = 0
    most: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)

    def __call__(self, connection: Any, request: bytes) -> None:
        head, _, body = request.partition(b"\r\n\r\n")
        path = head.split(b" ")[1].decode()
        if "openid-configuration" in path:
            self.discovered += 1
            status, said = self.discovery or (200, self.addresses())
        elif path.endswith("/devicecode"):
            status, said = self.device
        else:
            with self.lock:
                self.under_way += 1
                self.most = max(self.most, self.under_way)
                self.asked.append({name: values[0] for name, values in parse_qs(body.decode()).items()})
                status, said = self.says.pop(0) if len(self.says) > 1 else self.says[0]
            time.sleep(self.delay)
            with self.lock:
                self.under_way -= 1
        content = said["raw"] if "raw" in said else json.dumps(said).encode()
        connection.sendall(answer(status, content, {"Content-Type": "application/json", **self.headers}))

    def addresses(self) -> dict[str, str]:
        """Return where Entra's doors are."""
        base = f"{self.url}/{TENANT}"
        return {
            "issuer": f"{base}/v2.0",
            "authorization_endpoint": f"{base}/oauth2/v2.0/authorize",
            "token_endpoint": f"{base}/oauth2/v2.0/token",
            "device_authorization_endpoint": f"{base}/oauth2/v2.0/devicecode",
        }


class Drawer:
    """Fits ports.Tokens, in memory; `log` lists what happened in order."""

    def __init__(self) -> None:
        self.tokens: dict[str, Token] = {}
        self.log: list[str] = []
        self._locks: dict[str, threading.Lock] = {}
        self._guard = threading.Lock()

    def load(self, owner: str) -> Token | None:
        return self.tokens.get(owner)

    def save(self, owner: str, token: Token) -> None:
        assert token.owner == owner
        self.log.append(f"save {owner.rpartition('/')[2]}")
        self.tokens[owner] = token

    @contextmanager
    def holding(self, owner: str) -> Iterator[None]:
        with self._guard:
            lock = self._locks.setdefault(owner, threading.Lock())
        with lock:
            self.log.append("hold")
            yield
            self.log.append("release")


@dataclass
class World:
    """A test's Entra with what signs in there."""

    entra: Entra
    server: Server
    authority: Authority
    clock: JumpingClock
    drawer: Drawer

    def sign_in(self, credential: Credential | None = None, **options: Any) -> EntraSignIn:
        """Return a new sign-in, as a new process would make it."""
        settings: dict[str, Any] = {
            "tenant_id": TENANT,
            "client_id": CLIENT,
            "credential": credential or ClientSecret("canary-secret"),
            "tokens": self.drawer,
            "clock": self.clock,
            "authority": self.server.url,
            "network": Network(ca_file=self.authority.ca_file),
        }
        return EntraSignIn(**(settings | options))


@contextmanager
def world(folder: Path, *says: Said, **options: Any) -> Iterator[World]:
    """Run an Entra that answers token requests so."""
    authority = Authority(folder)
    entra = Entra(list(says) or [granted()], **options)
    with Server(entra, tls=authority.context()) as server:
        entra.url = server.url
        yield World(entra, server, authority, JumpingClock(), Drawer())
