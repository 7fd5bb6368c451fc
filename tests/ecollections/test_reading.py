"""Texts: CSV and its kin, pasted cells, and what only claims to be one."""

import csv
import json
from io import BytesIO, StringIO

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from almaportal.tables import harmless
from ecollections.loading import reading
from ecollections.loading.reading import Layout, Unreadable, layout_of, lines
from ecollections.loading.shapes import Line
from ecollections.targets import SPOILED

GERMAN = "Titel;Ort\nZeitschrift für Ökonomie;Köln\nGroße Anfänge;Gießen\n"
FRENCH = "Titre;Lieu\nRevue d’économie à l’école;Nîmes\nL’œuvre française;Besançon\n"
GERMAN_AND_FRENCH = "Titel;Ort\nDas Mädchen;Köln\nÉconomie générale, très drôle;Nîmes\n"
SWEDISH = "Titel;Ort\nTidskrift för ålder;Malmö\nÅr och öar;Örebro\n"
POLISH = "Tytuł;Miejsce\nPrzegląd Historyczny;Łódź\nRocznik;Gdańsk\n"
CZECH = "Název;Místo\nČeský časopis historický;Plzeň\nPříliš žluťoučký kůň;Jičín\n"
HUNGARIAN = "Cím;Hely\nTanulás a felsőoktatásban;Győr\nMűszaki szemle;Pécs\n"
RUSSIAN = "Название;Место\nВопросы истории;Москва\nРусская литература;Санкт-Петербург\n"
ONE_RUSSIAN = "Title;Place\nВопросы истории;Moscow\nNature;London\n"


def read(data: bytes | str, **given: str) -> list[Line]:
    """The header and the rows, as they are read after the layout was kept."""
    file = BytesIO(data.encode() if isinstance(data, str) else data)
    layout = Layout.from_json(json.loads(json.dumps(layout_of(file, **given).as_json())))
    return list(lines(file, layout))


def cells(data: bytes | str, **given: str) -> list[list[str]]:
    found = read(data, **given)
    assert [line.wrong for line in found] == [""] * len(found)
    return [line.cells for line in found]


def why(data: bytes | str, **given: str) -> str:
    with pytest.raises(Unreadable) as found:
        read(data, **given)
    return str(found.value)


@pytest.mark.parametrize(
    ("encoding", "text"),
    [
        *(("utf-8", text) for text in (GERMAN, POLISH, RUSSIAN)),
        *(("utf-8-sig", text) for text in (GERMAN, RUSSIAN)),
        *(("utf-16", text) for text in (GERMAN, RUSSIAN)),
        *((encoding, text) for encoding in ("utf-16-le", "utf-16-be") for text in (GERMAN, ONE_RUSSIAN)),
        *(("cp1252", text) for text in (GERMAN, FRENCH, GERMAN_AND_FRENCH, SWEDISH)),
        *(("cp1250", text) for text in (POLISH, CZECH, HUNGARIAN)),
        *(("iso8859-2", text) for text in (POLISH, CZECH)),
        *(("cp1251", text) for text in (RUSSIAN, ONE_RUSSIAN)),
        ("koi8-r", RUSSIAN),
        ("cp1253", "Τίτλος;Τόπος\nΕλληνική ιστορία;Αθήνα\n"),
        ("cp1254", "Başlık;Yer\nTürkiye tarihi dergisi;İstanbul\nçağdaş ışık;Muğla\n"),
        ("cp850", GERMAN),
        ("mac-roman", GERMAN),
        ("cp932", "タイトル;場所\n日本文学研究の歴史;東京\n図書館の雑誌;大阪\n"),
        ("gb18030", "题名;地点\n中国历史研究;北京\n图书馆杂志;上海\n"),
    ],
)
def test_the_encoding_is_found_out(encoding, text):
    assert cells(text.encode(encoding)) == [line.split(";") for line in text.splitlines()]


def test_punctuation_alone_is_of_windows_1252():
    assert cells("Title;Years\n“Nature”;1990–2000\n".encode("cp1252"))[1] == ["“Nature”", "1990–2000"]


