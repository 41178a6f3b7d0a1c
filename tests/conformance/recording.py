"""A pytest plugin that writes down what simulated Business Centrals were asked and what they answered.

`pytest -p tests.conformance.recording` with BC_RECORDING=FILE appends a line of JSON for each exchange of every
sandbox server that runs one.
"""

import base64
import json
import os
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from connector.sandbox.business_central import BusinessCentral
from connector.sandbox.messages import Exchange, Request, Response
from connector.sandbox.serving import Server

VARIABLE = "BC_RECORDING"


@pytest.fixture(autouse=True, scope="session")
def recording() -> Iterator[None]:
    """Every server that stops tells what passed through it."""
    path, stop = os.environ.get(VARIABLE), Server.stop
    if path is None:
        yield
        return

    def stop_and_tell(server: Server) -> None:
        if isinstance(server.app, BusinessCentral):
            with Path(path).open("a", encoding="ascii") as lines:
                lines.writelines(f"{json.dumps(_written(one))}\n" for one in server.exchanges)
        stop(server)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Server, "stop", stop_and_tell)
        yield


def recorded(path: Path) -> Iterator[Exchange]:
    """The exchanges that were written down."""
    for line in path.read_text(encoding="ascii").splitlines():
        one = json.loads(line)
        request = Request(one["method"], one["path"], {}, one["headers"], base64.b64decode(one["body"]), one["query"])
        response = None
        if one["status"] is not None:
            response = Response(one["status"], one["answered"], base64.b64decode(one["answer"]))
        yield Exchange(datetime.now(UTC), request, response)


def _written(one: Exchange) -> dict[str, object]:
    asked, answered = one.request, one.response
    return {
        "method": asked.method,
        "path": asked.path,
        "query": asked.raw_query,
        "headers": dict(asked.headers),
        "body": base64.b64encode(asked.body).decode(),
        "status": None if answered is None else answered.status,
        "answered": {} if answered is None else dict(answered.headers),
        "answer": "" if answered is None else base64.b64encode(answered.whole()).decode(),
    }
