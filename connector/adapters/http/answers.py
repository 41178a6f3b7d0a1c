"""An answer of a service, read with exact numbers, and what its refusals say in the service's own words."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from functools import cached_property
from typing import Any

import requests

from connector.adapters.http.bodies import parse, quoted, text_of
from connector.adapters.http.failures import Failing, Garbled, HttpFailure, OutcomeUnknown, Refused, Throttled, Trace
from connector.adapters.http.retrying import retry_after, wait_in_words
from connector.adapters.http.session import trace_of

_CHARSET = re.compile(r"charset=[\"']?([A-Za-z0-9_-]+)", re.I)
_XML_CODE = re.compile(r"<Code>([^<]{1,100})</Code>")
_XML_TEXT = re.compile(r"<Message>([^<]{1,2000})</Message>")


@dataclass(frozen=True)
class Answer:
    """What came back: `headers` by any case, `body` unpacked, `answered_at` when the answer was there (UTC)."""

    status: int
    headers: Mapping[str, str]
    body: bytes = field(repr=False)
    trace: Trace
    answered_at: datetime

    @classmethod
    def of(cls, response: requests.Response, now: datetime, body: bytes | None = None) -> "Answer":
        """Read an answer that a library got through our session; `body` in place of its own, if that is streamed."""
        sent = response.request
        trace = trace_of(sent.method or "", sent.url or "", sent.headers, response.headers)
        return cls(response.status_code, response.headers, response.content if body is None else body, trace, now)

    @property
    def request_id(self) -> str:
        """The service's id of this call."""
        return self.trace.request_id

    @property
    def correlation_id(self) -> str:
        """The id that ties the calls of one piece of work together."""
        return self.trace.correlation_id

    @cached_property
    def text(self) -> str:
        """The body as text: UTF-8 unless the service names another character set, a byte order mark removed."""
        named = _CHARSET.search(self.headers.get("Content-Type") or "")
        return text_of(self.body, named.group(1) if named else None)

    @cached_property
    def _value(self) -> Any:
        return parse(self.text)

    def json(self) -> Any:
        """Return the body's value, numbers with a fraction as Decimal; raises Garbled where it is not JSON."""
        try:
            return self._value
        except ValueError:
            kind = self.headers.get("Content-Type") or "no type"
            raise Garbled(f"JSON was expected and {quoted(kind)} came; try again later", self.trace) from None

    @property
    def date(self) -> datetime | None:
        """When the service says it answered; None where it does not."""
        try:
            moment = parsedate_to_datetime(self.headers.get("Date") or "")
        except (ValueError, TypeError):
            return None
        return moment if moment.tzinfo else moment.replace(tzinfo=UTC)

    @property
    def retry_after(self) -> float | None:
        """After how many seconds the service wants to be asked again; None where it does not say.

        A date counts from the service's own clock where it tells it, since ours may be wrong.
        """
        seconds = retry_after(self.headers.get("Retry-After"), self.date or self.answered_at)
        return wait_in_words(self.text[:2000]) if seconds is None and self.status == 429 else seconds

    @cached_property
    def complaint(self) -> tuple[str, str]:
        """The error code and text of a refusal, whatever shape the service gives them; "" where there are none."""
        try:
            value = self._value
        except ValueError:
            in_xml, words = _XML_CODE.search(self.text), _XML_TEXT.search(self.text)
            named = self.headers.get("x-ms-error-code") or (in_xml.group(1) if in_xml else "")
            return quoted(named), quoted(words.group(1)) if words else ""
        code, message = _complaint(value)
        return quoted(code), quoted(message)

    def failure(self, *, reads: bool) -> HttpFailure:
        """Return what a status other than 2xx means for a read or for a write."""
        code, text = self.complaint
        if self.status == 429:
            return Throttled(
                _joined("too many calls; try again later", text), self.trace, code=code, retry_after=self.retry_after
            )
        if self.status == 408 or self.status >= 500:
            named = f"the service answered {self.status} {code}".strip()
            if reads:
                return Failing(
                    _joined(f"{named}; try again later", text),
                    self.trace,
                    status=self.status,
                    code=code,
                    retry_after=self.retry_after,
                )
            unknown = f"{named}, so it is not known whether it was carried out"
            return OutcomeUnknown(_joined(unknown, text), self.trace, status=self.status, code=code)
        return Refused(self.status, code, text, self.trace)


def _joined(ours: str, theirs: str) -> str:
    return f"{ours} ({theirs})" if theirs else ours


def _complaint(value: Any) -> tuple[str, str]:
    """Return code and text: Graph and Business Central, QuickBooks, Entra, Partner Center, in this order."""
    if isinstance(value, list) and value:
        value = value[0]
    if not isinstance(value, dict):
        return "", ""
    known = {str(key).lower(): inner for key, inner in value.items()}
    error = known.get("error")
    if isinstance(error, dict):
        return _complaint({"code": error.get("code"), "message": error.get("message")})
    fault = known.get("fault")
    if isinstance(fault, dict):
        errors = next((v for k, v in fault.items() if str(k).lower() == "error"), None)
        first = errors[0] if isinstance(errors, list) and errors else {}
        inner = {str(k).lower(): v for k, v in first.items()} if isinstance(first, dict) else {}
        words = [str(inner[key]) for key in ("message", "detail") if inner.get(key)]
        return str(inner.get("code") or ""), ": ".join(dict.fromkeys(words))
    code = next((str(known[key]) for key in ("code", "statuscode", "error") if known.get(key)), "")
    text = next((str(known[key]) for key in ("error_description", "description", "message") if known.get(key)), "")
    return code, text
