"""Settings are read strictly, references are replaced, secrets stay hidden, the environment overrides."""

import base64
from collections.abc import Mapping
from datetime import date, time, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from connector.config.credentials import Secret
from connector.config.settings import Settings, read_settings
from connector.config.values import BusinessCentral, Engine, Limits, Network, Posting, QuickBooks
from connector.domain.errors import InvalidConfig

COMPANY = "company: {name: Fabrikam}\n"
KEY = base64.b64encode(bytes(range(32))).decode()


def settings(folder: Path, text: str, environment: Mapping[str, str] | None = None) -> Settings:
    (folder / "config.yaml").write_text(COMPANY + text, encoding="utf-8")
    return read_settings(folder / "config.yaml", environment or {})


def told(folder: Path, text: str, environment: Mapping[str, str] | None = None) -> list[str]:
    with pytest.raises(InvalidConfig) as caught:
        settings(folder, text, environment)
    return [problem.text for problem in caught.value.problems]


def test_only_the_company_is_needed(tmp_path: Path) -> None:
    read = settings(tmp_path, "")
    assert read == Settings(
        read.company, tmp_path / "config.yaml", state=tmp_path / "state", mappings=tmp_path / "mappings"
    )
    assert (read.engine, read.network, read.posting) == (Engine(), Network(), Posting())
    assert read.cache == tmp_path / "state" / "cache"


def test_a_missing_file_is_told(tmp_path: Path) -> None:
    with pytest.raises(InvalidConfig, match="there is no such settings file; `connector init` writes an example"):
        read_settings(tmp_path / "config.yaml", {})


def test_folders_start_from_the_file_and_addresses_stay(tmp_path: Path) -> None:
    read = settings(tmp_path, "state: /var/lib/connector\nmappings: rules\nwarehouse: s3://bucket/lines\n")
    assert (read.state, read.mappings, read.warehouse) == (
        Path("/var/lib/connector"),
        tmp_path / "rules",
        "s3://bucket/lines",
    )
    assert settings(tmp_path, "warehouse: lines\n").warehouse == (tmp_path / "lines").as_posix()


def test_ledgers_of_both_kinds(tmp_path: Path) -> None:
    text = """
ledgers:
  books-us: {kind: quickbooks, realm_id: "9130357849016286", client_id: abc, client_secret: "${QB}",
             endpoints: {api: "http://127.0.0.1:8081/"}}
  books-eu: {kind: business_central, tenant_id: 5D1F0C9E-8a55-4d5e-9a53-0c8a3a4ecb11, company: CRONUS,
             client_id: 0f3c9b52-7c1a-4b8e-9a60-2d4f8f1a7b33, certificate: {file: bc.pem}}
"""
    read = settings(tmp_path, text, {"QB": "s3cret-s3cret"})
    quickbooks, business_central = read.ledgers
    assert isinstance(quickbooks, QuickBooks)
    assert isinstance(business_central, BusinessCentral)
    assert read.ledger_names == ("books-us", "books-eu")
    assert quickbooks.client_secret.reveal() == "s3cret-s3cret"
    assert quickbooks.endpoints.api == "http://127.0.0.1:8081"
    assert quickbooks.endpoints.token == "https://oauth.platform.intuit.com/oauth2/v1/tokens/bearer"
    assert business_central.certificate is not None
    assert business_central.certificate.file == tmp_path / "bc.pem"
    assert business_central.tenant_id == "5d1f0c9e-8a55-4d5e-9a53-0c8a3a4ecb11"
    assert business_central.environment == "production"


def test_posting(tmp_path: Path) -> None:
    text = """
posting: {mode: auto, start: 2026-10, settle: 1h, closed_until: 2026-09-30,
          start_by_customer: {5D1F0C9E-8a55-4d5e-9a53-0c8a3a4ecb11: 2026-11},
          limits: {documents: 500, amount: 100000.50, change_percent: 50}}
"""
    assert settings(tmp_path, text).posting == Posting(
        "auto",
        date(2026, 10, 1),
        (("5d1f0c9e-8a55-4d5e-9a53-0c8a3a4ecb11", date(2026, 11, 1)),),
        timedelta(hours=1),
        limits=Limits(500, Decimal("100000.50"), Decimal(50)),
        closed_until=date(2026, 9, 30),
    )


