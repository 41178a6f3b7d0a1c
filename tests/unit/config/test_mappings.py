"""What administrators write arrives as rules, exactly and with its place."""

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from connector.config.mappings import PARTS, find_files, read_mappings
from connector.domain.errors import InvalidConfig, Place
from connector.domain.rules import (
    Accepted,
    Adjustment,
    BundleRule,
    Category,
    CustomerRule,
    ExportProfile,
    FxRule,
    Internal,
    Mapping,
    MinimumRule,
    OwnItemRule,
    PriceRule,
    ProductRule,
    ResellerRule,
    Selector,
    SubscriptionRule,
    TaxRule,
    Template,
    Tier,
    Tolerance,
    Validity,
)
from tests.unit.config.people import ALPINE, BELLOWS, customer

Read = Callable[..., Mapping]
DESIGN = Path(__file__).parent / "design.yaml"


def at(line: int, column: int) -> Place:
    return Place(DESIGN.as_posix(), line, column)


def test_every_part_of_the_promised_mapping_is_read() -> None:
    mapping = read_mappings(DESIGN)
    from_2026 = Validity(date(2026, 1, 1))
    assert mapping.customers == (
        CustomerRule(
            "Alpine Ski House",
            ALPINE,
            "books-us",
            "58",
            at(3, 3),
            "USD",
            ("gold",),
            "arrears",
            "as_vendor",
            "itemised",
            "PO-1123",
            validity=from_2026,
        ),
    )
    assert mapping.subscriptions == (
        SubscriptionRule(
            at(15, 3),
            "9d7d1f3d-c8de-461c-db6d-91debd5129f0",
            ledger_customer="77",
            item="88",
            free_quantity=Decimal(5),
            bill="never",
        ),
    )
    assert mapping.resellers == (ResellerRule("4391507", "9", at(21, 3)),)
    premium = Selector(product_id="CFQ7TTC0LCHC", sku_id="0002", term="P1Y")
    assert mapping.products == (
        ProductRule("Microsoft 365 Business Premium", premium, (("", "31"),), at(23, 3)),
        ProductRule("Azure", Selector(category=Category.AZURE), (("", "40"),), at(28, 3)),
    )
    assert mapping.prices == (
        PriceRule(
            Selector(group="gold", category=Category.LICENSE),
            at(32, 3),
            markup_percent=Decimal(18),
            of="net",
            promotion="pass_on",
            change_at="renewal",
            floor_margin_percent=Decimal(5),
            priority=1,
            round_to=Decimal("0.01"),
            validity=from_2026,
        ),
        PriceRule(
            Selector(product_id="CFQ7TTC0LH18"),
            at(41, 3),
            tiers=(Tier(Decimal(1), Decimal(20)), Tier(Decimal(50), Decimal(18))),
            tier_mode="volume",
        ),
    )
    seat, guard = Selector(product_id="CFQ7TTC0LCHC"), Selector(product_id="CFQ7TTC0LH16")
    assert mapping.bundles == (
        BundleRule("Managed seat", "55", Decimal("45.00"), seat, (seat, guard), Selector(group="managed"), at(45, 3)),
    )
    assert mapping.own_items == (
        OwnItemRule(Selector(group="gold"), "60", "Service desk", Decimal("25.00"), at(52, 3)),
    )
    assert mapping.minimums == (
        MinimumRule(Selector(tenant_id=ALPINE, category=Category.AZURE), Decimal("500.00"), at(54, 3)),
    )
    assert mapping.templates == (Template("itemised", at(56, 3)),)
    assert mapping.taxes == (TaxRule(Selector(), at(62, 14), "TAX", Decimal(0)),)
    assert mapping.fx == (FxRule("USD", "EUR", "vendor", at(63, 14), margin_percent=Decimal("1.5")),)
    assert mapping.tolerances == (Tolerance(Selector(kind="tax_differs"), at(64, 14), Decimal("0.02")),)
    assert mapping.accepted == (
        Accepted("3f9a1c0b5d7e2f48", "agreed discount", "jane", at(65, 14), date(2026, 12, 31)),
    )
    assert mapping.internal == (Internal("6d1f0c9e-8a55-4d5e-9a53-0c8a3a4ecb11", "our own tenant", at(66, 14)),)
    assert mapping.adjustments == (
        Adjustment("G012345678", Decimal("-12.50"), "USD", "rounding on the PDF", "jane", at(67, 15)),
    )
    assert mapping.exports == (
        ExportProfile(
            "qbo-sales-by-customer",
            at(68, 14),
            5,
            (("document_number", ("Num",)),),
            "%m/%d/%Y",
            ".",
            "name",
            like="canonical-ledger-lines",
        ),
    )
    assert all(getattr(mapping, part) for part in PARTS)


