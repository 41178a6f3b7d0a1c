"""Unpacks gzip as it comes, and knows whether it was whole: libraries accept one that is cut without a word."""

from collections.abc import Iterator

from isal import igzip_lib, isal_zlib

_GZIP = 31
"""How zlib and its likes call a gzip member with header and checksum."""
_PIECE = 1024 * 1024


class Cut(Exception):
    """A body ended before its own end mark, or is damaged."""


class OverLimit(Exception):
    """A body is longer than allowed."""


class Gunzip:
    """Takes a gzip file of one or more members in pieces; `limit` bounds what comes out, in bytes."""

    def __init__(self, limit: int) -> None:
        self.size = 0
        """Bytes unpacked so far."""
        self._limit = limit
        self._member = isal_zlib.decompressobj(_GZIP)
        self._members = 0
        self._inside = False

    def take(self, piece: bytes) -> Iterator[bytes]:
        """Yield what the next piece holds; raises Cut where it is damaged, OverLimit for a bomb."""
        rest = piece
        while rest:
            if not self._inside:
                # Zeros after a member are padding, as of files on tapes.
                rest = rest.lstrip(b"\0") if self._members else rest
                if not rest:
                    return
                self._inside = True
            try:
                out = self._member.decompress(rest, _PIECE)
            except igzip_lib.IsalError:  # type: ignore[misc] # its stub calls it no exception
                raise Cut("damaged gzip") from None
            self.size += len(out)
            if self.size > self._limit:
                raise OverLimit
            if out:
                yield out
            if self._member.eof:
                rest = self._member.unused_data
                self._member = isal_zlib.decompressobj(_GZIP)
                self._members += 1
                self._inside = False
            else:
                rest = self._member.unconsumed_tail

    def end(self) -> None:
        """Know that nothing more comes; raises Cut unless the last member is complete."""
        if self._inside or not self._members:
            raise Cut("incomplete gzip")


def gunzip(pieces: Iterator[bytes], *, limit: int) -> Iterator[bytes]:
    """Yield the content of a gzip file that comes in pieces; raises Cut unless it is whole."""
    unzip = Gunzip(limit)
    for piece in pieces:
        yield from unzip.take(piece)
    unzip.end()
