"""Suggestions by name are right or unsure: on noise and near-identical siblings none above the threshold is wrong."""

import random
import unicodedata
from collections import Counter
from decimal import Decimal

import pytest

from connector.domain.coverage import Coverage, LedgerParty, Suggestion, VendorCustomer, VendorProduct
from connector.engine.proposing.likeness import MARGIN, THRESHOLD
from connector.engine.proposing.proposing import suggest

SEEDS = range(20)
FIRST = ("Müller", "Nordlicht", "Contoso", "Fabrikam", "Hansen", "Grün", "Weißbach", "Söderberg", "Lamna", "Østergaard",
         "Bellows", "Tailspin", "Açaí", "Zürich", "Meier", "O'Brien", "Kowalski", "Adventure")  # fmt: skip
SECOND = ("International", "Manufacturing", "Services", "Technology", "Brothers", "Consulting", "Logistik", "Foods",
          "Management", "Clinic", "Energie", "Media", "Bau", "Research Group")  # fmt: skip
FORMS = (("GmbH", "GMBH", "Gmbh"), ("Inc.", "Incorporated", "INC", "Inc"), ("Ltd", "Limited", "Ltd."),
         ("LLC", "L.L.C."), ("AG",), ("B.V.", "BV"))  # fmt: skip
ABBREVIATED = {
    "International": ("Intl.", "Int'l", "Intl"), "Manufacturing": ("Mfg.", "Manuf."), "Services": ("Svcs", "Serv."),
    "Technology": ("Tech", "Techn."), "Technologies": ("Tech",), "Brothers": ("Bros.",), "Consulting": ("Consult.",),
    "Management": ("Mgmt",), "Group": ("Grp",), "Holding": ("Hldg",), "North": ("N.",), "South": ("S.",),
}  # fmt: skip
SIBLINGS = (("North", "South"), ("East", "West"), ("1", "2"), ("I", "II"), ("A", "B"), ("", "Holding"), ("", "II"),
            ("Berlin", "Bern"), ("(Köln)", "(Bonn)"), ("", "Deutschland"), ("2000", "2001"),
            ("Nord", "Norden"))  # fmt: skip
TWISTS = (("Technology", "Technologies"), ("Hansen", "Hanssen"), ("Meier", "Maier"), ("Foods", "Food"),
          ("Services", "Service"), ("Media", "Medica"), ("Kowalski", "Kowalska"))  # fmt: skip


def companies(chance: random.Random) -> list[tuple[str, str]]:
    """Customers as (words, legal form), most of them with a sibling that is not the same company."""
    found: dict[str, tuple[str, str]] = {}
    while len(found) < 120:
        words = f"{chance.choice(FIRST)} {chance.choice(SECOND)}"
        form = chance.choice(FORMS)[0] if chance.random() < 0.7 else ""
        pair = [(words, form)]
        way = chance.randrange(4)
        if way == 0:
            one, other = chance.choice(SIBLINGS)
            pair = [(f"{words} {one}".strip(), form), (f"{words} {other}".strip(), form)]
        elif way == 1:
            pair += [(words.replace(*twist), form) for twist in TWISTS if twist[0] in words]
        elif way == 2:
            pair = [(words, kind) for kind in chance.sample([form[0] for form in FORMS], 2)]
        for company in pair:
            found.setdefault(" ".join(company).strip(), company)
    return list(found.values())


def noisy(company: tuple[str, str], chance: random.Random) -> str:
    """How a bookkeeper may have written it."""
    words, form = company
    parts = [chance.choice(ABBREVIATED.get(part, (part,))) if chance.random() < 0.3 else part for part in words.split()]
    spelled = next((spellings for spellings in FORMS if spellings[0] == form), ())
    if spelled and chance.random() < 0.7:
        parts.append(chance.choice(spelled))
    text = (", " if chance.random() < 0.1 else " ").join([" ".join(parts[:-1]), parts[-1]]).strip(", ")
    habit = chance.randrange(7)
    if habit == 0:
        text = text.upper()
    elif habit == 1:
        text = text.lower()
    elif habit == 2:
        text = text.translate(str.maketrans({"ü": "ue", "ö": "oe", "ä": "ae", "ß": "ss", "ø": "oe"}))
    elif habit == 3:
        text = "".join(c for c in unicodedata.normalize("NFD", text) if not unicodedata.combining(c))
    elif habit == 4:
        text = unicodedata.normalize("NFD", text)
    elif habit == 5:
        text = text.replace(" ", "  ").replace("-", " ")
    return text


def parties(names: list[str]) -> tuple[LedgerParty, ...]:
    return tuple(LedgerParty("books", str(5000 + at), (name,), ()) for at, name in enumerate(names) if name)


@pytest.mark.parametrize("seed", SEEDS)
def test_no_sure_customer_is_the_wrong_one(seed: int) -> None:
    chance = random.Random(seed)
    known = companies(chance)
    names = [" ".join(company).strip() for company in known]
    vendor = tuple(VendorCustomer(f"t{at}", name, (("USD", Decimal(at)),)) for at, name in enumerate(names))
    # Every fifth is missing in the ledger, while its siblings are there.
    ledger = parties([noisy(company, chance) if chance.random() < 0.8 else "" for company in known])
    found = suggest(Coverage(vendor, (), ledger, ()))
    assert len(found) == len(known)
    sure = [one for one in found if one.sure]
    assert wrong(sure) == []
    assert len(sure) > len(ledger) * 0.4, "honest, but of no use"
    for one in sure:
        (only,) = one.sure
        assert only.score >= THRESHOLD
        assert all(only.score - other.score >= MARGIN for other in one.candidates[1:])


