"""Reading records without believing their shape."""

from datetime import date

import pytest

from almaportal.alma import records


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        ({}, []),
        ({"portfolio": None}, []),
        ({"portfolio": []}, []),
        ({"portfolio": "x"}, []),
        ({"portfolio": {"id": "1"}}, [{"id": "1"}]),
        ({"portfolio": [{"id": "1"}, None, "x", {"id": "2"}]}, [{"id": "1"}, {"id": "2"}]),
    ],
)
def test_rows_of_a_list_whatever_alma_sent_for_it(data, expected):
    assert records.rows(data, "portfolio") == expected


@pytest.mark.parametrize(
    ("found", "code", "words"),
    [
        ({"value": "11", "desc": "Available"}, "11", "Available"),
        ({"value": "11", "desc": None}, "11", "11"),
        ({"value": "11"}, "11", "11"),
        ({"value": "main", "name": "Stacks"}, "main", "Stacks"),
        ({"value": None, "desc": ""}, "", ""),
        ({}, "", ""),
        (None, "", ""),
        ("", "", ""),
        (" plain ", "plain", "plain"),
        (True, "true", "true"),
        ({"value": False, "desc": "No"}, "false", "No"),
        (0, "0", "0"),
        ({"value": {"value": "nested"}}, "", ""),
        ([1], "", ""),
    ],
)
def test_codes_and_their_words(found, code, words):
    assert records.code(found) == code
    assert records.words(found) == words


@pytest.mark.parametrize(
    "empty", [None, "", "  ", {}, [], {"value": "", "desc": None}, {"value": None}, [{}], [None, ""]]
)
def test_all_shapes_of_nothing_are_the_same_emptiness(empty):
    assert records.is_empty(empty)


@pytest.mark.parametrize("said", [0, False, "0", {"value": 0}, [0], {"value": "", "desc": "x"}])
def test_zero_and_no_are_something_said(said):
    assert not records.is_empty(said)


@pytest.mark.parametrize(
    ("sent", "expected"),
    [
        ("2021-08-10Z", date(2021, 8, 10)),
        ("2018-07-28z", date(2018, 7, 28)),
        ("2020-10-30T16:47:54.230Z", date(2020, 10, 30)),
        ("2021-08-10", date(2021, 8, 10)),
        ("", None),
        (None, None),
        ("soon", None),
        ("2021-13-10Z", None),
        (20210810, date(2021, 8, 10)),
        ({}, None),
    ],
)
def test_a_date_is_its_first_ten_letters_without_a_time_zone(sent, expected):
    assert records.day(sent) == expected


def test_digging_ends_where_the_record_is_not_as_thought():
    record = {"a": {"b": {"c": 1}}, "x": [1], "y": None}
    assert records.dig(record, "a.b.c") == 1
    assert [records.dig(record, path) for path in ("a.z", "a.b.c.d", "x.b", "y.b", "z")] == [None] * 5


@pytest.mark.parametrize(
    ("sent", "expected"),
    [
        (7, 7),
        ("7", 7),
        ({"value": 55900, "link": None}, 55900),
        (None, None),
        ({}, None),
        ("many", None),
        (-1, -1),
    ],
)
def test_a_count_is_found_in_every_shape_it_comes_in(sent, expected):
    assert records.whole_number(sent) == expected
