"""Workbooks: what their cells mean, and those that are made to do harm."""

import datetime
from io import BytesIO
from zipfile import ZIP_BZIP2, ZIP_STORED, ZipFile

import pytest
from openpyxl import Workbook
from openpyxl.utils.datetime import CALENDAR_MAC_1904

from almaportal.tables import harmless
from ecollections.loading import reading
from ecollections.loading.reading import Layout, layout_of, lines
from ecollections.targets import SPOILED
from tests.ecollections.test_reading import cells, read, why
from tests.ecollections.workbooks import HEAD, MAIN, PARTS, content, saved, workbook, zipped

pytestmark = pytest.mark.thorough

DAMAGED = "The workbook is damaged."


def test_the_cells_of_a_workbook_are_texts():
    day, moment = datetime.date(2024, 2, 29), datetime.datetime(2024, 2, 29, 13, 5)
    given = [" text\r\n", 53_123_456_789, 1.5, 12.0, True, False, None, day, moment, datetime.datetime(1999, 1, 1)]
    meant = ["text", "53123456789", "1.5", "12", "true", "false", "", "2024-02-29", "2024-02-29 13:05:00", "1999-01-01"]
    assert cells(saved([list("ABCDEFGHIJ"), given])) == [list("ABCDEFGHIJ"), meant]


def test_dates_of_a_workbook_that_counts_from_1904():
    book = Workbook()
    book.epoch = CALENDAR_MAC_1904
    for row in (["A", "B"], [1, datetime.date(2024, 2, 29)]):
        book.active.append(row)
    assert cells(content(book))[1] == ["1", "2024-02-29"]


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("1", "1"),
        ("123456789012345", "123456789012345"),
        ("1.23456789012345E+14", "123456789012345"),
        ("9.78E+12", "9780000000000"),
        ("0.30000000000000004", "0.3"),
        ("-7", "-7"),
        ("7.0", "7"),
        ("1E-3", "0.001"),
    ],
)
def test_numbers_are_texts_without_exponents(value, text):
    assert cells(workbook(f'<row r="2"><c><v>{value}</v></c></row>'))[1] == [text, ""]


@pytest.mark.parametrize("value", ["5.3182600000000002E+16", "1234567890123456", "53182600000000012", "1E+15"])
def test_a_number_whose_last_digits_are_lost_is_recognised(value):
    assert SPOILED.fullmatch(cells(workbook(f'<row r="2"><c><v>{value}</v></c></row>'))[1][0])


def test_formulas_and_errors_make_their_row_wrong():
    found = read(saved([["ID", "Some name"], ["1", "=SUM(A1)"], ["2", "#N/A"], ["3", "x"]]))
    assert found[1].wrong == "Row 2, column Some name (B): a formula. Paste its value instead."
    assert found[2].wrong == "Row 3, column Some name (B): an error, #N/A. Put a value there."
    assert [line.cells[0] for line in found[1:]] == ["1", "2", "3"]
    assert found[3].wrong == ""
    shared = read(workbook('<row r="2"><c><v>1</v></c><c><f t="shared" si="0"/><v>2</v></c></row>'))
    assert (shared[1].cells, shared[1].wrong[:19]) == (["1", "="], "Row 2, column B (B)")
    for kind in ("array", "dataTable"):
        other = read(workbook(f'<row r="2"><c/><c><f t="{kind}" ref="B2:B3">A1</f><v>2</v></c></row>'))
        assert other[1].wrong == "Row 2, column B (B): a formula. Paste its value instead."


def test_what_was_exported_as_a_workbook_is_read_back():
    texts = ["=SUM(A1)", "+49", "-", "@x", "53123456789012345678", '"quoted"', "a\nb", " =1", '="1"']
    assert cells(saved([["A", "B"], *[["x", harmless(text)] for text in texts]]))[1:] == [
        ["x", text.strip()] for text in texts
    ]


