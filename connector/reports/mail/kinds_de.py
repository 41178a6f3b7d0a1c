"""Every kind of finding in German: title, meaning and advice, as domain.kinds has them in English."""

from collections.abc import Mapping
from types import MappingProxyType

KINDS_DE: Mapping[str, tuple[str, str, str]] = MappingProxyType({
    "unbilled_charge": (
        "Von Microsoft berechnet, niemandem weiterberechnet",
        "Microsoft hat diesen Dienst berechnet, er ist zugeordnet und hat einen Preis, doch keine Zeile der "
        "Buchhaltung "
        "berechnet ihn weiter.",
        "Berechnen Sie den erwarteten Betrag und nehmen Sie den Dienst in die wiederkehrende Rechnung auf.",
    ),
    "orphan_billing": (
        "Weiterberechnet ohne Posten von Microsoft",
        "Die Buchhaltung berechnet einen Cloud-Artikel, für den Microsoft nichts berechnet hat und kein Abonnement "
        "läuft.",
        "Klären Sie, wofür die Zeile steht: Schreiben Sie sie gut und beenden Sie die wiederkehrende Rechnung, oder "
        "ordnen Sie zu, was sie wirklich berechnet.",
    ),
    "quantity_under_billed": (
        "Zu wenige Lizenzen berechnet",
        "Microsoft hat mehr Lizenzen berechnet, oder dieselben für längere Zeit, als die Buchhaltung "
        "weiterberechnet.",
        "Berechnen Sie die fehlenden Lizenzen und berichtigen Sie die Menge in der wiederkehrenden Rechnung.",
    ),
    "quantity_over_billed": (
        "Zu viele Lizenzen berechnet",
        "Die Buchhaltung berechnet mehr Lizenzen, oder dieselben für längere Zeit, als Microsoft berechnet hat.",
        "Schreiben Sie den Überschuss gut und berichtigen Sie die Menge in der wiederkehrenden Rechnung.",
    ),
    "partial_period_unbilled": (
        "Unterwegs hinzugekommene Lizenzen nicht vom ersten Tag an berechnet",
        "Lizenzen kamen innerhalb des Abrechnungszeitraums hinzu; die Buchhaltung berechnet sie erst später oder "
        "noch "
        "nicht.",
        "Berechnen Sie die fehlenden Tage einmal; die Menge der folgenden Zeiträume kann schon stimmen.",
    ),
    "price_differs": (
        "Zu einem anderen Preis berechnet, als die Regel sagt",
        "Menge und Zeitraum stimmen, doch der Einzelpreis der Buchhaltung ist nicht der Ihrer Preisregel.",
        "Berichtigen Sie den Preis in der Buchhaltung und gleichen Sie den Unterschied aus, oder ändern Sie die "
        "Preisregel, wenn die Buchhaltung recht hat.",
    ),
    "duplicate_billing": (
        "Doppelt berechnet",
        "Derselbe Dienst eines Kunden steht mit gleicher Menge, gleichem Betrag und gleichem Zeitraum in mehr als "
        "einer "
        "Zeile der Buchhaltung.",
        "Schreiben Sie alle Zeilen bis auf eine gut und suchen Sie nach zwei wiederkehrenden Rechnungen für "
        "denselben "
        "Dienst.",
    ),
    "cancelled_still_billed": (
        "Bei Microsoft beendet, weiterhin berechnet",
        "Der Dienst endete bei Microsoft, und die Buchhaltung berechnet ihn über diesen Tag hinaus.",
        "Schreiben Sie gut, was nach dem Ende berechnet wurde, und nehmen Sie den Dienst aus der wiederkehrenden "
        "Rechnung.",
    ),
    "credit_not_passed_on": (
        "Microsofts Gutschrift hat den Kunden nicht erreicht",
        "Microsoft hat für diesen Dienst Geld zurückgegeben, und der Kunde hat keine entsprechende Gutschrift.",
        "Stellen Sie eine Gutschrift über den erwarteten Betrag aus, oder nehmen Sie die Feststellung hin, wenn die "
        "Gutschrift Ihnen zusteht.",
    ),
    "currency_mismatch": (
        "In einer anderen Währung berechnet als vereinbart",
        "Was zu berechnen ist und was berechnet wird, steht in verschiedenen Währungen; mehr ließ sich nicht "
        "vergleichen.",
        "Berichtigen Sie die Währung des Kunden in der Zuordnung oder der Buchhaltung und gleichen Sie erneut ab.",
    ),
    "fx_differs": (
        "Zu einem anderen Wechselkurs berechnet, als die Regel sagt",
        "Der berechnete Betrag entspricht dem Preis zu einem Kurs, den Ihre Regel nicht nennt.",
        "Berichtigen Sie den Kurs in der Buchhaltung oder die Wechselkursregel in der Zuordnung.",
    ),
    "tax_differs": (
        "Die Steuer ist nicht die der Regel",
        "Die Steuer der Zeilen ist nicht der Steuersatz der Regel auf ihren Nettobetrag.",
        "Prüfen Sie den Steuerschlüssel des Kunden in der Buchhaltung und die Steuerregel und berichtigen Sie den "
        "Beleg.",
    ),
    "bundle_drift": (
        "Ein Paket und seine Teile passen nicht mehr zusammen",
        "Die berechnete Menge des Pakets ist nicht die des Teils, nach dem es zählt, oder seine Teile sind ungleich.",
        "Gleichen Sie die Menge des Pakets an, und bestellen oder kündigen Sie die ungleichen Lizenzen.",
    ),
    "trial_converted": (
        "Eine Testversion wurde kostenpflichtig, nichts wird berechnet",
        "Eine kostenlose Testversion wurde umgewandelt, Microsoft berechnet sie, und die Buchhaltung ist nicht "
        "gefolgt.",
        "Berechnen Sie den Dienst vom Tag der Umwandlung an, oder kündigen Sie ihn, wenn der Kunde ihn nicht wollte.",
    ),
    "product_change_not_followed": (
        "Das Produkt hat gewechselt, die Buchhaltung berechnet das alte",
        "Der Kunde ist bei Microsoft zu einem anderen Produkt gewechselt, berechnet wird weiter das frühere.",
        "Ersetzen Sie den Artikel in der wiederkehrenden Rechnung und gleichen Sie den Unterschied vom Tag des "
        "Wechsels "
        "an aus.",
    ),
    "posted_document_missing": (
        "Ein von uns gebuchter Beleg ist verschwunden",
        "Ein gebuchter Beleg steht nicht mehr in der Buchhaltung oder ist dort storniert.",
        "Klären Sie, wer ihn entfernt hat und warum; schlagen Sie ihn mit `--rebill` neu vor, wenn er dort stehen "
        "soll.",
    ),
    "posted_document_edited": (
        "Ein von uns gebuchter Beleg wurde geändert",
        "Die Buchhaltung zeigt einen anderen Betrag, Kunden oder eine andere Zeile, als gebucht wurde.",
        "Klären Sie, wer ihn geändert hat und warum; nehmen Sie die Feststellung hin, wenn die Änderung richtig war.",
    ),
    "posted_into_closed_period": (
        "Ein Beleg liegt in einem abgeschlossenen Zeitraum",
        "Ein Beleg trägt ein Datum, das nicht nach dem letzten abgeschlossenen Tag liegt.",
        "Verschieben Sie ihn gemeinsam mit Ihrer Buchhaltung in den offenen Zeitraum.",
    ),
    "changed_after_posting": (
        "Microsoft oder die Zuordnung hat sich nach der Berechnung geändert",
        "Was zu berechnen war, ist nicht mehr, was es beim Buchen des Belegs war.",
        "Sehen Sie sich die Ursachen an; schlagen Sie mit `--rebill` Gutschrift und neuen Beleg vor, wo der Kunde es "
        "merken soll.",
    ),
    "vendor_bill_differs": (
        "Microsofts Rechnung in Ihren Büchern ist nicht die von Microsoft",
        "Die für Microsoft erfasste Rechnung oder ihre Zahlung hat einen anderen Betrag als Microsofts Rechnung.",
        "Berichtigen Sie sie vor der Zahlung; halten Sie fest, was Microsoft Ihnen schuldet.",
    ),
    "unmapped_customer": (
        "Microsoft berechnet einen Kunden, den Sie nicht zugeordnet haben",
        "Keine Regel verbindet diesen Mandanten mit einem Kunden der Buchhaltung, also zahlt niemand; der Betrag "
        "sind "
        "Microsofts Kosten.",
        "Nehmen Sie den Mandanten in der Zuordnung unter `customers` auf, oder unter `internal`, wenn es Ihr eigener "
        "ist.",
    ),
    "unmapped_product": (
        "Microsoft berechnet ein Produkt, das Sie nicht zugeordnet haben",
        "Keine Regel verbindet dieses Produkt mit einem Artikel der Buchhaltung; der Betrag sind Microsofts Kosten.",
        "Nehmen Sie das Produkt in der Zuordnung unter `products` mit seinem Artikel auf.",
    ),
    "unpriced_charge": (
        "Zugeordnet, aber ohne Preisregel",
        "Kunde und Artikel sind bekannt, doch keine Regel gibt einen Verkaufspreis; der Betrag sind Microsofts "
        "Kosten.",
        "Ergänzen Sie unter `prices` eine Regel für diesen Kunden und dieses Produkt.",
    ),
    "charge_without_customer": (
        "Ein Posten ohne Kunden",
        "Microsofts Zeile nennt keinen Kunden, etwa nach dem Ende einer Beziehung; der Betrag sind ihre Kosten.",
        "Fragen Sie Microsoft, wessen Posten es ist, oder buchen Sie ihn auf eigene Kosten und nehmen Sie die "
        "Feststellung mit diesem Grund hin.",
    ),
    "ambiguous_mapping": (
        "Zwei Regeln gelten, und keine ist enger",
        "Erst die Zeilen dieses Monats zeigen, dass zwei gleichrangige Regeln denselben Posten beanspruchen; er ließ "
        "sich nicht bepreisen.",
        "Fassen Sie eine der beiden enger, oder geben Sie einer eine `priority`.",
    ),
    "record_set_aside": (
        "Ein Datensatz, der nicht zu verwenden war",
        "Ein Datensatz war unlesbar oder widerspricht sich; er wurde beiseitegelegt, alles andere ging weiter.",
        "Sehen Sie sich Datei und Zeile der Belege an, berichtigen oder exportieren Sie sie neu und gleichen Sie "
        "erneut ab.",
    ),
    "unknown_charge_type": (
        "Eine unbekannte Art von Posten",
        "Microsoft hat eine Art verwendet, die der Connector nicht kennt; die Zeile wurde gezählt, ihr Sinn kann "
        "fehlen.",
        "Prüfen Sie, ob die Zeile behandelt wird wie erwartet, und melden Sie die neue Art dem Projekt.",
    ),
    "stale_mapping": (
        "Die Zuordnung zeigt auf etwas Inaktives",
        "Ein zugeordneter Kunde oder Artikel ist inaktiv, gelöscht oder zusammengeführt; Belege auf ihn werden "
        "scheitern.",
        "Zeigen Sie auf den benutzten Eintrag, oder machen Sie den alten wieder aktiv.",
    ),
    "cancelled_still_charged": (
        "Für den Kunden beendet, von Microsoft weiter berechnet",
        "Buchhaltung oder Zuordnung sagen, dass der Dienst geendet hat, und Microsoft berechnet ihn weiter.",
        "Kündigen Sie das Abonnement oder schalten Sie seine Verlängerung im Partner Center ab; bis dahin tragen Sie "
        "die Kosten.",
    ),
    "margin_below_floor": (
        "Marge unter der vereinbarten Untergrenze",
        "Der Verkaufspreis lässt weniger als die kleinste Marge, die Ihre Regel erlaubt.",
        "Erhöhen Sie den Preis zum nächsten möglichen Tag, oder senken Sie die Untergrenze, wenn das Geschäft "
        "gewollt "
        "ist.",
    ),
    "term_mismatch": (
        "Mit anderer Laufzeit verkauft als gekauft",
        "Laufzeit oder Zahlungsplan, die Sie verkaufen, sind nicht die, die Sie bei Microsoft halten.",
        "Bringen Sie beide bei der nächsten Verlängerung zusammen, und klären Sie, wer bis dahin das Risiko trägt.",
    ),
    "commitment_date_differs": (
        "Die Bindung endet an einem anderen Tag als vereinbart",
        "Das Ende der Bindung bei Microsoft ist nicht das mit dem Kunden vereinbarte.",
        "Gleichen Sie die Tage bei der nächsten Verlängerung an, oder sagen Sie dem Kunden die längere Bindung.",
    ),
    "renewal_unreviewed": (
        "Zu anderen Bedingungen verlängert, die Buchhaltung ist unverändert",
        "Microsoft hat mit anderem Preis, anderer Menge oder Laufzeit verlängert, berechnet wird wie zuvor.",
        "Prüfen Sie Preis und Menge des Kunden und übernehmen Sie die neuen Bedingungen.",
    ),
    "vendor_price_differs": (
        "Microsoft hat einen anderen Preis berechnet als seine Preisliste",
        "Die Kosten auf Microsofts Zeile sind nicht die der Preisliste, die an ihrem Preistag galt.",
        "Eröffnen Sie bei Microsoft einen Einspruch mit den Belegen; prüfen Sie zuvor Aktionen und "
        "Sondervereinbarungen.",
    ),
    "price_change_ahead": (
        "Microsofts Preis wird sich ändern",
        "Die Kosten laufender Abonnements ändern sich mit dem Tag der neuen Preisliste.",
        "Entscheiden Sie über den Verkaufspreis und sagen Sie es dem Kunden vorher.",
    ),
    "price_sheet_republished": (
        "Microsoft hat eine Preisliste neu veröffentlicht",
        "Eine benutzte Preisliste wurde durch eine mit anderen Preisen ersetzt.",
        "Sehen Sie sich die genannten Produkte an; was nach der alten Liste bepreist wurde, ist vielleicht zu "
        "berichtigen.",
    ),
    "promotion_ending": (
        "Eine Aktion endet",
        "Die Aktionskosten eines laufenden Abonnements enden, und die vollen beginnen.",
        "Entscheiden Sie über den Verkaufspreis und sagen Sie es dem Kunden vor dem Ende der Aktion.",
    ),
    "ledger_price_changed": (
        "Ein Preis wurde in der Buchhaltung von Hand geändert",
        "Der Preis eines Artikels oder einer wiederkehrenden Rechnung wurde neben der Zuordnung geändert.",
        "Übernehmen Sie den neuen Preis in die Zuordnung, oder stellen Sie die Buchhaltung zurück.",
    ),
    "seats_changed_outside": (
        "Lizenzen wurden auf ungewohntem Weg geändert",
        "Die Zahl der Lizenzen bei Microsoft hat sich ohne einen Auftrag bei Ihnen geändert.",
        "Klären Sie, wer sie geändert hat, und berechnen Sie die Änderung oder machen Sie sie fristgerecht "
        "rückgängig.",
    ),
    "unpaid_while_charged": (
        "Der Kunde zahlt nicht, Microsoft berechnet weiter",
        "Rechnungen sind länger überfällig als erlaubt, während ihre Dienste Sie weiter Geld kosten.",
        "Mahnen Sie den Kunden, und entscheiden Sie, ob die Abonnements ausgesetzt werden.",
    ),
    "access_expiring": (
        "Ein Zugang läuft bald ab",
        "Ein Token, Geheimnis, Zertifikat oder Vertrag endet bald, und der Connector sieht oder bucht dann nichts "
        "mehr.",
        "Erneuern Sie ihn vor dem genannten Tag.",
    ),
    "azure_spend_high": (
        "Azure-Ausgaben sind ungewöhnlich hoch",
        "Die Ausgaben liegen über der gesetzten Schwelle oder weit über dem, was der Kunde bisher brauchte.",
        "Fragen Sie den Kunden, ob es gewollt ist, und suchen Sie nach einem vergessenen Dienst oder einem Einbruch.",
    ),
    "cancellation_window_closing": (
        "Die Kündigungsfrist läuft ab",
        "Nach dem genannten Tag lässt sich das Abonnement bis zum Ende der Laufzeit nicht mehr kündigen oder "
        "verkleinern.",
        "Bestätigen Sie die Menge jetzt mit dem Kunden, oder kündigen Sie im Partner Center.",
    ),
    "renewal_ahead": (
        "Eine Verlängerung steht bevor",
        "Das Abonnement verlängert sich am genannten Tag zu den heutigen Bedingungen, wenn nichts geändert wird.",
        "Bestätigen Sie Menge, Laufzeit und Preis vor diesem Tag mit dem Kunden.",
    ),
    "partner_earned_credit_lost": (
        "Das Partnerguthaben (PEC) wird nicht mehr gezahlt",
        "Microsoft hat für diese Azure-Ressource früher Partnerguthaben gegeben und tut es nicht mehr.",
        "Prüfen Sie Ihren Zugriff auf das Abonnement des Kunden und stellen Sie ihn wieder her.",
    ),
    "incomplete_vendor_file": (
        "Microsofts Datei ist nicht vollständig",
        "Die Zeilen ergeben nicht die Summe der Rechnung, oder ein Teil fehlt; über einen halben Monat wird nicht "
        "geurteilt.",
        "Laden Sie die Datei im Partner Center neu herunter, geben Sie alle Teile an und gleichen Sie erneut ab.",
    ),
    "stale_source": (
        "Eine Quelle wurde zu lange nicht gelesen",
        "Was zuletzt gelesen wurde, ist älter als erlaubt; das Ergebnis kann verpassen, was seither geschah.",
        "Sehen Sie sich den letzten Lauf des Abrufs an, beheben Sie die Ursache und gleichen Sie erneut ab.",
    ),
})  # fmt: skip
"""Title, meaning and advice by kind."""
