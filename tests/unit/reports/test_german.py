"""What a mail says of a finding, a month or a plan, it can say in German; the exhibits hold every kind to it."""

import pytest

from connector.reports.mail.reasons_de import left_in_english, reason_in_german
from connector.reports.mail.spelling_de import spelt_in_german


@pytest.mark.parametrize(
    ("english", "german"),
    [
        ("1,083.60 USD on 1 Dec 2026", "1.083,60 USD on 01.12.2026"),
        ("+2.7 %, 1 seat, 1,200 seats", "+2,7 %, 1 Lizenz, 1.200 Lizenzen"),
        ("in Mar 2027 or 2026-10-31", "in März 2027 or 31.10.2026"),
        # Names of documents and of products keep their numbers.
        (
            "Microsoft 365 E5, books|58|2026-10-01..2026-10-31|USD",
            "Microsoft 365 E5, books|58|2026-10-01..2026-10-31|USD",
        ),
    ],
)
def test_amounts_days_and_counts_are_spelt_as_german_does(english: str, german: str) -> None:
    assert spelt_in_german(english) == german


# What the exhibits do not happen to say.
@pytest.mark.parametrize(
    ("english", "german"),
    [
        (
            "the vendor's lines sum to 860.00 and tax 0, adjustments 0, but the header says 430.00 USD: 430.00 is "
            "too much",
            "Microsofts Zeilen ergeben 860,00 und Steuer 0, Anpassungen 0, die Rechnung aber sagt 430,00 USD: zu viel "
            "sind 430,00",
        ),
        (
            "Power BI renews on 1 Jan 2027 with 1 seat for five years at a price that is not known (planned: 2 seats "
            "now, as another product (A:1), a term of P1M after P1Y, billed monthly after annual); it can be changed "
            "until 31 Dec 2026",
            "Power BI verlängert sich am 01.01.2027 mit 1 Lizenz auf fünf Jahre zu einem Preis, der nicht bekannt ist "
            "(geplant: jetzt 2 Lizenzen, als anderes Produkt (A:1), Laufzeit P1M nach P1Y, Abrechnung monthly nach "
            "annual); bis 31.12.2026 lässt es sich ändern",
        ),
        (
            "from 1 Dec 2026 Visio costs +2 % to +5 %: 3 customers, 9 seats, 8.00 USD a month; your rules pass it on "
            "for nobody, these 2 have fixed prices and fall under their floor: A, B and 4 more, 2 have fixed prices "
            "that can bear it, no rule prices it for 1",
            "ab 01.12.2026 kostet Visio +2 % bis +5 %: 3 Kunden, 9 Lizenzen, 8,00 USD im Monat; Ihre Regeln geben es "
            "für niemanden weiter, unter die Untergrenze fallen mit festem Preis: A, B und 4 weitere, 2 mit festem "
            "Preis können es tragen, für 1 gibt es keine Preisregel",
        ),
        (
            "Visio is not in the price sheet of Dec 2026 any more: 1 customer, 2 seats may not renew as they are",
            "Visio steht nicht mehr in der Preisliste vom Dezember 2026: 1 Kunde, 2 Lizenzen verlängern sich "
            "vielleicht nicht wie bisher",
        ),
        (
            "Visio is cancelled, and recurring template T1 bills it again on 1 Dec 2026: 10.00 USD",
            "Visio ist gekündigt, und die wiederkehrende Rechnung T1 berechnet es am 01.12.2026 wieder: 10,00 USD",
        ),
        (
            "Visio: it runs at Microsoft, and the ledger bills it no more since 31 Oct 2026; it costs 5.00 USD a month",
            "Visio läuft bei Microsoft, und die Buchhaltung berechnet es nicht mehr, seit 31.10.2026; es kostet 5,00 "
            "USD im Monat",
        ),
        (
            "somebody changed Visio on 3 Dec 2026: from 1 seat to 2 seats",
            "jemand hat Visio am 03.12.2026 geändert: von 1 Lizenz auf 2 Lizenzen",
        ),
        (
            "the promotion of Visio ends on 1 Jan 2027: 2 seats, the amount is not known",
            "die Aktion für Visio endet am 01.01.2027: 2 Lizenzen, der Betrag ist nicht bekannt",
        ),
        (
            "sign-in of entra/t/a/refresh has ended; somebody must sign in again (`connector auth`)",
            "Anmeldung von entra/t/a/refresh ist zu Ende; jemand muss sich neu anmelden (`connector auth`)",
        ),
        ("there is no item 31 in the ledger", "in der Buchhaltung gibt es keinen Artikel 31"),
        (
            "customer 9 was deleted or merged into another",
            "Kunde 9 wurde gelöscht oder ging in einem anderen Eintrag auf",
        ),
        ("the bill for G1 is in EUR, not in USD", "die Eingangsrechnung für G1 lautet auf EUR, nicht auf USD"),
        ("CSP-1: it is void", "CSP-1: storniert"),
        (
            "no header total is known for USD; give --vendor-total CUR=AMOUNT or the invoice's JSON",
            "für USD ist keine Rechnungssumme bekannt; nennen Sie --vendor-total WÄHRUNG=BETRAG oder geben Sie das "
            "JSON der Rechnung",
        ),
        (
            "lines of G1: Microsoft has none yet, though the total is 12.00 USD (since 2026-11-08)",
            "Zeilen von G1: bei Microsoft gibt es noch keine, obwohl die Summe 12,00 USD ist (seit 08.11.2026)",
        ),
        ("lines of G1: none were fetched yet", "Zeilen von G1: noch keine abgeholt"),
        (
            "subscriptions: last read on 2026-10-20, before the month ended on 2026-10-31 (since 2026-10-20)",
            "subscriptions: zuletzt gelesen am 20.10.2026, bevor der Monat am 31.10.2026 endete",
        ),
        (
            "no vendor invoice has a billing period that ends in 2026-10; read were: G1",
            "keine Rechnung von Microsoft hat einen Abrechnungszeitraum, der im 2026-10 endet; gelesen wurden: G1",
        ),
        (
            "Contoso: 150.00 USD after 100.00 the month before (+50.0 %) is beyond posting.limits.change_percent 20",
            "Contoso: 150,00 USD nach 100.00 im Monat davor (+50,0 %) ist mehr, als posting.limits.change_percent 20 "
            "erlaubt",
        ),
        (
            "12 documents are more than posting.limits.documents 10",
            "12 Belege sind mehr als posting.limits.documents 10",
        ),
        (
            "the books are closed until 2026-09-30; it would be dated 2026-10-01",
            "die Bücher sind bis 30.09.2026 geschlossen; es trüge das Datum 01.10.2026",
        ),
        (
            "it is dated 2026-09-30, and the books are closed until 2026-09-30; set posting.closed_until to that day "
            "and plan again, so that it bears the first open one",
            "es trägt 30.09.2026, und die Bücher sind bis 30.09.2026 geschlossen; setzen Sie posting.closed_until auf "
            "diesen Tag und planen Sie neu, damit der Beleg den ersten offenen Tag trägt",
        ),
        (
            "it has 812 lines, and the ledger takes 750 on a document with tax; let the customer's template make fewer "
            "(`lines: per_product` or `per_category`, `usage: one_line`) or more documents (`split_by`)",
            "der Beleg hat 812 Zeilen, und die Buchhaltung nimmt 750 auf einem mit Steuer; lassen Sie die Vorlage des "
            "Kunden weniger Zeilen (`lines: per_product` oder `per_category`, `usage: one_line`) oder mehr Belege "
            "(`split_by`) machen",
        ),
        (
            "posting.mode is review: a person approves the plan by its id",
            "posting.mode ist review: Ein Mensch gibt den Plan frei",
        ),
    ],
)  # fmt: skip
def test_sentences_that_are_rarely_said(english: str, german: str) -> None:
    assert reason_in_german(english) == german
    assert left_in_english(english) == ()


def test_what_has_no_german_is_noticed() -> None:
    assert left_in_english("nothing is billed; something new; we bill the same") == ("something new",)