def test_letters_that_are_the_same_in_several_encodings_are_western():
    assert layout_of(BytesIO("Titel;Ort\nStrasse;Köln\n".encode("cp1252"))).encoding == "cp1252"


def test_a_line_of_another_encoding_is_wrong_and_the_rest_is_good():
    data = "Title,Place\nÖkonomie,Köln\n".encode() + "Mädchen,Köln\n".encode("cp1252") + "Größe,Ulm\n".encode()
    _header, first, wrong, last = read(data)
    assert (first.cells, last.cells) == (["Ökonomie", "Köln"], ["Größe", "Ulm"])
    assert first.wrong == last.wrong == ""
    assert wrong.wrong.startswith("Row 3, column Title (A): its letters are in another encoding")
    assert wrong.cells == ["M�dchen", "K�ln"]


def test_a_line_of_utf_8_is_wrong_among_lines_of_windows_1252():
    data = "Title,Place\nA,Köln\nGröße,Ulm\nÄ,Ö\n".encode("cp1252") + "Plain,Düren\n".encode()
    assert [line.wrong[:26] for line in read(data)] == ["", "", "", "", "Row 5, column Place (B): i"]


def test_a_broken_utf_16_letter_makes_its_row_wrong():
    data = b"\xff\xfe" + "a\tb\nx\t".encode("utf-16-le") + b"\x00\xd8" + "\ny\tz\nv\tw\n".encode("utf-16-le") + b"x"
    assert [bool(line.wrong) for line in read(data)] == [False, True, False, False, True]


def test_an_encoding_can_be_given():
    data = "Titel;Ort\nKöln;x\n".encode("cp1252")
    assert cells(data, encoding="cp1251")[1] == ["Kцln", "x"]
    assert read(data, encoding="UTF-8")[1].wrong
    assert cells("a;b\nä;ö".encode("utf-16"), encoding="utf-16")[1] == ["ä", "ö"]


@pytest.mark.parametrize("name", ["klingon", "base64", "cp037", "\0", "utf-7", "a" * 9999])
def test_no_encoding_for_tables_is_refused(name):
    assert "Choose another one." in why("a;b\nc;d", encoding=name)


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_the_delimiter_is_found_out(delimiter):
    others = " and ".join(set(",;|") - {delimiter})
    rows = [["Title", "Place", "Note"], ["One", f'Two "{others}"', "x"], ["", "Half", ""]]
    out = StringIO()
    csv.writer(out, delimiter=delimiter).writerows(rows)
    assert cells(out.getvalue()) == rows
    assert layout_of(BytesIO(out.getvalue().encode())).delimiter == delimiter


def test_lists_in_a_cell_do_not_make_its_semicolon_the_delimiter():
    rows = [["Title", "Authors"], *[[f"T{number}", "A; B; C; D; E"] for number in range(9)]]
    assert cells("\n".join(map(",".join, rows))) == rows


def test_a_file_with_one_column_has_no_delimiter():
    assert layout_of(BytesIO(b"ID\n5311\n5312\n")).delimiter == ""
    assert cells('ID\n5311\n"53""12"\n\n5313\n') == [["ID"], ["5311"], ['53"12'], ["5313"]]
    assert cells("Title\nNature\nHistory, The\nScience\nCell\n")[2] == ["History, The"]


def test_the_first_line_may_tell_the_delimiter():
    found = layout_of(BytesIO(b"sep=;\nA;B, b\n1;2, 3\n"))
    assert (found.delimiter, found.header) == (";", 2)


def test_a_delimiter_can_be_given():
    assert cells("a,b;c\n1,2;3\n", delimiter=",") == [["a", "b;c"], ["1", "2;3"]]
    for wrong in ("ab", "x", '"', "\n"):
        assert "cannot be divided" in why("a,b\n1,2", delimiter=wrong)


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_all_line_ends_are_known(end, encoding):
    text = end.join(["A,B", '1,"x', 'y"', "", "2,z"])
    found = read(text.encode(encoding))
    assert [(line.number, line.cells) for line in found] == [(1, ["A", "B"]), (2, ["1", "x\ny"]), (4, ["2", "z"])]


