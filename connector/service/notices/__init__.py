"""Takes notices that something has changed: from Partner Center, QuickBooks and Business Central.

Anybody can send to an address that is open to the outside. So a notice must prove where it comes from, counts once,
and never says what is true: it only makes the next look come sooner.
"""

from connector.service.notices.desk import Desk, Hint, Notice

__all__ = ["Desk", "Hint", "Notice"]
