"""Says who is told of what: everybody in `to`, and besides them those whose route fits kind, customer and severity."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass

from connector.domain.alert import NOTICES
from connector.domain.kinds import SEVERITIES


@dataclass(frozen=True, slots=True)
class Route:
    """Who is told besides, of what fits all that is given; without kinds: of all findings, and of no notices.

    `severity` means at least so grave. With `instead`, what fits is not told to `Routes.to`.
    """

    to: tuple[str, ...]
    kinds: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()
    severity: str | None = None
    instead: bool = False

    def fits(self, kind: str, severity: str, groups: Collection[str]) -> bool:
        """Whether these people are told of it."""
        if kind not in self.kinds and (self.kinds or kind in NOTICES):
            return False
        if self.groups and not set(self.groups) & set(groups):
            return False
        return self.severity is None or _rank(severity) <= _rank(self.severity)


@dataclass(frozen=True, slots=True)
class Routes:
    """Who is told in general, and who besides."""

    to: tuple[str, ...]
    routes: tuple[Route, ...] = ()

    @property
    def everybody(self) -> tuple[str, ...]:
        """All addresses there are, each once, those of `to` first."""
        return tuple(dict.fromkeys((*self.to, *(one for route in self.routes for one in route.to))))

    @property
    def by_group(self) -> bool:
        """Whether any route asks for the groups of a customer."""
        return any(route.groups for route in self.routes)

    def of(self, kind: str, severity: str = "info", groups: Collection[str] = ()) -> tuple[str, ...]:
        """Who is told, each address once; somebody always is."""
        fitting = [route for route in self.routes if route.fits(kind, severity, groups)]
        general: Iterable[str] = () if any(route.instead for route in fitting) else self.to
        return tuple(dict.fromkeys((*general, *(one for route in fitting for one in route.to))))


def _rank(severity: str) -> int:
    return SEVERITIES.index(severity) if severity in SEVERITIES else len(SEVERITIES)
