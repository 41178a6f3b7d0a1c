"""The texts of causes in German; a text it does not know stays as it is rather than being guessed at.

Texts are put together of pieces with semicolons between them (engine.reconciliation.telling), and are translated
piece by piece.
"""

import re

from connector.domain.kinds import KINDS
from connector.reports.mail.hindrances_de import HINDRANCES
from connector.reports.mail.kinds_de import KINDS_DE
from connector.reports.mail.sentences_de import SENTENCES
from connector.reports.mail.spelling_de import spelt_in_german

_MEANINGS = {KINDS[kind].meaning: words[1] for kind, words in KINDS_DE.items() if kind in KINDS}

_PIECES: tuple[tuple[str, str], ...] = (
    (
        r"fewer seats are billed than Microsoft charged",
        "es sind weniger Lizenzen berechnet, als Microsoft berechnet hat",
    ),
    (r"more seats are billed than Microsoft charged", "es sind mehr Lizenzen berechnet, als Microsoft berechnet hat"),
    (
        r"seats were added mid-period and not billed from their day",
        "Lizenzen kamen innerhalb des Zeitraums hinzu und sind nicht von ihrem Tag an berechnet",
    ),
    (r"the ledger's price is not the rule's", "der Preis der Buchhaltung ist nicht der der Regel"),
    (r"the ledger rounds differently: (.+)", r"die Buchhaltung rundet anders: \1"),
    (
        r"the ledger gives no quantity to tell price and quantity apart",
        "die Buchhaltung nennt keine Menge, also lassen sich Preis und Menge nicht trennen",
    ),
    (r"billed again on (.+)", r"noch einmal berechnet auf \1"),
    (
        r"the subscription ended",
        "das Abonnement endete",
    ),
    (r"these days are still billed", "diese Tage sind weiter berechnet"),
    (r"the exchange rate differs from the rule's", "der Wechselkurs ist nicht der der Regel"),
    (r"bundle (.+): its parts are uneven, (.+)", r"Paket \1: Von seinen Teilen gibt es ungleich viele, \2"),
    (
        r"bundle (.+): charged is (.+), and nothing of what it counts, so nobody pays for it",
        r"Paket \1: Microsoft berechnet \2, aber nichts von dem, was gezählt wird; so bezahlt es niemand",
    ),
    (
        r"bundle (.+): its quantity is not that of the counted product",
        r"Paket \1: Seine Menge ist nicht die des gezählten Produkts",
    ),
    (r"the trial became a paid subscription", "die Testversion wurde ein bezahltes Abonnement"),
    (r"nothing is billed", "nichts ist berechnet"),
    (r"seats were moved to another product", "Lizenzen sind zu einem anderen Produkt gewechselt"),
    (r"the ledger still bills the old one", "die Buchhaltung berechnet weiter das alte"),
    (r"Microsoft charged this", "Microsoft hat das berechnet"),
    (r"nothing is billed for it", "dafür ist nichts berechnet"),
    (r"Microsoft credited this", "Microsoft hat das gutgeschrieben"),
    (r"the customer has not got it", "der Kunde hat es nicht bekommen"),
    (r"Microsoft gave this back", "Microsoft hat das zurückgegeben"),
    (r"the customer got nothing", "der Kunde hat nichts bekommen"),
    (r"due in (\S+), billed: (.+)", r"zu berechnen in \1, berechnet: \2"),
    (r"it is due by a rule of your own", "es ist nach einer eigenen Regel fällig"),
    (
        r"the rules expect (\S+) % tax on these lines: (.+), they bear (.+)",
        r"die Regeln erwarten auf diesen Zeilen \1 % Steuer: \2, sie tragen \3",
    ),
    (
        r"bought for (\S+), sold on item (.+), which stands for (\S+)",
        r"gekauft für \1, verkauft auf Artikel \2, der für \3 steht",
    ),
    (
        r"bought for (\S+) billed (\S+), sold on item (.+), which stands for (\S+) billed (\S+)",
        r"gekauft für \1 (\2), verkauft auf Artikel \3, der für \4 (\5) steht",
    ),
    (
        r"charged (.+), by the price sheet (.+)",
        r"berechnet sind \1, nach der Preisliste wären es \2",
    ),
    (r"these claim it with equal right: (.+) and (.+)", r"mit gleichem Recht beanspruchen es: \1 und \2"),
    (r"Microsoft's charge type is (.+)", r"Microsofts Art von Posten ist \1"),
    (
        r"sold for (\S+), bought for (\S+): the margin of (\S+) is under (\S+) %",
        r"verkauft für \1, gekauft für \2: Die Marge von \3 liegt unter \4 %",
    ),
    (r"1 record: (.+)", r"1 Datensatz: \1"),
    (r"(\d+) records: (.+)", r"\1 Datensätze: \2"),
    (r"the rule: (.+)", r"die Regel: \1"),
    (
        r"the share of the cycle is taken from Microsoft's prices, as its dates do not tell",
        "der Anteil am Zeitraum ist aus Microsofts Preisen genommen, da ihn die Daten nicht hergeben",
    ),
)
_RULES = tuple((re.compile(pattern), german) for pattern, german in _PIECES)
_SENTENCES = tuple((re.compile(pattern), german) for pattern, german in (*SENTENCES, *HINDRANCES))
_RULE = "the rule: "
_WITHIN = {
    "the product is cut off": "das Produkt ist abgeschnitten",
    "the unit price is rounded before it is multiplied": "der Einzelpreis ist vor dem Malnehmen gerundet",
    "the unit price is cut off before it is multiplied": "der Einzelpreis ist vor dem Malnehmen abgeschnitten",
    "halves are rounded to even": "Hälften sind zur geraden Ziffer gerundet",
    "trial or free of charge": "Testversion oder kostenlos",
    "(monthly)": "(monatlich)",
    "(annual)": "(jährlich)",
    "(triennial)": "(alle drei Jahre)",
    "(one_time)": "(einmalig)",
}
_RULE_WORDS = (
    (re.compile(r"unit price (\S+) a month"), r"Einzelpreis \1 im Monat"),
    (re.compile(r"unit price (\S+) a cycle"), r"Einzelpreis \1 je Zeitraum"),
    (re.compile(r"\bbundle "), "Paket "),
    (re.compile(r" amount\b"), "-Betrag"),
    (re.compile(r"\bat (\S+ %) margin"), r"mit \1 Marge"),
)


def reason_in_german(text: str) -> str:
    """A cause's text in German, piece by piece; what is not known stays English."""
    if text in _MEANINGS:
        return _MEANINGS[text]
    return "; ".join(_piece(piece) or piece for piece in text.split("; "))


def left_in_english(text: str) -> tuple[str, ...]:
    """The pieces of a text that have no German."""
    return () if text in _MEANINGS else tuple(piece for piece in text.split("; ") if _piece(piece) is None)


def _piece(piece: str) -> str | None:
    for rule, german in _RULES:
        if found := rule.fullmatch(piece):
            made = found.expand(german)
            for inner, translated in _WITHIN.items():
                made = made.replace(inner, translated)
            if piece.startswith(_RULE):
                # What follows in brackets are places in files.
                words, bracket, places = made.partition(" (")
                for words_rule, german_words in _RULE_WORDS:
                    words = words_rule.sub(german_words, words)
                made = words + bracket + places
            return made
    for rule, sentence in _SENTENCES:
        if found := rule.fullmatch(piece):
            return spelt_in_german(found.expand(sentence) if isinstance(sentence, str) else sentence(found))
    return None
