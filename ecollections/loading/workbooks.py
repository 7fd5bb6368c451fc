"""Workbooks (.xlsx): bytes → sheets and their rows.

Read with the XML parser itself: a table of 100,000 rows is read four times as quickly as with openpyxl, and a workbook
made to fill the memory (a row of a hundred million cells, entities in entities, a part that unpacks to gigabytes) is
refused after as little of it as tells. Of openpyxl come the date formats.
"""

import posixpath
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import IO, Any
from xml.parsers import expat
from zipfile import ZIP_DEFLATED, ZIP_STORED, BadZipFile, ZipFile

from django.utils.translation import gettext as _
from openpyxl.styles.numbers import BUILTIN_FORMATS, is_date_format
from openpyxl.utils.datetime import CALENDAR_MAC_1904, CALENDAR_WINDOWS_1900

from ecollections.loading.raw import Raw, Unreadable
from ecollections.loading.sheets import Sheet, Texts, damaged

ZIP = b"PK\x03\x04"
OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
MOST_UNPACKED = 400 * 1024 * 1024  # of the rows and the texts
MOST_OF_A_PART = 10 * 1024 * 1024  # of any other
MOST_PARTS = 10_000
MOST_TEXTS = 4_000_000
PIECE = 64 * 1024
AHEAD = 4 * 1024 * 1024  # bytes within one tag: there is no such tag

Start = Callable[[str, dict[str, str]], None]
End = Callable[[str], None]


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


class Names(dict[str, str]):
    """The names of tags without their prefixes."""

    def __missing__(self, name: str) -> str:
        short = self[name] = name.rpartition(":")[2]
        return short


