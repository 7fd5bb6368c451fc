"""A file that somebody brought → its rows: CSV and its kin, pasted cells, and workbooks (.xlsx).

What makes a row unusable is said with the row, and the rest of the file goes on; only what makes all of it unusable is
Unreadable. Nothing is held in memory but the row that is read, and of a workbook its table of texts.
"""

import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from itertools import islice
from typing import IO, Any

from django.utils.translation import gettext as _
from openpyxl.utils import get_column_letter

from almaportal.tables import TEXT_MARK
from ecollections.loading import encodings, texts, workbooks
from ecollections.loading.raw import MOST_LETTERS, Raw, Unreadable, fault, too_many_rows
from ecollections.loading.shapes import Line

__all__ = [
    "MOST_BYTES",
    "MOST_COLUMNS",
    "MOST_LETTERS",
    "MOST_ROWS",
    "Layout",
    "Unreadable",
    "layout_of",
    "lines",
    "opened",
    "too_large",
]

MOST_BYTES = 50 * 1024 * 1024
MOST_ROWS = 200_000  # below the header, blank ones not counted
MOST_COLUMNS = 256
FIRST = 60  # rows that the layout is found out from
FIRST_BYTES = 1024 * 1024

TEXT_FORMULA = re.compile(r'="((?:[^"]|"")*)"')
FORMULA = re.compile(r"=.|[+@-][A-Za-z][\w.]*\(", re.DOTALL)
STARTS = tuple("'=+-@")


@dataclass(frozen=True)
class Layout:
    """How a file is to be read. format: "text" or "xlsx"; delimiter: "" for a text with one column; sheet: the one that
    is read, of sheets; header: number of the row that holds the header."""

    format: str
    encoding: str = ""
    delimiter: str = ""
    sheet: str = ""
    sheets: list[str] = field(default_factory=list)
    header: int = 1

    def as_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> "Layout":
        return cls(**data)


def layout_of(file: IO[bytes], **given: str) -> Layout:
    """How this file is to be read; given: as of `opened`. Raises Unreadable."""
    return opened(file, **given)[0]


def opened(file: IO[bytes], sheet: str = "", encoding: str = "", delimiter: str = "") -> tuple[Layout, Iterator[Line]]:
    """How this file is to be read, and `lines` of it: what is given is taken as it is, the rest found out. A large
    workbook takes seconds to open, so here it is opened once. Raises Unreadable."""
    size = file.seek(0, os.SEEK_END)
    if size > MOST_BYTES:
        raise Unreadable(too_large())
    file.seek(0)
    head = file.read(texts.BLOCK)
    if not head:
        raise Unreadable(_("The file is empty. Choose another one."))
    if head.startswith(workbooks.ZIP):
        book = workbooks.Book(file)
        layout = _of_workbook(book, sheet)
        return layout, _lines(book.rows(layout.sheet), layout)
    if head.startswith(workbooks.OLE):
        raise Unreadable(workbooks.why_not_ole(file))
    encoding = encodings.given(encoding) if encoding else encodings.by_mark(head)
    if why := _no_table(head, encoding):
        raise Unreadable(why)
    layout = _of_text(file, encoding, delimiter)
    return layout, lines(file, layout)


def lines(file: IO[bytes], layout: Layout) -> Iterator[Line]:
    """The header, then each row that is not blank, with as many cells as the header has. Raises Unreadable, also in the
    middle: when there are too many rows, or a workbook is damaged."""
    return _lines(_rows(file, layout), layout)


def _lines(rows: Iterator[Raw], layout: Layout) -> Iterator[Line]:
    for row in rows:
        if row.number >= layout.header:
            break
    else:
        raise Unreadable(_no_rows())
    header = _header(row)
    yield Line(row.number, header)
    count = 0
    for row in rows:
        if any(cell and not cell.isspace() for cell in row.cells) or row.faults:
            count += 1
            if count > MOST_ROWS:
                raise too_many_rows(row.number, MOST_ROWS)
            yield _line(row, header)


def _rows(file: IO[bytes], layout: Layout) -> Iterator[Raw]:
    if layout.format == "xlsx":
        return workbooks.Book(file).rows(layout.sheet)
    return texts.rows(texts.decoded(texts.byte_lines(file, layout.encoding), layout.encoding), layout.delimiter)


def _of_workbook(book: workbooks.Book, sheet: str) -> Layout:
    """Raises Unreadable when neither the given sheet nor another that is visible has rows."""
    names = book.names
    if sheet and sheet not in names:
        raise Unreadable(_("The workbook has no sheet “%(name)s”. Choose another one.") % {"name": sheet[:60]})
    why = _("All sheets of the workbook are hidden. Show the one with the rows.") if names else _no_rows()
    for name in [sheet] if sheet else book.visible:
        try:
            header = _header_number(book.rows(name))
            return Layout("xlsx", sheet=name, sheets=names, header=header)
        except Unreadable as error:
            why = str(error)
    raise Unreadable(why)