def test_a_line_end_between_two_blocks_is_one(monkeypatch):
    monkeypatch.setattr("ecollections.loading.texts.BLOCK", 4)
    for end in ("\r\n", "\r"):
        assert cells(end.join(["A,B", "1,2", "3,4"])) == [["A", "B"], ["1", "2"], ["3", "4"]]


def test_what_spreadsheets_do_not_take_for_a_line_end_is_none():
    assert cells("A,B\n1,x\u2028y\x0bz\x85\n")[1] == ["1", "x\u2028y\x0bz"]


def test_rows_are_counted_as_a_spreadsheet_shows_them():
    """A cell with line breaks counts once, blank rows count."""
    found = read('\n,,\nA,B,C\n1,"x\n\ny",z\n\n , ,\n=1,,\n')
    assert [line.number for line in found] == [3, 4, 7]
    assert found[2].wrong == "Row 7, column A (A): a formula. Paste its value instead."


def test_title_lines_before_the_header_are_passed_over():
    found = layout_of(BytesIO(b"Our journals\n\nTitle\tURL\nNature\tx\nCell\ty\n"))
    assert (found.header, found.delimiter) == (3, "\t")
    assert cells("Our journals\nTitle,URL\nNature,x\n") == [["Title", "URL"], ["Nature", "x"]]


@pytest.mark.parametrize("delimiter", [",", ";", "|"])
def test_quotes_never_closed_make_their_row_wrong_and_swallow_nothing(delimiter):
    text = 'A,B,C\n1,"never,closed\n2,b,c\n3,"d",e\n4,"never,again\n5,f,g\n'.replace(",", delimiter)
    found = read(text)
    assert [line.number for line in found] == [1, 2, 3, 4, 5, 6]
    assert [bool(line.wrong) for line in found] == [False, True, False, False, True, False]
    assert found[1].wrong.startswith("Row 2, column B (B): its quotation marks are not closed.")
    assert found[1].cells == ["1", f'"never{delimiter}closed', ""]
    assert found[3].cells == ["3", "d", "e"]


def test_quotes_that_close_only_after_thousands_of_rows_are_never_closed():
    found = read('A,B\n1,"never\n' + "2,x\n" * 10_000 + '3,y"\n')
    assert (len(found), [line.number for line in found if line.wrong]) == (10_003, [2])


def test_many_quotes_never_closed_are_read_in_no_time():
    found = read("A,B\n" + '1,"x "" y\n' * 3000)
    assert len(found) == 3001
    assert all(line.wrong for line in found[1:])


def test_text_after_closed_quotes_makes_the_row_wrong_where_quotes_mean_something():
    assert read('A,B\n"Die Zeit" heute,x\ny,z\n')[1].wrong.startswith("Row 2, column A (A): its quotation marks")


def test_blanks_around_quotes_are_none_of_the_cell():
    assert cells('A,B,C\n1, "x, y" ,z\n')[1] == ["1", "x, y", "z"]


def test_quotes_in_tab_separated_files_are_letters_unless_they_enclose_a_cell():
    rows = [
        ["title", "note", "id"],
        ['"Die Zeit" heute', '5" disks', "1"],
        ['"Never closed', 'inch: 5"', "2"],
        ["a", 'last "one"', '"'],
        ["b", '""', 'x"'],
    ]
    assert cells("\n".join(map("\t".join, rows)))[:4] == rows[:4]
    assert cells('a\tb\tc\n"x ""y"" z"\t""\t"Die Zeit"\n')[1] == ['x "y" z', "", "Die Zeit"]


def test_pasted_cells_may_have_line_breaks():
    assert cells('A\tB\n1\t"x\ny"\n"2\n""3"""\tz\n') == [["A", "B"], ["1", "x\ny"], ['2\n"3"', "z"]]


