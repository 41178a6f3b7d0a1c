"""How the connector speaks with services over HTTP: one policy for all of them.

Time limits on everything, only allowed hosts, bounded and complete bodies, reads repeated with patience, writes
never, quotas kept, and the services' ids in every error (facts: Partner Center §2, QuickBooks §2.7, Business
Central's operational limits).
"""

from connector.adapters.http.adapter import authorities
from connector.adapters.http.answers import Answer
from connector.adapters.http.api import GRAPH, PARTNER_CENTER, Api, Tracing
from connector.adapters.http.blobs import Blob, Bounds, read_blob
from connector.adapters.http.bodies import written
from connector.adapters.http.failures import (
    BrokenOff,
    Failing,
    ForbiddenAddress,
    Garbled,
    HttpFailure,
    NeverSent,
    OutcomeUnknown,
    Refused,
    Throttled,
    TooLarge,
    Trace,
)
from connector.adapters.http.hosts import Hosts
from connector.adapters.http.outcomes import never_sent
from connector.adapters.http.quota import Quota
from connector.adapters.http.retrying import Patience, retrying
from connector.adapters.http.session import Network, Session

__all__ = [
    "GRAPH",
    "PARTNER_CENTER",
    "Answer",
    "Api",
    "Blob",
    "Bounds",
    "BrokenOff",
    "Failing",
    "ForbiddenAddress",
    "Garbled",
    "Hosts",
    "HttpFailure",
    "Network",
    "NeverSent",
    "OutcomeUnknown",
    "Patience",
    "Quota",
    "Refused",
    "Session",
    "Throttled",
    "TooLarge",
    "Trace",
    "Tracing",
    "authorities",
    "never_sent",
    "read_blob",
    "retrying",
    "written",
]
