"""CSV and its kin: bytes → rows of cells.

Rows are counted as records, as a spreadsheet program shows them: a cell with line breaks does not count twice, a blank
line does count. A quotation mark opens a cell only at its beginning. A cell whose quotes are not closed makes its row
wrong, and the next physical line is a row again. In tab-separated files quotes are often mere letters (KBART): there a
cell is quoted only when its quotes close before a tab, and otherwise they are letters.
"""

import codecs
import csv
import re
from collections import deque
from collections.abc import Iterable, Iterator
from typing import IO

from django.utils.translation import gettext as _

from ecollections.loading import encodings
from ecollections.loading.raw import MOST_LETTERS, MOST_NUMBER, Raw, too_many_rows

BLOCK = 1024 * 1024
DELIMITERS = "\t;,|"
MOST_PIECES = 16_384  # columns of a spreadsheet program: more delimiters in a line are none
UNKNOWN_BYTES = re.compile("[\ud800-\udfff]")  # what "surrogateescape" makes of bytes that are not of the encoding
IN_QUOTES = re.compile(r'(?:[^"]++|"")*+')
OPENS = re.compile(r' *"')
BLANKS = re.compile(" *")


def byte_lines(file: IO[bytes], encoding: str) -> Iterator[bytes]:
    """The lines without their ends, LF, CRLF or CR, and without NULs; those of UTF-16 as UTF-8. The file is read from
    its beginning."""
    file.seek(0)
    rest = b""
    for block in _blocks(file, encoding):
        rest += block.replace(b"\0", b"")
        if rest.endswith(b"\r"):  # its LF may be in the next block
            continue
        lines = rest.splitlines()
        rest = b"" if rest.endswith(b"\n") or not lines else lines.pop()
        yield from lines
    yield from rest.splitlines()


def _blocks(file: IO[bytes], encoding: str) -> Iterator[bytes]:
    if not encoding.startswith("utf-16"):
        head = file.read(BLOCK)
        yield head.removeprefix(codecs.BOM_UTF8)
        while block := file.read(BLOCK):
            yield block
        return
    decoder = codecs.getincrementaldecoder(encoding)("surrogatepass")
    is_first = True
    while block := file.read(BLOCK):
        text = decoder.decode(block)
        yield (text.removeprefix("\ufeff") if is_first else text).encode("utf-8", "surrogatepass")
        is_first = False
    if decoder.getstate()[0]:
        yield b"\xff"  # half a letter: the last row is wrong


def decoded(lines: Iterable[bytes], encoding: str) -> Iterator[str]:
    """The lines as texts. Bytes of another encoding become lone surrogates, for UNKNOWN_BYTES to find: a line of UTF-8
    among lines of a one-byte encoding is also of another."""
    name = "utf-8" if encoding.startswith("utf-16") else encoding
    may_be_utf8 = encodings.is_one_byte(name)
    for line in lines:
        if line.isascii():
            yield line.decode("ascii")
            continue
        try:
            yield _of_one_byte(line, name) if may_be_utf8 else line.decode(name)
        except UnicodeDecodeError:
            yield line.decode("ascii" if may_be_utf8 else name, "surrogateescape")


def _of_one_byte(line: bytes, encoding: str) -> str:
    try:
        line.decode("utf-8")
    except UnicodeDecodeError:
        return line.decode(encoding)
    raise UnicodeDecodeError(encoding, line, 0, 1, "UTF-8")


class Lines:
    """Lines that can be put back."""

    def __init__(self, lines: Iterable[str]) -> None:
        self._source = iter(lines)
        self._waiting = deque[str]()

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        return self._waiting.popleft() if self._waiting else next(self._source)

    def put_back(self, lines: list[str]) -> None:
        self._waiting.extendleft(reversed(lines))


