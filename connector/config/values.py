"""The settings of the connector as the rest of the program sees them: frozen, checked, secrets hidden."""

from dataclasses import dataclass
from datetime import date, time, timedelta
from decimal import Decimal
from pathlib import Path

from connector.config.credentials import Secret


@dataclass(frozen=True, slots=True)
class Company:
    """The partner that runs the connector."""

    name: str


@dataclass(frozen=True, slots=True)
class Engine:
    """What computes over the lines: DuckDB in the process, or Spark with its `master`."""

    kind: str = "duckdb"
    master: str | None = None
    memory_limit: str = "2GB"
    spill: Path | None = None
    threads: int | None = None


@dataclass(frozen=True, slots=True)
class Certificate:
    """A certificate with its private key in one PEM file."""

    file: Path
    password: Secret | None = None


@dataclass(frozen=True, slots=True)
class SignIn:
    """How to sign in at each of Microsoft's APIs: app (by itself) or app_user (for a person, with MFA)."""

    partner_center: str = "app_user"
    graph: str = "app"
    pricing: str = "app_user"


@dataclass(frozen=True, slots=True)
class PartnerCenterEndpoints:
    """Where Microsoft's services are; other values serve proxies, national clouds and simulators."""

    authority: str = "https://login.microsoftonline.com"
    api: str = "https://api.partnercenter.microsoft.com"
    graph: str = "https://graph.microsoft.com"
    pricing: str = "https://api.partner.microsoft.com"


@dataclass(frozen=True, slots=True)
class PartnerCenter:
    """The partner's account at Microsoft; one of `client_secret` and `certificate` is set. `backfill` is in months."""

    tenant_id: str
    client_id: str
    market: str
    currency: str
    client_secret: Secret | None = None
    certificate: Certificate | None = None
    auth: SignIn = SignIn()
    backfill: int = 3
    endpoints: PartnerCenterEndpoints = PartnerCenterEndpoints()
    more_markets: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class VendorBill:
    """Microsoft's own bill in a ledger: the vendor and the account it is booked under."""

    vendor: str
    account: str


@dataclass(frozen=True, slots=True)
class QuickBooksEndpoints:
    """Where QuickBooks is."""

    api: str = "https://quickbooks.api.intuit.com"
    token: str = "https://oauth.platform.intuit.com/oauth2/v1/tokens/bearer"  # noqa: S105 - an address
    authorize: str = "https://appcenter.intuit.com/connect/oauth2"


@dataclass(frozen=True, slots=True)
class QuickBooks:
    """A QuickBooks Online company as a ledger; `refresh_token` is only the first one, later ones are stored."""

    name: str
    realm_id: str
    client_id: str
    client_secret: Secret
    refresh_token: Secret | None = None
    vendor_bill: VendorBill | None = None
    endpoints: QuickBooksEndpoints = QuickBooksEndpoints()
    kind: str = "quickbooks"


@dataclass(frozen=True, slots=True)
class BusinessCentralEndpoints:
    """Where Business Central is."""

    authority: str = "https://login.microsoftonline.com"
    api: str = "https://api.businesscentral.dynamics.com"


@dataclass(frozen=True, slots=True)
class BusinessCentral:
    """A Business Central company as a ledger; one of `client_secret` and `certificate` is set."""

    name: str
    tenant_id: str
    company: str
    client_id: str
    environment: str = "production"
    client_secret: Secret | None = None
    certificate: Certificate | None = None
    vendor_bill: VendorBill | None = None
    endpoints: BusinessCentralEndpoints = BusinessCentralEndpoints()
    kind: str = "business_central"


Ledger = QuickBooks | BusinessCentral


@dataclass(frozen=True, slots=True)
class Network:
    """How to reach the outside."""

    ca_file: Path | None = None
    proxy: Secret | None = None
    connect_timeout: timedelta = timedelta(seconds=10)
    read_timeout: timedelta = timedelta(seconds=120)


@dataclass(frozen=True, slots=True)
class Limits:
    """A plan beyond these is held for a person; None means no limit. Amounts are in each ledger's currency."""

    documents: int | None = None
    amount: Decimal | None = None
    change_percent: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Posting:
    """Whether, from which month (its first day) and how documents are created in the ledgers."""

    mode: str = "off"
    start: date | None = None
    start_by_customer: tuple[tuple[str, date], ...] = ()
    settle: timedelta = timedelta(minutes=12)
    lease: timedelta = timedelta(seconds=60)
    limits: Limits = Limits()
    closed_until: date | None = None
    number_series: tuple[tuple[str, str], ...] = ()
    deliver: bool = False


@dataclass(frozen=True, slots=True)
class Schedule:
    """When the service runs its jobs: cron lines (or off) by job, in one time zone; `jitter` delays each by chance."""

    timezone: str = "UTC"
    jobs: tuple[tuple[str, str], ...] = ()
    jitter: timedelta = timedelta(seconds=30)