def test_alerts_and_schedule(tmp_path: Path) -> None:
    text = """
alerts: {to: [finance@example.com], digest: 07:30, smtp: {host: localhost, security: none, sender: a@localhost}}
schedule: {timezone: Europe/Berlin, jobs: {sync: "*/15 0-6,22 1,15 * MON-FRI"}}
"""
    read = settings(tmp_path, text)
    assert read.alerts is not None
    assert read.alerts.digest == time(7, 30)
    assert read.schedule.jobs == (("sync", "*/15 0-6,22 1,15 * mon-fri"),)


@pytest.mark.parametrize(
    "line",
    [
        "60 * * * *",
        "* * 0 * *",
        "* * * 13 *",
        "* * * * 8",
        "*/0 * * * *",
        "5-1 * * * *",
        "* * * * mon-",
        "@daily",
        "* * * * * *",
        "1-2-3 * * * *",
        "* * * jam *",
    ],
)
def test_cron_lines_that_never_run_are_refused(tmp_path: Path, line: str) -> None:
    assert "is no cron line" in told(tmp_path, f'schedule: {{jobs: {{sync: "{line}"}}}}\n')[0]


def test_references_in_values(tmp_path: Path) -> None:
    text = 'state: "${BASE}/state"\nmappings: ${RULES:-rules}\nengine: {threads: "${N}", memory_limit: "${M:-4GB}"}\n'
    read = settings(tmp_path, text, {"BASE": "/srv", "N": "8"})
    assert (read.state, read.mappings) == (Path("/srv/state"), tmp_path / "rules")
    assert (read.engine.threads, read.engine.memory_limit) == (8, "4GB")


def test_a_dollar_sign_is_written_twice_and_values_are_not_looked_at_again(tmp_path: Path) -> None:
    (tmp_path / "config.yaml").write_text('company: {name: "$${A} and ${A} for 5$"}\n')
    read = read_settings(tmp_path / "config.yaml", {"A": "${B}"})
    assert read.company.name == "${A} and ${B} for 5$"


def test_credentials_from_all_four_places(tmp_path: Path) -> None:
    units = tmp_path / "units"
    units.mkdir()
    (units / "qb").write_text("from-systemd\n")
    (tmp_path / "qb.txt").write_text("from-file\r\n")
    ledger = 'ledgers: {{books: {{kind: quickbooks, realm_id: "9130357849016286", client_id: a, client_secret: {}}}}}\n'
    environment = {"CREDENTIALS_DIRECTORY": str(units), "QB": "from-env"}
    for reference, secret in [
        ('"{credential env QB}"', "from-env"),
        ("{credential env QB}", "from-env"),
        ('"{credential file qb.txt}"', "from-file"),
        (f'"{{credential file {tmp_path}/qb.txt}}"', "from-file"),
        ('"{credential systemd qb}"', "from-systemd"),
    ]:
        read = settings(tmp_path, ledger.format(reference), environment).ledgers[0]
        assert read.client_secret is not None
        assert read.client_secret.reveal() == secret


def test_a_container_secret_has_a_bare_name(tmp_path: Path) -> None:
    from connector.config.credentials import Surroundings, resolve
    from connector.config.nodes import Resolved, Scalar
    from connector.config.shapes import Reading

    (tmp_path / "qb").write_text("from-container")
    around = Surroundings({}, tmp_path, container_folder=tmp_path)
    reading = Reading("config.yaml")
    node = resolve(Scalar("{credential container qb}", 1, 1), (), reading, around)
    assert isinstance(node, Resolved)
    assert node.text == "from-container"
    resolve(Scalar("{credential container ../secret}", 1, 1), (), reading, around)
    assert len(reading.problems) == 1


def test_secrets_are_never_printed(tmp_path: Path) -> None:
    text = 'ledgers: {books: {kind: quickbooks, realm_id: "9130357849016286", client_id: a, client_secret: "${QB}"}}\n'
    text += "database: postgresql://me:${DB}@db.example.com/connector\nsecret_key: ${KEY}\n"
    read = settings(tmp_path, text, {"QB": "s3cret-one", "DB": "s3cret-two", "KEY": KEY})
    assert read.database is not None
    assert read.database.reveal() == "postgresql://me:s3cret-two@db.example.com/connector"
    shown = f"{read!r} {read} {read.ledgers[0]!s} {read.secret_key}"
    assert "s3cret" not in shown
    assert KEY not in shown
    assert str(Secret("x")) == repr(Secret("x")) == f"{Secret('x')}" == "***"


