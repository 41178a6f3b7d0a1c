"""Measures the running service: until it answers, its memory, and the processor it takes between jobs.

`service.py --seconds N` says how long it is looked at while nothing is due; missed goals are printed as missed.
"""

import argparse
import http.client
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path

START, MEMORY, SHARE = 3.0, 150.0, 1.0
CONFIG = """\
company: {{name: Fabrikam}}
http: {{listen: "127.0.0.1:{port}"}}
secret_key: ${{STORE_KEY}}
schedule: {{jobs: {{backup: off}}}}
"""


def used(pid: int) -> float:
    """Seconds of the processor that a process has taken."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def memory(pid: int) -> float:
    """Resident memory in MB."""
    status = Path(f"/proc/{pid}/status").read_text()
    return int(status.split("VmRSS:")[1].split()[0]) / 1024


def answers(port: int) -> bool:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=1)
    try:
        connection.request("GET", "/livez")
        return connection.getresponse().status == 200
    except OSError:
        return False
    finally:
        connection.close()


def told(what: str, value: float, unit: str, goal: float) -> None:
    print(f"{what:<28}{value:>8.2f} {unit:<4} (goal: under {goal:g} {unit}{'' if value < goal else ', MISSED'})")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=int, default=60)
    seconds = parser.parse_args().seconds
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with tempfile.TemporaryDirectory() as name:
        (Path(name) / "config.yaml").write_text(CONFIG.format(port=port))
        environment = {**os.environ, "STORE_KEY": "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="}
        command = [sys.executable, "-m", "connector", "serve"]
        # The tables are made by a first start, which is not what is measured.
        for first in (True, False):
            begun = time.monotonic()
            process = subprocess.Popen(command, cwd=name, env=environment, stderr=subprocess.DEVNULL)
            while not answers(port):
                time.sleep(0.01)
            started = time.monotonic() - begun
            if first:
                process.send_signal(signal.SIGTERM)
                process.wait()
        time.sleep(5)
        before = used(process.pid)
        time.sleep(seconds)
        share = (used(process.pid) - before) * 100 / seconds
        told("service: until it answers", started, "s", START)
        told("service: memory while idle", memory(process.pid), "MB", MEMORY)
        told("service: processor while idle", share, "%", SHARE)
        process.send_signal(signal.SIGTERM)
        process.wait()


if __name__ == "__main__":
    main()
