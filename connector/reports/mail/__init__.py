"""Makes the mails: what happened, what it costs, why we think so and what to do, in English or German.

Each mail is a letter of a few plain parts, written once as text and once as HTML with the same content.
"""

from connector.reports.mail.letter import Letter
from connector.reports.mail.rendering import to_html, to_plain

__all__ = ["Letter", "to_html", "to_plain"]
