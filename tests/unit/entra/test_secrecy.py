"""No secret of a sign-in reaches a log, an error or a repr, even at DEBUG and when things go wrong."""

import logging
import traceback
from pathlib import Path

import pytest

from connector.adapters.http import Refused
from connector.domain.errors import ConnectorError
from connector.ports import Token
from tests.unit.entra.entra import CLIENT, GRAPH, PARTNER_CENTER, TENANT, Said, granted, refused, world

OWNER = f"entra/{TENANT}/{CLIENT}/refresh"
ENDS: list[Said] = [
    granted("canary-at", "canary-rt-2", id_token="canary.id.token"),
    refused(7000215, "invalid_client", 401),
    refused(700082),
    (400, {"error": "odd", "error_description": "refresh_token=canary-rt was odd"}),
    (400, {"raw": b"canary is not JSON"}),
    (200, {"raw": b"canary is not JSON"}),
    (200, {"token_type": "Bearer"}),
    (500, {"raw": b"canary"}),
]


@pytest.mark.parametrize("said", ENDS, ids=[str(number) for number in range(len(ENDS))])
def test_secrets_stay_secret(said: Said, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    with world(tmp_path, said) as place:
        place.drawer.tokens[OWNER] = Token(OWNER, "refresh", "canary-rt", previous="canary-rt-0")
        sign_in = place.sign_in()
        tellings = []
        for bearer in (sign_in.app(GRAPH), sign_in.user(PARTNER_CENTER)):
            try:
                bearer()
            except ConnectorError as error:
                tellings += [str(error), repr(error), "".join(traceback.format_exception(error))]
        try:
            sign_in.device_code(tellings.append, PARTNER_CENTER)
        except ConnectorError as error:
            tellings += [str(error), "".join(traceback.format_exception(error))]
        tellings += [repr(sign_in), repr(sign_in.signed_in()), repr(list(place.drawer.tokens.values()))]
    # The lines of code a traceback quotes are ours; what they were called with is what must not show.
    assert "canary" not in caplog.text
    assert [text for text in tellings if "canary" in text.replace('"canary', "")] == []


def test_an_api_s_refusal_quotes_no_token() -> None:
    from connector.adapters.http.answers import _complaint
    from connector.adapters.http.bodies import quoted

    _, text = _complaint({"error": {"code": "x", "message": "Authorization: Bearer canary-token is bad"}})
    assert "canary" not in quoted(text)
    assert issubclass(Refused, ConnectorError)
