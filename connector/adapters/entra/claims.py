"""Looks into an access token to say what it allows, for advice only: the service alone decides."""

import base64
import binascii
import json
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Granted:
    """What a token says of itself: permissions, how the person proved who they are, and who it is."""

    permissions: frozenset[str] = frozenset()
    proofs: frozenset[str] = frozenset()
    account: str = ""
    tenant: str = ""
    readable: bool = False

    @property
    def lacks_mfa(self) -> bool:
        """Whether the token says how the person signed in, and MFA was not among it."""
        return bool(self.proofs) and "mfa" not in self.proofs


def granted(token: str) -> Granted:
    """Read a token's claims; one that is not readable (they may be opaque) grants nothing we know of."""
    parts = token.split(".")
    if len(parts) != 3:
        return Granted()
    try:
        claims: Any = json.loads(base64.urlsafe_b64decode(parts[1] + "=" * (-len(parts[1]) % 4)))
    except (ValueError, binascii.Error, RecursionError):
        return Granted()
    if not isinstance(claims, dict):
        return Granted()
    roles = claims.get("roles")
    proofs = claims.get("amr")
    names = [str(role) for role in roles] if isinstance(roles, list) else []
    account = next((str(claims[k]) for k in ("upn", "preferred_username", "unique_name") if claims.get(k)), "")
    return Granted(
        permissions=frozenset([*names, *str(claims.get("scp") or "").split()]),
        proofs=frozenset(str(proof) for proof in proofs) if isinstance(proofs, list) else frozenset(),
        account=account,
        tenant=str(claims.get("tid") or ""),
        readable=True,
    )