def test_texts_of_all_kinds_are_put_together():
    shared = '<si><r><t>Zeit</t></r><r><t>schrift</t></r><rPh sb="0" eb="4"><t>sound</t></rPh></si>'
    shared += "<si><t>a_x000D_\nb</t></si><si/>"
    rows = (
        '<row><c t="s"><v>0</v></c><c t="s"><v>1</v></c></row><row><c t="str"><v>x</v></c><c t="s"><v>2</v></c></row>'
    )
    data = workbook(rows, sharedStrings=f"<sst {MAIN}>{shared}</sst>")
    assert cells(data)[1:] == [["Zeitschrift", "a\nb"], ["x", ""]]


def test_tags_may_have_prefixes_and_cells_may_miss():
    sheet = (
        f'<x:worksheet {MAIN.replace("xmlns", "xmlns:x")}><x:sheetData><x:row r="3"><x:c r="B3"><x:v>1</x:v></x:c>'
        '<x:c r="D3"><x:v>2</x:v></x:c></x:row><x:row r="9"><x:c r="D9"><x:v>3</x:v></x:c></x:row>'
        "</x:sheetData></x:worksheet>"
    )
    found = read(zipped({**PARTS, "xl/worksheets/sheet1.xml": sheet}))
    assert [(line.number, line.cells) for line in found] == [(3, ["", "1", "", "2"]), (9, ["", "", "", "3"])]


def test_merged_cells_have_their_value_in_the_first():
    book = Workbook()
    for row in (["A", "B"], ["x", "y"], ["z", "w"]):
        book.active.append(row)
    book.active.merge_cells("A2:A3")
    assert cells(content(book)) == [["A", "B"], ["x", "y"], ["", "w"]]


def test_the_first_visible_sheet_with_rows_is_read_and_another_can_be_chosen():
    book = Workbook()
    book.active.title = "Cover"
    book.active.append(["Our journals"])
    for name in ("Hidden", "Journals", "Books & more"):
        sheet = book.create_sheet(name)
        for row in (["Title", "ID"], [name, "1"]):
            sheet.append(row)
    book["Hidden"].sheet_state = "hidden"
    data = content(book)
    found = layout_of(BytesIO(data))
    assert found == Layout("xlsx", sheet="Journals", sheets=["Cover", "Hidden", "Journals", "Books & more"])
    assert cells(data)[1] == ["Journals", "1"]
    assert cells(data, sheet="Books & more")[1] == ["Books & more", "1"]
    assert cells(data, sheet="Hidden")[1] == ["Hidden", "1"]
    assert why(data, sheet="Gone").startswith("The workbook has no sheet “Gone”.")


def test_title_rows_and_blank_rows_before_the_header_are_passed_over():
    data = saved([["Our journals"], [], ["Title", "ID"], ["Nature", "1"]])
    assert layout_of(BytesIO(data)).header == 3
    assert [line.number for line in read(data)] == [3, 4]


def test_blank_cells_beyond_the_last_column_are_none():
    blank = '<c s="0"/>' * 300
    head = f'<row r="1"><c t="str"><v>A</v></c>{blank}</row>'
    assert cells(workbook(f"<row><c><v>1</v></c>{blank}</row><row>{blank}</row>", head=head)) == [["A"], ["1"]]


def test_workbooks_without_rows_are_refused():
    assert why(saved([])) == "The file has no rows. Choose another one."
    assert why(saved([["A", "B"]])).startswith("The file has a header and no rows below it.")


def test_too_many_columns_and_rows_are_refused(monkeypatch):
    assert why(saved([["x"] * 300, ["1"]])).startswith("Row 1, column IW: a table may have 256 columns at most.")
    assert read(saved([["A", "B"], ["x"] * 300]))[1].wrong.startswith("Row 2, column C: a cell beyond the last column")
    monkeypatch.setattr(reading, "MOST_ROWS", 2)
    assert why(saved([["A", "B"], *[["1", "2"]] * 3])).startswith("Row 4: a file may have 2 rows at most.")