def rows(texts: Iterable[str], delimiter: str) -> Iterator[Raw]:
    """All rows, blank ones too. delimiter: "" for a file with one column. Raises Unreadable."""
    lines = Lines(texts)
    for number, line in enumerate(lines, 1):
        if number > MOST_NUMBER:
            raise too_many_rows(number, MOST_NUMBER)
        if line.count(delimiter or "\t") >= MOST_PIECES:
            what = _("the row has too many columns. Shorten it.")
            yield Raw(number, [line[:MOST_LETTERS]], {MOST_PIECES: what})
            continue
        cells = _simple(line, delimiter)
        row = Raw(number, cells) if cells else _careful(number, line, delimiter, lines)
        if not (cells and line.isascii()):
            _mark_unknown_bytes(row)
        yield row


def _simple(line: str, delimiter: str) -> list[str]:
    """The cells of a line without quotes, or whose quotes are in order; none of any other."""
    if '"' not in line:
        return line.split(delimiter) if delimiter else [line]
    if not delimiter:
        return []
    try:
        [cells] = csv.reader([line], delimiter=delimiter, skipinitialspace=True, strict=True)
    except csv.Error:
        return []
    return [] if delimiter == "\t" and any("\t" in cell for cell in cells) else cells


def _careful(number: int, line: str, delimiter: str, lines: Lines) -> Raw:
    """The row that begins with this line; it ends at the first cell whose quotes are not closed."""
    row = Raw(number, [])
    text, start = line, 0
    while start <= len(text):
        quoted = _quoted(text, start, delimiter, lines) if OPENS.match(text, start) else None
        if quoted:
            text, cell, end = quoted
        elif delimiter != "\t" and OPENS.match(text, start):
            cell, end = text[start:], len(text)
            what = _("its quotation marks are not closed. Close them, and double those inside the cell.")
            row.faults[len(row.cells)] = what
        else:
            end = text.find(delimiter, start) if delimiter else -1
            end = len(text) if end < 0 else end
            cell = text[start:end]
        row.cells.append(cell)
        start = end + 1
    return row


def _quoted(text: str, start: int, delimiter: str, lines: Lines) -> tuple[str, str, int] | None:
    """The text with the lines that the quoted cell at start goes on in, what the cell says, and where it ends; None,
    and no line taken, when its quotes are not closed as they should be."""
    begin = scanned = text.index('"', start) + 1
    taken: list[str] = []
    while True:
        closing = _end(IN_QUOTES, text, scanned)
        is_torn = delimiter == "\t" and text.find("\t", begin, closing) >= 0
        if closing < len(text) and not is_torn:
            end = _end(BLANKS, text, closing + 1)
            if text[end : end + 1] in ("", delimiter):
                return text, text[begin:closing].replace('""', '"'), end
        more = None
        if closing == len(text) and not is_torn and len(text) - begin <= MOST_LETTERS:
            more = next(lines, None)
        if more is None:
            lines.put_back(taken)
            return None
        taken.append(more)
        scanned = len(text) + 1
        text = f"{text}\n{more}"


def _end(pattern: re.Pattern[str], text: str, start: int) -> int:
    """Where a match ends of a pattern that also matches nothing."""
    match = pattern.match(text, start)
    return match.end() if match else start


def _mark_unknown_bytes(row: Raw) -> None:
    for index, cell in enumerate(row.cells):
        if UNKNOWN_BYTES.search(cell):
            row.cells[index] = UNKNOWN_BYTES.sub("\ufffd", cell)
            what = _("its letters are in another encoding than the rest of the file. Type them again.")
            row.faults.setdefault(index, what)


def found_delimiter(texts: list[str]) -> str:
    """What most evenly divides the first lines of a file; "" when nothing does: it has one column."""
    if texts and (told := re.fullmatch(r"sep=([\t;,|])", texts[0].strip(" "))):
        return told[1]
    best, most = "", (False, 0)
    for delimiter in DELIMITERS:
        found = [row.cells for row in rows(texts, delimiter)]
        widths = [len(cells) for cells in found if any(cell.strip() for cell in cells)]
        if not widths and any(len(cells) > 1 for cells in found):
            return delimiter
        begin = next((index for index, width in enumerate(widths) if width > 1), None)
        if begin is None:
            continue
        header = widths[begin]
        even = widths.count(header)
        fit = (begin == 0 and even > 1, (header - 1) * even)
        if (begin == 0 or delimiter == "\t" or even * 2 > len(widths)) and fit > most:
            best, most = delimiter, fit
    return best
