import gzip
import json
import threading
from collections.abc import Iterator
from decimal import Decimal
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from connector.adapters.http import PARTNER_CENTER, Api, Hosts, Patience, Session, read_blob


class Fake(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    seen: list[dict[str, str]] = []

    def log_message(self, *a: object) -> None: ...

    def reply(self, status: int, body: bytes, **headers: str) -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        for k, v in headers.items():
            self.send_header(k.replace("_", "-"), v)
        self.end_headers()
        self.wfile.write(body)

    def do_GET(self) -> None:
        Fake.seen.append(dict(self.headers))
        if self.path.startswith("/blob"):
            self.reply(200, gzip.compress(b"{}\n" * 1000) * 2)
        elif len(Fake.seen) < 3:
            self.reply(503, b"<html>", Retry_After="0")
        else:
            self.reply(200, b"\xef\xbb\xbf" + json.dumps({"a": 1.10}).encode(), MS_RequestId="r1")


@pytest.fixture
def url() -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), Fake) as s:
        threading.Thread(target=s.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{s.server_port}"
        s.shutdown()


def test_it(url: str, tmp_path: Path) -> None:
    with Session(Hosts.of(url)) as s:
        api = Api(url, s, lambda: "tok", tracing=PARTNER_CENTER, patience=Patience(first=0.001))
        a = api.get("/x", params={"a": "b c"})
        assert a.json() == {"a": Decimal("1.1")}
        assert a.request_id == "r1"
        blob = read_blob(s, url + "/blob", tmp_path / "b.gz")
        assert blob.unpacked == 6000
