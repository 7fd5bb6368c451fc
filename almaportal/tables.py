"""Tables to download, CSV and XLSX: of texts only, so that no ID loses its last digits and no formula runs."""

import csv
import re
from collections.abc import Iterable, Iterator
from io import StringIO
from tempfile import TemporaryFile
from typing import IO

from openpyxl import Workbook
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE

CHUNK = 500
XLSX_MOST = 20_000  # rows: more of them keep a web server busy for half a minute and longer
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
CSV = "text/csv; charset=utf-8"
FORMULA = ("=", "+", "-", "@", "\t", "\r")
# An apostrophe that says "this is a text", and is no letter of it: before what would be a formula or a number.
TEXT_MARK = re.compile(r"'(?='*(?:[ \n]*[=+\-@\t\n]|\d[\dXx.,/ :-]*$))")
Row = list[str]


def harmless(text: str) -> str:
    """A spreadsheet program runs what begins like a formula: an apostrophe before it makes it a text. So does one more
    before what has such a mark of its own: who reads it takes one off."""
    return f"'{text}" if text.lstrip(" \n\0").startswith(FORMULA) or TEXT_MARK.match(text) else text


def csv_of(head: Row, rows: Iterable[Row]) -> Iterator[str]:
    """The head and the rows as CSV, some hundred lines at a time; begins with the mark that spreadsheets know UTF-8
    by."""
    out = StringIO()
    write = csv.writer(out).writerow
    out.write("\ufeff")
    write(head)
    for count, row in enumerate(rows, 1):
        write(row)
        if not count % CHUNK:
            yield _taken(out)
    yield _taken(out)


def _taken(out: StringIO) -> str:
    text = out.getvalue()
    out.seek(0)
    out.truncate()
    return text


def xlsx_of(name: str, head: Row, rows: Iterable[Row]) -> IO[bytes]:
    """The head and the rows as a workbook with a sheet of this name: a file on disk, which vanishes when it is
    closed."""
    book = Workbook(write_only=True)
    sheet = book.create_sheet(name)
    sheet.append(head)
    for row in rows:
        sheet.append([ILLEGAL_CHARACTERS_RE.sub("", cell) for cell in row])
    file = TemporaryFile()  # noqa: SIM115 - the response closes it
    book.save(file)
    file.seek(0)
    return file
