"""Downloads the files of an export: straight to disk, complete or not at all, and never with our token.

The address of a blob carries its own key. What arrives is written as it is; its gzip is unpacked on the side
only to see that it is whole, so that a file that is there can be read.
"""

import hashlib
import os
import uuid
from contextlib import nullcontext
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import requests
from urllib3.exceptions import HTTPError

from connector.adapters.http.answers import Answer
from connector.adapters.http.bodies import OutOfTime, chunks
from connector.adapters.http.failures import BrokenOff, TooLarge, Trace
from connector.adapters.http.gzips import Cut, Gunzip, OverLimit
from connector.adapters.http.outcomes import told
from connector.adapters.http.quota import Quota
from connector.adapters.http.retrying import Patience, retrying
from connector.adapters.http.session import Session

_GIGABYTE = 1024**3
_PIECE = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Blob:
    """A downloaded file: bytes as sent, bytes unpacked, SHA-256 of what was sent (hexadecimal), its ETag."""

    path: Path
    size: int
    unpacked: int
    sha256: str
    etag: str = ""


@dataclass(frozen=True, slots=True)
class Bounds:
    """What a blob may be at most: bytes as sent, bytes unpacked, and how long the download may take."""

    size: int = 8 * _GIGABYTE
    unpacked: int = 128 * _GIGABYTE
    deadline: timedelta = timedelta(minutes=60)


def read_blob(
    session: Session,
    url: str,
    to_file: Path,
    *,
    expected_size: int | None = None,
    gzipped: bool = True,
    bounds: Bounds | None = None,
    patience: Patience | None = None,
    quota: Quota | None = None,
) -> Blob:
    """Download one blob into a file that appears only when it is complete.

    Its length must be known, by the answer or by `expected_size`: a file cut between two gzip members looks whole
    otherwise. Broken downloads are begun anew within `patience`. Raises Refused (403: the address has expired, get
    a new one), BrokenOff, TooLarge.
    """

    def attempt() -> Blob:
        with quota.turn() if quota else nullcontext():
            headers = {"Accept-Encoding": "identity", "Accept": "*/*"}
            response = session.get(url, stream=True, headers=headers)
            return save(response, session, to_file, expected_size=expected_size, gzipped=gzipped, bounds=bounds)

    return retrying(attempt, session.clock, patience or Patience())


def save(
    response: requests.Response,
    session: Session,
    to_file: Path,
    *,
    expected_size: int | None = None,
    gzipped: bool = False,
    bounds: Bounds | None = None,
) -> Blob:
    """Write the body of a streamed answer into a file, as it comes; raises what `read_blob` raises."""
    bounds = bounds or Bounds()
    answer = Answer.of(response, session.clock.now(), body=b"")
    trace = answer.trace
    part = to_file.with_name(f"{to_file.name}.{uuid.uuid4().hex}.part")
    until = session.clock.monotonic() + bounds.deadline.total_seconds()
    try:
        if response.status_code != 200:
            pieces = chunks(response.raw, limit=_PIECE, monotonic=session.clock.monotonic, until=until)
            raise replace(answer, body=b"".join(pieces)).failure(reads=True)
        length = _length(response.headers, expected_size, trace)
        to_file.parent.mkdir(parents=True, exist_ok=True)
        with part.open("wb") as file:
            watch = _Watch(gzipped, bounds.unpacked)
            for piece in chunks(response.raw, limit=bounds.size, monotonic=session.clock.monotonic, until=until):
                file.write(piece)
                watch.see(piece)
            watch.end()
            file.flush()
            os.fsync(file.fileno())
        if length is not None and watch.size != length:
            raise BrokenOff(f"{watch.size} bytes came of {length}; try again later", trace)
        part.replace(to_file)
        return Blob(to_file, watch.size, watch.unpacked, watch.sha256, response.headers.get("ETag") or "")
    except Cut as error:
        raise BrokenOff(f"the file is cut or damaged ({error}); try again later", trace) from None
    except OverLimit:
        raise TooLarge("the file is larger than allowed", trace) from None
    except OutOfTime:
        raise BrokenOff("the file took too long as a whole; try again later", trace) from None
    except HTTPError as error:
        raise told(error, trace, reads=True) from None
    finally:
        response.close()
        part.unlink(missing_ok=True)


def _length(headers: Any, expected_size: int | None, trace: Trace) -> int | None:
    """How many bytes must come; None where chunks mark the end themselves."""
    named = str(headers.get("Content-Length") or "")
    length = int(named) if named.isascii() and named.isdigit() else None
    if expected_size is not None:
        if length is not None and length != expected_size:
            raise BrokenOff(f"the file has {length} bytes and {expected_size} were announced; try again later", trace)
        return expected_size
    if length is None and "chunked" not in str(headers.get("Transfer-Encoding") or "").lower():
        raise BrokenOff("the answer does not say how long the file is, so a cut could not be noticed", trace)
    return length


class _Watch:
    """Sees a file go by: counts and hashes it, and unpacks it to know that it is whole."""

    def __init__(self, gzipped: bool, limit: int) -> None:
        self.size = 0
        self._hash = hashlib.sha256()
        self._unzip = Gunzip(limit) if gzipped else None

    @property
    def sha256(self) -> str:
        """The hash of all that went by, hexadecimal."""
        return self._hash.hexdigest()

    @property
    def unpacked(self) -> int:
        """Bytes of content that went by."""
        return self._unzip.size if self._unzip else self.size

    def see(self, piece: bytes) -> None:
        """Take note of the next bytes."""
        self.size += len(piece)
        self._hash.update(piece)
        if self._unzip:
            for _ in self._unzip.take(piece):
                pass

    def end(self) -> None:
        """Know that nothing more comes; raises Cut where the gzip is incomplete."""
        if self._unzip:
            self._unzip.end()
