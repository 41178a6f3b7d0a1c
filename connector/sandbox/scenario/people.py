"""The partner's customers: who they are, how they are priced and how their bookkeeper writes lines."""

from dataclasses import dataclass, field
from decimal import Decimal

from connector.sandbox.scenario.catalogue import MARKETS, Product
from connector.sandbox.scenario.chance import Chance

LEDGERS = {"USD": "books-us", "EUR": "books-eu"}
STYLES = ("referenced", "dated", "pooled", "dateless")
GROUPS = {
    "USD": ("gold", "silver", "fixed", "managed", "taxed"),
    "EUR": ("europe", "europe-gold"),
}
SALES_TAX_PERCENT = Decimal("7.25")

_FIRST = (
    "Alpine",
    "Contoso",
    "Fabrikam",
    "Adventure",
    "Wingtip",
    "Tailspin",
    "Litware",
    "Proseware",
    "Lucerne",
    "Fourth Coffee",
    "Coho",
    "Margie's",
    "Humongous",
    "Graphic",
    "Blue Yonder",
    "Woodgrove",
    "Trey",
    "Relecloud",
    "VanArsdel",
    "Bellows",
    "Consolidated",
    "Nod",
    "Southridge",
    "Liberty's",
    "First Up",
    "Best For You",
)
_LAST = (
    "Ski House",
    "Works",
    "Toys",
    "Vineyard",
    "Insurance",
    "Design",
    "Airlines",
    "Bank",
    "Research",
    "Media",
    "Consultants",
    "Publishers",
    "Foods",
    "Logistics",
    "Clinics",
    "Legal",
    "Energy",
    "Studios",
)
_AWKWARD = (
    '=HYPERLINK("http://example.invalid","Alpine")',
    "+Süd Handels GmbH & Co. KG",
    "@Sum(1+1) Traders",
    '-Discount, "Outlet" Ltd',
    "日本商事株式会社",
    "Müller & Söhne, Zürich",
    "Łódź Żaglowa sp. z o.o.",
    "O'Reilly; Sons",
    "Société Générale d'Éclairage",
    "Ωmega Ναυτιλιακή",
)


@dataclass(slots=True)
class Customer:
    """A tenant and the ways it is billed. `mapped` False = the mapping does not know it."""

    number: int
    tenant_id: str
    name: str
    domain: str
    currency: str
    group: str
    ledger_customer: str
    style: str
    ledger_name: str
    charged_in: str
    reseller: str = "0"
    extra_groups: tuple[str, ...] = ()
    mapped: bool = True
    sole: bool = False
    bills: str = "arrears"
    frequency: str = "as_vendor"
    valid_to: str | None = None
    used_items: set[str] = field(default_factory=set)
    exhibits: int = 0
    desk_forgotten: bool = False

    @property
    def ledger(self) -> str:
        """The ledger it is billed in."""
        return LEDGERS[self.currency]

    @property
    def market(self) -> str:
        """Country of the customer."""
        return MARKETS[self.charged_in]

    @property
    def tax_percent(self) -> Decimal | None:
        """The sales tax the mapping asks for; None = not judged."""
        return SALES_TAX_PERCENT if self.group == "taxed" else None

    def take(self, product: Product) -> bool:
        """Reserve a product's item for one exhibit; False when this customer has it already."""
        if product.product_id in self.used_items:
            return False
        self.used_items.add(product.product_id)
        return True


def make_customer(number: int, currency: str, group: str, chance: Chance) -> Customer:
    """A customer with a name that may be awkward, and another spelling of it in the ledger."""
    awkward = number % 9 == 4
    base = chance.pick(_AWKWARD) if awkward else f"{chance.pick(_FIRST)} {chance.pick(_LAST)}"
    name = f"{base} {number}"
    spelled = name if awkward else chance.pick((name, f"{name} Inc.", name.upper(), f"{base} Corporation {number}"))
    return Customer(
        number=number,
        tenant_id=chance.guid(),
        name=name,
        domain=f"tenant{number}.onmicrosoft.com",
        currency=currency,
        charged_in=currency,
        group=group,
        style=STYLES[number % 4],
        ledger_name=spelled,
        ledger_customer=str(5000 + number) if currency == "USD" else f"D{10000 + number}",
    )
