"""A KBART file's rows as titles."""

import pytest

from ecollections.kbart.reading import (
    FIELDS,
    KbartTitle,
    columns,
    identifier,
    identifiers_in,
    problems,
    titles,
)
from ecollections.loading.shapes import Line, Sorted

NATURE = {
    "publication_title": "Nature",
    "print_identifier": "0028-0836",
    "online_identifier": "1476-4687",
    "date_first_issue_online": "1869-11-04",
    "title_url": "https://www.nature.com/nature",
    "title_id": "nature",
    "publication_type": "serial",
}


def read(*rows, names=FIELDS):
    """The titles and the wrong rows of a file with these rows, its header being row 1."""
    lines = [Line(number, [row.get(name, "") for name in names]) for number, row in enumerate(rows, 2)]
    found = list(titles(lines, columns(names)))
    return [one for one in found if isinstance(one, KbartTitle)], [one for one in found if isinstance(one, Sorted)]


def wrong(**cells):
    """Why a row of Nature with these cells is wrong."""
    found, sorted_out = read(NATURE | cells)
    assert not found
    assert [row.group for row in sorted_out] == ["wrong"]
    return sorted_out[0].why


def test_all_25_columns_are_known_in_any_order():
    assert len(FIELDS) == 25
    assert columns([*reversed(FIELDS)]) == {name: place for place, name in enumerate(reversed(FIELDS))}


@pytest.mark.parametrize(
    ("header", "field"),
    [
        ("Publication Title", "publication_title"),
        ("\ufeffpublication_title", "publication_title"),
        ("PUBLICATION-TITLE", "publication_title"),
        ("Title", "publication_title"),
        ("ISSN", "print_identifier"),
        ("eISSN", "online_identifier"),
        ("Online ISSN", "online_identifier"),
        ("E-ISBN", "online_identifier"),
        ("coverage_notes", "notes"),
        ("URL", "title_url"),
        ("MMS ID", "mms_id"),
    ],
)
def test_columns_are_known_by_other_names(header, field):
    assert columns(["other", header]) == {field: 1}


def test_the_official_name_comes_before_other_names():
    assert columns(["title", "publication_title"]) == {"publication_title": 1}


def test_isbns_may_have_columns_of_their_own_beside_issns():
    names = ["Title", "ISSN", "ISBN", "eISSN", "eISBN"]
    row = dict(zip(names, ["Plants", "", "3-16-148410-X", "", "978-0-306-40615-7"], strict=True))
    serial = {"Title": "Nature", "ISSN": "0028-0836", "ISBN": "9783161484100"}
    (book, other), _ = read(row, serial, names=names)
    assert (book.print_id, book.online_id) == ("9783161484100", "9780306406157")
    assert (other.print_id, other.online_id) == ("0028-0836", "")


def test_a_header_of_kbart_has_no_problems():
    assert problems(FIELDS) == []
    assert problems(["Title", "URL"]) == []


def test_a_file_without_titles_or_without_anything_to_match_by_is_refused():
    assert problems(["online_identifier"]) == ["No column is publication_title."]
    assert len(problems(["publication_title", "notes"])) == 1
    assert len(problems(["Author", "Year"])) == 2


@pytest.mark.parametrize(
    ("text", "normal"),
    [
        ("1234-567x", "1234-567X"),
        ("1234567X", "1234-567X"),
        ("ISSN 1234-5678", "1234-5678"),
        ("9783161484100", "9783161484100"),
        ("978-3-16-148410-0", "9783161484100"),
        ("3-16-148410-X", "9783161484100"),
        ("0306406152", "9780306406157"),
        ("1234-5670", "1234-5670"),
        ("", ""),
        ("n/a", "n/a"),
        ("12345", "12345"),
    ],
)
def test_identifiers_have_one_spelling(text, normal):
    assert identifier(text) == normal


def test_identifiers_are_found_in_a_text_of_alma():
    text = "9783161484100 (pbk.); 3-16-148410-X ; 0028-0836, 12"
    assert identifiers_in(text) == ("9783161484100", "0028-0836")
    assert identifiers_in("978 3 16 148410 0") == ("9783161484100",)
    assert identifiers_in("") == ()


