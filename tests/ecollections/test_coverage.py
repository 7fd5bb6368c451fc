"""Coverage and embargo in words: the shapes of facts 2.4."""

import pytest

from ecollections.coverage import embargo, statement, statements

JANUARY = {"value": "1", "desc": "January"}


@pytest.mark.parametrize(
    ("row", "words"),
    [
        ({"from_year": "2004"}, "2004 –"),
        ({"from_year": "2004", "until_year": "2010"}, "2004 – 2010"),
        ({"until_year": "2010"}, "until 2010"),
        ({"from_year": "2004", "until_year": "2004"}, "2004"),
        ({"from_year": 2004, "until_year": 2010}, "2004 – 2010"),
        ({"from_year": "2004", "from_month": "1"}, "Jan 2004 –"),
        ({"from_year": "2004", "from_month": "01"}, "Jan 2004 –"),
        ({"from_year": "2004", "from_month": JANUARY}, "Jan 2004 –"),
        ({"from_year": "2004", "from_month": {"value": "12", "desc": None}}, "Dec 2004 –"),
        ({"from_year": "2004", "from_month": 5}, "May 2004 –"),
        ({"from_year": "2004", "from_month": "5", "from_day": "09"}, "9 May 2004 –"),
        ({"from_year": "2004", "from_month": JANUARY, "from_day": {"value": "31", "desc": "31"}}, "31 Jan 2004 –"),
        ({"from_year": "2004", "from_volume": "3"}, "2004, vol. 3 –"),
        ({"from_year": "2004", "from_volume": "3", "from_issue": "2"}, "2004, vol. 3, issue 2 –"),
        ({"from_volume": "3", "until_volume": "9"}, "vol. 3 – vol. 9"),
        ({"from_issue": "Spring"}, "issue Spring –"),
        ({"from_year": "2004", "from_month": "13"}, "13 2004 –"),
        ({"from_year": "2004", "from_month": "Spring"}, "Spring 2004 –"),
        ({"from_year": "2004", "from_month": {"value": "S", "desc": "Spring"}}, "Spring 2004 –"),
        ({"from_year": "2004", "from_month": {}, "from_day": {}, "until_year": None}, "2004 –"),
        ({"from_year": {"value": "2004"}}, "2004 –"),
        ({"from_year": "", "until_year": ""}, ""),
        ({}, ""),
        ({"odd": 1}, ""),
        ({"from_year": [], "from_month": ["1"], "from_day": {"x": 1}}, ""),
        (
            {"from_year": "2004", "from_month": "2", "until_year": "2010", "until_month": JANUARY, "until_day": "3"},
            "Feb 2004 – 3 Jan 2010",
        ),
    ],
)
def test_one_row(row, words):
    assert statement(row) == words


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        ([{"from_year": "1990", "until_year": "1999"}, {"from_year": "2004"}], ["1990 – 1999", "2004 –"]),
        ([{}, None, "x", 4, {"from_year": "2004"}], ["2004 –"]),
        ([], []),
        (None, []),
        ({"from_year": "2004"}, []),
        ("2004", []),
    ],
)
def test_all_rows(rows, words):
    assert statements(rows) == words


MORE = {"value": ">", "desc": "More than"}


@pytest.mark.parametrize(
    ("info", "words"),
    [
        ({"embargo_operator": MORE, "number_of_years": "1", "number_of_months": "6"}, "More than 1 year 6 months"),
        ({"embargo_operator": MORE, "number_of_years": 2, "number_of_months": 1}, "More than 2 years 1 month"),
        ({"embargo_operator": MORE, "number_of_years": "0", "number_of_months": "6"}, "More than 6 months"),
        ({"embargo_operator": {"value": ">"}, "number_of_years": "3"}, "> 3 years"),
        ({"embargo_operator": {}, "number_of_years": "1"}, "1 year"),
        ({"number_of_years": {"value": "1"}}, "1 year"),
        ({"embargo_operator": MORE}, "More than"),
        ({"number_of_years": "many"}, ""),
        ({"number_of_years": "-1"}, ""),
        ({"embargo_operator": {}, "number_of_years": "", "number_of_months": None}, ""),
        ([{"number_of_years": "1"}, {"number_of_months": "6"}], "1 year; 6 months"),
        ({}, ""),
        (None, ""),
        ([], ""),
        ("x", ""),
        (7, ""),
    ],
)
def test_an_embargo(info, words):
    assert embargo(info) == words
