"""What the program tells about its work while it runs: on stderr, quiet unless asked, and never a secret.

The rest of the program logs through `logging` with `extra=`; only this module knows structlog, and loads
it with the first line that is really written, because most commands write none.
"""

import logging
import re
import sys
from collections.abc import Iterable, MutableMapping
from enum import StrEnum
from functools import cached_property
from typing import Any
from urllib.parse import quote

_HIDDEN = "***"
_SHORTEST_SECRET = 6
"""Shorter values are not searched for: they would blot out half of every line."""

_SECRET_KEY = re.compile(r"secret|token|passw|authorization|assertion|credential|api_?key|private_?key|cookie", re.I)
_NAMED = (
    r"client_secret|client_assertion|refresh_token|access_token|id_token|password|passwd|secret_key|api_key"
    r"|device_code|authorization|code_verifier"
)
_SECRETS_IN_TEXT = (
    re.compile(r"(?P<keep>\b(?:Bearer|Basic)\s+)[A-Za-z0-9._~+/=-]{6,}", re.I),
    re.compile(r"(?P<keep>[?&;](?:sig|code|sv_sig)=)[^&\s\"'<>]+", re.I),
    re.compile(r"(?P<keep>\bsig=)[^&\s\"'<>]+", re.I),
    re.compile(rf"(?P<keep>[\"']?\b(?:{_NAMED})[\"']?\s*[:=]\s*[\"']?)(?!\*\*\*|Bearer|Basic)[^\"'&,\s}}]+", re.I),
    re.compile(r"(?P<keep>\b[a-z][a-z0-9+.-]*://[^/\s:@]*:)[^@\s/]+(?=@)", re.I),
    re.compile(r"(?P<keep>)\beyJ[A-Za-z0-9_-]{4,}\.[A-Za-z0-9_-]+(?:\.[A-Za-z0-9_-]*)?"),
)


class LogFormat(StrEnum):
    """How a log line looks: for people, or for machines."""

    TEXT = "text"
    JSON = "json"


class Redaction:
    """Blots out secrets: by the name they stand under, by their look, and those known by value."""

    def __init__(self) -> None:
        self._known: set[str] = set()
        self._learnt = 0

    def hide(self, secrets: Iterable[str]) -> None:
        """Blot these values out from now on, as they are and as they look inside an address."""
        for secret in secrets:
            if len(secret) >= _SHORTEST_SECRET:
                self._known.update((secret, quote(secret, safe=""), quote(secret)))

    def known(self, text: str) -> str:
        """Return the text without the values that are known to be secret."""
        self._learn()
        for secret in sorted(self._known, key=len, reverse=True):
            text = text.replace(secret, _HIDDEN)
        return text

    def text(self, text: str) -> str:
        """Return the text without anything that is, or looks like, a secret."""
        text = self.known(text)
        for pattern in _SECRETS_IN_TEXT:
            text = pattern.sub(rf"\g<keep>{_HIDDEN}", text)
        return text

    def _learn(self) -> None:
        """Take in the secrets that the settings brought, where settings were read."""
        read = sys.modules.get("connector.config.credentials")
        known: set[str] = getattr(read, "KNOWN", set())
        if len(known) != self._learnt:
            self._learnt = len(known)
            self.hide(tuple(known))

    def value(self, value: Any) -> Any:
        """Return a value of any shape without secrets, keys included."""
        if isinstance(value, dict):
            return {
                self.text(str(key)): _HIDDEN if _SECRET_KEY.search(str(key)) else self.value(inner)
                for key, inner in value.items()
            }
        if isinstance(value, (list, tuple, set, frozenset)):
            return [self.value(inner) for inner in value]
        if value is None or isinstance(value, (bool, int)):
            return value
        return self.text(str(value))

    def __call__(self, _logger: Any, _method: str, event: MutableMapping[str, Any]) -> dict[str, Any]:
        """Redact one log line; the last step before it is written."""
        cleaned: dict[str, Any] = self.value(dict(event))
        return cleaned


redaction = Redaction()
"""One for the whole process, because the log is one for the whole process."""


class _Formatter(logging.Formatter):
    """Lets structlog write the line, our own and other libraries' alike."""

    def __init__(self, log_format: LogFormat) -> None:
        super().__init__()
        self._log_format = log_format

    @cached_property
    def _structured(self) -> logging.Formatter:
        import structlog

        renderer: Any = (
            structlog.processors.JSONRenderer(ensure_ascii=False)
            if self._log_format is LogFormat.JSON
            else structlog.dev.ConsoleRenderer(
                colors=False, timestamp_key="ts", exception_formatter=structlog.dev.plain_traceback
            )
        )
        return structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[
                structlog.stdlib.add_log_level,
                structlog.stdlib.ExtraAdder(),
                structlog.processors.TimeStamper(fmt="iso", utc=True, key="ts"),
            ],
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.format_exc_info,
                redaction,
                renderer,
            ],
        )

    def format(self, record: logging.LogRecord) -> str:
        return self._structured.format(record)


class _OnStderr(logging.Handler):
    """Writes to stderr as it is at that moment, not as it was when the program started."""

    def emit(self, record: logging.LogRecord) -> None:
        try:
            sys.stderr.write(self.format(record) + "\n")
        except Exception:  # noqa: BLE001 - a log line that cannot be written must not end the work
            self.handleError(record)


def configure(log_format: LogFormat, verbose: int) -> None:
    """Send the log to stderr: warnings only, with `verbose` 1 the course of the work, with 2 everything."""
    root = logging.getLogger()
    for handler in [h for h in root.handlers if isinstance(h, _OnStderr)]:
        root.removeHandler(handler)
    handler = _OnStderr()
    handler.setFormatter(_Formatter(log_format))
    root.addHandler(handler)
    root.setLevel({0: logging.WARNING, 1: logging.INFO}.get(verbose, logging.DEBUG))
    for chatty in ("urllib3", "requests_oauthlib", "msal", "asyncio", "alembic", "apscheduler"):
        logging.getLogger(chatty).setLevel(logging.WARNING)
    logging.captureWarnings(capture=True)
