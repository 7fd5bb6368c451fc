"""Workbooks made by hand, also those that no program would make."""

from collections.abc import Mapping
from io import BytesIO
from typing import Any
from zipfile import ZIP_DEFLATED, ZipFile

from openpyxl import Workbook
from openpyxl.styles.stylesheet import write_stylesheet
from openpyxl.xml.constants import SHARED_STRINGS, XLSX
from openpyxl.xml.functions import tostring

MAIN = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
RELATIONS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
PARTS = {
    "[Content_Types].xml": (
        f'<Types><Override PartName="/xl/workbook.xml" ContentType="{XLSX}"/>'
        f'<Override PartName="/xl/sharedStrings.xml" ContentType="{SHARED_STRINGS}"/></Types>'
    ),
    "_rels/.rels": f'<R><Relationship Id="r1" Type="{RELATIONS}/officeDocument" Target="xl/workbook.xml"/></R>',
    "xl/workbook.xml": (
        f'<workbook {MAIN} xmlns:r="{RELATIONS}"><sheets><sheet name="S" sheetId="1" r:id="r1"/></sheets></workbook>'
    ),
    "xl/_rels/workbook.xml.rels": (
        f'<R><Relationship Id="r1" Type="{RELATIONS}/worksheet" Target="worksheets/sheet1.xml"/>'
        f'<Relationship Id="r2" Type="{RELATIONS}/sharedStrings" Target="/xl/sharedStrings.xml"/>'
        f'<Relationship Id="r3" Type="{RELATIONS}/styles" Target="styles.xml"/></R>'
    ),
    "xl/sharedStrings.xml": f"<sst {MAIN}/>",
    "xl/styles.xml": tostring(write_stylesheet(Workbook())).decode(),
}
HEAD = '<row r="1"><c t="inlineStr"><is><t>A</t></is></c><c t="inlineStr"><is><t>B</t></is></c></row>'


def saved(rows: list[list[Any]]) -> bytes:
    """A workbook with one sheet, as openpyxl makes it."""
    book = Workbook()
    assert book.active is not None
    for row in rows:
        book.active.append(row)
    return content(book)


def content(book: Workbook) -> bytes:
    out = BytesIO()
    book.save(out)
    return out.getvalue()


def zipped(parts: Mapping[str, str | bytes], how: int = ZIP_DEFLATED) -> bytes:
    out = BytesIO()
    with ZipFile(out, "w", how) as archive:
        for name, text in parts.items():
            archive.writestr(name, text)
    return out.getvalue()


def workbook(rows: str, head: str = HEAD, **parts: str) -> bytes:
    """A workbook with these rows, in XML, and with other parts by the first word of their name."""
    sheet = f"<worksheet {MAIN}><sheetData>{head}{rows}</sheetData></worksheet>"
    names = {name.rpartition("/")[2].partition(".")[0]: name for name in PARTS}
    own = {names[word]: text for word, text in parts.items()}
    return zipped({**PARTS, "xl/worksheets/sheet1.xml": sheet, **own})
