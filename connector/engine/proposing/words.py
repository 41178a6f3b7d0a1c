"""Brings names of companies and products into a form in which only what tells them apart is left."""

import re
import unicodedata
from dataclasses import dataclass

# Spellings of one legal form; two names with different forms are different companies.
_FORMS = {
    "inc": "inc", "incorporated": "inc", "corp": "corp", "corporation": "corp", "co": "co", "company": "co",
    "llc": "llc", "llp": "llp", "lp": "lp", "ltd": "ltd", "limited": "ltd", "plc": "plc", "pty": "pty",
    "gmbh": "gmbh", "ag": "ag", "kg": "kg", "ohg": "ohg", "ug": "ug", "ev": "ev", "se": "se", "kgaa": "kgaa",
    "sa": "sa", "sarl": "sarl", "sas": "sas", "srl": "srl", "spa": "spa", "bv": "bv", "nv": "nv", "ab": "ab",
    "as": "as", "oy": "oy", "aps": "aps", "kft": "kft", "sro": "sro",
}  # fmt: skip
# Abbreviations that can mean one word only. "Tech" may be technology or technologies, so it is not here.
_SHORT = {
    "intl": "international", "mfg": "manufacturing", "svcs": "services", "svc": "service", "bros": "brothers",
    "mgmt": "management", "natl": "national", "grp": "group", "hldg": "holding", "hldgs": "holdings",
    "univ": "university", "gebr": "gebrueder", "dept": "department", "govt": "government",
}  # fmt: skip
_JOINING = frozenset(("and", "und", "et", "the"))
_EXPANDED = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "ß": "ss", "æ": "ae", "ø": "oe", "å": "aa", "œ": "oe"})
_STRIPPED = str.maketrans({"ß": "ss", "æ": "ae", "ø": "o", "å": "a", "œ": "oe"})
_DOTTED = re.compile(r"\b(?:\w\.){2,}(?=\W|$)|\b(?:\w\.)+\w\b")
_WORD = re.compile(r"\w+")

_PRODUCT_SHORT = {
    "m365": "365", "o365": "office 365", "w365": "windows 365", "std": "standard", "prem": "premium",
    "bus": "business", "ent": "enterprise",
}  # fmt: skip
_PRODUCT_NOISE = frozenset(
    ("microsoft", "ms", "license", "licence", "licenses", "licences", "subscription", "nce", "csp")
)


@dataclass(frozen=True, slots=True)
class Words:
    """A name's words: `core` in order and without legal form, `forms` the legal forms, `keys` its normal forms.

    Two names with a key in common have the same words, whatever their order, case, accents and known abbreviations.
    """

    text: str
    core: tuple[str, ...]
    forms: tuple[str, ...]
    keys: frozenset[str]

    @property
    def sorted_core(self) -> str:
        """The words in alphabetical order."""
        return " ".join(sorted(self.core))


def company_words(name: str) -> Words:
    """The words of a company's name."""
    plain = _plain(name)
    core: list[str] = []
    forms: list[str] = []
    words = [_SHORT.get(word, word) for word in _WORD.findall(plain) if word not in _JOINING]
    # A legal form stands behind the name ("Co" in front of it is a name); what looks like one in the middle stays.
    end = len(words)
    while end > 1 and words[end - 1] in _FORMS:
        end -= 1
    core, forms = words[:end], sorted({_FORMS[word] for word in words[end:]})
    return Words(name, tuple(_expanded(core)), tuple(forms), _keys(core))


def product_words(name: str) -> Words:
    """The words of a product's name: editions, plans and versions count, the maker's name does not."""
    plain = _plain(name)
    plain = re.sub(r"\bplan\s*(\d)", r"p\1", plain)
    words = [part for word in _WORD.findall(plain) for part in _PRODUCT_SHORT.get(word, word).split()]
    core = [word for word in words if word not in _PRODUCT_NOISE and word not in _JOINING]
    return Words(name, tuple(_expanded(core)), (), _keys(core))


def _plain(name: str) -> str:
    """Lower case, in one Unicode form; dotted abbreviations and apostrophes closed up, all signs blanks."""
    text = unicodedata.normalize("NFKC", name).casefold().replace("ß", "ß")
    text = _DOTTED.sub(lambda found: found.group().replace(".", ""), text)
    return re.sub(r"['’`]", "", text).replace("_", " ")


def _expanded(words: list[str]) -> list[str]:
    return [_without_marks(word.translate(_EXPANDED)) for word in words]


def _keys(words: list[str]) -> frozenset[str]:
    """The normal forms: accents written out (ue) or left off (u); and the letters alone, where blanks matter little."""
    expanded = _expanded(words)
    stripped = [_without_marks(word.translate(_STRIPPED)) for word in words]
    keys = {" ".join(sorted(expanded)), " ".join(sorted(stripped))}
    if all(len(word) > 2 and word.isalpha() for word in expanded):
        keys |= {f"={''.join(expanded)}", f"={''.join(stripped)}"}
    return frozenset(key for key in keys if key.strip("= "))


def _without_marks(word: str) -> str:
    return "".join(char for char in unicodedata.normalize("NFD", word) if not unicodedata.combining(char))