def test_what_marks_a_text_in_a_spreadsheet_is_none_of_the_text():
    given = ['="12345678901234567"', '"=""0123"""', "'123", "'=x", "'-1", "'2020-01-01", "'1234-567X", "''=x"]
    meant = ["12345678901234567", "0123", "123", "=x", "-1", "2020-01-01", "1234-567X", "'=x"]
    head = ",".join("ABCDEFGH")
    assert cells(f"{head}\n{','.join(given)}\n")[1] == meant
    assert cells(f"{','.join(given)}\n{head}\n")[0] == meant


@pytest.mark.parametrize("text", ["'tis", "'68: a year", "it's", "-5", "+49 228", "@home", "=", "- none", "'", "a=b"])
def test_what_only_looks_like_a_mark_or_a_formula_stays(text):
    assert cells(f"A,B\nx,{text}\n")[1] == ["x", text]


@pytest.mark.parametrize("text", ["=SUM(A1)", '"=HYPERLINK(""http://x"",""y"")"', " =A1", "+SUM(A1)", "@SUM(A1)", "=1"])
def test_formulas_are_refused(text):
    found = read(f"A,Some name,C\nx,{text},y\n1,2,3\n")
    assert found[1].wrong == "Row 2, column Some name (B): a formula. Paste its value instead."
    assert (found[1].cells[0], found[1].cells[2]) == ("x", "y")
    assert found[2] == Line(3, ["1", "2", "3"])


def test_an_id_that_a_spreadsheet_has_rounded_stays_recognisable():
    assert SPOILED.fullmatch(cells("A,B\n5.31826E+16,x\n")[1][0])


def test_rows_have_as_many_cells_as_the_header():
    found = read("A,B\n1\n1,2,,\n1,2,,surplus\n")
    assert [line.cells for line in found[1:]] == [["1", ""], ["1", "2"], ["1", "2"]]
    assert [line.wrong[:60] for line in found[1:3]] == ["", ""]
    assert found[3].wrong == (
        "Row 4, column D: a cell beyond the last column of the header. Empty it, or name its column."
    )


def test_the_first_wrong_column_is_named():
    assert read("A,B,C\n1,=2,=3,4\n")[1].wrong.startswith("Row 2, column B (B)")


def test_a_cell_that_is_too_long_makes_its_row_wrong():
    found = read(f"A,B\n1,{'x' * 32_768}\n2,{'x' * 32_767}\n3,{'x' * 200_000}\n4,y\n")
    assert [bool(line.wrong) for line in found] == [False, True, False, True, False]
    assert found[1].wrong.startswith("Row 2, column B (B): it has more than 32767 letters.")
    assert max(len(line.cells[1]) for line in found) == 32_767


def test_too_many_columns_are_refused_in_the_header_and_wrong_in_a_row():
    assert cells(f"A{',' * 255}B\n1,2\n")[1] == ["1", "2", *[""] * 254]
    assert cells(f"A,B{',' * 999}\n1,2\n")[1][:2] == ["1", "2"]
    names = ",".join(f"N{number}" for number in range(300))
    assert why(f"{names}\n1,2\n").startswith("Row 1, column IW: a table may have 256 columns at most.")
    found = read(f"A,B\n{names}\n{',' * 99_999}x\n1,2\n")
    assert found[1].wrong.startswith("Row 2, column C: a cell beyond")
    assert found[2].wrong.startswith("Row 3, column XFE: the row has too many columns.")
    assert found[3] == Line(4, ["1", "2"])


def test_too_many_rows_are_refused(monkeypatch):
    monkeypatch.setattr(reading, "MOST_ROWS", 3)
    assert len(read("A,B\n\n1,2\n3,4\n5,6\n")) == 4
    assert why("A,B\n\n1,2\n3,4\n5,6\n7,8\n").startswith("Row 6: a file may have 3 rows at most.")


def test_more_blank_rows_than_a_spreadsheet_has_are_refused(monkeypatch):
    monkeypatch.setattr("ecollections.loading.texts.MOST_NUMBER", 5)
    assert why("A,B\n1,2\n\n\n\n3,4\n").startswith("Row 6: a file may have 5 rows at most.")


