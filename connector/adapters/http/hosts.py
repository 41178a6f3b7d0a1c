"""Which addresses the connector may call: the configured services, and nothing a link could smuggle in.

A followed link, a manifest or a blob address comes from outside. It is used only if two independent readers
of addresses agree on where it leads, and that place is on the list.
"""

import ipaddress
import re
from dataclasses import dataclass
from urllib.parse import SplitResult, urljoin, urlsplit

from urllib3.exceptions import LocationParseError
from urllib3.util import parse_url

from connector.adapters.http.failures import ForbiddenAddress

_PORTS = {"https": 443, "http": 80}
_PLAIN = re.compile(r"[!-\[\]-~]+")
"""Printable ASCII without blanks and without the backslash, which readers of addresses understand differently."""
_NAME = re.compile(r"[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?|\[[0-9a-f:.]+\]")


def is_loopback(host: str) -> bool:
    """Whether a host is this machine itself, by its name or address."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


@dataclass(frozen=True, slots=True)
class Origin:
    """Where an address leads: scheme, host in lower case, port."""

    scheme: str
    host: str
    port: int

    def __str__(self) -> str:
        return f"{self.scheme}://{self.host}:{self.port}"


@dataclass(frozen=True, slots=True)
class Hosts:
    """The allowed places: exact origins, and for blobs hosts ending in a suffix (https, port 443).

    `loopback` allows every port of this machine, for simulators that serve blobs beside their API.
    """

    origins: frozenset[Origin]
    suffixes: tuple[str, ...] = ()
    loopback: bool = False

    @classmethod
    def of(cls, *addresses: str, suffixes: tuple[str, ...] = (), loopback: bool = False) -> "Hosts":
        """Allow the origins of these addresses, such as `https://api.partnercenter.microsoft.com`."""
        for suffix in suffixes:
            if not suffix.startswith("."):
                raise ValueError(f"{suffix}: a suffix of hosts begins with a dot")
        return cls(frozenset(_read(address) for address in addresses), suffixes, loopback)

    def __or__(self, other: "Hosts") -> "Hosts":
        """Allow what either allows."""
        suffixes = tuple(dict.fromkeys(self.suffixes + other.suffixes))
        return Hosts(self.origins | other.origins, suffixes, self.loopback or other.loopback)

    def check(self, url: str) -> str:
        """Return the address if it is allowed; raises ForbiddenAddress, without repeating its parameters."""
        origin = _read(url)
        if origin in self.origins:
            return url
        if origin.scheme == "https" and origin.port == 443 and origin.host.endswith(self.suffixes or "\0"):
            return url
        if self.loopback and is_loopback(origin.host):
            return url
        raise ForbiddenAddress(
            f"The address leads to {origin}, which is none of the configured services; it was not called."
        )

    def join(self, base: str, link: str) -> str:
        """Resolve a link found at `base` and check where it leads."""
        if not _PLAIN.fullmatch(link):
            raise _forbidden("a link holds blanks, control characters, a backslash or other than ASCII characters")
        return self.check(urljoin(base, link))


def _forbidden(why: str) -> ForbiddenAddress:
    return ForbiddenAddress(f"An address was not called because {why}.")


def _read(url: str) -> Origin:
    """Return where an address leads; raises ForbiddenAddress where that is not beyond doubt."""
    if not _PLAIN.fullmatch(url):
        raise _forbidden("it holds blanks, control characters, a backslash or other than ASCII characters")
    try:
        split = urlsplit(url)
        first = _origin(split)
        other = parse_url(url)
    except (ValueError, LocationParseError):
        raise _forbidden("it cannot be read") from None
    if "@" in split.netloc or other.auth is not None:
        raise _forbidden("it holds a user name")
    if first is None:
        raise _forbidden("it is not an https address with a host")
    scheme = (other.scheme or "").lower()
    second = Origin(scheme, (other.host or "").lower(), other.port or _PORTS.get(scheme, 0))
    if first != second:
        raise _forbidden("it can be read in two ways")
    if first.scheme != "https" and not is_loopback(first.host):
        raise _forbidden(f"it leads to {first.host} without encryption")
    return first


def _origin(split: SplitResult) -> Origin | None:
    if split.scheme not in _PORTS or not split.hostname:
        return None
    host = f"[{split.hostname}]" if ":" in split.hostname else split.hostname
    if not _NAME.fullmatch(host):
        return None
    port = _PORTS[split.scheme] if split.port is None else split.port
    return Origin(split.scheme, host, port)
