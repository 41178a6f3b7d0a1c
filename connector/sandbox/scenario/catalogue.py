"""What Microsoft sells in the made-up world, at which cost, and under which item the partner sells it on."""

from dataclasses import dataclass
from decimal import Decimal

from connector.sandbox.scenario.money import rounded

MARKETS = {"USD": "US", "EUR": "DE"}
_PAID_AHEAD = Decimal("0.95")
_RETAIL = Decimal("1.25")


@dataclass(frozen=True, slots=True)
class Product:
    """A licence: cost per seat and month of a yearly term, by currency, and its items in the ledgers."""

    name: str
    product_id: str
    sku_id: str
    item: str
    item_eu: str
    usd: Decimal
    eur: Decimal
    telephony_share: Decimal | None = None
    dearer_by: Decimal = Decimal(0)
    monthly_term: Decimal = Decimal("1.20")

    def item_in(self, currency: str) -> str:
        """The item number in the ledger of that currency."""
        return self.item if currency == "USD" else self.item_eu

    def monthly(self, currency: str) -> Decimal:
        """Cost of a seat per month on a yearly term."""
        return self.usd if currency == "USD" else self.eur

    def cost(self, currency: str, term: str, plan: str, raised: bool = False) -> Decimal:
        """Cost of a seat per billing cycle; `raised` = after the price rise of the last month."""
        monthly = self.monthly(currency) + (self.dearer_by if raised else 0)
        if term == "P1M":
            return rounded(monthly * self.monthly_term)
        return monthly if plan == "monthly" else rounded(monthly * 12 * _PAID_AHEAD)

    def sheet_price(self, currency: str, term: str, plan: str, raised: bool) -> Decimal:
        """Price for the whole term as the price sheet prints it."""
        cycle = self.cost(currency, term, plan, raised)
        return cycle * 12 if (term, plan) == ("P1Y", "monthly") else cycle

    def retail(self, currency: str, term: str, plan: str, raised: bool = False) -> Decimal:
        """Estimated retail price of a seat per billing cycle."""
        return rounded(self.cost(currency, term, plan, raised) * _RETAIL)


def _product(number: int, name: str, product_id: str, usd: str, eur: str, sku_id: str = "0001") -> Product:
    return Product(name, product_id, sku_id, str(300 + number), f"MS-{300 + number}", Decimal(usd), Decimal(eur))