def test_a_file_that_is_too_large_is_refused_before_it_is_read(monkeypatch):
    monkeypatch.setattr(reading, "MOST_BYTES", 3 * 1024 * 1024)
    assert why(b"A,B\n" + b"1,2\n" * 1024 * 1024) == "The file is larger than 3 MB. Divide it into several files."


def test_a_header_that_cannot_be_used_refuses_the_file():
    assert why('A,"B\n1,2\n').startswith("Row 1, column B: its quotation marks are not closed.")
    assert why("A,=B1\n1,2\n").startswith("Row 1, column B: a formula.")


def test_headers_may_be_empty_or_the_same():
    assert cells("A,,A,\n1,2,3,4\n") == [["A", "", "A", ""], ["1", "2", "3", "4"]]


@pytest.mark.parametrize("data", ["\n\n \n", ",,,\n,,,\n", "\ufeff", "\t\t\n", "   "])
def test_a_file_without_rows_is_refused(data):
    assert why(data) == "The file has no rows. Choose another one."


def test_an_empty_file_and_one_with_a_header_alone_are_refused():
    assert why(b"") == "The file is empty. Choose another one."
    assert why("A,B,C\n").startswith("The file has a header and no rows below it.")
    assert why("A,B,C\n,,\n\n").startswith("The file has a header and no rows below it.")


@pytest.mark.parametrize(
    ("data", "what"),
    [
        (b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n1 0 obj", "a PDF"),
        (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", "an image"),
        (b"\xff\xd8\xff\xe0\0\x10JFIF", "an image"),
        (b"GIF89a\1\0\1\0", "an image"),
        (b"\x1f\x8b\x08\0\0\0\0\0", "a packed file"),
        (b"7z\xbc\xaf\x27\x1c\0\4", "a packed file"),
        (b"\n <!DOCTYPE html>\n<html><body>a,b</body>", "a web page"),
        (b"\xef\xbb\xbf<!-- x --><TABLE border=1><tr><td>a", "a web page"),
        (b'<?xml version="1.0"?><records/>', "an XML file"),
        (b'[{"title": "x"}]', "a JSON file"),
        (b"{\\rtf1\\ansi x", "a text document"),
        (b"\x7fELF\2\1\1\0\0\0\0\0\0\0\0\0\3\0", "a file that is no text"),
        (bytes(range(256)) * 9, "a file that is no text"),
    ],
)
def test_what_is_no_table_is_named(data, what):
    assert why(data).startswith(f"The file is no table, but {what}")


def test_a_stray_zero_byte_is_dropped():
    assert cells("A,B\n" + "1,2\n" * 30 + "x\0y,\0z\n")[-1] == ["xy", "z"]


def test_rows_are_read_as_they_are_asked_for():
    data = b"A,B\n" + b"1,2\n" * 1024 * 1024
    file = BytesIO(data)
    layout = layout_of(file)
    rows = lines(file, layout)
    assert (next(rows).cells, next(rows).cells) == (["A", "B"], ["1", "2"])
    assert file.tell() <= len(data) // 4 + 8


CELL = st.text(
    st.one_of(
        st.sampled_from("'\"=+-@,;|\t\n\r \xa0\ufeff(A1éя"),
        st.characters(exclude_characters="\0", exclude_categories=["Cs"]),
    ),
    max_size=9,
)


@pytest.mark.thorough
@settings(max_examples=300, deadline=None)
@given(st.lists(st.lists(CELL, min_size=2, max_size=2)))
def test_what_was_exported_is_read_back(rows):
    out = StringIO()
    csv.writer(out).writerows(
        [["ID", "Title", "Note"], ["1", "x" * 2000, ""], *[["1", *map(harmless, row)] for row in rows]]
    )
    expected = [["1", *(cell.replace("\r\n", "\n").replace("\r", "\n").strip() for cell in row)] for row in rows]
    assert cells("\ufeff" + out.getvalue())[2:] == expected
