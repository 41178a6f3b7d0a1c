"""Says whether the service lives, and whether it is ready to work; living depends on nothing outside."""

from collections.abc import Callable
from dataclasses import dataclass

from connector.service.wire import Place, Reply, Request, as_json, text


@dataclass(frozen=True, slots=True)
class Vitals:
    """How to look: `beats` asks whether the schedule still looks round, `lacks` names what keeps it from working."""

    beats: Callable[[], bool]
    lacks: Callable[[], tuple[str, ...]]
    version: str


def places(vitals: Vitals) -> tuple[Place, ...]:
    """Where health is asked for."""

    def live(_: Request) -> Reply:
        return text("alive") if vitals.beats() else text("the schedule has stopped", 503)

    def ready(_: Request) -> Reply:
        lacks = vitals.lacks()
        return text("ready") if not lacks else text("\n".join(lacks), 503)

    def healthy(_: Request) -> Reply:
        alive, lacks = vitals.beats(), vitals.lacks()
        found = {"alive": alive, "ready": not lacks, "lacks": list(lacks), "version": vitals.version}
        return as_json(found, 200 if alive and not lacks else 503)

    def version(_: Request) -> Reply:
        return as_json({"version": vitals.version})

    return (
        Place("/livez", live),
        Place("/readyz", ready),
        Place("/healthz", healthy),
        Place("/version", version),
    )
