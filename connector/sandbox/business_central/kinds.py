"""The four kinds of document Business Central's API can write: invoices and credit memos, sold and bought."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Kind:
    """What differs between documents: the names of their fields, their number series, and how messages call them."""

    page: str
    lines: str
    noun: str
    is_sale: bool
    is_credit: bool
    dated: str
    external: str
    draft_series: str
    posted_series: str

    @property
    def parties(self) -> str:
        """The page of those it is written for."""
        return "customers" if self.is_sale else "vendors"

    @property
    def party(self) -> str:
        """How the fields that name them begin: `customerId`, `vendorNumber`."""
        return "customer" if self.is_sale else "vendor"

    @property
    def payer(self) -> str:
        """How the fields of those who pay begin."""
        return "billToCustomer" if self.is_sale else "payToVendor"

    @property
    def payer_name(self) -> str:
        """The field with the name of those who pay."""
        return "billToName" if self.is_sale else "payToName"

    @property
    def addresses(self) -> tuple[str, str]:
        """How the fields of the party's own and of the payer's address begin."""
        return ("sellTo", "billTo") if self.is_sale else ("buyFrom", "payTo")

    @property
    def price(self) -> str:
        """The field with a line's price."""
        return "unitPrice" if self.is_sale else "unitCost"

    @property
    def header(self) -> str:
        """The table of unposted documents as messages call it."""
        return "Sales Header" if self.is_sale else "Purchase Header"

    @property
    def named(self) -> str:
        """A document as messages call it in a sentence."""
        return self.noun.lower()


KINDS = {
    kind.page: kind
    for kind in (
        Kind(
            "salesInvoices", "salesInvoiceLines", "Invoice", True, False, "invoiceDate", "externalDocumentNumber",
            "S-INV", "S-INV+",
        ),
        Kind(
            "salesCreditMemos", "salesCreditMemoLines", "Credit Memo", True, True, "creditMemoDate",
            "externalDocumentNumber", "S-CR", "S-CR+",
        ),
        Kind(
            "purchaseInvoices", "purchaseInvoiceLines", "Invoice", False, False, "invoiceDate", "vendorInvoiceNumber",
            "P-INV", "P-INV+",
        ),
        Kind(
            "purchaseCreditMemos", "purchaseCreditMemoLines", "Credit Memo", False, True, "creditMemoDate",
            "vendorCreditMemoNumber", "P-CR", "P-CR+",
        ),
    )
}  # fmt: skip
BY_LINES = {kind.lines: kind for kind in KINDS.values()}
