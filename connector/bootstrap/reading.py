"""Which reader takes which exported file, and by which export profiles."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from connector.bootstrap.asking import FilesRequest
from connector.domain.errors import InvalidConfig, UnreadableInput

if TYPE_CHECKING:
    from connector.adapters.files.reading import Reading
    from connector.config.settings import Settings
    from connector.domain.rules import ExportProfile
    from connector.domain.rules import Mapping as Rules


def readings(request: FilesRequest, mapping: "Rules") -> "Iterator[Reading]":
    """Read the files of a request one kind after the other. Raises UnreadableInput for files that cannot be used."""
    from connector.adapters.files import read_ledger, read_prices, read_subscriptions, read_vendor
    from connector.config.profiles import whole_profiles

    profiles = whole_profiles(mapping.exports)
    if request.vendor:
        yield read_vendor(request.vendor, profiles=profiles)
    by_name: dict[str, list[Path]] = {}
    for name, path in request.ledgers:
        by_name.setdefault(name, []).append(path)
    for name, paths in by_name.items():
        yield read_ledger(name, paths, profiles=profiles, currency=_home_currency(mapping, name))
    if request.subscriptions:
        yield read_subscriptions(request.subscriptions)
    if request.price_sheets:
        yield read_prices(request.price_sheets)


def _home_currency(mapping: "Rules", ledger: str) -> str | None:
    """The currency of a ledger's exports that name none: the one that all its customers are billed in, else None."""
    billed = {rule.currency for rule in mapping.customers if not ledger or rule.ledger in (None, ledger)}
    return billed.pop() if len(billed) == 1 else None


def configured_profiles(settings: "Settings") -> "tuple[Sequence[ExportProfile], list[str]]":
    """The export profiles of the configured mapping, if there is one, and the shipped ones; and a note where the
    mapping has errors: Microsoft's own files need none of it.
    """
    from connector.config.mappings import read_mappings
    from connector.config.profiles import whole_profiles

    if not settings.mappings.exists():
        return whole_profiles(()), []
    try:
        mapping = read_mappings(settings.mappings, settings.ledger_names, settings.cache)
    except InvalidConfig as invalid:
        why = f"the mapping has errors, so only the shipped export profiles are known ({invalid.problems[0]})"
        return whole_profiles(()), [why]
    return whole_profiles(mapping.exports), []


def draft_profile(path: Path) -> str:
    """Draft an export profile from a file's columns, as YAML. Raises UnreadableInput where it is no table."""
    from connector.adapters.files.profiled import look_at
    from connector.config.drafting import Draft
    from connector.config.drafting import draft_profile as draft
    from connector.config.profiles import whole_profiles

    rows, fitting = look_at(path, whole_profiles(()))
    return draft(Draft(path.name, rows, fitting))


@contextmanager
def named_for_people(paths: Sequence[Path]) -> Iterator[None]:
    """Turn the operating system's refusal to open a file into a sentence."""
    try:
        yield
    except OSError as error:
        raise UnreadableInput(f"{error.filename or paths[0]}: cannot be read: {error.strerror}") from error
