"""Partner Center's refusals, in its own words and shapes.

Source: Microsoft, "Partner Center REST error codes" and "API throttling guidance for partners".
"""

from connector.sandbox.messages import Response, json_response

_SOURCE = "PartnerCenter"
DESCRIPTIONS = {
    "1000": "The requested resource was not found.",
    "2055": "The etag is not valid.",
    "3000": "The input is not valid: {}.",
    "20000": "The order {} was not found.",
    "20002": "The customer {} was not found in the partner's list of customers: there is no relationship.",
    "20003": "The subscription {} was not found.",
    "400": "The Authorization header is missing or malformed.",
    "800001": "The access token is not valid or has expired.",
    "900278": "There is a pending operation on the resource. Try again later.",
    "900308": "Access denied: the caller does not have sufficient privileges.",
    "900329": "The resource does not support application-only authentication.",
    "900420": "The token was issued for an audience that is not supported any more. Request a token for "
    "https://api.partnercenter.microsoft.com.",
    "900421": "The request was rejected because the access token does not contain a multi-factor authentication claim.",
}


class Problem(Exception):
    """Partner Center says no: HTTP status, code, and what it is about."""

    def __init__(self, status: int, code: str, about: str = "") -> None:
        self.status, self.code, self.about = status, code, about
        super().__init__(status, code, about)


class Throttle(Exception):
    """Too many calls; the next one may come after so many seconds."""

    def __init__(self, seconds: int, *, plain: bool) -> None:
        self.seconds, self.plain = seconds, plain
        super().__init__(seconds)


def problem_body(code: str, about: str) -> dict[str, object]:
    """The usual shape."""
    return {"code": code, "description": DESCRIPTIONS[code].format(about), "data": [], "source": _SOURCE}


def throttled(seconds: int, *, plain: bool) -> Response:
    """Too many calls: the gateway's shape (`plain`) or the service's own."""
    words = f"Rate limit is exceeded. Try again in {seconds} seconds."
    if plain:
        return json_response(429, {"statusCode": 429, "message": words}, Retry_After=str(seconds))
    body = {"code": "429", "description": words, "data": [], "source": "PartnerFD"}
    return json_response(429, body, Retry_After=str(seconds))


def broken(status: int, retry_after: str | None) -> Response:
    """Trouble on Partner Center's side, with any status."""
    known = {
        400: ("3000", "the request"),
        401: ("800001", ""),
        403: ("900308", ""),
        404: ("1000", ""),
        409: ("900278", ""),
    }
    headers = {} if retry_after is None else {"Retry_After": retry_after}
    if status in known:
        return json_response(status, problem_body(*known[status]), **headers)
    body = {"code": str(status), "description": "The service is not available. Try again later.", "data": [],
            "source": "PartnerFD"}  # fmt: skip
    return json_response(status, body, **headers)
