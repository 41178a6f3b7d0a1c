"""Messages in the language of the request: who asks in German is refused in German, and then no English text is found.

A handful is enough to catch a client that reads messages without asking for a language of its own.
"""

import re

_GERMAN = (
    (r"The customer cannot be found\.", "Der Debitor wurde nicht gefunden."),
    (r"Purchase (?:Invoice|Credit Memo) (\S+) already exists for this vendor\.",
     r"Einkauf Rechnung \1 ist für diesen Kreditor bereits vorhanden."),
    (r"Posting Date is not within your range of allowed posting dates in (.+)",
     r"Das Buchungsdatum liegt nicht innerhalb des zugelassenen Buchungszeitraums in \1"),
    (r"You cannot (create|post) this type of document when (.+) is blocked with type (\w+)\.",
     r"Sie können diesen Belegtyp nicht verwenden, wenn \2 mit dem Typ \3 gesperrt ist."),
    (r"(.+) must have a value in (.+)\. It cannot be zero or empty\.",
     r"\1 muss einen Wert in \2 enthalten. Der Wert darf nicht 0 oder leer sein."),
    (r"Another user has already changed the record\.", "Ein anderer Benutzer hat den Datensatz bereits geändert."),
    (r"The action can be applied to a draft (.+) only\.", "Die Aktion ist nur für Entwürfe möglich."),
)  # fmt: skip


def in_language(message: str, wanted: str) -> str:
    """A message as somebody reads it who asked for this language (`Accept-Language`); English where none is known."""
    if not wanted.strip().lower().startswith("de"):
        return message
    for english, german in _GERMAN:
        if re.fullmatch(english, message):
            return re.sub(english, german, message)
    return message
