"""Measures how alike two names are, and says in words what speaks for and against their being the same.

The score alone never decides: "Contoso North" and "Contoso South" are alike to the eye and two customers. Only where
every word of one name stands in the other may the score pass the threshold.
"""

from collections.abc import Sequence

from rapidfuzz import fuzz, process

from connector.domain.coverage import Candidate
from connector.engine.proposing.words import Words

THRESHOLD = 90
MARGIN = 10
SAME = 100
_ONE_FORM = 97
_CROWDED = 85
# Where words differ, names are never more alike than this.
_CAP = 80
_SHOWN_WORDS = 4


def nearest(words: Words, pool: Sequence[str], count: int) -> list[int]:
    """The positions of the names in a pool (each its words in alphabetical order) most like these words."""
    best = process.extract(words.sorted_core, pool, scorer=fuzz.token_sort_ratio, processor=None, limit=count)
    return [position for _, _, position in best]


def judge(words: Words, other: Words, ledger: str, party: str, *, crowded: bool, rivalled: bool) -> Candidate:
    """Compare two names.

    `crowded` says that another name of the ledger has the same words but for the legal form, `rivalled` that another
    name of the vendor's has.
    """
    if words.keys & other.keys:
        score, evidence = _same_words(words, other, crowded, rivalled)
    else:
        likeness = int(fuzz.WRatio(words.sorted_core, other.sorted_core))
        score, evidence = min(likeness, _CAP), _difference(words, other)
    return Candidate(ledger, party, other.text, score, evidence)


def _same_words(words: Words, other: Words, crowded: bool, rivalled: bool) -> tuple[int, str]:
    if words.forms == other.forms:
        if rivalled and not words.forms:
            return _CROWDED, "the same words, and so has another customer but for its legal form"
        return SAME, "the same words"
    if words.forms and other.forms:
        return _CAP, f"the same words, but {' '.join(words.forms)} is another legal form than {' '.join(other.forms)}"
    where = "ledger" if other.forms else "vendor's file"
    said = f"the same words; a legal form ({' '.join(words.forms or other.forms)}) stands in the {where} only"
    if crowded or rivalled:
        return _CROWDED, f"{said}, and another name has the same words"
    return _ONE_FORM, said


def _difference(words: Words, other: Words) -> str:
    """What stands on one side only."""
    here = [word for word in words.core if word not in other.core]
    there = [word for word in other.core if word not in words.core]
    said = [
        f"only {side}: {' '.join(left[:_SHOWN_WORDS])}"
        for side, left in (("in the vendor's file", here), ("in the ledger", there))
        if left
    ]
    return "; ".join(said) or "the same words, not equally often"
