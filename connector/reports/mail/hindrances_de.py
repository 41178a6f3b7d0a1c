"""Sentences in German on why a month is not audited, and why a plan is held."""

import re

from connector.reports.mail.sentences_de import Made

HINDRANCES: tuple[tuple[str, str | Made], ...] = (
    # Why a month is not audited.
    (
        r"no header total is known for (.+)",
        r"für \1 ist keine Rechnungssumme bekannt",
    ),
    (
        r"give --vendor-total CUR=AMOUNT or the invoice's JSON",
        "nennen Sie --vendor-total WÄHRUNG=BETRAG oder geben Sie das JSON der Rechnung",
    ),
    (r"no vendor lines were read, so there is nothing to audit", "es wurden keine Zeilen von Microsoft gelesen"),
    (
        r"no vendor invoice has a billing period that ends in (.+)",
        r"keine Rechnung von Microsoft hat einen Abrechnungszeitraum, der im \1 endet",
    ),
    (r"read were: (.+)", r"gelesen wurden: \1"),
    (
        r"charges are mapped to the ledger (.+), of which nothing was read",
        r"Posten sind der Buchhaltung \1 zugeordnet, von der nichts gelesen wurde",
    ),
    (r"give --ledger", "geben Sie --ledger"),
    (
        r"(.+): the currency of (.+) is not known",
        r"\1: die Währung von \2 ist nicht bekannt",
    ),
    (r"write `currency:` in its rule", "schreiben Sie `currency:` in die Regel"),
    (
        r"(.+): last read on (\S+), before the month ended on (\S+) \(since \S+\)",
        r"\1: zuletzt gelesen am \2, bevor der Monat am \3 endete",
    ),
    (r"lines of (.+): none were fetched yet", r"Zeilen von \1: noch keine abgeholt"),
    (
        r"(.+): Microsoft has none yet, though the total is (.+?)(?: \(since (\S+)\))?",
        lambda found: (
            f"{re.sub(r'^lines of ', 'Zeilen von ', found[1])}: bei Microsoft gibt es noch keine, obwohl die Summe "
            f"{found[2]} ist"
            f"{f' (seit {found[3]})' if found[3] else ''}"
        ),
    ),
    # Why a plan is held.
    (
        r"posting\.mode is review: a person approves the plan by its id",
        "posting.mode ist review: Ein Mensch gibt den Plan frei",
    ),
    (
        r"posting\.mode is off: plans are made and nothing is posted",
        "posting.mode ist off: Pläne entstehen, und nichts wird gebucht",
    ),
    (r"set review or auto", "stellen Sie review oder auto ein"),
    (
        r"(\d+ documents) are more than posting\.limits\.documents (\d+)",
        r"\1 sind mehr als posting.limits.documents \2",
    ),
    (r"(.+) is more than posting\.limits\.amount (.+)", r"\1 ist mehr als posting.limits.amount \2"),
    (r"the books are closed until (.+)", r"die Bücher sind bis \1 geschlossen"),
    (r"it would be dated (.+)", r"es trüge das Datum \1"),
    (r"it is dated (\S+), and the books are closed until (.+)", r"es trägt \1, und die Bücher sind bis \2 geschlossen"),
    (
        r"set posting\.closed_until to that day and plan again, so that it bears the first open one",
        "setzen Sie posting.closed_until auf diesen Tag und planen Sie neu, damit der Beleg den ersten offenen Tag "
        "trägt",
    ),
    (
        r"it has (\d+) lines, and the ledger takes (\d+) on a document with tax",
        r"der Beleg hat \1 Zeilen, und die Buchhaltung nimmt \2 auf einem mit Steuer",
    ),
    (
        r"let the customer's template make fewer \((`.+`) or (`.+`, `.+`)\) or more documents \((.+)\)",
        r"lassen Sie die Vorlage des Kunden weniger Zeilen (\1 oder \2) oder mehr Belege (\3) machen",
    ),
    (
        r"its margin is negative: (\S+) for what costs (.+)",
        r"die Marge ist negativ: \1 für etwas, das \2 kostet",
    ),
    (
        r"(.+): (\S+ [A-Z]{3}) after (\S+) the month before(?: \((.+)\))? is beyond posting\.limits\.change_percent "
        r"(\S+)",
        lambda found: (
            f"{found[1]}: {found[2]} nach {found[3]} im Monat davor{f' ({found[4]})' if found[4] else ''} ist "
            f"mehr, als posting.limits.change_percent {found[5]} erlaubt"
        ),
    ),
    (r"(.+) is not in the ledger as it was read", r"\1 steht nicht in der Buchhaltung, wie sie gelesen wurde"),
    (r"read it again and see that it is gone", "lesen Sie sie neu und sehen Sie nach, ob es wirklich fort ist"),
    (r"nothing before (\S+) is ever posted \(posting\.start\)", r"vor \1 wird nie gebucht (posting.start)"),
    (
        r"posting\.start is not set: the first month that may be posted, like 2026-10",
        "posting.start fehlt: der erste Monat, der gebucht werden darf, etwa 2026-10",
    ),
)
