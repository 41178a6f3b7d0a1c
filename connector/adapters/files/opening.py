"""Opens exported files as plain text: unpacked, decoded, cut into blocks of whole lines, and never endless."""

import codecs
import re
import struct
import zipfile
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, cast

import pyarrow as pa

from connector.domain.errors import Place, UnreadableInput

HEAD = 1 << 18
LONGEST_LINE = 16 << 20
# Deflate can blow a file up a thousandfold; real exports, even very repetitive ones, stay far below this.
HIGHEST_RATIO = 500
_RATIO_COUNTS_FROM = 128 << 20
_PIECE = 1 << 20

_MAGIC = {
    b"%PDF": "a PDF; export the lines as CSV or JSON instead",
    b"\xd0\xcf\x11\xe0": "an old Excel workbook; save the sheet as CSV (UTF-8) instead",
    b"PAR1": "a Parquet file, which is not one of the formats read here",
    b"7z\xbc\xaf": "a 7-Zip archive; unpack it first",
    b"\x28\xb5\x2f\xfd": "a Zstandard archive; unpack it first",
    # A file that is packed once is unpacked by then.
    b"\x1f\x8b": "an archive inside an archive; unpack it once",
    b"PK\x03\x04": "an archive inside an archive; unpack it once",
}
_WEB_PAGE = re.compile(rb"(?:\xef\xbb\xbf)?\s*<(?:!doctype html|html)\b", re.IGNORECASE)

# What Python says of an archive that is damaged, wherever the damage lies.
DAMAGES = (
    zipfile.BadZipFile, zipfile.LargeZipFile, NotImplementedError, ValueError, RuntimeError, KeyError, IndexError,
    struct.error, OSError,
)  # fmt: skip


class NotAnExport(UnreadableInput):
    """A file is empty or of a kind that holds no exported lines; in a folder it can be passed by."""


@dataclass(frozen=True, slots=True)
class Block:
    """Whole lines of one file: the first one's number (from 1), how many they are, and the bytes, UTF-8."""

    first_line: int
    lines: int
    text: bytes


@dataclass(frozen=True, slots=True)
class Export:
    """One exported file, or one file inside a ZIP archive; `group` ties the blobs of one manifest together."""

    name: str
    path: Path
    member: str | None = None
    group: str = ""

    @property
    def size(self) -> int:
        """The size on disk in bytes (of the archive, for a file inside one)."""
        return self.path.stat().st_size

    def head(self) -> bytes:
        """Return the first bytes as UTF-8 text, the byte order mark taken off. Raises UnreadableInput."""
        text = bytearray()
        pieces = self._pieces(HEAD)
        for piece in pieces:
            text += piece
            if len(text) >= HEAD:
                break
        pieces.close()  # type: ignore[attr-defined]
        return bytes(text[:HEAD])

    def whole(self, limit: int) -> bytes:
        """Return all of the text. Raises UnreadableInput where it is longer than the limit in bytes."""
        text = bytearray()
        for piece in self._pieces(_PIECE):
            text += piece
            if len(text) > limit:
                raise UnreadableInput(
                    f"{self.name}: a single JSON document of more than {limit >> 20} MB; export it as JSON Lines."
                )
        _check_utf8(self.name, bytes(text), 1)
        return bytes(text)

    def blocks(self, *, quoted: bool, size: int) -> Iterator[Block]:
        """Yield the text in blocks of whole lines; with `quoted`, a line end inside quotes does not end a line.

        Raises UnreadableInput for a damaged or cut-off archive, text that is not UTF-8, an endless line or a bomb.
        """
        line, rest = 1, b""
        for piece in self._pieces(size):
            cut = _last_line_end(rest, piece, quoted=quoted)
            if not cut:
                rest += piece
                if len(rest) > LONGEST_LINE:
                    raise UnreadableInput(
                        f"{Place(self.name, line)}: a line of more than {LONGEST_LINE >> 20} MB; "
                        "the file is damaged, or a quotation mark was never closed."
                    )
                continue
            block = b"".join((rest, memoryview(piece)[:cut]))
            rest = piece[cut:]
            _check_utf8(self.name, block, line)
            lines = block.count(b"\n")
            yield Block(line, lines, block)
            line += lines
        if rest:
            _check_utf8(self.name, rest, line)
            rest = rest if rest.endswith(b"\n") else rest + b"\n"
            yield Block(line, rest.count(b"\n"), rest)

    def _pieces(self, size: int) -> Iterator[bytes]:
        """Yield the unpacked text piece by piece, as UTF-8 without a byte order mark."""
        with self.path.open("rb") as file:
            raw = _unpacked(self, file)
            first = _read(self.name, raw, size)
            for magic, what in _MAGIC.items():
                if first.startswith(magic):
                    raise NotAnExport(f"{self.name}: this is {what}.")
            if _WEB_PAGE.match(first):
                raise NotAnExport(
                    f"{self.name}: this is a web page, as a sign-in or some programs' .xls gives one; "
                    "export the lines again as CSV."
                )
            decoder = _decoder(self.name, first)
            produced, piece, line = 0, first, 1
            while piece:
                produced += len(piece)
                if produced > _RATIO_COUNTS_FROM and produced > HIGHEST_RATIO * max(self.size, 1):
                    raise UnreadableInput(
                        f"{self.name}: unpacks to more than {HIGHEST_RATIO} times its size; this is no export."
                    )
                text = _decoded(self.name, decoder, piece, line) if decoder else piece
                line += text.count(b"\n") if decoder else 0
                if piece is first and not decoder:
                    text = text.removeprefix(codecs.BOM_UTF8)
                yield text
                piece = _read(self.name, raw, size)
            if decoder and (text := _decoded(self.name, decoder, b"", line)):
                yield text


