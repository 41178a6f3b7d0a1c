"""How much downloading a file of an export adds to unpacking and parsing it, in seconds of the processor."""

import re
import subprocess
import sys
import time
from decimal import Decimal
from pathlib import Path


def download(big: Path) -> float:
    """Fetch a gzip file of JSON lines from a server of its own as the sync does, then read it; return the ratio."""
    import msgspec
    from isal import igzip

    from connector.adapters.http import Hosts, Session, read_blob

    command = [sys.executable, "-u", "-m", "http.server", "--bind", "127.0.0.1", "--directory", str(big.parent), "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as server:
        try:
            assert server.stdout
            told = re.search(r"port (\d+)", server.stdout.readline())
            assert told
            url = f"http://127.0.0.1:{told.group(1)}"
            start = time.process_time()
            with Session(Hosts.of(url), bearer=False) as session:
                blob = read_blob(session, f"{url}/{big.name}", big.with_name("downloaded.gz"))
            fetched = time.process_time()
        finally:
            server.terminate()
    decoder = msgspec.json.Decoder(float_hook=Decimal)
    with igzip.open(blob.path, "rb") as lines:
        for line in lines:
            decoder.decode(line)
    return (fetched - start) / (time.process_time() - fetched)
