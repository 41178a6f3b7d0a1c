"""The sentences of watches and of posted documents in German, each by the form of the English one."""

import re
from collections.abc import Callable

from connector.reports.mail.spelling_de import number_in_german

Made = Callable[[re.Match[str]], str]

_TERMS = {
    "a year": "ein Jahr", "a month": "einen Monat", "three years": "drei Jahre",
    "five years": "fünf Jahre", "a term": "eine Laufzeit",
}  # fmt: skip
_MORE = {"longer": "länger", "shorter": "kürzer"}
_FIELDS = {
    "kind": "Art", "customer": "Kunde", "currency": "Währung", "total": "Summe", "lines": "Zeilen", "tax": "Steuer",
    "line amounts": "Zeilenbeträge",
}  # fmt: skip
_DOCUMENTS = {"invoice": "Rechnung", "credit memo": "Gutschrift", "bill": "Eingangsrechnung"}
_HOLDINGS = {
    "active": "aktiv", "trial": "eine Testversion", "changing": "im Wechsel", "suspended": "ausgesetzt",
    "expired": "abgelaufen", "cancelled": "gekündigt", "deleted": "gelöscht",
}  # fmt: skip
_MISFITS = {
    "it runs at Microsoft, and the ledger bills it no more": "läuft bei Microsoft, und die Buchhaltung berechnet es "
    "nicht mehr",
    "it is charged until its term ends although it is suspended, and is billed no more": "ist ausgesetzt und wird bis "
    "zum Ende der Laufzeit von Microsoft berechnet, doch nicht mehr weiterberechnet",
}


def _renewal(found: re.Match[str]) -> str:
    """A renewal: when, with how much, for how long, at what price, and what is other than before."""
    what = "wird kostenpflichtig" if found["what"] == "becomes paid" else "verlängert sich"
    term = _TERMS.get(found["term"], found["term"])
    cost = "zu einem Preis, der nicht bekannt ist" if found["cost"].startswith("at") else f"für {found['cost'][4:]}"
    planned = ""
    if found["planned"]:
        said = re.sub(r"as another product \((\S+)\)", r"als anderes Produkt (\1)", found["planned"])
        said = re.sub(r"a term of (\S+) after (\S+)", r"Laufzeit \1 nach \2", said)
        said = re.sub(r"billed (\w+) after (\w+)", r"Abrechnung \1 nach \2", said)
        said = re.sub(r"(\S+ seats?) now", r"jetzt \1", said)
        planned = f" (geplant: {said})"
    dearer = f", {_percent(found['dearer'])} gegenüber der laufenden Zeit" if found["dearer"] else ""
    return f"{found['name']} {what} am {found['day']} mit {found['seats']} auf {term} {cost}{planned}{dearer}"


def _fates(found: re.Match[str]) -> str:
    """Whom the rules pass a price change on to."""
    for_whom = "niemanden" if found["passed"] == "nobody" else found["passed"]
    parts = [f"Ihre Regeln geben es für {for_whom} weiter"]
    if found["under"] is not None:
        parts.append(f"unter die Untergrenze fallen mit festem Preis: {_named(found['under'])}")
    if found["borne"]:
        parts.append(f"{found['borne']} mit festem Preis {'kann' if found['borne'] == '1' else 'können'} es tragen")
    if found["none"]:
        parts.append(f"für {found['none']} gibt es keine Preisregel")
    return ", ".join(parts)


def _named(names: str) -> str:
    return re.sub(r" and (\d+) more$", r" und \1 weitere", names)


def _percent(text: str) -> str:
    return text.replace("from nothing", "aus dem Nichts").replace(" to ", " bis ")


def _changed(found: re.Match[str]) -> str:
    """A posted document that was changed: which field was meant, and what it is now."""
    number = f"{found['number']}: " if found["number"] else ""
    return f"{number}{_FIELDS[found['field']]}: erwartet {found['meant']}, gefunden {found['there']}"


def _ends(found: re.Match[str]) -> str:
    """An access that ends."""
    what = re.sub(r" of (\S+)$", r" von \1", found[1])
    for english, german in (("client secret", "Client-Geheimnis"), ("certificate", "Zertifikat")):
        what = what.replace(english, german)
    what = what.replace("sign-in", "Anmeldung")
    return f"{what} endet am {found[3]}" if found[3] else f"{what} ist zu Ende"


