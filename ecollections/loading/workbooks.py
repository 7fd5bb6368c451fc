"""Workbooks (.xlsx): bytes → sheets and their rows, read by openpyxl.

It holds a whole row in memory, and a workbook of a megabyte may have one with a hundred million cells: so each part
that openpyxl gets to see is looked through before.
"""

import datetime
import re
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from decimal import Decimal
from typing import IO, Any
from xml.parsers import expat
from zipfile import ZIP_DEFLATED, ZIP_STORED, ZipFile

from django.utils.translation import gettext as _
from openpyxl.reader.excel import ExcelReader
from openpyxl.worksheet._read_only import ReadOnlyWorksheet
from openpyxl.worksheet.formula import ArrayFormula, DataTableFormula
from openpyxl.xml.constants import SHARED_STRINGS, SHEET_MAIN_NS, WORKSHEET_TYPE, XLSM, XLSX, XLTM, XLTX

from ecollections.loading.raw import MOST_NUMBER, Raw, Unreadable, too_many_rows

ZIP = b"PK\x03\x04"
OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
MOST_UNPACKED = 200 * 1024 * 1024
MOST_AT_ONCE = 8 * 1024 * 1024  # bytes of a row, of a text, of a part without these
MOST_TAGS = 200_000  # of a row, of a text, of a part without its rows and texts
MOST_PIECES = 2_000_000  # rows or texts of a part
MOST_COLUMNS = 16_384
EXACT = 10**15  # spreadsheet programs keep 15 digits

# Parts that openpyxl does not hold as a whole: it frees these tags one by one.
SHEET_NAME, TEXTS_NAME = (
    re.compile(f"xl/{name}", re.IGNORECASE) for name in (r"worksheets/[^/]+", r"sharedStrings\.xml")
)
PIECES = ((SHEET_NAME, f"{SHEET_MAIN_NS} row"), (TEXTS_NAME, f"{SHEET_MAIN_NS} si"))
BY_NAME = ((SHEET_NAME, WORKSHEET_TYPE), (TEXTS_NAME, SHARED_STRINGS))
STRICT = "http://purl.oclc.org/ooxml/spreadsheetml/main "
NEVER_READ = re.compile(r"xl/(calcChain\.xml|(pivotCache|externalLinks)/.*)", re.IGNORECASE)

# What openpyxl leaves out (charts, rules for cells) and says so: none of it is a row.
warnings.filterwarnings("ignore", category=UserWarning, module="openpyxl")


def _damaged() -> Unreadable:
    return Unreadable(_("The workbook is damaged. Open it in a spreadsheet program, save it again, and load that."))


def _too_large() -> Unreadable:
    text = _("The workbook unpacks to more than the portal reads. Save only the sheet with the rows, as CSV or XLSX.")
    return Unreadable(text)


def why_not_ole(file: IO[bytes]) -> str:
    """What a file is that has the container of older Office programs, and what to do."""
    file.seek(0)
    data = file.read()
    if "EncryptedPackage".encode("utf-16-le") in data:
        return _("The workbook is protected by a password. Take the password away, save it, and load it again.")
    if any(name.encode("utf-16-le") in data for name in ("Workbook", "Book")):
        return _("The workbook is in the old format .xls. Save it as .xlsx, and load that.")
    return _("The file is no table, but of an older Office program. Save the table as XLSX or CSV, and load that.")


class _Sheet(ReadOnlyWorksheet):
    def _get_size(self) -> None:
        """Not even asked for: some sheets lie, and one that does not say would be read to its end."""


class _Reader(ExcelReader):
    def read_manifest(self) -> None:
        """A part is looked through by its name, so it must be what its name says."""
        super().read_manifest()
        for part in self.package.Override:
            if any((kind == part.ContentType) != bool(names.fullmatch(part.PartName[1:])) for names, kind in BY_NAME):
                raise _damaged()

    def read_worksheets(self) -> None:
        """Without the sheets of charts and what these lead to."""
        book: Any = self.wb
        for sheet, relation in self.parser.find_sheets():
            if "chartsheet" not in relation.Type:
                if not SHEET_NAME.fullmatch(relation.target):
                    raise _damaged()
                book._sheets.append(_Sheet(book, sheet.name, relation.target, self.shared_strings))
                book._sheets[-1].sheet_state = sheet.state