GENERAL = (
    _product(1, "Microsoft 365 Business Basic", "CFQ7TTC0LH18", "4.80", "4.50"),
    _product(2, "Microsoft 365 Business Standard", "CFQ7TTC0LDPB", "10.00", "9.40"),
    _product(3, "Microsoft 365 Business Premium", "CFQ7TTC0LCHC", "17.60", "16.50", "0002"),
    _product(4, "Microsoft 365 Apps for business", "CFQ7TTC0LH1G", "6.60", "6.20"),
    _product(5, "Exchange Online (Plan 1)", "CFQ7TTC0LH16", "3.20", "3.00"),
    _product(6, "Exchange Online (Plan 2)", "CFQ7TTC0LH1P", "6.40", "6.00"),
    _product(7, "Office 365 E3", "CFQ7TTC0LF8R", "18.40", "17.30"),
    _product(8, "Microsoft 365 E3", "CFQ7TTC0LFLX", "28.80", "27.10"),
    _product(9, "Power BI Pro", "CFQ7TTC0L3PB", "11.20", "10.50"),
    _product(10, "Project Plan 3", "CFQ7TTC0HDB0", "24.00", "22.60"),
    _product(11, "Visio Plan 2", "CFQ7TTC0HD32", "12.00", "11.30"),
    _product(12, "Entra ID P1", "CFQ7TTC0LFLS", "4.75", "4.45"),
    _product(13, "Entra ID P2", "CFQ7TTC0LFK5", "7.15", "6.75"),
    _product(14, "Defender for Business", "CFQ7TTC0J20X", "2.40", "2.25"),
    _product(15, "Intune Plan 1", "CFQ7TTC0LCH4", "6.35", "5.95"),
    _product(16, "Windows 365 Business 2 vCPU", "CFQ7TTC0J203", "25.60", "24.10", "000K"),
    _product(17, "Teams Phone Standard", "CFQ7TTC0LH0T", "8.05", "7.55"),
    _product(18, "Copilot for Microsoft 365", "CFQ7TTC0MM8R", "24.00", "22.65"),
)
E5 = Product(
    "Microsoft 365 E5",
    "CFQ7TTC0LFLZ",
    "0001",
    "330",
    "MS-330",
    Decimal("45.60"),
    Decimal("42.90"),
    telephony_share=Decimal("6.45"),
)
SIBLINGS = (
    Product("Office 365 E1", "CFQ7TTC0LF8Q", "0001", "331", "MS-331", Decimal("8.00"), Decimal("7.50")),
    Product("Office 365 E1 (no Teams)", "CFQ7TTC0LF8Q", "0014", "331", "MS-331", Decimal("8.00"), Decimal("7.50")),
)
BUNDLE_SEAT = Product("Microsoft 365 F3", "CFQ7TTC0LH05", "0001", "332", "MS-332", Decimal("6.40"), Decimal("6.00"))
BUNDLE_GUARD = Product(
    "Defender for Office 365 (Plan 1)",
    "CFQ7TTC0LH04",
    "0001",
    "333",
    "MS-333",
    Decimal("1.60"),
    Decimal("1.50"),
)
RISING = Product(
    "Dynamics 365 Team Members",
    "CFQ7TTC0LH3F",
    "0001",
    "334",
    "MS-334",
    Decimal("6.50"),
    Decimal("6.10"),
    dearer_by=Decimal("1.50"),
)
BY_TERM = Product(
    "Power Automate Premium",
    "CFQ7TTC0LSGZ",
    "0001",
    "335",
    "MS-335",
    Decimal("12.50"),
    Decimal("11.75"),
    monthly_term=Decimal(1),
)
BY_TERM_MONTHLY_ITEM = {"USD": "336", "EUR": "MS-336"}
RESOLD = Product("Exchange Online Kiosk", "CFQ7TTC0LH0L", "0001", "337", "MS-337", Decimal("1.60"), Decimal("1.50"))
UNKNOWN = Product("Planner Plan 1", "CFQ7TTC0HDLB", "0001", "", "", Decimal("8.00"), Decimal("7.50"))
OLD_SKU = Product("Office 365 E4", "CFQ7TTC0LF8S", "0001", "338", "MS-338", Decimal("16.00"), Decimal("15.10"))
NEW_SKU = Product("Microsoft 365 E4", "CFQ7TTC0LFL4", "0001", "339", "MS-339", Decimal("26.00"), Decimal("24.50"))
TIED = Product("Viva Suite", "CFQ7TTC0LVVS", "0001", "", "", Decimal("9.60"), Decimal("9.00"))
TIED_ITEMS = ({"USD": "342", "EUR": "MS-342"}, {"USD": "343", "EUR": "MS-343"})
STAFFED = Product("Microsoft 365 F1", "CFQ7TTC0MBMD", "0001", "341", "MS-341", Decimal("1.80"), Decimal("1.70"))
SPECIAL = (
    E5,
    *SIBLINGS,
    BUNDLE_SEAT,
    BUNDLE_GUARD,
    RISING,
    BY_TERM,
    RESOLD,
    UNKNOWN,
    OLD_SKU,
    NEW_SKU,
    TIED,
    STAFFED,
)
LICENCES = (*GENERAL, *SPECIAL)
AZURE_ITEMS = {"USD": "400", "EUR": "MS-400"}
RESERVATION_ITEMS = {"USD": "401", "EUR": "MS-401"}