@dataclass(frozen=True, slots=True)
class Smtp:
    """A mail server; `security` is starttls, tls or, on this machine only, none."""

    host: str
    sender: str
    port: int = 587
    security: str = "starttls"
    username: str | None = None
    password: Secret | None = None


@dataclass(frozen=True, slots=True)
class GraphMailEndpoints:
    """Where Microsoft Graph is."""

    authority: str = "https://login.microsoftonline.com"
    api: str = "https://graph.microsoft.com"


@dataclass(frozen=True, slots=True)
class GraphMail:
    """A mailbox of Microsoft 365 to send from; one of `client_secret` and `certificate` is set."""

    tenant_id: str
    client_id: str
    sender: str
    client_secret: Secret | None = None
    certificate: Certificate | None = None
    endpoints: GraphMailEndpoints = GraphMailEndpoints()


@dataclass(frozen=True, slots=True)
class Route:
    """Who is told besides, of what fits all that is given: kinds, customer groups, and a severity at least.

    With `instead`, what fits does not go to `Alerts.to`.
    """

    to: tuple[str, ...]
    kinds: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()
    severity: str | None = None
    instead: bool = False


@dataclass(frozen=True, slots=True)
class Alerts:
    """Who is told of findings, how, and when; one of `smtp`, `graph` and `folder` is set."""

    to: tuple[str, ...]
    smtp: Smtp | None = None
    graph: GraphMail | None = None
    immediate: tuple[str, ...] = ()
    digest: time = time(7, 0)
    language: str = "en"
    routes: tuple[Route, ...] = ()
    folder: Path | None = None


@dataclass(frozen=True, slots=True)
class Webhooks:
    """Whose notices are taken, and the secrets by which each is known."""

    partner_center: bool = False
    quickbooks: Secret | None = None
    business_central: Secret | None = None


@dataclass(frozen=True, slots=True)
class Http:
    """The pages of the service: the address it listens on, the one people reach it at, and who may see reports."""

    listen: str = "127.0.0.1:8080"
    public_url: str | None = None
    user: str = "connector"
    password: Secret | None = None
    webhooks: Webhooks = Webhooks()


@dataclass(frozen=True, slots=True)
class Backup:
    """Where copies go (None: below the state folder), and how many are kept."""

    folder: Path | None = None
    keep: int = 14


@dataclass(frozen=True, slots=True)
class Keep:
    """How long what is no evidence stays: files that went with mails, and estimates that others replaced (None: ever).

    Of the estimates the last of each calendar month, and the one each closed month was made with, stay for ever.
    """

    mails: timedelta = timedelta(days=90)
    unbilled: timedelta | None = None


@dataclass(frozen=True, slots=True)
class Watching:
    """How early dated things are told, when spend and debts are too high, and what changes seats on purpose.

    Spans are whole days. `usual_applications` are as audit records name them, `endings` last days by what ends.
    """

    renewal: timedelta = timedelta(days=30)
    short_renewal: timedelta = timedelta(days=7)
    window: timedelta = timedelta(days=4)
    promotion: timedelta = timedelta(days=30)
    access: timedelta = timedelta(days=30)
    recent: timedelta = timedelta(days=30)
    overdue: timedelta = timedelta(days=30)
    spend_percent: Decimal = Decimal(50)
    spend_limits: tuple[tuple[str, Decimal], ...] = ()
    usual_applications: tuple[str, ...] = ()
    endings: tuple[tuple[str, date], ...] = ()


@dataclass(frozen=True, slots=True)
class ClosingAccounts:
    """The general-ledger accounts that the journal of a month names."""

    revenue: str = "Cloud revenue"
    accrued_revenue: str = "Accrued revenue"
    deferred_revenue: str = "Deferred revenue"
    cost: str = "Cloud cost"
    accrued_cost: str = "Accrued cost"
    prepaid_cost: str = "Prepaid cost"


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything in the settings file. `file` is where it was read from; folders are relative to it."""

    company: Company
    file: Path
    state: Path
    mappings: Path
    database: Secret | None = None
    warehouse: str | None = None
    engine: Engine = Engine()
    partner_center: PartnerCenter | None = None
    ledgers: tuple[Ledger, ...] = ()
    network: Network = Network()
    posting: Posting = Posting()
    schedule: Schedule = Schedule()
    alerts: Alerts | None = None
    http: Http = Http()
    watching: Watching = Watching()
    closing_accounts: ClosingAccounts = ClosingAccounts()
    backup: Backup = Backup()
    keep: Keep = Keep()
    secret_key: Secret | None = None

    @property
    def ledger_names(self) -> tuple[str, ...]:
        """The names of the ledgers, as mappings use them."""
        return tuple(ledger.name for ledger in self.ledgers)

    @property
    def cache(self) -> Path:
        """The folder for what can be made again at any time."""
        return self.state / "cache"
