"""What finance does in the ledger behind the connector's back: prices lowered, documents deleted or written twice."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal

from connector.sandbox import business_central
from connector.sandbox.business_central.bookkeeper import Bookkeeper as CentralBookkeeper
from connector.sandbox.quickbooks import Bookkeeper, Company
from connector.sandbox.quickbooks.bookkeeper import Entry
from connector.sandbox.quickbooks.company import Thing

_CHEAPER = Decimal("0.90")
_DISCOUNT = Decimal(10)


@dataclass(frozen=True, slots=True)
class Deed:
    """One thing somebody did: in words, to which document (its number), and what must be found of it.

    `amount` is signed: positive where the partner loses.
    """

    text: str
    number: str
    kind: str
    amount: Decimal
    currency: str


def meddle_in_quickbooks(company: Company, prefix: str) -> list[Deed]:
    """Do five things to the invoices whose numbers begin with `prefix`, the first that lend themselves to it."""
    finance = Bookkeeper(company)
    invoices = sorted(
        (one for one in company.every("Invoice") if one["DocNumber"].startswith(prefix) and not _tax(one)),
        key=lambda one: str(one["DocNumber"]),
    )
    positive = [one for one in invoices if all(line["Amount"] > 0 for line in _sales(one))]
    cheaper = next(one for one in positive if _sales(one)[0]["SalesItemLineDetail"].get("UnitPrice"))
    deleted, voided, discounted, doubled = [one for one in positive if one is not cheaper][:4]
    return [
        _cheaper(finance, cheaper),
        _removed(finance.delete, deleted, "deleted"),
        _removed(finance.void, voided, "voided"),
        _discounted(finance, discounted),
        _doubled(finance, doubled),
    ]


def _sales(invoice: Thing) -> Sequence[Thing]:
    return [line for line in invoice["Line"] if line["DetailType"] == "SalesItemLineDetail"]


def _tax(invoice: Thing) -> Decimal:
    tax: Decimal = (invoice.get("TxnTaxDetail") or {}).get("TotalTax") or Decimal(0)
    return tax


def _cheaper(finance: Bookkeeper, invoice: Thing) -> Deed:
    line = _sales(invoice)[0]
    price = line["SalesItemLineDetail"]["UnitPrice"]
    lower = (price * _CHEAPER).quantize(Decimal("0.01"))
    finance.edit_line(invoice["Id"], 1, price=lower)
    lost = line["Amount"] - line["SalesItemLineDetail"]["Qty"] * lower
    text = f"lowered a price of {invoice['DocNumber']} from {price:.2f} to {lower:.2f}"
    return _deed(text, invoice, "posted_document_edited", lost)


def _removed(how: Callable[[str], None], invoice: Thing, word: str) -> Deed:
    how(invoice["Id"])
    text = f"{word} {invoice['DocNumber']} over {invoice['TotalAmt']:.2f}"
    return _deed(text, invoice, "posted_document_missing", invoice["TotalAmt"])


def _discounted(finance: Bookkeeper, invoice: Thing) -> Deed:
    after = finance.discount(invoice["Id"], percent=_DISCOUNT)
    text = f"gave {_DISCOUNT} % off {invoice['DocNumber']}"
    lost = invoice["TotalAmt"] - after["TotalAmt"]
    return _deed(text, invoice, "posted_document_edited", lost)


def _doubled(finance: Bookkeeper, invoice: Thing) -> Deed:
    entries = []
    for line in _sales(invoice):
        detail = line["SalesItemLineDetail"]
        entries.append(
            Entry(
                detail["ItemRef"]["value"], line.get("Description", ""), line["Amount"], detail.get("Qty"),
                detail.get("UnitPrice"),
            )
        )  # fmt: skip
    finance.invoice(invoice["CustomerRef"]["value"], entries)
    text = f"wrote an invoice by hand for what {invoice['DocNumber']} bills already"
    return _deed(text, invoice, "duplicate_billing", -invoice["TotalAmt"])


def _deed(text: str, invoice: Thing, kind: str, amount: Decimal) -> Deed:
    currency = invoice["CurrencyRef"]["value"]
    return Deed(text, str(invoice["DocNumber"]), kind, amount.quantize(Decimal("0.01")), currency)


def meddle_in_central(company: business_central.Company, prefix: str) -> list[Deed]:
    """Do away with two posted invoices of Business Central whose external numbers begin with `prefix`."""
    finance = CentralBookkeeper(company)
    invoices = sorted(
        (one for one in company.rows("salesInvoices") if one["externalDocumentNumber"].startswith(prefix)),
        key=lambda one: str(one["externalDocumentNumber"]),
    )
    cancelled, deleted = invoices[:2]
    finance.cancel(cancelled["id"])
    finance.delete(deleted["id"])
    return [
        Deed(
            f"{word} {one['number']} over {one['totalAmountExcludingTax']:.2f}",
            one["number"],
            "posted_document_missing",
            one["totalAmountExcludingTax"].quantize(Decimal("0.01")),
            one["currencyCode"] or company.currency,
        )
        for word, one in (("cancelled, by a credit memo,", cancelled), ("deleted", deleted))
    ]
