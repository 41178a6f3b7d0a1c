"""The fields of Business Central's pages: what may be written into them, what is refused, and how they are shown.

A page's fields are written as text, `number c20; displayName t100; balanceDue* dec`, in the order the page has them:
`c` = code (upper case, trimmed), `t` = text, both with their length; `{A|B}` = one of these words, `{@LINE}` = one of
the longer lists below; `*` = read-only;
`~` = worked out by the page, so nobody can filter or sort by it.
"""

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from connector.sandbox.business_central.refusals import Refused, bad_request

NO_ID = "00000000-0000-0000-0000-000000000000"
NO_DAY = date.min
NO_MOMENT = datetime.min.replace(tzinfo=UTC)
_LARGEST, _LARGEST_INT = Decimal("999999999999999.99"), 2**31 - 1
_GUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", re.IGNORECASE)
_WRITTEN = re.compile(r"(?P<name>\w+)(?P<marks>[*~]*) (?P<kind>[a-z]+)(?P<length>\d*)(?:\{(?P<options>.*)\})?")
_BLANKS: dict[str, Any] = {
    "guid": NO_ID, "code": "", "text": "", "formula": "", "dec": Decimal(0), "int": 0, "bool": False, "date": NO_DAY,
    "dt": NO_MOMENT, "stream": b"",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Field:
    """One field of a page; `length` 0 = no limit."""

    name: str
    kind: str
    length: int = 0
    options: tuple[str, ...] = ()
    read_only: bool = False
    is_variable: bool = False

    @property
    def blank(self) -> Any:
        """What stands in the field when nobody wrote anything; Business Central never shows null."""
        return self.options[0] if self.kind == "enum" else _BLANKS[self.kind]

    def take(self, value: Any) -> Any:
        """A value from JSON as it is kept; raises Refused for what does not fit."""
        if value is None:
            no = f"Field '{self.name}' must not be blank or empty."
            raise Refused(400, "BadRequest_RequiredParamNotProvided", no)
        match self.kind:
            case "code" | "text" | "formula":
                return self._text(value)
            case "guid":
                return self._guid(value)
            case "enum":
                return self._option(value)
            case "bool":
                if isinstance(value, bool):
                    return value
            case "dec" | "int":
                return self._number(value)
            case "date":
                return self._day(value)
        raise self._unfit(value)

    def show(self, value: Any) -> Any:
        """A kept value as JSON shows it."""
        match self.kind:
            case "dec":
                return shown_number(value)
            case "date":
                return value.isoformat()
            case "dt":
                return shown_moment(value)
        return value

    def _text(self, value: Any) -> str:
        if not isinstance(value, str):
            raise self._unfit(value)
        text = value.strip().upper() if self.kind == "code" else value
        check_length(text, self.length)
        return text

    def _guid(self, value: Any) -> str:
        if not isinstance(value, str) or not is_guid(value):
            raise self._unfit(value)
        return value.lower()

    def _option(self, value: Any) -> str:
        if not isinstance(value, str):
            raise self._unfit(value)
        if value not in self.options:
            known = ",".join(decoded(option) for option in self.options)
            no = f"'{decoded(value)}' is not an option. The existing options are: {known}"
            raise Refused(400, "Unknown", no)
        return value

    def _number(self, value: Any) -> Any:
        if isinstance(value, bool) or not isinstance(value, int | Decimal):
            raise self._unfit(value)
        exact = Decimal(value)
        if not exact.is_finite() or abs(exact) > (_LARGEST_INT if self.kind == "int" else _LARGEST):
            raise self._unfit(value)
        if self.kind == "int":
            if exact != int(exact):
                raise self._unfit(value)
            return int(exact)
        return exact

    def _day(self, value: Any) -> date:
        if isinstance(value, str) and re.fullmatch(r"\d{4}-\d\d-\d\d", value):
            try:
                return date.fromisoformat(value)
            except ValueError:
                pass
        raise self._unfit(value)

    def _unfit(self, value: Any) -> Refused:
        return bad_request(f"Unable to convert value '{value}' of property '{self.name}' to {_EDM[self.kind]}.")


_EDM = {
    "guid": "Edm.Guid", "code": "Edm.String", "text": "Edm.String", "formula": "Edm.String", "dec": "Edm.Decimal",
    "int": "Edm.Int32", "bool": "Edm.Boolean", "date": "Edm.Date", "dt": "Edm.DateTimeOffset", "enum": "Edm.String",
    "stream": "Edm.Stream",
}  # fmt: skip
OPTIONS = {
    "LINE": "Comment|Account|Item|Resource|Fixed_x0020_Asset|Charge|Allocation_x0020_Account",
    "ACC": "G_x002F_L_x0020_Account|Customer|Vendor|Bank_x0020_Account|Fixed_x0020_Asset|IC_x0020_Partner|Employee"
    "|Allocation_x0020_Account",
    "FILE": "_x0020_|Journal|Sales_x0020_Order|Sales_x0020_Quote|Sales_x0020_Credit_x0020_Memo|Sales_x0020_Invoice"
    "|Purchase_x0020_Invoice|Purchase_x0020_Order|Purchase_x0020_Quote|Employee|Job|Item|Customer|Vendor"
    "|Purchase_x0020_Credit_x0020_Memo",
    "PARENTS": "_x0020_|Journal_x0020_Line|Sales_x0020_Credit_x0020_Memo|Sales_x0020_Credit_x0020_Memo_x0020_Line"
    "|Sales_x0020_Invoice|Sales_x0020_Invoice_x0020_Line|Purchase_x0020_Invoice|Purchase_x0020_Invoice_x0020_Line"
    "|Purchase_x0020_Credit_x0020_Memo|Purchase_x0020_Credit_x0020_Memo_x0020_Line"
    "|General_x0020_Ledger_x0020_Entry",
}
_KINDS = {"c": "code", "t": "text", "": "enum"}


def read_fields(text: str) -> dict[str, Field]:
    """Fields from their text, in order; raises ValueError for what is not one."""
    fields = {}
    for name, words in OPTIONS.items():
        text = text.replace(f"@{name}", words)
    for written in " ".join(text.split()).split("; "):
        found = _WRITTEN.fullmatch(written.replace(" {", " enum{"))
        if found is None:
            raise ValueError(f"{written!r} is not a field")
        kind = _KINDS.get(found["kind"], found["kind"])
        options = tuple(found["options"].split("|")) if found["options"] else ()
        marks = found["marks"]
        length = int(found["length"] or 0)
        fields[found["name"]] = Field(found["name"], kind, length, options, "*" in marks, "~" in marks)
    return fields


def check_length(text: str, length: int) -> None:
    """Refuse a text that is too long for its field."""
    if length and len(text) > length:
        no = f"The length of the string is {len(text)}, but it must be less than or equal to {length} characters."
        raise Refused(400, "Application_StringExceededLength", f"{no} Value: {text}")


def is_guid(text: str) -> bool:
    """Whether the text is an id."""
    return _GUID.fullmatch(text) is not None


def shown_number(value: Decimal | int) -> Decimal | int:
    """A number without zeros at its end, as Business Central writes it."""
    plain = Decimal(value).normalize()
    return int(plain) if plain == plain.to_integral_value() else plain


def shown_moment(value: datetime) -> str:
    """A moment with up to three digits after the second's point, none of them a zero at the end."""
    text = value.astimezone(UTC).replace(tzinfo=None).isoformat() if value != NO_MOMENT else "0001-01-01T00:00:00"
    head, point, digits = text.partition(".")
    digits = digits[:3].rstrip("0")
    return f"{head}{point if digits else ''}{digits}Z"


def decoded(word: str) -> str:
    """An option's own name: `Sales_x0020_Invoice` is Sales Invoice."""
    return re.sub(r"_x([0-9A-F]{4})_", lambda found: chr(int(found[1], 16)), word)