def test_two_keys_may_stand_there_while_one_is_changed(tmp_path: Path) -> None:
    read = settings(tmp_path, "secret_key: ${KEYS}\n", {"KEYS": f"{KEY},{KEY}"})
    assert read.secret_key is not None
    (problem,) = told(tmp_path, "secret_key: ${KEYS}\n", {"KEYS": ",".join([KEY] * 3)})
    assert "there are 3 keys" in problem


def test_a_wrong_value_from_elsewhere_is_named_and_not_shown(tmp_path: Path) -> None:
    text = "ledgers: {books: {kind: quickbooks, realm_id: '${OOPS}', client_id: a, client_secret: '${OOPS}'}}\n"
    assert told(tmp_path, text, {"OOPS": "s3cret-in-the-wrong-place"}) == [
        "ledgers.books.realm_id: the value of ${OOPS} does not fit; expected a company id of QuickBooks, in quotes"
    ]


def test_the_environment_overrides(tmp_path: Path) -> None:
    text = (
        'ledgers: {books-us: {kind: quickbooks, realm_id: "9130357849016286", client_id: a, client_secret: "${X}"}}\n'
    )
    read = settings(
        tmp_path,
        text + "posting: {mode: review, start: 2026-10}\n",
        {
            "X": "old-secret",
            "CONNECTOR_POSTING__MODE": "off",
            "CONNECTOR_POSTING__LIMITS__DOCUMENTS": "7",
            "CONNECTOR_LEDGERS__BOOKS_US__CLIENT_SECRET": "new-secret",
            "CONNECTOR_STATE": "elsewhere",
            "CONNECTOR_ALERTS__TO": "a@example.com, b@example.com",
            "CONNECTOR_ALERTS__SMTP__HOST": "smtp.example.com",
            "CONNECTOR_ALERTS__SMTP__SENDER": "c@example.com",
            "CONNECTOR_CONFIG": "/etc/connector/config.yaml",
            "CONNECTOR_SERVICE_HOST": "10.0.0.1",
            "CONNECTOR_PORT": "tcp://10.0.0.1:80",
        },
    )
    assert (read.posting.mode, read.posting.start, read.posting.limits.documents) == ("off", date(2026, 10, 1), 7)
    assert read.ledgers[0].client_secret is not None
    assert read.ledgers[0].client_secret.reveal() == "new-secret"
    assert read.state == tmp_path / "elsewhere"
    assert read.alerts is not None
    assert read.alerts.to == ("a@example.com", "b@example.com")


def test_an_override_that_goes_too_deep_is_told(tmp_path: Path) -> None:
    assert "goes too deep" in told(tmp_path, "", {"CONNECTOR_POSTING__MODE__X": "1"})[0]


@pytest.mark.parametrize(
    "address",
    [
        "http://127.0.0.1:8080",
        "http://localhost:1",
        "http://[::1]:9",
        "https://api.example.com/v1/",
        "https://10.0.0.1",
    ],
)
def test_addresses_that_are_encrypted_or_local(tmp_path: Path, address: str) -> None:
    assert settings(tmp_path, f'http: {{public_url: "{address}"}}\n').http.public_url == address.rstrip("/")


@pytest.mark.parametrize(
    "address",
    [
        "http://10.0.0.1",
        "http://localhost.example.com",
        "http://127.0.0.1.example.com",
        "https://",
        "https:///x",
        "//x",
        "https://a@b",
        "https://evil.example\\\\@good.example",
        "https://a b",
        "https://a:99999",
        "https://a?x=1",
        "file:///x",
        "https://[::1",
        "http://localhost@evil.example",
    ],
)
def test_addresses_that_are_not(tmp_path: Path, address: str) -> None:
    assert len(told(tmp_path, f'http: {{public_url: "{address}"}}\n')) == 1


def test_the_settings_file_may_be_written_by_windows(tmp_path: Path) -> None:
    (tmp_path / "config.yaml").write_bytes(b"\xef\xbb\xbfcompany:\r\n  name: Fabrikam\r\n")
    assert read_settings(tmp_path / "config.yaml", {}).company.name == "Fabrikam"


def test_the_process_environment_is_used_when_none_is_given(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "config.yaml").write_text("company: {name: '${FABRIKAM_NAME}'}\n")
    monkeypatch.setenv("FABRIKAM_NAME", "Fabrikam Cloud")
    assert read_settings(tmp_path / "config.yaml").company.name == "Fabrikam Cloud"
