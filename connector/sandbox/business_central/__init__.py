"""Business Central, made up: environments, companies, their bookkeepers and the API v2.0, as strict as Microsoft's.

    from connector.sandbox.business_central import BusinessCentral, Environment, open_company
    company = open_company(clock)
    app = BusinessCentral(clock, tokens, [Environment("Production", tenant_id, {company.id: company})])

Sources: the pages of Microsoft's API v2.0 and its base application, its documents on OData and operational limits, and
recorded answers of real environments. Where they leave something open, `Behaviour` lets one choose.
"""

from connector.sandbox.business_central.app import BusinessCentral
from connector.sandbox.business_central.bookkeeper import Bookkeeper, Entry
from connector.sandbox.business_central.company import Company, Deletion, Mail, Price
from connector.sandbox.business_central.environments import AUDIENCE, ROLE, Application, Environment
from connector.sandbox.business_central.limits import Limits, no_limits
from connector.sandbox.business_central.opening import add_exchange_rate, add_rate, open_company
from connector.sandbox.business_central.refusals import Refused
from connector.sandbox.business_central.setting_up import Behaviour, Series, Setup

__all__ = [
    "AUDIENCE",
    "ROLE",
    "Application",
    "Behaviour",
    "Bookkeeper",
    "BusinessCentral",
    "Company",
    "Deletion",
    "Entry",
    "Environment",
    "Limits",
    "Mail",
    "Price",
    "Refused",
    "Series",
    "Setup",
    "add_exchange_rate",
    "add_rate",
    "no_limits",
    "open_company",
]
