"""The addresses of the usage page: what each part leads on to, odd words, and what stays chosen."""

from urllib.parse import parse_qs

import pytest
from django.conf import settings

from almaportal.alma.models import Pace
from almaportal.usage.models import Failure, Left
from tests.portal.reading import read
from tests.usage.counting import NOON, series, spent
from tests.usage.reading import bars, calls, chips, region, rows, tile


def test_a_row_opens_the_calls_that_it_counts_and_every_part_obeys(usage):
    spent(calls=7, user_id=5, operation="/a", feature="patrons", saved=1)
    spent(calls=4, user_id=6, operation="/a", feature="patrons", outcome="rejected", code="60101")
    spent(calls=2, user_id=6, operation="/b", method="PUT")
    Failure.objects.create(series_id=series(user_id=6, outcome="rejected", code="60101"), tracking_id="T6")
    Failure.objects.create(series_id=series(user_id=5, outcome="rejected", code="60122"), tracking_id="T5")
    Left.objects.create(start=NOON, low=900)
    Pace.objects.update(most_remaining=1000, gateway=settings.ALMA_BASE_URL)
    person = usage(region(usage(), "Who and what").links["deleted person 6"])
    assert calls(person) == {"GET /a": "4", "PUT /b": "2"}
    assert chips(person) == ["Without Person: deleted person 6 ×"]
    assert tile(person, "calls that match") == "6"
    assert tile(person, "saved") == "0"
    assert bars(person) == (["Time", "people", "jobs", "All", "Left"], [["12:00", "6", "0", "6", "900"]])
    assert [row[0] for row in rows(person, "Errors")] == ["60101"]
    assert [row[3] for row in rows(person, "Latest failures")] == ["T6"]
    both = usage(region(person, "Who and what").links["GET /a"])
    assert (tile(both, "calls that match"), len(chips(both))) == ("4", 2)
    assert calls(both) == {"Patrons": "4"}, "person and operation are one each: told apart by what is not"
    one = usage(both.links["Without Person: deleted person 6 ×"])
    assert tile(one, "calls that match") == "11"
    assert tile(usage(both.links["Clear all"]), "13 by this portal, 87 by other programs") == "100"


def test_a_value_that_is_empty_can_be_asked_for_too(usage):
    spent(calls=3, role="")
    spent(calls=4, role="viewer")
    page = usage(region(usage(by="role"), "Who and what").links["no role"])
    assert (chips(page), tile(page, "calls that match")) == (["Without Role: no role ×"], "3")


def test_errors_without_a_code_open_themselves_alone(usage):
    spent(calls=100)
    spent(calls=2, outcome="unreachable")
    spent(calls=3, outcome="slow", refused=7)
    spent(calls=5, outcome="unreachable", code="ROUTING_ERROR")
    page = usage(by="code")
    told = [("an error without a code", "5", "5 %"), ("ROUTING_ERROR", "5", "5 %")]  # of all 110 calls
    assert [tuple(row[:3]) for row in rows(page)] == told
    opened = usage(region(page, "Who and what").links["an error without a code"])
    assert tile(opened, "calls that match") == "5"
    assert [row[0] for row in rows(opened, "Errors")] == ["given up waiting", "Alma not reached"]
    opened = usage(region(page, "Errors").links["Alma not reached"])
    assert (tile(opened, "calls that match"), len(chips(opened))) == ("2", 2)
    opened = usage(region(page, "Errors").links["ROUTING_ERROR"])
    assert tile(opened, "calls that match") == "5"


ODD = ("", "xyzzy", "-", "\0", "'\"<b>", "²", "9" * 30, "x" * 10_000)


def test_an_odd_word_in_the_address_counts_as_not_said(usage):
    spent(calls=3)
    for value in ODD:
        page = usage(**dict.fromkeys(("period", "by", "stack", "sort", "whole", "page", "lane[]"), value))
        assert (tile(page, "by this portal"), list(calls(page))) == ("3", ["the portal by itself"]), value


@pytest.mark.parametrize("word", ["person", "key", pytest.param("operation", marks=pytest.mark.thorough)])
def test_what_nothing_matches_says_so_and_has_a_way_back(usage, admin, word):
    spent(calls=3, user_id=5, key="K")
    for value in ODD:
        response = admin.get("/usage/", {word: value})
        assert "No calls match." in read(response).text, value
        assert len(response.content) < 60_000
    assert "No calls match" in usage(f"?{word}=a&{word}=b").text
    assert tile(usage(read(response).links["Show all calls of this period"]), "by this portal") == "3"


def test_each_column_sorts_and_the_order_turns_round(usage):
    for n, (name, took) in enumerate((("GET /b", "took_9"), ("GET /c", "took_1"), ("GET /a", "took_3"))):
        spent(calls=n + 1, operation=name[4:], waited=3 - n, saved=n == 1, refused=n == 0, **{took: n + 1})
    spent(operation="/d", saved=9)
    heads = region(usage(by="operation"), "Who and what")
    assert [one.attrs.get("aria-sort") for one in heads.all("th", scope="col")] == [None, "descending", *[None] * 7]
    found = {}
    for name, href in heads.one("thead").links.items():
        page = usage(href)
        [other] = [one for one in region(page, "Who and what").all("th") if one.attrs.get("aria-sort")]
        order = "".join(row[0][-1] for row in rows(page))
        assert other.text.startswith(name), "the column that was pressed is the sorted one"
        turned = usage(other.one("a").attrs["href"])
        found[name] = (order, "".join(row[0][-1] for row in rows(turned))[:2])
    assert found == {
        "Operation": ("abcd", "dc"),
        "Calls": ("dbca", "ac"),  # sorted so already: pressed again, it turns
        "Share": ("acbd", "db"),
        "Saved": ("dcab", "ab"),
        "429": ("acbd", "ac"),
        "Waited": ("bcad", "da"),
        "Not made": ("bacd", "ac"),
        "Median": ("bacd", "dc"),
        "95 %": ("bacd", "dc"),
    }


def test_under_htmx_the_same_address_answers_its_results_alone(admin):
    spent(calls=3, user_id=5)
    whole = read(admin.get("/usage/?by=area"))
    part = read(admin.get("/usage/?by=area", headers={"HX-Request": "true", "HX-Trigger": "by-area"}))
    assert part.all("h1") == []
    assert part.text in whole.text
    assert region(part, "Who and what").attrs.get("data-focus") is None, "the tab that was pressed is still there"
    row = read(admin.get("/usage/?person=5", headers={"HX-Request": "true"}))
    assert "data-focus" in region(row, "Who and what").attrs, "the link that was pressed is gone"
    for link in whole.by_id("results").all("a"):
        if "hx-get" in link.attrs:
            assert link.attrs["hx-get"] == link.attrs["href"]


def test_links_keep_what_is_chosen(usage):
    spent(calls=3, user_id=5, operation="/x&y=ü")
    page = usage(period="24h", by="operation", stack="feature", person="5", sort="name")
    href = page.one("nav", **{"aria-label": "Stacked"}).links["by lane"]
    assert parse_qs(href[1:]) == {"period": ["24h"], "by": ["operation"], "person": ["5"], "sort": ["name"]}
    href = region(page, "Who and what").links["GET /x&y=ü"]
    assert parse_qs(href[1:])["operation"] == ["GET /x&y=ü"]
    assert calls(usage(href)) == {"the portal by itself": "3"}