SENTENCES: tuple[tuple[str, str | Made], ...] = (
    (
        r"(?P<name>.+) (?P<what>renews|becomes paid) on (?P<day>.+?) with (?P<seats>\S+ seats?) for (?P<term>.+?) "
        r"(?P<cost>for [\d.,]+ [A-Z]{3}|at a price that is not known)(?: \(planned: (?P<planned>.+)\))?"
        r"(?:, (?P<dearer>.+) against the running term)?",
        _renewal,
    ),
    (r"it can be changed until (.+)", r"bis \1 lässt es sich ändern"),
    (
        r"from (\d+ \w+ \d+) (.+) costs (.+): (.+), (.+), (.+) a month",
        lambda found: (
            f"ab {found[1]} kostet {found[2]} {_percent(found[3])}: {found[4]}, {found[5]}, {found[6]} im Monat"
        ),
    ),
    (
        r"your rules pass it on for (?P<passed>nobody|\d+)"
        r"(?:, (?:this 1 has a fixed price and falls|these \d+ have fixed prices and fall) under (?:its|their) floor: "
        r"(?P<under>.*?))?(?:, (?P<borne>\d+) (?:has a fixed price|have fixed prices) that can bear it)?"
        r"(?:, no rule prices it for (?P<none>\d+))?",
        _fates,
    ),
    (
        r"(\S+ seats?) of them keep their price until their term ends, the last on (.+)",
        r"\1 davon behalten ihren Preis bis zum Ende ihrer Laufzeit, zuletzt am \2",
    ),
    (
        r"(.+) is not in the price sheet of (.+) any more: (.+), (.+) may not renew as they are",
        r"\1 steht nicht mehr in der Preisliste vom \2: \3, \4 verlängern sich vielleicht nicht wie bisher",
    ),
    (
        r"(?:the sheet of (\S+)|a price sheet) was corrected on (.+?): (.+) from (\d+ \w+ \d+) costs (.+) a term "
        r"instead of (.+) \((.+)\): (.+), (.+), (.+) a month",
        lambda found: (
            f"{f'die Preisliste für {found[1]}' if found[1] else 'eine Preisliste'} wurde am {found[2]} "
            f"berichtigt: {found[3]} kostet ab {found[4]} {found[5]} je Laufzeit statt {found[6]} "
            f"({_percent(found[7])}): {found[8]}, {found[9]}, {found[10]} im Monat"
        ),
    ),
    (
        r"the promotion of (.+) ends on (.+?): (.+), (.+) a month",
        r"die Aktion für \1 endet am \2: \3, \4 im Monat",
    ),
    (
        r"the promotion of (.+) ends on (.+?): (.+), the amount is not known",
        r"die Aktion für \1 endet am \2: \3, der Betrag ist nicht bekannt",
    ),
    (
        r"(all )?(\S+ seats?) of (.+) can be given back until (.+), then no more(?: until (.+))?",
        lambda found: (
            f"{'alle ' if found[1] else ''}{found[2]} von {found[3]} lassen sich bis {found[4]} "
            f"zurückgeben, danach nicht mehr{f' bis {found[5]}' if found[5] else ''}"
        ),
    ),
    (r"they commit to (.+)", r"sie binden für \1"),
    (
        r"Azure cost (.+) in (.+), above your limit of (.+)",
        r"Azure kostete im \2 \1 und damit mehr als Ihre Grenze von \3",
    ),
    (
        r"Azure cost (.+) in (.+), (.+) against the usual (.+) a month",
        lambda found: (
            f"Azure kostete im {found[2]} {found[1]}, {_percent(found[3])} gegenüber den üblichen {found[4]} im Monat"
        ),
    ),
    (
        r"(.+) is committed until (.+) at Microsoft, and until (.+) by (your mapping|document (.+)): "
        r"(\d+) days (longer|shorter) at Microsoft",
        lambda found: (
            f"{found[1]} ist bei Microsoft bis {found[2]} gebunden, und bis {found[3]} nach "
            f"{f'Beleg {found[5]}' if found[5] else 'Ihrer Zuordnung'}: bei Microsoft {found[6]} Tage {_MORE[found[7]]}"
        ),
    ),
    (
        r"the price of item (.+?)(?: in recurring template (.+)| on (\S+))? became (.+) instead of (.+) on (.+?): "
        r"(.+), (.+) a month",
        lambda found: (
            f"der Preis von Artikel {found[1]}"
            f"{f' in der wiederkehrenden Rechnung {found[2]}' if found[2] else f' auf {found[3]}' if found[3] else ''} "
            f"wurde am {found[6]} zu {found[4]} statt {found[5]}: {found[7]}, {found[8]} im Monat"
        ),
    ),
    (r"your rule says (.+)", r"Ihre Regel sagt \1"),
    (r"your rules say otherwise", "Ihre Regeln sagen anderes"),
    (r"raised within a term that ends on (.+)", r"erhöht während einer Laufzeit, die bis \1 geht"),
    (r"under Microsoft's cost of (.+)", r"unter Microsofts Preis von \1"),
    (
        r"(.+) earned partner credit before and none in (.+?): (.+) for (.+) \((.+)\)",
        lambda found: (
            f"für {found[1]} gab es zuvor Partnergutschrift und im {found[2]} keine: {found[3]} für "
            f"{found[4]} ({_named(found[5])})"
        ),
    ),
    (
        r"(.+) changed (.+) on (\d+ \w+ \d+)(?: through (.+))?: from (.+) to (\S+ seats?)(?:, (.+) a month)?",
        lambda found: (
            f"{'jemand' if found[1] == 'somebody' else found[1]} hat {found[2]} am {found[3]} "
            f"{f'mit {found[4]} ' if found[4] else ''}geändert: von {found[5]} auf {found[6]}"
            f"{f', {found[7]} im Monat' if found[7] else ''}"
        ),
    ),
    (
        r"(\S+ invoices?) overdue, the oldest since (.+?): (.+), while (\S+) subscriptions? runs? on",
        r"\1 überfällig, die älteste seit \2: \3; zugleich laufende Abonnements: \4",
    ),
    (
        r"(.+) is (\w+), and recurring template (.+) bills it again on (.+?): (.+)",
        lambda found: (
            f"{found[1]} ist {_HOLDINGS.get(found[2], found[2])}, und die wiederkehrende Rechnung {found[3]} "
            f"berechnet es am {found[4]} wieder: {found[5]}"
        ),
    ),
    (
        rf"(.+): ({'|'.join(map(re.escape, _MISFITS))})(?: since (.+))?",
        lambda found: f"{found[1]} {_MISFITS[found[2]]}{f', seit {found[3]}' if found[3] else ''}",
    ),
    (r"it costs (.+) a month", r"es kostet \1 im Monat"),
    (
        r"(.+) becomes (\S+) on (.+), and recurring template (.+) goes on billing item (.+)",
        r"\1 wird am \3 zu \2, und die wiederkehrende Rechnung \4 berechnet weiter Artikel \5",
    ),
    (r"(.+?) (?:(has ended)|ends on (\d.+))", _ends),
    (r"somebody must sign in again \((.+)\)", r"jemand muss sich neu anmelden (\1)"),
    (r"make a new one in place of (.+)", r"legen Sie ein neues an die Stelle von \1"),
    (
        r"by today's charges and rules (\S+) (more|less) would be billed than by (.+)",
        lambda found: (
            f"nach heutigen Posten und Regeln würde {found[1]} {'mehr' if found[2] == 'more' else 'weniger'} "
            f"berechnet als mit {found[3]}"
        ),
    ),
    (r"(.+) is in (\S+) again, as (.+)", r"\1 steht noch einmal in \2, als \3"),
    (
        r"the recurring (.+) bills (.+) of this customer by itself, next on (.+)",
        r"die wiederkehrende Rechnung \1 berechnet diesem Kunden \2 von selbst, das nächste Mal am \3",
    ),
    (r"we bill the same", "wir berechnen dasselbe"),
    (
        rf"(?:(?P<number>[^:;]+): )?(?P<field>{'|'.join(map(re.escape, _FIELDS))}): expected (?P<meant>.+), found "
        r"(?P<there>.+)",
        _changed,
    ),
    (r"(?:(.+): )?it is void", lambda found: f"{f'{found[1]}: ' if found[1] else ''}storniert"),
    (
        rf"({'|'.join(_DOCUMENTS)}) (.+) (was deleted|is void) in (.+)",
        lambda found: (
            f"{_DOCUMENTS[found[1]]} {found[2]} wurde in {found[4]} "
            f"{'gelöscht' if found[3] == 'was deleted' else 'storniert'}"
        ),
    ),
    (
        r"(.+) was dated (\S+) and is dated (\S+) now, but the books of (.+) are closed until (.+)",
        r"\1 trug das Datum \2 und trägt jetzt \3, doch die Bücher von \4 sind bis \5 geschlossen",
    ),
    (
        r"there is no (customer|item) (.+) in the ledger",
        lambda found: (
            f"in der Buchhaltung gibt es {'keinen Kunden' if found[1] == 'customer' else 'keinen Artikel'} {found[2]}"
        ),
    ),
    (
        r"(customer|item) (.+), which the mapping calls (.+), was renamed (.+)",
        lambda found: f"{_record(found[1])} {found[2]}, in der Zuordnung {found[3]}, heißt jetzt {found[4]}",
    ),
    (
        r"(customer|item) (.+) was deleted or merged into another",
        lambda found: f"{_record(found[1])} {found[2]} wurde gelöscht oder ging in einem anderen Eintrag auf",
    ),
    (
        r"(customer|item) (.+) was merged into (.+)",
        lambda found: f"{_record(found[1])} {found[2]} ging in {found[3]} auf",
    ),
    (r"(customer|item) (.+) is inactive", lambda found: f"{_record(found[1])} {found[2]} ist nicht mehr aktiv"),
    (
        r"(\S+) holds no (bill|vendor credit) for Microsoft's invoice (.+)",
        lambda found: (
            f"in {found[1]} steht keine {'Eingangsrechnung' if found[2] == 'bill' else 'Lieferantengutschrift'} für "
            f"Microsofts Rechnung {found[3]}"
        ),
    ),
    (
        r"the bill for (.+) is in (.+), not in (\S+)",
        r"die Eingangsrechnung für \1 lautet auf \2, nicht auf \3",
    ),
    (
        r"(?:the bill|(\d+) bills) for (.+) says? (\S+), Microsoft (\S+)",
        lambda found: (
            f"{f'{found[1]} Eingangsrechnungen' if found[1] else 'die Eingangsrechnung'} für {found[2]}: "
            f"{number_in_german(found[3])}, bei Microsoft {number_in_german(found[4])}"
        ),
    ),
    (
        r"(\S+) was paid on (.+), Microsoft asks for (\S+)",
        lambda found: (
            f"auf {found[2]} wurden {number_in_german(found[1])} bezahlt, "
            f"Microsoft verlangt {number_in_german(found[3])}"
        ),
    ),
    (
        r"the vendor's lines sum to (\S+) and tax (\S+), adjustments (\S+), but the header says (.+): (\S+) is "
        r"(missing|too much)",
        lambda found: (
            f"Microsofts Zeilen ergeben {number_in_german(found[1])} und Steuer {number_in_german(found[2])}, "
            f"Anpassungen {number_in_german(found[3])}, die Rechnung aber sagt {found[4]}: "
            f"{'es fehlen' if found[6] == 'missing' else 'zu viel sind'} {number_in_german(found[5])}"
        ),
    ),
    (
        r"(credit|void) note (\S+)(?: of (\S+))?(?: on invoice (\S+))? takes back (.+) with tax, and no line says "
        r"whose it is",
        lambda found: (
            f"{'Gutschrift' if found[1] == 'credit' else 'Storno'} {found[2]}{f' vom {found[3]}' if found[3] else ''}"
            f"{f' zur Rechnung {found[4]}' if found[4] else ''} nimmt {found[5]} mit Steuer zurück, und keine Zeile "
            "sagt, wem das zusteht"
        ),
    ),
    (
        r"import its lines, or declare it under `adjustments` as invoice (\S+)",
        r"lesen Sie ihre Zeilen ein, oder erklären Sie sie unter `adjustments` mit der Rechnung \1",
    ),
    (
        r"renewed on (\S+) with (\S+) of (\S+), before (\S+) of (\S+)",
        r"verlängert am \1 mit \2 auf \3, zuvor \4 auf \5",
    ),
    (
        r"renewed on (\S+) with (\S+) of (\S+) at (\S+), before (\S+) of (\S+) at (\S+)",
        r"verlängert am \1 mit \2 auf \3 zu \4, zuvor \5 auf \6 zu \7",
    ),
    # What to do.
    (
        r"End the recurring invoice, or take these items off it",
        "Beenden Sie die wiederkehrende Rechnung, oder nehmen Sie diese Artikel heraus",
    ),
    (r"the connector bills them\.", "der Connector berechnet sie."),
)


def _record(kind: str) -> str:
    return "Kunde" if kind == "customer" else "Artikel"
