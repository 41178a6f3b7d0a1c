"""Speaks one language: sentences in English or German, amounts, numbers and days as that language writes them."""

from collections.abc import Iterable
from datetime import date, datetime
from decimal import Decimal
from types import MappingProxyType

from babel.dates import format_date, format_time
from babel.numbers import format_decimal

from connector.domain.finding import Figures, Finding
from connector.domain.kinds import DIFFERENCE
from connector.domain.money import exponent, round_half_up, trimmed
from connector.reports.mail.kinds_de import KINDS_DE
from connector.reports.mail.reasons_de import reason_in_german
from connector.reports.mail.words_de import WORDS_DE
from connector.reports.mail.words_en import WORDS_EN
from connector.reports.sums import Stake
from connector.reports.wording import kind_of, plain, product_name

WORDS = MappingProxyType({"en": WORDS_EN, "de": WORDS_DE})


class Language:
    """A language by its code. Sentences exist in English and German; other codes change amounts and days only."""

    def __init__(self, code: str = "en") -> None:
        self.code = code
        self.spoken = code if code in WORDS else "en"
        self._words = WORDS[self.spoken]

    def say(self, name: str, /, **values: str) -> str:
        """A sentence, filled in."""
        return self._words[name].format(**values)

    def some(self, name: str, count: int) -> str:
        """A number of things: 1 finding, 2 findings."""
        return self.say(f"{name}.one") if count == 1 else self.say(f"{name}.many", count=self.number(Decimal(count)))

    def money(self, amount: Decimal, currency: str) -> str:
        """An amount with its currency, rounded half up to the minor unit."""
        places = exponent(currency)
        rounded = round_half_up(amount, places)
        shape = "#,##0." + "0" * places if places else "#,##0"
        text: str = format_decimal(rounded if rounded else abs(rounded), format=shape, locale=self.code)
        return f"{text} {currency}".rstrip()

    def number(self, value: Decimal) -> str:
        """A quantity with all its digits."""
        text: str = format_decimal(trimmed(value, 0), locale=self.code, decimal_quantization=False)
        return text

    def price(self, value: Decimal, currency: str) -> str:
        """A unit price with all its digits, and at least the currency's."""
        shown = trimmed(value, exponent(currency))
        places = max(0, -int(shown.as_tuple().exponent))
        text: str = format_decimal(shown, format="#,##0." + "0" * places if places else "#,##0", locale=self.code)
        return text

    def day(self, day: date) -> str:
        """A day."""
        text: str = format_date(day, "medium", locale=self.code)
        return text

    def moment(self, moment: datetime) -> str:
        """A moment, in the time zone it is given in."""
        time: str = format_time(moment.timetz(), "short", locale=self.code)
        return f"{self.day(moment.date())}, {time} {moment.tzname() or ''}".rstrip()

    def month(self, scope: str) -> str:
        """A month written YYYY-MM; any other scope as it is."""
        try:
            text: str = format_date(date.fromisoformat(f"{scope}-01"), "LLLL y", locale=self.code)
        except ValueError:
            return plain(scope)
        return text[:1].upper() + text[1:]

    def period(self, first: date | None, last: date | None) -> str:
        """The first and last day, a single day once."""
        known = [self.day(day) for day in (first, last) if day is not None]
        if not known:
            return ""
        return known[0] if len(set(known)) == 1 else self.say("from_to", first=known[0], last=known[1])

    def title(self, finding: Finding) -> str:
        """The kind of a finding in a few words."""
        return self._kind(finding)[0]

    def meaning(self, finding: Finding) -> str:
        """What was seen, in one sentence."""
        return self._kind(finding)[1]

    def advice(self, finding: Finding) -> str:
        """What to do: what the finding advises itself, or what its kind does."""
        usual = kind_of(finding).advice
        own = finding.advice if finding.advice != usual else ""
        return self.reason(own) or self._kind(finding)[2]

    def reason(self, text: str) -> str:
        """The text of a cause."""
        return reason_in_german(text) if self.spoken == "de" else text

    def customer(self, finding: Finding) -> str:
        """The customer of a finding as people know it, else by the best id there is."""
        about = finding.subject
        return plain(about.customer_name or about.ledger_customer or about.tenant_id) or self.say("no_customer")

    def product(self, finding: Finding) -> str:
        """The product of a finding."""
        return product_name(finding)

    def stake(self, finding: Finding) -> str:
        """The money of a finding with its meaning, the sign put into words."""
        return self.money_of(finding.measures, finding.impact, finding.currency, finding.valued_at)

    def money_of(self, measures: str, amount: Decimal, currency: str, valued_at: str = "sell") -> str:
        """An amount of difference or exposure with the meaning of its sign."""
        if not amount:
            return self.say("no_amount")
        size = self.money(abs(amount), currency)
        if measures == DIFFERENCE:
            return self.say("you_lose" if amount > 0 else "over_charged", money=size)
        at = "cost" if valued_at == "cost" else "value"
        return self.say(f"{at}_at_risk" if amount > 0 else f"{at}_in_favour", money=size)

    def stakes(self, sums: Iterable[tuple[str, Stake]]) -> str:
        """The money of several findings, by measure and currency; at most three sums."""
        parts: list[str] = []
        for measures, each in sums:
            if each.lost:
                parts.append(self.money_of(measures, each.lost, each.currency))
            if each.over and measures == DIFFERENCE and each.charging > 1:
                parts.append(self.say("many_over_charged", money=self.money(each.over, each.currency)))
            elif each.over:
                parts.append(self.money_of(measures, -each.over, each.currency))
        shown = parts[:3] + ["…"] * (len(parts) > 3)
        return ", ".join(shown) or self.say("no_amount")

    def figures(self, side: Figures, currency: str) -> str:
        """What was expected or found: quantity × unit price = amount, as far as known."""
        if not side.quantity and not side.amount:
            return self.say("nothing")
        amount = "–" if side.amount is None else self.money(side.amount, currency)
        if side.quantity is not None and side.unit_price is not None:
            return f"{self.number(side.quantity)} × {self.price(side.unit_price, currency)} → {amount}"
        if side.quantity is not None:
            return self.say("for_amount", quantity=self.number(side.quantity), money=amount)
        return amount

    def _kind(self, finding: Finding) -> tuple[str, str, str]:
        if self.spoken == "de" and finding.kind in KINDS_DE:
            return KINDS_DE[finding.kind]
        kind = kind_of(finding)
        return kind.title, kind.meaning, kind.advice
