"""The small words of the templates."""

from datetime import timedelta

import pytest

from almaportal.alma import clock as alma_clock
from almaportal.templatetags.portal import ago, hours, lookup, said


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0, "just now"),
        (59, "just now"),
        (60, "1 min ago"),
        (12 * 60, "12 min ago"),
        (3599, "59 min ago"),
        (3600, "1 h ago"),
        (47 * 3600 + 3599, "47 h ago"),
        (48 * 3600, "2 days ago"),
        (30 * 86400, "30 days ago"),
        (-5, "just now"),
    ],
)
def test_how_long_ago_in_one_unit(clock, seconds, words):
    assert ago(alma_clock.moment() - timedelta(seconds=seconds)) == words


@pytest.mark.parametrize(("seconds", "words"), [(0, "0 h 0 min"), (59, "0 h 0 min"), (33_480, "9 h 18 min")])
def test_a_length_of_time(seconds, words):
    assert hours(timedelta(seconds=seconds)) == words


def test_a_table_without_the_key_gives_nothing():
    assert (lookup({"a": 1}, "a"), lookup({}, "a")) == (1, "")


@pytest.mark.parametrize(
    ("sent", "words"),
    [
        ({"value": "11", "desc": "Available"}, "Available"),
        ({"value": "11", "desc": None}, "11"),
        ({"value": "11", "desc": ""}, "11"),
        ({"value": "MAIN", "link": "https://x"}, "MAIN"),
        ({"name": "Quillmere"}, "Quillmere"),
        ("11", "11"),
        (11, "11"),
        (True, "true"),
        (None, ""),
        ({}, ""),
        ([], ""),
        ("", ""),
        ({"value": {}}, ""),
        ({"value": None, "desc": {"value": "odd"}}, "odd"),
    ],
)
def test_a_code_in_words(sent, words):
    assert said(sent) == words