class Book:
    """A workbook that was looked through and is safe to read. names: of its sheets; visible: of those that are not
    hidden. Raises Unreadable."""

    def __init__(self, file: IO[bytes]) -> None:
        with _sentences():
            parts = ZipFile(file)
            _check_directory(parts)
            for part in parts.infolist():
                if NEVER_READ.fullmatch(part.filename):
                    del parts.NameToInfo[part.filename]  # a hostile workbook would have it read
                else:
                    with parts.open(part) as stream:
                        _look_through(stream, part.filename)
            if why := _what_else(parts):
                raise Unreadable(why)
            reader = _Reader(file, read_only=True, keep_links=False)
            reader.archive = parts
            reader.read()
            self._sheets: dict[str, Any] = {sheet.title: sheet for sheet in reader.wb.worksheets}
        self.names = list(self._sheets)
        self.visible = [name for name, sheet in self._sheets.items() if sheet.sheet_state == "visible"]

    def rows(self, name: str) -> Iterator[Raw]:
        """The rows of a sheet that hold a value. Raises Unreadable."""
        for number, cells in enumerate(self._cells(name), 1):
            if number > MOST_NUMBER:
                raise too_many_rows(number, MOST_NUMBER)
            if not cells:
                continue
            if len(cells) > MOST_COLUMNS:
                raise _damaged()
            row = Raw(number, [_text(cell.value) for cell in cells])
            while row.cells and not row.cells[-1]:
                row.cells.pop()
            for index, (text, cell) in enumerate(zip(row.cells, cells, strict=False)):
                if cell.data_type == "f":
                    row.faults[index] = _("a formula. Paste its value instead.")
                elif cell.data_type == "e" and text:
                    row.faults[index] = _("an error, %(error)s. Put a value there.") % {"error": text[:20]}
            if row.cells:
                yield row

    def _cells(self, name: str) -> Iterator[tuple[Any, ...]]:
        with _sentences():
            yield from self._sheets[name].iter_rows()


def _check_directory(parts: ZipFile) -> None:
    """What the directory of the zip claims is also the most that is unpacked: zipfile reads no byte more of it."""
    infos = parts.infolist()
    if len(infos) > 10_000 or sum(info.file_size for info in infos) > MOST_UNPACKED:
        raise _too_large()
    if any(info.flag_bits & 1 for info in infos):
        raise Unreadable(_("The file is protected by a password. Take the password away, and load it again."))
    if any(info.compress_type not in (ZIP_STORED, ZIP_DEFLATED) for info in infos):
        raise _damaged()


def _look_through(stream: IO[bytes], name: str) -> None:
    """Raises Unreadable over a part that would fill the memory; entities are what defusedxml refuses."""
    piece = next((tag for names, tag in PIECES if names.fullmatch(name)), "")
    parser = expat.ParserCreate(namespace_separator=" ")
    tags = inside = pieces = fed = edge = 0

    def start(tag: str, _given: dict[str, str]) -> None:
        nonlocal tags, inside, pieces, edge
        tags += 1
        if tag == piece:
            pieces, tags, inside, edge = pieces + 1, tags - 1, 0, parser.CurrentByteIndex
            parser.StartElementHandler = None  # within a row the ends are enough: twice as quick
        elif tag.startswith(STRICT):
            raise Unreadable(
                _("The workbook is in the format “Strict Open XML”. Save it as plain XLSX, and load that.")
            )

    def end(tag: str) -> None:
        nonlocal inside, edge
        inside += 1
        if tag == piece:
            inside, edge = 0, parser.CurrentByteIndex
            parser.StartElementHandler = start

    parser.StartElementHandler, parser.EndElementHandler = start, end
    with suppress(expat.ExpatError):  # a picture, or what openpyxl stumbles over as well
        while read := stream.read(64 * 1024):
            parser.Parse(read)
            fed += len(read)
            if max(tags, inside) > MOST_TAGS or pieces > MOST_PIECES or fed - edge > MOST_AT_ONCE:
                raise _too_large()


def _what_else(parts: ZipFile) -> str:
    """What a zip without a workbook is, and what to do."""
    names = parts.namelist()
    types = parts.read("[Content_Types].xml") if "[Content_Types].xml" in names else b""
    if any(kind.encode() in types for kind in (XLSX, XLSM, XLTX, XLTM)):
        return ""
    if "mimetype" in names and b"opendocument.spreadsheet" in parts.read("mimetype")[:100]:
        return _("The workbook is in the format of OpenDocument (.ods). Save it as .xlsx or CSV, and load that.")
    if types:
        return _("The file is of an Office program, but no workbook (.xlsx). Save the table as XLSX, and load that.")
    return _("The file is a zip. Unpack it, and load the table in it.")


def _text(value: Any) -> str:
    """What a cell means. A number has all its digits, unless the spreadsheet program has lost some; it then says so, as
    "5.31826E+16"; a date is YYYY-MM-DD, with the time where it has one."""
    if isinstance(value, str | None):
        return (value or "").replace("_x000D_", "\r").replace("\r\n", "\n").replace("\r", "\n")
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        whole = str(int(value)) if abs(value) < EXACT else f"{Decimal(value):.5E}"
        return f"{value:.15g}" if value % 1 else whole
    if isinstance(value, datetime.datetime):
        return value.isoformat(" ", "seconds").removesuffix(" 00:00:00")
    return "=" if isinstance(value, ArrayFormula | DataTableFormula) else str(value)


@contextmanager
def _sentences() -> Iterator[None]:
    """Unreadable instead of anything else that is raised over a broken file."""
    try:
        yield
    except Unreadable:
        raise
    except Exception as e:  # openpyxl and zipfile check little, and raise whatever a broken part leads to
        raise _damaged() from e