def test_a_sheet_that_claims_to_be_the_largest_is_read_as_it_is():
    sheet = f'<worksheet {MAIN}><dimension ref="A1:XFD1048576"/><sheetData><row r="1"><c><v>1</v></c></row>'
    sheet += '<row r="2"/><row r="5000"><c><v>2</v></c></row></sheetData></worksheet>'
    found = read(zipped({**PARTS, "xl/worksheets/sheet1.xml": sheet}))
    assert [(line.number, line.cells) for line in found] == [(1, ["1"]), (5000, ["2"])]


def test_a_row_beyond_the_last_of_all_spreadsheets_is_refused(monkeypatch):
    monkeypatch.setattr("ecollections.loading.workbooks.MOST_NUMBER", 1000)
    assert why(workbook('<row r="99999999999"><c><v>1</v></c></row>')).startswith("Row 1001: a file may have")


@pytest.mark.parametrize(
    "row",
    [
        '<c r="ZZZZZZ2"><v>1</v></c>',
        '<c r="ÄÖ2"><v>1</v></c>',
        "<c/>" * 20_000,
        '<c t="s"><v>7</v></c>',
        '<c t="s"><v>x</v></c>',
        "<c>",
        "<c><v>x</v></c>",
    ],
    ids=["column", "letters", "many", "no text", "no number", "open", "no digits"],
)
def test_a_sheet_that_no_program_writes_is_damaged(row):
    assert why(workbook(f'<row r="2">{row}</row>')).startswith(DAMAGED)


def test_a_cell_that_is_too_long_is_cut_and_makes_its_row_wrong():
    found = read(workbook(f'<row r="2"><c t="str"><v>{"x" * 300_000}</v></c></row><row><c><v>1</v></c></row>'))
    assert found[1].wrong.startswith("Row 2, column A (A): it has more than 32767 letters.")
    assert [len(line.cells[0]) for line in found] == [1, 32_767, 1]


def test_entities_are_not_expanded():
    laughs = '<!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;">]>'
    shared = f"{laughs}<sst {MAIN}><si><t>&b;</t></si></sst>"
    assert why(workbook('<row><c t="s"><v>0</v></c></row>', sharedStrings=shared)).startswith(DAMAGED)


def test_what_unpacks_to_too_much_is_refused(monkeypatch):
    monkeypatch.setattr("ecollections.loading.workbooks.MOST_UNPACKED", 1_000_000)
    data = workbook("<row><c><v>1</v></c></row>" * 40_000)
    assert len(data) < 20_000
    assert why(data).startswith("The workbook unpacks to more than the portal reads.")


def test_a_small_part_that_unpacks_to_too_much_is_refused(monkeypatch):
    monkeypatch.setattr("ecollections.loading.workbooks.MOST_AT_ONCE", 100_000)
    data = workbook("<row><c><v>1</v></c></row>", styles=PARTS["xl/styles.xml"] + " " * 100_000)
    assert why(data).startswith("The workbook unpacks to more than the portal reads.")
    assert len(read(workbook("<row><c><v>1</v></c></row>" * 10_000))) == 10_001


@pytest.mark.parametrize(
    "rows",
    [
        f"<row>{'<c/>' * 50_000}</row>",
        "<x/>" * 25_000,
        f"<row><row/>{'<c/>' * 50_000}</row>",
        "<row/>" * 25_000,
        f'<row><c x="{"y" * 900_000}"/></row>',
        f'<row><c t="str"><v>{"y" * 900_000}</v></c></row>',
    ],
    ids=["cells", "tags", "row in a row", "rows", "attribute", "text"],
)
def test_rows_that_would_fill_the_memory_are_refused(rows, monkeypatch):
    for name, most in (("MOST_TAGS", 20_000), ("MOST_PIECES", 20_000), ("MOST_AT_ONCE", 800_000)):
        monkeypatch.setattr(f"ecollections.loading.workbooks.{name}", most)
    assert why(workbook(rows)).startswith("The workbook unpacks to more than the portal reads.")


def test_a_part_that_is_not_what_its_name_says_is_refused():
    parts = dict(PARTS)
    parts["[Content_Types].xml"] = PARTS["[Content_Types].xml"].replace("/xl/sharedStrings.xml", "/xl/worksheets/a.xml")
    parts["xl/worksheets/sheet1.xml"] = f"<worksheet {MAIN}><sheetData>{HEAD}</sheetData></worksheet>"
    assert DAMAGED in why(zipped(parts | {"xl/worksheets/a.xml": f"<sst {MAIN}/>"}))


