"""Which page of a list was asked for, and what is said about it."""

import pytest
from django.test import RequestFactory

from almaportal.pager import LAST_PAGE, Pager


def asked(query, **kwargs):
    return Pager.asked(RequestFactory().get(f"/?{query}"), **kwargs)


@pytest.mark.parametrize(
    ("query", "page", "size"),
    [
        ("", 1, 50),
        ("page=3", 3, 50),
        ("page=3&size=20", 3, 20),
        ("size=100", 1, 100),
        ("size=21", 1, 50),
        ("size=0", 1, 50),
        ("size=-20", 1, 50),
        ("size=", 1, 50),
        ("page=0", 1, 50),
        ("page=-1", 1, 50),
        ("page=", 1, 50),
        ("page=x", 1, 50),
        ("page=1.5", 1, 50),
        ("page=1e3", 1, 50),
        ("page=%D9%A3", 1, 50),
        ("page=%C2%B2", 1, 50),
        ("page=999999999", LAST_PAGE, 50),
        ("page=" + "9" * 5000, 1, 50),
        ("page=2&page=4", 4, 50),
        ("page=+2", 1, 50),
        ("page=%002", 1, 50),
    ],
)
def test_what_is_no_page_or_size_counts_as_not_said(query, page, size):
    pager = asked(query)
    assert (pager.page, pager.size) == (page, size)


def test_a_list_may_begin_with_another_size():
    assert asked("", size=20).size == 20
    assert asked("size=100", size=20).size == 100


@pytest.mark.parametrize(
    ("page", "shown", "total", "first", "last", "pages", "has_next"),
    [
        (1, 50, 130, 1, 50, 3, True),
        (2, 50, 130, 51, 100, 3, True),
        (3, 30, 130, 101, 130, 3, False),
        (2, 50, 100, 51, 100, 2, False),
        (1, 0, 0, 1, 0, 1, False),
        (1, 50, None, 1, 50, None, True),
        (1, 49, None, 1, 49, None, False),
        (1, 50, 50, 1, 50, 1, False),
        (4, 0, 130, 151, 150, 3, False),
        (2, 0, None, 51, 50, None, False),
        (1, 50, 10, 1, 50, 1, False),
    ],
)
def test_what_is_said_about_a_page(page, shown, total, first, last, pages, has_next):
    pager = Pager(page, 50).got(shown, total)
    assert (pager.first, pager.last, pager.pages, pager.has_next) == (first, last, pages, has_next)
    assert (pager.previous, pager.next, pager.offset) == (page - 1, page + 1, (page - 1) * 50)


def test_a_count_below_zero_is_no_count():
    assert Pager(1, 50).got(50, -1).total is None
    assert Pager(1, 50).got(50, 0).total == 0


@pytest.mark.parametrize(("page", "shown", "past"), [(1, 0, False), (2, 0, True), (2, 1, False)])
def test_only_an_empty_page_after_the_first_lies_past_the_end(page, shown, past):
    assert Pager(page, 50).got(shown, None).is_past_the_end is past


def test_the_offset_stays_within_what_alma_can_count():
    assert asked("page=999999999&size=100").offset < 10**9