def _of_text(file: IO[bytes], encoding: str, delimiter: str) -> Layout:
    encoding = encoding or encodings.found(texts.byte_lines(file, ""))
    if len(delimiter) > 1 or delimiter.isalnum() or delimiter in ('"', "'", " ", "\n", "\r"):
        raise Unreadable(_("Cells cannot be divided by “%(delimiter)s”.") % {"delimiter": delimiter[:10]})
    first, size = list[str](), 0
    for text in texts.decoded(texts.byte_lines(file, encoding), encoding):
        first.append(text)
        size += len(text)
        if len(first) >= FIRST or size > FIRST_BYTES:
            break
    delimiter = delimiter or texts.found_delimiter(first)
    layout = Layout("text", encoding, delimiter)
    return Layout("text", encoding, delimiter, header=_header_number(_rows(file, layout)))


def _header_number(rows: Iterator[Raw]) -> int:
    """The first row with two cells; the first row of all where none has so many. Raises Unreadable."""
    filled = ((row, sum(bool(_bare(cell)[0]) for cell in row.cells)) for row in rows)
    first = list(islice(((row, cells) for row, cells in filled if cells), FIRST))
    if not first:
        raise Unreadable(_no_rows())
    index = next((index for index, (_row, cells) in enumerate(first) if cells > 1), 0)
    _header(first[index][0])
    if index == len(first) - 1:
        raise Unreadable(_("The file has a header and no rows below it. Add rows, and load it again."))
    return first[index][0].number


def _header(row: Raw) -> list[str]:
    """Raises Unreadable: without its header no row can be used."""
    cells = list(row.cells)
    while len(cells) > MOST_COLUMNS and not cells[-1].strip():
        cells.pop()
    if len(cells) > MOST_COLUMNS:
        text = _("Row %(row)s, column %(column)s: a table may have %(most)s columns at most. Delete some of them.")
        column = get_column_letter(MOST_COLUMNS + 1)
        raise Unreadable(text % {"row": row.number, "column": column, "most": MOST_COLUMNS})
    line = _line(Raw(row.number, cells, row.faults), [""] * len(cells))
    if line.wrong:
        raise Unreadable(line.wrong)
    return line.cells


def _line(row: Raw, header: list[str]) -> Line:
    """The row with its cells as they are meant, and the first of what is wrong with them."""
    width = len(header)
    cells, faults = [cell.strip() for cell in row.cells], row.faults
    for index, cell in enumerate(cells):
        if cell.startswith(STARTS):
            cells[index], what = _bare(row.cells[index])
            if what:
                faults.setdefault(index, what)
        if len(cell) > MOST_LETTERS:
            cells[index] = cell[:MOST_LETTERS]
            faults.setdefault(index, _("it has more than %(most)s letters. Shorten it.") % {"most": MOST_LETTERS})
    if len(cells) != width:
        surplus = next((index for index, cell in enumerate(cells[width:], width) if cell), None)
        if surplus is not None:
            faults.setdefault(surplus, _("a cell beyond the last column of the header. Empty it, or name its column."))
        cells = [*cells[:width], *[""] * (width - len(cells))]
    if not faults:
        return Line(row.number, cells)
    column = min(faults)
    return Line(row.number, cells, fault(row.number, column, header, faults[column]))


def _bare(cell: str) -> tuple[str, str]:
    """What a cell means, and what is wrong with it: without what a spreadsheet program marks texts with."""
    text = cell.lstrip(" \t\n")  # before anything else an "=" is no formula
    if TEXT_MARK.match(text):
        return text[1:].strip(), ""
    if quoted := TEXT_FORMULA.fullmatch(text.rstrip()):
        return quoted[1].replace('""', '"').strip(), ""
    if FORMULA.match(text):
        return cell.strip(), _("a formula. Paste its value instead.")
    return cell.strip(), ""


def too_large() -> str:
    return _("The file is larger than %d MB. Divide it into several files.") % (MOST_BYTES // 1024 // 1024)


def _no_rows() -> str:
    return _("The file has no rows. Choose another one.")


def _no_table(head: bytes, encoding: str) -> str:
    """What a file is by its first bytes, if no text with rows, in a sentence."""
    kinds = (
        (rb"%PDF", _("a PDF")),
        (rb"\x89PNG|\xff\xd8\xff|GIF8|BM.{4}\0\0\0\0|II\*\0|MM\0\*|RIFF....WEBP", _("an image")),
        (rb"\x1f\x8b|7z\xbc\xaf|Rar!|BZh\d1AY|\xfd7zXZ", _("a packed file: unpack it first")),
        (rb"\s*(<!--.*?-->\s*)*<(!doctype html|html|head|body|table)\b", _("a web page")),
        (rb"\s*<\?xml\b", _("an XML file")),
        (rb"\s*(\{\s*\"|\[\s*[\[{])", _("a JSON file")),
        (rb"\{\\rtf", _("a text document")),
    )
    start = head[:2000].removeprefix(b"\xef\xbb\xbf")
    what = next((what for sign, what in kinds if re.match(sign, start, re.DOTALL | re.IGNORECASE)), "")
    if not what and not encoding.startswith("utf-16"):
        odd = sum(head.count(number) for number in range(32) if number not in b"\t\n\x0b\f\r\x1a\x1b")
        what = _("a file that is no text") if odd * 50 > len(head) else ""
    if not what:
        return ""
    text = _("The file is no table, but %(what)s. Save the table as CSV or XLSX, and load that.")
    return text % {"what": what}
