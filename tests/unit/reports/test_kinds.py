"""Every kind of finding has its words."""

import pytest

from connector.domain.kinds import AUDIT_BREAKING, DIFFERENCE, EXPOSURE, KINDS, SEVERITIES, Kind


@pytest.mark.parametrize("kind", KINDS.values(), ids=lambda kind: kind.name)
def test_a_kind_is_told_in_whole_sentences(kind: Kind) -> None:
    assert kind.measures in {DIFFERENCE, EXPOSURE}
    assert kind.severity in SEVERITIES
    assert 10 <= len(kind.title) <= 60
    assert not kind.title.endswith(".")
    assert kind.meaning.endswith(".")
    assert kind.advice.endswith(".")
    assert kind.advice[0].isupper()


def test_titles_tell_kinds_apart() -> None:
    assert len({kind.title for kind in KINDS.values()}) == len(KINDS)


def test_what_breaks_an_audit_is_a_kind_and_critical() -> None:
    assert {KINDS[name].severity for name in AUDIT_BREAKING} == {"critical"}