def test_a_price_keeps_every_digit_and_never_becomes_a_float(read: Read) -> None:
    mapping = read("prices:\n- {for: {}, unit_price: 0.10000000000000000555, round_to: '0.05'}\n")
    assert str(mapping.prices[0].unit_price) == "0.10000000000000000555"
    assert mapping.prices[0].round_to == Decimal("0.05")


def test_ids_get_their_one_spelling(read: Read) -> None:
    mapping = read(
        f"customers:\n{customer(tenant_id=ALPINE.upper())}"
        'products:\n- {name: A, product_id: cfq7ttc0lchc, sku_id: "2", item: "31"}\n'
        "subscriptions:\n- {subscription_id: 9D7D1F3D-C8DE-461C-DB6D-91DEBD5129F0, bill: never}\n"
    )
    assert mapping.customers[0].tenant_id == ALPINE
    assert mapping.products[0].selector == Selector(product_id="CFQ7TTC0LCHC", sku_id="0002")
    assert mapping.subscriptions[0].subscription_id == "9d7d1f3d-c8de-461c-db6d-91debd5129f0"


def test_no_stays_a_text(read: Read) -> None:
    mapping = read(f"customers:\n{customer('NO')}{customer('on', BELLOWS)}")
    assert [rule.name for rule in mapping.customers] == ["NO", "on"]


def test_the_last_day_belongs_to_the_rule(read: Read) -> None:
    text = "prices:\n- {for: {}, markup_percent: 1, valid_from: 2026-01-01, valid_to: 2026-01-31}\n"
    validity = read(text).prices[0].validity
    assert date(2026, 1, 31) in validity
    assert date(2026, 2, 1) not in validity
    assert date(2025, 12, 31) not in validity


def test_the_last_day_of_the_calendar_means_for_ever(read: Read) -> None:
    assert read("prices:\n- {for: {}, markup_percent: 1, valid_to: 9999-12-31}\n").prices[0].validity.end is None


def test_items_may_differ_by_ledger(read: Read) -> None:
    product = read('products:\n- {name: A, category: azure, item: {books-us: "31", books-eu: M365}}\n').products[0]
    assert (product.item("books-us"), product.item("books-eu"), product.item("books-uk")) == ("31", "M365", None)


def test_lists_of_several_files_are_joined_in_the_order_of_their_names(read: Read) -> None:
    mapping = read(f"customers:\n{customer()}", f"customers:\n{customer('Bellows', BELLOWS)}")
    assert [(rule.name, Path(rule.place.file).name) for rule in mapping.customers] == [
        ("Alpine Ski House", "0.yaml"),
        ("Bellows", "1.yaml"),
    ]


