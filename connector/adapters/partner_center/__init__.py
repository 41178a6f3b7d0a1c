"""Reads Microsoft Partner Center: customers, subscriptions, invoices with all their lines, prices and what was done.

Nothing is ever changed there; every call is a read, and read permissions are enough (docs/permissions.md).
"""

from connector.adapters.partner_center.client import PartnerCenterClient, Quotas
from connector.adapters.partner_center.exports import Exports
from connector.adapters.partner_center.source import PartnerCenterSource

__all__ = ["Exports", "PartnerCenterClient", "PartnerCenterSource", "Quotas"]
