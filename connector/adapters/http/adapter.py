"""Makes the connections: encrypted, to servers that prove who they are, and never made twice without being asked."""

import ssl
from functools import lru_cache
from pathlib import Path
from typing import Any

from requests.adapters import DEFAULT_CA_BUNDLE_PATH, HTTPAdapter
from urllib3.util.retry import Retry
from urllib3.util.ssl_ import create_urllib3_context

from connector.domain.errors import ConnectorError


class Adapter(HTTPAdapter):
    """Connections that trust the public authorities, and `ca_file` beside them: proxies look into some connections."""

    def __init__(self, ca_file: Path | None) -> None:
        self._context = _trusting(ca_file, _age(ca_file))
        super().__init__(max_retries=Retry(0, read=False), pool_maxsize=10, pool_block=True)

    def build_connection_pool_key_attributes(self, request: Any, verify: Any, cert: Any = None) -> Any:
        """Connect with our context, straight or through a proxy."""
        host, pool = super().build_connection_pool_key_attributes(request, verify, cert)
        return host, {**pool, "ssl_context": self._context}

    def cert_verify(self, conn: Any, url: str, verify: Any, cert: Any) -> None:
        """Leave the context as it is: requests would read all authorities again for each connection."""
        conn.cert_reqs = "CERT_REQUIRED"


def authorities(ca_file: Path | None) -> bytes:
    """The certificates of the authorities that connections trust, one after the other (PEM)."""
    own = ca_file.read_bytes() if ca_file else b""
    return own + b"\n" + Path(DEFAULT_CA_BUNDLE_PATH).read_bytes()


def _age(ca_file: Path | None) -> int:
    try:
        return ca_file.stat().st_mtime_ns if ca_file else 0
    except OSError:
        return 0


@lru_cache(maxsize=4)
def _trusting(ca_file: Path | None, _: int) -> ssl.SSLContext:
    """Read the authorities, which takes longer than a connection; once for each state of the file."""
    context = create_urllib3_context()
    context.load_verify_locations(DEFAULT_CA_BUNDLE_PATH)
    try:
        if ca_file:
            context.load_verify_locations(ca_file)
    except (OSError, ValueError):
        raise ConnectorError(
            f"network.ca_file {ca_file} cannot be used: expected a PEM file with the certificates of your authority; "
            "check the path and the file."
        ) from None
    return context