def test_a_workbook_in_the_strict_format_is_named():
    strict = PARTS["xl/workbook.xml"].replace(MAIN, 'xmlns="http://purl.oclc.org/ooxml/spreadsheetml/main"')
    assert "“Strict Open XML”" in why(workbook("", workbook=strict))


def test_too_many_texts_are_refused(monkeypatch):
    monkeypatch.setattr("ecollections.loading.workbooks.MOST_PIECES", 10)
    shared = f"<sst {MAIN}>{'<si/>' * 11}</sst>"
    assert why(workbook("<row><c><v>1</v></c></row>", sharedStrings=shared)).startswith("The workbook unpacks")


@pytest.mark.parametrize("claimed", [100, 2_000_000_000])
def test_a_workbook_that_lies_about_its_size_is_refused(claimed):
    """The size stands in the directory at the end of a zip: no more than it says is ever unpacked."""
    data = workbook("<row><c><v>1</v></c></row>" * 1000)
    with ZipFile(BytesIO(data)) as archive:
        size = archive.getinfo("xl/worksheets/sheet1.xml").file_size.to_bytes(4, "little")
    start, end = data[: data.rindex(size)], data[data.rindex(size) + 4 :]
    forged = start + claimed.to_bytes(4, "little") + end
    assert why(forged).startswith((DAMAGED, "The workbook unpacks"))


@pytest.mark.parametrize("share", [0.3, 0.6, 0.95])
def test_a_torn_workbook_is_damaged(share):
    data = saved([["A", "B"], ["1", "2"]])
    assert why(data[: int(len(data) * share)]).startswith(DAMAGED)


def test_a_workbook_with_a_changed_byte_is_damaged():
    data = zipped({**PARTS, "xl/worksheets/sheet1.xml": f"<worksheet {MAIN}>{'x' * 500}</worksheet>"}, ZIP_STORED)
    place = data.index(b"x" * 100)
    assert why(data[:place] + b"y" + data[place + 1 :]).startswith(DAMAGED)


def test_other_ways_of_packing_are_refused():
    sheet = {"xl/worksheets/sheet1.xml": f"<worksheet {MAIN}/>"}
    assert why(zipped({**PARTS, **sheet}, ZIP_BZIP2)).startswith(DAMAGED)


def test_a_sheet_whose_part_is_missing_is_damaged():
    assert why(zipped(PARTS)).startswith(DAMAGED)


@pytest.mark.parametrize(
    ("data", "what"),
    [
        (zipped({"a.csv": "A,B"}), "The file is a zip."),
        (zipped({"mimetype": "application/vnd.oasis.opendocument.spreadsheet", "content.xml": "<x/>"}), "OpenDocument"),
        (zipped({"[Content_Types].xml": "<x/>", "word/document.xml": "<x/>"}), "no workbook (.xlsx)"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(500) + "EncryptedPackage".encode("utf-16-le"), "by a password"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(500) + "Workbook".encode("utf-16-le"), "the old format .xls"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(500), "older Office program"),
    ],
    ids=["zip", "ods", "docx", "password", "xls", "ole"],
)
def test_what_is_no_workbook_is_named(data, what):
    assert what in why(data)


def test_a_protected_zip_is_refused():
    data = bytearray(zipped({**PARTS}))
    data[data.rindex(b"PK\x01\x02") + 8] |= 1
    assert why(bytes(data)).startswith("The file is protected by a password.")


def test_rows_are_read_as_they_are_asked_for():
    file = BytesIO(workbook("".join(f"<row><c><v>{number * 7919}</v></c></row>" for number in range(100_000))))
    layout = layout_of(file)
    rows = lines(file, layout)
    assert (next(rows).cells, next(rows).cells) == (["A", "B"], ["0", ""])
    assert file.tell() < len(file.getvalue()) // 4