def open_archive(name: str, path: Path) -> list[Export]:
    """Return the files inside a ZIP archive. Raises UnreadableInput for workbooks, bombs and damaged archives."""
    try:
        with zipfile.ZipFile(path) as archive:
            members = [entry for entry in archive.infolist() if not entry.is_dir()]
    except DAMAGES as damage:
        raise UnreadableInput(f"{name}: the ZIP archive is damaged ({damage}); download it again.") from damage
    if any(entry.filename == "[Content_Types].xml" for entry in members):
        raise NotAnExport(f"{name}: this is an Excel workbook; save the sheet as CSV (UTF-8) instead.")
    members = [entry for entry in members if not entry.filename.startswith("__MACOSX/")]
    if not members:
        raise UnreadableInput(f"{name}: the ZIP archive holds no file.")
    if any(entry.flag_bits & 1 for entry in members):
        raise UnreadableInput(f"{name}: the ZIP archive is protected by a password; unpack it first.")
    unpacked = sum(entry.file_size for entry in members)
    if unpacked > _RATIO_COUNTS_FROM and unpacked > HIGHEST_RATIO * path.stat().st_size:
        raise UnreadableInput(f"{name}: unpacks to more than {HIGHEST_RATIO} times its size; this is no export.")
    return [Export(f"{name}/{entry.filename}", path, entry.filename, name) for entry in members]


def is_archive(path: Path) -> bool:
    """Tell whether a file is a ZIP archive by its first bytes. Raises OSError."""
    with path.open("rb") as file:
        return file.read(4) in (b"PK\x03\x04", b"PK\x05\x06")


def _unpacked(export: Export, file: BinaryIO) -> BinaryIO:
    if export.member is not None:
        try:
            return cast(BinaryIO, zipfile.ZipFile(file).open(export.member))
        except DAMAGES as damage:
            raise UnreadableInput(
                f"{export.name}: the compressed file is damaged ({damage}); download it again."
            ) from damage
    magic = file.read(2)
    file.seek(0)
    if magic == b"\x1f\x8b":
        from isal import igzip

        open_gzip: Callable[[BinaryIO, str], BinaryIO] = igzip.open
        return open_gzip(file, "rb")
    return file


def _read(name: str, raw: BinaryIO, size: int) -> bytes:
    from isal import isal_zlib

    inflating: Any = isal_zlib.error
    damages: tuple[type[Exception], ...] = (zlib.error, inflating, zipfile.BadZipFile, NotImplementedError)
    try:
        return raw.read(size)
    except EOFError as cut:
        raise UnreadableInput(f"{name}: the compressed file is cut off before its end; download it again.") from cut
    except damages as damage:
        raise UnreadableInput(f"{name}: the compressed file is damaged ({damage}); download it again.") from damage
    except OSError as damage:
        if damage.errno is not None:
            raise
        raise UnreadableInput(f"{name}: the compressed file is damaged ({damage}); download it again.") from damage


def _decoder(name: str, first: bytes) -> codecs.IncrementalDecoder | None:
    if not first:
        raise NotAnExport(f"{name}: the file is empty.")
    if first.startswith((codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE)):
        return codecs.getincrementaldecoder("utf-32")("strict")
    if first.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return codecs.getincrementaldecoder("utf-16")("strict")
    if b"\0" in first[:4096]:
        raise NotAnExport(f"{name}: holds zero bytes, so it is not text, or UTF-16 without a mark; save it as UTF-8.")
    return None


def _decoded(name: str, decoder: codecs.IncrementalDecoder, piece: bytes, line: int) -> bytes:
    """Return the next piece as UTF-8; an empty one is the last. Raises UnreadableInput, `line` being its first."""
    try:
        return decoder.decode(piece, not piece).encode()
    except UnicodeDecodeError as wrong:
        line += wrong.object[: wrong.start].decode(wrong.encoding, "replace").count("\n")
        raise UnreadableInput(
            f"{Place(name, line)}: the text is not {wrong.encoding[:6].upper()} throughout, so the file is cut off or "
            "damaged; download it again, or save it as UTF-8 (in Excel: CSV UTF-8)."
        ) from wrong


def _is_utf8(text: bytes) -> bool:
    """Tell whether a text is UTF-8, without decoding it: Arrow does it in a fraction of the time."""
    ends = pa.py_buffer(struct.pack("=2q", 0, len(text)))
    try:
        pa.Array.from_buffers(pa.large_string(), 1, [None, ends, pa.py_buffer(text)]).validate(full=True)
    except pa.ArrowInvalid:
        return False
    return True


def _check_utf8(name: str, text: bytes, line: int) -> None:
    if _is_utf8(text):
        return
    try:
        text.decode()
    except UnicodeDecodeError as wrong:
        place = Place(name, line + text.count(b"\n", 0, wrong.start))
        raise UnreadableInput(
            f"{place}: the text is not UTF-8; save the file again as UTF-8 (in Excel: CSV UTF-8)."
        ) from wrong


def _last_line_end(rest: bytes, piece: bytes, *, quoted: bool) -> int:
    """Return how much of the piece, read after the rest, completes whole lines; 0 where nothing does."""
    end = piece.rfind(b"\n") + 1
    if not quoted or not end:
        return end
    odd = (rest.count(b'"') + piece.count(b'"', 0, end)) % 2
    while end and odd:
        before = piece.rfind(b"\n", 0, end - 1) + 1
        odd = (odd + piece.count(b'"', before, end)) % 2
        end = before
    return end
