"""KBART's dates and embargo ↔ Alma's."""

from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from ecollections.checks import row_problems
from ecollections.kbart.coverage import (
    COLUMNS,
    WrongCell,
    alma_embargo,
    alma_row,
    kbart_cells,
    kbart_embargo,
    said,
    same_coverage,
    same_embargo,
)

JANUARY = {"value": "1", "desc": "January"}
many = settings(deadline=None, database=None, max_examples=300)


def first(text):
    return alma_row({"date_first_issue_online": text})


@pytest.mark.parametrize(
    ("text", "year", "month", "day"),
    [
        ("1997", "1997", None, None),
        ("1997-02", "1997", "2", None),
        ("1997-02-28", "1997", "2", "28"),
        ("1997/02/28", "1997", "2", "28"),
        ("1997/2/8", "1997", "2", "8"),
        ("02/28/1997", "1997", "2", "28"),
        ("28/02/1997", "1997", "2", "28"),
        ("1/1/1997", "1997", "1", "1"),
        ("3.2.1997", "1997", "2", "3"),
        ("1997-02-28T00:00:00", "1997", "2", "28"),
        ("1997-02-28 00:00:00", "1997", "2", "28"),
    ],
)
def test_dates_as_they_are_met(text, year, month, day):
    wanted = {"from_year": year, "from_month": month, "from_day": day}
    assert first(text) == {name: part for name, part in wanted.items() if part}


@pytest.mark.parametrize(
    "text", ["1997-13", "1997-00", "1997-02-30", "13/13/1997", "97", "Jan-97", "spring 1997", "0997", "9999", "١٩٩٧"]
)
def test_what_is_no_date_is_refused(text):
    with pytest.raises(WrongCell) as refused:
        first(text)
    assert refused.value.column == "date_first_issue_online"
    assert "is no date" in refused.value.why


def test_a_date_that_can_be_read_in_two_ways_is_refused():
    with pytest.raises(WrongCell) as refused:
        first("2/3/1997")
    assert "two ways" in refused.value.why


@pytest.mark.parametrize("text", ["", "9999", "9999-12-31", "present", "Present"])
def test_an_open_end_is_left_open(text):
    assert alma_row({"date_first_issue_online": "1997", "date_last_issue_online": text}) == {"from_year": "1997"}


def test_an_end_before_the_beginning_is_refused_as_far_as_both_say_something():
    with pytest.raises(WrongCell) as refused:
        alma_row({"date_first_issue_online": "1997-05", "date_last_issue_online": "1997-04-30"})
    assert refused.value.column == "date_last_issue_online"
    assert alma_row({"date_first_issue_online": "1997-05", "date_last_issue_online": "1997"})


def test_volumes_and_issues_go_along():
    cells = {"date_first_issue_online": "1997", "num_first_vol_online": "3", "num_last_issue_online": "Spring"}
    assert alma_row(cells) == {"from_year": "1997", "from_volume": "3", "until_issue": "Spring"}
    assert alma_row(dict.fromkeys(COLUMNS, "")) == {}


def test_alma_rows_become_cells():
    row = {"from_year": 1997, "from_month": JANUARY, "from_day": "9", "until_year": "2001", "until_month": None}
    cells = kbart_cells(row | {"from_volume": "3"})
    assert cells["date_first_issue_online"] == "1997-01-09"
    assert cells["date_last_issue_online"] == "2001"
    assert cells["num_first_vol_online"] == "3"


@pytest.mark.parametrize(
    ("row", "text"),
    [
        ({"from_year": "1997", "from_month": "Spring"}, "1997"),
        ({"from_year": "1997", "from_day": "3"}, "1997"),
        ({"from_year": "1997", "from_month": "2", "from_day": "30"}, "1997-02"),
        ({"from_month": "2"}, ""),
        ({"from_year": "9999"}, ""),
        ({"from_year": {"odd": 1}}, ""),
        ({}, ""),
    ],
)
def test_what_kbart_has_no_words_for_is_left_out(row, text):
    assert kbart_cells(row)["date_first_issue_online"] == text


days = some.dates(date(1000, 1, 1), date(9998, 12, 31)).map(str)
points = some.one_of(days, days.map(lambda text: text[:7]), days.map(lambda text: text[:4]))
numbers = some.sampled_from(["", "1", "12", "IV", "Spring", "3/4"])