def test_a_row_becomes_a_title():
    more = {"embargo_info": "P1Y", "publisher_name": "Springer", "first_author": "X", "access_type": "P"}
    (title,), sorted_out = read(NATURE | more)
    assert not sorted_out
    assert title == KbartTitle(
        [2],
        "Nature",
        "0028-0836",
        "1476-4687",
        "nature",
        "https://www.nature.com/nature",
        [{"from_year": "1869", "from_month": "11", "from_day": "4"}],
        {"embargo_operator": {"value": ">"}, "number_of_years": "1", "number_of_months": ""},
        (),
        "serial",
        "X",
        "Springer",
        "",
        "P",
    )


def test_what_can_be_no_identifier_is_kept_and_matches_nothing():
    (title,), _ = read(NATURE | {"print_identifier": "n/a", "online_identifier": "1476-4687; 0028-0836"})
    assert (title.print_id, title.online_id) == ("n/a", "1476-4687; 0028-0836")
    assert title.identifiers == ()


def test_an_embargo_that_alma_cannot_say_is_a_remark():
    (title,), _ = read(NATURE | {"embargo_info": "R5Y;P1Y"})
    assert title.embargo is None
    assert title.remarks == ("Embargo “R5Y;P1Y”: Alma has one embargo only.",)


def test_without_the_column_the_file_says_nothing_of_embargoes():
    names = [name for name in FIELDS if name != "embargo_info"]
    (title,), _ = read(NATURE, names=names)
    assert title.embargo is None
    (title,), _ = read(NATURE)
    assert title.embargo == {}


@pytest.mark.parametrize(
    "cells",
    [{"publication_type": "Monograph"}, {"publication_type": "", "print_identifier": "3-16-148410-X"}],
)
def test_a_monograph_has_no_coverage(cells):
    (title,), _ = read(NATURE | {"date_first_issue_online": "1997-13", "embargo_info": "P1Y"} | cells)
    assert title.is_monograph
    assert (title.coverage, title.embargo) == ([], None)


def test_rows_of_one_serial_come_together_though_others_stand_between():
    earlier = NATURE | {"date_first_issue_online": "1900", "date_last_issue_online": "1910"}
    other = NATURE | {"publication_title": "Science", "title_id": "science", "print_identifier": "0036-8075"}
    found, sorted_out = read(earlier, other | {"online_identifier": ""}, NATURE | {"date_first_issue_online": "1997"})
    assert not sorted_out
    assert [title.numbers for title in found] == [[2, 4], [3]]
    assert found[0].coverage == [{"from_year": "1900", "until_year": "1910"}, {"from_year": "1997"}]


def test_rows_without_title_id_come_together_by_identifiers_and_title():
    one = NATURE | {"title_id": ""}
    found, _ = read(one, one | {"date_first_issue_online": "1997"}, one | {"publication_title": "Nature Physics"})
    assert [title.numbers for title in found] == [[2, 3], [4]]


def test_a_title_id_given_twice_does_not_put_different_identifiers_together():
    found, _ = read(NATURE, NATURE | {"online_identifier": "2222-2222", "publication_title": "Nature old"})
    assert [title.numbers for title in found] == [[2], [3]]


def test_a_later_row_fills_what_the_first_row_lacks():
    (title,), _ = read(NATURE | {"online_identifier": "", "title_url": ""}, NATURE)
    assert (title.online_id, title.url) == ("1476-4687", "https://www.nature.com/nature")
    assert title.coverage == [{"from_year": "1869", "from_month": "11", "from_day": "4"}]


def test_what_rows_of_one_serial_say_differently_is_a_remark():
    (title,), _ = read(NATURE, NATURE | {"title_url": "https://example.org/2", "embargo_info": "P1Y"})
    assert title.url == "https://www.nature.com/nature"
    assert title.embargo is None
    assert title.remarks == (
        "Row 3 has another title_url, which is not used.",
        "Row 3 has another embargo: Alma has one embargo only.",
    )


def test_a_title_id_that_all_rows_have_does_not_put_them_together():
    bare = {"publication_type": "serial", "title_id": "N/A", "title_url": "https://example.org"}
    found, _ = read(bare | {"publication_title": "Alpha"}, bare | {"publication_title": "Beta"})
    assert [title.title for title in found] == ["Alpha", "Beta"]