class Book:
    """A workbook that was looked at and is safe to read. paths: {name of a sheet: its part}; visible: the names of
    those that are not hidden. Raises Unreadable."""

    def __init__(self, file: IO[bytes]) -> None:
        self.paths: dict[str, str] = {}
        self.visible: list[str] = []
        self.epoch = CALENDAR_WINDOWS_1900
        with _sentences():
            self._zip = ZipFile(file)
            self._check_parts()
            roots = self._targets("", "officeDocument")
            main = next(iter(roots.values()), "")
            if main not in self._zip.NameToInfo:
                raise Unreadable(self._what_else())
            self._read_main(main)
            self._strings = next(iter(self._targets(main, "sharedStrings").values()), "")
            self._styles = next(iter(self._targets(main, "styles").values()), "")
            self._texts: list[str] | None = None
            self._dates: frozenset[str] | None = None

    def rows(self, name: str) -> Iterator[Raw]:
        """The rows of a sheet that hold a cell. Raises Unreadable."""
        with _sentences():
            if self._texts is None:
                self._texts = self._read_texts()
            if self._dates is None:
                self._dates = self._read_dates()
            sheet = Sheet(self._texts, self._dates, self.epoch)
            if self.paths.get(name) not in self._zip.NameToInfo:
                raise damaged()
            for _piece in self._parsed(self.paths[name], sheet.start, sheet.end, sheet.take):
                yield from sheet.rows
                sheet.rows.clear()

    def _check_parts(self) -> None:
        """What the directory of the zip claims is also the most that is unpacked: zipfile reads no byte more of it."""
        parts = self._zip.infolist()
        if len(parts) > MOST_PARTS or sum(part.file_size for part in parts) > MOST_UNPACKED:
            raise _too_large()
        if any(part.flag_bits & 1 for part in parts):
            raise Unreadable(_("The file is protected by a password. Take the password away, and load it again."))
        if any(part.compress_type not in (ZIP_STORED, ZIP_DEFLATED) for part in parts):
            raise damaged()

    def _what_else(self) -> str:
        """What a zip without a workbook is, and what to do."""
        names = self._zip.NameToInfo
        if "mimetype" in names and b"opendocument.spreadsheet" in self._zip.read("mimetype")[:100]:
            return _("The workbook is in the format of OpenDocument (.ods). Save it as .xlsx or CSV, and load that.")
        if "[Content_Types].xml" in names:
            return _(
                "The file is of an Office program, but no workbook (.xlsx). Save the table as XLSX, and load that."
            )
        return _("The file is a zip. Unpack it, and load the table in it.")

    def _targets(self, part: str, kind: str) -> dict[str, str]:
        """{ID: part} of the relations of this kind that a part has."""
        found: dict[str, str] = {}
        folder, name = posixpath.split(part)

        def start(tag: str, given: dict[str, str]) -> None:
            if tag == "Relationship" and given.get("Type", "").endswith(f"/{kind}"):
                target = posixpath.normpath(posixpath.join("/", folder, given.get("Target", "")))
                found[given.get("Id", "")] = target.lstrip("/")

        self._read_small(posixpath.join(folder, "_rels", f"{name}.rels"), start)
        return found

    def _read_main(self, part: str) -> None:
        targets = self._targets(part, "worksheet")

        def start(tag: str, given: dict[str, str]) -> None:
            if tag == "workbookPr" and given.get("date1904") in ("1", "true"):
                self.epoch = CALENDAR_MAC_1904
            relation = next((value for key, value in given.items() if key.endswith(":id")), "")
            if tag == "sheet" and relation in targets:
                name = given.get("name", "")
                self.paths[name] = targets[relation]
                if given.get("state", "visible") == "visible":
                    self.visible.append(name)

        self._read_small(part, start)

    def _read_dates(self) -> frozenset[str]:
        """The styles that show a number as a date."""
        formats = dict(BUILTIN_FORMATS)
        styles: list[int] = []
        inside = [""]

        def start(tag: str, given: dict[str, str]) -> None:
            if tag == "numFmt":
                formats[int(given.get("numFmtId", 0))] = given.get("formatCode", "")
            elif tag in ("cellXfs", "cellStyleXfs", "dxfs"):
                inside[0] = tag
            elif tag == "xf" and inside[0] == "cellXfs":
                styles.append(int(given.get("numFmtId", 0)))

        if self._styles:
            self._read_small(self._styles, start)
        return frozenset(str(style) for style, number in enumerate(styles) if is_date_format(formats.get(number)))

    def _read_texts(self) -> list[str]:
        if not self._strings:
            return []
        found = Texts()
        for _piece in self._parsed(self._strings, found.start, found.end, found.take):
            if len(found.texts) > MOST_TEXTS:
                raise _too_large()
        return found.texts

    def _read_small(self, part: str, start: Start) -> None:
        """A part that may be missing."""
        if info := self._zip.NameToInfo.get(part):
            if info.file_size > MOST_OF_A_PART:
                raise _too_large()
            for _piece in self._parsed(part, start, None, None):
                pass

    def _parsed(self, part: str, start: Start, end: End | None, take: Any) -> Iterator[None]:
        """Goes on by a piece of the part's XML at a time."""
        parser = expat.ParserCreate()
        parser.buffer_text = True
        names = Names()
        parser.StartElementHandler = lambda name, given: start(names[name], given)
        if end:
            parser.EndElementHandler = lambda name: end(names[name])
        parser.CharacterDataHandler = take
        parser.StartDoctypeDeclHandler = _refuse
        fed = 0
        with self._zip.open(part) as stream:
            while piece := stream.read(PIECE):
                parser.Parse(piece)
                fed += len(piece)
                if fed - parser.CurrentByteIndex > AHEAD:
                    raise damaged()
                yield
            parser.Parse(b"", True)
            yield


def _refuse(*_given: Any) -> None:
    """No workbook declares entities; what does wants to fill the memory."""
    raise damaged()


@contextmanager
def _sentences() -> Iterator[None]:
    """Unreadable instead of what else is raised over a file that is not as it should be."""
    try:
        yield
    except (
        BadZipFile,
        zlib.error,
        expat.ExpatError,
        EOFError,
        KeyError,
        ValueError,
        IndexError,
        NotImplementedError,
    ) as e:
        raise damaged() from e
