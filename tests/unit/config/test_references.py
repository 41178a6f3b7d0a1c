"""Names that nothing bears are errors, rules that nothing can use are warnings."""

from collections.abc import Callable

import pytest

from connector.config import references
from connector.config.nearest import did_you_mean, misspelt
from connector.domain.rules import Mapping
from tests.unit.config.people import ALPINE, BELLOWS, customer

Read = Callable[..., Mapping]


def warnings(mapping: Mapping) -> list[str]:
    """The warnings without their places."""
    return [text.split(": ", 1)[1] for text in mapping.warnings]


def test_a_rule_for_a_group_of_nobody_is_a_warning(read: Read) -> None:
    mapping = read(
        f"customers:\n{customer(groups='[gold]')}prices:\n- {{for: {{group: platinum}}, markup_percent: 1}}\n"
    )
    assert warnings(mapping) == ["prices: {group: platinum} is not used, because no customer is in that group"]
    assert ":4:3: " in mapping.warnings[0]


def test_a_rule_for_an_unknown_tenant_is_a_warning(read: Read) -> None:
    mapping = read(f"customers:\n{customer()}minimums:\n- {{for: {{tenant_id: {BELLOWS}}}, amount: 5}}\n")
    assert warnings(mapping) == [
        f"minimums: {{tenant_id: {BELLOWS}}} is not used, because no customer has that tenant id"
    ]


def test_an_unused_template_is_a_warning(read: Read) -> None:
    assert warnings(read("templates:\n- {name: plain}\n")) == ["templates: 'plain' is not used by any customer"]


def test_a_customer_that_is_internal_is_a_warning(read: Read) -> None:
    mapping = read(f"customers:\n{customer()}internal:\n- {{tenant_id: {ALPINE}, reason: ours}}\n")
    assert "Alpine Ski House is never billed, because it is internal at" in mapping.warnings[0]


def test_an_item_for_a_ledger_of_nobody_is_a_warning(read: Read) -> None:
    product = "products:\n- {name: Azure, category: azure, item: {books-us: '40', book-eu: '41'}}\n"
    both = f"customers:\n{customer(ledger='books-us')}{customer('Bellows', BELLOWS, ledger='books-eu')}"
    assert warnings(read(both + product)) == [
        "products: item '41' is not used, because no customer is billed in 'book-eu'; did you mean 'books-eu'?"
    ]
    assert warnings(read(f"customers:\n{customer()}{product}")) == []


def test_keys_without_effect_are_warnings(read: Read) -> None:
    mapping = read("prices:\n- {for: {}, unit_price: 20, of: net}\n")
    assert warnings(mapping) == ["prices[1].of: is not used with unit_price"]


def test_a_fingerprint_that_fits_no_finding_is_a_warning(read: Read) -> None:
    mapping = read("accepted:\n- {finding: '3f9a1c', reason: agreed, by: jane}\n")
    assert "a fingerprint has 16 digits" in mapping.warnings[0]


def test_warnings_do_not_make_two_mappings_differ(read: Read) -> None:
    first = read("templates:\n- {name: plain}\n")
    assert first == Mapping(templates=first.templates)


@pytest.mark.parametrize(
    ("name", "known", "meant"),
    [
        ("glod", ("gold",), "gold"),
        ("Gold", ("gold",), "gold"),
        ("team_east", ("team-east",), "team-east"),
        ("manged", ("managed",), "managed"),
        ("goold", ("gold",), "gold"),
        ("team-a", ("team-b",), None),
        ("tier1", ("tier2", "tier12"), None),
        ("gold", ("gold-eu", "golds"), None),
        ("eu", ("ue",), None),
        ("gold", ("gold",), None),
    ],
)
def test_only_slips_of_the_keyboard_are_misspelt(name: str, known: tuple[str, ...], meant: str | None) -> None:
    assert misspelt(name, known) == meant


def test_the_nearest_name_is_proposed_and_no_far_one() -> None:
    assert did_you_mean("custmers", ("customers", "prices")) == "; did you mean 'customers'?"
    assert did_you_mean("USD", ("usd",)) == "; did you mean 'usd'?"
    assert did_you_mean("weather", ("customers", "prices")) == ""


def test_a_list_has_a_limit(problems: Callable[..., list[str]]) -> None:
    groups = ", ".join(f"g{number}" for number in range(51))
    assert problems(f"customers:\n{customer(groups=f'[{groups}]')}") == [
        "customers[1].groups: the list has 51 entries; expected at most 50"
    ]


def test_hints_are_left_out_where_the_search_would_take_long(read: Read, monkeypatch: pytest.MonkeyPatch) -> None:
    text = f"customers:\n{customer(groups='[gold]')}prices:\n- {{for: {{group: glod}}, markup_percent: 1}}\n"
    monkeypatch.setattr(references, "_MOST_PAIRS", 0)
    assert warnings(read(text)) == ["prices: {group: glod} is not used, because no customer is in that group"]