@some.composite
def rows(draw):
    """The six cells of a valid KBART row."""
    start, end = draw(points), draw(some.one_of(some.just(""), points))
    if end and end[: len(start)] < start[: len(end)]:
        start, end = end, start
    cells = dict.fromkeys(COLUMNS, "") | {"date_first_issue_online": start, "date_last_issue_online": end}
    return cells | {name: draw(numbers) for name in COLUMNS if name.startswith("num")}


@pytest.mark.thorough
@many
@given(rows())
def test_kbart_to_alma_and_back_is_the_same(cells):
    row = alma_row(cells)
    assert row_problems("coverage", row) == {}
    assert kbart_cells(row) == cells


embargoes = some.builds("{}{}{}".format, some.sampled_from("PR"), some.integers(1, 999), some.sampled_from("YM"))


@pytest.mark.thorough
@many
@given(embargoes)
def test_an_embargo_to_alma_and_back_is_the_same(text):
    info, remark = alma_embargo(text)
    assert not remark
    assert row_problems("embargo", info) == {}
    assert kbart_embargo(info) == text


@pytest.mark.parametrize(
    ("text", "operator", "years", "months"),
    [
        ("P1Y", ">", "1", ""),
        ("p1y", ">", "1", ""),
        (" P 6 M ", ">", "", "6"),
        ("R10Y", "<", "10", ""),
        ("P30D", ">", "", "1"),
        ("P360D", ">", "", "12"),
        ("P1Y;", ">", "1", ""),
    ],
)
def test_embargoes_as_they_are_met(text, operator, years, months):
    wanted = {"embargo_operator": {"value": operator}, "number_of_years": years, "number_of_months": months}
    assert alma_embargo(text) == (wanted, "")


@pytest.mark.parametrize("text", ["R5Y;P1Y", "P45D", "1 year", "R0D", "P1000Y", "X1Y"])
def test_an_embargo_that_alma_cannot_say_is_none_with_a_remark(text):
    info, remark = alma_embargo(text)
    assert info is None
    assert f"“{text}”" in remark


@pytest.mark.parametrize("text", ["", "  ", "P0D", "P0Y"])
def test_no_embargo(text):
    assert alma_embargo(text) == ({}, "")


@pytest.mark.parametrize(
    ("info", "text"),
    [
        ({"embargo_operator": {"value": ">"}, "number_of_years": "1", "number_of_months": "6"}, "P18M"),
        ({"embargo_operator": ">=", "number_of_years": 2}, "P2Y"),
        ({"embargo_operator": {"value": "<"}, "number_of_years": "0", "number_of_months": {}}, ""),
        ({"number_of_years": "1"}, ""),
        ({"embargo_operator": {}}, ""),
        (None, ""),
        ([], ""),
    ],
)
def test_alma_embargoes_as_kbart(info, text):
    assert kbart_embargo(info) == text


def test_coverage_is_the_same_in_any_order_and_spelling():
    one = [{"from_year": "1997", "from_month": JANUARY}, {"from_year": "1980", "until_year": "1985"}, {}]
    other = [{"from_year": 1980, "until_year": 1985, "until_month": ""}, {"from_year": "1997", "from_month": "01"}]
    assert same_coverage(one, other)
    assert same_coverage([], None)
    assert same_coverage([{"from_year": "1997", "from_volume": "01"}], [{"from_year": "1997", "from_volume": "1"}])
    assert not same_coverage(one, other[:1])
    assert not same_coverage([{"from_year": "1997"}], [{"until_year": "1997"}])


def test_twelve_months_of_embargo_are_a_year():
    year = {"embargo_operator": {"value": ">"}, "number_of_years": "1"}
    assert same_embargo(year, {"embargo_operator": {"value": ">", "desc": "x"}, "number_of_months": 12})
    assert same_embargo({}, None)
    assert not same_embargo(year, year | {"embargo_operator": {"value": "<"}})
    assert not same_embargo(year, {})


def test_coverage_in_words():
    assert said([{"from_year": "1990", "until_year": "1999"}, {"from_year": "2004"}]) == "1990 – 1999; 2004 –"
    assert said(None) == "–"