def test_files_in_folders_count_and_hidden_ones_do_not(tmp_path: Path) -> None:
    for name in ("b.yml", "a/deep.yaml", ".hidden.yaml", ".git/x.yaml", "notes.txt"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("prices: []\n")
    assert [file.name for file in find_files(tmp_path)] == ["a/deep.yaml", "b.yml"]


def test_lists_may_be_empty_and_editors_may_have_their_schema_line(read: Read) -> None:
    assert read("$schema: ./mappings.schema.json\ncustomers:\nprices: []\n", "# nothing yet\n", "").prices == ()


@pytest.mark.parametrize(
    "encode",
    [
        lambda text: b"\xef\xbb\xbf" + text.encode(),
        lambda text: text.encode("utf-16"),
        lambda text: text.replace("\n", "\r\n").encode(),
    ],
    ids=["utf-8 with mark", "utf-16 with mark", "windows line ends"],
)
def test_what_windows_editors_save_is_read(read: Read, encode: Callable[[str], bytes]) -> None:
    mapping = read(encode(f"customers:\n{customer('Łódź Żaglowa')}"))
    assert mapping.customers[0].name == "Łódź Żaglowa"
    assert (mapping.customers[0].place.line, mapping.customers[0].place.column) == (2, 3)


def test_a_missing_folder_is_told(tmp_path: Path) -> None:
    with pytest.raises(InvalidConfig, match="there is no such mapping folder or file; `connector init` writes"):
        read_mappings(tmp_path / "nowhere")


def test_a_link_that_leads_nowhere_is_told_for_its_rules_are_missing(tmp_path: Path) -> None:
    (tmp_path / "rules.yaml").write_text("customers: []\n")
    (tmp_path / "more.yaml").symlink_to("gone.yaml")
    with pytest.raises(InvalidConfig, match=r"more\.yaml: the link leads to no file; repair or delete it"):
        read_mappings(tmp_path)


def test_an_empty_folder_is_told(tmp_path: Path) -> None:
    with pytest.raises(InvalidConfig, match=r"holds no \.yaml file"):
        read_mappings(tmp_path)


def test_ledger_names_are_those_of_the_configuration(read: Read, problems: Callable[..., list[str]]) -> None:
    text = (
        f"customers:\n{customer(ledger='book-us')}products:\n- {{name: A, category: azure, item: {{books-uk: '1'}}}}\n"
    )
    assert problems(text, ledgers=("books-us", "books-eu")) == [
        "customers[1].ledger: there is no ledger 'book-us'; did you mean 'books-us'?",
        "products[1].item: there is no ledger 'books-uk'; did you mean 'books-us'?",
    ]
    assert read(text).customers[0].ledger == "book-us"


def test_a_ledger_must_be_named_when_there_are_several(problems: Callable[..., list[str]], read: Read) -> None:
    text = f"customers:\n{customer()}"
    assert problems(text, ledgers=("books-us", "books-eu")) == [
        "'ledger' is missing, and there are several; expected books-us or books-eu"
    ]
    assert read(text, ledgers=("books-us",)).customers[0].ledger is None


def test_the_digest_is_of_the_text_alone(tmp_path: Path) -> None:
    for folder in ("one", "two"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "a.yaml").write_text("prices: []\n")
    digests = [read_mappings(tmp_path / folder).digest for folder in ("one", "two")]
    assert digests[0] == digests[1]
    (tmp_path / "two" / "a.yaml").write_text("prices: []\n# changed\n")
    assert read_mappings(tmp_path / "two").digest != digests[0]


def test_problems_come_in_the_order_of_the_text_and_from_all_files(problems: Callable[..., list[str]]) -> None:
    first = problems("prices:\n- {for: {}}\n", "custmers: []\nprices:\n- {for: {}, markup_percent: x}\n- 5\n")
    assert [text.split(":")[0] for text in first] == [
        "prices[1]",
        "unknown key 'custmers'; did you mean 'customers'?",
        "prices[1].markup_percent",
        "prices[2]",
    ]


def test_a_file_that_cannot_be_parsed_does_not_hide_the_others(problems: Callable[..., list[str]]) -> None:
    told = problems("prices: [\n", f"customers:\n{customer(template='gone')}- {{name: B}}\n")
    assert len(told) == 3
    assert not any("template" in text for text in told)
