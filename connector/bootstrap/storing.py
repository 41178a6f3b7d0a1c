"""Opens the database that the settings name, or the one in the state folder."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

from connector.domain.errors import ConnectorError

if TYPE_CHECKING:
    from connector.config.settings import Settings
    from connector.ports import Clock
    from connector.store import Store


def open_store(settings: "Settings", clock: "Clock") -> "Store":
    """Open the store; without `database` it is connector.db in the state folder, which is made for us alone.

    Raises ConnectorError, Unavailable or Locked in words for people.
    """
    from connector.store import Store

    key = settings.secret_key.reveal().encode() if settings.secret_key else None
    if settings.database is not None:
        return Store.open(_from_folder(settings.database.reveal(), settings.file.parent), key=key, clock=clock)
    try:
        settings.state.mkdir(mode=0o700, parents=True, exist_ok=True)
        settings.state.chmod(0o700)
    except OSError as failure:
        raise ConnectorError(
            f"{settings.state}: {failure.strerror}; name a folder for `state` that the connector's user may write."
        ) from None
    return Store.open(f"sqlite:///{settings.state / 'connector.db'}", key=key, clock=clock)


@contextmanager
def counting_calls(store: "Store") -> Iterator[None]:
    """Keep count of the calls that are made meanwhile, however it ends."""
    from connector.adapters.http.tally import tally

    try:
        yield
    finally:
        counts = tally.take()
        if counts:
            # What went wrong before matters more than a count that could not be kept.
            with suppress(ConnectorError), store.work() as unit:
                unit.calls.add(counts)


def _from_folder(url: str, folder: Path) -> str:
    """A relative SQLite file starts from the settings' folder, as all their files do."""
    start, name = "sqlite:///", url.removeprefix("sqlite:///")
    return f"{start}{(folder / name).absolute()}" if url.startswith(start) and name else url