def test_one_title_of_two_publishers_is_two_where_no_identifier_says_otherwise():
    bare = {"publication_title": "Letters", "date_first_issue_online": "1990"}
    other = bare | {"publisher_name": "B", "date_first_issue_online": "2001"}
    found, _ = read(bare | {"publisher_name": "A"}, other)
    assert [title.numbers for title in found] == [[2], [3]]
    found, _ = read(*(row | {"print_identifier": "0028-0836"} for row in (bare | {"publisher_name": "A"}, other)))
    assert [title.numbers for title in found] == [[2, 3]]


def test_monographs_with_one_title_id_stay_apart():
    book = NATURE | {"publication_type": "monograph", "monograph_volume": "1"}
    found, _ = read(book, book | {"monograph_volume": "2"}, NATURE)
    assert [title.numbers for title in found] == [[2], [3], [4]]


def test_a_row_that_stands_twice_is_said_once():
    found, (twice,) = read(NATURE, NATURE)
    assert [title.numbers for title in found] == [[2]]
    assert (twice.number, twice.group, twice.why) == (3, "wrong", "Row 3 says the same as row 2.")


def test_a_wrong_row_is_told_by_row_and_column_and_the_rest_goes_on():
    found, (row,) = read(NATURE | {"date_first_issue_online": "1997-13", "title_id": "x"}, NATURE)
    assert [title.numbers for title in found] == [[3]]
    assert row.number == 2
    assert row.title == "Nature"
    assert row.why.startswith("Row 2, date_first_issue_online: “1997-13” is no date")
    assert row.data == {"print_id": "0028-0836", "online_id": "1476-4687", "title_id": "x"}


def test_a_wrong_row_has_the_same_key_wherever_it_stands():
    bad = NATURE | {"title_url": "javascript:alert(1)"}
    _, (first,) = read(bad)
    _, (later,) = read(NATURE, bad)
    assert first.number != later.number
    assert first.key == later.key != ""


@pytest.mark.parametrize(
    ("cells", "column"),
    [
        ({"publication_title": ""}, "publication_title"),
        ({"date_first_issue_online": "soon"}, "date_first_issue_online"),
        ({"date_last_issue_online": "1997-02-30"}, "date_last_issue_online"),
        ({"date_last_issue_online": "1800"}, "date_last_issue_online"),
        ({"title_url": "javascript:alert(1)"}, "title_url"),
        ({"title_url": "www.nature.com"}, "title_url"),
        ({"title_url": "https://a b"}, "title_url"),
        ({"online_identifier": "9.78E+12"}, "online_identifier"),
        ({"print_identifier": "9,78316E+12"}, "print_identifier"),
        ({"title_id": "5E+16"}, "title_id"),
    ],
)
def test_bad_cells_are_refused_by_column(cells, column):
    assert wrong(**cells).startswith(f"Row 2, {column}: ")


def test_what_the_reader_refused_is_wrong():
    lines = [Line(2, ["Nature"], "Row 2, column A: not closed."), Line(3, ["", ""]), Line(4, ["Science", "x"])]
    found = list(titles(lines, {"publication_title": 0, "title_id": 1}))
    assert [one.title for one in found] == ["Nature", "Science"]
    assert isinstance(found[0], Sorted)
    assert found[0].why == "Row 2, column A: not closed."


def test_what_the_reader_refused_has_the_same_key_wherever_it_stands():
    lines = [Line(n, ["Nature"], f"Row {n}, column A: not closed.") for n in (2, 3)]
    first, later = titles(lines, {"publication_title": 0})
    assert first.key == later.key


def test_the_identifiers_of_a_torn_row_are_kept_wherever_they_stand():
    (row,) = titles([Line(2, ["Nature,x,0028-0836,1476-4687", ""], "Not closed.")], {"publication_title": 0})
    assert row.data["torn"] == ["0028-0836", "1476-4687"]


def test_a_serial_of_many_rows_is_read_quickly_and_whole():
    rows = [
        NATURE | {"date_first_issue_online": str(1000 + number % 900), "notes": str(number)} for number in range(2000)
    ]
    (title,), sorted_out = read(*rows)
    assert not sorted_out
    assert len(title.numbers) == 2000
    assert len(title.coverage) == 900
