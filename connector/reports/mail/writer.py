"""Who writes a mail: in which language and time zone, for which company, with links to which pages."""

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, tzinfo
from decimal import Decimal

from connector.domain.finding import Finding
from connector.reports.mail.language import Language
from connector.reports.mail.letter import Item, Items, Letter, Part, Sums
from connector.reports.mail.news import News
from connector.reports.sums import MEASURES, Stake, by_kind, in_order, in_sum, on_their_own, stakes

_MONTHS = re.compile(r"[0-9]{4}-[0-9]{2}(\.\.[0-9]{4}-[0-9]{2})?")
SHOWN = 25
"""How many findings a part of a mail shows one by one; mail programs cut what is longer than some 100 kB."""


@dataclass(frozen=True, slots=True)
class Writer:
    """Writes letters. `public_url` is where people reach the pages of the service, empty where there are none.

    `sign` gives what must follow a page's name so that whoever has the mail may see it.
    """

    language: Language = field(default_factory=Language)
    company: str = ""
    public_url: str = ""
    zone: tzinfo = UTC
    sign: Callable[[str], str] = lambda name: ""

    def letter(self, subject: str, lead: str, parts: Iterable[Part | None]) -> Letter:
        """A letter of this house."""
        kept = tuple(part for part in parts if part is not None)
        foot = self.language.say("foot", company=self.company) if self.company else ""
        return Letter(subject, lead, kept, self.language.spoken, foot)

    def link(self, fingerprint: str = "", scope: str = "") -> str:
        """The page of a month, opened at a finding; empty where there are no pages."""
        if not self.public_url:
            return ""
        # Only months have pages of their own; what watches find stands on the newest.
        name = scope if _MONTHS.fullmatch(scope) else "latest"
        page = f"{self.public_url.rstrip('/')}/reports/{name}{self.sign(name)}"
        return f"{page}#finding-{fingerprint}" if fingerprint else page

    def moment(self, moment: datetime) -> str:
        """A moment in the house's time zone."""
        return self.language.moment(moment.astimezone(self.zone))

    def item(self, news: News) -> Item:
        """A change among others."""
        say, finding = self.language.say, news.finding
        stake = self.stake(news)
        if news.change == "worse":
            stake = say("after_before", stake=stake, before=self._before(news))
        elif news.change == "resolved":
            stake = say("was", stake=self._before(news))
        about = [
            finding.kind, self.language.product(finding), self.language.period(finding.first, finding.last),
            news.fingerprint,
        ]  # fmt: skip
        return Item(
            f"{self.language.customer(finding)}: {self.language.title(finding)}",
            stake,
            (" · ".join(text for text in about if text), self.language.advice(finding) * (news.change != "resolved")),
            self.link(news.fingerprint, news.scope) if news.change != "resolved" else "",
        )

    def items(self, news: Iterable[News]) -> Items:
        """Several changes, the gravest and largest first."""
        ordered = _in_order(news)
        shown, rest = ordered[:SHOWN], ordered[SHOWN:]
        more = ""
        if rest:
            findings = self.language.some("findings", len(rest))
            more = self.language.say("and_more", findings=findings, stakes=self.stakes(one.finding for one in rest))
        return Items(tuple(map(self.item, shown)), more)

    def stake(self, news: News) -> str:
        """The money of a change as it stands now, in all its scopes."""
        amount = news.before if news.change == "resolved" else news.after
        return self.language.stake(replace(news.finding, impact=amount))

    def stakes(self, findings: Iterable[Finding]) -> str:
        """The money of several findings in a few words; what keeps its own sum comes after, and apart."""
        all_ = list(findings)
        own = [(kind.kind.measures, each) for kind in on_their_own(all_) for each in kind.stakes]
        return self.language.stakes([*_measured(in_sum(all_)), *own])

    def at_stake(self, findings: Iterable[Finding]) -> Sums | None:
        """The money in findings, by measure and currency; what keeps its own sum by kind. None where there are none."""
        all_, say = list(findings), self.language.say
        rows: list[tuple[str, ...]] = []
        for measures, each in _measured(in_sum(all_)):
            labels = say(f"{measures}.lost"), say(f"{measures}.over"), say("without_amount")
            rows += self._rows(labels, each, -each.over)
        for own in on_their_own(all_):
            for each in own.stakes:
                rows += self._rows((self.language.title(own.findings[0]),) * 3, each, each.over)
        return self._sums(say("at_stake"), rows)

    def by_kind(self, findings: Iterable[Finding]) -> Sums | None:
        """The findings of a month, kind by kind; what is over-charged is negative. None where there are none."""
        all_, rows = list(findings), list[tuple[str, ...]]()
        for measures in MEASURES:
            for kind in by_kind([one for one in all_ if one.measures == measures]):
                for each in kind.stakes:
                    rows += self._rows((self.language.title(kind.findings[0]),) * 3, each, each.over)
        return self._sums(self.language.say("by_kind"), rows)

    def _sums(self, caption: str, rows: list[tuple[str, ...]]) -> Sums | None:
        say = self.language.say
        return Sums(caption, (say("measure"), say("amount"), say("count")), tuple(rows)) if rows else None

    def _rows(self, labels: tuple[str, str, str], each: Stake, over: Decimal) -> Iterator[tuple[str, ...]]:
        """The rows of a sum: what is lost, what is over-charged (its amount negated), what has no amount."""
        money, (losing, charging, without) = self.language.money, labels
        if each.lost:
            yield losing, money(each.lost, each.currency), f"{each.losing:d}"
        if each.over:
            yield charging, money(-over, each.currency), f"{each.charging:d}"
        if each.without:
            yield without, "–", f"{each.without:d}"

    def _before(self, news: News) -> str:
        return self.language.stake(replace(news.finding, impact=news.before))


def _measured(findings: Iterable[Finding]) -> list[tuple[str, Stake]]:
    all_ = list(findings)
    return [
        (measures, each) for measures in MEASURES for each in stakes(one for one in all_ if one.measures == measures)
    ]


def _in_order(news: Iterable[News]) -> list[News]:
    all_ = list(news)
    rank = {id(one): at for at, one in enumerate(in_order([each.finding for each in all_]))}
    return sorted(all_, key=lambda one: (rank[id(one.finding)], one.fingerprint))