PRODUCTS = (
    "Microsoft 365 Business Basic", "Microsoft 365 Business Standard", "Microsoft 365 Business Premium",
    "Microsoft 365 Business Premium (no Teams)", "Microsoft 365 E3", "Microsoft 365 E5", "Microsoft 365 E3 (no Teams)",
    "Microsoft 365 F1", "Microsoft 365 F3", "Office 365 E1", "Office 365 E3", "Exchange Online (Plan 1)",
    "Exchange Online (Plan 2)", "Exchange Online Kiosk", "Microsoft Entra ID P1", "Microsoft Entra ID P2",
    "Visio Plan 1", "Visio Plan 2", "Project Plan 1", "Project Plan 3", "Project Plan 5", "Power BI Pro",
    "Power BI Premium Per User", "Microsoft Teams Essentials", "Microsoft Teams Premium", "Microsoft 365 Copilot",
    "Defender for Office 365 (Plan 1)", "Defender for Office 365 (Plan 2)", "Windows 365 Business 2 vCPU 8 GB 128 GB",
    "Windows 365 Business 2 vCPU 8 GB 256 GB", "Windows 365 Business 4 vCPU 16 GB 128 GB", "Planner Plan 1",
)  # fmt: skip


def written(name: str, chance: random.Random) -> str:
    """How an item may be named for it."""
    changes = (
        ("Microsoft 365", ("M365", "Microsoft 365", "MS 365")), ("Office 365", ("O365", "Office 365")),
        ("(Plan 1)", ("P1", "Plan 1", "(Plan 1)")), ("(Plan 2)", ("P2", "Plan 2")), ("Standard", ("Std", "Standard")),
        ("Business", ("Bus.", "Business")), ("Premium", ("Prem.", "Premium")), ("Microsoft ", ("", "Microsoft ")),
    )  # fmt: skip
    for word, spellings in changes:
        name = name.replace(word, chance.choice(spellings))
    name = f"{name} {chance.choice(('', '', 'license', 'Subscription', 'NCE'))}".strip()
    return chance.choice((name, name.upper(), name.lower()))


@pytest.mark.parametrize("seed", SEEDS)
def test_no_sure_item_is_the_wrong_one(seed: int) -> None:
    chance = random.Random(seed)
    vendor = tuple(VendorProduct(f"P{at}", "0001", name, ()) for at, name in enumerate(PRODUCTS))
    items = parties([written(name, chance) if chance.random() < 0.7 else "" for name in PRODUCTS])
    found = suggest(Coverage((), vendor, (), items))
    sure = [one for one in found if one.sure]
    assert wrong(sure) == []
    assert len(sure) > len(items) * 0.8


def test_a_product_has_an_item_in_each_ledger() -> None:
    items = tuple(LedgerParty(ledger, f"{ledger}-1", ("Visio P2",), ()) for ledger in ("books-eu", "books-us"))
    (found,) = suggest(Coverage((), (VendorProduct("P", "0001", "Visio Plan 2", ()),), (), items))
    assert [(each.ledger, each.id) for each in found.sure] == [("books-eu", "books-eu-1"), ("books-us", "books-us-1")]


def test_a_ledger_customer_in_use_is_a_hint_at_most() -> None:
    used = LedgerParty("books", "58", ("Contoso Media",), (), ("mapping.yaml:3",))
    (found,) = suggest(Coverage((VendorCustomer("t", "Contoso Media", ()),), (), (used,), ()))
    assert found.sure == ()
    assert "already used at mapping.yaml:3" in found.candidates[0].evidence


def wrong(sure: list[Suggestion]) -> list[str]:
    """Suggestions of another party than the one the name was made of."""
    return [
        f"{one.name!r} -> {each.name!r} ({each.score}, {each.evidence})"
        for one in sure
        for each in one.sure
        if each.id != str(5000 + int(one.id[1:]))
    ]


def verdicts(found: tuple[Suggestion, ...]) -> dict[str, str | None]:
    return {one.name: one.sure[0].id if one.sure else None for one in found}


def test_twins_are_never_told_apart_by_guessing() -> None:
    twins = tuple(VendorCustomer(f"t{at}", "Contoso Media", ()) for at in range(2))
    assert set(verdicts(suggest(Coverage(twins, (), parties(["Contoso Media"]), ()))).values()) == {None}
    one = (VendorCustomer("t", "Contoso Media", ()),)
    assert verdicts(suggest(Coverage(one, (), parties(["Contoso Media", "CONTOSO MEDIA"]), ()))) == {
        "Contoso Media": None
    }


def test_the_order_of_what_was_read_changes_nothing() -> None:
    chance = random.Random(1)
    known = companies(chance)
    vendor = [VendorCustomer(f"t{at}", " ".join(company), ()) for at, company in enumerate(known)]
    ledger = list(parties([noisy(company, chance) for company in known]))
    first = suggest(Coverage(tuple(vendor), (), tuple(ledger), ()))
    chance.shuffle(vendor)
    chance.shuffle(ledger)
    again = suggest(Coverage(tuple(vendor), (), tuple(ledger), ()))
    assert Counter((one.id, tuple(each.id for each in one.sure)) for one in first) == Counter(
        (one.id, tuple(each.id for each in one.sure)) for one in again
    )
