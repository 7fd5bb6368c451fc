"""Titles as people find them: search as you type, filters, and from all that match to a job."""

import re

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import NARROW
from tests.browser.test_axe import axe as axe
from tests.browser.test_axe import check
from tests.browser.test_create_delete import button
from tests.browser.test_jobs import standing
from tests.ecollections.conftest import tree as tree
from tests.ecollections.titles_seen import remember

pytestmark = pytest.mark.browser
ADDRESS = "/ecollections/titles/"


@pytest.fixture
def titles(site, emulator, tree):
    return remember(emulator, tree)


def test_titles_are_found_while_one_types_and_the_address_says_so(tab, titles, tree):
    tab.goto(tree.service)
    tab.get_by_label("Find in this service").fill("bell")
    tab.get_by_label("Find in this service").press("Enter")
    search = tab.get_by_role("searchbox", name="Find titles")
    expect(search).to_have_value("bell")
    rows = tab.locator("tbody tr")
    expect(rows.first).to_contain_text("Bell")
    search.press_sequentially("x")
    expect(tab.locator("td.empty")).to_contain_text("No title of the index matches")
    search.fill(titles[1]["id"])
    expect(rows).to_have_count(1)
    expect(search).to_be_focused()
    expect(tab).to_have_url(re.compile(rf"/ecollections/titles/\?c=\d+&s=\d+&q={titles[1]['id']}"))
    tab.reload()
    expect(rows).to_have_count(1)
    search.fill("")
    if tab.viewport_size["width"] == NARROW:
        tab.get_by_text("Filters", exact=True).click()
    available = tab.get_by_label("Availability", exact=True)
    unavailable = sum(one["availability"]["value"] == "10" for one in titles)
    expect(available).to_contain_text(f"({unavailable})")
    available.focus()
    available.select_option("10")
    expect(tab.locator(".chip")).to_contain_text("Availability: Not Available")
    expect(tab.locator(".pager")).to_contain_text(f"of {unavailable}")
    expect(available).to_be_focused()
    tab.get_by_role("link", name="Clear all").click()
    expect(tab.locator(".pager")).to_contain_text("of 60")


def test_all_that_match_become_a_job(wide, titles, worker):
    wide.goto(f"{ADDRESS}?origin=local")
    button(wide, "Bulk edit all 20 that match…").click()
    expect(wide.locator("h1")).to_have_text("Bulk edit: all 20 portfolios that match")
    wide.get_by_label("Public note", exact=True).select_option("set to")
    wide.get_by_label("Public note: the text or value").fill("Ask at the desk")
    button(wide, "Review…").click()
    expect(standing(wide)).to_be_visible()
    worker.all()
    wide.reload()
    expect(button(wide, "Start: change 20 records")).to_be_visible()


def test_the_pages_of_the_index_have_nothing_that_axe_finds_wrong(axe, wide, titles, tree):
    wide.goto(f"{ADDRESS}?availability=10&size=20")  # a few rows: axe looks at each
    check(axe, wide, "titles")
    wide.goto(f"{ADDRESS}index/")
    check(axe, wide, "what is indexed")
