"""Gathers the export profiles there are: those shipped with the connector, and those the partner wrote."""

from collections.abc import Mapping as Names
from collections.abc import Sequence
from dataclasses import fields, replace
from functools import cache
from importlib import resources
from typing import Any

from connector.config.exports import EXPORT
from connector.config.nearest import did_you_mean
from connector.config.nodes import Sequence as ListNode
from connector.config.nodes import shown
from connector.config.reading import read_nodes
from connector.config.shapes import FAILED, Reading
from connector.domain.errors import InvalidConfig, Problem
from connector.domain.rules import ExportProfile
from connector.domain.tables import PROFILE_NEEDS

_OWN = frozenset(("name", "place", "like"))
# A table written in a profile adds to the one of the profile it is like, name by name.
_ADDING = frozenset(("columns", "fixed", "words", "leave_out", "customers", "items"))


@cache
def shipped() -> tuple[ExportProfile, ...]:
    """The profiles of common layouts, read from the files beside this module. Raises InvalidConfig."""
    found: list[ExportProfile] = []
    problems: list[Problem] = []
    folder = resources.files("connector.config").joinpath("profiles")
    for file in sorted(folder.iterdir(), key=lambda entry: entry.name):
        if not file.name.endswith(".yaml"):
            continue
        place = f"shipped profiles {file.name}"
        root, malformed = read_nodes(file.read_bytes(), place)
        reading = Reading(place, malformed)
        if isinstance(root, ListNode):
            read = [EXPORT.read(item, ("exports", at), reading) for at, item in enumerate(root.items, 1)]
            found += [one for one in read if one is not FAILED]
        problems += reading.problems
    if problems:
        raise InvalidConfig(tuple(problems))
    return tuple(found)


def whole_profiles(written: Sequence[ExportProfile]) -> tuple[ExportProfile, ...]:
    """The partner's profiles, each completed by the one it is like, then the shipped ones they do not replace.

    Raises InvalidConfig where a profile is like one that is not there, or says too little of a line.
    """
    known = {profile.name: profile for profile in (*shipped(), *written)}
    problems: list[Problem] = []
    names = {profile.name for profile in written}
    others = [profile for profile in shipped() if profile.name not in names]
    whole = tuple(_completed(profile, known, problems) for profile in (*written, *others))
    if problems:
        raise InvalidConfig(tuple(problems))
    return whole


def _completed(profile: ExportProfile, known: Names[str, ExportProfile], problems: list[Problem]) -> ExportProfile:
    chain = [profile]
    while (like := chain[-1].like) is not None:
        base = known.get(like)
        if base is None or base in chain:
            wrong = "leads back to itself" if base else f"is not there{did_you_mean(like, known)}"
            hint = "" if base else f"; shipped are {', '.join(one.name for one in shipped())}"
            problems.append(Problem(profile.place, f"exports: the profile {shown(like)} (like) {wrong}{hint}"))
            return profile
        chain.append(base)
    whole = chain[-1]
    for narrower in reversed(chain[:-1]):
        whole = _over(narrower, whole)
    said = {name for name, _ in (*whole.columns, *whole.fixed)} | {whole.grouped_by, "currency"}
    missing = [name for name in PROFILE_NEEDS[whole.reads or "ledger"] if name not in said]
    if missing:
        problems.append(
            Problem(
                profile.place,
                f"exports: the profile {shown(profile.name)} does not say where {', '.join(missing)} stands; "
                "write it under columns, or under fixed where it is always the same",
            )
        )
    return whole


def _over(narrower: ExportProfile, base: ExportProfile) -> ExportProfile:
    """The base with whatever the narrower profile says in its place."""
    changes: dict[str, Any] = {}
    for part in fields(ExportProfile):
        value = getattr(narrower, part.name)
        if part.name in _OWN:
            changes[part.name] = value
        elif part.name in _ADDING:
            changes[part.name] = tuple((dict(getattr(base, part.name)) | dict(value)).items())
        elif value not in (None, ()):
            changes[part.name] = value
    return replace(base, **changes)
